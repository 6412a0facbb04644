"""What `--help` of a command prints is what the guide says of it."""

import re
from typing import Any

import pytest

from study import cli
from tests.documents import DOCUMENTS
from tests.guide.commands import commands
from tests.guide.pages import PAGES

GUIDE = DOCUMENTS["study/guide/commands.md"]


def squeezed(text: str) -> str:
    """Return a text without white space: help breaks lines at spaces and hyphens."""
    return re.sub(r"\s", "", text)


def help_of(command: Any, words: str) -> str:
    """Return what a command prints for `--help`."""
    return str(command.get_help(command.context_class(command, info_name=words)))


def missing_from(printed: str, guide: str, words: str) -> list[str]:
    """Return what the guide says of a command and its help does not: sentences, examples, options with their meanings."""
    section = guide.partition(f"\n## {words}\n")[2].partition("\n## ")[0]
    prose, _, table = section.partition("| option | meaning |\n|---|---|\n")
    rows = re.findall(r"^\| `([^`]+)`(?: \(required\))? \| (.+) \|$", table, re.MULTILINE)
    wanted = [line.strip() for line in prose.splitlines() if line.strip()]
    for option, meaning in rows:
        said = re.split(r" One of `| Default: ", meaning)[0]
        wanted += [
            option.lower() if not option.startswith("-") else option,
            said.rstrip(".").replace("\\|", "|"),
        ]
    shown = squeezed(printed)
    lower = shown.lower()
    return [one for one in wanted if squeezed(one) not in shown and squeezed(one) not in lower] or (
        [] if wanted else [f"{words} is not in the guide"]
    )


@pytest.mark.parametrize("words", commands())
def test_the_help_of_a_command_says_what_the_guide_says(words: str) -> None:
    assert missing_from(help_of(commands()[words], words), GUIDE, words) == []


def test_the_guide_has_every_command_and_no_other() -> None:
    assert re.findall(r"^## (.+)$", GUIDE, re.MULTILINE) == sorted(commands())
    assert PAGES["commands"]() == GUIDE


def test_a_help_that_says_something_else_is_found() -> None:
    words = "analyze models"
    printed = help_of(commands()[words], words)
    changed = GUIDE.replace("Whose judgments count", "Whose answers count")
    assert missing_from(printed, changed, words) == [
        "Whose answers count; simulated ones only when asked for"
    ]
    without = GUIDE.replace(f"\n## {words}\n", "\n## another\n")
    assert missing_from(printed, without, words) == [f"{words} is not in the guide"]


def test_every_command_prints_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    for words, command in commands().items():
        with pytest.raises(SystemExit) as ended:
            cli.main([*words.split(), "--help"])
        assert ended.value.code == 0
        first = help_of(command, words).partition("\n\n")[2].partition("\n\n")[0]
        assert squeezed(first) in squeezed(capsys.readouterr().out), words
