"""Judges and their questions: one question per comparison, criterion and order, or per output."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from study.blinding import A_LEFT, ARRANGEMENTS, UNKNOWN, shown_in
from study.content_kinds import plain_text
from study.errors import InvalidInput
from study.metrics.judges.personas import PERSONAS, persona_text
from study.metrics.judges.replies import Answer
from study.metrics.judges.templates import Template
from study.protocol.design import Question
from study.records import Comparison, Item, Output, Profile, StudyRecords, Verdict
from study.tables import lookup

MODES: dict[str, str] = {"pairwise": "Two outputs at a time", "pointwise": "One output at a time"}


@dataclass(frozen=True, slots=True)
class Judge:
    """A model with everything that affects its verdicts.

    Attributes
    ----------
    name : str
        The name its verdicts are stored under.
    model : str
        The model's name on the server, or the folder's name.
    template : Template
        Its placeholders decide whether pairs or single outputs are judged.
    persona : str
        A key of ``PERSONAS``: what the prompt says about the person.
    attributes : tuple of str
        The key attributes of the persona "key".
    n_retries : int
        How often to retry after an unreadable reply; each retry raises the temperature by 0.1.
    max_tokens : int
        Limit of a reply.
    """

    name: str
    model: str
    template: Template
    persona: str = "all"
    attributes: tuple[str, ...] = ()
    n_retries: int = 3
    max_tokens: int = 256

    def __post_init__(self) -> None:
        lookup(PERSONAS, self.persona, "persona")
        if not self.name.strip() or self.n_retries < 0 or self.max_tokens < 1:
            raise InvalidInput(
                f"judge {self.name!r}, {self.n_retries} retries, {self.max_tokens} tokens; allowed: a name, 0 or more, 1 or more"
            )

    @property
    def signature(self) -> str:
        """Everything that affects a verdict besides the texts."""
        chosen = f"+{','.join(self.attributes)}" if self.attributes else ""
        parts = (
            f"judge|model:{self.model}",
            f"template:{self.template.name}",
            f"prompt:{self.template.hash}",
            f"persona:{self.persona}{chosen}",
            f"temperature:0+0.1 per retry, {self.n_retries} retries",
            f"tokens:{self.max_tokens}",
            "version:1",
        )
        return "|".join(parts)


@dataclass(frozen=True, slots=True)
class JudgeQuestion:
    """One question to a judge; ``output_id`` is set where one output is judged alone."""

    task_id: str
    criterion: str
    arrangement: str
    prompt: str
    output_id: str | None = None

    def verdict(self, study_id: str, judge: Judge, answer: Answer) -> Verdict:
        """Return the verdict of an answer to a pair, in terms of outputs."""
        first_is_a = self.arrangement == A_LEFT
        preference = {"first": "a" if first_is_a else "b", "second": "b" if first_is_a else "a", "tie": "tie"}
        return Verdict(
            study_id,
            self.task_id,
            judge.name,
            self.criterion,
            self.arrangement,
            preference[str(answer.choice)],
            answer.certainty / 100,
            None,
            judge.signature,
        )

    def failure(self, study_id: str, judge: Judge, reason: str) -> Verdict:
        """Return the verdict of a question that failed."""
        place = (study_id, self.task_id, judge.name, self.criterion, self.arrangement)
        return Verdict(*place, None, None, reason, judge.signature)


def questions_of(
    records: StudyRecords, judge: Judge, criteria: Sequence[Question], *, n_comparisons: int | None = None
) -> Iterator[JudgeQuestion]:
    """Yield a judge's questions on the main comparisons of a study, in a fixed order.

    A pair is asked in both orders. The question on a single output is asked once per criterion, whatever it is compared
    with; it names no comparison.

    Parameters
    ----------
    records : StudyRecords
        The study's material.
    judge : Judge
    criteria : sequence of Question
    n_comparisons : int, optional
        At most this many comparisons, the first by id; None means all.
    """
    items = {item.item_id: item for item in records.items}
    profiles = {profile.profile_id: profile for profile in records.profiles}
    outputs = {output.output_id: output for output in records.outputs}
    compared = sorted(
        (one for one in records.comparisons() if one.task.purpose == "main" and not one.task.withdrawn),
        key=lambda one: one.task.task_id,
    )[:n_comparisons]
    if not judge.template.pairwise:
        yield from _single(compared, judge, criteria, items, profiles, outputs)
        return
    for comparison in compared:
        item = items[comparison.item_id]
        pair = (outputs[comparison.output_a_id], outputs[comparison.output_b_id])
        for criterion in criteria:
            for arrangement in ARRANGEMENTS:
                shown = shown_in(arrangement, pair)
                prompt = _prompt(judge, criterion, item, profiles.get(item.profile_id or ""), shown)
                yield JudgeQuestion(comparison.task.task_id, criterion.key, arrangement, prompt)


def _single(
    compared: Sequence[Comparison],
    judge: Judge,
    criteria: Sequence[Question],
    items: dict[str, Item],
    profiles: dict[str, Profile],
    outputs: dict[str, Output],
) -> Iterator[JudgeQuestion]:
    ids = dict.fromkeys(output_id for one in compared for output_id in (one.output_a_id, one.output_b_id))
    for output_id in ids:
        output = outputs[output_id]
        item = items[output.item_id]
        for criterion in criteria:
            prompt = _prompt(judge, criterion, item, profiles.get(item.profile_id or ""), [output, output])
            yield JudgeQuestion("", criterion.key, UNKNOWN, prompt, output_id)


def _prompt(
    judge: Judge, criterion: Question, item: Item, profile: Profile | None, shown: Sequence[Output]
) -> str:
    first, second = (plain_text(output.content) for output in shown)
    asked = criterion.question + (f" {criterion.help}" if criterion.help else "")
    return judge.template.filled(
        {
            "persona": persona_text(profile.content if profile else None, judge.persona, judge.attributes),
            "request": plain_text(item.content),
            "first": first,
            "second": second,
            "question": asked,
        }
    )
