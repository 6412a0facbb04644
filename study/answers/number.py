"""A number within bounds, by a slider or in a box, with a step and a unit."""

import math

import numpy as np

from study.answers.cells import Cell, Value
from study.answers.kind import EVERYWHERE, AnswerKind, Feelings, no_offers, unmoved
from study.answers.spec import AnswerSpec
from study.errors import InvalidInput

ROUNDING = 1e-9


def bounds(spec: AnswerSpec) -> tuple[float, float]:
    """Return the lower and the upper bound, 0 to 100 by default."""
    return (0.0 if spec.least is None else spec.least), (100.0 if spec.most is None else spec.most)


def step_of(spec: AnswerSpec) -> float:
    """Return the step, 1 by default."""
    return spec.step or 1.0


def _problems(spec: AnswerSpec) -> list[str]:
    low, high = bounds(spec)
    if low >= high:
        return [f"least is {low:g} and most {high:g}; most must be greater"]
    if step_of(spec) > high - low:
        return [f"step is {step_of(spec):g}, more than from {low:g} to {high:g}"]
    return []


def _check(spec: AnswerSpec, value: Value, _n_outputs: int) -> None:
    low, high = bounds(spec)
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not is_number or not low <= float(value) <= high:  # type: ignore[arg-type]
        raise InvalidInput(f"{value!r} is no number from {low:g} to {high:g}")
    steps = (float(value) - low) / step_of(spec)  # type: ignore[arg-type]
    if abs(steps - round(steps)) > ROUNDING * max(1.0, abs(steps)):
        raise InvalidInput(f"{value!r} is between the steps of {step_of(spec):g} from {low:g}")


def _cells(_spec: AnswerSpec, value: Value, _n_outputs: int) -> list[Cell]:
    assert isinstance(value, int | float)
    return [Cell(number=float(value))]


def _simulate(spec: AnswerSpec, feelings: Feelings, position: int | None, rng: np.random.Generator) -> Value:
    low, high = bounds(spec)
    found = low + math.floor(feelings.level(position, rng) * (high - low) / step_of(spec)) * step_of(spec)
    return int(found) if found.is_integer() else found


def _words(spec: AnswerSpec) -> str:
    low, high = bounds(spec)
    return f"a number from {low:g} to {high:g}{f' {spec.unit}' if spec.unit else ''}"


NUMBER = AnswerKind(
    "Number",
    "interval",
    ("least", "most", "step", "unit"),
    EVERYWHERE,
    _problems,
    _check,
    _cells,
    unmoved,
    _simulate,
    _words,
    no_offers,
)
