"""The boards in memory, read from the tables when they are first needed."""

from datetime import timedelta

from study.assignment import Board, Seat
from study.store.database import Database
from study.store.studies import design, study


def board_of(db: Database, study_id: str) -> Board:
    """Return the board of a study; to be called, and used, under the database's lock."""
    if study_id not in db.boards:
        db.boards[study_id] = _load(db, study_id)
    return db.boards[study_id]


def _load(db: Database, study_id: str) -> Board:
    rules = design(db, study_id)
    with db.reading() as cursor:
        comparisons = cursor.execute(
            "select comparison_id from comparison where study_id = ? and purpose = 'main' order by comparison_id",
            [study_id],
        ).fetchall()
        board = Board(
            [comparison_id for (comparison_id,) in comparisons],
            criteria=[criterion.key for criterion in rules.criteria],
            overlap=rules.overlap,
            quota=rules.quota,
            order=rules.order,
            lease=timedelta(hours=rules.lease_hours),
            seed=study(db, study_id).seed,
        )
        seats = cursor.execute(
            """
            select a.assignment_id, a.comparison_id, a.rater_id, r.source, a.position, a.side_of_a, a.issued_at,
                a.expires_at
            from assignment a join rater r on r.rater_id = a.rater_id
            where a.study_id = ? and r.source <> 'imported' order by a.issued_at, a.rater_id, a.position
            """,
            [study_id],
        ).fetchall()
        for assignment_id, comparison_id, rater_id, pool, position, side, issued_at, expires_at in seats:
            board.place(
                Seat(
                    assignment_id,
                    board.index[comparison_id],
                    rater_id,
                    pool,
                    position,
                    side,
                    expires_at,
                    issued_at,
                )
            )
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
    return board
