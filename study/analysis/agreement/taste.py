"""Taste and noise: agreement within and between profiles, of owners and proxies, and what a metric could reach."""

import numpy as np
import pandas as pd

from study import frames
from study.analysis.agreement.units import agreement_units
from study.stats.agreement.taste import Contrast, owners_and_proxies, taste_and_noise
from study.stats.arrays import IntArray
from study.stats.correlation.noise_ceiling import CEILINGS, noise_ceiling
from study.stats.resampling import Estimate
from study.stats.units import FEWEST

TASTE_COLUMNS = (
    *(
        "question",
        "statistic",
        "label",
        "value",
        "low",
        "high",
        "confidence_level",
        "n_units",
        "method",
        "reason",
    ),
)
QUESTIONS = {
    "taste": "Does it depend on the profile?",
    "owner": "Do proxies judge as the owner does?",
    "ceiling": "How well could any metric do?",
}
# The preferred system (or a tie), whichever output is called a: first system, tie, second, both bad.
N_CATEGORIES = 4


def taste_table(
    judgments: pd.DataFrame,
    *,
    criterion: str,
    subset: frames.Subset = frames.HUMAN,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return how much of the disagreement is taste (it depends on the profile) and how much is noise.

    Shares of pairs of answers that agree: within a profile and between profiles on the same source and pair of systems;
    among proxies and of proxies with the owner on the same comparison. Below them the noise ceiling of any metric.

    Parameters
    ----------
    judgments : DataFrame
        The long table, from ``store.coded_judgments``.
    criterion : str
    subset : Subset
    confidence_level : float

    Returns
    -------
    DataFrame
        Of the columns :data:`TASTE_COLUMNS`; intervals by the jackknife over sources (over sources with their pair of systems
        where there are fewer than 5), and for owners and proxies over profiles, or what else the design says; the ceiling's are
        over comparisons.
    """
    selection = frames.select(judgments, criterion=criterion, subset=subset)
    rows = []
    for key, names, contrast in (
        (
            "taste",
            ("Within a profile", "Between profiles", "Difference (taste)"),
            _taste(selection, confidence_level),
        ),
        (
            "owner",
            ("Among proxies", "Proxies with the owner", "Difference"),
            _owner(selection, confidence_level),
        ),
    ):
        parts = (contrast.first, contrast.second, contrast.difference)
        for place, (label, estimate) in enumerate(zip(names, parts, strict=True)):
            rows.append(
                (
                    QUESTIONS[key],
                    f"{key}_{('first', 'second', 'difference')[place]}",
                    label,
                    *_cells(estimate),
                )
            )
    counts = frames.value_counts(selection, "separate")
    for name, entry in CEILINGS.items():
        estimate = noise_ceiling(counts, name, confidence_level=confidence_level)
        rows.append((QUESTIONS["ceiling"], name, entry.label, *_cells(estimate)))
    return pd.DataFrame(rows, columns=list(TASTE_COLUMNS)).astype({"reason": "str"})


def _taste(selection: frames.Selection, confidence_level: float) -> Contrast:
    """Contrast answers within and between profiles; the unit is a source with a pair of systems."""
    judged, systems = selection.judgments, selection.systems
    source, _ = frames.coded(judged["source_id"])
    profile, _ = frames.coded(judged["profile_id"])
    a, b = frames.positions(systems, judged["label_a"], judged["label_b"])
    pair = np.minimum(a, b) * len(systems) + np.maximum(a, b)
    known = profile >= 0
    there, unit = np.unique(source[known] * len(systems) ** 2 + pair[known], return_inverse=True)
    category = _on_systems(selection, a > b)[known]
    of_unit = there // len(systems) ** 2
    enough = FEWEST <= len(np.unique(of_unit)) < len(there)
    return taste_and_noise(
        unit,
        profile[known],
        category,
        N_CATEGORIES,
        group=of_unit if enough else None,
        group_name="source",
        confidence_level=confidence_level,
    )


def _owner(selection: frames.Selection, confidence_level: float) -> Contrast:
    unit, _ = frames.coded(selection.judgments["comparison_id"])
    is_owner = (selection.judgments["rater_role"] == "owner").to_numpy(dtype=bool)
    category = _on_systems(selection, np.zeros(len(unit), dtype=bool))
    over = agreement_units(selection, frames.rated(selection, "separate"))
    return owners_and_proxies(
        unit,
        is_owner,
        category,
        N_CATEGORIES,
        group=over.groups,
        group_name=over.cluster,
        confidence_level=confidence_level,
    )


def _on_systems(selection: frames.Selection, exchanged: np.ndarray) -> IntArray:
    """Return the answer as category, a and b exchanged where the second system of the pair is called a."""
    data = frames.rated(selection, "separate")
    a, b = data.names.index("a"), data.names.index("b")
    other = np.arange(data.n_categories)
    other[[a, b]] = [b, a]
    return np.where(exchanged, other[data.category], data.category)


def _cells(estimate: Estimate) -> tuple[object, ...]:
    spread = (estimate.value, estimate.low, estimate.high, estimate.confidence_level)
    return (*spread, estimate.n_units, estimate.method, estimate.reason)
