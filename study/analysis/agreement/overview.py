"""The table of agreement: do raters prefer the same outputs?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from study import frames
from study.stats.agreement.coefficients import (
    AGREEMENT,
    COUNTS_UNITS_RATED_ONCE,
    agreement,
    undefined_reason,
)
from study.stats.agreement.conger import conger_kappa
from study.stats.agreement.icc import ICC, icc
from study.stats.agreement.standard_errors import LINEARISED, linearised_agreement
from study.stats.agreement.totals import grouped_units
from study.stats.arrays import FloatArray, IntArray
from study.stats.resampling import Clusters, Estimate
from study.tables import lookup
from study.wording import counted

CATEGORIES = {
    "separate": "a / tie / b / both bad",
    "merged": "a / tie or both bad / b",
    "ordinal": "b < tie or both bad < a",
    "strength": "b much better < ... < tie or both bad < ... < a much better, equal steps",
}
SCALES = {"ordinal": "Which is better", "strength": "How much better"}
"""What coefficients of an ordered scale are of."""

BY_ID = "; a is the output whose id comes first"
EXCHANGED = "; which output is called a is arbitrary, so chance counts each pair under both namings"
COLUMNS = (
    *("criterion", "statistic", "label", "value", "low", "high", "confidence_level", "n_units", "n_ratings"),
    *("n_raters", "n_units_judged_once", "cluster", "n_clusters", "categories", "method", "reason"),
)

# Preferences have no natural zero and do not close to a circle: coefficients for such scales are not offered.
OTHER_SCALES = ("krippendorff_alpha_ratio", "gwet_ac2_ratio", "gwet_ac2_circular", "gwet_ac2_bipolar")
LABELS: dict[str, str] = {
    **{name: entry.label for name, entry in AGREEMENT.items() if name not in OTHER_SCALES},
    "conger_kappa": "Conger's κ",
    **{name: entry.label for name, entry in ICC.items()},
}
"""The coefficients on offer, by key."""

SOURCES: dict[str, str] = {
    **{name: entry.source for name, entry in AGREEMENT.items()},
    "conger_kappa": "Conger 1980",
    **{name: entry.source for name, entry in ICC.items()},
}
NOMINAL = {
    *("percent_agreement", "krippendorff_alpha_nominal", "fleiss_kappa", "brennan_prediger", "gwet_ac1"),
    "conger_kappa",
}
STATISTICS = ("percent_agreement", "krippendorff_alpha_nominal", "krippendorff_alpha_ordinal", "gwet_ac1")
"""The coefficients that are shown unasked."""

METHODS: dict[str, str] = {
    "jackknife": "Jackknife",
    "bootstrap": "Bootstrap",
    "linearised": "Linearised (Gwet)",
}
AGREEMENT_CLUSTERS: dict[str, str] = {
    "comparison": "Comparisons",
    "item": "Items",
    "source": "Sources",
    "profile": "Profiles",
}
# Some coefficients make a matrix of raters by comparisons; no larger one than this.
MOST_CELLS = 5_000_000


def agreement_table(
    judgments: pd.DataFrame,
    *,
    criteria: Sequence[str],
    subset: frames.Subset = frames.HUMAN,
    coding: str = "separate",
    scale: str = "ordinal",
    coefficients: Sequence[str] = STATISTICS,
    cluster: str = "comparison",
    method: str = "jackknife",
    seed: int = 0,
    n_resamples: int = 2000,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return the agreement of raters on which output is preferred, a row per criterion and coefficient.

    Parameters
    ----------
    judgments : DataFrame
        The long table, from ``store.coded_judgments``.
    criteria : sequence of str
        Keys of criteria.
    subset : Subset
        Whose judgments count, and on what.
    coding : {"separate", "merged"}
        Whether both bad is a category of its own or counts as a tie; on an ordered scale it is a tie.
    scale : {"ordinal", "strength"}
        The ordered scale: which output is better, or in the steps of the response format how much better.
    coefficients : sequence of str
        Keys of :data:`LABELS`.
    cluster : {"comparison", "item", "source", "profile"}
        What belongs together in the intervals.
    method : {"jackknife", "bootstrap", "linearised"}
        Of the intervals; linearised errors are published for some coefficients, over comparisons.
    seed : int
        The study's, for the bootstrap.
    n_resamples : int
    confidence_level : float

    Returns
    -------
    DataFrame
        Of the columns :data:`COLUMNS`. Units are comparisons that at least two raters judged; ratings and raters are
        those of these units.

    Raises
    ------
    InvalidInput
        If a name is unknown.
    """
    for name in coefficients:
        lookup(LABELS, name, "coefficient")
    lookup(METHODS, method, "interval method")
    lookup(AGREEMENT_CLUSTERS, cluster, "cluster")
    lookup({"separate": 0, "merged": 0}, coding, "coding")
    lookup(SCALES, scale, "scale")
    rows = []
    for criterion in criteria:
        selection = frames.select(judgments, criterion=criterion, subset=subset)
        data = {key: frames.rated(selection, key) for key in (coding, scale)}
        groups = None if cluster == "comparison" else frames.comparison_clusters(selection, cluster)
        sizes = _sizes(data[coding])
        for name in coefficients:
            used = coding if name in NOMINAL else scale
            interval = _Interval(
                method, confidence_level, n_resamples, np.random.default_rng([abs(seed), len(name)])
            )
            estimate = _estimate(data[used], name, interval, cluster, groups)
            spread = (estimate.value, estimate.low, estimate.high, confidence_level)
            described = (
                cluster,
                estimate.n_units,
                CATEGORIES[used],
                estimate.method + (BY_ID if name in ICC else EXCHANGED),
                estimate.reason,
            )
            rows.append((criterion, name, LABELS[name], *spread, *sizes, *described))
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"reason": "str"})


