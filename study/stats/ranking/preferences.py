"""Preferences between pairs of systems: codes, counts, and sums per rater."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from study.errors import InvalidInput
from study.stats.arrays import BoolArray, FloatArray, IntArray, check_equal_lengths, codes, signs


@dataclass(frozen=True, slots=True)
class Preferences:
    """Judged comparisons of systems, made by :func:`preferences`.

    Attributes
    ----------
    a, b : ndarray of int64, shape (n_judgments,)
        The compared systems, positions in ``systems``.
    preference : ndarray of int64, shape (n_judgments,)
        1 if the output of ``a`` is preferred, -1 if that of ``b`` is, 0 for a tie.
    systems : tuple of str
    """

    a: IntArray
    b: IntArray
    preference: IntArray
    systems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WinCounts:
    """Outcomes per pair of systems.

    Attributes
    ----------
    wins : ndarray of shape (n_systems, n_systems)
        ``wins[i, j]``: how often i was preferred to j.
    ties : ndarray of shape (n_systems, n_systems)
        Symmetric: how often i and j tied.
    """

    wins: FloatArray
    ties: FloatArray


def preferences(a: ArrayLike, b: ArrayLike, preference: ArrayLike, systems: Sequence[str]) -> Preferences:
    """Return checked judged comparisons.

    Parameters
    ----------
    a, b : array_like of int, shape (n_judgments,)
        Positions in ``systems``.
    preference : array_like of int, shape (n_judgments,)
        1 for a, -1 for b, 0 for a tie. The caller decides how "both bad" counts.
    systems : sequence of str
        Names, used in reasons; each once.

    Raises
    ------
    InvalidInput
        If lengths differ, a code or a preference is not allowed, or a system is compared with itself.

    Examples
    --------
    >>> preferences([0], [0], [1], ["S1", "S2"])
    Traceback (most recent call last):
    study.errors.InvalidInput: judgment 0 compares 'S1' with itself; allowed: two different systems
    """
    if len(set(systems)) < len(systems):
        raise InvalidInput(f"systems {list(systems)}; allowed: each name once")
    first, second = codes(a, len(systems), "system"), codes(b, len(systems), "system")
    answers = signs(preference)
    check_equal_lengths(a=len(first), b=len(second), preference=len(answers))
    same = np.flatnonzero(first == second)
    if same.size:
        name = systems[first[same[0]]]
        raise InvalidInput(
            f"judgment {same[0]} compares {name!r} with itself; allowed: two different systems"
        )
    return Preferences(first, second, answers, tuple(systems))


def win_counts(judged: Preferences) -> WinCounts:
    """Count wins and ties per pair of systems."""
    n = len(judged.systems)
    cell = ((judged.preference + 1) * n + judged.a) * n + judged.b
    b_won, tied, a_won = np.bincount(cell, minlength=3 * n * n).reshape(3, n, n).astype(np.float64)
    return WinCounts(wins=a_won + b_won.T, ties=tied + tied.T)


def win_matrix(judged: Preferences) -> FloatArray:
    """Return wins of the row over the column, with a tie as half for each; shape (n_systems, n_systems).

    Examples
    --------
    >>> win_matrix(preferences([0, 1, 0], [1, 0, 1], [1, 1, 0], ["S1", "S2"]))
    array([[0. , 1.5],
           [1.5, 0. ]])
    """
    counts = win_counts(judged)
    return counts.wins + counts.ties / 2


def selected(judged: Preferences, kept: BoolArray) -> Preferences:
    """Return the judgments where ``kept``, shape (n_judgments,), is true."""
    return Preferences(judged.a[kept], judged.b[kept], judged.preference[kept], judged.systems)


def cluster_sums(
    judged: Preferences, cluster: IntArray, value_a: FloatArray, value_b: FloatArray
) -> FloatArray:
    """Sum a value of each judgment's two systems per cluster.

    Parameters
    ----------
    judged : Preferences
    cluster : ndarray of int64, shape (n_judgments,)
    value_a, value_b : ndarray of shape (n_judgments,)

    Returns
    -------
    ndarray of shape (n_clusters, n_systems)
        Clusters without a judgment are rows of zeros.
    """
    n = len(judged.systems)
    n_clusters = int(cluster.max(initial=-1)) + 1
    sums = np.bincount(cluster * n + judged.a, value_a, n_clusters * n)
    sums += np.bincount(cluster * n + judged.b, value_b, n_clusters * n)
    return sums.reshape(n_clusters, n).astype(np.float64, copy=False)
