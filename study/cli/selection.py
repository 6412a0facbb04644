"""Selection: the part of a study that a command reads, and how it prints, filled from options that are defined once."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import wraps
from typing import Annotated, Any

import typer

from study import frames, store
from study.cli.shared import (
    DatabaseOption,
    ExcludedOption,
    FormatOption,
    Population,
    PopulationOption,
    ProfileOption,
    RoleOption,
    StudyOption,
    TableFormat,
    TagOption,
    WithdrawnOption,
)
from study.store import DEFAULT_PATH

CriterionOption = Annotated[
    str | None,
    typer.Option(
        "--criterion", "--question", help="The key of a criterion.", show_default="all, one after the other"
    ),
]
FirstCriterionOption = Annotated[
    str | None,
    typer.Option("--criterion", "--question", help="The key of a criterion.", show_default="the first"),
]
ClusterOption = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        help="The units of intervals and tests: rater, item, source, profile, or a set such as rater,profile.",
        show_default="by the design",
    ),
]
OPTIONS: dict[str, Any] = {
    "study": StudyOption,
    "criterion": CriterionOption,
    "cluster": ClusterOption,
    "population": PopulationOption,
    "profile": ProfileOption,
    "role": RoleOption,
    "tag": TagOption,
    "excluded": ExcludedOption,
    "withdrawn": WithdrawnOption,
    "format": FormatOption,
    "db": DatabaseOption,
}
"""The options by the fields of a :class:`Selection` that they fill, in the order of a command's help."""
COUNTED = ("population", "excluded", "withdrawn")
"""Whose judgments count."""
SUBSET = ("population", "profile", "role", "tag", "excluded", "withdrawn")
"""Which judgments count, and of which profiles, roles and tags."""
BEFORE = ("study", "criterion")
REPEATED = ("profile", "role", "tag")


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What the options of a command select; a field that a command has no option for keeps its default.

    Attributes
    ----------
    study : str
    criterion : str or None
        The key of a criterion; each command decides what None means.
    cluster : str or None
        What intervals are over; None: by the design.
    population, profile, role, tag, excluded, withdrawn
        As in :class:`study.frames.Subset`.
    format : TableFormat
    db : Place
    """

    study: str
    criterion: str | None = None
    cluster: str | None = None
    population: Population = Population.human
    profile: tuple[str, ...] = ()
    role: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()
    excluded: bool = False
    withdrawn: bool = False
    format: TableFormat = TableFormat.table
    db: store.Place = DEFAULT_PATH

    @property
    def subset(self) -> frames.Subset:
        """Which judgments count."""
        return frames.Subset(
            self.population.value, self.excluded, self.profile, self.role, self.tag, self.withdrawn
        )

    @property
    def for_people(self) -> bool:
        """Whether people read the table, rather than a program."""
        return self.format is TableFormat.table


def selecting(*names: str, **variants: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator for a command that takes a :class:`Selection` first: it gets the options that fill the named fields.

    Every command gets ``--study`` and ``--db``. In the help, study and criterion come before the command's own
    parameters, and the other fields after them.

    Parameters
    ----------
    *names : str
        Keys of :data:`OPTIONS`.
    **variants : Annotated type
        Fields whose option says something else in this command, such as ``criterion=FirstCriterionOption``.
    """
    named = ("study", "db", *names, *variants)
    chosen = {name: variants.get(name, option) for name, option in OPTIONS.items() if name in named}

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def run(**given: Any) -> None:
            fields = {name: _field(name, given.pop(name)) for name in chosen}
            command(Selection(**fields), **given)

        own = list(inspect.signature(command).parameters.values())[1:]
        added = [_parameter(name, option) for name, option in chosen.items()]
        parameters = [
            *(one for one in added if one.name in BEFORE),
            *(one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own),
            *(one for one in added if one.name not in BEFORE),
        ]
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {one.name: one.annotation for one in parameters}
        return run

    return decorate


def _parameter(name: str, option: Any) -> inspect.Parameter:
    """Return the parameter of a command that fills a field; typer wants None for no values."""
    default = inspect.signature(Selection).parameters[name].default
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=None if default == () else default,
        annotation=option,
    )


def _field(name: str, value: Any) -> Any:
    if name in REPEATED:
        return tuple(value or ())
    return value.value if name == "cluster" and isinstance(value, Enum) else value
