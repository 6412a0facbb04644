"""Options are written once: what a Selection holds, and every other option that several commands have."""

import inspect
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import pytest
import typer

from study import cli
from study.cli.selection import OPTIONS, Selection, selecting
from study.cli.shared import Population, TableFormat
from tests.cli.conftest import Run

# Options of these names that mean another thing: which study is new, whose profile is erased, how a file is written.
OF_OTHER_THINGS = {
    ("import", "study"),
    ("erase", "study"),
    ("judges list", "study"),
    ("erase", "profile"),
    ("judges run", "criterion"),
    ("import", "format"),
    ("export", "format"),
    ("metrics card", "format"),
}


def callbacks(app: typer.Typer = cli.app, words: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Yield every command's words and function."""
    for one in app.registered_commands:
        yield " ".join((*words, str(one.name))), one.callback
    for group in app.registered_groups:
        assert group.typer_instance is not None
        yield from callbacks(group.typer_instance, (*words, str(group.name)))


def options_of(command: Callable[..., Any]) -> dict[str, Any]:
    """Return the options and arguments of a command by the names of their parameters."""
    parameters = inspect.signature(command).parameters.values()
    return {one.name: getattr(one.annotation, "__metadata__", (one.default,))[0] for one in parameters}


def written_twice(commands: dict[str, Callable[..., Any]]) -> set[str]:
    """Return the names of options that two places of the program describe in the same words."""
    written: dict[tuple[str, str, str], set[int]] = defaultdict(set)
    for command in commands.values():
        for name, option in options_of(command).items():
            written[name, str(option.help), str(option.show_default)].add(id(option))
    return {name for (name, *_), places in written.items() if len(places) > 1}


def test_no_option_is_written_twice() -> None:
    assert written_twice(dict(callbacks())) == set()


def test_an_option_written_twice_is_found() -> None:
    def one(url: Annotated[str, typer.Option("--url", help="Address of the app.")] = "") -> None:
        """Take an option that other commands have."""

    assert written_twice({**dict(callbacks()), "one": one}) == {"url"}


@pytest.mark.parametrize("field", OPTIONS)
def test_a_field_of_a_selection_has_its_option_from_one_place(field: str) -> None:
    other = {words for words, name in OF_OTHER_THINGS if name == field}
    found = {words: options_of(command) for words, command in callbacks()}
    having = {words for words, options in found.items() if field in options} - other
    usual = OPTIONS[field].__metadata__[0]
    own = {words for words in having if found[words][field] is not usual}
    assert having
    if field not in (
        "criterion",
        "cluster",
    ):  # what None stands for, and what there is to choose from, depend on the command
        assert own == set()
    flags = {(found[words][field].default, found[words][field].param_decls) for words in having}
    assert len(flags) == 1


def test_every_field_of_a_selection_has_an_option() -> None:
    assert set(OPTIONS) == set(inspect.signature(Selection).parameters)


def test_a_command_gets_what_its_options_say() -> None:
    given: list[tuple[Selection, str]] = []

    @selecting("criterion", "population", "profile", "format")
    def command(selection: Selection, word: str, n: int = 3) -> None:
        given.append((selection, f"{word} {n}"))

    names = list(inspect.signature(command).parameters)
    assert names == ["study", "criterion", "word", "n", "population", "profile", "format", "db"]
    command(
        study="s",
        criterion=None,
        word="a",
        n=4,
        population=Population.both,
        profile=["p", "q"],
        format=TableFormat.csv,
        db="x",
    )
    [(selection, rest)] = given
    assert rest == "a 4"
    assert selection.subset.population == "both"
    assert selection.subset.profiles == ("p", "q")
    assert (selection.cluster, selection.excluded, selection.for_people) == (None, False, False)


def test_a_wrong_value_says_what_is_allowed(run: Run) -> None:
    said = run("analyze", "ranking", "--study", "s", "--population", "people")
    assert said.code == 2
    assert "'human', 'simulated', 'both'" in said.err
    said = run("analyze", "ranking")
    assert said.code == 2
    assert "'--study'" in said.err
