"""Skipped comparisons, and the withdrawal of items and comparisons from a study: recorded, reversible."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from study.assignment import PRACTICE
from study.errors import InvalidInput, NotAllowed
from study.records import Event
from study.store.engine import rows
from study.store.engine.acting_person import researchers_only
from study.store.engine.database import Database, log_event
from study.store.session.boards import board_of
from study.store.studies.coding import arrow, plain_frame
from study.store.studies.studies import design, study
from study.tables import lookup

if TYPE_CHECKING:
    import pandas as pd  # not loaded at start-up

KINDS = ("item_withdrawn", "comparison_withdrawn", "item_restored", "comparison_restored")


@researchers_only
def withdraw_item(db: Database, study_id: str, item: str, reason: str) -> int:
    """Withdraw an item, that is, all its comparisons, from a study; return the number of comparisons.

    They are no longer given to raters, and open assignments are replaced by others. Existing judgments stay stored;
    analyses and exports leave them out unless asked.

    Parameters
    ----------
    item : str
        Its name or its id.
    reason : str
        The reason; recorded with the event.

    Raises
    ------
    InvalidInput
        If the item is not one of the study's, or the reason is empty.
    NotAllowed
        If everything is already withdrawn, or fewer practice comparisons would be left than the design's pass mark.
    """
    item_id, name = _item(db, study_id, item)
    standing = [one for one, withdrawn in _comparisons_of(db, item_id).items() if withdrawn is None]
    return _set(db, study_id, standing, reason, {"item": name}, "item_withdrawn")


@researchers_only
def restore_item(db: Database, study_id: str, item: str, reason: str) -> int:
    """Restore an item with all its comparisons, even those withdrawn one by one; return the number of comparisons."""
    item_id, name = _item(db, study_id, item)
    withdrawn = [one for one, why in _comparisons_of(db, item_id).items() if why is not None]
    return _set(db, study_id, withdrawn, reason, {"item": name}, "item_restored")


@researchers_only
def withdraw_comparison(db: Database, study_id: str, comparison: str, reason: str) -> None:
    """Withdraw one comparison, given by its name or id, from a study; see :func:`withdraw_item`."""
    task_id, withdrawn = _comparison(db, study_id, comparison)
    standing = [task_id] if withdrawn is None else []
    _set(db, study_id, standing, reason, {"comparison": comparison}, "comparison_withdrawn")


@researchers_only
def restore_comparison(db: Database, study_id: str, comparison: str, reason: str) -> None:
    """Restore one comparison."""
    task_id, withdrawn = _comparison(db, study_id, comparison)
    gone = [] if withdrawn is None else [task_id]
    _set(db, study_id, gone, reason, {"comparison": comparison}, "comparison_restored")


def is_withdrawn(db: Database, study_id: str, task_id: str) -> bool:
    """Return whether a task is withdrawn."""
    with db.lock:
        board = board_of(db, study_id)
        return board.facts[board.index[task_id]].withdrawn


def study_comparisons(db: Database, study_id: str) -> "pd.DataFrame":
    """Return one row per comparison of any purpose: ids, names, systems, and the reason for its withdrawal, if any."""
    with db.reading() as cursor:
        found = arrow(
            cursor,
            """
            select l.comparison_id, l.comparison_name, l.comparison_purpose, l.item_id, l.item_name,
                l.system_a, l.system_b, t.withdrawn
            from comparison_long l join task t on t.task_id = l.comparison_id
            where l.study_id = $study order by l.item_name, l.system_a, l.system_b, l.comparison_id
            """,
            study_id,
        )
    return plain_frame(found)


def skips(db: Database, study_id: str, *, simulated: bool = False) -> "pd.DataFrame":
    """Return one row per standing skip of a comparison, the newest first.

    Returns
    -------
    DataFrame
        comparison_id, comparison_name, item_name, system_a, system_b, rater_id, reason (a key of ``SKIP_REASONS``,
        missing if none was given), note (in the rater's words), skipped_at, withdrawn.
    """
    with db.reading() as cursor:
        return cursor.execute(
            """
            select l.comparison_id, l.comparison_name, l.item_name, l.system_a, l.system_b, l.rater_id,
                any_value(l.skip_reason) as reason, any_value(l.rationale) as note, max(l.judged_at) as skipped_at,
                l.comparison_withdrawn as withdrawn
            from judgment_long l
            where l.study_id = ? and l.response = 'skip' and l.simulated = ? and l.purpose <> 'practice'
            group by l.assignment_id, l.comparison_id, l.comparison_name, l.item_name, l.system_a, l.system_b,
                l.rater_id, l.comparison_withdrawn
            order by skipped_at desc, l.assignment_id
            """,
            [study_id, simulated],
        ).df()


def withdrawal_events(db: Database, study_id: str) -> list[Event]:
    """Return the withdrawals and restorations in a study, with their reasons, the newest first."""
    with db.reading() as cursor:
        return rows.select(
            cursor,
            Event,
            "where study_id = ? and list_contains(?, kind) order by logged_at desc, event_id",
            [study_id, list(KINDS)],
        )


def _set(
    db: Database,
    study_id: str,
    task_ids: Sequence[str],
    reason: str,
    what: dict[str, str],
    kind: str,
) -> int:
    """Withdraw or restore comparisons, with an event that names them."""
    reason, verb = reason.strip(), "withdrawn" if kind.endswith("withdrawn") else "put back"
    (noun, name), *_ = what.items()
    if not reason:
        raise InvalidInput(f"the reason is empty; give a reason why {noun} {name!r} is {verb}")
    if not task_ids:
        state = "withdrawn already" if verb == "withdrawn" else "not withdrawn"
        raise NotAllowed(f"{noun} {name!r} of study {study_id!r} is {state}")
    with db.lock:
        if verb == "withdrawn":
            _keep_practice(db, study_id, task_ids)
        with db.writing(forget=True) as cursor:
            cursor.execute(
                "update task set withdrawn = ? where list_contains(?, task_id)",
                [reason if verb == "withdrawn" else None, list(task_ids)],
            )
            details = what | {"reason": reason, "comparison_ids": list(task_ids)}
            log_event(cursor, kind, study_id=study_id, details=details)
    return len(task_ids)


def _keep_practice(db: Database, study_id: str, task_ids: Sequence[str]) -> None:
    """Raise NotAllowed if the practice could no longer be passed."""
    known = [one for one in board_of(db, study_id).facts if one.purpose == PRACTICE and not one.withdrawn]
    left = [one for one in known if one.task_id not in task_ids]
    pass_mark = design(db, study_id).practice.pass_mark
    if len(left) < min(pass_mark, len(known)):
        raise NotAllowed(
            f"{len(left)} practice comparisons would be left, and the pass mark of the practice is {pass_mark}: "
            "lower 'practice.pass_mark' in the design first"
        )


def _item(db: Database, study_id: str, item: str) -> tuple[str, str]:
    """Return the id and name of an item, given either."""
    study(db, study_id)
    with db.reading() as cursor:
        found = cursor.execute("select item_id, name from item where study_id = ?", [study_id]).fetchall()
    known: dict[str, tuple[str, str]] = {item_id: (item_id, name) for item_id, name in found}
    known |= {name: (item_id, name) for item_id, name in found}
    return lookup(known, item, "item")


def _comparison(db: Database, study_id: str, comparison: str) -> tuple[str, str | None]:
    """Return the id of a comparison, given by its name or id, and the reason for its withdrawal."""
    study(db, study_id)
    with db.reading() as cursor:
        found = cursor.execute(
            "select task_id, name, withdrawn from task where study_id = ?", [study_id]
        ).fetchall()
    known: dict[str, tuple[str, str | None]] = {name: (one, why) for one, name, why in found if name}
    known |= {one: (one, why) for one, _, why in found}
    return lookup(known, comparison, "comparison")


def _comparisons_of(db: Database, item_id: str) -> dict[str, str | None]:
    """Return the comparisons of an item, each with the reason for its withdrawal."""
    with db.reading() as cursor:
        return dict(
            cursor.execute(
                "select task_id, withdrawn from task where item_id = ? order by task_id",
                [item_id],
            ).fetchall()
        )
