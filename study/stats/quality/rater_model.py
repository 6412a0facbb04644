"""The result of a rater model: true labels with their probabilities, raters with their competence."""

from dataclasses import dataclass, replace

import numpy as np

from study.stats.arrays import BoolArray, FloatArray, IntArray
from study.stats.quality.confusion_em import ConfusionFit, Convergence
from study.stats.quality.labels import Labels, uninformative_reason, vote_counts


@dataclass(frozen=True, slots=True)
class RaterModel:
    """A fitted rater model.

    Attributes
    ----------
    model : str
        The method in words, with its settings.
    categories : tuple of str
    posterior : ndarray of shape (n_items, n_categories)
        The probability that each label is the true one; nan where an item has no label, or the model is undefined.
    prevalence : ndarray of shape (n_categories,)
        How frequent each true label is.
    competence : ndarray of shape (n_raters,)
        As the model defines it (see the model's function); nan for a rater without a label.
    confusion : ndarray of shape (n_raters, n_categories, n_categories), optional
        The probability that a rater (first) gives a label (last) to an item of a true label (second). On screen, with
        "a" for left and "b" for right, if the sides are known. nan where the rater saw no such item.
    position_bias : ndarray of shape (n_raters,), optional
        Answers "left" minus answers "right", as shares, if each output were on the left equally often; from -1 to 1.
    difficulty : ndarray of shape (n_items,), optional
        Larger is harder, 0 is average; nan without a label.
    n_labels : ndarray of int64, shape (n_raters,)
    convergence : Convergence, optional
        None for models without iterations.
    reason : str, optional
        Why values are nan.
    caution : str, optional
        Why the values are doubtful.
    """

    model: str
    categories: tuple[str, ...]
    posterior: FloatArray
    prevalence: FloatArray
    competence: FloatArray
    n_labels: IntArray
    confusion: FloatArray | None = None
    position_bias: FloatArray | None = None
    difficulty: FloatArray | None = None
    convergence: Convergence | None = None
    reason: str | None = None
    caution: str | None = None

    @property
    def label(self) -> IntArray:
        """The most probable label of each item, -1 if there is none; the first of equally probable ones."""
        filled = np.nan_to_num(self.posterior, nan=-1.0)
        return np.where(np.isnan(self.posterior[:, 0]), -1, filled.argmax(axis=1)).astype(np.int64)

    @property
    def probability(self) -> FloatArray:
        """The probability of :attr:`label`; nan if there is none."""
        return np.asarray(self.posterior.max(axis=1))


def labelled(given: Labels) -> tuple[Labels, BoolArray]:
    """Return the labels with items renumbered to those that have a label, and the positions of those items."""
    has_label = np.bincount(given.item, minlength=given.n_items) > 0
    number = np.cumsum(has_label) - 1
    return replace(given, item=number[given.item], n_items=int(has_label.sum())), has_label


def majority_shares(given: Labels) -> FloatArray:
    """Return the share of each label per item, shape (n_items, n_categories); nan without a label."""
    votes = vote_counts(given)
    n = votes.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(votes, n, out=np.full_like(votes, np.nan), where=n > 0))


def undefined_model(given: Labels, model: str) -> RaterModel | None:
    """Return an all-nan model with its reason, or None if there is something to fit."""
    reason = uninformative_reason(given)
    if reason is None:
        return None
    k = given.n_categories
    return RaterModel(
        model,
        given.categories,
        np.full((given.n_items, k), np.nan),
        np.full(k, np.nan),
        np.full(given.n_raters, np.nan),
        np.bincount(given.rater, minlength=given.n_raters),
        reason=reason,
    )


def confusion_model(
    given: Labels, has_label: BoolArray, fit: ConfusionFit, model: str, competence: FloatArray
) -> RaterModel:
    """Return a fit as a model: nan where nothing could be learned.

    Parameters
    ----------
    given : Labels
        All labels as given.
    has_label : ndarray of bool, shape (n_items,)
    fit : ConfusionFit
        Fit of the items that have a label.
    model : str
    competence : ndarray of shape (n_raters,)
    """
    posterior = np.full((given.n_items, given.n_categories), np.nan)
    posterior[has_label] = fit.posterior
    n_labels = np.bincount(given.rater, minlength=given.n_raters)
    silent = n_labels == 0
    confusion = np.where(silent[:, None, None], np.nan, fit.confusion)
    return RaterModel(
        model,
        given.categories,
        posterior,
        fit.prevalence,
        np.where(silent, np.nan, competence),
        n_labels,
        confusion,
        _position_bias(given, confusion, fit.prevalence),
        convergence=fit.convergence,
        caution=_caution(given, fit),
    )


def _position_bias(given: Labels, confusion: FloatArray, prevalence: FloatArray) -> FloatArray | None:
    if given.mirror is None or given.a_left is None:
        return None
    left, right = given.categories.index("a"), given.categories.index("b")
    leaning = confusion[:, :, left] - confusion[:, :, right]
    seen = np.where(np.isnan(leaning), 0.0, prevalence)
    weight = seen.sum(axis=1)
    total = (np.nan_to_num(leaning) * seen).sum(axis=1)
    return np.asarray(np.divide(total, weight, out=np.full_like(total, np.nan), where=weight > 0))


def _caution(given: Labels, fit: ConfusionFit) -> str | None:
    """Return a warning if the steps ran out, or if the model's labels reverse the majority's; else None."""
    if not fit.convergence.converged:
        return f"The fit had not converged after {fit.convergence.n_steps} steps: its numbers may still move."
    pooled = np.bincount(given.rater, minlength=given.n_raters) @ np.nan_to_num(fit.confusion).reshape(
        given.n_raters, -1
    )
    pooled = pooled.reshape(given.n_categories, given.n_categories)
    turned = np.flatnonzero((pooled.argmax(axis=1) != np.arange(len(pooled))) & (fit.prevalence > 0.01))
    if not turned.size:
        return None
    true, most = turned[0], pooled[turned[0]].argmax()
    names = given.categories
    return (
        f"What the model takes as {names[true]!r}, raters mostly call {names[most]!r}. Its labels may be switched: read its "
        "competences and preferences with care, or choose another model."
    )
