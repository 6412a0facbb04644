"""Which judgments count, by rater and material, and the names of the competing systems."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from study.stats.arrays import BoolArray, IntArray
from study.tables import lookup

Population = Literal["human", "simulated", "both"]
POPULATIONS: dict[str, str] = {"human": "Human", "simulated": "Simulated", "both": "Both"}


@dataclass(frozen=True, slots=True)
class Subset:
    """Which judgments of a study count; an empty tuple means all.

    Attributes
    ----------
    population : {"human", "simulated", "both"}
    excluded : bool
        Whether judgments of raters who were excluded or withdrew count too.
    profiles : tuple of str
        Names of profiles.
    roles : tuple of str
        "owner", "proxy".
    tags : tuple of str
        From :func:`tags_of`; a judgment counts if its item has one of the requested values of each tag.
    withdrawn : bool
        Whether judgments of withdrawn comparisons count too.
    """

    population: Population = "human"
    excluded: bool = False
    profiles: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    withdrawn: bool = False


HUMAN = Subset()


@dataclass(frozen=True, slots=True)
class Selection:
    """The judgments of one criterion that count, and how many were left out.

    Attributes
    ----------
    judgments : DataFrame
        Rows of the long table with a preference; ``label_a`` and ``label_b`` name the competing systems. Texts are
        categories.
    n_skips : int
        Skipped comparisons.
    n_inactive : int
        Judgments of raters who were excluded or withdrew.
    n_filtered : int
        Judgments left out by the filters on profile, role and tag.
    n_withdrawn : int
        Judgments of withdrawn comparisons, by raters who count.
    """

    judgments: pd.DataFrame
    n_skips: int
    n_inactive: int
    n_filtered: int = 0
    n_withdrawn: int = 0

    @property
    def systems(self) -> tuple[str, ...]:
        """The competing systems, in alphabetical order."""
        return tuple(sorted({*used(self.judgments["label_a"]), *used(self.judgments["label_b"])}))

    @property
    def n_raters(self) -> int:
        """The number of raters whose judgments count."""
        return dense_codes(self.judgments["rater_id"])[1]

    @property
    def n_comparisons(self) -> int:
        """The number of judged comparisons."""
        return dense_codes(self.judgments["comparison_id"])[1]


def coded(column: pd.Series) -> tuple[IntArray, list[str]]:
    """Return a column as codes from 0 and their values in alphabetical order; missing cells have code -1.

    >>> coded(pd.Series(["b", "a", "b", None]))
    (array([ 1,  0,  1, -1]), ['a', 'b'])
    """
    categories = column.astype("category").cat
    codes = categories.codes.to_numpy()
    present = np.flatnonzero(np.bincount(codes[codes >= 0], minlength=len(categories.categories)))
    names = categories.categories[present].astype(str).to_numpy(dtype=object).tolist()
    order = sorted(range(len(names)), key=names.__getitem__)
    code_of = np.full(len(categories.categories) + 1, -1, dtype=np.int64)
    code_of[present[order]] = np.arange(len(names))
    return code_of[codes], [names[place] for place in order]


def dense_codes(column: pd.Series) -> tuple[IntArray, int]:
    """Return a column as codes from 0 in any order, and their number; like :func:`coded`, without names.

    >>> dense_codes(pd.Series(["b", "a", "b"]))
    (array([1, 0, 1]), 2)
    """
    categories = column.astype("category").cat
    codes = categories.codes.to_numpy()
    present = np.bincount(codes, minlength=len(categories.categories)) > 0
    return (np.cumsum(present) - 1)[codes], int(present.sum())


def used(column: pd.Series) -> list[str]:
    """Return the values of a column, each once, in alphabetical order."""
    return coded(column)[1]


def default_population(judgments: pd.DataFrame) -> Population:
    """Return the population shown by default: human judgments if there are any."""
    return "simulated" if populations(judgments) == ("simulated",) else "human"


def populations(judgments: pd.DataFrame) -> tuple[Population, ...]:
    """Return the populations of the judgments; "both" where human and simulated raters judged."""
    simulated = set(judgments.loc[judgments["preference"].notna(), "simulated"].astype(bool).unique())
    if len(simulated) == 2:
        return "human", "simulated", "both"
    return tuple("simulated" if one else "human" for one in simulated)


def of_population(judgments: pd.DataFrame, population: str) -> pd.DataFrame:
    """Return the judgments of a population, all columns."""
    lookup(POPULATIONS, population, "population")
    if population == "both":
        return judgments
    return judgments[judgments["simulated"].astype(bool) == (population == "simulated")]


def tags_of(cell: str) -> tuple[str, ...]:
    """Return the tags of an item, each as "name: value".

    >>> tags_of('{"domain": "news", "tier": 2}')
    ('domain: news', 'tier: 2')
    """
    return tuple(f"{name}: {value}" for name, value in json.loads(cell or "{}").items())


def choices(judgments: pd.DataFrame) -> dict[str, list[str]]:
    """Return the possible filters: the tags, profiles and roles in the judgments."""
    tags = {tag for cell in used(judgments["tags"]) for tag in tags_of(cell)}
    return {
        "tags": sorted(tags),
        "profiles": used(judgments["profile_name"]),
        "roles": used(judgments["rater_role"]),
    }


def check_subset(judgments: pd.DataFrame, subset: Subset) -> None:
    """Raise InvalidInput where a filter names a value that the judgments do not have."""
    there = choices(judgments)
    for what, asked in (("tags", subset.tags), ("profiles", subset.profiles), ("roles", subset.roles)):
        for value in asked:
            lookup(dict.fromkeys(there[what]), value, what.removesuffix("s"))


def has_tag(column: pd.Series, tags: Sequence[str]) -> BoolArray:
    """Return per row whether its item has one of the requested values of each tag."""
    asked: dict[str, set[str]] = {}
    for tag in tags:
        asked.setdefault(tag.partition(": ")[0], set()).add(tag)
    codes, cells = coded(column)
    fits = [all(values & set(tags_of(cell)) for values in asked.values()) for cell in cells]
    return np.append(np.array(fits, dtype=bool), not asked)[codes]


def select(
    judgments: pd.DataFrame, *, criterion: str, subset: Subset = HUMAN, purpose: str = "main"
) -> Selection:
    """Return the judgments of a criterion that count.

    Parameters
    ----------
    judgments : DataFrame
        The long table, from ``store.coded_judgments`` (or ``store.judgments``).
    criterion : str
    subset : Subset
        Which judgments; by default those of people who take part.
    purpose : str
        Why a comparison was assigned: "main", or "repeat" and "check", which never count in main results.

    Raises
    ------
    InvalidInput
        If the population is unknown.
    """
    lookup(POPULATIONS, subset.population, "population")
    asked = _is(judgments["criterion"], criterion) & _is(judgments["purpose"], purpose)
    if purpose != "check":
        asked &= _is(judgments["comparison_purpose"], "main")
    if subset.population != "both":
        asked &= judgments["simulated"].to_numpy(dtype=bool) == (subset.population == "simulated")
    wanted = asked.copy()
    if subset.profiles:
        wanted &= judgments["profile_name"].isin(subset.profiles).to_numpy()
    if subset.roles:
        wanted &= judgments["rater_role"].isin(subset.roles).to_numpy()
    if subset.tags:
        wanted &= has_tag(judgments["tags"], subset.tags)
    answered = judgments["preference"].notna().to_numpy()
    active = _is(judgments["rater_status"], "active") | subset.excluded
    standing = ~judgments["comparison_withdrawn"].to_numpy(dtype=bool) | subset.withdrawn
    counts = wanted & active & standing
    counted = judgments[counts & answered].reset_index(drop=True)
    return Selection(
        _labelled(counted),
        n_skips=int((counts & ~answered).sum()),
        n_inactive=int((wanted & ~active).sum()),
        n_filtered=int((asked & ~wanted).sum()),
        n_withdrawn=int((wanted & active & ~standing).sum()),
    )


def _is(column: pd.Series, value: str) -> BoolArray:
    return (column == value).to_numpy(dtype=bool)


def _labelled(judgments: pd.DataFrame) -> pd.DataFrame:
    """Name the competitors: the system, with its prompt condition where a system was run under several.

    A comparison of a system with itself under the same name shows nothing and is dropped.
    """
    competitors = {side: _competitors(judgments, side) for side in "ab"}
    conditions: dict[str, set[str]] = {}
    for _, there in competitors.values():
        for system, condition in there:
            conditions.setdefault(system, set()).add(condition)
    labels = {}
    for side, (codes, there) in competitors.items():
        names = [
            f"{system} ({one})" if one and len(conditions[system]) > 1 else system for system, one in there
        ]
        distinct = sorted(set(names))
        place = np.array([distinct.index(name) for name in names], dtype=np.int64)
        labels[f"label_{side}"] = pd.Categorical.from_codes(place[codes], pd.Index(distinct))
    return judgments.assign(**labels)


def _competitors(judgments: pd.DataFrame, side: str) -> tuple[IntArray, list[tuple[str, str]]]:
    """Return the system and condition on one side of each judgment as codes, and their meaning."""
    system, systems = coded(judgments[f"system_{side}"])
    condition, conditions = coded(judgments[f"condition_{side}"])
    conditions.append("")  # the last position is for a missing condition, whose code is -1
    both = system * len(conditions) + condition % len(conditions)
    present = np.bincount(both, minlength=len(systems) * len(conditions)) > 0
    there = np.flatnonzero(present)
    return (np.cumsum(present) - 1)[both], [
        (systems[one // len(conditions)], conditions[one % len(conditions)]) for one in there.tolist()
    ]
