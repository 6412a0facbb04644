"""How far a judge's certainty can be trusted: coverage and accuracy per band, and from 80 up."""

from collections.abc import Iterator
from functools import partial

import numpy as np
import pandas as pd

from study import frames
from study.analysis.judges.people import REFERENCES, agreed, beside
from study.metrics.judges.replies import BANDS
from study.stats.arrays import BoolArray, FloatArray
from study.stats.shares import clustered_share
from study.tables import lookup

CERTAINTY_COLUMNS = (
    *("judge", "band", "label", "mean_certainty", "coverage", "coverage_low", "coverage_high"),
    *(
        "value",
        "low",
        "high",
        "confidence_level",
        "n_comparisons",
        "n_judgments",
        "n_items",
        "method",
        "reason",
    ),
)
HIGH = 80


def certainty_table(
    judgments: pd.DataFrame,
    verdicts: pd.DataFrame,
    *,
    criterion: str,
    reference: str = "all",
    subset: frames.Subset = frames.HUMAN,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return each judge's coverage and accuracy by its certainty, the slice from 80 up, and all together.

    Parameters
    ----------
    judgments : DataFrame
        The long table, from ``store.coded_judgments``.
    verdicts : DataFrame
        From ``store.verdicts``.
    criterion : str
    reference : str
        Key of :data:`REFERENCES`: whose untied judgments are right.
    subset : Subset
    confidence_level : float

    Returns
    -------
    DataFrame
        Of the columns :data:`CERTAINTY_COLUMNS`. ``coverage`` is the share of the judge's verdicts (both orders together,
        their mean certainty) on comparisons that the reference judged; ``value`` is the share of the reference's untied
        judgments that the verdict names, a tie being half right. Intervals are over items.

    References
    ----------
    Dong, Hu and Collier 2024 (five bands; high certainty from 80).
    """
    lookup(REFERENCES, reference, "reference")
    found = beside(judgments, verdicts, criterion=criterion, subset=subset)
    votes = found.votes[reference]
    share = partial(clustered_share, cluster=found.item, confidence_level=confidence_level)
    rows = []
    for judge, sign, certainty in zip(
        found.answers.judges, found.answers.sign, found.answers.certainty, strict=True
    ):
        answered = ~np.isnan(sign) & (votes.n > 0)
        right, of = agreed(sign, votes)
        for band, label, inside in _bands(certainty):
            chosen = (answered & inside).astype(np.float64)
            coverage = share(chosen, answered.astype(np.float64), lacking="no verdict on what was judged")
            lacking = "no verdict" if not chosen.any() else "no untied judgment"
            accuracy = share(right * chosen, of * chosen, lacking=lacking)
            mean = float(np.nanmean(certainty[chosen > 0])) if _known(certainty[chosen > 0]) else np.nan
            rows.append(
                (
                    *(judge, band, label, mean, coverage.value, coverage.low, coverage.high),
                    *(accuracy.value, accuracy.low, accuracy.high, confidence_level),
                    *(int(chosen.sum()), int((of * chosen).sum()), accuracy.n_units),
                    *(accuracy.method, accuracy.reason),
                )
            )
    return pd.DataFrame(rows, columns=list(CERTAINTY_COLUMNS)).astype({"reason": "str"})


def _bands(certainty: FloatArray) -> Iterator[tuple[str, str, BoolArray]]:
    """Yield each band's key, its name and where the certainty lies in it; means of two orders fall in the band above."""
    for low, high, words in BANDS:
        yield f"{low}-{high}", f"{low} to {high}, {words}", (certainty > low - 1) & (certainty <= high)
    yield f"{HIGH}+", f"{HIGH} and above", certainty >= HIGH
    yield f"below {HIGH}", f"below {HIGH}", certainty < HIGH
    yield "all", "all verdicts", np.ones(len(certainty), dtype=bool)


def _known(values: FloatArray) -> bool:
    return bool((~np.isnan(values)).any())
