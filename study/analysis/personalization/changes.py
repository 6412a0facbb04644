"""EGISES of a system under two prompt conditions; better or worse only if one is declared the richer."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from study.analysis.personalization.measures import reader_units
from study.analysis.ranking.rows import UNIT_COLUMNS, unit_columns
from study.errors import InvalidInput
from study.stats.arrays import BoolArray, FloatArray
from study.stats.claims import Claim
from study.stats.personalization.conditions import change_in_words, degraded_share
from study.stats.personalization.over_units import ReaderValues, claimed_mean, document_moves, reader_values
from study.stats.personalization.responsiveness import Distances, egises
from study.stats.resampling import Estimate
from study.stats.units import Units, estimand, sizes, units_of
from study.tables import lookup
from study.wording import counted

EGISES = "egises"
CHANGE_COLUMNS = (
    *("system", "before", "after", "before_egises", "before_egises_low", "before_egises_high"),
    *("after_egises", "after_egises_low", "after_egises_high", "value", "low", "high", "words"),
    *("confidence_level", "n_documents", "distance", *UNIT_COLUMNS, "method", "reason"),
)
NOT_DECLARED = "which condition is richer is not declared"
HOW_TO_DECLARE = (
    "No verdict: it is not known which prompt condition is the richer one. Name the conditions from the "
    "poorest to the richest: condition_order in the design, --condition-order on the command line, or the "
    "box on the Personalization page."
)
Figures = tuple[float, float, float]


class ConditionPair(NamedTuple):
    """Two conditions of a system, named as in rankings; ``declared`` means that the second is the richer one."""

    system: str
    before: str
    after: str
    declared: bool


def condition_pairs(texts: pd.DataFrame, order: Sequence[str] = ()) -> list[ConditionPair]:
    """Return the pairs of consecutive conditions of each system that ran under several.

    Parameters
    ----------
    texts : DataFrame
        From ``store.output_texts``.
    order : sequence of str
        Prompt conditions from the poorest to the richest. If it names two or more of a system's conditions, those are
        compared in this order; otherwise all of them in alphabetical order, without a claim about which is richer.

    Raises
    ------
    InvalidInput
        If a condition is named twice.
    """
    twice = sorted({one for one in order if list(order).count(one) > 1})
    if twice:
        raise InvalidInput(
            f"condition {twice[0]!r} is named twice; name each once, from the poorest to the richest"
        )
    found = []
    for system, part in texts.groupby("system", sort=True):
        conditions = sorted(set(part["condition"]))
        known = [one for one in order if one in conditions]
        declared = len(known) > 1
        names = [f"{system} ({one})" if one else str(system) for one in (known if declared else conditions)]
        found += [ConditionPair(str(system), *pair, declared) for pair in pairwise(names)]
    return found


def several_conditions(texts: pd.DataFrame) -> list[str]:
    """Return the conditions of systems that were run under several, in alphabetical order."""
    several = texts.groupby("system")["condition"].transform("nunique") > 1
    return sorted(set(texts.loc[several.to_numpy(dtype=bool), "condition"]))


def checked_order(order: Sequence[str], texts: pd.DataFrame) -> tuple[str, ...]:
    """Return a checked order of conditions given by the user.

    Raises
    ------
    InvalidInput
        If it names a condition that no output has, or only one condition.
    """
    known = dict.fromkeys(sorted(set(texts["condition"])))
    for one in order:
        lookup(known, one, "condition")
    if len(order) == 1:
        raise InvalidInput(
            f"condition {order[0]!r} alone is not an order; name two or more, from the poorest to the "
            f"richest, of {', '.join(map(repr, known))}"
        )
    return tuple(order)


def change_table(
    distances: Distances,
    systems: Sequence[str],
    before_after: Sequence[ConditionPair | tuple[str, str, str]],
    *,
    distance: str,
    seed: int,
    readers: ArrayLike | None = None,
    cluster: str | None = None,
    confidence_level: float = 0.95,
    n_resamples: int = 2000,
) -> pd.DataFrame:
    """Return EGISES under each pair of conditions, and its change towards the richer one if declared.

    Parameters
    ----------
    distances, systems, distance, readers, cluster
        As in :func:`study.analysis.personalization.measures.measure_table`.
    before_after : sequence of ConditionPair, or of (str, str, str)
        From :func:`condition_pairs`; without the last field, the second condition counts as the richer one.
    confidence_level : float
    seed, n_resamples : int
        Used by the bootstrap over documents, for the share of systems that get worse.

    Returns
    -------
    DataFrame
        With the columns :data:`CHANGE_COLUMNS`, one row per contrast and one for the share of systems that get worse.
        Only declared contrasts have ``value`` and a verdict in ``words``.
    """
    units = reader_units(distances, readers, cluster)
    found, place = reader_values(distances, _egises), {name: at for at, name in enumerate(systems)}
    rows: list[tuple[object, ...]] = []
    judged: list[ConditionPair] = []
    for given in before_after:
        contrast = given if isinstance(given, ConditionPair) else ConditionPair(*given, True)
        system, before, after, declared = contrast
        figures = [
            _figures(_mean(found, place[name], units, confidence_level).estimate) for name in (before, after)
        ]
        claim = _relative_change(found, place[before], place[after], units, confidence_level)
        words = change_in_words(claim.estimate.value)
        if declared:
            judged.append(contrast)
            if figures[0][0] == 0:
                reason = f"EGISES of {before} is 0, so that no change is relative to it"
                claim = replace(claim, estimate=replace(claim.estimate, reason=reason))
        else:
            claim, words = replace(claim, estimate=_without_verdict(claim.estimate)), "no verdict"
        n_documents = int(_in_both(found, place[before], place[after]).sum())
        rows.append(
            _row(system, before, after, (*figures[0], *figures[1]), claim, words, n_documents, distance)
        )
    if judged:
        first, second = (
            found.values[EGISES][[place[getattr(pair, when)] for pair in judged]]
            for when in ("before", "after")
        )
        options = {"confidence_level": confidence_level, "n_resamples": n_resamples}
        rng = np.random.default_rng([abs(seed), 3])
        share = degraded_share(first, second, rng=rng, **options)  # type: ignore[arg-type]
        words = "undefined" if np.isnan(share.value) else _of_systems(share.value, len(judged))
        claim = _of_documents(share, len(judged))
        rows.append(_row("all systems", "", "", (np.nan,) * 6, claim, words, share.n_units, distance))
    return pd.DataFrame(rows, columns=list(CHANGE_COLUMNS)).astype({"reason": "str"})


def _egises(distances: Distances) -> dict[str, FloatArray]:
    return {EGISES: egises(distances)}


def _mean(found: ReaderValues, at: int, units: Units, level: float) -> Claim:
    """Return the mean EGISES of a system."""
    values, there = found.values[EGISES][at], found.there[at]
    value, moves = document_moves(values, found.without[EGISES][at], there)
    known = ~np.isnan(values)
    return claimed_mean(value, moves, there & known[:, None], units, confidence_level=level)


def _in_both(found: ReaderValues, before: int, after: int) -> BoolArray:
    """Return which documents have EGISES under both conditions."""
    values = found.values[EGISES]
    return np.asarray(~(np.isnan(values[before]) | np.isnan(values[after])))


def _relative_change(found: ReaderValues, before: int, after: int, units: Units, level: float) -> Claim:
    """Return the change of mean EGISES relative to the mean before (Patel et al. 2024); nan if that is 0."""
    kept = _in_both(found, before, after)
    (old, old_moves), (new, new_moves) = (
        document_moves(found.values[EGISES][at], found.without[EGISES][at], found.there[at], kept)
        for at in (before, after)
    )
    known = old > 0
    value = new / old - 1 if known else np.nan
    moves = new_moves / old - new / old**2 * old_moves if known else np.zeros_like(old_moves)
    return claimed_mean(
        value,
        moves,
        (found.there[before] | found.there[after]) & kept[:, None],
        units,
        bounds=(-1.0, np.inf),
        confidence_level=level,
        method="relative difference of two means over documents",
        lacking="undefined: no document under both conditions, or EGISES is 0 before",
    )


def _of_documents(share: Estimate, n_systems: int) -> Claim:
    """Return a share of systems as a claim over documents, with the systems fixed."""
    documents = units_of({"source": np.arange(share.n_units)}, asked=True)
    units = replace(documents, fixed=(("system", n_systems),))
    return Claim(share, np.nan, np.nan, units.label, sizes(units), estimand(units))


def _of_systems(share: float, n: int) -> str:
    return f"{share:.0%} of {counted(n, 'system')} degraded"


def _figures(found: Estimate) -> Figures:
    return found.value, found.low, found.high


def _without_verdict(found: Estimate) -> Estimate:
    level, method = found.confidence_level, found.method
    return Estimate(np.nan, np.nan, np.nan, level, found.n_units, found.n_resamples, method, NOT_DECLARED)


def _row(
    system: str,
    before: str,
    after: str,
    figures: tuple[float, ...] | FloatArray,
    claim: Claim,
    words: str,
    n_documents: int,
    distance: str,
) -> tuple[object, ...]:
    found = claim.estimate
    spread = (found.value, found.low, found.high, words, found.confidence_level)
    cells = (n_documents, distance, *unit_columns(claim), found.method, found.reason)
    return (system, before, after, *figures, *spread, *cells)
