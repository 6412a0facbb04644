"""EM for rater models in which a rater's answer depends only on the item's true label, with sparse counts."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.sparse import csr_array

from study.errors import InvalidInput
from study.stats.arrays import FloatArray, IntArray
from study.stats.quality.labels import Labels
from study.stats.threads import on_one_thread

TINY = 1e-300
"""Replaces a probability of 0, whose logarithm would be infinite."""

LONGEST_LEAP = 100.0
"""Longest extrapolation, in steps; its square multiplies the rounding error of sums of 1."""

Watch = Callable[[int], object]
"""Called with the number of steps done."""

Maximisation = Callable[[FloatArray, FloatArray], FloatArray]
"""Maps expected counts and the last confusion to the new confusion, all (n_raters, n_categories, n_categories)."""

Projection = Callable[[FloatArray, FloatArray], FloatArray]
"""Maps an extrapolated confusion to one the model allows; raters that left the model get those of the second."""


def rows_of_one(confusion: FloatArray, safe: FloatArray) -> FloatArray:
    """Return a confusion whose rows are probabilities: the projection of a model without further constraints."""
    inside = np.asarray((confusion >= 0).all(axis=(1, 2)))[:, None, None]
    kept = np.where(inside, confusion, safe)
    return np.asarray(kept / kept.sum(axis=2, keepdims=True))


@dataclass(frozen=True, slots=True)
class Convergence:
    """How an EM run ended.

    Attributes
    ----------
    objective : ndarray of shape (n_steps + 1,)
        The quantity that EM raises at each step, from the start; it never falls.
    converged : bool
        Whether the last gain was at most ``tolerance`` of its size; otherwise the steps ran out.
    tolerance : float
    quantity : str
        Name of the objective.
    """

    objective: FloatArray
    converged: bool
    tolerance: float
    quantity: str = "log-likelihood of the labels"

    @property
    def n_steps(self) -> int:
        """The number of steps taken."""
        return len(self.objective) - 1


@dataclass(frozen=True, slots=True)
class ConfusionFit:
    """Posterior (n_items, n_categories), prevalence (n_categories,) and confusion (n_raters, true, given)."""

    posterior: FloatArray
    prevalence: FloatArray
    confusion: FloatArray
    convergence: Convergence


@dataclass(frozen=True, slots=True)
class Incidence:
    """Which item got which label from which rater on which side, as sparse matrices of counts.

    Attributes
    ----------
    by_item : sparse array of shape (n_items, n_raters * n_sides * n_categories)
    by_rater : sparse array
        Its transpose, stored by rows.
    n_raters, n_categories : int
    frames : tuple of ndarray of int64
        For each side, the meaning of the labels there: unchanged, and mirrored where a was on the right. A rater's
        confusion then refers to the screen, so that "a" in it means left and "b" right.
    mirror : ndarray of int64 or None
        Set where the names of outputs are arbitrary and raters see no side: parameters are then tied.
    """

    by_item: csr_array
    by_rater: csr_array
    n_raters: int
    n_categories: int
    frames: tuple[IntArray, ...]
    mirror: IntArray | None


def incidence(given: Labels) -> Incidence:
    """Return the sparse counts of labels."""
    k = given.n_categories
    frames: tuple[IntArray, ...] = (np.arange(k),)
    side = np.zeros_like(given.item)
    if given.mirror is not None and given.a_left is not None:
        frames = (np.arange(k), given.mirror)
        side = np.where(given.a_left, 0, 1)
    column = ((given.rater * len(frames) + side) * k + given.label).astype(np.int32)
    shape = (given.n_items, given.n_raters * len(frames) * k)
    by_item = csr_array((np.ones(len(column)), (given.item.astype(np.int32), column)), shape=shape)
    return Incidence(by_item, csr_array(by_item.T), given.n_raters, k, frames, given.mirror)


@on_one_thread
def confusion_em(
    counts: Incidence,
    maximise: Maximisation,
    start: FloatArray,
    *,
    first: FloatArray,
    project: Projection = rows_of_one,
    free_prevalence: bool = True,
    tolerance: float = 1e-9,
    most_steps: int = 2000,
    watch: Watch | None = None,
) -> ConfusionFit:
    """Fit a rater model by EM to convergence of the log-likelihood of the observed labels.

    Every item must have a label. Each step consists of two EM steps and an extrapolation, which is taken only if it
    is no less likely; so the log-likelihood never falls from step to step, up to rounding.

    Parameters
    ----------
    counts : Incidence
    maximise : callable
        The model: from expected counts to the confusion that maximises them, or raises them.
    start : ndarray of shape (n_items, n_categories)
        Initial probabilities of the true labels.
    first : ndarray of shape (n_raters, n_categories, n_categories)
        Passed to ``maximise`` as the last confusion in the first step.
    project : callable
        Keeps an extrapolated confusion within the model.
    free_prevalence : bool
        Whether the prevalence of true labels is estimated; otherwise it is uniform.
    tolerance : float
        The relative gain below which EM stops.
    most_steps : int
    watch : callable, optional
        Called with the number of steps after each; an exception that it raises ends the fit.

    Raises
    ------
    InvalidInput
        If the tolerance is negative or no step is allowed.

    References
    ----------
    Dempster, Laird and Rubin 1977; Dawid and Skene 1979; Varadhan and Roland 2008 (squared extrapolation).
    """
    if not tolerance >= 0 or most_steps < 1:
        raise InvalidInput(f"tolerance {tolerance}, most_steps {most_steps}; allowed: 0 or more, 1 or more")
    step = partial(_maximised, counts, maximise, free_prevalence)
    uniform = np.full(counts.n_categories, 1 / counts.n_categories)
    point = _seen(counts, step(_Seen(uniform, first, start, -np.inf)))
    objective, converged = [point.log_likelihood], False
    while not converged and len(objective) <= most_steps:
        point = _leap(counts, step, project, point)
        gain = point.log_likelihood - objective[-1]
        converged = gain <= tolerance * abs(point.log_likelihood)
        objective.append(point.log_likelihood)
        if watch is not None:
            watch(len(objective) - 1)
    record = Convergence(np.array(objective), converged, tolerance)
    return ConfusionFit(point.posterior, point.prevalence, point.confusion, record)


@dataclass(frozen=True, slots=True)
class _Point:
    """Parameters."""

    prevalence: FloatArray
    confusion: FloatArray


@dataclass(frozen=True, slots=True)
class _Seen(_Point):
    """Parameters with their posterior and likelihood of the labels."""

    posterior: FloatArray
    log_likelihood: float


def _seen(counts: Incidence, point: _Point) -> _Seen:
    posterior, log_likelihood = label_posterior(counts, point.prevalence, point.confusion)
    return _Seen(point.prevalence, point.confusion, posterior, log_likelihood)


def _maximised(counts: Incidence, maximise: Maximisation, free_prevalence: bool, point: _Seen) -> _Point:
    confusion = maximise(expected_counts(counts, point.posterior), point.confusion)
    return _Point(
        _prevalence(point.posterior, counts.mirror) if free_prevalence else point.prevalence, confusion
    )


def _leap(counts: Incidence, step: Callable[[_Seen], _Point], project: Projection, start: _Seen) -> _Seen:
    """Return the point after two EM steps, or an extrapolated one that is no less likely than the first step.

    Squared extrapolation preserves linear constraints: sums of 1 and those of the models. A rater whose probabilities
    would leave 0 to 1, or the model, stays at the second step.
    """
    once = _seen(counts, step(start))
    twice = step(once)
    first = _difference(once, start)
    second = _difference(twice, once) - first
    size = float(np.linalg.norm(first)) / max(float(np.linalg.norm(second)), TINY)
    if size <= 1:
        return _seen(counts, twice)
    size = min(size, LONGEST_LEAP)
    k = counts.n_categories
    move = (2 * size - 2) * first + (size**2 - 1) * second
    prevalence = twice.prevalence + move[:k]
    confusion = twice.confusion + move[k:].reshape(twice.confusion.shape)
    if prevalence.min() < 0:
        prevalence = twice.prevalence
    # Rounding errors in the model's constraints would be squared from leap to leap, so constraints are enforced each
    # time.
    if counts.mirror is not None:
        prevalence = (prevalence + prevalence[counts.mirror]) / 2
    confusion = project(tied(counts, confusion), twice.confusion)
    further = _seen(counts, _Point(prevalence / prevalence.sum(), confusion))
    return further if further.log_likelihood >= once.log_likelihood else _seen(counts, twice)


def _difference(point: _Point, other: _Point) -> FloatArray:
    parts = (point.prevalence - other.prevalence, (point.confusion - other.confusion).ravel())
    return np.concatenate(parts)


def expected_counts(counts: Incidence, posterior: FloatArray) -> FloatArray:
    """Return expected answers by rater, true label and given label, on screen where sides are known."""
    k = counts.n_categories
    cells = (counts.by_rater @ posterior).reshape(counts.n_raters, len(counts.frames), k, k)
    by_truth = cells.transpose(0, 1, 3, 2)
    total = sum(
        (by_truth[:, side][:, frame][:, :, frame] for side, frame in enumerate(counts.frames)),
        start=np.zeros(1),
    )
    return tied(counts, total)


def tied(counts: Incidence, tables: FloatArray) -> FloatArray:
    """Return tables that treat a and b alike if their names are arbitrary and raters see no side."""
    if counts.mirror is None or len(counts.frames) > 1:
        return tables
    return (tables + tables[:, counts.mirror][:, :, counts.mirror]) / 2


def label_posterior(
    counts: Incidence, prevalence: FloatArray, confusion: FloatArray
) -> tuple[FloatArray, float]:
    """Return the probabilities of true labels, shape (n_items, n_categories), and the log-likelihood."""
    log_confusion = np.log(np.maximum(confusion, TINY)).transpose(0, 2, 1)
    table = np.stack([log_confusion[:, frame][:, :, frame] for frame in counts.frames], axis=1)
    joint = counts.by_item @ table.reshape(-1, counts.n_categories)
    joint += np.log(np.maximum(prevalence, TINY))
    return softmax(joint)


def softmax(joint: FloatArray) -> tuple[FloatArray, float]:
    """Return the softmax of each row, and the sum over rows of the logarithm of the sum of exponentials.

    >>> posterior, total = softmax(np.log([[0.1, 0.3]]))
    >>> posterior.round(2), round(float(np.exp(total)), 2)
    (array([[0.25, 0.75]]), 0.4)
    """
    peak = joint[:, 0].copy()
    for column in joint.T[1:]:
        np.maximum(peak, column, out=peak)
    weight = np.exp(joint - peak[:, None])
    total = weight[:, 0].copy()
    for column in weight.T[1:]:
        total += column
    weight /= total[:, None]
    return weight, float(peak.sum() + np.log(total).sum())


def _prevalence(posterior: FloatArray, mirror: IntArray | None) -> FloatArray:
    """Return the mean posterior, with a and b equally frequent where their names are arbitrary."""
    mean = np.asarray(np.ones(len(posterior)) @ posterior / len(posterior))
    return mean if mirror is None else (mean + mean[mirror]) / 2
