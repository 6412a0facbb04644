"""Judged comparisons with complete answers: which system, a tie or both bad, and by how many steps."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from study.errors import InvalidInput
from study.stats.arrays import FloatArray, IntArray, check_equal_lengths, codes, signs
from study.stats.ranking.preferences import WinCounts

A_WON, B_WON, TIED, BOTH_BAD = range(4)
"""Codes of answers."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Judged comparisons with complete answers, made by :func:`answers`.

    Attributes
    ----------
    first, second : ndarray of int64, shape (n_judgments,)
        Positions in ``systems``, first < second.
    answer : ndarray of int64, shape (n_judgments,)
        0 first preferred, 1 second preferred, 2 tie, 3 both bad.
    grade : ndarray of int64, shape (n_judgments,)
        By how many steps the answer prefers the first system; negative for the second.
    side : ndarray of int64, shape (n_judgments,)
        1 where the first system was on the left, -1 where the second was, 0 without sides.
    systems : tuple of str
    """

    first: IntArray
    second: IntArray
    answer: IntArray
    grade: IntArray
    side: IntArray
    systems: tuple[str, ...]


def answers(
    a: ArrayLike,
    b: ArrayLike,
    answer: ArrayLike,
    grade: ArrayLike,
    systems: Sequence[str],
    side: ArrayLike | None = None,
) -> Answers:
    """Return checked judged comparisons with the smaller system first.

    Parameters
    ----------
    a, b : array_like of int, shape (n_judgments,)
        Positions in ``systems``.
    answer : array_like of int, shape (n_judgments,)
        0 for a, 1 for b, 2 for a tie, 3 for both bad.
    grade : array_like of int, shape (n_judgments,)
        By how many steps the answer prefers a, negative for b, 0 for neither.
    systems : sequence of str
    side : array_like of int, shape (n_judgments,), optional
        1 where a was on the left, -1 where b was, 0 (the default) without sides.

    Raises
    ------
    InvalidInput
        If lengths differ, a code is not allowed, a grade contradicts its answer, or a system is compared with itself.

    Examples
    --------
    >>> answers([1], [0], [A_WON], [2], ["A", "B"])
    Answers(first=array([0]), second=array([1]), answer=array([1]), grade=array([-2]), side=array([0]), systems=('A', 'B'))
    """
    one, two = codes(a, len(systems), "system"), codes(b, len(systems), "system")
    given = codes(answer, 4, "answer")
    grades = np.asarray(grade, dtype=np.int64)
    sides = np.zeros(len(one), dtype=np.int64) if side is None else signs(side)
    check_equal_lengths(a=len(one), b=len(two), answer=len(given), grade=len(grades), side=len(sides))
    wrong = np.flatnonzero((one == two) | (np.sign(grades) != np.array([1, -1, 0, 0])[given]))
    if wrong.size:
        at = wrong[0]
        raise InvalidInput(
            f"judgment {at} of systems {one[at]} and {two[at]} with answer {given[at]} has grade {grades[at]}; "
            "allowed: two different systems, and a grade above 0 for a, below 0 for b, 0 for neither"
        )
    turned = one > two
    swapped = np.array([B_WON, A_WON, TIED, BOTH_BAD])[given]
    return Answers(
        np.minimum(one, two),
        np.maximum(one, two),
        np.where(turned, swapped, given),
        np.where(turned, -grades, grades),
        np.where(turned, -sides, sides),
        tuple(systems),
    )


def answer_counts(given: Answers, *, both_bad: bool) -> tuple[WinCounts, FloatArray | None]:
    """Count wins and ties per pair, and both bad; without ``both_bad`` these count as ties.

    Returns
    -------
    WinCounts
    ndarray of shape (n_systems, n_systems), or None
    """
    n = len(given.systems)
    cell = (given.answer * n + given.first) * n + given.second
    a_won, b_won, tied, bad = np.bincount(cell, minlength=4 * n * n).reshape(4, n, n).astype(np.float64)
    if not both_bad:
        tied, bad = tied + bad, np.zeros_like(bad)
    return WinCounts(a_won + b_won.T, tied + tied.T), bad + bad.T if both_bad else None
