"""The command on progress: how many places are filled, when all will be, and how wide the intervals are."""

from datetime import datetime, timedelta
from enum import StrEnum
from math import isnan
from typing import TYPE_CHECKING, Annotated

import typer

from study import frames, store
from study.cli.shared import (
    DatabaseOption,
    FormatOption,
    SimulatedOption,
    StudyOption,
    TableFormat,
    note,
    opened,
    print_table,
)
from study.records import utc_now
from study.store import DEFAULT_PATH
from study.wording import counted

if TYPE_CHECKING:
    from study.analysis.pace import Filled, Width


class Part(StrEnum):
    """How coverage is grouped; the keys of ``BY``."""

    pair = "pair"
    profile = "profile"
    tag = "tag"
    comparison = "comparison"


def progress(
    study: StudyOption,
    by: Annotated[
        Part, typer.Option(help="Coverage by pair of systems, profile, tag or comparison.")
    ] = Part.pair,
    simulated: SimulatedOption = False,
    format: FormatOption = TableFormat.table,
    db: DatabaseOption = DEFAULT_PATH,
) -> None:
    """Print how far along a study is: places filled, when all will be, the widest interval of a win rate, and coverage by part.

    \b
    Example:
      python -m study progress --study mine --by profile
    """
    from study.analysis import pace
    from study.analysis.progress import coverage_table

    now = utc_now()
    with opened(db) as database:
        criteria = store.design(database, study).criteria[:1]
        name = "simulated_coverage" if simulated else "coverage"
        coverage = store.BIG_READS[name](database, study)
        recent, first = store.judged_between(
            database, study, now - timedelta(days=1), now, simulated=simulated
        )
        judgments = store.coded_judgments(database, study)
    known = pace.filled(coverage)
    print_table(coverage_table(coverage, by.value), format, "There is no comparison yet.")
    _note_filled(known, pace.expected_finish(known.places - known.filled, recent, first, now))
    for criterion in criteria:
        subset = frames.Subset("simulated" if simulated else "human")
        width = pace.headline_width(judgments, criterion=criterion.key, share=known.share, subset=subset)
        _note_width(width, criterion.key)


def _note_filled(known: "Filled", finish: datetime | None) -> None:
    """Say how many places are filled, and when all will be at the pace of the last 24 hours."""
    left = known.places - known.filled
    when = (
        "all are filled"
        if not left
        else f"all by {finish:%Y-%m-%d %H:%M} UTC"
        if finish
        else "no answer in 24 h"
    )
    note(
        f"{known.filled:,} of {counted(known.places, 'place')} filled, {counted(known.comparisons, 'comparison')} complete; {when}."
    )


def _note_width(width: "Width", criterion: str) -> None:
    """Say how wide the widest interval is, without its system or win rate."""
    if isnan(width.now):
        note(f"Widest interval of a win rate on {criterion}: undefined; {width.reason}.")
        return
    note(
        f"Widest interval of a win rate on {criterion}: ± {100 * width.now:.1f} points over {width.units}, about "
        f"± {100 * width.when_filled:.1f} when all places are filled."
    )
