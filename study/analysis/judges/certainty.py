"""The calibration of a judge's certainty: coverage and accuracy per band, and from 80 up."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from study import frames
from study.analysis.judges.matched import REFERENCES, Rule, agreed, beside
from study.analysis.ranking.rows import UNIT_COLUMNS, unit_columns
from study.metrics.judges.replies import BANDS
from study.stats.arrays import BoolArray, FloatArray
from study.stats.claims import claimed_share
from study.tables import lookup

CERTAINTY_COLUMNS = (
    *("judge", "band", "label", "mean_certainty", "coverage", "coverage_low", "coverage_high"),
    *("coverage_units", "coverage_estimand", "coverage_method", "coverage_reason"),
    *(
        "value",
        "low",
        "high",
        "confidence_level",
        "n_comparisons",
        "n_judgments",
        "n_items",
        *UNIT_COLUMNS,
        "counted_as",
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
    cluster: str | None = None,
    ties: str = "half",
    unreadable: str = "left_out",
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return each judge's coverage and accuracy by its certainty, for the slice from 80 up, and for all together.

    Parameters
    ----------
    judgments : DataFrame
        The long table, from ``store.coded_judgments``.
    verdicts : DataFrame
        From ``store.verdicts``.
    criterion : str
    reference : str
        Key of :data:`REFERENCES`: whose untied judgments are taken as right.
    subset : Subset
    cluster, ties, unreadable, confidence_level
        As in :func:`study.analysis.judges.people.owner_table`.

    Returns
    -------
    DataFrame
        With the columns :data:`CERTAINTY_COLUMNS`. ``coverage`` is the share of the judge's verdicts (both orders
        together, with their mean certainty) on comparisons that the reference judged; ``value`` is the share of the
        reference's untied judgments that the verdict agrees with. Coverage is over comparisons, whose units have no
        raters: ``coverage_units`` and ``coverage_estimand`` belong to it, ``units`` and ``estimand`` to ``value``.

    References
    ----------
    Dong, Hu and Collier 2024 (five bands; high certainty from 80).
    """
    lookup(REFERENCES, reference, "reference")
    rule = Rule(ties, unreadable)
    found = beside(judgments, verdicts, criterion=criterion, subset=subset, cluster=cluster)
    said = found.answers
    judged = sum(found.votes(reference)) > 0
    rows = []
    for judge, sign, certainty, failed in zip(
        said.judges, said.sign, said.certainty, said.failed, strict=True
    ):
        answered = ~np.isnan(sign) & judged
        met, whole = agreed(found, np.where(failed, np.inf, sign), reference, rule)
        for band, label, inside in _bands(certainty):
            chosen = answered & inside
            share = claimed_share(
                chosen.astype(np.float64),
                answered.astype(np.float64),
                found.of_comparisons,
                confidence_level=confidence_level,
                lacking="no verdict on what was judged",
            )
            coverage = share.estimate
            # An unreadable verdict has no certainty: it belongs to no band, only to all of them together.
            within = (chosen | (failed & judged) if band == "all" else chosen)[found.comparison]
            claim = claimed_share(
                met * within,
                whole * within,
                found.units,
                confidence_level=confidence_level,
                lacking="no untied judgment" if chosen.any() else "no verdict",
            )
            accuracy = claim.estimate
            mean = float(np.nanmean(certainty[chosen])) if _known(certainty[chosen]) else np.nan
            there = (whole * within) > 0
            rows.append(
                (
                    *(judge, band, label, mean, coverage.value, coverage.low, coverage.high),
                    *(share.units, share.estimand, coverage.method, coverage.reason),
                    *(accuracy.value, accuracy.low, accuracy.high, confidence_level),
                    *(int(chosen.sum()), int(there.sum()), len(np.unique(found.item[there]))),
                    *(*unit_columns(claim), rule.words, accuracy.method, accuracy.reason),
                )
            )
    return pd.DataFrame(rows, columns=list(CERTAINTY_COLUMNS)).astype(
        {"reason": "str", "coverage_reason": "str"}
    )


def _bands(certainty: FloatArray) -> Iterator[tuple[str, str, BoolArray]]:
    """Yield each band's key, its name and where the certainty lies in it; a mean between two bands is in the upper one."""
    for low, high, words in BANDS:
        yield f"{low}-{high}", f"{low} to {high}, {words}", (certainty > low - 1) & (certainty <= high)
    yield f"{HIGH}+", f"{HIGH} and above", certainty >= HIGH
    yield f"below {HIGH}", f"below {HIGH}", certainty < HIGH
    yield "all", "all verdicts", np.ones(len(certainty), dtype=bool)


def _known(values: FloatArray) -> bool:
    return bool((~np.isnan(values)).any())
