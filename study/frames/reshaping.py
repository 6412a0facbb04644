"""The judgments that count, reshaped for statistics: codes and matrices by outputs and systems, never by sides."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from study.frames.reliability import SIGNS, preference_codes
from study.frames.selecting import Selection, coded, used
from study.stats.arrays import IntArray
from study.stats.ranking.preferences import Preferences, preferences
from study.tables import lookup

CLUSTERS: dict[str, str] = {
    "rater": "rater_id",
    "item": "item_id",
    "source": "source_id",
    "profile": "profile_id",
}


def comparison_clusters(selection: Selection, cluster: str) -> IntArray:
    """Return the item, source or profile of each comparison as codes, in the order of :func:`rated`."""
    unit, comparisons = coded(selection.judgments["comparison_id"])
    of_comparison = np.zeros(len(comparisons), dtype=np.int64)
    of_comparison[unit] = cluster_codes(selection, cluster)
    return of_comparison


def paired(selection: Selection) -> pd.DataFrame:
    """Return the judgments of comparisons that were judged at least twice."""
    unit, units = coded(selection.judgments["comparison_id"])
    return selection.judgments[np.bincount(unit, minlength=len(units))[unit] >= 2]


def system_preferences(selection: Selection) -> Preferences:
    """Return the judgments as preferences between systems; both bad counts as a tie."""
    judged = selection.judgments
    a, b = positions(selection.systems, judged["label_a"], judged["label_b"])
    return preferences(a, b, preference_codes(selection, SIGNS), selection.systems)


def cluster_codes(selection: Selection, cluster: str) -> IntArray:
    """Return the cluster of each judgment as codes from 0; a judgment without one is its own cluster.

    Statistics over one kind of cluster use these; those over :class:`study.stats.units.Units` use :func:`unit_codes`.
    """
    codes, names = coded(selection.judgments[lookup(CLUSTERS, cluster, "cluster")])
    alone = codes < 0
    codes[alone] = len(names) + np.arange(int(alone.sum()))
    return codes


def has_units(rows: pd.DataFrame, kind: str) -> bool:
    """Return whether any row has a unit of a kind."""
    column = CLUSTERS[kind]
    return column in rows and bool(rows[column].notna().any())


def unit_codes(rows: pd.DataFrame, kind: str) -> IntArray:
    """Return each row's unit of a kind as codes from 0 with gaps; a row without one uses its item.

    A row without an item is its own unit.

    Parameters
    ----------
    rows : DataFrame
        With ``item_id``; judgments, comparisons, verdicts or outputs.
    kind : str
        A key of :data:`CLUSTERS`.
    """
    item, items = coded(rows[CLUSTERS["item"]])
    own = np.where(item >= 0, item, len(items) + np.arange(len(rows)))
    if kind == "item" or CLUSTERS[kind] not in rows:
        return own
    code, names = coded(rows[CLUSTERS[kind]])
    return np.asarray(np.where(code >= 0, code, len(names) + own), dtype=np.int64)


def judged_outputs(selection: Selection) -> pd.DataFrame:
    """Return one row per judged output: output_id, item_id, system, human_score and n_judgments.

    The human score is the mean over its judgments of 1 where it was preferred, 0.5 for a tie (or both bad) and 0.
    """
    judged, score_of_a = selection.judgments, (1 + preference_codes(selection, SIGNS)) / 2
    outputs = sorted({*used(judged["output_a_id"]), *used(judged["output_b_id"])})
    a, b = positions(outputs, judged["output_a_id"], judged["output_b_id"])
    output = np.concatenate([a, b])
    n_judgments = np.bincount(output, minlength=len(outputs))
    total = np.bincount(output, np.concatenate([score_of_a, 1 - score_of_a]), minlength=len(outputs))
    _, row = np.unique(output, return_index=True)
    item, items = coded(judged["item_id"])
    systems = selection.systems
    system = np.concatenate(positions(systems, judged["label_a"], judged["label_b"]))
    return pd.DataFrame(
        {
            "output_id": pd.Series(outputs, dtype="str"),
            "item_id": pd.Series([items[code] for code in np.tile(item, 2)[row]], dtype="str"),
            "system": pd.Series([systems[code] for code in system[row]], dtype="str"),
            "human_score": total / n_judgments,
            "n_judgments": n_judgments,
        }
    )


def positions(names: Sequence[str], *columns: pd.Series) -> tuple[IntArray, ...]:
    """Return the positions in ``names`` of each column's cells."""
    index = {name: position for position, name in enumerate(names)}
    found = []
    for column in columns:
        codes, there = coded(column)
        found.append(np.array([index[name] for name in there], dtype=np.int64)[codes])
    return tuple(found)
