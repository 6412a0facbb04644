"""Ranked lists: relevance at the top, fairness of exposure, similarity within a list; marks of rubrics and keyphrases."""

from collections.abc import Callable, Collection, Hashable

import numpy as np
from numpy.typing import ArrayLike

from study.errors import InvalidInput
from study.stats.arrays import FloatArray, numbers
from study.stats.statistic import Statistic


def ndcg(relevance: ArrayLike, k: int | None = None) -> FloatArray:
    """Return the normalised discounted cumulative gain of lists, with linear gains.

    Parameters
    ----------
    relevance : array_like of shape (..., n)
        Relevance of the entries in the order shown, 0 or more.
    k : int, optional
        How many entries from the top count; None means all.

    Returns
    -------
    ndarray of shape (...)
        From 0 to 1; nan if nothing is relevant.

    References
    ----------
    Järvelin and Kekäläinen 2002.

    Examples
    --------
    >>> round(float(ndcg([1, 0, 1, 1, 0], 5)), 5)
    0.90603
    """
    gains = _relevance(relevance)
    ideal = -np.sort(-gains, axis=-1)
    discount = 1 / np.log2(np.arange(gains.shape[-1]) + 2.0)
    top = slice(0, k)
    found = (gains[..., top] * discount[top]).sum(axis=-1)
    best = (ideal[..., top] * discount[top]).sum(axis=-1)
    return _share(found, best)


def average_precision(relevance: ArrayLike) -> FloatArray:
    """Return the mean precision at each relevant entry.

    Parameters
    ----------
    relevance : array_like of shape (..., n)
        Above 0 where relevant; all relevant entries are in the list.

    Returns
    -------
    ndarray of shape (...)
        From 0 to 1; nan if nothing is relevant.

    Examples
    --------
    >>> round(float(average_precision([1, 0, 1, 1, 0])), 5)
    0.80556
    """
    relevant = _relevance(relevance) > 0
    precision = relevant.cumsum(axis=-1) / np.arange(1, relevant.shape[-1] + 1)
    return _share((precision * relevant).sum(axis=-1), relevant.sum(axis=-1))


def reciprocal_rank(relevance: ArrayLike) -> FloatArray:
    """Return 1 over the rank of the first relevant entry; its mean over lists is the MRR.

    Parameters
    ----------
    relevance : array_like of shape (..., n)

    Returns
    -------
    ndarray of shape (...)
        Above 0 to 1; nan if nothing is relevant.

    Examples
    --------
    >>> reciprocal_rank([[1, 0, 1, 1, 0], [0, 0, 0, 1, 0]]).tolist()
    [1.0, 0.25]
    """
    relevant = _relevance(relevance) > 0
    first = relevant.argmax(axis=-1) + 1.0
    return np.asarray(np.where(relevant.any(axis=-1), 1 / first, np.nan))


def gini(counts: ArrayLike) -> float:
    """Return the Gini index of exposure: 0 if all entries are shown equally often.

    Parameters
    ----------
    counts : array_like of shape (n,)
        How often the lists show each of the possible entries.
    """
    shown = np.sort(_counts(counts))
    n = len(shown)
    return float(((2 * np.arange(1, n + 1) - n - 1) * shown).sum() / (n * shown.sum()))


def jain(counts: ArrayLike) -> float:
    """Return Jain's index of exposure: 1 if all entries are shown equally often.

    Parameters
    ----------
    counts : array_like of shape (n,)
    """
    shown = _counts(counts)
    return float(shown.sum() ** 2 / (len(shown) * (shown**2).sum()))


def qualification(counts: ArrayLike) -> float:
    """Return the share of entries that are shown at all (QF).

    Parameters
    ----------
    counts : array_like of shape (n,)
    """
    return float((_counts(counts) > 0).mean())


def satisfaction(counts: ArrayLike) -> float:
    """Return the share of entries that are shown at least as often as an equal share, rounded down (FSat).

    Parameters
    ----------
    counts : array_like of shape (n,)
    """
    shown = _counts(counts)
    return float((shown >= np.floor(shown.sum() / len(shown))).mean())


def entropy(counts: ArrayLike) -> float:
    """Return the entropy of exposure over its largest value, ln n; 0 log 0 is 0.

    Parameters
    ----------
    counts : array_like of shape (n,)
    """
    shown = _counts(counts)
    if len(shown) == 1:
        return np.nan
    share = shown[shown > 0] / shown.sum()
    return float(-(share * np.log(share)).sum() / np.log(len(shown)))


ExposureFunction = Callable[[ArrayLike], float]

EXPOSURE: dict[str, Statistic[ExposureFunction]] = {
    "gini": Statistic(gini, "Gini index (0 fair)", "Do et al. 2023", (0, 1)),
    "jain": Statistic(jain, "Jain's index (1 fair)", "Jain et al. 1984", (0, 1)),
    "qf": Statistic(qualification, "Share shown (QF)", "Do et al. 2023", (0, 1)),
    "fsat": Statistic(satisfaction, "Share satisfied (FSat)", "Do et al. 2023", (0, 1)),
    "entropy": Statistic(entropy, "Entropy (1 fair)", "Do et al. 2023", (0, 1)),
}


