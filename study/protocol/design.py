"""The study design as data: questions, quotas, orders, checks and the other phases of a rater's session."""

import json
from datetime import date
from hashlib import sha256
from itertools import product
from typing import Any, Literal

from pydantic import AliasChoices, Field, ValidationError, model_validator

from study.answers.spec import DesignPart
from study.errors import InvalidInput
from study.protocol.design_parts import (
    Address,
    CheckKind,
    Checks,
    Code,
    ConditionOrder,
    Crowd,
    Disclosure,
    Elicitation,
    Factor,
    FactorLevel,
    FormQuestion,
    Key,
    Practice,
)
from study.protocol.design_problems import sentences
from study.protocol.questions import DEFAULT_TEMPLATE, PAIRS, Question, Template, gives_numbers
from study.responses import Option, without_clashes
from study.tables import lookup
from study.wording import listed

__all__ = [
    "CheckKind",
    "Checks",
    "Crowd",
    "Design",
    "Disclosure",
    "Elicitation",
    "Factor",
    "FactorLevel",
    "FormQuestion",
    "Key",
    "Practice",
    "Question",
    "Template",
    "design_schema",
    "parse_design",
]

MOST_SENTENCES = 20  # in one error message
DEFAULT_QUESTION = Question(key="overall", question="Which one is better?", steps=3)
FORMS = ("screening", "demographics", "closing")
PROLIFIC = "https://app.prolific.com/submissions/complete?cc="
Outcome = Literal["success", "screen_out", "failure", "full"]


