"""The boards in memory, loaded from the tables when they are first needed."""

import gc
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from sys import intern
from typing import Any

import duckdb

from study.assignment import MAIN, Board, Seat, TaskFacts
from study.protocol.design import Design
from study.records import ACTIVE, Assignment, Judgment, Rater, Step
from study.store.engine import rows
from study.store.engine.database import Database
from study.store.postgres.changes import Changes
from study.store.session.raters import ON_SCREEN, forget_rater, note_newcomer, note_rater
from study.store.studies.designs import current_version
from study.store.studies.divergences import read_priorities
from study.store.studies.studies import all_studies, design, study
from study.store.studies.texts import read_ahead

ROWS_AT_ONCE = 10_000
MANY_OBJECTS = 50_000
SEATS = """
    select a.assignment_id, a.task_id, a.rater_id, r.source, a.position, a.arrangement, a.expires_at,
        a.issued_at, a.purpose, a.condition, a.profile_id, r.profile_id
    from assignment a join rater r on r.rater_id = a.rater_id
"""


def board_of(db: Database, study_id: str) -> Board:
    """Return the board of a study; call this, and use the board, under the database's lock."""
    if study_id not in db.boards:
        db.boards[study_id] = _load(db, study_id)
        current_version(db, study_id)  # judgments record it; read once, with the board
    return db.boards[study_id]


def follow(db: Database, changes: Changes) -> None:
    """Apply another replica's changes to the caches, if they hold the study or the rater.

    Leases end by the writer's clock first, so that a place that it gave to another rater is free here as well.
    """
    for row in changes.of("rater", "new"):
        note_newcomer(db, rows.from_row(Rater, row))
    for row in changes.of("step", "new", "changed"):
        db.steps.pop(rows.from_row(Step, row).rater_id, None)
    for row in changes.of("assignment", "changed"):
        db.boards.pop(rows.from_row(Assignment, row).study_id, None)
    with db.connection.cursor() as cursor:  # reading() would start another catch-up inside this one
        for row in changes.of("assignment", "new"):
            new = rows.from_row(Assignment, row)
            board = db.boards.get(new.study_id)
            if board is not None:
                board.expire(new.issued_at)
                query = f"{SEATS} where a.assignment_id = ? and r.source <> 'imported'"
                for found in cursor.execute(query, [new.assignment_id]).fetchall():
                    board.place(_seat(board, found))
    for row in changes.of("judgment", "new"):
        given = rows.from_row(Judgment, row)
        board = db.boards.get(given.study_id)
        if board is not None and given.assignment_id in board.seats:
            board.expire(given.judged_at)
            board.answer(
                *(given.assignment_id, given.question, given.revision, given.response),
                *(given.judgment_id, given.judged_at),
            )
    # After their answers, which would make their seats live again.
    for row in changes.of("rater", "changed"):
        note_rater(db, rows.from_row(Rater, row))
    for (rater_id,) in changes.of("rater", "gone"):
        forget_rater(db, rater_id)


def _seat(board: Board, row: tuple[Any, ...]) -> Seat:
    assignment_id, task_id, *rest, judged_for, profile_id = row
    task = board.index[task_id]
    seat = Seat(assignment_id, task, *rest)
    seat.profile_id = judged_for
    seat.own = board.is_own(task, profile_id)
    held_for = seat.expires_at - seat.issued_at
    seat.short = seat.purpose == MAIN and held_for == board.short_lease < board.lease
    return seat


def _load(db: Database, study_id: str) -> Board:
    rules = design(db, study_id)
    with db.newest() as cursor, without_collections():
        board = Board(_facts(cursor, study_id, rules), rules, study(db, study_id).seed)
        newest = _fill(board, cursor, study_id)
        board.settle()
        board.earlier, people = _told_of_raters(cursor, study_id)
        for rater_id in people:
            board.note_person(rater_id)
        # Leases that were over for the writer of the last row are over here as well.
        board.expire(newest)
        gone = cursor.execute(
            "select rater_id from rater where study_id = ? and status <> ?", [study_id, ACTIVE]
        ).fetchall()
        for (rater_id,) in gone:
            board.retire(rater_id)
        read_ahead(db, study_id)
    if len(board.seats) + len(board.facts) > MANY_OBJECTS:
        gc.freeze()  # long-lived objects, which the collector need not scan
    return board


