"""Rater models by name, and the raters' joint preference on each comparison."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from study.errors import InvalidInput
from study.stats.arrays import FloatArray
from study.stats.quality.confusion_em import Watch
from study.stats.quality.dawid_skene import dawid_skene, one_coin
from study.stats.quality.glad import glad
from study.stats.quality.labels import Labels, vote_counts
from study.stats.quality.mace import mace
from study.stats.quality.rater_model import RaterModel, majority_shares
from study.stats.statistic import Statistic
from study.tables import lookup

RaterModelFunction = Callable[..., RaterModel]


@dataclass(frozen=True, slots=True)
class AggregatedPreference:
    """The raters' joint preference on each comparison; each of shape (n_items,).

    Attributes
    ----------
    preference : ndarray
        1 where a is most probably the better one, -1 where b is, 0 for a tie; nan where both are bad, where nothing
        is known, or where the two most probable labels are equally probable.
    probability : ndarray
        Probability that this is the true label; nan where ``preference`` is.
    score : ndarray
        The expected preference, from -1 to 1, "both bad" as 0; nan where nothing is known.
    """

    preference: FloatArray
    probability: FloatArray
    score: FloatArray


def majority_vote(given: Labels, *, watch: Watch | None = None) -> RaterModel:
    """Return each item's shares of labels; competence is how often a rater agrees with the majority of the others.

    Where several labels of other raters are equally frequent, agreement with any of them counts fractionally.
    Competence is nan for a rater who shares no item. ``watch`` is never called: there are no steps.
    """
    shares = majority_shares(given)
    weight = np.where(np.isnan(shares), 0, shares)
    n_labels = np.bincount(given.rater, minlength=given.n_raters)
    agreed = agreement_with_others(given)
    known = ~np.isnan(agreed)
    sums = np.bincount(given.rater[known], agreed[known], given.n_raters)
    n = np.bincount(given.rater[known], minlength=given.n_raters)
    competence = np.divide(sums, n, out=np.full(given.n_raters, np.nan), where=n > 0)
    n_known = max(1, int((weight.sum(axis=1) > 0).sum()))
    prevalence = weight.sum(axis=0) / n_known if len(given.item) else np.full(given.n_categories, np.nan)
    reason = None if len(given.item) else "no label"
    return RaterModel(
        "shares of votes", given.categories, shares, prevalence, competence, n_labels, reason=reason
    )


def agreement_with_others(given: Labels) -> FloatArray:
    """Return for each label 1 if it is the most frequent other label of the item, 0 if not; shape (n_labels,).

    Fractional where several labels are most frequent among the others; nan without another rater's label. A rater's
    own other labels of the item do not count.
    """
    k = given.n_categories
    own_cell, position = np.unique(given.item * given.n_raters + given.rater, return_inverse=True)
    own = np.bincount(position * k + given.label, minlength=len(own_cell) * k).reshape(-1, k)
    others = vote_counts(given)[own_cell // max(1, given.n_raters)] - own
    most = others.max(axis=1, keepdims=True)
    best = (others == most) & (most > 0)
    parts = np.divide(best, best.sum(axis=1, keepdims=True), out=np.full(best.shape, np.nan), where=most > 0)
    return np.asarray(parts[position, given.label])


def aggregated_preference(model: RaterModel) -> AggregatedPreference:
    """Return the preference on each comparison under a model of pairwise labels.

    Raises
    ------
    InvalidInput
        If the categories are not those of pairwise labels.
    """
    value = {"a": 1.0, "tie": 0.0, "b": -1.0, "both bad": np.nan}
    if not set(model.categories) <= set(value):
        raise InvalidInput(f"categories {model.categories}; allowed: {', '.join(value)}")
    values = np.array([value[name] for name in model.categories])
    ordered = np.sort(model.posterior, axis=1)
    preference = np.where(model.label >= 0, values[model.label], np.nan)
    preference = np.where(ordered[:, -1] - ordered[:, -2] > 1e-9, preference, np.nan)
    probability = np.where(np.isnan(preference), np.nan, model.probability)
    return AggregatedPreference(preference, probability, model.posterior @ np.nan_to_num(values))


@dataclass(frozen=True, slots=True)
class RaterModelStatistic(Statistic[RaterModelFunction]):
    """A model of raters; ``is_random`` says whether it starts at random and takes a generator."""

    is_random: bool = False


RATER_MODELS: dict[str, RaterModelStatistic] = {
    "majority_vote": RaterModelStatistic(majority_vote, "Majority vote", "Condorcet 1785"),
    "one_coin": RaterModelStatistic(one_coin, "One-coin Dawid-Skene", "Zhang et al. 2016"),
    "dawid_skene": RaterModelStatistic(dawid_skene, "Dawid-Skene", "Dawid and Skene 1979"),
    "mace": RaterModelStatistic(mace, "MACE", "Hovy et al. 2013", is_random=True),
    "glad": RaterModelStatistic(glad, "GLAD (ability and difficulty)", "Whitehill et al. 2009"),
}


def rater_model(
    given: Labels, name: str, *, rng: np.random.Generator | None = None, watch: Watch | None = None
) -> RaterModel:
    """Fit an entry of :data:`RATER_MODELS`; ``watch`` is called with the number of steps after each.

    Raises
    ------
    InvalidInput
        If the name is unknown, or the model starts at random and there is no generator.
    """
    entry = lookup(RATER_MODELS, name, "rater model")
    return (
        entry.function(given, rng=rng, watch=watch) if entry.is_random else entry.function(given, watch=watch)
    )
