"""Agreement of each rater with the other raters."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from study.stats.agreement.chance_corrected import beyond_chance
from study.stats.agreement.ratings import Ratings, unit_counts
from study.stats.agreement.reliability import exchanged
from study.stats.agreement.totals import ratio
from study.stats.arrays import FloatArray, IntArray, distinct_rows
from study.stats.grouped_jackknife import jackknife_of_groups
from study.stats.resampling import Clusters, Estimate, interval
from study.stats.statistic import Statistic
from study.tables import lookup

Reference = Callable[[FloatArray], FloatArray]
TableFunction = Callable[[FloatArray], FloatArray]


def majority(others: FloatArray) -> FloatArray:
    """Return the most frequent category of ratings; ties share it evenly. Takes rows of counts, returns shares.

    >>> majority(np.array([[2.0, 1.0, 0.0], [1.0, 1.0, 0.0]]))
    array([[1. , 0. , 0. ],
           [0.5, 0.5, 0. ]])
    """
    modes = ((others == others.max(axis=-1, keepdims=True)) & (others > 0)).astype(np.float64)
    return ratio(modes, modes.sum(axis=-1, keepdims=True), 0.0)


def answer_shares(others: FloatArray) -> FloatArray:
    """Return the share of ratings in each category, that is, of another rater drawn at random."""
    return ratio(others, others.sum(axis=-1, keepdims=True), 0.0)


REFERENCES: dict[str, Reference] = {"majority": majority, "others": answer_shares}
"""What a rater is compared with: the majority of the others, or each of them."""


def share_agreeing(tables: FloatArray) -> FloatArray:
    """Return the share on the diagonal of tables (..., n_categories, n_categories); nan for an empty table."""
    return ratio(np.trace(tables, axis1=-2, axis2=-1), tables.sum(axis=(-1, -2)))


def table_kappa(tables: FloatArray) -> FloatArray:
    """Return Cohen's kappa of tables (..., n_categories, n_categories); nan where chance always agrees."""
    n = tables.sum(axis=(-1, -2))
    by_chance = (tables.sum(axis=-1) * tables.sum(axis=-2)).sum(axis=-1)
    return beyond_chance(share_agreeing(tables), ratio(by_chance, n**2))


LEAVE_ONE_OUT: dict[str, Statistic[TableFunction]] = {
    "share": Statistic(share_agreeing, "Agreement with the rest", "Snow et al. 2008", (0, 1)),
    "kappa": Statistic(table_kappa, "Cohen's κ with the rest", "Cohen 1960", (-1, 1)),
}


