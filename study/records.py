"""The vocabulary of the project: one frozen dataclass per table, with the same columns.

Times are naive and in UTC. Content is a dict with a ``kind``, such as ``{"kind": "text", "text": "..."}``;
:mod:`study.content_kinds` lists the kinds. Ids are opaque; a ``name`` is the researcher's own id for the same thing
and may be any text.
"""

import json
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, Literal

Content = dict[str, Any]
JsonObject = dict[str, object]
"""A JSON object; its values are checked where they are read."""
FrameRow = dict[Hashable, Any]
"""A row of a data frame by column, as ``to_dict("records")`` returns it."""
Side = Literal["left", "right"]
State = Literal["draft", "live", "closed"]
Purpose = Literal["main", "practice", "attention", "gold", "wrong_profile", "elicitation"]
RaterSource = Literal["link", "imported", "simulated"]
RaterStatus = Literal["active", "excluded", "withdrawn", "returned", "timed_out", "ended", "screened_out"]

SIDES: tuple[Side, Side] = ("left", "right")

ACTIVE: RaterStatus = "active"
STATUSES: dict[str, str] = {
    "active": "judges, and their answers count",
    "excluded": "left out by the researcher, with a reason",
    "withdrawn": "took their consent back",
    "returned": "gave the task back to the platform",
    "timed_out": "was too long away for the platform",
    "ended": "failed too many checks",
    "screened_out": "was not eligible, or did not pass the practice",
}

# The "system" of outputs that were made for checks, so that they count for no system of the study.
CHECK_SYSTEM = "(check)"


@dataclass(frozen=True, slots=True)
class Study:
    """A study: its title, its design (JSON text of :class:`study.protocol.design.Design`) and its state."""

    study_id: str
    title: str
    design: str
    design_hash: str
    state: State
    seed: int
    link_token: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DesignVersion:
    """A frozen design: version 1 at the launch, a later version for each change after it."""

    study_id: str
    version: int
    design: str
    design_hash: str
    frozen_at: datetime


@dataclass(frozen=True, slots=True)
class Profile:
    """The person (or persona) that outputs were made for."""

    profile_id: str
    study_id: str
    name: str
    content: Content
    version_date: str | None = None
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One request; several items may share a source and differ in profile.

    ``subjects`` are what a question may ask about one by one (aspects, people in a picture, turns): labels by key.
    """

    item_id: str
    study_id: str
    name: str
    source_id: str
    profile_id: str | None
    content: Content
    reference: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    subjects: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Output:
    """One system's answer to one item under one prompt condition."""

    output_id: str
    study_id: str
    item_id: str
    system: str
    condition: str
    content: Content


@dataclass(frozen=True, slots=True)
class Task:
    """What a rater is shown at once: one output or more, in no order; a comparison is a task of two outputs.

    ``item_id`` is None if the outputs belong to several items, which then share the source. ``template`` is the key of the
    design's template that the task was made from. ``withdrawn`` holds the reason why it was withdrawn from the study.
    """

    task_id: str
    study_id: str
    source_id: str
    item_id: str | None
    purpose: Purpose = "main"
    expected: str | None = None
    name: str | None = None
    withdrawn: str | None = None
    template: str = "pairs"


@dataclass(frozen=True, slots=True)
class TaskOutput:
    """One of the outputs that a task shows; output a of a comparison is in slot 0, output b in slot 1."""

    task_id: str
    slot: int
    study_id: str
    output_id: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """A task of two outputs of one item, read as an unordered pair: ``output_a_id < output_b_id``. Not a table."""

    task: Task
    item_id: str
    output_a_id: str
    output_b_id: str


@dataclass(frozen=True, slots=True)
class Rater:
    """A person who judges (or a simulated one); ``token`` is the secret of the personal link."""

    rater_id: str
    study_id: str
    token: str
    external_id: str | None
    source: RaterSource
    arm: str | None
    attributes: dict[str, Any]
    profile_id: str | None
    status: str
    device: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Assignment:
    """A task given to a rater; held until ``expires_at``.

    Character p of ``arrangement`` is the slot of the output at position p of the screen, so that a comparison with output a on
    the left has "01"; see :mod:`study.blinding`. ``profile_id`` names the elicited profile that it is judged for if the item names none.
    """

    assignment_id: str
    study_id: str
    task_id: str
    rater_id: str
    position: int
    arrangement: str
    purpose: str
    condition: str | None
    issued_at: datetime
    expires_at: datetime | None
    profile_id: str | None = None


@dataclass(frozen=True, slots=True)
class Judgment:
    """A rater's answer to one question, as given on screen; a later revision supersedes an earlier one.

    ``kind`` is the kind of answer, a key of ``study.answers.ANSWERS``, by which ``response`` is read.
    """

    judgment_id: str
    study_id: str
    assignment_id: str
    question: str
    revision: int
    response: str
    confidence: int | None
    rationale: str | None
    seconds: float | None
    shown_at: datetime | None
    judged_at: datetime
    supersedes: str | None
    design_version: int | None = None
    skip_reason: str | None = None
    active_seconds: float | None = None
    profile_seconds: float | None = None
    profile_open_seconds: float | None = None
    profile_scrolls: int | None = None
    changes_of_mind: int | None = None
    behaviour_source: str | None = None
    kind: str = "preference"


@dataclass(frozen=True, slots=True)
class Step:
    """A rater's step before or after the comparisons: a form, the instructions, an attempt at practice."""

    step_id: str
    study_id: str
    rater_id: str
    phase: str
    outcome: Literal["done", "passed", "failed"]
    answers: dict[str, Any]
    logged_at: datetime


