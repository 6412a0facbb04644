"""What pages say of the judgments themselves: whose there are, what can be filtered by, how many count."""

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
class Facts:
    """What a study's judgments can be told apart by.

    Attributes
    ----------
    populations : tuple of str
        Whose judgments there are, as :func:`populations` says.
    default : str
        Whose are shown unasked.
    choices : dict of str to list of str
        As :func:`choices` says.
    inactive : bool
        Whether any is of a rater who was excluded or withdrew.
    n_withdrawn : int
        How many are of comparisons that were withdrawn.
    """

    populations: tuple[Population, ...]
    default: Population
    choices: dict[str, list[str]]
    inactive: bool
    n_withdrawn: int


def facts(judgments: pd.DataFrame) -> Facts:
    """Return what the judgments of a study can be told apart by."""
    known = populations(judgments)
    return Facts(
        known,
        default_population(judgments),
        choices(judgments) if known else {},
        bool((judgments["rater_status"] != "active").any()),
        int(judgments["comparison_withdrawn"].astype(bool).sum()),
    )


@dataclass(frozen=True, slots=True)
class Counts:
    """How many judgments of a criterion count, of what, and how many were left out.

    Attributes
    ----------
    n_judgments, n_comparisons, n_raters : int
        Of what counts.
    systems : tuple of str
        The competing systems, in alphabetical order.
    clusters : tuple of str
        The entries of :data:`CLUSTERS` of which there are at least two.
    n_skips, n_inactive, n_filtered, n_withdrawn : int
        As in :class:`Selection`.
    units : tuple of str
        What intervals can be over, as :func:`possible_units` says.
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
    """Return how many judgments of a criterion count; as :func:`select`, without the judgments."""
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