def read_boards(db: Database) -> None:
    """Load the boards of all live studies, so that no rater waits for this."""
    for one in all_studies(db):
        if one.state == "live":
            with db.lock:
                board_of(db, one.study_id)


def _fill(board: Board, cursor: duckdb.DuckDBPyConnection, study_id: str) -> datetime:
    """Put assignments and answers on a board; return the time of the newest."""
    newest = datetime.min
    ended: dict[str, datetime] = {}  # leases that ended early, and when
    rater_ids: dict[str, str] = {}
    cursor.execute(
        f"{SEATS} where a.study_id = ? and r.source <> 'imported' order by a.rater_id, a.issued_at, a.position",
        [study_id],
    )
    for row in _rows(cursor):
        seat = _seat(board, row)
        # One string for all seats of a rater, and for all of an arrangement.
        seat.rater_id = rater_ids.setdefault(seat.rater_id, seat.rater_id)
        seat.arrangement = intern(seat.arrangement)
        if seat.expires_at < seat.issued_at + board.lease and not seat.short:
            ended[seat.assignment_id] = seat.expires_at
        board.place(seat)
        newest = max(newest, seat.issued_at)
    # Ordered by revision, since the clocks of two replicas may differ.
    cursor.execute(
        """
        select j.assignment_id, j.question, j.revision, j.response, j.judgment_id, j.judged_at
        from judgment j join assignment a on a.assignment_id = j.assignment_id
        join rater r on r.rater_id = a.rater_id
        where j.study_id = ? and r.source <> 'imported' order by j.revision, j.judged_at
        """,
        [study_id],
    )
    for assignment_id, question, revision, response, judgment_id, judged_at in _rows(cursor):
        board.answer(assignment_id, intern(question), revision, intern(response), judgment_id, judged_at)
        if assignment_id in ended and ended[assignment_id] < judged_at:
            del ended[assignment_id]  # an answer renews a lease
        newest = max(newest, judged_at)
    for assignment_id, at in ended.items():
        board.seats[assignment_id].expires_at = at
    return newest


def _told_of_raters(
    cursor: duckdb.DuckDBPyConnection, study_id: str
) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """Return the earlier raters with the same id, by rater, and the raters whose browsers have shown a pair."""
    found = cursor.execute(
        "select rater_id, attributes from rater where study_id = ? and source = 'link' and attributes <> '{}'",
        [study_id],
    ).fetchall()
    known = {rater_id: json.loads(attributes) for rater_id, attributes in found}
    earlier = {rater_id: tuple(one["same_id"]) for rater_id, one in known.items() if one.get("same_id")}
    return earlier, [rater_id for rater_id, one in known.items() if one.get(ON_SCREEN)]


def _rows(cursor: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a result without holding all of them in memory."""
    while found := cursor.fetchmany(ROWS_AT_ONCE):
        yield from found


@contextmanager
def without_collections() -> Iterator[None]:
    """Turn garbage collection off while millions of long-lived objects are made, which it would scan repeatedly."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _facts(cursor: duckdb.DuckDBPyConnection, study_id: str, rules: Design) -> list[TaskFacts]:
    found = cursor.execute(
        """
        select t.task_id, t.purpose, t.source_id, i.profile_id, i.tags, t.expected, t.withdrawn is not null,
            (select count(*) from task_output o where o.task_id = t.task_id), t.template, i.subjects
        from task t left join item i on i.item_id = t.item_id
        where t.study_id = ? order by if(t.purpose = 'practice', coalesce(t.name, ''), ''), t.task_id
        """,
        [study_id],
    ).fetchall()
    priority = read_priorities(cursor, study_id, rules.priority) if rules.order == "priority" else {}
    return [
        TaskFacts(
            task_id,
            purpose,
            source_id,
            profile_id,
            str(json.loads(tags or "{}").get("owner_only", "")).lower() in ("yes", "true", "1"),
            expected,
            priority.get(task_id, float("nan")),
            withdrawn,
            n_outputs,
            template,
            tuple(json.loads(subjects or "{}")),
        )
        for task_id, purpose, source_id, profile_id, tags, expected, withdrawn, n_outputs, template, subjects in found
    ]
