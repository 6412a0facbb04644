"""Commands on broken material: what raters skipped and why, and withdrawing an item or a comparison for everyone."""

import json
from typing import Annotated

import pandas as pd
import typer

from study import store
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
from study.errors import InvalidInput
from study.store import DEFAULT_PATH

ItemOption = Annotated[
    str | None, typer.Option("--item", help="The name or id of an item: all its comparisons.")
]
ComparisonOption = Annotated[
    str | None, typer.Option("--comparison", help="The name or id of one comparison.")
]
ReasonOption = Annotated[str, typer.Option("--reason", help="The reason; recorded.")]


def skips(
    study: StudyOption,
    simulated: SimulatedOption = False,
    format: FormatOption = TableFormat.table,
    db: DatabaseOption = DEFAULT_PATH,
) -> None:
    """Print which comparisons raters skipped, how often, and why.

    \b
    Example:
      python -m study skips --study mine
    """
    from study.analysis.skips import skip_table

    with opened(db) as database:
        store.study(database, study)
        found = store.skips(database, study, simulated=simulated)
    if found.empty:
        note("No comparison was skipped.")
        return
    print_table(skip_table(found), format)


def withdrawals(
    study: StudyOption, format: FormatOption = TableFormat.table, db: DatabaseOption = DEFAULT_PATH
) -> None:
    """Print what was withdrawn and reinstated, when, by whom and why.

    \b
    Example:
      python -m study withdrawals --study mine
    """
    with opened(db) as database:
        store.study(database, study)
        events = store.withdrawal_events(database, study)
    columns = ("logged_at", "actor", "kind", "name", "comparisons", "reason", "comparison_ids")
    rows = [
        (
            *(one.logged_at, one.actor, one.kind),
            one.details.get("item", one.details.get("comparison")),
            len(one.details["comparison_ids"]),
            one.details["reason"],
            json.dumps(one.details["comparison_ids"]),
        )
        for one in events
    ]
    table = pd.DataFrame(rows, columns=list(columns))
    shown = table.drop(columns="comparison_ids") if format is TableFormat.table else table
    print_table(shown, format, "Nothing was withdrawn.")


def withdraw(
    study: StudyOption,
    reason: ReasonOption,
    item: ItemOption = None,
    comparison: ComparisonOption = None,
    db: DatabaseOption = DEFAULT_PATH,
) -> None:
    """Withdraw an item or one comparison from a study for everyone. It can be reversed; no judgment is deleted.

    \b
    Examples:
      python -m study withdraw --study mine --item s6-r11 --reason "the picture is missing"
      python -m study withdraw --study mine --comparison pair-0008 --reason "wrong language"
    """
    _require_one(item, comparison)
    with opened(db) as database:
        if item is not None:
            n = store.withdraw_item(database, study, item, reason)
            print(f"item: {item}\nwithdrawn comparisons: {n}")
        elif comparison is not None:
            store.withdraw_comparison(database, study, comparison, reason)
            print(f"comparison: {comparison}\nwithdrawn comparisons: 1")


def reinstate(
    study: StudyOption,
    reason: ReasonOption,
    item: ItemOption = None,
    comparison: ComparisonOption = None,
    db: DatabaseOption = DEFAULT_PATH,
) -> None:
    """Put back a withdrawn item or comparison: raters get it again, and its judgments count.

    \b
    Example:
      python -m study reinstate --study mine --item s6-r11 --reason "the picture is there now"
    """
    _require_one(item, comparison)
    with opened(db) as database:
        if item is not None:
            n = store.restore_item(database, study, item, reason)
            print(f"item: {item}\nrestored comparisons: {n}")
        elif comparison is not None:
            store.restore_comparison(database, study, comparison, reason)
            print(f"comparison: {comparison}\nrestored comparisons: 1")


def _require_one(item: str | None, comparison: str | None) -> None:
    if (item is None) == (comparison is None):
        raise InvalidInput("give either --item or --comparison")
