"""How far outputs sound like their readers: likeness to the reader's own texts of other items."""

import numpy as np
import pandas as pd

from study import frames
from study.metrics.jobs import text_columns
from study.metrics.personalization import system_labels
from study.metrics.sentinels import FEATURES, hashed_ngrams
from study.records import references_of
from study.stats.arrays import FloatArray
from study.stats.resampling import jackknife, whole_clusters

STYLE_COLUMNS = (
    *("system", "value", "low", "high", "confidence_level", "n_outputs", "n_profiles", "method", "reason"),
)


def style_table(texts: pd.DataFrame, *, confidence_level: float = 0.95) -> pd.DataFrame:
    """Return each system's mean likeness to its readers' own texts.

    The likeness of an output is the cosine of its hashed character n-grams with the sum of those of the reader's texts
    (the references) of other items: character n-grams carry punctuation, case-folded words and endings, and so style
    along with topic; texts of other items keep the topic out as far as they can.

    Parameters
    ----------
    texts : DataFrame
        From ``store.output_texts``.
    confidence_level : float

    Returns
    -------
    DataFrame
        Of the columns :data:`STYLE_COLUMNS`, from -1 to 1; intervals are over profiles.

    References
    ----------
    Stamatatos 2013 (character n-grams tell authors).
    """
    rows = texts.assign(label=system_labels(texts)).reset_index(drop=True)
    output = [cell or "" for cell in text_columns(rows, ["output"])["output"]]
    likeness = _likeness(rows, hashed_ngrams(output))
    profile, _ = frames.coded(rows["profile_id"])
    table = []
    for system in sorted(set(rows["label"])):
        known = (rows["label"] == system).to_numpy(dtype=bool) & ~np.isnan(likeness)
        sums = [np.bincount(profile[known], part) for part in (likeness[known], np.ones(int(known.sum())))]
        cells = np.column_stack(sums).astype(np.float64)
        found = jackknife(
            lambda totals: np.divide(
                totals[:, 0], totals[:, 1], out=np.full(len(totals), np.nan), where=totals[:, 1] > 0
            ),
            whole_clusters(cells[cells[:, 1] > 0], "profile"),
            confidence_level=confidence_level,
        )
        reason = found.reason if known.any() else "no output whose reader has a text of another item"
        spread = (found.value, found.low, found.high, confidence_level)
        method = f"cosine of {FEATURES}; {found.method}"
        table.append((system, *spread, int(known.sum()), found.n_units, method, reason))
    return pd.DataFrame(table, columns=list(STYLE_COLUMNS)).astype({"reason": "str"})


def _likeness(rows: pd.DataFrame, output: FloatArray) -> FloatArray:
    """Return the likeness of each output, nan where its reader has no text of another item."""
    own = rows[["item_id", "profile_id", "reference"]].drop_duplicates("item_id")
    own = own[
        own["reference"].map(lambda cell: isinstance(cell, str) and bool(cell.strip())).to_numpy(dtype=bool)
    ]
    features = hashed_ngrams(["\n".join(references_of(cell)) for cell in own["reference"]])
    place = {item: at for at, item in enumerate(own["item_id"])}
    total: dict[str, FloatArray] = {}
    for at, profile in enumerate(own["profile_id"]):
        total[profile] = total.get(profile, np.zeros(features.shape[1])) + features[at]
    found = np.full(len(rows), np.nan)
    for at, (item, profile) in enumerate(zip(rows["item_id"], rows["profile_id"], strict=True)):
        if not profile or profile not in total:
            continue
        others = total[profile] - features[place[item]] if item in place else total[profile]
        length = float(np.linalg.norm(others) * np.linalg.norm(output[at]))
        found[at] = float(others @ output[at]) / length if length > 1e-9 else np.nan
    return found
