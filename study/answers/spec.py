"""What a question of a design says about its answer: the kind, what it is about, and the kind's own settings."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

About = Literal["task", "each_output", "each_subject", "each_output_and_subject"]
Of = Literal["options", "outputs"]

Label = Annotated[str, Field(min_length=1, max_length=200)]
OptionKey = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$")]


class DesignPart(BaseModel):
    """Base of all parts of a design: immutable, without unknown fields."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class AnswerOption(DesignPart):
    """What may be chosen: the key that is stored, and the label that raters read."""

    key: OptionKey
    label: Label


class AnswerSpec(DesignPart):
    """How a question is answered; which fields a kind uses is said at the kind (``study.answers.ANSWERS``)."""

    kind: str = "preference"
    about: About = "task"
    required: bool = True
    steps: int | None = Field(default=None, description="of a preference: 3, 5, 7; of a scale: 2 to 11")
    labels: tuple[Label, ...] = Field(
        default=(), description="of the steps, in order; of a scale also of both ends"
    )
    ties: bool = Field(default=True, description="of a preference or an order: whether there may be ties")
    both_bad: bool = Field(default=True, description="of a preference: whether both may be bad")
    options: tuple[AnswerOption, ...] = Field(
        default=(), description="of a choice, several, or points: keys and labels, in the order of the screen"
    )
    of: Of = Field(default="options", description="of a choice or several: what is chosen from")
    least: float | None = Field(
        default=None, description="of a number: the lower bound; of several: how many"
    )
    most: float | None = Field(
        default=None, description="of a number: the upper bound; of several or an order: how many"
    )
    step: float | None = Field(default=None, gt=0, description="of a number")
    unit: str = Field(default="", max_length=40, description="of a number")
    total: int | None = Field(default=None, ge=1, description="of points: the sum to divide")
    min_chars: int = Field(default=0, ge=0, le=2000, description="of a text")

    @field_validator("options", mode="before")
    @classmethod
    def _read_mapping(cls, given: object) -> object:
        """Read options that are written as a mapping from keys to labels."""
        if isinstance(given, dict):
            return [{"key": key, "label": label} for key, label in given.items()]
        return given

    @property
    def option_labels(self) -> dict[str, str]:
        """The labels of the options by key, in order."""
        return {option.key: option.label for option in self.options}
