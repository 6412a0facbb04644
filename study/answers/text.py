"""Free text, with a minimum length."""

import numpy as np

from study.answers.cells import Cell, Value
from study.answers.kind import EVERYWHERE, AnswerKind, Feelings, no_offers, unmoved
from study.answers.spec import AnswerSpec
from study.errors import InvalidInput

MOST_CHARS = 20_000


def _problems(_spec: AnswerSpec) -> list[str]:
    return []


def _check(spec: AnswerSpec, value: Value, _n_outputs: int) -> None:
    if not isinstance(value, str) or not spec.min_chars <= len(value.strip()) <= MOST_CHARS:
        raise InvalidInput(f"give a text of {spec.min_chars} to {MOST_CHARS:,} characters")


def _cells(_spec: AnswerSpec, value: Value, _n_outputs: int) -> list[Cell]:
    return [Cell(text=str(value), in_words=True)]


def _simulate(spec: AnswerSpec, feelings: Feelings, position: int | None, rng: np.random.Generator) -> Value:
    said = f"A simulated text: {feelings.level(position, rng):.0%} good"
    return said.ljust(spec.min_chars, ".")


def _words(spec: AnswerSpec) -> str:
    return f"free text{f' of {spec.min_chars} characters or more' if spec.min_chars else ''}"


TEXT = AnswerKind(
    "Free text",
    "text",
    ("min_chars",),
    EVERYWHERE,
    _problems,
    _check,
    _cells,
    unmoved,
    _simulate,
    _words,
    no_offers,
)
