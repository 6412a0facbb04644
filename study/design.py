"""The study design as data: what raters are asked, how often, and in which order."""

import json
from hashlib import sha256
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from study.errors import InvalidInput
from study.responses import BOTH_BAD, RESPONSE_FORMATS, TIE, Option
from study.tables import lookup

Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


def _known_format(name: str) -> str:
    lookup(RESPONSE_FORMATS, name, "response format")
    return name


class Criterion(BaseModel):
    """One question about a pair."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: Key
    question: str = Field(min_length=1)
    help: str = ""
    response_format: Annotated[str, AfterValidator(_known_format)] = "preference_3"
    ties: bool = True
    both_bad: bool = True

    def options(self) -> list[Option]:
        """Return the options that this criterion allows, in the order of the screen."""
        left_out = {code for code, allowed in ((TIE, self.ties), (BOTH_BAD, self.both_bad)) if not allowed}
        return [
            option for option in RESPONSE_FORMATS[self.response_format].options if option.code not in left_out
        ]


DEFAULT_CRITERION = Criterion(key="overall", question="Which one is better?")


class Design(BaseModel):
    """Everything a rater meets and every rule of assignment; frozen when the study is launched."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    criteria: tuple[Criterion, ...] = Field(default=(DEFAULT_CRITERION,), min_length=1)
    overlap: int = Field(default=3, ge=1, description="raters per comparison: target and cap")
    quota: int | None = Field(
        default=None, ge=1, description="comparisons per rater; None: as many as there are"
    )
    order: Literal["least_judged", "random"] = "least_judged"
    lease_hours: float = Field(
        default=2.0, gt=0, description="how long an unanswered comparison is held for a rater"
    )
    min_view_seconds: float = Field(default=0.7, ge=0, le=60)
    rationale: Literal["off", "optional"] = "off"
    confidence: bool = False
    show_profile: bool = True
    profile_title: str = "Who it is for"
    request_title: str = "The request"
    consent: str = "Your answers are stored for research. You may stop at any time."
    instructions: str = "Read both texts, then say which one is better. There are no right answers."
    completion_code: str | None = Field(default=None, min_length=4)

    @model_validator(mode="after")
    def _criteria_have_their_own_keys(self) -> "Design":
        keys = [criterion.key for criterion in self.criteria]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise ValueError(f"criterion key {twice[0]!r} is used twice; each criterion needs its own")
        return self

    def criterion(self, key: str) -> Criterion:
        """Return the criterion with this key."""
        return lookup({criterion.key: criterion for criterion in self.criteria}, key, "criterion")

    def to_json(self) -> str:
        """Return the design as canonical JSON."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)

    def hash(self) -> str:
        """Return the SHA-256 of the canonical JSON."""
        return sha256(self.to_json().encode()).hexdigest()


def parse_design(data: object) -> Design:
    """Return the design that JSON text or a mapping describes.

    Raises
    ------
    InvalidInput
        With one sentence per wrong field: where it stands, what it holds, what is allowed.
    """
    try:
        return Design.model_validate_json(data) if isinstance(data, str) else Design.model_validate(data)
    except ValidationError as error:
        raise InvalidInput("; ".join(_sentence(detail) for detail in error.errors())) from None


def _sentence(detail: object) -> str:
    assert isinstance(detail, dict)
    where = ".".join(str(part) for part in detail["loc"]) or "design"
    value = detail["input"]
    shown = f" (got {value!r:.80})" if not isinstance(value, dict) else ""
    return f"design field '{where}': {detail['msg'].removeprefix('Value error, ')}{shown}"
