"""Strengths from graded answers ("much better ... slightly better ... tie ..."): a cumulative link model.

With ``difference = strength[a] - strength[b]`` and ordered cut points c, the probability that the answer leans to a
by at most k steps is ``1 / (1 + exp(difference - c[k]))``. The cut points are symmetric about 0, so swapping a and b
mirrors the answer: two answers give Bradley-Terry, three give Rao-Kupper.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, log_expit

from study.errors import InvalidInput
from study.stats.arrays import FloatArray, IntArray, check_equal_lengths, codes
from study.stats.ranking.bradley_terry import bradley_terry
from study.stats.ranking.comparability import Comparability
from study.stats.ranking.curves import Curve, scaled, scattered, total
from study.stats.ranking.newton import Maximum, maximum

MOST_STEPS_OF_A_SCALE = 10

TINY = 1e-12


@dataclass(frozen=True, slots=True)
class GradedCounts:
    """Graded answers per pair of systems, made by :func:`graded_counts`.

    Attributes
    ----------
    first, second : ndarray of int64, shape (n_pairs,)
        Positions in ``systems``, first < second.
    counts : ndarray of shape (n_pairs, n_answers)
        From the strongest preference for the second system to the strongest for the first.
    grades : ndarray of shape (n_answers,)
        The answers in that order, such as -2, -1, 0, 1, 2.
    systems : tuple of str
    """

    first: IntArray
    second: IntArray
    counts: FloatArray
    grades: IntArray
    systems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GradedStrengths:
    """A maximum-likelihood fit of the cumulative link model.

    Attributes
    ----------
    strengths : ndarray of shape (n_systems,)
        In logits, mean zero over the comparable systems; nan for the others.
    covariance : ndarray of shape (n_systems, n_systems)
        Model-based, with independent judgments; 0 outside the comparable systems.
    cut_points : ndarray of shape (n_answers // 2,)
        Ascending: the difference at which leaning to a by more than that many steps has even odds. Without ties on the
        scale the first is fixed at 0.
    cut_errors : ndarray of shape (n_answers // 2,)
        Standard errors; nan where fixed.
    log_likelihood : float
        That of all the grades; comparable only with fits to the same grades.
    n_parameters : int
    comparability : Comparability
    reason : str or None
        Why there is no fit.
    """

    strengths: FloatArray
    covariance: FloatArray
    cut_points: FloatArray
    cut_errors: FloatArray
    log_likelihood: float
    n_parameters: int
    comparability: Comparability
    reason: str | None = None

    @property
    def aic(self) -> float:
        """Akaike's information criterion: lower is better."""
        return 2 * self.n_parameters - 2 * self.log_likelihood


def graded_counts(
    a: ArrayLike, b: ArrayLike, grade: ArrayLike, systems: Sequence[str], *, most: int, tie: bool = True
) -> GradedCounts:
    """Count graded answers per pair of systems.

    Parameters
    ----------
    a, b : array_like of int, shape (n_judgments,)
        Positions in ``systems``.
    grade : array_like of int, shape (n_judgments,)
        From ``-most`` (b far better) to ``most`` (a far better); 0 is a tie.
    systems : sequence of str
    most : int
        2 for a scale of five steps, 3 for one of seven.
    tie : bool
        Whether the scale has a tie.

    Raises
    ------
    InvalidInput
        If a code, a grade or ``most`` is not allowed, or a system is compared with itself.
    """
    n = len(systems)
    first, second = codes(a, n, "system"), codes(b, n, "system")
    given = np.asarray(grade)
    check_equal_lengths(a=len(first), b=len(second), grade=len(given))
    if not 1 <= most <= MOST_STEPS_OF_A_SCALE:
        raise InvalidInput(f"most {most}; allowed: 1 to {MOST_STEPS_OF_A_SCALE}")
    grades = np.array([g for g in range(-most, most + 1) if g or tie])
    wrong = np.flatnonzero(~np.isin(given, grades))
    if wrong.size:
        raise InvalidInput(f"grade {given[wrong[0]]} at position {wrong[0]}; allowed: {grades.tolist()}")
    if (first == second).any():
        same = int(np.flatnonzero(first == second)[0])
        raise InvalidInput(f"judgment {same} compares {systems[first[same]]!r} with itself")
    lean = np.searchsorted(grades, np.where(first < second, given, -given))
    k = len(grades)
    cell = (np.minimum(first, second) * n + np.maximum(first, second)) * k + lean
    table = np.bincount(cell, minlength=n * n * k).reshape(n * n, k).astype(np.float64)
    pair = np.flatnonzero(table.sum(axis=1))
    return GradedCounts(pair // n, pair % n, table[pair], grades, tuple(systems))


def graded_strengths(graded: GradedCounts) -> GradedStrengths:
    """Fit strengths and symmetric cut points to graded answers by maximum likelihood.

    The log-likelihood is concave. A step of the scale that no rater used (on either side) has no finite cut point:
    use a scale without it.

    Parameters
    ----------
    graded : GradedCounts

    Returns
    -------
    GradedStrengths
        nan with a reason if no finite estimate exists.

    References
    ----------
    McCullagh 1980; Agresti 1992 (paired comparisons with ordinal answers); Pratt 1981 (concavity).

    Examples
    --------
    >>> a, b = [0] * 6 + [1] * 4 + [0] * 5, [1] * 6 + [2] * 4 + [2] * 5
    >>> grade = [2, 1, 1, 0, -1, -2, 2, 1, 0, -1, 2, 2, 1, 0, -1]
    >>> fit = graded_strengths(graded_counts(a, b, grade, ["A", "B", "C"], most=2))
    >>> fit.strengths.round(3), fit.cut_points.round(3)
    (array([ 0.46 ,  0.138, -0.599]), array([0.442, 1.762]))
    """
    half = bradley_terry(_half_wins(graded), graded.systems)
    linked = half.comparability
    kept = linked.comparable[graded.first] & linked.comparable[graded.second]
    counts = graded.counts[kept]
    used = counts.sum(axis=0) + counts.sum(axis=0)[::-1]
    reason = "the comparisons put no group of systems on one scale" if not kept.any() else None
    if reason is None and not used.all():
        unused = np.abs(graded.grades[np.flatnonzero(used == 0)[0]])
        reason = f"no answer of grade {unused} on either side: its cut point has no finite estimate"
    if reason is not None:
        return _unfitted(graded, linked, reason)
    place = np.cumsum(linked.comparable) - 1
    pairs = place[graded.first[kept]], place[graded.second[kept]]
    found = _fit(pairs, counts, half.strengths[linked.comparable])
    if not found.finite:
        return _unfitted(
            graded, linked, "the likelihood rises without end: answers are one-sided, no finite estimate"
        )
    return _described(found, graded, linked)


def answer_curves(points: FloatArray, n_answers: int) -> tuple[Curve, ...]:
    """Return the log-probabilities of the answers at points (strength, strength, cut points), shape (n, k)."""
    return tuple(_answer(points, *edges) for edges in _cut_of_answer(n_answers))


def _half_wins(graded: GradedCounts) -> FloatArray:
    n = len(graded.systems)
    wins = np.zeros((n, n))
    to_first = (graded.grades > 0) + (graded.grades == 0) / 2
    to_second = (graded.grades < 0) + (graded.grades == 0) / 2
    wins[graded.first, graded.second] = graded.counts @ to_first
    wins[graded.second, graded.first] = graded.counts @ to_second
    return wins


def _unfitted(graded: GradedCounts, linked: Comparability, reason: str) -> GradedStrengths:
    n, unknown = len(graded.systems), np.full(len(graded.grades) // 2, np.nan)
    return GradedStrengths(np.full(n, np.nan), np.zeros((n, n)), unknown, unknown, np.nan, 0, linked, reason)


def _fit(pairs: tuple[IntArray, IntArray], counts: FloatArray, start: FloatArray) -> Maximum:
    """Return the maximum over strengths minus the first, then the free cut points."""
    n, n_answers = len(start), counts.shape[1]
    n_cuts = n_answers // 2
    has_tie = n_answers % 2
    places = np.column_stack([*pairs, *(np.full_like(pairs[0], n + k) for k in range(n_cuts))])
    basis = np.zeros((n + n_cuts, n - 1 + n_cuts))
    basis[:n, : n - 1] = np.eye(n)[:, 1:] - 1 / n
    basis[n:, n - 1 :] = np.eye(n_cuts)
    if not has_tie:
        basis = np.delete(basis, n - 1, axis=1)  # the innermost cut point is 0
    share = (
        np.cumsum((counts.sum(axis=0) + counts.sum(axis=0)[::-1])[n_answers - n_cuts :][::-1])[::-1]
        / counts.sum()
        / 2
    )
    cuts = -np.log(share / (1 - share))[1 - has_tie :]
    begin = np.concatenate([start[1:] - start[0], cuts])

    def objective(x: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        full = basis @ x
        if (np.diff(full[n:]) <= TINY).any() or (has_tie and full[n] <= TINY):
            return -np.inf, np.zeros_like(x), np.zeros((len(x), len(x)))
        points = full[places]
        curves = answer_curves(points, n_answers)
        parts = [scaled(curve, count) for curve, count in zip(curves, counts.T, strict=True)]
        value, gradient, hessian = scattered(total(parts), places, n + n_cuts)
        return value, basis.T @ gradient, basis.T @ hessian @ basis

    found = maximum(objective, begin)
    covariance = basis @ found.covariance @ basis.T
    return Maximum(basis @ found.parameters, covariance, found.value, found.finite)


def _cut_of_answer(n_answers: int) -> list[tuple[int, int]]:
    """Return each answer's lower and upper edge as a signed position among the cut points; 0 if there is none.

    >>> _cut_of_answer(3), _cut_of_answer(2)
    ([(0, -1), (-1, 1), (1, 0)], [(0, 1), (1, 0)])
    """
    n_cuts = n_answers // 2
    inner = range(1, n_cuts + 1)
    edges = (
        [*(-k for k in reversed(inner)), *inner]
        if n_answers % 2
        else [*(-k for k in reversed(inner[1:])), *inner]
    )
    return list(zip([0, *edges], [*edges, 0], strict=True))


def _answer(points: FloatArray, lower: int, upper: int) -> Curve:
    """Return the log-probability of an answer between two edges.

    With u, l the edges minus the difference: log expit(u) + log expit(-l) + log(1 - exp(l - u)), each concave.
    """
    forms = []
    for edge in (lower, upper):
        form = np.zeros(points.shape[1])
        form[0], form[1] = -1, 1
        if edge:
            form[1 + abs(edge)] = np.sign(edge)
        forms.append(form)
    below, above = forms
    pieces = []
    if upper:
        pieces.append(_composed(points, above, *_log_expit(points @ above)))
    if lower:
        pieces.append(_composed(points, below, *_log_expit(-(points @ below)), sign=-1))
    if lower and upper:
        gap = points @ (above - below)
        slope = 1 / np.expm1(gap)
        pieces.append(_composed(points, above - below, np.log(-np.expm1(-gap)), slope, -slope * (1 + slope)))
    return total(pieces)


def _log_expit(x: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    p = expit(-x)
    return log_expit(x), p, -p * (1 - p)


def _composed(
    points: FloatArray,
    form: FloatArray,
    value: FloatArray,
    slope: FloatArray,
    bend: FloatArray,
    sign: int = 1,
) -> Curve:
    """Return a function of ``sign * form @ points`` from its value and two derivatives."""
    return Curve(value, sign * slope[:, None] * form, bend[:, None, None] * np.outer(form, form))


def _described(found: Maximum, graded: GradedCounts, linked: Comparability) -> GradedStrengths:
    n, size = int(linked.comparable.sum()), len(linked.comparable)
    strengths, covariance = np.full(size, np.nan), np.zeros((size, size))
    strengths[linked.comparable] = found.parameters[:n]
    covariance[np.ix_(linked.comparable, linked.comparable)] = found.covariance[:n, :n]
    variances = np.diag(found.covariance)[n:]
    errors = np.sqrt(np.where(variances > 0, variances, np.nan))
    n_parameters = n - 1 + int((variances > 0).sum())
    return GradedStrengths(
        strengths, covariance, found.parameters[n:], errors, found.value, n_parameters, linked
    )
