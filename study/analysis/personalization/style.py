"""How much outputs sound like their readers: similarity to the reader's own texts of other items."""

import numpy as np
import pandas as pd

from study import frames
from study.analysis.ranking.rows import UNIT_COLUMNS, unit_columns
from study.frames.comparison_units import units_without_raters
from study.metrics.jobs import text_columns
from study.metrics.personalization import system_labels
from study.metrics.sentinels import FEATURES, hashed_ngrams
from study.records import references_of
from study.stats.arrays import FloatArray
from study.stats.claims import claimed_values

STYLE_COLUMNS = (
    *("system", "value", "low", "high", "confidence_level", "n_outputs", "n_profiles"),
    *(*UNIT_COLUMNS, "method", "reason"),
)


def style_table(
    texts: pd.DataFrame, *, cluster: str | None = None, confidence_level: float = 0.95
) -> pd.DataFrame:
    """Return each system's mean similarity to its readers' own texts.

    The similarity of an output is the cosine of its hashed character n-grams with the sum of those of the reader's
    texts (the references) of other items. Character n-grams carry punctuation, case-folded words and endings, and so
    both style and topic; using texts of other items removes as much of the topic as possible.

    Parameters
    ----------
    texts : DataFrame
        From ``store.output_texts``.
    cluster : str, optional
        The units of intervals, as in :func:`study.frames.units`; raters are left out, since there are none.
    confidence_level : float

    Returns
    -------
    DataFrame
        With the columns :data:`STYLE_COLUMNS`, from -1 to 1; intervals are over profiles, and over sources if
        profiles share them.

    References
    ----------
    Stamatatos 2013 (character n-grams tell authors).
    """
    rows = texts.assign(label=system_labels(texts)).reset_index(drop=True)
    output = [cell or "" for cell in text_columns(rows, ["output"])["output"]]
    likeness = _likeness(rows, hashed_ngrams(output))
    profile, _ = frames.coded(rows["profile_id"])
    units = units_without_raters(rows, cluster)
    table = []
    for system in sorted(set(rows["label"])):
        known = (rows["label"] == system).to_numpy(dtype=bool) & ~np.isnan(likeness)
        inside, own = units.of(known), likeness[known]
        mean = float(own.mean()) if len(own) else np.nan
        claim = claimed_values(
            mean, (own - mean) / max(1, len(own)), inside, confidence_level=confidence_level
        )[0]
        found = claim.estimate
        reason = found.reason if known.any() else "no output whose reader has a text of another item"
        spread = (found.value, found.low, found.high, confidence_level)
        method = f"cosine of {FEATURES}; {found.method}"
        sizes = (int(known.sum()), len(np.unique(profile[known])), *unit_columns(claim))
        table.append((system, *spread, *sizes, method, reason))
    return pd.DataFrame(table, columns=list(STYLE_COLUMNS)).astype({"reason": "str"})


def _likeness(rows: pd.DataFrame, output: FloatArray) -> FloatArray:
    """Return the similarity of each output, nan if its reader has no text of another item."""
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
