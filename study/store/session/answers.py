"""Turn a rater's action on a question into the judgment to store."""

from dataclasses import asdict, dataclass
from datetime import datetime
from secrets import token_hex

from study.assignment import Seat
from study.protocol.questions import Question
from study.protocol.response_evidence import Evidence, behaviour_of
from study.records import Judgment, Rater

LONGEST_NOTE = 2000


@dataclass(frozen=True, slots=True)
class Given:
    """A rater's action on a question: an answer, a skip, or an undo."""

    response: str
    shown_at: datetime | None = None
    rationale: str | None = None
    confidence: int | None = None
    reason: str | None = None
    evidence: Evidence | None = None
    has_profile: bool = True


def judgment_of(
    seat: Seat, rater: Rater, question: Question, revision: int, given: Given, now: datetime, version: int
) -> Judgment:
    """Return the judgment of one question, with the server's times and those of the browser's that are plausible."""
    seconds = round((now - given.shown_at).total_seconds(), 3) if given.shown_at else None
    # Answers and undoings of one question alternate.
    behaviour = behaviour_of(given.evidence, seconds, undone=revision // 2, has_profile=given.has_profile)
    return Judgment(
        judgment_id=token_hex(8),
        study_id=rater.study_id,
        assignment_id=seat.assignment_id,
        question=question.key,
        revision=revision,
        response=given.response,
        confidence=given.confidence,
        rationale=given.rationale,
        seconds=seconds,
        shown_at=given.shown_at,
        judged_at=now,
        supersedes=seat.answers[question.key][2] if question.key in seat.answers else None,
        design_version=version,
        skip_reason=given.reason,
        kind=question.kind,
        **asdict(behaviour),
    )


def bounded(words: str | None) -> str | None:
    """Return a rater's text, stripped and cut to :data:`LONGEST_NOTE` characters; None if it is empty.

    >>> bounded("  the image is missing "), bounded("   ")
    ('the image is missing', None)
    """
    return (words or "").strip()[:LONGEST_NOTE] or None
