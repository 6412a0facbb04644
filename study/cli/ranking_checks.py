"""The commands that check a ranking: models of ties, orders of judgments, groups, and when to stop."""

from enum import StrEnum
from typing import Annotated

import pandas as pd
import typer

from study.cli.analyses import joined, print_analysis, study_judgments
from study.cli.selection import SUBSET, Selection, selecting
from study.cli.shared import keep, note, progress_bar
from study.errors import NotFound
from study.tables import lookup

# Looks that a person reads; JSON and CSV have all.
MOST_LOOKS = 12


class ConditionalSubject(StrEnum):
    """The part of the conditional ranking."""

    held_out = "held-out"
    strengths = "strengths"


class Unit(StrEnum):
    """The elements of a sequence."""

    rater = "rater"
    item = "item"
    source = "source"
    profile = "profile"
    judgment = "judgment"


@selecting("criterion", "format", *SUBSET)
def models(selection: Selection) -> None:
    """Print which model of ties fits best, by AIC, and its parameter (theta or nu) with an interval.

    AIC compares models of the same outcomes only; lower is better.

    \b
    Example:
      python -m study analyze models --study demo --population simulated
    """
    from study.analysis import model_table

    judgments, criteria, _ = study_judgments(selection)
    tables = {key: model_table(judgments, criterion=key, subset=selection.subset) for key in criteria}
    print_analysis("models", joined(tables), selection.format)


@selecting("criterion", "format", *SUBSET)
def orders(
    selection: Selection,
    n_orders: Annotated[int, typer.Option("--orders", min=1, help="How many random orders.")] = 100,
) -> None:
    """Print Elo ratings over random orders of the same judgments, to show how much they depend on the order.

    \b
    Example:
      python -m study analyze orders --study demo --population simulated
    """
    from study.analysis import elo_order_table

    judgments, criteria, seed = study_judgments(selection)
    tables = {}
    with progress_bar() as progress:
        for key in criteria:
            tables[key] = elo_order_table(
                judgments,
                criterion=key,
                subset=selection.subset,
                n_orders=n_orders,
                seed=seed,
                progress=progress,
            )
    print_analysis("orders", joined(tables), selection.format)


@selecting("criterion", "cluster", "format", *SUBSET)
def conditional(
    selection: Selection,
    by: Annotated[str, typer.Option("--by", help="role, profile or 'tag: NAME'.")] = "profile",
    look: Annotated[
        ConditionalSubject,
        typer.Option("--look", help="The log-loss of held-out items, or the strengths within each group."),
    ] = ConditionalSubject.held_out,
) -> None:
    """Print whether groups differ: the log-loss of held-out items with strengths per group and with common strengths.

    \b
    Examples:
      python -m study analyze conditional --study demo --population simulated --by profile
      python -m study analyze conditional --study demo --population simulated --by profile --look strengths
    """
    from study.analysis import conditional_tables

    judgments, criteria, seed = study_judgments(selection)
    place = list(ConditionalSubject).index(look)
    tables = {}
    with progress_bar() as progress:
        for key in criteria:
            tables[key] = conditional_tables(
                judgments,
                criterion=key,
                by=by,
                subset=selection.subset,
                cluster=selection.cluster,
                seed=seed,
                progress=progress,
            )[place]
    print_analysis(f"conditional-{look.value}", joined(tables), selection.format)


@selecting("criterion", "format", *SUBSET)
def stopping(
    selection: Selection,
    system: Annotated[
        str | None, typer.Option("--system", help="The name of a system.", show_default="the first in rank")
    ] = None,
    opponent: Annotated[
        str | None,
        typer.Option("--opponent", help="The system to compare it with.", show_default="the next in rank"),
    ] = None,
    unit: Annotated[
        Unit,
        typer.Option("--unit", help="The elements of the sequence; judgments only if they are independent."),
    ] = Unit.rater,
) -> None:
    """Print one system's win rate over another after each rater, with intervals that are valid at every look.

    \b
    Example:
      python -m study analyze stopping --study demo --population simulated --criterion fit
    """
    from study.analysis import ranking_table, sequence_table

    judgments, criteria, seed = study_judgments(selection)
    tables = {}
    for key in criteria:
        ranking = ranking_table(judgments, criterion=key, subset=selection.subset, seed=seed)
        one, other = _two(ranking["system"].tolist(), system, opponent)
        tables[key] = sequence_table(
            judgments, criterion=key, system=one, opponent=other, unit=unit.value, subset=selection.subset
        )
    looks = {key: _last_looks(table) for key, table in tables.items()}
    table = joined(tables)
    keep(table)
    print_analysis("stopping", joined(looks) if selection.for_people else table, selection.format)
    if selection.for_people and table["sides"].eq("adjusted").any():
        note("Win rates are as observed: a sequence is not adjusted for the left side.")


def _two(ranked: list[str], system: str | None, opponent: str | None) -> tuple[str, str]:
    """Return the systems asked for, or the first in rank that are left."""
    if len(ranked) < 2:
        raise NotFound("there are no two systems with judgments to compare")
    for name in (system, opponent):
        if name is not None:
            lookup(dict.fromkeys(ranked), name, "system")
    one = system or next(name for name in ranked if name != opponent)
    return one, opponent or next(name for name in ranked if name != one)


def _last_looks(table: pd.DataFrame) -> pd.DataFrame:
    """Return about a dozen looks of a sequence, the last one first."""
    step = max(1, len(table) // MOST_LOOKS)
    return table.iloc[::-1].iloc[::step].reset_index(drop=True)
