"""The page of the guide on commands: every command and every option of the program, with its help."""

import re
from collections.abc import Iterator
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

from typer.main import get_command

from study import cli

PROGRAM = "python -m study"
HEAD = """# Commands

The command line does the work of the pages without a browser. Data goes to stdout and notes to stderr. The exit code is 0 when
the command did what was asked, 1 when it was refused (one sentence says why), 2 when an option is wrong, and 3 when `reproduce` found
figures of a method that was corrected since. Every command takes `--help`.

Every command works on one database: the one that `--db` names, else that of the variable `BLINDPAIR_DB`, else
`data/blindpair.duckdb`. One process owns a database file: while the app runs, use its pages, or give `--db` a backup; `maintenance`
works beside the app. Any number of apps and commands can use a PostgreSQL database at once.
"""


@cache
def commands() -> dict[str, Any]:
    """Return every command by its words, as they are typed after ``python -m study``."""
    return dict(_walk(get_command(cli.app), ()))


def commands_page() -> str:
    """Return the page."""
    return HEAD + "".join(_section(words, command) for words, command in sorted(commands().items()))


def option_names(command: Any) -> list[str]:
    """Return the names of a command's options and arguments, as they are typed."""
    return [_typed(one) for one in command.params]


def _walk(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    if hasattr(command, "commands"):
        for name, one in command.commands.items():
            yield from _walk(one, (*words, name))
    else:
        yield " ".join(words), command


def _section(words: str, command: Any) -> str:
    text, _, examples = (command.help or "").partition("\b\n")
    sentences = " ".join(text.split())
    arguments = "".join(f" {_typed(one)}" for one in command.params if one.param_type_name == "argument")
    parts = [f"\n## {words}\n", sentences + "\n"]
    shown = re.findall(rf"^ *({PROGRAM} .+)$", examples, re.MULTILINE) or [f"{PROGRAM} {words}{arguments}"]
    parts.append("".join(f"    {line}\n" for line in shown))
    if command.params:
        rows = (f"| {_first(one)} | {_second(one)} |\n" for one in command.params)
        parts.append("| option | meaning |\n|---|---|\n" + "".join(rows))
    return "\n".join(parts)


def _typed(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return (parameter.metavar or parameter.name.upper()).rstrip(".")
    return str(max((*parameter.opts, *parameter.secondary_opts), key=len))


def _first(parameter: Any) -> str:
    return f"`{_typed(parameter)}`" + (" (required)" if parameter.required else "")


def _second(parameter: Any) -> str:
    """Return the help of a parameter, what it allows, and what holds without it."""
    said = [(parameter.help or "").replace("|", "\\|").rstrip(".") + "."]
    if choices := _choices(parameter):
        said.append("One of " + ", ".join(f"`{one}`" for one in choices) + ".")
    if default := _default(parameter):
        said.append(f"Default: {default}.")
    return " ".join(said)


def _choices(parameter: Any) -> list[str]:
    kind = parameter.type_descriptor.annotation
    return [str(one.value) for one in kind] if isinstance(kind, type) and issubclass(kind, Enum) else []


def _default(parameter: Any) -> str:
    if parameter.required or isinstance(parameter.default, bool):
        return ""
    if isinstance(parameter.show_default, str):
        return parameter.show_default
    value = parameter.default
    if value is None or isinstance(value, Path) or value in ((), []) or parameter.show_default is False:
        return ""
    return f"`{value.value if isinstance(value, Enum) else value}`"
