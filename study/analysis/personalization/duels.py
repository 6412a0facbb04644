"""Personalized outputs against generic ones: win rates by profile, tag and system; items on which they lose."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from study import frames
from study.stats.personalization.conditions import loss_share
from study.stats.shares import clustered_share
from study.tables import lookup

GROUPINGS: dict[str, str] = {"profile": "Profile", "tag": "Tag", "system": "System"}
WIN_COLUMNS = (
    *("by", "group", "value", "low", "high", "confidence_level"),
    *("n_judgments", "n_comparisons", "n_items", "method", "reason"),
)
LOSS_COLUMNS = (
    *("system", "value", "low", "high", "clustered_low", "clustered_high", "confidence_level"),
    *("n_items", "n_sources", "n_judgments", "method", "reason"),
)


def win_table(
    judgments: pd.DataFrame,
    *,
    criterion: str,
    generic: Sequence[str],
    by: str = "profile",
    subset: frames.Subset = frames.HUMAN,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return how often personalized outputs are preferred to generic ones, in all and by profile, tag or system.

    Parameters
    ----------
    judgments : DataFrame
        The long table, from ``store.coded_judgments``.
    criterion : str
    generic : sequence of str
        The systems (as rankings name them) that do not know the reader; all others are personalized.
    by : {"profile", "tag", "system"}
    subset : Subset
    confidence_level : float

    Returns
    -------
    DataFrame
        Of the columns :data:`WIN_COLUMNS`, all together first; a tie (or both bad) is half a win, intervals are over items.
        Groups are not corrected for how many they are: of twenty intervals of 95% one is expected to miss.
    """
    lookup(GROUPINGS, by, "grouping")
    duels = _duels(judgments, criterion, generic, subset)
    rows = []
    for group, part in _groups(duels, by):
        item, _ = frames.coded(part["item_id"])
        share = clustered_share(
            part["score"].to_numpy(dtype=np.float64),
            np.ones(len(part)),
            item,
            confidence_level=confidence_level,
            lacking="no judgment of a personalized output against a generic one",
        )
        sizes = (len(part), part["comparison_id"].nunique(), share.n_units)
        rows.append(
            (
                by,
                group,
                share.value,
                share.low,
                share.high,
                confidence_level,
                *sizes,
                share.method,
                share.reason,
            )
        )
    return pd.DataFrame(rows, columns=list(WIN_COLUMNS)).astype({"reason": "str"})


def loss_table(
    judgments: pd.DataFrame,
    *,
    criterion: str,
    generic: Sequence[str],
    subset: frames.Subset = frames.HUMAN,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return on what share of items each personalized system loses to the generic output.

    A system loses on an item where more judgments prefer the generic output than its own.

    Parameters
    ----------
    judgments, criterion, generic, subset, confidence_level
        As for :func:`win_table`.

    Returns
    -------
    DataFrame
        Of the columns :data:`LOSS_COLUMNS`: Wilson's interval, which takes outputs as independent, and beside it one over
        sources; ``n_items`` counts personalized outputs (items times systems).
    """
    duels = _duels(judgments, criterion, generic, subset)
    rows = []
    for name, part in (("all personalized", duels), *duels.groupby("system", observed=True, sort=True)):
        items = part.groupby(["item_id", "system"], observed=True, sort=True).agg(
            score=("score", "mean"), source_id=("source_id", "first")
        )
        lost = (items["score"] < 0.5).to_numpy(dtype=np.float64)
        source, _ = frames.coded(items["source_id"])
        alone = loss_share(lost, confidence_level=confidence_level)
        clustered = loss_share(lost, source, confidence_level=confidence_level)
        rows.append(
            (
                *(
                    str(name),
                    alone.value,
                    alone.low,
                    alone.high,
                    clustered.low,
                    clustered.high,
                    confidence_level,
                ),
                *(len(items), clustered.n_units, len(part), f"{alone.method}; {clustered.method}"),
                alone.reason or clustered.reason,
            )
        )
    return pd.DataFrame(rows, columns=list(LOSS_COLUMNS)).astype({"reason": "str"})


def _duels(
    judgments: pd.DataFrame, criterion: str, generic: Sequence[str], subset: frames.Subset
) -> pd.DataFrame:
    """Return the judgments of a personalized output against a generic one, with the score of the personalized."""
    judged = frames.select(judgments, criterion=criterion, subset=subset).judgments
    is_a, is_b = (judged[side].isin(list(generic)).to_numpy(dtype=bool) for side in ("label_a", "label_b"))
    kept = judged[is_a != is_b].reset_index(drop=True)
    generic_a = is_a[is_a != is_b]
    preference = kept["preference"].astype("object").to_numpy()
    wins = np.where(generic_a, preference == "b", preference == "a")
    losses = np.where(generic_a, preference == "a", preference == "b")
    system = np.where(generic_a, kept["label_b"].astype("object"), kept["label_a"].astype("object"))
    found: pd.DataFrame = kept.assign(score=(1.0 + wins - losses) / 2, system=system)
    return found


def _groups(duels: pd.DataFrame, by: str) -> Iterator[tuple[str, pd.DataFrame]]:
    yield "all", duels
    if by == "tag":
        for tag in sorted({tag for cell in frames.used(duels["tags"]) for tag in frames.tags_of(cell)}):
            yield tag, duels[frames.has_tag(duels["tags"], [tag])]
        return
    column = {"profile": "profile_name", "system": "system"}[by]
    for name in frames.used(duels[column]):
        yield name, duels[(duels[column] == name).to_numpy(dtype=bool)]