@dataclass(frozen=True, slots=True)
class _Interval:
    """How an interval is made."""

    method: str
    level: float
    n_resamples: int
    rng: np.random.Generator


def _estimate(
    data: frames.Rated, name: str, interval: _Interval, cluster: str, groups: IntArray | None
) -> Estimate:
    if name in ICC:
        return _icc(data, name, interval.level)
    if name == "conger_kappa" and len(data.raters) * len(data.comparisons) > MOST_CELLS:
        return _too_sparse(data, interval.level)
    if interval.method == "linearised":
        return _linearised(data, name, interval.level, cluster)
    if name == "conger_kappa":
        found = conger_kappa(
            data.ratings(),
            method=interval.method,
            confidence_level=interval.level,
            n_resamples=interval.n_resamples,
            rng=interval.rng,
        )
        return (
            found
            if groups is None
            else _without_interval(found, f"no interval by {cluster}: choose comparisons")
        )
    clusters = None if groups is None else _clusters(data, name, cluster, groups)
    if clusters is not None and not clusters.n_clusters:
        reason = undefined_reason(data.value_counts())
        return Estimate(np.nan, np.nan, np.nan, interval.level, 0, 0, "none", reason)
    return agreement(
        data.value_counts(),
        name,
        method=interval.method,
        clusters=clusters,
        confidence_level=interval.level,
        n_resamples=interval.n_resamples,
        rng=interval.rng,
    )


def _clusters(data: frames.Rated, name: str, cluster: str, groups: IntArray) -> Clusters:
    return grouped_units(data.unit_counts(), groups, cluster, singles=name in COUNTS_UNITS_RATED_ONCE)


def _linearised(data: frames.Rated, name: str, level: float, cluster: str) -> Estimate:
    counts = data.value_counts()
    if name in LINEARISED and cluster == "comparison":
        return linearised_agreement(counts, name, confidence_level=level)
    if name == "conger_kappa":
        found = conger_kappa(data.ratings(), confidence_level=level)
    else:
        found = agreement(counts, name, confidence_level=level)
    why = (
        "over comparisons only" if name in LINEARISED else "there is no linearised error of this coefficient"
    )
    return _without_interval(found, f"{why}: choose the jackknife")


def _without_interval(found: Estimate, why: str) -> Estimate:
    if np.isnan(found.value):
        return found
    return replace(found, low=np.nan, high=np.nan, method="none", reason=why)


def _icc(data: frames.Rated, name: str, level: float) -> Estimate:
    """Return an intraclass correlation of the preference, with b at the lower end of the scale and a at the upper.

    One-way coefficients take comparisons of the usual number of judgments, whoever gave them; two-way ones need
    comparisons that all raters judged.
    """
    matrix = _judgments_in_columns(data) if name.startswith("icc_1") else _raters_in_rows(data)
    if matrix is None:
        return _too_sparse(data, level)
    found = icc(matrix, name, confidence_level=level)
    if np.isnan(found.value) and found.n_units < 2 and not name.startswith("icc_1"):
        return replace(found, reason="no two comparisons were judged by all raters")
    return found


def _too_sparse(data: frames.Rated, level: float) -> Estimate:
    reason = (
        f"too sparse: {counted(len(data.raters), 'rater')} by {counted(len(data.comparisons), 'comparison')}"
    )
    return Estimate(np.nan, np.nan, np.nan, level, 0, 0, "none", reason)


def _raters_in_rows(data: frames.Rated) -> FloatArray | None:
    if len(data.raters) * len(data.comparisons) > MOST_CELLS:
        return None
    matrix = np.full((len(data.raters), len(data.comparisons)), np.nan)
    matrix[data.rater, data.unit] = data.category
    return matrix


def _judgments_in_columns(data: frames.Rated) -> FloatArray:
    """Return the comparisons with the most usual number of judgments (2 or more), shape (number, n_comparisons)."""
    n_ratings = np.bincount(data.unit, minlength=len(data.comparisons))
    usual = np.bincount(n_ratings[n_ratings >= 2], minlength=3)
    number = int(usual.argmax()) if usual.any() else 2
    order = np.argsort(data.unit, kind="stable")
    kept = order[(n_ratings == number)[data.unit[order]]]
    return np.asarray(data.category[kept].astype(np.float64).reshape(-1, number).T)


def _sizes(data: frames.Rated) -> tuple[int, int, int, int]:
    """Return the units judged at least twice, their ratings and raters, and the units judged once."""
    n_ratings = np.bincount(data.unit, minlength=len(data.comparisons))
    paired = n_ratings >= 2
    of_paired = paired[data.unit] if len(data.unit) else np.zeros(0, dtype=bool)
    return (
        int(paired.sum()),
        int(of_paired.sum()),
        len(np.unique(data.rater[of_paired])),
        int((~paired).sum()),
    )
