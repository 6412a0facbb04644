"""The parts of a design besides its questions: forms, checks, practice, factors, and the platform raters come from."""

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from study.answers.spec import DesignPart

Disclosure = Literal["hidden", "summary", "full"]
CheckKind = Literal["attention", "gold", "wrong_profile"]

SUBMIT_TO = "turkSubmitTo"
MTURK_HOSTS = ("www.mturk.com", "workersandbox.mturk.com")
NOT_ACCEPTED = (
    "ASSIGNMENT_ID_NOT_AVAILABLE"  # sent by MTurk while a worker previews a task without accepting it
)

KEY_PATTERN = r"^[a-z][a-z0-9_]{0,39}$"


def _key(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(KEY_PATTERN, value):
        raise ValueError("give 1 to 40 lower-case letters, digits and _, beginning with a letter")
    return value


def _parameter(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(r"[A-Za-z0-9_]{0,64}", value):
        raise ValueError("give at most 64 letters, digits and _, the name of an address parameter")
    return value


def _https(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme != "https" or not parts.netloc:
        raise ValueError("give an address that begins with https://")
    return value


def _order(names: tuple[str, ...]) -> tuple[str, ...]:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"give each condition once; {twice[0]!r} appears twice")
    if len(names) == 1:
        raise ValueError("give two conditions or more, from the poorest to the richest")
    return names


ConditionOrder = Annotated[tuple[str, ...], AfterValidator(_order)]
Key = Annotated[str, BeforeValidator(_key), Field(pattern=KEY_PATTERN)]
Code = Annotated[str, Field(min_length=4, max_length=100)]
Address = Annotated[str, AfterValidator(_https)]


class FormQuestion(DesignPart):
    """A question of a form. In screening, only answers in ``accept`` or within the bounds let a rater continue."""

    key: Key
    question: str = Field(min_length=1)
    kind: Literal["choice", "several", "text", "number"] = "text"
    options: tuple[str, ...] = ()
    required: bool = True
    accept: tuple[str, ...] = ()
    accept_from: float | None = None
    accept_to: float | None = None

    @model_validator(mode="after")
    def _fits_its_kind(self) -> "FormQuestion":
        if self.kind in ("choice", "several"):
            if len(set(self.options)) < 2 or len(set(self.options)) < len(self.options):
                raise ValueError(f"options of {self.key!r}: a {self.kind} needs two or more, all different")
        elif self.options:
            raise ValueError(f"options of {self.key!r}: only the kinds choice and several have options")
        for answer in self.accept:
            if answer not in self.options:
                allowed = ", ".join(map(repr, self.options)) or "none, as there are no options"
                raise ValueError(
                    f"accept of {self.key!r} contains {answer!r}, which is not an option; allowed: {allowed}"
                )
        if (self.accept_from is not None or self.accept_to is not None) and self.kind != "number":
            raise ValueError(f"accept_from and accept_to of {self.key!r}: only the kind number has bounds")
        low, high = self.accept_from, self.accept_to
        if low is not None and high is not None and low > high:
            raise ValueError(
                f"accept_from of {self.key!r} is {low:g} and accept_to {high:g}, so no number is "
                "accepted; give a higher accept_to"
            )
        return self

    def accepts(self, answer: object) -> bool:
        """Return whether this answer lets a rater continue.

        >>> age = FormQuestion(key="age", question="How old are you?", kind="number", accept_from=18)
        >>> age.accepts(17), age.accepts(18), age.accepts(None)
        (False, True, False)
        """
        if self.kind == "number" and (self.accept_from is not None or self.accept_to is not None):
            if not isinstance(answer, (int, float)):
                return False
            above = self.accept_from is None or answer >= self.accept_from
            return above and (self.accept_to is None or answer <= self.accept_to)
        if not self.accept:
            return True
        given = answer if isinstance(answer, (list, tuple)) else [answer]
        return bool(given) and all(one in self.accept for one in given)


class Checks(DesignPart):
    """How many checks each rater gets, and the consequences of failing them."""

    attention: int = Field(default=0, ge=0, le=50, description="attention checks per rater")
    gold: int = Field(default=0, ge=0, le=50, description="comparisons with a known answer per rater")
    wrong_profile: int = Field(
        default=0, ge=0, le=50, description="pairs of which one output was made for someone else, per rater"
    )
    every: int = Field(default=5, ge=1, le=1000, description="at most one check in this many comparisons")
    repeats: int = Field(default=0, ge=0, le=50, description="hidden repeats, sides exchanged, per rater")
    lag: int = Field(default=5, ge=1, le=1000, description="comparisons between a pair and its repeat")
    counted: tuple[CheckKind, ...] = ("attention", "gold")
    warn_after: int | None = Field(default=None, ge=1, description="failed checks until the rater is warned")
    stop_after: int | None = Field(default=None, ge=1, description="failed checks until the session is ended")

    @model_validator(mode="after")
    def _warns_before_it_stops(self) -> "Checks":
        if self.warn_after and self.stop_after and self.warn_after >= self.stop_after:
            raise ValueError(
                f"warn_after is {self.warn_after} and stop_after {self.stop_after}; warn after fewer failed checks"
            )
        return self

    def wanted(self) -> dict[str, int]:
        """Return how many checks of each kind a rater gets."""
        return {"attention": self.attention, "gold": self.gold, "wrong_profile": self.wrong_profile}


class Practice(DesignPart):
    """Practice with feedback on comparisons with the purpose "practice"; ``pass_mark`` answers must be right."""

    pass_mark: int = Field(default=0, ge=0, le=100)
    attempts: int = Field(default=2, ge=1, le=5)
    explanations: dict[str, str] = Field(default={}, description="by the name of the comparison")


class Elicitation(DesignPart):
    """The elicitation: raters describe themselves before the comparisons, and their answers become their own profile.

    They write a query and the need behind it, like or dislike outputs of the pool, and judge pairs of it. The pool
    consists of the study's comparisons with the purpose "elicitation".
    """

    query: str = Field(
        default="What would you like to ask for? Write it as you would.",
        min_length=1,
        description="asks for the query",
    )
    need: str = Field(
        default="What do you need it for, and what should a good answer be like?",
        min_length=1,
        description="asks for the need behind it",
    )
    examples: int = Field(default=4, ge=0, le=20, description="outputs that the rater likes or dislikes")
    comments: Literal["off", "optional", "required"] = Field(
        default="required", description="whether the rater says what they like or dislike in an example"
    )
    pairs: int = Field(default=4, ge=0, le=20, description="pairs that the rater judges")
    pair_question: str = Field(default="Which one would you rather get?", min_length=1)
    proxies: int = Field(
        default=0,
        ge=0,
        le=1000,
        description=(
            "comparisons per rater that are judged for another rater's profile; 0: no one else sees a profile"
        ),
    )

    @model_validator(mode="after")
    def _asks_for_something(self) -> "Elicitation":
        if not self.examples and not self.pairs:
            raise ValueError("examples and pairs are both 0; ask for one example or one pair at least")
        return self


class FactorLevel(DesignPart):
    """One level of a factor: the settings that raters see under it; the design's settings apply to the rest."""

    key: Key
    disclosure: Disclosure | None = None
    instructions: str | None = None


class Factor(DesignPart):
    """An experimental factor, balanced between raters (arms) or within each rater (conditions)."""

    key: Key
    assigned: Literal["between", "within"] = "between"
    levels: tuple[FactorLevel, ...] = Field(min_length=2, max_length=8)

    @model_validator(mode="after")
    def _levels_have_their_own_keys(self) -> "Factor":
        keys = [level.key for level in self.levels]
        if len(set(keys)) < len(keys):
            raise ValueError(f"levels of factor {self.key!r}: each level needs a different key")
        if self.assigned == "within" and any(level.instructions is not None for level in self.levels):
            raise ValueError(f"levels of factor {self.key!r}: instructions can differ only between raters")
        return self


class Crowd(DesignPart):
    """The platform that raters come from, and the addresses that they return to."""

    platform: Literal["none", "prolific", "mturk", "generic"] = "none"
    id_param: Annotated[str, BeforeValidator(_parameter), Field(pattern=r"^[A-Za-z0-9_]{0,64}$")] = ""
    capture: tuple[
        Annotated[str, BeforeValidator(_parameter), Field(pattern=r"^[A-Za-z0-9_]{1,64}$")], ...
    ] = ()
    success_url: Address | None = None
    screen_out_url: Address | None = None
    failure_url: Address | None = None
    full_url: Address | None = Field(default=None, exclude_if=lambda value: value is None)

    @model_validator(mode="after")
    def _generic_names_its_parameter(self) -> "Crowd":
        if self.platform == "generic" and not self.id_param:
            raise ValueError("id_param: name the address parameter that holds the rater's id")
        if self.platform != "generic" and (self.id_param or self.capture):
            raise ValueError("id_param and capture: only the platform 'generic' has its own parameters")
        if set(self.capture) & {"study", "rater", "key", "of", "left"}:
            raise ValueError("capture: study, rater, key, of and left are the app's own parameters")
        return self

    def session_parameter(self) -> str:
        """Return the parameter that only the platform and this rater's browser know, which proves a return; or ""."""
        return {"prolific": "SESSION_ID", "mturk": "assignmentId"}.get(self.platform, "")

    def parameters(self) -> tuple[str, tuple[str, ...]]:
        """Return the parameter with the rater's id, and the other parameters to store.

        They include MTurk's ``turkSubmitTo``, the target of the form at the end; see :func:`mturk_submit_address`.
        """
        known = {
            "none": ("", ()),
            "prolific": ("PROLIFIC_PID", ("STUDY_ID", "SESSION_ID")),
            "mturk": ("workerId", ("assignmentId", "hitId", SUBMIT_TO)),
        }
        return known.get(self.platform, (self.id_param, self.capture))


def mturk_submit_address(submit_to: str | None) -> str | None:
    """Return the target of the form at the end of an MTurk task; None if the address names none of MTurk's own hosts.

    Only the choice among these hosts is taken from the address.

    >>> mturk_submit_address("https://workersandbox.mturk.com/")
    'https://workersandbox.mturk.com/mturk/externalSubmit'
    >>> mturk_submit_address("https://www.mturk.com@evil.example")
    """
    for host in MTURK_HOSTS:
        if submit_to in (f"https://{host}", f"https://{host}/"):
            return f"https://{host}/mturk/externalSubmit"
    return None
