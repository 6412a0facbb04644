"""Every command that README and guide print runs, in the order in which they are printed."""

import csv
import json
import re
import shlex
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from study.content_kinds import plain_text
from study.formats.reading import read
from study.workflows.demo import DEMO_BUNDLE
from tests.cli.conftest import Run
from tests.documents import DOCUMENTS, WITH_COMMANDS, lines_of_commands
from tests.metrics.chat_servers import scripted

COMMANDS = [line for name in WITH_COMMANDS for line in lines_of_commands(name)]
ENDPOINT = "http://127.0.0.1:8000/v1"
SOURCES = ("s6", "s7")
RATERS = ("ada", "bo", "cy")
QUICKER = {"metrics meta fit": ("--iterations", "3")}


@pytest.mark.thorough
def test_every_command_of_readme_and_guide_runs(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _write_files(tmp_path)
    with scripted(lambda prompt, temperature: "Choice: [[A]]\nCertainty: 85") as server:
        for line in COMMANDS:
            command = _with_the_backup(line, tmp_path).replace(ENDPOINT, server.url)
            done = run(*shlex.split(command), *QUICKER.get(command.partition(" --")[0], ()))
            assert done.code == 0, f"{line}: {done.err}"
    assert len(COMMANDS) > 30


def test_no_other_document_prints_commands_that_nobody_runs() -> None:
    """Examples of each command, which its own help prints, are held against the options by ``tests/test_docs.py``."""
    printing = {name for name in DOCUMENTS if lines_of_commands(name)}
    assert printing == {*WITH_COMMANDS, "study/guide/commands.md"}


def _with_the_backup(line: str, folder: Path) -> str:
    """Return a command with the name of the newest backup instead of the one in the guide."""
    made = sorted((folder / "backups").glob("*.duckdb"))
    return re.sub(r"data/backups/\S+", lambda _: str(made[-1]), line)


def _write_files(folder: Path) -> None:
    """Write the files that the commands name: pairs of a few items of the demo, votes on them, people and a recipe."""
    pairs = _pairs()
    with (folder / "pairs.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(one) + "\n" for one in pairs)
    answers = cycle(("left", "right", "tie", "left"))
    with (folder / "votes.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("pair_id", "rater", "left_system", "right_system", "answer"))
        table.writerows(
            (one["pair_id"], rater, one["model_x"], one["system_b"], next(answers))
            for one in pairs
            for rater in RATERS
        )
    (folder / "recipe.json").write_text(json.dumps({"metrics": ["rouge_l", "bert_score:layer=6"]}))
    (folder / "people.csv").write_text("rater\nada@example.org\nbo@example.org\n")


def _pairs() -> list[dict[str, Any]]:
    records = read(DEMO_BUNDLE)
    items = {one.item_id: one for one in records.items if one.source_id in SOURCES}
    outputs = {one.output_id: one for one in records.outputs}
    profiles = {one.profile_id: one.name for one in records.profiles}
    found = []
    for number, one in enumerate(one for one in records.comparisons() if one.item_id in items):
        item, a, b = items[one.item_id], outputs[one.output_a_id], outputs[one.output_b_id]
        assert item.profile_id is not None
        found.append(
            {
                "pair_id": f"p{number}",
                "item_id": item.name,
                "source_id": item.source_id,
                "profile_id": profiles[item.profile_id],
                "text": plain_text(item.content),
                "reference": item.reference,
                "model_x": a.system,
                "output_a": plain_text(a.content),
                "system_b": b.system,
                "output_b": plain_text(b.content),
            }
        )
    return found
