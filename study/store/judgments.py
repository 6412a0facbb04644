"""What a rater does: get the next comparison, answer, skip, undo. And the long table for analysis.

Everything here happens under the database's lock, against the board in memory; the tables are written first, then
the journal, then the board. So a second submit finds the first one's revision and changes nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import duckdb

from study.assignment import Board, Progress, Seat
from study.errors import NotAllowed, NotFound
from study.records import Assignment, Item, Judgment, Output, Profile, Rater, Side, utc_now
from study.responses import NO_ANSWER, SKIP, UNDONE
from study.store import rows
from study.store.database import Database, log_event
from study.store.studies import design, study
from study.tables import lookup

if TYPE_CHECKING:
    import pandas as pd  # start-up does without it


@dataclass(frozen=True, slots=True)
class Task:
    """What a rater sees now: a comparison, with what has been answered of it.

    ``revisions`` is the one-shot token: an answer counts only if the criterion is still at the revision at which
    it was shown.
    """

    assignment_id: str
    comparison_id: str
    side_of_a: Side
    answers: dict[str, str]
    revisions: dict[str, int]
    progress: Progress


@dataclass(frozen=True, slots=True)
class Material:
    """What stands on the screen for one comparison; immutable once imported."""

    item: Item
    profile: Profile | None
    output_a: Output
    output_b: Output

    def side(self, side: Side, side_of_a: Side) -> Output:
        """Return the output that stands on a side."""
        return self.output_a if side == side_of_a else self.output_b


def current_task(db: Database, rater: Rater) -> Task | None:
    """Return the comparison that the rater is to judge, issuing the next where none is open; None when done."""
    now = utc_now()
    if rater.source == "link" and study(db, rater.study_id).state != "live":
        raise NotAllowed("This study is not open to raters now. Every answer that you gave is saved.")
    with db.lock:
        board = _board(db, rater.study_id)
        seat = board.open_seat(rater.rater_id, now) or _issue(db, board, rater, now)
        if seat is None:
            return None
        return Task(
            seat.assignment_id,
            board.comparison_ids[seat.comparison],
            seat.side_of_a,
            {criterion: seat.answers[criterion][1] for criterion in seat.answered()},
            {criterion: _next_revision(seat, criterion) for criterion in board.criteria},
            board.progress(rater.rater_id, rater.source, now),
        )


def progress(db: Database, rater: Rater) -> Progress:
    """Return how far the rater is."""
    with db.lock:
        return _board(db, rater.study_id).progress(rater.rater_id, rater.source, utc_now())


def record_judgment(
    db: Database,
    rater: Rater,
    assignment_id: str,
    criterion: str,
    revision: int,
    response: str,
    *,
    confidence: int | None = None,
    rationale: str | None = None,
    shown_at: datetime | None = None,
) -> bool:
    """Store an answer as given on screen; on disk when this returns True.

    Returns False, and changes nothing, where the answer is stale: the criterion was answered meanwhile (a double
    click, a second tab), or the lease ran out and somebody else holds the place.

    Raises
    ------
    InvalidInput
        If the criterion or the response is not one of the study's.
    """
    allowed = {option.code: option for option in design(db, rater.study_id).criterion(criterion).options()}
    lookup(allowed, response, "response")
    return _record(db, rater, assignment_id, {criterion: revision}, response, confidence, rationale, shown_at)


def skip(
    db: Database,
    rater: Rater,
    assignment_id: str,
    revisions: dict[str, int],
    shown_at: datetime | None = None,
) -> bool:
    """Pass on a comparison: every criterion gets a skip, and the place goes to somebody else."""
    return _record(db, rater, assignment_id, revisions, SKIP, None, None, shown_at)


def undo(db: Database, rater: Rater) -> bool:
    """Take back the rater's last answer (a skip whole); the comparison is open again. False if there is none."""
    with db.lock:
        board = _board(db, rater.study_id)
        board.expire(utc_now())
        last = board.last_answer(rater.rater_id)
        if last is None:
            return False
        seat, criterion = last
        criteria = seat.answered() if seat.skipped() else [criterion]
        revisions = {criterion: _next_revision(seat, criterion) for criterion in criteria}
        return _record(db, rater, seat.assignment_id, revisions, UNDONE, None, None, None)


def can_undo(db: Database, rater: Rater) -> bool:
    """Say whether there is an answer to take back."""
    with db.lock:
        return _board(db, rater.study_id).last_answer(rater.rater_id) is not None


def log_early_click(db: Database, rater: Rater, assignment_id: str) -> None:
    """Note a click that came too soon after the pair appeared to be an answer to it."""
    with db.writing() as cursor:
        details = {"assignment_id": assignment_id}
        log_event(cursor, "early_click", study_id=rater.study_id, rater_id=rater.rater_id, details=details)


