"""What raters are asked about a task: questions, what each sees, when it is asked; and templates of tasks."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from study.answers import ANSWERS, AnswerSpec, kind_of
from study.answers.preference import FORMAT_OF_STEPS, options_of
from study.answers.spec import DesignPart
from study.protocol.design_parts import Key
from study.responses import NO_ANSWER, RESPONSE_FORMATS, Option
from study.tables import lookup

Seen = Literal["profile", "request", "reference"]
TemplateOutputs = Literal["pairs", "each", "all"]

# Settings of version 0.2.0; a question that has no others is written as that version wrote it.
OLDER_FIELDS = ("key", "question", "help", "response_format", "ties", "both_bad", "sees")
SETTINGS = tuple(
    name for name in AnswerSpec.model_fields if name not in ("kind", "about", "required", "ties", "both_bad")
)
NO_SETTINGS = AnswerSpec()
PAIRS = "pairs"


class Condition(DesignPart):
    """A question is asked only if an earlier one was answered so."""

    question: Key
    answers: tuple[str | int, ...] = Field(min_length=1, description="options, codes, or steps of a scale")


def is_met(condition: Condition, given: Mapping[str, str]) -> bool:
    """Return whether an earlier question was answered as a condition says.

    Parameters
    ----------
    given : mapping of str to str
        The responses so far, by the key of the question.

    >>> after = Condition(question="ok", answers=("no", 1))
    >>> is_met(after, {"ok": '"no"'}), is_met(after, {"ok": "[2,1]"}), is_met(after, {"ok": "skip"}), is_met(after, {})
    (True, True, False, False)
    """
    response = given.get(condition.question)
    if response is None or response in NO_ANSWER:
        return False
    wanted = {str(one) for one in condition.answers}
    try:
        found = _values_in(json.loads(response))
    except ValueError:  # the code of a preference
        found = {response}
    return bool(wanted & found)


def _values_in(value: object) -> set[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return {found for one in value for found in _values_in(one)}
    return {str(value)}


def _known_kind(name: str) -> str:
    lookup(ANSWERS, name, "kind of answer")
    return name


class Question(AnswerSpec):
    """One question about a task; ``sees`` is the material shown above the outputs."""

    kind: Annotated[str, AfterValidator(_known_kind), Field(json_schema_extra={"enum": list(ANSWERS)})] = (
        "preference"
    )
    key: Key
    question: str = Field(min_length=1)
    help: str = ""
    sees: tuple[Seen, ...] = ("profile", "request")
    shown_if: Condition | None = None
    with_previous: bool = Field(default=False, description="on one screen with the question before it")

    @model_validator(mode="before")
    @classmethod
    def _read_older_spelling(cls, data: object) -> object:
        """Translate ``response_format``, the field of version 0.2.0, and give a preference its usual number of steps."""
        if not isinstance(data, dict):
            return data
        usual: dict[str, object] = {"kind": "preference", "steps": 3}
        if "response_format" not in data:
            return usual | data if data.get("kind", "preference") == "preference" else data
        rest = {key: value for key, value in data.items() if key != "response_format"}
        lookup(RESPONSE_FORMATS, str(data["response_format"]), "response format")
        steps = {name: steps for steps, name in FORMAT_OF_STEPS.items()}[str(data["response_format"])]
        return usual | {"steps": steps} | rest

    @model_validator(mode="after")
    def _fits_its_kind(self) -> "Question":
        kind = kind_of(self)
        if self.about not in kind.about:
            raise ValueError(
                f"about is {self.about!r}; a question of kind {self.kind} allows: {', '.join(kind.about)}"
            )
        given = {name for name in SETTINGS if getattr(self, name) != getattr(NO_SETTINGS, name)}
        if strange := sorted(given - set(kind.uses)):
            raise ValueError(
                f"{strange[0]} does not belong to the kind {self.kind}; it uses: {', '.join(kind.uses)}"
            )
        if problems := kind.problems(self):
            raise ValueError(problems[0])
        return self

    @property
    def is_preference(self) -> bool:
        """Whether the question asks which of two outputs is better."""
        return self.kind == "preference"

    @property
    def response_format(self) -> str:
        """The key of the preference scale in ``study.responses.RESPONSE_FORMATS``."""
        return FORMAT_OF_STEPS[self.steps or 3]

    def preference_options(self) -> list[Option]:
        """Return the options of a preference, in the order of the screen."""
        return options_of(self) if self.is_preference else []

    def as_older(self) -> dict[str, Any] | None:
        """Return the question as version 0.2.0 wrote it; None if that version could not ask it."""
        plain = Question(
            key=self.key, question=self.question, help=self.help, steps=self.steps, ties=self.ties
        )
        plain = plain.model_copy(update={"both_bad": self.both_bad, "sees": self.sees})
        if not self.is_preference or plain != self or "reference" in self.sees:
            return None
        written = self.model_dump(mode="json") | {"response_format": self.response_format}
        return {name: written[name] for name in OLDER_FIELDS}

    def as_written(self) -> dict[str, Any]:
        """Return the question with the fields that say something, so that later fields change no hash."""
        return {"key": self.key, "question": self.question, "kind": self.kind} | self.model_dump(
            mode="json", exclude_defaults=True
        )


def asked_after(questions: Iterable[Question], given: Mapping[str, str]) -> list[Question]:
    """Return the questions that are asked, given the responses so far."""
    return [one for one in questions if one.shown_if is None or is_met(one.shown_if, given)]


def screens(questions: Sequence[Question]) -> list[list[Question]]:
    """Return the questions about a task by screen."""
    found: list[list[Question]] = []
    for question in questions:
        if question.with_previous and found:
            found[-1].append(question)
        else:
            found.append([question])
    return found


def next_screen(questions: Sequence[Question], given: Mapping[str, str]) -> list[Question]:
    """Return the first screen with a question that is asked and not answered; with it those that its answers may lead to."""
    for screen in screens(questions):
        if any(one.key not in given for one in asked_after(screen, given)):
            here = {one.key for one in screen}
            return [
                one
                for one in screen
                if one.key not in given
                and (one.shown_if is None or one.shown_if.question in here or is_met(one.shown_if, given))
            ]
    raise LookupError("every question is answered")


def gives_numbers(question: Question) -> bool:
    """Return whether the answers are numbers about outputs: ratings, ranks, points, or which outputs were chosen."""
    return question.kind in ("scale", "number", "order") or (
        question.of == "outputs" and question.kind in ("choice", "several", "points")
    )


class Template(DesignPart):
    """Which outputs of an item make a task, and what is asked about it."""

    key: Key
    outputs: TemplateOutputs = Field(
        default="pairs", description="pairs: two at a time; each: every output alone; all: of an item at once"
    )
    questions: tuple[Key, ...] = Field(default=(), description="keys of questions; none: all of the design")
    share: float = Field(default=1.0, gt=0, description="of a rater's quota, relative to the other templates")
    overlap: int | None = Field(default=None, ge=1, description="raters per task; none: the design's")


DEFAULT_TEMPLATE = Template(key=PAIRS)
