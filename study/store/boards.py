"""The boards in memory, read from the tables when they are first needed."""

import json

import duckdb

from study.assignment import Board, Facts, Seat
from study.design import Design
from study.records import ACTIVE
from study.store.database import Database
from study.store.designs import current_version
from study.store.divergences import priorities
from study.store.studies import design, study


def board_of(db: Database, study_id: str) -> Board:
    """Return the board of a study; to be called, and used, under the database's lock."""
    if study_id not in db.boards:
        db.boards[study_id] = _load(db, study_id)
        current_version(db, study_id)  # judgments name it; read once, with the board
    return db.boards[study_id]


def _load(db: Database, study_id: str) -> Board:
    rules = design(db, study_id)
    with db.reading() as cursor:
        board = Board(_facts(db, cursor, study_id, rules), rules, study(db, study_id).seed)
        seats = cursor.execute(
            """
            select a.assignment_id, a.comparison_id, a.rater_id, r.source, a.position, a.side_of_a, a.expires_at,
                a.issued_at, a.purpose, a.condition, a.profile_id, r.profile_id
            from assignment a join rater r on r.rater_id = a.rater_id
            where a.study_id = ? and r.source <> 'imported' order by a.issued_at, a.rater_id, a.position
            """,
            [study_id],
        ).fetchall()
        for assignment_id, comparison_id, *rest, judged_for, profile_id in seats:
            comparison = board.index[comparison_id]
            seat = Seat(assignment_id, comparison, *rest)
            seat.profile_id = judged_for
            seat.own = board.is_own(comparison, profile_id)
            board.place(seat)
        answers = cursor.execute(
            """
            select j.assignment_id, j.criterion, j.revision, j.response, j.judgment_id, j.judged_at
            from judgment j join assignment a on a.assignment_id = j.assignment_id
            join rater r on r.rater_id = a.rater_id
            where j.study_id = ? and r.source <> 'imported' order by j.judged_at, j.revision
            """,
            [study_id],
        ).fetchall()
        for answer in answers:
            board.answer(*answer)
        gone = cursor.execute(
            "select rater_id from rater where study_id = ? and status <> ?", [study_id, ACTIVE]
        ).fetchall()
        for (rater_id,) in gone:
            board.retire(rater_id)
    return board


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
