"""Any number of options or of outputs, within bounds: any, at least n, at most n, exactly n."""

from collections.abc import Sequence

import numpy as np

from study.answers.cells import Cell, Value
from study.answers.choice import check_choice, moved_choice, offers, option_problems
from study.answers.kind import EVERYWHERE, AnswerKind, Feelings
from study.answers.spec import AnswerSpec
from study.errors import InvalidInput
from study.wording import counted, listed


def bounds(spec: AnswerSpec, n_offered: int) -> tuple[int, int]:
    """Return how many may be chosen at least and at most."""
    return int(spec.least or 0), n_offered if spec.most is None else int(spec.most)


def _problems(spec: AnswerSpec) -> list[str]:
    found = option_problems(spec)
    if any(one is not None and not one.is_integer() for one in (spec.least, spec.most)):
        return [*found, "least and most must be whole numbers"]
    n_offered = len(spec.options) if spec.of == "options" else 10
    least, most = bounds(spec, n_offered)
    if not 0 <= least <= most <= n_offered or most < 1:
        found.append(f"least is {least} and most {most}; allowed: 0 to {n_offered}, in this order")
    return found


def _check(spec: AnswerSpec, value: Value, n_outputs: int) -> None:
    if not isinstance(value, list):
        raise InvalidInput(f"{value!r} is no list of what was chosen")
    for one in value:
        check_choice(spec, one, n_outputs)
    if len(set(value)) < len(value):
        raise InvalidInput(f"{value!r} names something twice")
    least, most = bounds(spec, n_outputs if spec.of == "outputs" else len(spec.options))
    if not least <= len(value) <= most:
        raise InvalidInput(f"{counted(len(value), 'choice')}; allowed: {least} to {most}")


def _cells(spec: AnswerSpec, value: Value, n_outputs: int) -> list[Cell]:
    assert isinstance(value, list)
    if spec.of == "outputs":
        return [Cell(position=one, number=float(one in value)) for one in range(n_outputs)]
    return [Cell(text=one, number=float(one in value)) for one in spec.option_labels]


def _moved(value: Value, to: Sequence[int]) -> Value:
    assert isinstance(value, list)
    return [moved_choice(one, to) for one in value]


def _simulate(spec: AnswerSpec, feelings: Feelings, position: int | None, rng: np.random.Generator) -> Value:
    offered: list[object] = list(
        range(len(feelings.strengths)) if spec.of == "outputs" else spec.option_labels
    )
    least, most = bounds(spec, len(offered))
    if spec.of == "outputs":
        felt = [feelings.felt(one, rng) for one in range(len(offered))]
    else:
        level = feelings.level(position, rng)
        felt = [level - rng.random() for _ in offered]
    middle = (feelings.weakest + feelings.strongest) / 2 if spec.of == "outputs" else 0.0
    n_chosen = min(max(sum(one > middle for one in felt), least), most)
    best = sorted(range(len(offered)), key=lambda one: -felt[one])[:n_chosen]
    return [offered[one] for one in sorted(best)]


def _words(spec: AnswerSpec) -> str:
    what = "outputs" if spec.of == "outputs" else f"of {listed(spec.option_labels.values(), 5)}"
    least, most = int(spec.least or 0), spec.most
    if most is None:
        return f"{f'{least} or more' if least else 'any'} {what}"
    return f"exactly {least} {what}" if least == most else f"{least} to {int(most)} {what}"


SEVERAL = AnswerKind(
    "Any number of options or outputs",
    "sets",
    ("options", "of", "least", "most"),
    EVERYWHERE,
    _problems,
    _check,
    _cells,
    _moved,
    _simulate,
    _words,
    offers,
)
