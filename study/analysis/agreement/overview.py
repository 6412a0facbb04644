"""The table of agreement: do raters prefer the same outputs?"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from study import frames
from study.analysis.agreement.estimates import COEFFICIENTS, AskedCoefficient
from study.analysis.agreement.units import AgreementUnits, agreement_units
from study.tables import lookup

SCALES = {"ordinal": "Which is better", "strength": "How much better"}
"""The names of ordered scales, for coefficients."""

BY_SYSTEM = (
    "; a is the output of the system whose name comes first, and chance is that of each pair of systems"
)
COLUMNS = (
    *("criterion", "statistic", "label", "value", "low", "high", "confidence_level", "n_units", "n_ratings"),
    *(
        "n_raters",
        "n_units_judged_once",
        "cluster",
        "n_clusters",
        "units",
        "estimand",
        "categories",
        "method",
        "reason",
    ),
    *(
        "beyond_rates",
        "beyond_rates_low",
        "beyond_rates_high",
        "beyond_rates_clusters",
        "beyond_rates_method",
    ),
    "beyond_rates_reason",
)

LABELS: dict[str, str] = {name: entry.label for name, entry in COEFFICIENTS.items()}
SOURCES: dict[str, str] = {name: entry.source for name, entry in COEFFICIENTS.items()}
STATISTICS = (
    *("percent_agreement", "krippendorff_alpha_nominal", "krippendorff_alpha_ordinal"),
    *("gwet_ac1", "brennan_prediger"),
)
"""The coefficients shown by default."""

METHODS: dict[str, str] = {
    "jackknife": "Jackknife",
    "bootstrap": "Bootstrap",
    "linearised": "Linearised (Gwet)",
}


def agreement_table(
    judgments: pd.DataFrame,
    *,
    criteria: Sequence[str],
    subset: frames.Subset = frames.HUMAN,
    coding: str = "separate",
    scale: str = "ordinal",
    coefficients: Sequence[str] = STATISTICS,
    cluster: str | None = None,
    without: str = "",
    method: str = "jackknife",
    seed: int = 0,
    n_resamples: int = 2000,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return the agreement of raters on which output is preferred, one row per criterion and coefficient.

    There are two questions and two numbers. ``value`` is agreement beyond coin-flips: which output is called a is
    arbitrary, so chance counts each comparison under both namings, and raters who all prefer one system 90% of the
    time agree far beyond it. ``beyond_rates`` is agreement beyond the rates of the systems: outputs are named by
    their systems and chance is that of each pair of systems, so such raters score 0 (for alpha, kappa and ICC; Gwet's
    and Brennan-Prediger's chance does not follow rates).

    Parameters
    ----------
    judgments : DataFrame
        The long table, from ``store.coded_judgments``.
    criteria : sequence of str
        Keys of criteria.
    subset : Subset
        Which judgments count.
    coding : {"separate", "merged"}
        Whether both bad is a separate category or counts as a tie; on an ordered scale it is a tie.
    scale : {"ordinal", "strength"}
        The ordered scale: which output is better, or how much better, in the steps of the response format.
    coefficients : sequence of str
        Keys of :data:`LABELS`.
    cluster : {"by design", "comparison", "item", "source", "profile"}, optional
        The clusters of the intervals; by default those of :func:`study.analysis.agreement.units.agreement_units`, and
        comparisons for linearised errors.
    without : str
        A kind of unit held fixed by design.
    method : {"jackknife", "bootstrap", "linearised"}
        Method of the intervals; linearised errors are published for some coefficients, over comparisons.
    seed : int
        The study's seed, for the bootstrap.
    n_resamples : int
    confidence_level : float

    Returns
    -------
    DataFrame
        With the columns :data:`COLUMNS`. Units are comparisons judged by at least two raters; ratings and raters are
        those of these units. ``cluster``, ``n_clusters``, ``units`` and ``estimand`` describe the units of the
        interval and the population it generalises to. Categories are those that could be given.

    Raises
    ------
    InvalidInput
        If a name is unknown.
    """
    for name in coefficients:
        lookup(LABELS, name, "coefficient")
    lookup(METHODS, method, "interval method")
    lookup({"separate": 0, "merged": 0}, coding, "coding")
    lookup(SCALES, scale, "scale")
    rows = []
    for criterion in criteria:
        selection = frames.select(judgments, criterion=criterion, subset=subset)
        data = {key: frames.rated(selection, key) for key in (coding, scale)}
        wanted = "comparison" if method == "linearised" and cluster is None else cluster
        over = agreement_units(selection, data[coding], wanted, without=without)
        for name in coefficients:
            asked = AskedCoefficient(name, method, confidence_level, n_resamples, seed)
            cells = _row(selection, data[coding_of(name, coding, scale)], asked, over)
            rows.append((criterion, name, LABELS[name], *cells))
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"reason": "str", "beyond_rates_reason": "str"})


def coding_of(coefficient: str, coding: str, scale: str) -> str:
    """Return the one of two codings that a coefficient is computed on: categories, or an ordered scale."""
    return coding if COEFFICIENTS[coefficient].scale == "nominal" else scale


def _row(
    selection: frames.Selection, used: frames.Rated, asked: AskedCoefficient, over: AgreementUnits
) -> tuple[object, ...]:
    """Return a coefficient's cells after its label: with both chances, units, categories, methods and reasons."""
    family = COEFFICIENTS[asked.name].family
    found = family.coin_flips(used, asked, over)
    named, pair = frames.named_by_system(selection, used)
    beside = family.rates(named, pair, asked, over)
    beyond = (beside.value, beside.low, beside.high, beside.n_units, beside.method + BY_SYSTEM, beside.reason)
    return (
        *(found.value, found.low, found.high, asked.level),
        *_sizes(used),
        *(over.cluster, found.n_units, over.sizes, over.estimand),
        *(" / ".join(used.names), found.method + family.naming, found.reason),
        *beyond,
    )


def _sizes(data: frames.Rated) -> tuple[int, int, int, int]:
    """Return the numbers of units judged at least twice, of their ratings and raters, and of units judged once."""
    n_ratings = np.bincount(data.unit, minlength=len(data.comparisons))
    paired = n_ratings >= 2
    of_paired = paired[data.unit] if len(data.unit) else np.zeros(0, dtype=bool)
    return (
        int(paired.sum()),
        int(of_paired.sum()),
        len(np.unique(data.rater[of_paired])),
        int((~paired).sum()),
    )
