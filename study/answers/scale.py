"""A scale of two to eleven steps, each with a label or only the ends (a Likert scale)."""

import numpy as np

from study.answers.cells import Cell, Value
from study.answers.kind import EVERYWHERE, AnswerKind, Feelings, Offer, unmoved
from study.answers.spec import AnswerSpec
from study.errors import InvalidInput

FEWEST, MOST, DEFAULT = 2, 11, 5


def steps(spec: AnswerSpec) -> int:
    """Return the number of steps, numbered from 1."""
    return spec.steps or (len(spec.labels) if len(spec.labels) > 2 else DEFAULT)


def label_of(spec: AnswerSpec, step: int) -> str:
    """Return the label of a step; with labels for both ends only, those in between have none.

    >>> ends = AnswerSpec(kind="scale", steps=7, labels=("Bad", "Good"))
    >>> label_of(ends, 1), label_of(ends, 4), label_of(ends, 7)
    ('Bad', '', 'Good')
    """
    if len(spec.labels) == steps(spec):
        return spec.labels[step - 1]
    ends = {1: 0, steps(spec): -1}
    return spec.labels[ends[step]] if spec.labels and step in ends else ""


def _problems(spec: AnswerSpec) -> list[str]:
    if not FEWEST <= steps(spec) <= MOST:
        return [f"steps is {steps(spec)}; a scale has {FEWEST} to {MOST}"]
    if len(spec.labels) not in (0, 2, steps(spec)):
        return [
            f"labels has {len(spec.labels)} entries for {steps(spec)} steps; give one for each, or two for both ends"
        ]
    return []


def _check(spec: AnswerSpec, value: Value, _n_outputs: int) -> None:
    if type(value) is not int or not 1 <= value <= steps(spec):
        raise InvalidInput(f"{value!r} is no step of the scale; allowed: 1 to {steps(spec)}")


def _cells(_spec: AnswerSpec, value: Value, _n_outputs: int) -> list[Cell]:
    assert isinstance(value, int)
    return [Cell(number=float(value))]


def _simulate(spec: AnswerSpec, feelings: Feelings, position: int | None, rng: np.random.Generator) -> Value:
    return min(1 + int(feelings.level(position, rng) * steps(spec)), steps(spec))


def _offers(spec: AnswerSpec, _n_outputs: int) -> list[Offer]:
    keys = [*"1234567890", "-"]
    return [Offer(step, label_of(spec, step), (keys[step - 1],)) for step in range(1, steps(spec) + 1)]


def _words(spec: AnswerSpec) -> str:
    ends = [label_of(spec, 1), label_of(spec, steps(spec))]
    return f"a scale of {steps(spec)} steps" + (f", from {ends[0]!r} to {ends[1]!r}" if all(ends) else "")


SCALE = AnswerKind(
    "Scale of steps",
    "ordinal",
    ("steps", "labels"),
    EVERYWHERE,
    _problems,
    _check,
    _cells,
    unmoved,
    _simulate,
    _words,
    _offers,
)
