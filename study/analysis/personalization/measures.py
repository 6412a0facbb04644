"""EGISES, PerSEval and their parts for each system; their stability, and their correlation with people."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from study import frames
from study.analysis.personalization.measure_definitions import MEASURES, measure_values
from study.analysis.ranking.rows import UNIT_COLUMNS, unit_columns
from study.records import stable_id
from study.stats.arrays import FloatArray
from study.stats.correlation.attenuation import fisher_interval
from study.stats.correlation.coefficients import COEFFICIENTS
from study.stats.correlation.few import guarded
from study.stats.personalization.conditions import rank_stability
from study.stats.personalization.over_units import claimed_mean, document_moves, reader_values
from study.stats.personalization.responsiveness import Distances
from study.stats.resampling import Estimate
from study.stats.units import Units, estimand, units_of
from study.stats.units import sizes as sizes_of
from study.tables import lookup
from study.wording import counted

MEASURE_COLUMNS = (
    *("system", "group", "measure", "label", "value", "low", "high", "confidence_level"),
    *("n_documents", "n_undefined", "n_readers", "distance", *UNIT_COLUMNS, "method", "reason"),
)
STABILITY_COLUMNS = (
    *("measure", "share", "value", "low", "high", "n_documents", "n_draws", "distance"),
    *("units", "estimand", "method", "reason"),
)
PEOPLE_COLUMNS = (
    *("measure", "label", "group", "value", "low", "high", "confidence_level", "n_systems", "distance"),
    *("units", "estimand", "method", "reason"),
)
ENOUGH_DOCUMENTS = 10
"""Number of documents from which the order of systems on parts of them shows its stability."""
PERSONALIZED, GENERIC = "personalized", "generic"


def reader_units(distances: Distances, readers: ArrayLike | None, cluster: str | None = None) -> Units:
    """Return the units of all reader positions of all documents: sources, and the profiles who read several of them.

    Parameters
    ----------
    distances : Distances
    readers : array_like of int, shape (n_documents, n_readers), optional
        The reader at each position of each document, codes from 0, -1 for none; by default no reader has two
        documents.
    cluster : str, optional
        As in :func:`study.frames.units`; raters are left out, since there are none.
    """
    shape = distances.accuracy.shape[-2:]
    seat = np.arange(shape[0] * shape[1])
    reader = seat if readers is None else np.asarray(readers, dtype=np.int64).ravel()
    nobody = reader < 0
    of_nobody = int(reader.max(initial=-1)) + 1 + seat
    named = {
        "source": seat // max(1, shape[1]),
        "item": seat,
        "profile": np.where(nobody, of_nobody, reader),
    }
    kinds = [kind for kind in frames.parsed_kinds(cluster) if kind != "rater"]
    if kinds:
        return units_of({kind: named[kind] for kind in kinds}, asked=True)
    there = ("source", "profile") if readers is not None else ("source",)
    return units_of({kind: named[kind] for kind in there})


def measure_table(
    distances: Distances,
    systems: Sequence[str],
    *,
    distance: str,
    generic: Sequence[str],
    readers: ArrayLike | None = None,
    cluster: str | None = None,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return each measure of each system, with an interval over documents and readers.

    Parameters
    ----------
    distances : Distances
        With a leading axis of systems.
    systems : sequence of str
        Names of the systems.
    distance : str
        The name of the distance, shown with every number.
    generic : sequence of str
        Systems that do not know the reader.
    readers : array_like of int, shape (n_documents, n_readers), optional
        As in :func:`reader_units`.
    cluster : str, optional
        The units of intervals: "source", "profile", "profile x source" or "item". By default sources and profiles; a
        kind with fewer than 5 units is held fixed.
    confidence_level : float

    Returns
    -------
    DataFrame
        With the columns :data:`MEASURE_COLUMNS`.
    """
    n_readers, units = _mean_readers(distances), reader_units(distances, readers, cluster)
    found = reader_values(distances, measure_values)
    rows = []
    for measure, values in found.values.items():
        for place, system in enumerate(systems):
            there = found.there[place]
            value, moves = document_moves(values[place], found.without[measure][place], there)
            known = ~np.isnan(values[place]) & there.any(axis=1)
            claim = claimed_mean(
                value, moves, there & known[:, None], units, confidence_level=confidence_level
            )
            one = claim.estimate
            rows.append(
                (
                    *(
                        system,
                        GENERIC if system in generic else PERSONALIZED,
                        measure,
                        MEASURES[measure].label,
                    ),
                    *(one.value, one.low, one.high, confidence_level),
                    *(int(known.sum()), len(known) - int(known.sum()), n_readers, distance),
                    *(*unit_columns(claim), one.method, one.reason),
                )
            )
    return pd.DataFrame(rows, columns=list(MEASURE_COLUMNS)).astype({"reason": "str"})