def corrected_exposure(counts: ArrayLike, k: int, function: ExposureFunction) -> float:
    """Return a measure of exposure rescaled so that the values possible with lists of k entries span 0 to 1.

    The least equal lists all show the same k entries; the most equal ones show all entries equally often, or differ
    by one where the numbers do not divide evenly.

    Parameters
    ----------
    counts : array_like of shape (n,)
        Their sum is k times the number of lists.
    k : int
        Length of each list; a list has no entry twice.
    function : callable
        An entry of :data:`EXPOSURE`.

    Returns
    -------
    float
        nan if all lists give the same value.

    Raises
    ------
    InvalidInput
        If the counts do not come from lists of k entries.

    References
    ----------
    Rampisela et al. 2024 (corrected measures).

    Examples
    --------
    >>> [round(corrected_exposure([4, 3, 2, 2, 1, 0], 3, EXPOSURE[key].function), 5) for key in ("gini", "jain")]
    [0.72222, 0.41176]
    """
    shown = _counts(counts)
    total, n = int(shown.sum()), len(shown)
    if not 1 <= k <= n or total % k or shown.max() > total // k:
        raise InvalidInput(
            f"counts with sum {total} and maximum {shown.max():g} for lists of {k} out of {n}; allowed: a multiple "
            "of k, each entry at most once per list"
        )
    least = np.where(np.arange(n) < k, total // k, 0)
    most = total // n + (np.arange(n) < total % n)
    low, high = sorted((function(least), function(most)))
    return (function(shown) - low) / (high - low) if high > low else np.nan


def intra_list_similarity(similarity: ArrayLike) -> FloatArray:
    """Return the mean similarity of the pairs in a list; its diversity is 1 minus this.

    Parameters
    ----------
    similarity : array_like of shape (..., n, n)
        Symmetric; nan where missing. The diagonal is ignored.

    Returns
    -------
    ndarray of shape (...)
        nan for a list of one.

    References
    ----------
    Ziegler et al. 2005.
    """
    table = np.asarray(similarity, dtype=np.float64)
    if table.ndim < 2 or table.shape[-1] != table.shape[-2]:
        raise InvalidInput(f"similarity has shape {table.shape}; allowed: square in the last two dimensions")
    rows, columns = np.triu_indices(table.shape[-1], 1)
    pairs = table[..., rows, columns]
    known = ~np.isnan(pairs)
    return _share(np.where(known, pairs, 0.0).sum(axis=-1), known.sum(axis=-1))


def keyphrase_f1(found: Collection[Hashable], expected: Collection[Hashable]) -> float:
    """Return the F1 of the keyphrases found, each counted once; nan if there are none on either side.

    >>> round(keyphrase_f1({"a", "b", "c"}, {"b", "c", "d"}), 3)
    0.667
    """
    n = len(set(found)) + len(set(expected))
    return 2 * len(set(found) & set(expected)) / n if n else np.nan


def rubric_score(marks: ArrayLike, *, most: float = 2.0) -> float:
    """Return the share of a rubric's points that were awarded (LaMP-QA with marks 0, 1, 2); nan without a mark.

    Parameters
    ----------
    marks : array_like of shape (n_aspects,)
        From 0 to ``most``; nan where not judged.
    most : float

    Raises
    ------
    InvalidInput
        If a mark is out of range.

    References
    ----------
    Salemi and Zamani 2025 (LaMP-QA).

    Examples
    --------
    >>> rubric_score([2, 1, 0])
    0.5
    """
    given = numbers(marks, "marks")
    wrong = given[(given < 0) | (given > most)]
    if len(wrong):
        raise InvalidInput(f"mark {wrong[0]:g}; allowed: 0 to {most:g}")
    known = given[~np.isnan(given)]
    return float(known.sum() / (most * len(known))) if len(known) else np.nan


def human_distances(ratings: ArrayLike, *, least: float = 1.0, most: float = 6.0) -> FloatArray:
    """Return similarity ratings as distances: the highest rating 0, the lowest 1.

    Parameters
    ----------
    ratings : array_like
        Similarity of two texts, nan where not rated; several raters' ratings are averaged by the caller.
    least, most : float
        The ends of the scale.

    Raises
    ------
    InvalidInput
        If a rating is off the scale.

    References
    ----------
    Vansh et al. 2023: similarity on a scale from 1 to 6.

    Examples
    --------
    >>> human_distances([6, 1]).tolist()
    [0.0, 1.0]
    """
    given = np.asarray(ratings, dtype=np.float64)
    wrong = given[(given < least) | (given > most)]
    if wrong.size:
        raise InvalidInput(f"rating {wrong.flat[0]:g}; allowed: {least:g} to {most:g}")
    return np.asarray(1 - (given - least) / (most - least))


def _relevance(values: ArrayLike) -> FloatArray:
    given = np.asarray(values, dtype=np.float64)
    if not given.ndim or np.isnan(given).any() or (given < 0).any():
        raise InvalidInput(f"relevance {values!r}; allowed: numbers from 0 up, one per entry")
    return given


def _counts(values: ArrayLike) -> FloatArray:
    given = numbers(values, "counts")
    if not len(given) or (given < 0).any() or np.isnan(given).any() or not given.sum():
        raise InvalidInput(f"counts {values!r}; allowed: whole numbers from 0 up, not all 0")
    return given


def _share(part: FloatArray, whole: ArrayLike) -> FloatArray:
    total = np.asarray(whole, dtype=np.float64)
    return np.asarray(np.divide(part, total, out=np.full(total.shape, np.nan), where=total > 0))
