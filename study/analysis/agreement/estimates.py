"""One coefficient of agreement with its interval: beyond coin-flips, and beyond the rates of the systems."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypedDict

import numpy as np

from study import frames
from study.analysis.agreement.units import AgreementUnits
from study.stats.agreement import beyond_rates as rates
from study.stats.agreement.coefficients import AGREEMENT, agreement, undefined_reason
from study.stats.agreement.conger import conger_kappa
from study.stats.agreement.icc import (
    ICC,
    icc,
    mean_square_cells,
    squares_about_zero,
    squares_of_sums,
    squares_of_totals,
)
from study.stats.agreement.standard_errors import LINEARISED, linearised_agreement
from study.stats.agreement.strata import grouped_strata, pooled
from study.stats.agreement.totals import grouped_units
from study.stats.arrays import FloatArray, IntArray
from study.stats.resampling import Estimate
from study.stats.statistic import Scale
from study.wording import counted

# Some coefficients need a matrix of raters by comparisons; this is the largest allowed.
MOST_CELLS = 5_000_000
ONLY_COMPARISONS = "over comparisons only: choose the jackknife"
NOT_LINEARISED = "there is no linearised error of this coefficient: choose the jackknife"
NOT_OF_SEVERAL = "there is no linearised error over several pairs of systems: choose the jackknife"


class Options(TypedDict):
    """Options of an estimator's interval."""

    confidence_level: float
    n_resamples: int
    rng: np.random.Generator


@dataclass(frozen=True, slots=True)
class AskedCoefficient:
    """A coefficient and the method of its interval."""

    name: str
    method: str
    level: float
    n_resamples: int
    seed: int

    @property
    def options(self) -> Options:
        """The options of the interval, with the same generator for the same coefficient."""
        return {
            "confidence_level": self.level,
            "n_resamples": self.n_resamples,
            "rng": np.random.default_rng([abs(self.seed), len(self.name)]),
        }

    @property
    def resampling(self) -> str:
        """The method to use without a linearised error."""
        return "jackknife" if self.method == "linearised" else self.method


def _coin_flips_of_counts(data: frames.Rated, asked: AskedCoefficient, over: AgreementUnits) -> Estimate:
    name = asked.name
    if asked.method == "linearised":
        if name in LINEARISED and over.groups is None:
            return linearised_agreement(data.value_counts(), name, confidence_level=asked.level)
        found = agreement(data.value_counts(), name, confidence_level=asked.level)
        return without_interval(found, ONLY_COMPARISONS if name in LINEARISED else NOT_LINEARISED)
    clusters = None
    if over.groups is not None:
        singles = AGREEMENT[name].counts_singles
        clusters = grouped_units(data.unit_counts(), over.groups, over.cluster, singles=singles)
        if not clusters.n_clusters:
            reason = undefined_reason(data.value_counts())
            return Estimate(np.nan, np.nan, np.nan, asked.level, 0, 0, "none", reason)
    return agreement(data.value_counts(), name, method=asked.method, clusters=clusters, **asked.options)


def _rates_of_counts(
    named: frames.Rated, pair: IntArray, asked: AskedCoefficient, over: AgreementUnits
) -> Estimate:
    corrected, several = AGREEMENT[asked.name].chance is not None, len(np.unique(pair)) > 1
    if asked.method == "linearised" and not several and corrected:
        return _coin_flips_of_counts(named, asked, over)
    over_what: tuple[IntArray | None, str, str] = (over.groups, over.cluster, asked.resampling)
    found = rates.rates_agreement(
        named.unit_counts(), pair, named.values, asked.name, *over_what, **asked.options
    )
    return without_interval(found, NOT_OF_SEVERAL) if asked.method == "linearised" else found


def _coin_flips_of_raters(data: frames.Rated, asked: AskedCoefficient, over: AgreementUnits) -> Estimate:
    if _cells(data) > MOST_CELLS:
        return _too_sparse(data, asked.level)
    if asked.method == "linearised":
        return without_interval(conger_kappa(data.ratings(), confidence_level=asked.level), NOT_LINEARISED)
    return conger_kappa(
        data.ratings(), group=over.groups, unit=over.cluster, method=asked.method, **asked.options
    )


def _rates_of_raters(
    named: frames.Rated, pair: IntArray, asked: AskedCoefficient, over: AgreementUnits
) -> Estimate:
    if _cells(named) > MOST_CELLS:
        return _too_sparse(named, asked.level)
    several = len(np.unique(pair)) > 1
    if asked.method == "linearised" and not several:
        return _coin_flips_of_raters(named, asked, over)
    over_what: tuple[IntArray | None, str, str] = (over.groups, over.cluster, asked.resampling)
    found = rates.conger_beyond_rates(named.ratings(), pair, *over_what, **asked.options)
    return without_interval(found, NOT_OF_SEVERAL) if asked.method == "linearised" else found


def _coin_flips_of_squares(data: frames.Rated, asked: AskedCoefficient, over: AgreementUnits) -> Estimate:
    return _icc(data, np.zeros(len(data.comparisons), dtype=np.int64), asked, over, antisymmetric=True)


def _rates_of_squares(
    named: frames.Rated, pair: IntArray, asked: AskedCoefficient, over: AgreementUnits
) -> Estimate:
    return _icc(named, pair, asked, over, antisymmetric=False)


def without_interval(found: Estimate, why: str) -> Estimate:
    """Return an estimate without its interval, with the reason."""
    if np.isnan(found.value):
        return found
    return replace(found, low=np.nan, high=np.nan, method="none", reason=why)