def leave_one_out_agreement(
    ratings: Ratings,
    name: str = "share",
    *,
    against: str = "majority",
    answers: Clusters | None = None,
    method: str = "jackknife",
    confidence_level: float = 0.95,
    n_resamples: int = 2000,
    rng: np.random.Generator | None = None,
) -> tuple[Estimate, ...]:
    """Estimate the agreement of each rater with the others who rated the same units.

    Parameters
    ----------
    ratings : Ratings
        With ``exchangeable`` categories, kappa is the mean over both namings; the share does not depend on them.
    name : {"share", "kappa"}
        Key of :data:`LEAVE_ONE_OUT`.
    against : {"majority", "others"}
        Key of :data:`REFERENCES`. A majority shared by several categories counts as one of them drawn at random.
    answers : Clusters, optional
        From :func:`answers_and_rest`, to compute it only once or to use groups of units.
    method : {"jackknife", "bootstrap"}
        Over the units of the rater, or their groups.
    confidence_level : float
    n_resamples : int
        For the bootstrap.
    rng : numpy.random.Generator, optional
        Required by the bootstrap.

    Returns
    -------
    tuple of Estimate
        One per rater; ``n_units`` counts units that someone else rated too, or their groups. nan with a reason if
        there are none, and for kappa if all answers are equal.

    Raises
    ------
    InvalidInput
        If a name is unknown.

    Examples
    --------
    The first of three raters agrees with the majority of the others on two of three units; on the last unit the
    others differ, which counts half a point:

    >>> from study.stats.agreement.ratings import ratings_of_matrix
    >>> found = leave_one_out_agreement(ratings_of_matrix([[1, 1, 2], [1, 1, 1], [1, 1, 2]]))
    >>> [round(estimate.value, 4) for estimate in found]
    [0.8333, 0.6667, 0.8333]
    """
    entry = lookup(LEAVE_ONE_OUT, name, "agreement with the rest")
    clusters = answers_and_rest(ratings, against) if answers is None else answers
    q = ratings.n_categories

    def statistic(cells: FloatArray) -> FloatArray:
        tables = cells.reshape(-1, q, q)
        if ratings.exchangeable is not None:
            renamed = exchanged(q, ratings.exchangeable)
            tables = (tables + tables[:, renamed][:, :, renamed]) / 2
        return entry.function(tables)

    if method == "jackknife":
        found = jackknife_of_groups(
            statistic,
            clusters,
            clusters.patterns[:, 0].astype(np.int64),
            ratings.n_raters,
            confidence_level=confidence_level,
        )
    else:
        found = tuple(
            interval(
                statistic,
                _of_rater(clusters, rater),
                method,
                confidence_level=confidence_level,
                n_resamples=n_resamples,
                rng=rng,
            )
            for rater in range(ratings.n_raters)
        )
    return tuple(_described(estimate, entry.bounds) for estimate in found)


def answers_and_rest(
    ratings: Ratings, against: str = "majority", *, group: IntArray | None = None, group_name: str = "group"
) -> Clusters:
    """Return each rater's answers on units that others rated, with the others' answers.

    Parameters
    ----------
    ratings : Ratings
    against : {"majority", "others"}
        Key of :data:`REFERENCES`.
    group : ndarray of int, shape (n_units,), optional
        Units that belong together, so that a rater's intervals are over groups.
    group_name : str
        Name of a group, in the singular.

    Returns
    -------
    Clusters
        Each pattern starts with the rater; then come category and counts of a unit, or the table of a group.
    """
    reference, q = lookup(REFERENCES, against, "reference"), ratings.n_categories
    others = unit_counts(ratings)[ratings.unit]
    others[np.arange(len(others)), ratings.category] -= 1
    rows = np.column_stack([ratings.rater, ratings.category, others])[others.any(axis=1)]

    def cells(patterns: FloatArray) -> FloatArray:
        own = np.eye(q)[patterns[:, 1].astype(np.int64)]
        return (own[:, :, None] * reference(patterns[:, 2:])[:, None, :]).reshape(len(patterns), -1)

    if group is not None:
        of_row = group[ratings.unit][others.any(axis=1)]
        width = int(group.max(initial=-1)) + 1
        first, place = np.unique(rows[:, 0] * width + of_row, return_index=True, return_inverse=True)[1:]
        tables = np.zeros((len(first), q * q))
        np.add.at(tables, place, cells(rows.astype(np.float64)))
        patterns = np.column_stack([rows[first, 0], tables])
        return Clusters(patterns, np.ones(len(first), dtype=np.int64), lambda part: part[:, 1:], group_name)
    patterns, multiplicity = distinct_rows(rows)
    return Clusters(patterns.astype(np.float64), multiplicity, cells, "unit")


def _of_rater(clusters: Clusters, rater: int) -> Clusters:
    own = clusters.patterns[:, 0] == rater
    return replace(clusters, patterns=clusters.patterns[own], multiplicity=clusters.multiplicity[own])


def _described(found: Estimate, bounds: tuple[float, float]) -> Estimate:
    low, high = np.clip([found.low, found.high], *bounds)
    reason = found.reason
    if np.isnan(found.value):
        reason = "all answers are one category" if found.n_units else "no unit that another rater rated too"
    return replace(found, low=float(low), high=float(high), reason=reason)