def stability_table(
    distances: Distances, *, distance: str, seed: int, measures: Sequence[str] = ("egises", "perseval")
) -> pd.DataFrame:
    """Return how stable the order of systems is on 100 to 20% of the documents.

    Parameters
    ----------
    distances, distance, seed
        As in :func:`measure_table`.
    measures : sequence of str

    Returns
    -------
    DataFrame
        With the columns :data:`STABILITY_COLUMNS`: ``value`` is the mean Kendall's tau-b with the order on all
        documents; low and high contain 95% of the draws.
    """
    rows: list[tuple[object, ...]] = []
    for measure in measures:
        values = lookup(MEASURES, measure, "measure").function(distances)
        known = values[:, ~np.isnan(values).all(axis=0)]
        rng = np.random.default_rng([abs(seed), int(stable_id(measure), 16)])
        if known.shape[0] < 2 or known.shape[1] < 2:
            reason = f"{counted(known.shape[0], 'system')}, {counted(known.shape[1], 'document')}: at least 2 of both are needed"
            sizes = (known.shape[1], 0, distance, *_these(*known.shape))
            rows.append((measure, 1.0, np.nan, np.nan, np.nan, *sizes, "none", reason))
            continue
        found = rank_stability(known, rng=rng)
        for at, share in enumerate(found.shares):
            spread = (found.kendall[at], found.lowest[at], found.highest[at])
            why = _why_no_range(share, *spread, found.n_documents)
            if why:
                spread = (found.kendall[at], np.nan, np.nan)
            method = f"Kendall's tau-b, {found.n_draws} draws of documents without replacement"
            sizes = (found.n_documents, found.n_draws, distance, *_these(*known.shape))
            rows.append((measure, share, *spread, *sizes, method, why))
    return pd.DataFrame(rows, columns=list(STABILITY_COLUMNS)).astype({"reason": "str"})


def _these(n_systems: int, n_documents: int) -> tuple[str, str]:
    """Return the units of an order on parts of the documents, and an estimand that does not generalise."""
    documents = counted(n_documents, "document")
    return (
        documents,
        f"for these {counted(n_systems, 'system')} and {documents}, as draws of parts of these documents",
    )


def _why_no_range(share: float, value: float, low: float, high: float, n_documents: int) -> str | None:
    """Return why the order on a share of the documents has no range; None if it has one."""
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
    """Return each measure's correlation with people's win rates over systems: all systems, and within each group.

    Pooled and within-group values can contradict each other: a measure that only separates personalized from generic
    systems correlates over all, but not within either group.

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
        With the columns :data:`PEOPLE_COLUMNS`; the sign is reversed for measures where lower is better. Intervals are
        Fisher's, over systems.
    """
    function = lookup(COEFFICIENTS, coefficient, "coefficient").function
    rates = strengths.set_index("system")["win_rate"]
    rows = []
    for measure, part in measures.groupby("measure", sort=False):
        entry = lookup(MEASURES, str(measure), "measure")
        label = entry.label
        signed = part["value"].to_numpy(dtype=np.float64) * (1 if entry.higher_is_better else -1)
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
                    *_like_these(found.n_units),
                    found.method,
                    found.reason,
                )
            )
    return pd.DataFrame(rows, columns=list(PEOPLE_COLUMNS)).astype({"reason": "str"})


def _like_these(n: int) -> tuple[str, str]:
    """Return the units of a correlation over systems, and its estimand."""
    units = units_of({"system": np.arange(n)}, asked=True)
    said = estimand(units) if n else "for nothing: no system"
    return sizes_of(units), f"{said}, with measures and win rates as they are" if n else said


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
