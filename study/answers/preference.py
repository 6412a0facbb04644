"""Which of two outputs is better, on three, five or seven steps; with "tie" and "both are bad" if the question has them.

The value is a code of the screen, such as ``left_2``; :mod:`study.blinding` says which output it prefers.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from study.answers.cells import Cell, Value
from study.answers.kind import AnswerKind, Feelings, Offer
from study.answers.spec import AnswerSpec
from study.errors import InvalidInput
from study.records import SIDES
from study.responses import BOTH_BAD, OPTIONS, RESPONSE_FORMATS, TIE, Option, mirrored_code
from study.wording import in_a_row

FORMAT_OF_STEPS = {
    sum(option.code != BOTH_BAD for option in scale.options): name for name, scale in RESPONSE_FORMATS.items()
}
"""The key of each preference scale by its number of steps, a tie among them."""


def options_of(spec: AnswerSpec) -> list[Option]:
    """Return the options that a question allows, in the order of the screen."""
    found = RESPONSE_FORMATS[FORMAT_OF_STEPS[spec.steps or 3]].options
    labels = list(spec.labels) or [option.label for option in found]
    named = [replace(option, label=label) for option, label in zip(found, labels, strict=True)]
    left_out = {code for code, allowed in ((TIE, spec.ties), (BOTH_BAD, spec.both_bad)) if not allowed}
    return [option for option in named if option.code not in left_out]


def _problems(spec: AnswerSpec) -> list[str]:
    if (spec.steps or 3) not in FORMAT_OF_STEPS:
        allowed = in_a_row([str(steps) for steps in FORMAT_OF_STEPS], "or")
        return [f"steps is {spec.steps}; a preference has {allowed}"]
    codes = [option.code for option in RESPONSE_FORMATS[FORMAT_OF_STEPS[spec.steps or 3]].options]
    if len(spec.labels) not in (0, len(codes)):
        return [f"labels has {len(spec.labels)} entries; give one for each of {', '.join(codes)}"]
    return []


def _check(spec: AnswerSpec, value: Value, n_outputs: int) -> None:
    codes = [option.code for option in options_of(spec)]
    if value not in codes:
        raise InvalidInput(f"unknown response {value!r}; allowed: {', '.join(codes)}")
    if n_outputs != 2:
        raise InvalidInput(f"a preference is between two outputs, and the task shows {n_outputs}")


def _cells(_spec: AnswerSpec, value: Value, _n_outputs: int) -> list[Cell]:
    option = OPTIONS[str(value)]
    position = None if option.side is None else SIDES.index(option.side)
    return [Cell(position=position, number=float(option.strength), text=option.code)]


def _moved(value: Value, to: Sequence[int]) -> Value:
    return mirrored_code(str(value)) if tuple(to) == (1, 0) else value


def _simulate(spec: AnswerSpec, feelings: Feelings, _position: int | None, rng: np.random.Generator) -> Value:
    """Return the code of a rater's answer: a Davidson-like model with lapses, ties and "both are bad"."""
    options, (left, right) = options_of(spec), feelings.strengths
    codes = [option.code for option in options]
    lapses, finds_bad = rng.random(2) < (
        feelings.lapse,
        feelings.both_bad * math.exp(feelings.weakest - max(left, right)),
    )
    if lapses:
        return codes[rng.integers(len(codes))]
    if finds_bad and BOTH_BAD in codes:
        return BOTH_BAD
    felt = left - right + feelings.position_bias + rng.logistic(scale=feelings.noise)
    if abs(felt) <= feelings.tie_width and TIE in codes:
        return TIE
    side = SIDES[0] if felt > 0 else SIDES[1]
    of_side = {option.strength: option.code for option in options if option.side == side}
    beyond = max(abs(felt) - feelings.tie_width, 0.0)
    return of_side[min(1 + int(beyond / feelings.noise), max(of_side))]


def _offers(spec: AnswerSpec, _n_outputs: int) -> list[Offer]:
    return [Offer(option.code, option.label, option.keys) for option in options_of(spec)]


def _words(spec: AnswerSpec) -> str:
    return f"which output is better, in {spec.steps or 3} steps"


PREFERENCE = AnswerKind(
    "Which of two is better",
    "ordinal",
    ("steps", "labels", "ties", "both_bad"),
    ("task",),
    _problems,
    _check,
    _cells,
    _moved,
    _simulate,
    _words,
    _offers,
)
