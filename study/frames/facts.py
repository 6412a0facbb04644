"""What pages show about the judgments themselves: their populations, the possible filters and how many count."""

from dataclasses import dataclass

import pandas as pd

from study.frames.reshaping import CLUSTERS
from study.frames.selecting import (
    HUMAN,
    Population,
    Selection,
    Subset,
    choices,
    default_population,
    populations,
    select,
    used,
)
from study.frames.unit_choice import BY_DESIGN, possible_units


@dataclass(frozen=True, slots=True)
class FilterFacts:
    """How a study's judgments can be filtered.

    Attributes
    ----------
    populations : tuple of str
        Whose judgments there are, from :func:`populations`.
    default : str
        The population shown by default.
    choices : dict of str to list of str
        From :func:`choices`.
    inactive : bool
        Whether any judgment is by a rater who was excluded or withdrew.
    n_withdrawn : int
        Number of judgments of withdrawn comparisons.
    """

    populations: tuple[Population, ...]
    default: Population
    choices: dict[str, list[str]]
    inactive: bool
    n_withdrawn: int


def filter_facts(judgments: pd.DataFrame) -> FilterFacts:
    """Return how the judgments of a study can be filtered."""
    known = populations(judgments)
    return FilterFacts(
        known,
        default_population(judgments),
        choices(judgments) if known else {},
        bool((judgments["rater_status"] != "active").any()),
        int(judgments["comparison_withdrawn"].astype(bool).sum()),
    )


@dataclass(frozen=True, slots=True)
class Counts:
    """How many judgments of a criterion count, on how many comparisons and systems, and how many were left out.

    Attributes
    ----------
    n_judgments, n_comparisons, n_raters : int
        Numbers of those that count.
    systems : tuple of str
        The competing systems, in alphabetical order.
    clusters : tuple of str
        The entries of :data:`CLUSTERS` with at least two units.
    n_skips, n_inactive, n_filtered, n_withdrawn : int
        As in :class:`Selection`.
    units : tuple of str
        Possible units of intervals, from :func:`possible_units`.
    """

    n_judgments: int
    n_comparisons: int
    n_raters: int
    systems: tuple[str, ...]
    clusters: tuple[str, ...]
    n_skips: int
    n_inactive: int
    n_filtered: int
    n_withdrawn: int
    units: tuple[str, ...] = (BY_DESIGN,)


def counts(judgments: pd.DataFrame, *, criterion: str, subset: Subset = HUMAN) -> Counts:
    """Return how many judgments of a criterion count; like :func:`select`, without the judgments."""
    return counts_of(select(judgments, criterion=criterion, subset=subset))


def counts_of(selection: Selection) -> Counts:
    """Return the counts of a selection."""
    judgments = selection.judgments
    return Counts(
        len(judgments),
        selection.n_comparisons,
        selection.n_raters,
        selection.systems,
        tuple(
            name
            for name, column in CLUSTERS.items()
            if column in judgments and len(used(judgments[column])) > 1
        ),
        selection.n_skips,
        selection.n_inactive,
        selection.n_filtered,
        selection.n_withdrawn,
        possible_units(selection),
    )
