"""A sum of points to divide among the outputs, or among options."""

from collections.abc import Sequence

import numpy as np

from study.answers.cells import Cell, Value
from study.answers.kind import EVERYWHERE, AnswerKind, Feelings, no_offers
from study.answers.spec import AnswerSpec
from study.errors import InvalidInput
from study.wording import listed

DEFAULT_TOTAL = 100


def total_of(spec: AnswerSpec) -> int:
    """Return the sum to divide."""
    return spec.total or DEFAULT_TOTAL


def _problems(spec: AnswerSpec) -> list[str]:
    if spec.of == "outputs":
        return ["about must be task where points are given to outputs"] if spec.about != "task" else []
    return ["options needs two or more entries to divide the points among"] if len(spec.options) < 2 else []


def _check(spec: AnswerSpec, value: Value, n_outputs: int) -> None:
    if spec.of == "outputs":
        if not isinstance(value, list) or len(value) != n_outputs:
            raise InvalidInput(f"{value!r} has not one number for each of {n_outputs} outputs")
        given = value
    else:
        if not isinstance(value, dict) or set(value) != set(spec.option_labels):
            raise InvalidInput(f"{value!r} has not one number for each of {listed(spec.option_labels)}")
        given = list(value.values())
    if any(type(one) is not int or one < 0 for one in given) or sum(given) != total_of(spec):
        raise InvalidInput(f"{given!r} must be whole numbers from 0 up that add up to {total_of(spec)}")


def _cells(_spec: AnswerSpec, value: Value, _n_outputs: int) -> list[Cell]:
    if isinstance(value, list):
        return [Cell(position=place, number=float(one)) for place, one in enumerate(value)]
    assert isinstance(value, dict)
    return [Cell(text=key, number=float(one)) for key, one in value.items()]


def _moved(value: Value, to: Sequence[int]) -> Value:
    if not isinstance(value, list):
        return value
    moved = [0] * len(value)
    for place, one in enumerate(value):
        moved[to[place]] = one
    return moved


def _simulate(spec: AnswerSpec, feelings: Feelings, position: int | None, rng: np.random.Generator) -> Value:
    if spec.of == "outputs":
        liked = np.exp([feelings.felt(one, rng) for one in range(len(feelings.strengths))])
    else:
        first = feelings.level(position, rng)
        liked = np.array([first, *rng.random(len(spec.options) - 1)]) + 1e-9
    shares = np.floor(total_of(spec) * liked / liked.sum()).astype(int)
    shares[int(np.argmax(liked))] += total_of(spec) - shares.sum()
    given = [int(one) for one in shares]
    return given if spec.of == "outputs" else dict(zip(spec.option_labels, given, strict=True))


def _words(spec: AnswerSpec) -> str:
    among = "the outputs" if spec.of == "outputs" else listed(spec.option_labels.values(), 5)
    return f"{total_of(spec)} points to divide among {among}"


POINTS = AnswerKind(
    "Points to divide",
    "interval",
    ("total", "of", "options"),
    EVERYWHERE,
    _problems,
    _check,
    _cells,
    _moved,
    _simulate,
    _words,
    no_offers,
)
