"""The table of agreement: do raters prefer the same outputs?"""

from collections.abc import Sequence

import pandas as pd

from study import frames
from study.stats.agreement.coefficients import AGREEMENT, agreement

STATISTICS = ("percent_agreement", "krippendorff_alpha_nominal", "krippendorff_alpha_ordinal")
CATEGORIES = {
    "separate": "a / tie / b / both bad",
    "merged": "a / tie or both bad / b",
    "ordinal": "b < tie or both bad < a",
}
EXCHANGED = "; which output is called a is arbitrary, so chance counts each pair under both namings"
COLUMNS = (
    *("criterion", "statistic", "label", "value", "low", "high", "confidence_level", "n_units", "n_ratings"),
    *("n_raters", "n_units_judged_once", "categories", "method", "reason"),
)


def agreement_table(
    judgments: pd.DataFrame,
    *,
    criteria: Sequence[str],
    subset: frames.Subset = frames.HUMAN,
    coding: str = "separate",
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return the agreement of raters on which output is preferred, a row per criterion and statistic.

    Parameters
    ----------
    judgments : DataFrame
        The long table, from ``store.coded_judgments``.
    criteria : sequence of str
        Keys of criteria.
    subset : Subset
        Whose judgments count, and on what.
    coding : {"separate", "merged"}
        Whether both bad is a category of its own or counts as a tie; on the ordinal scale it is a tie.
    confidence_level : float

    Returns
    -------
    DataFrame
        Of the columns :data:`COLUMNS`. Units are comparisons that at least two raters judged; ratings and raters are
        those of these units.
    """
    rows = []
    for criterion in criteria:
        selection = frames.select(judgments, criterion=criterion, subset=subset)
        paired = frames.paired(selection)
        for name in STATISTICS:
            used = "ordinal" if name == "krippendorff_alpha_ordinal" else coding
            counts = frames.value_counts(selection, used)
            estimate = agreement(counts, name, confidence_level=confidence_level)
            spread = (estimate.value, estimate.low, estimate.high, confidence_level)
            sizes = (counts.n_units, len(paired), len(frames.used(paired["rater_id"])), counts.n_unpaired)
            described = (CATEGORIES[used], estimate.method + EXCHANGED, estimate.reason)
            rows.append((criterion, name, AGREEMENT[name].label, *spread, *sizes, *described))
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"reason": "str"})
