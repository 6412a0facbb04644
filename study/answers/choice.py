"""One of several options, or one of the outputs ("best of")."""

from collections.abc import Sequence

import numpy as np

from study.answers.cells import Cell, Value
from study.answers.kind import EVERYWHERE, AnswerKind, Feelings, Offer, keyed
from study.answers.spec import AnswerSpec
from study.errors import InvalidInput
from study.wording import listed

LETTERS = "ABCDEFGHIJ"
"""Of the outputs on screen, by position."""


def option_problems(spec: AnswerSpec) -> list[str]:
    """Return what is wrong with the options of a choice, or of several."""
    if spec.of == "outputs":
        found = [f"options has {len(spec.options)} entries, but outputs are chosen"] if spec.options else []
        return found + (["about must be task where outputs are chosen"] if spec.about != "task" else [])
    twice = len(spec.option_labels) < len(spec.options)
    if twice:
        return ["options: give each one a different key"]
    return ["options needs two or more entries, such as {yes: Yes, no: No}"] if len(spec.options) < 2 else []


def check_choice(spec: AnswerSpec, value: Value, n_outputs: int) -> None:
    """Raise InvalidInput unless a value is one option, or the position of an output."""
    if spec.of == "outputs":
        if type(value) is not int or not 0 <= value < n_outputs:
            raise InvalidInput(f"{value!r} is no output's position; allowed: 0 to {n_outputs - 1}")
    elif not isinstance(value, str) or value not in spec.option_labels:
        raise InvalidInput(f"{value!r} is no option; allowed: {listed(spec.option_labels)}")


def _cells(spec: AnswerSpec, value: Value, n_outputs: int) -> list[Cell]:
    if spec.of == "outputs":
        return [Cell(position=one, number=float(one == value)) for one in range(n_outputs)]
    return [Cell(text=str(value))]


def moved_choice(value: Value, to: Sequence[int]) -> Value:
    """Return a choice after the outputs have moved."""
    return to[value] if isinstance(value, int) else value


def _simulate(spec: AnswerSpec, feelings: Feelings, position: int | None, rng: np.random.Generator) -> Value:
    if spec.of == "outputs":
        return int(np.argmax([feelings.felt(one, rng) for one in range(len(feelings.strengths))]))
    best_first = list(spec.option_labels)
    place = int(feelings.level(position, rng) * len(best_first))
    return best_first[::-1][min(place, len(best_first) - 1)]


def offers(spec: AnswerSpec, n_outputs: int) -> list[Offer]:
    """Return the options, or the outputs by their letters."""
    if spec.of == "outputs":
        return keyed([(place, LETTERS[place]) for place in range(n_outputs)])
    return keyed(list(spec.option_labels.items()))


def _words(spec: AnswerSpec) -> str:
    return (
        "one of the outputs" if spec.of == "outputs" else f"one of {listed(spec.option_labels.values(), 5)}"
    )


CHOICE = AnswerKind(
    "One of several options, or the best output",
    "nominal",
    ("options", "of"),
    EVERYWHERE,
    option_problems,
    check_choice,
    _cells,
    moved_choice,
    _simulate,
    _words,
    offers,
)
