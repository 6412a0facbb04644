"""EGISES of a system under two prompt conditions; better or worse only where it is declared which one is the richer."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd

from study.errors import InvalidInput
from study.records import stable_id
from study.stats.arrays import FloatArray
from study.stats.personalization.conditions import (
    change_in_words,
    degraded_share,
    document_mean,
    relative_change,
)
from study.stats.personalization.responsiveness import Distances, egises
from study.stats.resampling import Estimate
from study.tables import lookup
from study.wording import counted

CHANGE_COLUMNS = (
    *("system", "before", "after", "before_egises", "before_egises_low", "before_egises_high"),
    *(
        "after_egises",
        "after_egises_low",
        "after_egises_high",
        "value",
        "low",
        "high",
        "words",
        "confidence_level",
    ),
    *("n_documents", "distance", "method", "reason"),
)
NOT_DECLARED = "which condition is richer is not declared"
HOW_TO_DECLARE = (
    "No verdict: nothing says which prompt condition is the richer one. Name the conditions from the poorest to the richest: "
    "condition_order in the design, --condition-order on the command line, or the box on the Personalization page."
)
Figures = tuple[float, float, float]


class Contrast(NamedTuple):
    """Two conditions that a system was tried under, as rankings name them; ``declared``: the second is the richer one."""

    system: str
    before: str
    after: str
    declared: bool


def condition_pairs(texts: pd.DataFrame, order: Sequence[str] = ()) -> list[Contrast]:
    """Return the systems that were tried under several conditions, each with two of its conditions after another.

    Parameters
    ----------
    texts : DataFrame
        From ``store.output_texts``.
    order : sequence of str
        Prompt conditions from the poorest to the richest. Where it names two or more of a system's conditions, those
        are compared as it says; otherwise all of them in alphabetical order, without a claim of which is richer.

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
        found += [Contrast(str(system), *pair, declared) for pair in pairwise(names)]
    return found


def several_conditions(texts: pd.DataFrame) -> list[str]:
    """Return the conditions of systems that were tried under several, in alphabetical order."""
    several = texts.groupby("system")["condition"].transform("nunique") > 1
    return sorted(set(texts.loc[several.to_numpy(dtype=bool), "condition"]))


def checked_order(order: Sequence[str], texts: pd.DataFrame) -> tuple[str, ...]:
    """Return an order of conditions that someone asked for.

    Raises
    ------
    InvalidInput
        If it names a condition of no output, or only one.
    """
    known = dict.fromkeys(sorted(set(texts["condition"])))
    for one in order:
        lookup(known, one, "condition")
    if len(order) == 1:
        raise InvalidInput(
            f"condition {order[0]!r} alone is no order; name two or more, from the poorest to the richest, of "
            f"{', '.join(map(repr, known))}"
        )
    return tuple(order)


def change_table(
    distances: Distances,
    systems: Sequence[str],
    before_after: Sequence[Contrast | tuple[str, str, str]],
    *,
    distance: str,
    seed: int,
    confidence_level: float = 0.95,
    n_resamples: int = 2000,
) -> pd.DataFrame:
    """Return EGISES under each two conditions, and how it changes towards a richer one where that is declared.

    Parameters
    ----------
    distances, systems, distance, seed
        As for :func:`study.analysis.personalization.measures.measure_table`.
    before_after : sequence of Contrast, or of (str, str, str)
        As :func:`condition_pairs` gives them; without its last field the second condition counts as the richer one.
    confidence_level, n_resamples
        Of the bootstrap over documents.

    Returns
    -------
    DataFrame
        Of the columns :data:`CHANGE_COLUMNS`, a row per contrast and one for the share of systems that get worse.
        ``value`` and the verdict in ``words`` are of declared contrasts only.
    """
    values, place = egises(distances), {name: at for at, name in enumerate(systems)}
    options = {"confidence_level": confidence_level, "n_resamples": n_resamples}
    rows: list[tuple[object, ...]] = []
    judged: list[Contrast] = []
    for given in before_after:
        contrast = given if isinstance(given, Contrast) else Contrast(*given, True)
        system, before, after, declared = contrast
        first, second = values[place[before]], values[place[after]]
        seeds = [int(stable_id(system, one), 16) for one in (before, after)]
        figures = [
            _figures(document_mean(one, rng=np.random.default_rng([abs(seed), own]), **options))  # type: ignore[arg-type]
            for one, own in zip((first, second), seeds, strict=True)
        ]
        rng = np.random.default_rng([abs(seed), int(stable_id(system, before, after), 16)])
        found = relative_change(first, second, rng=rng, **options)  # type: ignore[arg-type]
        words = change_in_words(found.value)
        if declared:
            judged.append(contrast)
            if figures[0][0] == 0:
                found = replace(found, reason=f"EGISES of {before} is 0, so that no change is relative to it")
        else:
            found, words = _without_verdict(found), "no verdict"
        rows.append(_row(system, before, after, (*figures[0], *figures[1]), found, words, distance))
    if judged:
        first = values[[place[pair.before] for pair in judged]]
        second = values[[place[pair.after] for pair in judged]]
        rng = np.random.default_rng([abs(seed), 3])
        share = degraded_share(first, second, rng=rng, **options)  # type: ignore[arg-type]
        words = "undefined" if np.isnan(share.value) else _of_systems(share.value, len(judged))
        rows.append(_row("all systems", "", "", (np.nan,) * 6, share, words, distance))
    return pd.DataFrame(rows, columns=list(CHANGE_COLUMNS)).astype({"reason": "str"})


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
    found: Estimate,
    words: str,
    distance: str,
) -> tuple[object, ...]:
    spread = (found.value, found.low, found.high, words, found.confidence_level)
    return (system, before, after, *figures, *spread, found.n_units, distance, found.method, found.reason)
