"""The tables by group: strengths and win rates by tag, profile or role, and whether the groups differ at all."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from study import frames
from study.analysis.ranking.leaderboards import Settings
from study.analysis.ranking.overview import table_of_selection
from study.analysis.ranking.rows import NO_JUDGMENT, UNIT_COLUMNS, table_of
from study.errors import InvalidInput
from study.stats.arrays import IntArray
from study.stats.ranking.conditional import ConditionalLeaderboard, conditional_leaderboard
from study.stats.ranking.preferences import selected
from study.stats.ranking.win_rates import NO_COMPARISON
from study.stats.units import estimand
from study.stats.units import sizes as sizes_of
from study.wording import counted

GROUP_COLUMNS = (
    *(
        "group",
        "system",
        "strength",
        "strength_low",
        "strength_high",
        "win_rate",
        "win_rate_low",
        "win_rate_high",
    ),
    *("confidence_level", "n_judgments", *UNIT_COLUMNS, "method", "reason"),
    *("win_rate_method", "win_rate_reason"),
    *("open_end", "sides", "strength_unadjusted", "win_rate_unadjusted"),
)
CONDITIONAL_COLUMNS = (
    *("group", "system", "strength", "strength_low", "strength_high"),
    *("deviation", "deviation_low", "deviation_high", "confidence_level", "n_items"),
    *("units", "estimand", "method", "reason"),
)
HELD_OUT_COLUMNS = (
    *("global_log_loss", "conditional_log_loss", "value", "low", "high", "confidence_level", "n_groups"),
    *("n_judgments", "n_items", "n_folds", "seed", "ridge", "units", "estimand", "method", "reason"),
)
SHARED = ("clusters", "units", "estimand", "sides")
"""Columns that are the same for all systems of a group."""

RIDGE = 1.0
MOST_COLUMNS = 1500
"""The most strengths per group times groups that a conditional leaderboard is fitted with."""

GROUPINGS = {"role": "rater_role", "profile": "profile_name"}
TAG = "tag: "


def group_names(judgments: pd.DataFrame) -> list[str]:
    """Return the possible groupings of judgments: "role", "profile", and "tag: NAME" for each tag with two values."""
    there = frames.choices(judgments)
    found = [name for name, what in (("role", "roles"), ("profile", "profiles")) if len(there[what]) > 1]
    tags = pd.Series([tag.partition(": ")[0] for tag in there["tags"]], dtype="str").value_counts()
    return found + [f"{TAG}{name}" for name in sorted(tags.index[tags > 1])]


def groups_there(
    judgments: pd.DataFrame, *, criterion: str, subset: frames.Subset = frames.HUMAN
) -> list[str]:
    """Return the possible groupings of a criterion's judgments that count; like :func:`group_names`."""
    return group_names(frames.select(judgments, criterion=criterion, subset=subset).judgments)


