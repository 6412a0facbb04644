"""Votes to raters, assignments and judgments: who judged what, in which order and on which side."""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from study.formats.problems import Problems, shortened
from study.formats.readers.columns import Rows
from study.records import Assignment, Judgment, Rater, RaterSource, StudyRecords, Task, stable_id


@dataclass(frozen=True, slots=True)
class VoteRow:
    """One interpreted row of a table of votes."""

    line: int
    rater: str
    source: RaterSource
    task: Task
    arrangement: str
    purpose: str
    position: int | None
    question: str
    response: str
    confidence: int | None
    rationale: str | None
    seconds: float | None
    shown_at: datetime | None
    judged_at: datetime
    role: str = "proxy"
    kind: str = "preference"

    @property
    def word(self) -> str:
        """What a message calls the task."""
        return "pair" if self.kind == "preference" else "task"

    @property
    def shown_in(self) -> str:
        """The field that says what was shown where."""
        return "left_system" if self.kind == "preference" else "shown_systems"


def raters_of(
    votes: Sequence[VoteRow], rows: Rows, known: StudyRecords, problems: Problems, now: datetime
) -> tuple[list[Rater], list[str]]:
    """Return the new raters, and each vote's rater id.

    The id is derived from the answers and the rater's number, never from the name, so that an export does not reveal
    whether a name is in it.
    """
    study_id = known.study.study_id
    answers = stable_id(*(f"{vote.task.task_id} {vote.question} {vote.response}" for vote in votes))
    raters = {rater.rater_id: rater for rater in known.raters}
    raters |= {rater.external_id: rater for rater in known.raters if rater.external_id is not None}
    profiles = _owned_profiles(votes, rows, known, problems)
    new: list[Rater] = []
    for vote in votes:
        if vote.rater not in raters:
            raters[vote.rater] = Rater(
                rater_id=stable_id(study_id, "rater", answers, len(new)),
                study_id=study_id,
                token=secrets.token_urlsafe(24),
                external_id=vote.rater,
                source=vote.source,
                arm=None,
                attributes={},
                profile_id=profiles.get(vote.rater),
                status="active",
                device=None,
                created_at=now,
            )
            new.append(raters[vote.rater])
        elif (raters[vote.rater].source == "simulated") != (vote.source == "simulated"):
            sentence = (
                f"the rater {shortened(vote.rater)} is both simulated and not; "
                "give the simulated rater a separate id"
            )
            problems.add(vote.line, rows.column("rater_source"), sentence)
    return new, [raters[vote.rater].rater_id for vote in votes]


def _owned_profiles(
    votes: Sequence[VoteRow], rows: Rows, known: StudyRecords, problems: Problems
) -> dict[str, str | None]:
    """Return the profile of each rater who judges as an owner."""
    profile_of = {item.item_id: item.profile_id for item in known.items}
    owned: dict[str, str | None] = {}
    for vote in votes:
        if vote.role != "owner":
            continue
        profile = profile_of[vote.task.item_id or ""]
        if profile is None or owned.setdefault(vote.rater, profile) != profile:
            sentence = f"the rater {shortened(vote.rater)} is the owner of " + (
                "an item without a profile" if profile is None else "two profiles; a rater owns one"
            )
            problems.add(vote.line, rows.column("rater_role"), sentence)
    return owned


