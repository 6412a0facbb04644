"""Personalized outputs against generic ones: win rates by profile, tag and system; items on which they lose."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from study import frames
from study.analysis.ranking.rows import UNIT_COLUMNS, unit_columns
from study.stats.arrays import IntArray
from study.stats.claims import claimed_share
from study.stats.units import Units
from study.tables import lookup

GROUPINGS: dict[str, str] = {"profile": "Profile", "tag": "Tag", "system": "System"}
WIN_COLUMNS = (
    *("by", "group", "value", "low", "high", "p_value", "confidence_level"),
    *("n_judgments", "n_comparisons", "n_items", *UNIT_COLUMNS, "method", "reason"),
)
LOSS_COLUMNS = (
    *("system", "value", "low", "high", "confidence_level"),
    *("n_items", "n_sources", "n_judgments", *UNIT_COLUMNS, "method", "reason"),
)


def win_table(
    judgments: pd.DataFrame,
    *,
    criterion: str,
    generic: Sequence[str],
    by: str = "profile",
    subset: frames.Subset = frames.HUMAN,
    cluster: str | None = None,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return how often personalized outputs are preferred to generic ones, overall and by profile, tag or system.

    Parameters
    ----------
    judgments : DataFrame
        The long table, from ``store.coded_judgments``.
    criterion : str
    generic : sequence of str
        The systems (named as in rankings) that do not know the reader; all others are personalized.
    by : {"profile", "tag", "system"}
    subset : Subset
    cluster : str, optional
        The units of intervals and tests, as in :func:`study.frames.units`; by default they follow from the design:
        raters and profiles, and within one profile raters and items.
    confidence_level : float

    Returns
    -------
    DataFrame
        With the columns :data:`WIN_COLUMNS`, the overall row first; a tie (or both bad) is half a win, and P tests a
        win rate of a half. There is no correction for the number of groups: of twenty 95% intervals one is expected
        to miss.
    """
    lookup(GROUPINGS, by, "grouping")
    duels, units = _duels(judgments, criterion, generic, subset, cluster)
    rows: list[tuple[object, ...]] = []
    for group, inside in _groups(duels, by):
        part = duels.iloc[inside]
        claim = claimed_share(
            part["score"].to_numpy(dtype=np.float64),
            None,
            units.of(inside),
            confidence_level=confidence_level,
            lacking="no judgment of a personalized output against a generic one",
        )
        share = claim.estimate
        spread = (share.value, share.low, share.high, claim.p_value, confidence_level)
        sizes = (len(part), part["comparison_id"].nunique(), part["item_id"].nunique())
        rows.append((by, group, *spread, *sizes, *unit_columns(claim), share.method, share.reason))
    return pd.DataFrame(rows, columns=list(WIN_COLUMNS)).astype({"reason": "str"})


def loss_table(
    judgments: pd.DataFrame,
    *,
    criterion: str,
    generic: Sequence[str],
    subset: frames.Subset = frames.HUMAN,
    cluster: str | None = None,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return the share of items on which each personalized system loses to the generic output.

    A system loses on an item if more judgments prefer the generic output than its own. This is a joint result of its
    raters, so shares hold for these raters.

    Parameters
    ----------
    judgments, criterion, generic, subset, confidence_level
        As in :func:`win_table`.
    cluster : str, optional
        As in :func:`win_table`; raters are left out.

    Returns
    -------
    DataFrame
        With the columns :data:`LOSS_COLUMNS`; ``n_items`` counts personalized outputs (items times systems).
    """
    kinds = " x ".join(kind for kind in frames.parsed_kinds(cluster) if kind != "rater")
    duels, units = _duels(judgments, criterion, generic, subset, kinds or None, held="rater")
    code, systems = frames.coded(duels["system"])
    rows: list[tuple[object, ...]] = []
    for name, inside in (
        ("all personalized", np.arange(len(duels))),
        *((name, np.flatnonzero(code == place)) for place, name in enumerate(systems)),
    ):
        part = duels.iloc[inside]
        output, first = _outputs(part)
        score = np.bincount(output, part["score"], len(first)) / np.bincount(output, minlength=len(first))
        of_outputs = replace(units.of(inside[first]), fixed=units.of(inside).fixed)
        claim = claimed_share(
            score < 0.5, None, of_outputs, confidence_level=confidence_level, lacking="no item"
        )
        lost, n_sources = claim.estimate, part["source_id"].nunique()
        spread = (lost.value, lost.low, lost.high, confidence_level)
        sizes = (len(first), n_sources, len(part))
        rows.append((name, *spread, *sizes, *unit_columns(claim), lost.method, lost.reason))
    return pd.DataFrame(rows, columns=list(LOSS_COLUMNS)).astype({"reason": "str"})


def _outputs(part: pd.DataFrame) -> tuple[IntArray, IntArray]:
    """Return the personalized output of each judgment, and where each is first judged."""
    (item, items), (system, _) = (frames.coded(part[name]) for name in ("item_id", "system"))
    _, first, output = np.unique(system * max(1, len(items)) + item, return_index=True, return_inverse=True)
    return output.astype(np.int64), first.astype(np.int64)


def _duels(
    judgments: pd.DataFrame,
    criterion: str,
    generic: Sequence[str],
    subset: frames.Subset,
    cluster: str | None,
    held: str = "",
) -> tuple[pd.DataFrame, Units]:
    """Return judgments of personalized against generic outputs, with the personalized output's score, and units."""
    selection = frames.select(judgments, criterion=criterion, subset=subset)
    judged = selection.judgments
    is_a, is_b = (judged[side].isin(list(generic)).to_numpy(dtype=bool) for side in ("label_a", "label_b"))
    kept = judged[is_a != is_b].reset_index(drop=True)
    generic_a = is_a[is_a != is_b]
    preference = kept["preference"].astype("object").to_numpy()
    wins = np.where(generic_a, preference == "b", preference == "a")
    losses = np.where(generic_a, preference == "a", preference == "b")
    system = np.where(generic_a, kept["label_b"].astype("object"), kept["label_a"].astype("object"))
    found: pd.DataFrame = kept.assign(score=(1.0 + wins - losses) / 2, system=system)
    return found, frames.units(selection, cluster, held=held).of(is_a != is_b)


def _groups(duels: pd.DataFrame, by: str) -> Iterator[tuple[str, IntArray]]:
    """Yield the name of each group and the positions of its judgments."""
    yield "all", np.arange(len(duels))
    if by == "tag":
        for tag in sorted({tag for cell in frames.used(duels["tags"]) for tag in frames.tags_of(cell)}):
            yield tag, np.flatnonzero(frames.has_tag(duels["tags"], [tag]))
        return
    code, names = frames.coded(duels[{"profile": "profile_name", "system": "system"}[by]])
    for place, name in enumerate(names):
        yield name, np.flatnonzero(code == place)
