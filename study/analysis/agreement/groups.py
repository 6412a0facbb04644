"""Agreement by tag, profile, role or pair of systems."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from study import frames
from study.analysis.agreement.differences import COLUMNS as DIFFERENCE_COLUMNS
from study.analysis.agreement.differences import from_the_rest
from study.analysis.agreement.overview import COLUMNS, LABELS, agreement_table, coding_of
from study.analysis.agreement.units import agreement_units
from study.tables import lookup

GROUPINGS: dict[str, str] = {
    "tag": "Tag",
    "profile": "Profile",
    "role": "Rater's role",
    "systems": "Pair of systems",
}
GROUP_COLUMNS = (
    "group",
    *(name for name in COLUMNS if name not in ("criterion", "n_units_judged_once")),
    *DIFFERENCE_COLUMNS,
)


def agreement_by_group(
    judgments: pd.DataFrame,
    *,
    criterion: str,
    by: str,
    subset: frames.Subset = frames.HUMAN,
    coefficient: str = "krippendorff_alpha_nominal",
    coding: str = "separate",
    scale: str = "ordinal",
    cluster: str | None = None,
    method: str = "jackknife",
    seed: int = 0,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return one coefficient of agreement for each group, with all groups together in the first row.

    Parameters
    ----------
    judgments, subset, coding, scale, method, seed, confidence_level
        As in :func:`study.analysis.agreement.overview.agreement_table`; also ``criterion`` and ``coefficient``, one
        of each.
    by : {"tag", "profile", "role", "systems"}
        An item with several tags belongs to the group of each.
    cluster : str, optional
        By default as for all groups together, but never profiles if each profile is a group.

    Returns
    -------
    DataFrame
        With the columns :data:`GROUP_COLUMNS`. Intervals are not corrected for the number of groups: among twenty,
        one 95% interval is expected to miss. ``p_adjusted``, of the difference between a group and the rest, is
        corrected (Holm); see :func:`study.analysis.agreement.differences.from_the_rest`.
    """
    lookup(GROUPINGS, by, "grouping")
    lookup(LABELS, coefficient, "coefficient")
    selection = frames.select(judgments, criterion=criterion, subset=subset)
    own_coding = coding_of(coefficient, coding, scale)
    data = frames.rated(selection, own_coding)
    wanted = "comparison" if method == "linearised" and cluster is None else cluster
    over = agreement_units(selection, data, wanted, without="profile" if by == "profile" else "")
    tables = []
    for group, part, narrowed in _groups(judgments, by, subset):
        table = agreement_table(
            part,
            criteria=[criterion],
            subset=narrowed,
            coding=coding,
            scale=scale,
            coefficients=[coefficient],
            cluster=over.cluster,
            without="profile" if by == "profile" else "",
            method=method,
            seed=seed,
            confidence_level=confidence_level,
        )
        tables.append(table.assign(group=group))
    table = pd.concat(tables, ignore_index=True)
    different = from_the_rest(
        selection,
        table["group"].iloc[1:].tolist(),
        by=by,
        coefficient=coefficient,
        coding=own_coding,
        over=over,
        confidence_level=confidence_level,
    )
    return pd.concat([table, different], axis=1)[list(GROUP_COLUMNS)]


Groups = Iterator[tuple[str, pd.DataFrame, frames.Subset]]
"""Each group's name, with a table and a subset that contain it."""


def _groups(judgments: pd.DataFrame, by: str, subset: frames.Subset) -> Groups:
    """Yield each group's name with a table and a subset that contain it."""
    yield "all", judgments, subset
    yield from _GROUPS[by](judgments, subset)


def _tags(judgments: pd.DataFrame, subset: frames.Subset) -> Groups:
    for tag in frames.choices(judgments)["tags"]:
        if not subset.tags or tag in subset.tags:
            yield tag, judgments[frames.has_tag(judgments["tags"], [tag])], subset


def _profiles(judgments: pd.DataFrame, subset: frames.Subset) -> Groups:
    for name in subset.profiles or frames.choices(judgments)["profiles"]:
        yield name, judgments, replace(subset, profiles=(name,))


def _roles(judgments: pd.DataFrame, subset: frames.Subset) -> Groups:
    for role in subset.roles or frames.choices(judgments)["roles"]:
        yield role, judgments, replace(subset, roles=(role,))


def _pairs(judgments: pd.DataFrame, subset: frames.Subset) -> Groups:
    systems = sorted({*frames.used(judgments["system_a"]), *frames.used(judgments["system_b"])})
    a, b = frames.positions(systems, judgments["system_a"], judgments["system_b"])
    pair = np.minimum(a, b) * len(systems) + np.maximum(a, b)
    for code in np.unique(pair).tolist():
        first, second = divmod(code, len(systems))
        yield f"{systems[first]} / {systems[second]}", judgments[pair == code], subset


_GROUPS: dict[str, Callable[[pd.DataFrame, frames.Subset], Groups]] = {
    "tag": _tags,
    "profile": _profiles,
    "role": _roles,
    "systems": _pairs,
}
