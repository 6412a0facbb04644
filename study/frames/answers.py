"""Which answers of a question count, from the long table of answers, and their values as arrays."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from study.frames.selecting import HUMAN, POPULATIONS, Subset, coded, dense_codes, has_tag
from study.frames.unit_choice import units_of_rows
from study.stats.arrays import BoolArray
from study.tables import lookup

if TYPE_CHECKING:
    from study.stats.ratings.cells import Rated  # needs SciPy, which is not loaded at start-up


@dataclass(frozen=True, slots=True)
class Answered:
    """The values of one question that count, and how many answers were left out.

    Attributes
    ----------
    rows : DataFrame
        Rows of the long table of answers; ``label`` names the competing system.
    n_skips, n_inactive, n_filtered, n_withdrawn : int
        As in :class:`study.frames.Selection`, counted in answers.
    """

    rows: pd.DataFrame
    n_skips: int = 0
    n_inactive: int = 0
    n_filtered: int = 0
    n_withdrawn: int = 0

    @property
    def n_raters(self) -> int:
        """The number of raters whose answers count."""
        return dense_codes(self.rows["rater_id"])[1]

    @property
    def n_items(self) -> int:
        """The number of items they are about."""
        return dense_codes(self.rows["item_id"])[1]


def answered(
    answers: pd.DataFrame, *, question: str, subset: Subset = HUMAN, purpose: str = "main"
) -> Answered:
    """Return the values of a question that count.

    Parameters
    ----------
    answers : DataFrame
        From ``store.answers``.
    question : str
    subset : Subset
    purpose : str
        Why a task was assigned, as in :func:`study.frames.select`.
    """
    lookup(POPULATIONS, subset.population, "population")
    asked = _is(answers["question"], question) & _is(answers["purpose"], purpose)
    if purpose != "check":
        asked &= _is(answers["task_purpose"], "main")
    if subset.population != "both":
        asked &= answers["simulated"].to_numpy(dtype=bool) == (subset.population == "simulated")
    wanted = asked.copy()
    if subset.profiles:
        wanted &= answers["profile_name"].isin(subset.profiles).to_numpy()
    if subset.roles:
        wanted &= answers["rater_role"].isin(subset.roles).to_numpy()
    if subset.tags:
        wanted &= has_tag(answers["tags"], subset.tags)
    given = answers[["number", "option", "words"]].notna().any(axis=1).to_numpy()
    active = _is(answers["rater_status"], "active") | subset.excluded
    standing = ~answers["task_withdrawn"].to_numpy(dtype=bool) | subset.withdrawn
    counts = wanted & active & standing
    return Answered(
        _labelled(answers[counts & given].reset_index(drop=True)),
        n_skips=int((counts & ~given).sum()),
        n_inactive=int((wanted & ~active).sum()),
        n_filtered=int((asked & ~wanted).sum()),
        n_withdrawn=int((wanted & active & ~standing).sum()),
    )


def ratings(found: Answered, cluster: str | None = None) -> "Rated":
    """Return the ratings of outputs as arrays, with the units of :func:`study.frames.units`.

    Values about no single output are left out.
    """
    rows = found.rows[found.rows["label"].notna()].reset_index(drop=True)
    system, systems = coded(rows["label"])
    from study.stats.ratings.cells import rated

    return rated(
        rows["number"].to_numpy(dtype=float),
        system,
        dense_codes(rows["rater_id"])[0],
        dense_codes(rows["item_id"])[0],
        systems=systems,
        units=units_of_rows(rows, cluster),
    )


def _is(column: pd.Series, value: str) -> BoolArray:
    return (column == value).to_numpy(dtype=bool)


def _labelled(rows: pd.DataFrame) -> pd.DataFrame:
    """Name the competitor of each row: the system, with its prompt condition where it was run under several."""
    system, systems = coded(rows["system"])
    condition, conditions = coded(rows["output_condition"])
    conditions.append("")
    both = np.where(system < 0, -1, system * len(conditions) + condition % len(conditions))
    there = np.unique(both[both >= 0])
    met = [(systems[one // len(conditions)], conditions[one % len(conditions)]) for one in there.tolist()]
    several = {name for name, _ in met if sum(other == name for other, _ in met) > 1}
    names = [f"{name} ({one})" if one and name in several else name for name, one in met]
    distinct = sorted(set(names))
    place = np.array([distinct.index(name) for name in names], dtype=np.int64)
    codes = np.full(len(both), -1)
    codes[both >= 0] = place[np.searchsorted(there, both[both >= 0])]
    return rows.assign(label=pd.Categorical.from_codes(codes, pd.Index(distinct)))