def _icc(
    data: frames.Rated,
    stratum: IntArray,
    asked: AskedCoefficient,
    over: AgreementUnits,
    *,
    antisymmetric: bool,
) -> Estimate:
    """Return an intraclass correlation of the preference: above 0 for a, below for b.

    One-way coefficients use comparisons with the most common number of judgments, by any raters; two-way ones need
    comparisons that all raters judged.
    """
    one_way = ICC[asked.name].one_way
    if not one_way and _cells(data) > MOST_CELLS:
        return _too_sparse(data, asked.level)
    matrix, unit = _judgments_in_columns(data) if one_way else _raters_in_rows(data)
    some = ~np.isnan(matrix).all(axis=1)
    complete = ~np.isnan(matrix[some]).any(axis=0)
    matrix, unit = matrix[some][:, complete], unit[complete]
    place = stratum[unit]
    if not antisymmetric and len(np.unique(place)) > 1:
        known = (np.bincount(place) >= rates.FEWEST_UNITS)[place]
        matrix, unit, place = matrix[:, known], unit[known], place[known]
    found = icc(matrix, asked.name, antisymmetric=antisymmetric, strata=place, confidence_level=asked.level)
    if np.isnan(found.value):
        short = found.n_units < 2 and not one_way
        return replace(found, reason="no two comparisons were judged by all raters") if short else found
    if over.groups is None:
        return found
    return _icc_over_groups(matrix, place, over.groups[unit], asked, over, antisymmetric=antisymmetric)


def _icc_over_groups(
    matrix: FloatArray,
    place: IntArray,
    group: IntArray,
    asked: AskedCoefficient,
    over: AgreementUnits,
    *,
    antisymmetric: bool,
) -> Estimate:
    """Return the same coefficient with a resampled interval over groups of comparisons."""
    entry, k = ICC[asked.name], len(matrix)
    parts: Callable[[FloatArray], FloatArray] = squares_about_zero if antisymmetric else squares_of_totals

    def values(sums: FloatArray) -> FloatArray:
        with np.errstate(divide="ignore", invalid="ignore"):
            found = [
                entry.function(squares_of_sums(row, k, 1e-9), asked.level)[0]
                if row[0] - row[1] >= 1 and row[0] >= 2
                else np.nan
                for row in sums
            ]
        return np.array([one if np.isfinite(one) else np.nan for one in found])

    strata = grouped_strata(mean_square_cells(matrix), place, group, over.cluster)
    found = pooled(parts, values, strata, asked.resampling, **asked.options)
    low, high = np.clip([found.low, found.high], *entry.bounds)
    return replace(found, low=float(low), high=float(high), method=f"{entry.label}, {found.method}")


def _too_sparse(data: frames.Rated, level: float) -> Estimate:
    reason = (
        f"too sparse: {counted(len(data.raters), 'rater')} by {counted(len(data.comparisons), 'comparison')}"
    )
    return Estimate(np.nan, np.nan, np.nan, level, 0, 0, "none", reason)


def _cells(data: frames.Rated) -> int:
    return len(data.raters) * len(data.comparisons)


def _raters_in_rows(data: frames.Rated) -> tuple[FloatArray, IntArray]:
    matrix = np.full((len(data.raters), len(data.comparisons)), np.nan)
    matrix[data.rater, data.unit] = data.values[data.category]
    return matrix, np.arange(len(data.comparisons))


def _judgments_in_columns(data: frames.Rated) -> tuple[FloatArray, IntArray]:
    """Return the comparisons with the most common number of judgments (2 or more), shape (number, n), and positions."""
    n_ratings = np.bincount(data.unit, minlength=len(data.comparisons))
    usual = np.bincount(n_ratings[n_ratings >= 2], minlength=3)
    number = int(usual.argmax()) if usual.any() else 2
    order = np.argsort(data.unit, kind="stable")
    kept = order[(n_ratings == number)[data.unit[order]]]
    return data.values[data.category[kept]].reshape(-1, number).T, data.unit[kept][::number]


EXCHANGED = "; which output is called a is arbitrary, so chance counts each pair under both namings"
SIGNS_EXCHANGED = (
    "; which output is called a is arbitrary, so the coefficient is that of each pair under both namings"
)


@dataclass(frozen=True, slots=True)
class Family:
    """How to estimate coefficients of one kind.

    Attributes
    ----------
    coin_flips : callable
        Agreement beyond raters who toss a coin between a and b: each comparison counts under both namings.
    rates : callable
        Agreement beyond raters who answer by the rates of each pair of systems without looking at the item, from the
        result of :func:`study.frames.named_by_system`.
    naming : str
        How the method describes the two namings.
    """

    coin_flips: Callable[[frames.Rated, AskedCoefficient, AgreementUnits], Estimate]
    rates: Callable[[frames.Rated, IntArray, AskedCoefficient, AgreementUnits], Estimate]
    naming: str


@dataclass(frozen=True, slots=True)
class Offered:
    """A coefficient as an option: its display name, source, scale and estimator."""

    label: str
    source: str
    scale: Scale
    family: Family


OF_COUNTS = Family(_coin_flips_of_counts, _rates_of_counts, EXCHANGED)
OF_RATERS = Family(_coin_flips_of_raters, _rates_of_raters, EXCHANGED)
OF_SQUARES = Family(_coin_flips_of_squares, _rates_of_squares, SIGNS_EXCHANGED)

COEFFICIENTS: dict[str, Offered] = {
    **{
        name: Offered(entry.label, entry.source, entry.scale, OF_COUNTS)
        for name, entry in AGREEMENT.items()
        if entry.scale != "other"
    },
    "conger_kappa": Offered("Conger's κ", "Conger 1980", "nominal", OF_RATERS),
    **{name: Offered(entry.label, entry.source, entry.scale, OF_SQUARES) for name, entry in ICC.items()},
}
"""The coefficients on offer, by key."""