def assignments_of(
    votes: Sequence[VoteRow], rater_ids: Sequence[str], rows: Rows, known: StudyRecords, problems: Problems
) -> tuple[list[Assignment], list[str]]:
    """Return the new assignments, and each vote's assignment id.

    A rater's answers to several questions about a task share one assignment, with one arrangement and one position.
    """
    held = {(one.rater_id, one.task_id, one.purpose): one for one in known.assignments}
    first: dict[tuple[str, str, str], tuple[VoteRow, int]] = {}
    ids: list[str] = []
    study_id = known.study.study_id
    for number, (vote, rater_id) in enumerate(zip(votes, rater_ids, strict=True)):
        key = (rater_id, vote.task.task_id, vote.purpose)
        where = "in the study already"
        if key in held:
            arrangement = held[key].arrangement
            ids.append(held[key].assignment_id)
        else:
            earlier, _ = first.setdefault(key, (vote, number))
            arrangement, where = earlier.arrangement, f"on {rows.table.unit} {earlier.line}"
            ids.append(stable_id(study_id, "assignment", *key))
        if vote.arrangement != arrangement:
            how = "with the sides exchanged" if vote.kind == "preference" else "in another arrangement"
            sentence = f"the rater {shortened(vote.rater)} has this {vote.word} {how} {where}"
            problems.add(vote.line, rows.column(vote.shown_in), sentence)
    chosen = [vote for vote, _ in first.values()]
    positions = _positions(chosen, [rater_ids[number] for _, number in first.values()], rows, known, problems)
    new = [
        Assignment(
            assignment_id=ids[number],
            study_id=study_id,
            task_id=vote.task.task_id,
            rater_id=rater_ids[number],
            position=position,
            arrangement=vote.arrangement,
            purpose=vote.purpose,
            condition=None,
            issued_at=vote.shown_at or vote.judged_at,
            expires_at=vote.judged_at,
        )
        for (vote, number), position in zip(first.values(), positions, strict=True)
    ]
    return new, ids


def _positions(
    votes: Sequence[VoteRow], rater_ids: Sequence[str], rows: Rows, known: StudyRecords, problems: Problems
) -> Iterator[int]:
    """Return each vote's position in its rater's order: the given one, else the next free one."""
    taken: dict[str, dict[int, str]] = {}
    for one in known.assignments:
        taken.setdefault(one.rater_id, {})[one.position] = "in the study already"
    for vote, rater_id in zip(votes, rater_ids, strict=True):
        if vote.position is None:
            continue
        places = taken.setdefault(rater_id, {})
        if vote.position in places:
            sentence = f"the rater {shortened(vote.rater)} has another {vote.word} at {vote.position} {places[vote.position]}"
            problems.add(vote.line, rows.column("position"), sentence)
        places[vote.position] = f"on {rows.table.unit} {vote.line}"
    following = {rater_id: max(places) + 1 for rater_id, places in taken.items()}
    for vote, rater_id in zip(votes, rater_ids, strict=True):
        if vote.position is not None:
            yield vote.position
        else:
            yield following.setdefault(rater_id, 0)
            following[rater_id] += 1


def judgments_of(
    votes: Sequence[VoteRow],
    assignment_ids: Sequence[str],
    rows: Rows,
    known: StudyRecords,
    problems: Problems,
) -> list[Judgment]:
    """Return one judgment per vote; a second one by the same rater on a pair and criterion is a problem."""
    study_id = known.study.study_id
    first = {(one.assignment_id, one.question): "in the study already" for one in known.judgments}
    judgments = []
    for vote, assignment_id in zip(votes, assignment_ids, strict=True):
        key = (assignment_id, vote.question)
        if key in first:
            sentence = (
                f"{shortened(vote.rater)} has judged this {vote.word} on {vote.question!r} {first[key]}; give one "
                f"judgment per rater, {vote.word} and {'criterion' if vote.word == 'pair' else 'question'}"
            )
            problems.add(vote.line, rows.column("rater"), sentence)
        first.setdefault(key, f"on {rows.table.unit} {vote.line}")
        judgments.append(
            Judgment(
                judgment_id=stable_id(study_id, "judgment", *key),
                study_id=study_id,
                assignment_id=assignment_id,
                question=vote.question,
                revision=0,
                response=vote.response,
                confidence=vote.confidence,
                rationale=vote.rationale,
                seconds=vote.seconds,
                shown_at=vote.shown_at,
                judged_at=vote.judged_at,
                supersedes=None,
                kind=vote.kind,
            )
        )
    return judgments
