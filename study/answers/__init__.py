"""Kinds of answer, one file each: what a question's settings may be, what is valid, which cells an answer has.

Answers are stored as given on screen, by position, as JSON; a preference, a skip and an undone answer are bare words.
"""

from dataclasses import replace

from numpy.random import Generator

from study.answers.cells import Cell, Place, Shape, Value, places_of, unwrapped, wrapped
from study.answers.choice import CHOICE
from study.answers.kind import AnswerKind, Feelings
from study.answers.number import NUMBER
from study.answers.order import ORDER
from study.answers.points import POINTS
from study.answers.preference import PREFERENCE
from study.answers.scale import SCALE
from study.answers.several import SEVERAL
from study.answers.spec import AnswerSpec
from study.answers.text import TEXT
from study.errors import InvalidInput
from study.tables import lookup

__all__ = [
    "ANSWERS",
    "AnswerKind",
    "AnswerSpec",
    "Cell",
    "Feelings",
    "Place",
    "Shape",
    "Value",
    "cells_of",
    "checked",
    "kind_of",
    "moved",
    "places_of",
    "simulated",
    "unwrapped",
    "wrapped",
]

ANSWERS: dict[str, AnswerKind] = {
    "preference": PREFERENCE,
    "scale": SCALE,
    "number": NUMBER,
    "choice": CHOICE,
    "several": SEVERAL,
    "order": ORDER,
    "text": TEXT,
    "points": POINTS,
}
"""By the key that designs and judgments name; what every kind must obey is tested in ``tests/answers``."""


def kind_of(spec: AnswerSpec) -> AnswerKind:
    """Return the kind of a question's answer."""
    return lookup(ANSWERS, spec.kind, "kind of answer")


def checked(spec: AnswerSpec, response: str, shape: Shape) -> str:
    """Return a response in its stored spelling.

    Raises
    ------
    InvalidInput
        If it is no answer to the question; the message says what is allowed.
    """
    kind = kind_of(spec)
    values: list[Value] = []
    for _, value in _values(spec, response, shape):
        if value is None and not spec.required:
            values.append(value)
            continue
        if value is None:
            raise InvalidInput("something is not answered yet")
        kind.check(spec, value, shape.n_outputs)
        values.append(value)
    return response if spec.kind == "preference" else wrapped(spec, values, shape)


def cells_of(spec: AnswerSpec, response: str, shape: Shape) -> list[Cell]:
    """Return the cells of a response, by position; what was left out has none."""
    kind = kind_of(spec)
    found = []
    for (position, subject), value in _values(spec, response, shape):
        for cell in kind.cells(spec, value, shape.n_outputs) if value is not None else []:
            at = cell.position if position is None else position
            found.append(replace(cell, position=at, subject=subject))
    return found


def moved(spec: AnswerSpec, response: str, shape: Shape, to: tuple[int, ...]) -> str:
    """Return the response with the same meaning after the output at each position p has moved to ``to[p]``."""
    kind, values = kind_of(spec), dict(_values(spec, response, shape))
    if spec.kind == "preference":
        return str(kind.moved(response, to))
    back = {place: position for position, place in enumerate(to)}
    ordered = [
        values[position if position is None else back[position], subject]
        for position, subject in places_of(spec, shape)
    ]
    return wrapped(spec, [one if one is None else kind.moved(one, to) for one in ordered], shape)


def simulated(spec: AnswerSpec, feelings: Feelings, shape: Shape, rng: Generator) -> str:
    """Return a simulated rater's response."""
    kind = kind_of(spec)
    values = [kind.simulate(spec, feelings, position, rng) for position, _ in places_of(spec, shape)]
    return str(values[0]) if spec.kind == "preference" else wrapped(spec, values, shape)


def _values(spec: AnswerSpec, response: str, shape: Shape) -> list[tuple[Place, Value]]:
    return [((None, None), response)] if spec.kind == "preference" else unwrapped(spec, response, shape)
