"""Dawid and Skene's model of raters, and the one-coin model as its simplest case."""

from dataclasses import replace

import numpy as np

from study.stats.arrays import FloatArray
from study.stats.quality.confusion_em import (
    Maximisation,
    Watch,
    confusion_em,
    expected_counts,
    incidence,
    rows_of_one,
)
from study.stats.quality.labels import Labels
from study.stats.quality.rater_model import (
    RaterModel,
    confusion_model,
    labelled,
    majority_shares,
    undefined_model,
)


def dawid_skene(
    given: Labels, *, tolerance: float = 1e-9, most_steps: int = 2000, watch: Watch | None = None
) -> RaterModel:
    """Fit a confusion matrix per rater and a posterior per item by maximum likelihood.

    EM starts from the shares of votes. Competence is the probability that the rater labels an item of this study
    correctly: the diagonal of the confusion matrix, weighted by the prevalence of the true labels that the rater met.

    For pairwise labels the names of outputs are arbitrary: a and b are equally frequent, and without sides a rater
    mistakes a for b as often as b for a. With sides, the confusion matrix is in terms of left and right, so that a
    rater's preference for the left is visible and affects the posterior less.

    Parameters
    ----------
    given : Labels
    tolerance : float
        EM stops when the relative gain of the log-likelihood is at most this.
    most_steps : int
    watch : callable, optional
        Called with the number of steps after each; an exception that it raises ends the fit.

    Returns
    -------
    RaterModel
        All nan with a reason if no item was labelled by two raters, or all labels are equal.

    References
    ----------
    Dawid and Skene 1979, eq. 2.3 to 2.5.

    Examples
    --------
    >>> from study.stats.quality.labels import labels
    >>> item, rater = [0, 0, 0, 1, 1, 1, 2, 2, 2], [0, 1, 2] * 3
    >>> votes = labels(item, rater, [0, 0, 1, 1, 1, 1, 0, 0, 0], n_items=3, n_raters=3, categories=("no", "yes"))
    >>> dawid_skene(votes).label
    array([0, 1, 0])
    """
    name = "Dawid-Skene, maximum likelihood by EM"
    return undefined_model(given, name) or _fitted(given, name, _row_shares, tolerance, most_steps, watch)


def one_coin(
    given: Labels, *, tolerance: float = 1e-9, most_steps: int = 2000, watch: Watch | None = None
) -> RaterModel:
    """Fit one probability of being right per rater, with wrong labels equally likely, and a posterior per item.

    Competence is that probability. Use it for raters with too few labels to estimate whole confusion matrices. Sides
    are not used. Parameters and result as in :func:`dawid_skene`.

    References
    ----------
    Zhang, Chen, Zhou and Jordan 2016, section 2 (one-coin Dawid-Skene).
    """
    name = "one-coin Dawid-Skene, maximum likelihood by EM"
    return undefined_model(given, name) or _fitted(
        given, name, _one_probability, tolerance, most_steps, watch
    )


def _fitted(
    given: Labels,
    name: str,
    maximise: Maximisation,
    tolerance: float,
    most_steps: int,
    watch: Watch | None,
) -> RaterModel:
    used, has_label = labelled(given)
    counts = incidence(used)
    k = given.n_categories
    fit = confusion_em(
        counts,
        maximise,
        majority_shares(used),
        project=_one_coin if maximise is _one_probability else rows_of_one,
        first=np.full((given.n_raters, k, k), 1 / k),
        tolerance=tolerance,
        most_steps=most_steps,
        watch=watch,
    )
    met = expected_counts(counts, fit.posterior).sum(axis=2)
    weight = np.where(met > 1e-9, fit.prevalence, 0.0)
    right = (np.diagonal(fit.confusion, axis1=1, axis2=2) * weight).sum(axis=1)
    total = weight.sum(axis=1)
    competence = np.divide(right, total, out=np.full_like(right, np.nan), where=total > 0)
    if maximise is _row_shares:
        fit = replace(fit, confusion=np.where(met[:, :, None] > 1e-9, fit.confusion, np.nan))
    return confusion_model(given, has_label, fit, name, competence)


def _row_shares(counts: FloatArray, last: FloatArray) -> FloatArray:
    """Return counts divided by their sum over given labels; uniform where a rater met no item of a true label."""
    met = counts.sum(axis=2, keepdims=True)
    even = np.full_like(counts, 1 / counts.shape[2])
    return np.asarray(np.divide(counts, met, out=even, where=met > 0))


def _one_probability(counts: FloatArray, last: FloatArray) -> FloatArray:
    k = counts.shape[-1]
    right, n = np.trace(counts, axis1=1, axis2=2), counts.sum(axis=(1, 2))
    return _one_coin_table(np.divide(right, n, out=np.full_like(n, 1 / k), where=n > 0), k)


def _one_coin(confusion: FloatArray, safe: FloatArray) -> FloatArray:
    accuracy = confusion[:, 0, 0]
    inside = (accuracy >= 0) & (accuracy <= 1)
    return _one_coin_table(np.where(inside, accuracy, safe[:, 0, 0]), confusion.shape[-1])


def _one_coin_table(accuracy: FloatArray, k: int) -> FloatArray:
    right = accuracy[:, None, None]
    return np.asarray(np.where(np.eye(k, dtype=bool), right, (1 - right) / (k - 1)))