class Design(DesignPart):
    """Everything that raters are shown and every rule of assignment; frozen when the study is launched."""

    questions: tuple[Question, ...] = Field(
        default=(DEFAULT_QUESTION,),
        min_length=1,
        validation_alias=AliasChoices("questions", "criteria"),  # "criteria" is the word of version 0.2.0
    )
    templates: tuple[Template, ...] = Field(
        default=(),
        exclude_if=lambda templates: templates == (),
        description="which outputs make a task, and what is asked about it; none: all pairs, and all questions",
    )
    overlap: int = Field(default=3, ge=1, description="raters per comparison: target and cap")
    quota: int | None = Field(
        default=None, ge=1, description="comparisons per rater; None: as many as there are"
    )
    own_quota: int | None = Field(default=None, ge=0, description="of these, on the rater's own profile")
    others_quota: int | None = Field(default=None, ge=0, description="of these, on profiles of others")
    order: Literal["least_judged", "random", "priority"] = "least_judged"
    priority: str = Field(
        default="edit",
        min_length=1,
        description="edit: by the distance of the two texts; embedding, or an imported divergence; or a "
        "metric, by the difference of its scores",
    )
    blocks: Literal["off", "together", "apart"] = Field(
        default="off",
        description=("comparisons of one source: one after the other, or never to the same rater"),
    )
    allow_disconnected: bool = Field(
        default=False,
        description="launch even if some systems are never compared, not even through others",
    )
    lease_hours: float = Field(
        default=2.0, gt=0, description="how long an unanswered comparison is held for a rater"
    )
    places_per_address: int | None = Field(
        default=None,
        ge=1,
        exclude_if=lambda value: value is None,
        description="unanswered comparisons that raters of one network address hold at once; None: half of all, 5 or more",
    )
    min_view_seconds: float = Field(default=0.7, ge=0, le=60)
    rationale: Literal["off", "optional", "required"] = "off"
    rationale_min_chars: int = Field(default=10, ge=1, le=2000)
    confidence: bool = False
    disclosure: Disclosure = Field(default="full", description="how much of the profile raters see")
    factors: tuple[Factor, ...] = Field(default=(), max_length=4)
    checks: Checks = Checks()
    practice: Practice = Practice()
    elicitation: Elicitation | None = Field(
        default=None,
        description="what raters say about themselves first; None: the study brings its own profiles",
    )
    screening: tuple[FormQuestion, ...] = ()
    demographics: tuple[FormQuestion, ...] = ()
    closing: tuple[FormQuestion, ...] = ()
    profile_title: str = "Who it is for"
    request_title: str = "The request"
    consent: str = "Your answers are stored for research. You may stop at any time."
    instructions: str = "Read both texts, then say which one is better. There are no right answers."
    completion_code: Code | None = None
    screen_out_code: Code | None = None
    failure_code: Code | None = None
    full_code: Code | None = Field(
        default=None,
        exclude_if=lambda value: value is None,
        description="for raters who come when every place is filled; None: the screen_out_code",
    )
    crowd: Crowd = Crowd()
    contact: str = Field(default="", description="address that raters can write to")
    retention_until: date | None = Field(
        default=None, description="the day from which personal data are to be erased"
    )
    retention_keeps: Literal["answers", "nothing"] = Field(
        default="answers", description="what is kept then: answers without people and texts, or nothing"
    )
    condition_order: ConditionOrder = Field(
        default=(),
        exclude_if=lambda order: order == (),
        description="prompt conditions of outputs, from the poorest to the richest; without it no analysis says which is richer",
    )
    analysis_plan: str = Field(default="", description="frozen, with its time, when the study is launched")

    @model_validator(mode="before")
    @classmethod
    def _read_older_spelling(cls, data: object) -> object:
        """Translate ``show_profile``, the field of version 1, to ``disclosure``."""
        if not isinstance(data, dict) or "show_profile" not in data:
            return data
        rest = {key: value for key, value in data.items() if key != "show_profile"}
        shown = str(data["show_profile"]).lower()
        if shown not in ("true", "false"):
            raise ValueError(f"show_profile is {data['show_profile']!r}; allowed: true, false")
        return {"disclosure": "full" if shown == "true" else "hidden"} | rest

    @model_validator(mode="after")
    def _fits_together(self) -> "Design":
        for what, keys in (
            ("question", [question.key for question in self.questions]),
            ("template", [template.key for template in self.templates]),
            ("factor", [factor.key for factor in self.factors]),
            *((form, [question.key for question in self.form(form)]) for form in FORMS),
        ):
            twice = sorted({key for key in keys if keys.count(key) > 1})
            if twice:
                raise ValueError(f"{what} key {twice[0]!r} is used twice; give each {what} a different key")
        named = (self.completion_code, self.screen_out_code, self.failure_code, self.full_code)
        codes = [code for code in named if code]
        if len(set(codes)) < len(codes):
            raise ValueError(
                "completion_code, screen_out_code, failure_code and full_code: each needs a different value"
            )
        if self.quota is not None and (self.own_quota is not None or self.others_quota is not None):
            raise ValueError("quota: leave it out if you give own_quota or others_quota")
        self._asks_what_it_can_show()
        self._elicits_what_it_can_show()
        for form in ("demographics", "closing"):
            if any(not question.accepts(None) for question in self.form(form)):
                raise ValueError(f"{form}: only screening questions may have accepted answers")
        return self

    def _asks_what_it_can_show(self) -> None:
        keys = [question.key for question in self.questions]
        for template in self.in_use():
            for key in template.questions:
                lookup(dict.fromkeys(keys), key, f"question of template {template.key!r}")
            asked = self.questions_of(template.key)
            if template.outputs != PAIRS and (pairwise := [one.key for one in asked if one.is_preference]):
                raise ValueError(
                    f"template {template.key!r} shows no pairs, but question {pairwise[0]!r} asks which of two is better"
                )
            _come_after(template.key, [one.key for one in asked], asked)
        if unused := set(keys) - {one.key for each in self.in_use() for one in self.questions_of(each.key)}:
            raise ValueError(f"question {min(unused)!r} belongs to no template")

    def _elicits_what_it_can_show(self) -> None:
        if self.elicitation is None:
            return
        if self.own_quota is not None or self.others_quota is not None:
            raise ValueError(
                "own_quota and others_quota count profiles that the study brings; with an elicitation, "
                "give quota and elicitation.proxies"
            )
        if self.quota is not None and self.elicitation.proxies > self.quota:
            raise ValueError(
                f"elicitation.proxies is {self.elicitation.proxies} and quota {self.quota}; give at most the quota"
            )

    @property
    def criteria(self) -> tuple[Question, ...]:
        """The questions that ask which of two outputs is better."""
        return tuple(question for question in self.questions if question.is_preference)

    def criterion(self, key: str) -> Question:
        """Return the criterion with this key."""
        return lookup({criterion.key: criterion for criterion in self.criteria}, key, "criterion")

    def asks_of_outputs(self, key: str | None = None) -> list[str]:
        """Return the questions whose answers are numbers of outputs: the one named, or all if there is no criterion.

        A criterion has none: its answers are preferences.
        """
        asked = [self.question(key)] if key else [] if self.criteria else self.questions
        return [one.key for one in asked if gives_numbers(one)]

    def question(self, key: str) -> Question:
        """Return the question with this key."""
        return lookup({question.key: question for question in self.questions}, key, "question")

    def in_use(self) -> tuple[Template, ...]:
        """Return the templates, or the one that a design without templates has: all pairs."""
        return self.templates or (DEFAULT_TEMPLATE,)

    @property
    def task_word(self) -> str:
        """What raters call one task: a pair where every task is one, else a task."""
        return "pair" if all(template.outputs == PAIRS for template in self.in_use()) else "task"

    def template(self, key: str) -> Template:
        """Return the template with this key."""
        return lookup({template.key: template for template in self.in_use()}, key, "template")

    def questions_of(self, template: str) -> tuple[Question, ...]:
        """Return the questions about the tasks of a template."""
        keys = self.template(template).questions
        return tuple(self.question(key) for key in keys) if keys else self.questions

    def options(self) -> dict[str, list[Option]]:
        """Return the options of each criterion, with keys that do not clash between criteria."""
        shown = without_clashes([criterion.preference_options() for criterion in self.criteria])
        return dict(zip((criterion.key for criterion in self.criteria), shown, strict=True))

    def form(self, name: str) -> tuple[FormQuestion, ...]:
        """Return the questions of a form (screening, demographics, closing)."""
        return lookup({form: getattr(self, form) for form in FORMS}, name, "form")

    def cells(self, assigned: Literal["between", "within"]) -> list[str]:
        """Return the combinations of levels of the factors with this assignment, such as ``tone=warm;length=short``.

        >>> levels = [{"key": "low"}, {"key": "high"}]
        >>> design = parse_design({"factors": [{"key": "x", "levels": levels}, {"key": "y", "levels": levels}]})
        >>> design.cells("between"), design.cells("within")
        (['x=low;y=low', 'x=low;y=high', 'x=high;y=low', 'x=high;y=high'], [])
        """
        factors = [factor for factor in self.factors if factor.assigned == assigned]
        levels = [[f"{factor.key}={level.key}" for level in factor.levels] for factor in factors]
        return [";".join(cell) for cell in product(*levels)] if factors else []

    def levels(self, *cells: str | None) -> list[FactorLevel]:
        """Return the levels in an arm and a condition, in the order of the factors."""
        named = {part for cell in cells if cell for part in cell.split(";")}
        return [
            level
            for factor in self.factors
            for level in factor.levels
            if f"{factor.key}={level.key}" in named
        ]

    def disclosure_under(self, arm: str | None, condition: str | None) -> Disclosure:
        """Return the disclosure of the profile in an arm and a condition."""
        given = [level.disclosure for level in self.levels(arm, condition) if level.disclosure]
        return given[-1] if given else self.disclosure

    def instructions_under(self, arm: str | None) -> str:
        """Return the instructions of an arm."""
        given = [level.instructions for level in self.levels(arm) if level.instructions is not None]
        return given[-1] if given else self.instructions

    def code(self, outcome: Outcome) -> str | None:
        """Return the code of an outcome, if there is one."""
        codes = {
            "success": self.completion_code,
            "screen_out": self.screen_out_code,
            "failure": self.failure_code or self.screen_out_code,
            "full": self.full_code or self.screen_out_code,
        }
        return lookup(codes, outcome, "outcome")

    def redirect(self, outcome: Outcome) -> str | None:
        """Return the URL where a rater goes after an outcome; on Prolific it follows from the code."""
        url: Address | None = getattr(self.crowd, f"{outcome}_url")
        code = self.code(outcome)
        if url is None and outcome == "full" and not self.full_code:
            url = self.crowd.screen_out_url
        if url is None and self.crowd.platform == "prolific" and code:
            return PROLIFIC + code
        return url

    def to_json(self) -> str:
        """Return the design as canonical JSON; in the spelling of version 0.2.0 if that can say it, so that hashes stay."""
        return json.dumps(self.written(), sort_keys=True, ensure_ascii=False)

    def written(self, *, newest: bool = False) -> dict[str, Any]:
        """Return the design for JSON or YAML, its questions in the spelling of version 0.2.0 if that can say them.

        With ``newest``, they are in the present spelling.
        """
        older = [question.as_older() for question in self.questions]
        if newest or self.templates or not all(older):
            name, questions = "questions", [question.as_written() for question in self.questions]
        else:
            name, questions = "criteria", [one for one in older if one]
        fields = self.model_dump(mode="json")
        return {
            name if field == "questions" else field: questions if field == "questions" else value
            for field, value in fields.items()
        }

    def hash(self) -> str:
        """Return the SHA-256 of the canonical JSON."""
        return sha256(self.to_json().encode()).hexdigest()


def _come_after(template: str, order: list[str], asked: tuple[Question, ...]) -> None:
    """Raise ValueError if a question depends on one that does not come before it."""
    for place, one in enumerate(asked):
        if one.shown_if and one.shown_if.question not in order[:place]:
            raise ValueError(
                f"question {one.key!r} is shown if {one.shown_if.question!r} was answered, which does not come before it "
                f"in template {template!r}"
            )


def parse_design(data: object) -> Design:
    """Return the design described by JSON text or a mapping.

    Raises
    ------
    InvalidInput
        With one sentence per wrong field: its place, its value, the allowed values.
    """
    try:
        return Design.model_validate_json(data) if isinstance(data, str) else Design.model_validate(data)
    except ValidationError as error:
        raise InvalidInput(listed(sentences(error, Design), MOST_SENTENCES, "; ")) from None


def design_schema() -> dict[str, Any]:
    """Return the JSON Schema of a design."""
    return Design.model_json_schema()
