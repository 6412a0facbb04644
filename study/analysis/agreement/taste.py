"""Taste and noise: agreement within and between profiles, of owners and proxies, and the best any metric can reach."""

from dataclasses import replace

import numpy as np
import pandas as pd

from study import frames
from study.analysis.agreement.units import AgreementUnits, agreement_units
from study.stats.agreement.taste import TasteContrast, owners_and_proxies, taste_and_noise
from study.stats.agreement.totals import ratio
from study.stats.arrays import IntArray
from study.stats.correlation.noise_ceiling import CEILINGS, noise_ceiling
from study.stats.resampling import Estimate, jackknife, whole_clusters
from study.stats.units import FEWEST, Units, estimand, sizes, units_of

TASTE_COLUMNS = (
    *("question", "statistic", "label", "value", "low", "high", "confidence_level", "n_units"),
    *("cluster", "units", "estimand", "method", "reason"),
)
QUESTIONS = {
    "taste": "Does it depend on the profile?",
    "owner": "Do proxies judge as the owner does?",
    "ceiling": "How well could any metric do?",
}
# The preferred system (or a tie), independent of which output is called a: first system, tie, second, both bad.
N_CATEGORIES = 4


def taste_table(
    judgments: pd.DataFrame,
    *,
    criterion: str,
    subset: frames.Subset = frames.HUMAN,
    cluster: str | None = None,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return how much of the disagreement is taste (it depends on the profile) and how much is noise.

    Shares of pairs of answers that agree: within a profile and between profiles on the same source and pair of
    systems; among proxies and of proxies with the owner on the same comparison. The last rows are the noise ceiling
    of any metric.

    Parameters
    ----------
    judgments : DataFrame
        The long table, from ``store.coded_judgments``.
    criterion : str
    subset : Subset
    cluster : {"by design", "comparison", "item", "source", "profile"}, optional
        The clusters of the intervals of owners, proxies and the ceiling, as in
        :func:`study.analysis.agreement.units.agreement_units`. Within and between profiles are over sources (over
        sources with their pair of systems if there are fewer than 5 sources, or for "comparison"), because profiles
        are being compared.
    confidence_level : float

    Returns
    -------
    DataFrame
        With the columns :data:`TASTE_COLUMNS`; intervals by the jackknife. ``n_units`` counts their units.
    """
    selection = frames.select(judgments, criterion=criterion, subset=subset)
    data = frames.rated(selection, "separate")
    over = agreement_units(selection, data, cluster)
    taste, of_taste = _taste(selection, cluster, confidence_level)
    rows: list[tuple[object, ...]] = []
    for key, names, contrast, units in (
        ("taste", ("Within a profile", "Between profiles", "Difference (taste)"), taste, of_taste),
        (
            "owner",
            ("Among proxies", "Proxies with the owner", "Difference"),
            _owner(selection, over, confidence_level),
            over.units,
        ),
    ):
        parts = (contrast.first, contrast.second, contrast.difference)
        for part, label, estimate in zip(("first", "second", "difference"), names, parts, strict=True):
            rows.append((QUESTIONS[key], f"{key}_{part}", label, *_cells(estimate, units)))
    for name, entry in CEILINGS.items():
        estimate = _ceiling(data, name, over, confidence_level)
        rows.append((QUESTIONS["ceiling"], name, entry.label, *_cells(estimate, over.units)))
    return pd.DataFrame(rows, columns=list(TASTE_COLUMNS)).astype({"reason": "str"})


def _taste(
    selection: frames.Selection, cluster: str | None, confidence_level: float
) -> tuple[TasteContrast, Units]:
    """Contrast answers within and between profiles, with their units: a source, or a source with a pair of systems."""
    judged, systems = selection.judgments, selection.systems
    source, _ = frames.coded(judged["source_id"])
    profile, _ = frames.coded(judged["profile_id"])
    a, b = frames.positions(systems, judged["label_a"], judged["label_b"])
    pair = np.minimum(a, b) * len(systems) + np.maximum(a, b)
    known = profile >= 0
    there, unit = np.unique(source[known] * len(systems) ** 2 + pair[known], return_inverse=True)
    category = _on_systems(selection, a > b)[known]
    of_unit = there // len(systems) ** 2
    n_sources = len(np.unique(of_unit))
    enough = cluster != "comparison" and FEWEST <= n_sources < len(there)
    contrast = taste_and_noise(
        unit,
        profile[known],
        category,
        N_CATEGORIES,
        group=of_unit if enough else None,
        group_name="source",
        confidence_level=confidence_level,
    )
    by_source = enough or n_sources == len(there)
    codes = of_unit if by_source else np.arange(len(there))
    units = units_of({"source" if by_source else "system pair": codes}, asked=True)
    rater, _ = frames.coded(judged["rater_id"])
    held = [("rater", len(np.unique(rater[known]))), ("profile", len(np.unique(profile[known])))]
    if n_sources < FEWEST and not by_source:
        held.append(("source", n_sources))
    return contrast, replace(units, fixed=tuple(held))


def _owner(selection: frames.Selection, over: AgreementUnits, confidence_level: float) -> TasteContrast:
    unit, _ = frames.coded(selection.judgments["comparison_id"])
    is_owner = (selection.judgments["rater_role"] == "owner").to_numpy(dtype=bool)
    category = _on_systems(selection, np.zeros(len(unit), dtype=bool))
    return owners_and_proxies(
        unit,
        is_owner,
        category,
        N_CATEGORIES,
        group=over.groups,
        group_name=over.cluster,
        confidence_level=confidence_level,
    )


def _ceiling(data: frames.Rated, name: str, over: AgreementUnits, confidence_level: float) -> Estimate:
    """Return a noise ceiling, with each comparison counting once, and its interval over clusters of comparisons."""
    plain = noise_ceiling(data.value_counts(), name, confidence_level=confidence_level)
    if over.groups is None or np.isnan(plain.value):
        return plain
    counts = data.unit_counts()
    paired = counts.sum(axis=1) >= 2
    values = CEILINGS[name].function(counts[paired].astype(np.float64))
    place = np.unique(over.groups[paired], return_inverse=True)[1]
    cells = np.column_stack([np.bincount(place, values), np.bincount(place).astype(np.float64)])
    found = jackknife(
        lambda totals: ratio(totals[:, 0], np.rint(totals[:, 1])),
        whole_clusters(cells, over.cluster),
        confidence_level=confidence_level,
    )
    low, high = np.clip([found.low, found.high], *CEILINGS[name].bounds).tolist()
    return replace(found, low=low, high=high)


def _on_systems(selection: frames.Selection, exchanged: np.ndarray) -> IntArray:
    """Return the answer as category, with a and b exchanged where the second system of the pair is called a."""
    data = frames.rated(selection, "separate")
    a, b = data.names.index("a"), data.names.index("b")
    other = np.arange(data.n_categories)
    other[[a, b]] = [b, a]
    return np.where(exchanged, other[data.category], data.category)


def _cells(estimate: Estimate, units: Units) -> tuple[object, ...]:
    """Return the cells of a row after its label; they count the units that the estimate rests on."""
    spread = (estimate.value, estimate.low, estimate.high, estimate.confidence_level)
    own = replace(units, counts=(estimate.n_units,))
    said = (units.label, sizes(own), estimand(own))
    return (*spread, estimate.n_units, *said, estimate.method, estimate.reason)
