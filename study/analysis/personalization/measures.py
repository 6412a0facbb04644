"""EGISES, PerSEval and their parts for each system; how stable they are, and how they go with people."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from study.records import stable_id
from study.stats.arrays import FloatArray
from study.stats.correlation.attenuation import fisher_interval
from study.stats.correlation.coefficients import COEFFICIENTS
from study.stats.correlation.few import guarded
from study.stats.personalization import perseval
from study.stats.personalization.conditions import document_mean, rank_stability
from study.stats.personalization.responsiveness import Distances, egises, mean_of_known
from study.stats.resampling import Estimate
from study.tables import lookup
from study.wording import counted

MEASURE_COLUMNS = (
    *("system", "group", "measure", "label", "value", "low", "high", "confidence_level"),
    *("n_documents", "n_undefined", "n_readers", "distance", "n_resamples", "method", "reason"),
)
STABILITY_COLUMNS = (
    *("measure", "share", "value", "low", "high", "n_documents", "n_draws", "distance", "method", "reason"),
)
PEOPLE_COLUMNS = (
    *("measure", "label", "group", "value", "low", "high", "confidence_level", "n_systems", "distance"),
    *("method", "reason"),
)
MEASURES: dict[str, tuple[str, bool]] = {
    "perseval": ("PerSEval (1 best)", True),
    "egises": ("EGISES (0 best)", False),
    "degress": ("DEGRESS (1 best)", True),
    "edp": ("EDP factor (1 best)", True),
    "adp": ("ADP penalty (0 best)", False),
    "acp": ("ACP penalty (0 best)", False),
    "p_accuracy": ("P-Accuracy (1 best)", True),
    "distance": ("Distance to the expected text (0 best)", False),
}
ENOUGH_DOCUMENTS = 10
"""From so many documents on the order of systems on parts of them says how it holds."""
PERSONALIZED, GENERIC = "personalized", "generic"


def measure_values(distances: Distances) -> dict[str, FloatArray]:
    """Return each measure of :data:`MEASURES` per system and document, shape (n_systems, n_documents)."""
    responsive = egises(distances)
    accuracy = mean_of_known(distances.accuracy)
    return {
        "perseval": perseval.perseval(distances),
        "egises": responsive,
        "degress": 1 - responsive,
        "edp": mean_of_known(perseval.effective_penalty(distances.accuracy)),
        "adp": perseval.accuracy_drop_penalty(distances.accuracy),
        "acp": mean_of_known(perseval.accuracy_inconsistency_penalty(distances.accuracy)),
        "p_accuracy": perseval.p_accuracy(1 - accuracy, np.clip(responsive, 0, 1)),
        "distance": accuracy,
    }


def measure_table(
    distances: Distances,
    systems: Sequence[str],
    *,
    distance: str,
    generic: Sequence[str],
    seed: int,
    confidence_level: float = 0.95,
    n_resamples: int = 2000,
) -> pd.DataFrame:
    """Return each measure of each system, with an interval over documents.

    Parameters
    ----------
    distances : Distances
        With a leading axis of systems.
    systems : sequence of str
        Their names.
    distance : str
        The name of the distance, which stands beside every number.
    generic : sequence of str
        Systems that do not know the reader.
    seed : int
    confidence_level, n_resamples
        Of the bootstrap over documents.

    Returns
    -------
    DataFrame
        Of the columns :data:`MEASURE_COLUMNS`.
    """
    n_readers = _mean_readers(distances)
    rows = []
    for measure, values in measure_values(distances).items():
        for place, system in enumerate(systems):
            rng = np.random.default_rng([abs(seed), int(stable_id(measure, system), 16)])
            found = document_mean(
                values[place], rng=rng, confidence_level=confidence_level, n_resamples=n_resamples
            )
            spread = (found.value, found.low, found.high, confidence_level)
            sizes = (found.n_units, int(np.isnan(values[place]).sum()), n_readers)
            why = found.reason if found.n_units else "no document has texts of two readers on both sides"
            rows.append(
                (
                    *(system, GENERIC if system in generic else PERSONALIZED, measure, MEASURES[measure][0]),
                    *spread,
                    *(*sizes, distance, n_resamples, found.method, why),
                )
            )
    table = pd.DataFrame(rows, columns=list(MEASURE_COLUMNS)).astype({"reason": "str"})
    return table


def stability_table(
    distances: Distances, *, distance: str, seed: int, measures: Sequence[str] = ("egises", "perseval")
) -> pd.DataFrame:
    """Return how the order of systems holds on 100 to 20% of the documents.

    Parameters
    ----------
    distances, distance, seed
        As for :func:`measure_table`.
    measures : sequence of str

    Returns
    -------
    DataFrame
        Of the columns :data:`STABILITY_COLUMNS`: ``value`` is the mean Kendall's tau-b with the order on all documents, low
        and high hold 95% of the draws.
    """
    values = measure_values(distances)
    rows: list[tuple[object, ...]] = []
    for measure in measures:
        known = values[measure][:, ~np.isnan(values[measure]).all(axis=0)]
        rng = np.random.default_rng([abs(seed), int(stable_id(measure), 16)])
        if known.shape[0] < 2 or known.shape[1] < 2:
            reason = f"{counted(known.shape[0], 'system')}, {counted(known.shape[1], 'document')}: at least 2 of both are needed"
            rows.append((measure, 1.0, np.nan, np.nan, np.nan, known.shape[1], 0, distance, "none", reason))
            continue
        found = rank_stability(known, rng=rng)
        for at, share in enumerate(found.shares):
            spread = (found.kendall[at], found.lowest[at], found.highest[at])
            why = _why_no_range(share, *spread, found.n_documents)
            if why:
                spread = (found.kendall[at], np.nan, np.nan)
            method = f"Kendall's tau-b, {found.n_draws} draws of documents without replacement"
            rows.append((measure, share, *spread, found.n_documents, found.n_draws, distance, method, why))
    return pd.DataFrame(rows, columns=list(STABILITY_COLUMNS)).astype({"reason": "str"})


def _why_no_range(share: float, value: float, low: float, high: float, n_documents: int) -> str | None:
    """Return why the order on a share of the documents has no range; None where it has."""
    if np.isnan(value):
        return "all systems are equal"
    if n_documents < ENOUGH_DOCUMENTS:
        few = counted(n_documents, "document")
        return f"{few} are too few to say: at least {ENOUGH_DOCUMENTS} are needed"
    if share == 1.0:
        return "all documents: the order itself"
    return "all draws give the same value" if high - low < 1e-12 else None


def people_table(
    measures: pd.DataFrame,
    strengths: pd.DataFrame,
    *,
    coefficient: str = "pearson",
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return how each measure correlates with people's win rates over systems: all, and within each group.

    Pooled and within-group values can contradict each other: a measure that only tells personalized systems from generic
    ones correlates over all, and not within either group.

    Parameters
    ----------
    measures : DataFrame
        From :func:`measure_table`.
    strengths : DataFrame
        From ``analysis.ranking_table``: system and win_rate.
    coefficient : str
        Key of ``COEFFICIENTS``.
    confidence_level : float

    Returns
    -------
    DataFrame
        Of the columns :data:`PEOPLE_COLUMNS`; the sign is turned for measures that are better low. Intervals are Fisher's,
        over systems.
    """
    function = lookup(COEFFICIENTS, coefficient, "coefficient").function
    rates = strengths.set_index("system")["win_rate"]
    rows = []
    for measure, part in measures.groupby("measure", sort=False):
        label, higher = MEASURES[str(measure)]
        signed = part["value"].to_numpy(dtype=np.float64) * (1 if higher else -1)
        people = part["system"].map(rates).to_numpy(dtype=np.float64)
        for group in ("all", PERSONALIZED, GENERIC):
            chosen = ~np.isnan(signed + people)
            if group != "all":
                chosen &= (part["group"] == group).to_numpy(dtype=bool)
            found = _over_systems(
                function(signed[chosen], people[chosen]) if chosen.any() else np.nan,
                int(chosen.sum()),
                coefficient,
                confidence_level,
            )
            spread = (found.value, found.low, found.high, confidence_level)
            rows.append(
                (
                    measure,
                    label,
                    group,
                    *spread,
                    found.n_units,
                    part["distance"].iloc[0],
                    found.method,
                    found.reason,
                )
            )
    return pd.DataFrame(rows, columns=list(PEOPLE_COLUMNS)).astype({"reason": "str"})


def _over_systems(value: FloatArray | float, n: int, coefficient: str, level: float) -> Estimate:
    number, method = float(value), f"{coefficient}, Fisher interval over systems"
    if np.isnan(number) or n < 3:
        reason = (
            f"{counted(n, 'system')}: at least 3 are needed" if n < 3 else "all systems are equal on one side"
        )
        return Estimate(np.nan, np.nan, np.nan, level, n, 0, method, reason)
    return guarded(fisher_interval(number, n, coefficient=coefficient, confidence_level=level), n)


def _mean_readers(distances: Distances) -> float:
    known = (~np.isnan(distances.expected_document)).sum(axis=1)
    return float(known[known > 0].mean()) if (known > 0).any() else 0.0
