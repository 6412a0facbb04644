"""What a kind of answer is made of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from study.answers.cells import Cell, Value
from study.answers.spec import About, AnswerSpec

Level = Literal["nominal", "ordinal", "interval", "sets", "spans", "text"]


@dataclass(frozen=True, slots=True)
class Offer:
    """One of the values that a question offers: its label, and the keys that choose it (the first one is shown)."""

    value: int | str
    label: str
    keys: tuple[str, ...]


DIGITS = "1234567890"
RESERVED = "su"
"""Letters that skip and undo."""


def keyed(labels: Sequence[tuple[int | str, str]]) -> list[Offer]:
    """Return offers with digits as keys, in order, and the first letter of each label if it is nobody else's.

    >>> [offer.keys for offer in keyed([("yes", "Yes"), ("no", "No"), ("unsure", "Unsure")])]
    [('1', 'y'), ('2', 'n'), ('3',)]
    """
    letters = [label[:1].lower() for _, label in labels]
    found = []
    for place, (value, label) in enumerate(labels):
        letter = letters[place]
        digit = (DIGITS[place],) if place < len(DIGITS) else ()
        own = letter.isascii() and letter.isalpha() and letters.count(letter) == 1 and letter not in RESERVED
        found.append(Offer(value, label, (*digit, *((letter,) if own else ()))))
    return found


EVERYWHERE: tuple[About, ...] = ("task", "each_output", "each_subject", "each_output_and_subject")


@dataclass(frozen=True, slots=True)
class AnswerKind:
    """A kind of answer: plain functions of a question's settings and of the value about one place.

    Attributes
    ----------
    label : str
        What it is, for the form of a design.
    level : str
        The level of measurement that agreement uses.
    uses : tuple of str
        The settings of :class:`study.answers.spec.AnswerSpec` that apply.
    about : tuple of str
        What it may be about.
    problems : callable
        Returns sentences on what is wrong with a question's settings.
    check : callable
        Raises InvalidInput if a value is no answer; its last argument is the number of outputs on screen.
    cells : callable
        Returns the cells of a value; with a position only where the value itself names one.
    moved : callable
        Returns the value with the same meaning after the output at position p has moved to ``to[p]``.
    simulate : callable
        Returns a value that fits a simulated rater's feelings, about one position or about the task.
    words : callable
        Says in plain words what is answered.
    offers : callable
        Returns what can be chosen by a key or a button, given the number of outputs; nothing if the answer is not a choice.
    """

    label: str
    level: Level
    uses: tuple[str, ...]
    about: tuple[About, ...]
    problems: Callable[[AnswerSpec], list[str]]
    check: Callable[[AnswerSpec, Value, int], None]
    cells: Callable[[AnswerSpec, Value, int], list[Cell]]
    moved: Callable[[Value, Sequence[int]], Value]
    simulate: Callable[[AnswerSpec, "Feelings", int | None, np.random.Generator], Value]
    words: Callable[[AnswerSpec], str]
    offers: "Callable[[AnswerSpec, int], list[Offer]]"


@dataclass(frozen=True, slots=True)
class Feelings:
    """What a simulated rater feels about the outputs on screen, and how sure the answers are.

    Attributes
    ----------
    strengths : tuple of float
        By position, on the log scale of a Bradley-Terry model.
    weakest, strongest : float
        Of all systems of the study.
    noise : float
        The scale of the logistic error of an answer.
    tie_width, position_bias, lapse, both_bad : float
        As in :class:`study.workflows.simulation.population.SimulatedRaters`.
    """

    strengths: tuple[float, ...]
    weakest: float
    strongest: float
    noise: float = 1.0
    tie_width: float = 0.0
    position_bias: float = 0.0
    lapse: float = 0.0
    both_bad: float = 0.0

    def felt(self, position: int, rng: np.random.Generator) -> float:
        """Return what is felt about an output, with the answer's error."""
        return float(self.strengths[position] + rng.logistic(scale=self.noise))

    def level(self, position: int | None, rng: np.random.Generator) -> float:
        """Return how good an output (or the mean of all) feels, from 0 to 1."""
        if rng.random() < self.lapse:
            return float(rng.random())
        found = [self.felt(one, rng) for one in range(len(self.strengths))]
        felt = sum(found) / len(found) if position is None else found[position]
        middle = (self.weakest + self.strongest) / 2
        return float(1 / (1 + np.exp(middle - felt)))


def no_offers(_spec: AnswerSpec, _n_outputs: int) -> list[Offer]:
    """Return nothing, for kinds whose answer is not a choice."""
    return []


def unmoved(value: Value, _to: Sequence[int]) -> Value:
    """Return a value that names no position."""
    return value