def group_table(
    judgments: pd.DataFrame,
    *,
    criterion: str,
    by: str,
    subset: frames.Subset = frames.HUMAN,
    cluster: str | None = None,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return Bradley-Terry strength and win rate of each system within each group.

    Parameters
    ----------
    judgments, criterion, subset, cluster, confidence_level
        As in :func:`study.analysis.ranking_table`; each group has separate units, and separate sides to adjust for.
    by : str
        One of :func:`group_names`.

    Returns
    -------
    DataFrame
        With the columns :data:`GROUP_COLUMNS`; groups, and the systems within them, in alphabetical order.
    """
    _check(judgments, by)
    selection = frames.select(judgments, criterion=criterion, subset=subset)
    units, (group, names) = frames.units(selection, cluster), _groups(selection, by)
    settings = Settings("bradley_terry", "sandwich", 0.0, 0, confidence_level, 0, ranked=False)
    tables = []
    for place, name in enumerate(names):
        kept = np.flatnonzero(group == place)
        own = replace(selection, judgments=selection.judgments.iloc[kept].reset_index(drop=True))
        part = table_of_selection(own, units.of(kept), settings, "auto").set_index("system")
        part = part.reindex(list(selection.systems)).rename_axis("system").reset_index()
        absent = part["n_judgments"].isna()
        filled: dict[str, object] = dict.fromkeys(("reason", "win_rate_reason"), NO_COMPARISON)
        filled |= {"n_judgments": 0, "n_clusters": 0}
        filled |= {name: part[name].dropna().iloc[0] for name in ("method", "win_rate_method", *SHARED)}
        for column, value in filled.items():
            part[column] = part[column].where(~absent, value)
        counts = {"n_judgments": "int64", "n_clusters": "int64"}
        tables.append(part.assign(group=name, confidence_level=confidence_level).astype(counts))
    if not tables:
        return table_of([], GROUP_COLUMNS, NO_JUDGMENT)
    return pd.concat(tables, ignore_index=True)[list(GROUP_COLUMNS)]


def conditional_tables(
    judgments: pd.DataFrame,
    *,
    criterion: str,
    by: str,
    subset: frames.Subset = frames.HUMAN,
    cluster: str | None = None,
    seed: int = 0,
    confidence_level: float = 0.95,
    progress: Callable[[float, str], None] | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return whether strengths that depend on the group predict better than global ones, and these strengths.

    Parameters
    ----------
    judgments, criterion, subset, seed, confidence_level
        As in :func:`study.analysis.ranking_table`; the seed draws the folds.
    by : str
        One of :func:`group_names`.
    cluster : str, optional
        The units of intervals, by default those of the design; items are held out in any case.
    progress : callable, optional
        Called with the fraction done and a text before each fold.

    Returns
    -------
    DataFrame
        With the columns :data:`HELD_OUT_COLUMNS`, one row: log-loss of held-out items in nats per judgment, and in
        ``value`` the gain, global minus conditional, with its interval.
    DataFrame
        With the columns :data:`CONDITIONAL_COLUMNS`: shrunken strengths per group; empty if there is no fit.
    """
    _check(judgments, by)
    selection = frames.select(judgments, criterion=criterion, subset=subset)
    judged, (group, names) = frames.system_preferences(selection), _groups(selection, by)
    kept = group >= 0
    reason = _no_fit_reason(len(judged.systems), names)
    item = frames.coded(selection.judgments["item_id"])[0]
    units = frames.units(selection, cluster, held=by).of(kept)
    over = sizes_of(units), estimand(units)
    sizes = (confidence_level, len(names), int(kept.sum()))
    if reason is not None:
        undefined = (*[np.nan] * 5, *sizes, len(np.unique(item[kept])), 0, seed, RIDGE, *over, "none", reason)
        return table_of([undefined], HELD_OUT_COLUMNS), table_of([], CONDITIONAL_COLUMNS)
    found = conditional_leaderboard(
        selected(judged, kept),
        np.eye(len(names)),
        names,
        item[kept],
        row=group[kept],
        progress=None if progress is None else lambda part: progress(part, "Predicting held-out items"),
        rng=np.random.default_rng([abs(seed), 2]),
        ridge=RIDGE,
        confidence_level=confidence_level,
        cluster=units,
    )
    held, gain = found.held_out, found.held_out.gain
    losses = (held.global_log_loss, held.conditional_log_loss, gain.value, gain.low, gain.high)
    rest = (len(np.unique(item[kept])), held.n_folds, seed, found.ridge, *over, gain.method, gain.reason)
    n_items = [len(np.unique(item[group == place])) for place in range(len(names))]
    return table_of([(*losses, *sizes, *rest)], HELD_OUT_COLUMNS), _strengths(
        found, names, judged.systems, n_items, over
    )


def _strengths(
    found: ConditionalLeaderboard,
    names: Sequence[str],
    systems: Sequence[str],
    n_items: Sequence[int],
    over: tuple[str, str],
) -> pd.DataFrame:
    rows = []
    for name, items in zip(names, n_items, strict=True):
        own, away = found.strengths[name], found.deviations[name]
        for system, strength, deviation in zip(systems, own, away, strict=True):
            spread = (strength.value, strength.low, strength.high)
            differs = (deviation.value, deviation.low, deviation.high)
            rest = (strength.confidence_level, items, *over, strength.method, strength.reason)
            rows.append((name, system, *spread, *differs, *rest))
    return table_of(rows, CONDITIONAL_COLUMNS)


def _no_fit_reason(n_systems: int, names: Sequence[str]) -> str | None:
    if n_systems < 2:
        return "fewer than two systems"
    if len(names) < 2:
        return f"{counted(len(names), 'group')}: there is nothing that strengths could depend on"
    if n_systems * (1 + len(names)) > MOST_COLUMNS:
        return f"{counted(n_systems, 'system')} in {counted(len(names), 'group')}: more than {MOST_COLUMNS:,} strengths to fit"
    return None


def _check(judgments: pd.DataFrame, by: str) -> None:
    tags = {tag.partition(": ")[0] for tag in frames.choices(judgments)["tags"]}
    allowed = [*GROUPINGS, *(f"{TAG}{name}" for name in sorted(tags))]
    if by not in allowed:
        raise InvalidInput(f"group by {by!r}; allowed: {', '.join(allowed)}")


def _groups(selection: frames.Selection, by: str) -> tuple[IntArray, list[str]]:
    """Return the group of each judgment as codes from 0, -1 without one, and the groups' names."""
    if by in GROUPINGS:
        return frames.coded(selection.judgments[GROUPINGS[by]])
    code, cells = frames.coded(selection.judgments["tags"])
    prefix = by.removeprefix(TAG) + ": "
    values = [next((t for t in frames.tags_of(cell) if t.startswith(prefix)), "") for cell in cells]
    names = sorted({value for value in values if value})
    place = {name: position for position, name in enumerate(names)}
    of_cell = np.array([*(place.get(value, -1) for value in values), -1], dtype=np.int64)
    return of_cell[code], [name.removeprefix(prefix) for name in names]
