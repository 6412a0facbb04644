"""The boards in memory, read from the tables when they are first needed."""

import json
from datetime import datetime
from typing import Any

import duckdb

from study.assignment import Board, Facts, Seat
from study.design import Design
from study.records import ACTIVE, Assignment, Judgment, Step
from study.store import rows
from study.store.changes import Changes
from study.store.database import Database
from study.store.designs import current_version
from study.store.divergences import priorities
from study.store.studies import design, study

SEATS = """
    select a.assignment_id, a.comparison_id, a.rater_id, r.source, a.position, a.side_of_a, a.expires_at,
        a.issued_at, a.purpose, a.condition, a.profile_id, r.profile_id
    from assignment a join rater r on r.rater_id = a.rater_id
"""


def board_of(db: Database, study_id: str) -> Board:
    """Return the board of a study; to be called, and used, under the database's lock."""
    if study_id not in db.boards:
        db.boards[study_id] = _load(db, study_id)
        current_version(db, study_id)  # judgments name it; read once, with the board
    return db.boards[study_id]


def follow(db: Database, changes: Changes) -> None:
    """Note in the caches what another replica wrote and noted in its own, where they hold the study or the rater.

    Leases end by the writer's clock first, so that a place that it gave to somebody else is free here, too.
    """
    for row in changes.of("step", "new", "changed"):
        db.steps.pop(rows.from_row(Step, row).rater_id, None)
    for row in changes.of("assignment", "changed"):
        db.boards.pop(rows.from_row(Assignment, row).study_id, None)
    with db.connection.cursor() as cursor:  # reading() would catch up in the midst of catching up
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
                *(given.assignment_id, given.criterion, given.revision, given.response),
                *(given.judgment_id, given.judged_at),
            )


def _seat(board: Board, row: tuple[Any, ...]) -> Seat:
    assignment_id, comparison_id, *rest, judged_for, profile_id = row
    comparison = board.index[comparison_id]
    seat = Seat(assignment_id, comparison, *rest)
    seat.profile_id = judged_for
    seat.own = board.is_own(comparison, profile_id)
    return seat


def _load(db: Database, study_id: str) -> Board:
    rules = design(db, study_id)
    with db.reading() as cursor:
        board = Board(_facts(db, cursor, study_id, rules), rules, study(db, study_id).seed)
        seats = cursor.execute(
            f"{SEATS} where a.study_id = ? and r.source <> 'imported' order by a.issued_at, a.rater_id, a.position",
            [study_id],
        ).fetchall()
        for row in seats:
            board.place(_seat(board, row))
        # By revision, since the clocks of two replicas may differ.
        answers = cursor.execute(
            """
            select j.assignment_id, j.criterion, j.revision, j.response, j.judgment_id, j.judged_at
            from judgment j join assignment a on a.assignment_id = j.assignment_id
            join rater r on r.rater_id = a.rater_id
            where j.study_id = ? and r.source <> 'imported' order by j.revision, j.judged_at
            """,
            [study_id],
        ).fetchall()
        for answer in answers:
            board.answer(*answer)
        _end_leases(board, seats, answers)
        # What the writer of the last row knew to be over is over here, too.
        times = [row[7] for row in seats] + [answer[5] for answer in answers]
        board.expire(max(times, default=datetime.min))
        gone = cursor.execute(
            "select rater_id from rater where study_id = ? and status <> ?", [study_id, ACTIVE]
        ).fetchall()
        for (rater_id,) in gone:
            board.retire(rater_id)
    return board


def _end_leases(board: Board, seats: list[Any], answers: list[Any]) -> None:
    """Let leases that were ended early end then; an answer from before, which was taken back, does not renew them."""
    last: dict[str, datetime] = {}
    for assignment_id, *_, judged_at in answers:
        last[assignment_id] = max(last.get(assignment_id, judged_at), judged_at)
    for assignment_id, *_, expires_at, issued_at, _purpose, _condition, _judged_for, _own in seats:
        if expires_at < issued_at + board.lease and last.get(assignment_id, expires_at) <= expires_at:
            board.seats[assignment_id].expires_at = expires_at


def _facts(db: Database, cursor: duckdb.DuckDBPyConnection, study_id: str, rules: Design) -> list[Facts]:
    found = cursor.execute(
        """
        select c.comparison_id, c.purpose, i.source_id, i.profile_id, i.tags, c.expected, c.withdrawn is not null
        from comparison c join item i on i.item_id = c.item_id
        where c.study_id = ? order by if(c.purpose = 'practice', coalesce(c.name, ''), ''), c.comparison_id
        """,
        [study_id],
    ).fetchall()
    priority = priorities(db, study_id, rules.priority) if rules.order == "priority" else {}
    return [
        Facts(
            comparison_id,
            purpose,
            source_id,
            profile_id,
            str(json.loads(tags).get("owner_only", "")).lower() in ("yes", "true", "1"),
            expected,
            priority.get(comparison_id, float("nan")),
            withdrawn,
        )
        for comparison_id, purpose, source_id, profile_id, tags, expected, withdrawn in found
    ]
