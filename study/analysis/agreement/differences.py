"""Differences in agreement between a group and the rest."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from scipy import special

from study import frames
from study.analysis.agreement.units import AgreementUnits
from study.errors import InvalidInput
from study.stats.agreement.coefficients import AGREEMENT, agreement
from study.stats.agreement.reliability import ValueCounts
from study.stats.agreement.totals import totals, unit_cells
from study.stats.arrays import BoolArray, FloatArray, IntArray
from study.stats.multiplicity import holm
from study.stats.resampling import Estimate, jackknife, t_quantile, whole_clusters

Row = tuple[float, float, float, float, str | None]
COLUMNS = ("difference", "difference_low", "difference_high", "p_adjusted", "difference_reason")
SHARED = "raters of a role and of the rest judge the same comparisons: the two are not independent"
NOT_OF_UNITS = "not given for this coefficient"


def from_the_rest(
    selection: frames.Selection,
    groups: Sequence[str],
    *,
    by: str,
    coefficient: str,
    coding: str,
    over: AgreementUnits | None = None,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return each group's coefficient minus that of all other comparisons, with its interval, and Holm's P.

    Over comparisons the group and the rest are independent: each has the standard error of its jackknife, and the
    interval is Welch's. Larger units (items, profiles) may be in both: the jackknife leaves each out of both at once.

    Parameters
    ----------
    selection : Selection
    groups : sequence of str
        Names as in the table of groups.
    by : {"tag", "profile", "role", "systems"}
    coefficient : str
    coding : str
        The coding of the coefficient, see :func:`study.frames.rated`.
    over : AgreementUnits, optional
        The units of the table of groups; comparisons by default.
    confidence_level : float

    Returns
    -------
    DataFrame
        With the columns :data:`COLUMNS`: a row of nan for "all", then one row per group.

    References
    ----------
    Welch 1947; Tukey 1958 (jackknife); Holm 1979.
    """
    first: list[Row] = [(np.nan, np.nan, np.nan, np.nan, None)]
    reason = SHARED if by == "role" else NOT_OF_UNITS
    if by == "role" or coefficient not in AGREEMENT:
        nothing: list[Row] = [(np.nan, np.nan, np.nan, np.nan, reason) for _ in groups]
        return pd.DataFrame(first + nothing, columns=list(COLUMNS)).astype({"difference_reason": "str"})
    data = frames.rated(selection, coding)
    patterns, of_unit = np.unique(data.unit_counts(), axis=0, return_inverse=True)
    of_unit = of_unit.ravel()
    rows: list[Row] = []
    for inside in _members(selection, data, groups, by):
        if over is not None and over.groups is not None:
            rows.append(_over_units(data, inside, over, coefficient, confidence_level))
            continue
        group, rest = (
            agreement(_counted(data, patterns, of_unit[part]), coefficient, confidence_level=confidence_level)
            for part in (inside, ~inside)
        )
        rows.append(_difference(group, rest, confidence_level))
    table = pd.DataFrame(first + rows, columns=list(COLUMNS)).astype({"difference_reason": "str"})
    table["p_adjusted"] = holm(table["p_adjusted"].to_numpy(dtype=np.float64))
    return table


def _members(
    selection: frames.Selection, data: frames.Rated, groups: Sequence[str], by: str
) -> Iterator[BoolArray]:
    """Yield for each group which comparisons are in it, in the order of ``data``."""
    row = np.empty(len(data.comparisons), dtype=np.int64)
    row[data.unit] = np.arange(len(data.unit))
    judged = selection.judgments.iloc[row]
    if by == "tag":
        yield from (frames.has_tag(judged["tags"], [group]) for group in groups)
        return
    if by == "profile":
        names = judged["profile_name"].astype("str").to_numpy(dtype=object)
    elif by == "systems":
        sides = [judged[side].astype("str").to_numpy(dtype=object) for side in ("system_a", "system_b")]
        names = np.minimum(*sides) + " / " + np.maximum(*sides)
    else:
        raise InvalidInput(f"groups by {by!r} do not separate comparisons; allowed: tag, profile, systems")
    yield from (np.asarray(names == group, dtype=bool) for group in groups)


def _counted(data: frames.Rated, patterns: IntArray, of_unit: IntArray) -> ValueCounts:
    """Return the counts of some comparisons, from the distinct rows of counts and each comparison's row."""
    multiplicity = np.bincount(of_unit, minlength=len(patterns)).astype(np.int64)
    n_ratings = patterns.sum(axis=1)
    paired, once = (n_ratings >= 2) & (multiplicity > 0), n_ratings == 1
    return ValueCounts(
        patterns[paired],
        multiplicity[paired],
        data.values,
        int(multiplicity[n_ratings < 2].sum()),
        multiplicity[once] @ patterns[once],
        data.exchangeable,
    )


def _over_units(
    data: frames.Rated, inside: BoolArray, over: AgreementUnits, coefficient: str, level: float
) -> Row:
    """Return difference, limits, P and the reason if undefined, by the jackknife over units that may be in both parts."""
    counts, groups = data.unit_counts(), np.asarray(over.groups)
    kept = counts.sum(axis=1) >= (1 if AGREEMENT[coefficient].counts_singles else 2)
    cells = unit_cells(counts[kept].astype(np.float64))
    width, place = cells.shape[1], np.unique(groups[kept], return_inverse=True)[1]
    both = np.hstack([cells * inside[kept, None], cells * ~inside[kept, None]])
    sums = np.zeros((int(place.max(initial=-1)) + 1, 2 * width))
    np.add.at(sums, place, both)
    value_of, scale = AGREEMENT[coefficient].function, data.value_counts()

    def difference(rows: FloatArray) -> FloatArray:
        return np.asarray(value_of(totals(rows[:, :width], scale)) - value_of(totals(rows[:, width:], scale)))

    if not len(sums):
        return np.nan, np.nan, np.nan, np.nan, "no comparison was judged by two raters"
    found = jackknife(difference, whole_clusters(sums, over.cluster), confidence_level=level)
    if np.isnan(found.low):
        return found.value, np.nan, np.nan, np.nan, found.reason
    df = found.n_units - 1
    error = (found.high - found.value) / t_quantile(level, df)
    p = 2 * float(special.stdtr(df, -abs(found.value) / error))
    return found.value, found.low, found.high, p, None


def _difference(group: Estimate, rest: Estimate, level: float) -> Row:
    """Return difference, limits, P and the reason if undefined."""
    difference = group.value - rest.value
    if np.isnan([group.low, rest.low]).any():
        which, found = ("the group", group) if np.isnan(group.low) else ("the rest", rest)
        return difference, np.nan, np.nan, np.nan, f"{which}: {found.reason}"
    errors = np.array([_squared_error(estimate, level) for estimate in (group, rest)])
    sizes = np.array([group.n_units, rest.n_units])
    error = np.sqrt(errors.sum())
    df = float(errors.sum() ** 2 / (errors**2 / (sizes - 1)).sum())
    half = float(special.stdtrit(df, (1 + level) / 2)) * error
    p = 2 * float(special.stdtr(df, -abs(difference) / error))
    return difference, difference - half, difference + half, p, None


def _squared_error(estimate: Estimate, level: float) -> float:
    """Return the variance behind an interval, one of whose limits may be clipped at the bound of the coefficient."""
    half = max(estimate.high - estimate.value, estimate.value - estimate.low)
    return (half / t_quantile(level, estimate.n_units - 1)) ** 2