def material(db: Database, comparison_id: str) -> Material:
    """Return item, profile and outputs of a comparison, in one query."""
    with db.reading() as cursor:
        found = cursor.execute(
            """
            select i.*, p.*, a.*, b.* from comparison c
            join item i on i.item_id = c.item_id
            join output a on a.output_id = c.output_a_id
            join output b on b.output_id = c.output_b_id
            left join profile p on p.profile_id = i.profile_id
            where c.comparison_id = ?
            """,
            [comparison_id],
        ).fetchall()
    if not found:
        raise NotFound(f"there is no comparison {comparison_id!r}")
    parts: list[Any] = []
    start = 0
    for record_type in (Item, Profile, Output, Output):
        width = len(rows.column_types(record_type))
        cells = found[0][start : start + width]
        parts.append(rows.from_row(record_type, cells) if cells[0] is not None else None)
        start += width
    return Material(*parts)


def judgments(db: Database, study_id: str, *, texts: bool = False) -> "pd.DataFrame":
    """Return the study's long table, one row per standing judgment, in a fixed order.

    With ``texts`` come the contents of prompt and outputs (JSON text) and the raters' external ids, for exports.
    """
    extra = (
        """, i.content as prompt, oa.content as output_a, ob.content as output_b, r.external_id as rater_external_id
        from judgment_long l
        join item i on i.item_id = l.item_id
        join output oa on oa.output_id = l.output_a_id
        join output ob on ob.output_id = l.output_b_id
        join rater r on r.rater_id = l.rater_id"""
        if texts
        else " from judgment_long l"
    )
    with db.reading() as cursor:
        return cursor.execute(
            f"select l.*{extra} where l.study_id = ? order by l.judged_at, l.judgment_id", [study_id]
        ).df()


def _record(
    db: Database,
    rater: Rater,
    assignment_id: str,
    revisions: dict[str, int],
    response: str,
    confidence: int | None,
    rationale: str | None,
    shown_at: datetime | None,
) -> bool:
    now = utc_now()
    with db.lock:
        board = _board(db, rater.study_id)
        board.expire(now)
        seat = board.seats.get(assignment_id)
        if seat is None or seat.rater_id != rater.rater_id or not board.has_place(seat):
            return False
        if any(_next_revision(seat, criterion) != revision for criterion, revision in revisions.items()):
            return False
        if response not in NO_ANSWER and set(revisions) & set(seat.answered()):
            return False
        new = [
            Judgment(
                judgment_id=token_hex(8),
                study_id=rater.study_id,
                assignment_id=assignment_id,
                criterion=criterion,
                revision=revision,
                response=response,
                confidence=confidence,
                rationale=rationale,
                seconds=round((now - shown_at).total_seconds(), 3) if shown_at else None,
                shown_at=shown_at,
                judged_at=now,
                supersedes=seat.answers[criterion][2] if criterion in seat.answers else None,
            )
            for criterion, revision in revisions.items()
        ]
        try:
            with db.writing() as cursor:
                for judgment in new:
                    rows.insert(cursor, judgment)
        except duckdb.ConstraintException:
            return False
        assignment = _assignment(board, seat, rater)
        db.journal.append([(judgment, assignment, rater) for judgment in new])
        for judgment in new:
            board.answer(
                assignment_id, judgment.criterion, judgment.revision, response, judgment.judgment_id, now
            )
    return True


def _issue(db: Database, board: Board, rater: Rater, now: datetime) -> Seat | None:
    if rater.status != "active":
        raise NotAllowed("This rater no longer takes part in the study.")
    choice = board.next_choice(rater.rater_id, rater.source, now)
    if choice is None:
        return None
    seat = Seat(
        assignment_id=token_hex(8),
        comparison=board.index[choice.comparison_id],
        rater_id=rater.rater_id,
        pool=rater.source,
        position=choice.position,
        side_of_a=choice.side_of_a,
        expires_at=now + board.lease,
        issued_at=now,
    )
    with db.writing() as cursor:
        rows.insert(cursor, _assignment(board, seat, rater))
    board.place(seat)
    return seat


def _assignment(board: Board, seat: Seat, rater: Rater) -> Assignment:
    return Assignment(
        assignment_id=seat.assignment_id,
        study_id=rater.study_id,
        comparison_id=board.comparison_ids[seat.comparison],
        rater_id=seat.rater_id,
        position=seat.position,
        side_of_a=seat.side_of_a,
        purpose="main",
        condition=None,
        issued_at=seat.issued_at,
        expires_at=seat.issued_at + board.lease,
    )


def _next_revision(seat: Seat, criterion: str) -> int:
    return seat.answers[criterion][0] + 1 if criterion in seat.answers else 0


def _board(db: Database, study_id: str) -> Board:
    if study_id not in db.boards:
        db.boards[study_id] = _load_board(db, study_id)
    return db.boards[study_id]


def _load_board(db: Database, study_id: str) -> Board:
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
