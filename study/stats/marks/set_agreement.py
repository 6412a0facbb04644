"""Agreement of raters who choose sets of options, beyond chance."""

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array

from study.errors import InvalidInput
from study.stats.agreement.totals import ratio
from study.stats.arrays import BoolArray, FloatArray, IntArray, check_equal_lengths, codes, row_codes
from study.stats.marks.set_distances import SET_DISTANCES
from study.stats.resampling import Clusters, Estimate, interval, whole_clusters
from study.tables import lookup

NO_PAIR = "no unit was answered by two raters"
ALL_EQUAL = "all sets are equal: without variation there is nothing that chance could disagree on"


def set_alpha(
    chosen: ArrayLike,
    unit: ArrayLike,
    distance: str = "jaccard",
    *,
    method: str = "jackknife",
    confidence_level: float = 0.95,
    n_resamples: int = 2000,
    rng: np.random.Generator | None = None,
) -> Estimate:
    """Estimate Krippendorff's alpha of sets of options, with an interval over units.

    Parameters
    ----------
    chosen : array_like of bool, shape (n_answers, n_options)
        Whether an answer contains each option; a rater without an answer has no row.
    unit : array_like of int, shape (n_answers,)
        What was answered; codes from 0. Units with one answer are left out.
    distance : str
        Key of :data:`study.stats.marks.set_distances.SET_DISTANCES`; not squared.
    method, confidence_level, n_resamples, rng
        As in :func:`study.stats.agreement.coefficients.agreement`.

    Returns
    -------
    Estimate
        At most 1; nan with a reason where undefined.

    References
    ----------
    Krippendorff 2011, section E; Passonneau 2006 (sets).
    """
    sets, of_unit = _paired(*_checked(chosen, unit))
    entry = lookup(SET_DISTANCES, distance, "set distance")
    first, code = row_codes(sets.astype(np.int64))
    between = entry.function(sets[first].astype(np.float64))
    clusters = _unit_clusters(of_unit, code, between)
    found = interval(
        lambda cells: _alpha(cells, between),
        clusters,
        method,
        confidence_level=confidence_level,
        n_resamples=n_resamples,
        rng=rng,
    )
    return _described(found, len(sets))


def _unit_clusters(unit: IntArray, code: IntArray, between: FloatArray) -> Clusters:
    """Return units with additive cells: their disagreement, and how often each distinct set occurs."""
    n = int(unit.max(initial=-1)) + 1
    counts = csr_array((np.ones(len(unit)), (unit, code)), shape=(n, len(between)))
    size = np.bincount(unit, minlength=n)
    of_answer = np.asarray(counts @ between)[unit, code]
    observed = np.bincount(unit, of_answer, n) / np.maximum(size - 1, 1)

    def cells(rows: FloatArray) -> FloatArray:
        place = rows[:, 0].astype(np.int64)
        return np.column_stack([observed[place], counts[place].toarray()])

    return Clusters(np.arange(n, dtype=np.float64)[:, None], np.ones(n, dtype=np.int64), cells, "unit")


def _alpha(cells: FloatArray, between: FloatArray) -> FloatArray:
    """Return 1 - observed / expected disagreement of totals, shape (n,)."""
    sets = cells[:, 1:]
    n = sets.sum(axis=1)
    expected = ((sets @ between) * sets).sum(axis=1)
    return 1 - ratio(cells[:, 0] * (n - 1), expected)


def option_alpha(
    chosen: ArrayLike,
    unit: ArrayLike,
    *,
    method: str = "jackknife",
    confidence_level: float = 0.95,
    n_resamples: int = 2000,
    rng: np.random.Generator | None = None,
) -> Estimate:
    """Estimate alpha over all options as yes or no, with an interval over units: the default for sets.

    Two answers differ by the number of options in one of them only (Hamming), so that disagreement and what chance
    makes of it, option by option, are summed over options. Additive, for any number of options. Parameters and values
    as in :func:`set_alpha`.

    References
    ----------
    Krippendorff 2011, section A (each option as binary data).

    Examples
    --------
    >>> chosen = [[True, True], [True, False], [False, True], [False, True]]
    >>> round(option_alpha(chosen, [0, 0, 1, 1]).value, 4)
    0.5714
    """
    sets, of_unit = _paired(*_checked(chosen, unit))
    size = np.bincount(of_unit).astype(np.float64)
    of_options = np.asarray(_membership(of_unit).T @ sets.astype(np.float64))
    observed = (of_options * (size[:, None] - of_options)).sum(axis=1) / np.maximum(size - 1, 1)
    clusters = whole_clusters(np.column_stack([observed, size, of_options]), "unit")
    found = interval(
        _option_alpha,
        clusters,
        method,
        confidence_level=confidence_level,
        n_resamples=n_resamples,
        rng=rng,
    )
    return _described(found, len(sets))


def _option_alpha(cells: FloatArray) -> FloatArray:
    n, yes = cells[:, 1], cells[:, 2:]
    return 1 - ratio(cells[:, 0] * (n - 1), (yes * (n[:, None] - yes)).sum(axis=1))


def _described(found: Estimate, n_answers: int) -> Estimate:
    if np.isnan(found.value):
        return replace(found, reason=ALL_EQUAL if n_answers else NO_PAIR)
    return replace(found, low=float(max(found.low, -1.0)), high=float(min(found.high, 1.0)))


def _membership(unit: IntArray) -> csr_array:
    """Return 1 where an answer belongs to a unit, shape (n_answers, n_units)."""
    shape = len(unit), int(unit.max(initial=-1)) + 1
    return csr_array((np.ones(len(unit)), (np.arange(len(unit)), unit)), shape=shape)


def _paired(sets: BoolArray, unit: IntArray) -> tuple[BoolArray, IntArray]:
    """Return the answers of units with at least two, and their units without gaps."""
    kept = np.bincount(unit)[unit] >= 2 if len(unit) else np.zeros(0, dtype=bool)
    return sets[kept], np.unique(unit[kept], return_inverse=True)[1].astype(np.int64)


def _checked(chosen: ArrayLike, unit: ArrayLike) -> tuple[BoolArray, IntArray]:
    sets, of_unit = np.asarray(chosen), codes(unit, None, "unit")
    if sets.ndim != 2 or (sets.size and sets.dtype != np.bool_):
        raise InvalidInput(f"chosen is {sets.dtype} of shape {sets.shape}; allowed: bool of two dimensions")
    check_equal_lengths(chosen=len(sets), unit=len(of_unit))
    return sets.astype(bool), of_unit