@dataclass(frozen=True, slots=True)
class MetricScore:
    """A metric's value for one output; None has a reason."""

    study_id: str
    output_id: str
    metric: str
    value: float | None
    reason: str | None
    signature: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """An automatic judge's answer about one task, asked in one arrangement; None has a reason.

    The answer refers to slots, not positions: a, b, tie or both_bad for a comparison. A judge that is asked in both
    arrangements has two verdicts, so that its position bias stays measurable; ``?`` is an unknown arrangement.
    """

    study_id: str
    task_id: str
    judge: str
    question: str
    arrangement: str
    answer: str | None
    certainty: float | None
    reason: str | None
    signature: str


@dataclass(frozen=True, slots=True)
class Divergence:
    """How much the two outputs of a comparison differ by a measure, for the order of the queue; None has a reason."""

    study_id: str
    task_id: str
    measure: str
    value: float | None
    reason: str | None
    signature: str


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the append-only audit log; ``actor`` is the researcher or viewer responsible."""

    event_id: str
    study_id: str | None
    rater_id: str | None
    kind: str
    details: dict[str, Any]
    logged_at: datetime
    actor: str | None = None


@dataclass(slots=True)
class StudyRecords:
    """The records of one study on their way between a file and the store."""

    study: Study
    profiles: list[Profile] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    task_outputs: list[TaskOutput] = field(default_factory=list)
    raters: list[Rater] = field(default_factory=list)
    assignments: list[Assignment] = field(default_factory=list)
    judgments: list[Judgment] = field(default_factory=list)
    scores: list[MetricScore] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)

    def tables(self) -> Iterator[tuple[type, list[object]]]:
        """Yield each record type with its rows, in the order in which they can be stored."""
        for table in fields(self)[1:]:
            yield RECORD_OF_FIELD[table.name], getattr(self, table.name)

    def outputs_of_tasks(self) -> dict[str, list[str]]:
        """Return the ids of each task's outputs by slot."""
        found: dict[str, list[str]] = {one.task_id: [] for one in self.tasks}
        for one in sorted(self.task_outputs, key=lambda shown: shown.slot):
            found[one.task_id].append(one.output_id)
        return found

    def comparisons(self) -> list[Comparison]:
        """Return the tasks that show two outputs of one item, as pairs."""
        shown = self.outputs_of_tasks()
        return [
            Comparison(task, task.item_id, *shown[task.task_id])
            for task in self.tasks
            if task.item_id is not None and len(shown[task.task_id]) == 2
        ]

    def add_comparisons(self, new: Iterable[Comparison]) -> None:
        """Add comparisons with their outputs."""
        for one in new:
            self.tasks.append(one.task)
            for slot, output_id in enumerate((one.output_a_id, one.output_b_id)):
                self.task_outputs.append(TaskOutput(one.task.task_id, slot, one.task.study_id, output_id))


RECORD_OF_FIELD: dict[str, type] = {
    "profiles": Profile,
    "items": Item,
    "outputs": Output,
    "tasks": Task,
    "task_outputs": TaskOutput,
    "raters": Rater,
    "assignments": Assignment,
    "judgments": Judgment,
    "scores": MetricScore,
    "verdicts": Verdict,
}

TABLE_OF_RECORD: dict[type, str] = {
    Study: "study",
    DesignVersion: "design_version",
    Profile: "profile",
    Item: "item",
    Output: "output",
    Task: "task",
    TaskOutput: "task_output",
    Rater: "rater",
    Assignment: "assignment",
    Judgment: "judgment",
    Step: "step",
    MetricScore: "metric_score",
    Verdict: "verdict",
    Divergence: "divergence",
    Event: "event",
}


def rater_link(study: Study, base: str) -> str:
    """Return the link with which raters start a study.

    >>> study = Study("s", "S", "{}", "", "live", 0, "a-token", datetime(2026, 1, 1))
    >>> rater_link(study, "https://example.org/blindpair/")
    'https://example.org/blindpair/judge?study=a-token'
    """
    return f"{base.rstrip('/')}/judge?study={study.link_token}"


def personal_link(rater: Rater, base: str) -> str:
    """Return one rater's personal link, which must be sent to that rater only."""
    return f"{base.rstrip('/')}/judge?rater={rater.token}"


def utc_now() -> datetime:
    """Return the current time, naive and in UTC, like every time in the database."""
    return datetime.now(UTC).replace(tzinfo=None)


def stable_id(*parts: object) -> str:
    """Return a 16-digit hexadecimal id that depends only on the parts (never on ``hash()``).

    >>> stable_id("study", "item", "1") == stable_id("study", "item", 1)
    True
    """
    text = "\x1f".join(str(part) for part in parts)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def text_content(text: str, kind: str = "text") -> Content:
    """Return the content of a plain text (or of ``markdown``)."""
    return {"kind": kind, "text": text}


def several_references(texts: Sequence[str]) -> str:
    """Return the content of an item's reference field for several references.

    >>> several_references(["one", "another"])
    '{"references": ["one", "another"]}'
    """
    return json.dumps({"references": list(texts)}, ensure_ascii=False)


def references_of(cell: str) -> tuple[str, ...]:
    """Return the references in an item's reference field: the text itself, or each of several.

    >>> references_of("one text"), references_of('{"references": ["one", "another"]}')
    (('one text',), ('one', 'another'))
    """
    if not cell.startswith('{"references": ['):
        return (cell,)
    try:
        found = json.loads(cell)
    except ValueError:
        return (cell,)
    texts = found["references"]
    several = found.keys() == {"references"} and len(texts) > 1 and all(isinstance(one, str) for one in texts)
    return tuple(texts) if several else (cell,)
