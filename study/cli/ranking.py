"""The commands on systems: ranking, pairs, and other influences on judgments."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from study import store
from study.cli.analyses import AdjustOption, adjustment_key, joined, print_analysis, study_judgments
from study.cli.selection import SUBSET, Selection, selecting
from study.cli.shared import note, opened
from study.tables import lookup

RIDGE = "add a ridge penalty with --ridge 0.1, which is an assumption"


def preference_model(name: str) -> str:
    """Return the key of a preference model.

    Raises
    ------
    InvalidInput
        If there is no such model.
    """
    from study.analysis import PREFERENCE_MODELS

    lookup({key.replace("_", "-"): key for key in PREFERENCE_MODELS}, name, "preference model")
    return name.replace("-", "_")


class Interval(StrEnum):
    """The method for intervals of strengths."""

    sandwich = "sandwich"
    score_bootstrap = "score-bootstrap"
    model = "model"


class Sides(StrEnum):
    """Whether strengths and win rates are adjusted for the left side."""

    auto = "auto"
    adjust = "adjust"
    ignore = "ignore"


SidesOption = Annotated[
    Sides,
    typer.Option(
        "--sides", help="Adjust for the left side: auto, where it is unbalanced over systems; always; never."
    ),
]


class PairSubject(StrEnum):
    """Which pairs of systems are shown."""

    tests = "tests"
    matrix = "matrix"


class PositionSubject(StrEnum):
    """The part of the report on position."""

    effects = "effects"
    raters = "raters"


@selecting("criterion", "cluster", "format", *SUBSET)
def ranking(
    selection: Selection,
    model: Annotated[
        str,
        typer.Option(
            "--model",
            help=(
                "The preference model: bradley-terry, davidson, rao-kupper, grounded-rao-kupper, graded or elo; see "
                "Preference models in study/guide/statistics.md."
            ),
        ),
    ] = "bradley-terry",
    method: Annotated[
        Interval,
        typer.Option("--method", help="The method for intervals; model takes judgments as independent."),
    ] = Interval.sandwich,
    ridge: Annotated[
        float,
        typer.Option("--ridge", min=0, help="Ridge penalty that gives every system a strength; 0 for none."),
    ] = 0.0,
    sides: SidesOption = Sides.auto,
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            help="Bradley-Terry within each group: role, profile or 'tag: NAME'.",
            show_default="no groups",
        ),
    ] = None,
) -> None:
    """Print how strong the systems are: strengths, possible ranks and win rates, with intervals.

    \b
    Example:
      python -m study analyze ranking --study demo --population simulated --criterion fit
      python -m study analyze ranking --study demo --population simulated --model davidson --cluster rater,item
    """
    from study.analysis import effect_of_side, group_table, ranking_table, scale_notes

    judgments, criteria, seed = study_judgments(selection)
    over = {"cluster": selection.cluster} if selection.cluster else {}
    options: dict[str, Any] = {"subset": selection.subset} | over
    if by is not None:
        groups = {key: group_table(judgments, criterion=key, by=by, **options) for key in criteria}
        print_analysis("ranking-groups", joined(groups), selection.format)
        return
    options |= {
        "model": preference_model(model),
        "method": method.name,
        "ridge": ridge,
        "sides": sides.value,
        "seed": seed,
    }
    tables = {key: ranking_table(judgments, criterion=key, **options) for key in criteria}
    notes = {key: [effect_of_side(table), *scale_notes(table, ridge=RIDGE)] for key, table in tables.items()}
    print_analysis("ranking", joined(tables), selection.format)
    _print_notes(notes)


def _print_notes(notes: dict[str, list[str | None]]) -> None:
    """Print the notes on each criterion, with its name if there are several."""
    for key, said in notes.items():
        for one in said:
            if one is not None:
                note(f"{key}: {one}" if len(notes) > 1 else one)


@selecting("criterion", "cluster", "format", *SUBSET)
def pairs(
    selection: Selection,
    adjust: AdjustOption = "holm",
    sides: SidesOption = Sides.auto,
    look: Annotated[
        PairSubject,
        typer.Option("--look", help="A test of each pair; or the win rate of each system against each."),
    ] = PairSubject.tests,
) -> None:
    """Print who wins against whom: win rates with intervals and tests over the same units, P adjusted for all pairs.

    \b
    Example:
      python -m study analyze pairs --study demo --population simulated --adjust benjamini-hochberg
      python -m study analyze pairs --study demo --population simulated --cluster rater,item
    """
    from study.analysis import effect_of_side, pair_table, ranking_table, win_matrix_table

    adjustment = adjustment_key(adjust)
    judgments, criteria, seed = study_judgments(selection)
    options: dict[str, Any] = {"subset": selection.subset, "cluster": selection.cluster, "sides": sides.value}
    if look is PairSubject.matrix:
        matrix = {key: win_matrix_table(judgments, criterion=key, **options) for key in criteria}
        print_analysis("win-matrix", joined(matrix), selection.format)
        return
    tables = {key: pair_table(judgments, criterion=key, adjustment=adjustment, **options) for key in criteria}
    notes = {
        key: [effect_of_side(ranking_table(judgments, criterion=key, seed=seed, **options))]
        for key in criteria
    }
    print_analysis("pairs", joined(tables), selection.format)
    _print_notes(notes)


@selecting("criterion", "cluster", "format", *SUBSET)
def position(
    selection: Selection,
    look: Annotated[
        PositionSubject,
        typer.Option("--look", help="Left side and length, observed and adjusted; or each rater."),
    ] = PositionSubject.effects,
) -> None:
    """Print how the left side and the length of an output change its odds of being preferred, or each rater's left-win rate.

    \b
    Example:
      python -m study analyze position --study demo --population simulated --look raters
    """
    from study.analysis import effect_table, rater_position_table

    judgments, criteria, _ = study_judgments(selection)
    subset = selection.subset
    if look is PositionSubject.raters:
        raters = {key: rater_position_table(judgments, criterion=key, subset=subset) for key in criteria}
        print_analysis("rater-position", joined(raters), selection.format)
        return
    with opened(selection.db) as database:
        lengths = store.output_lengths(database, selection.study)
    tables = {
        key: effect_table(judgments, lengths, criterion=key, subset=subset, cluster=selection.cluster)
        for key in criteria
    }
    print_analysis("position", joined(tables), selection.format)
