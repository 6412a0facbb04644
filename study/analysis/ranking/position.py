"""The tables of other influences on judgments: the left side, the length of an output, the rater's role."""

from dataclasses import replace
from math import exp, nan

import numpy as np
import pandas as pd

from study import frames
from study.analysis.ranking.models import side_codes
from study.analysis.ranking.rows import NO_JUDGMENT, UNIT_COLUMNS, table_of, unit_columns
from study.stats.arrays import FloatArray, IntArray
from study.stats.claims import Claim, claimed_share
from study.stats.ranking.covariates import covariate_fit
from study.stats.ranking.position import PositionBias, position_bias, rater_position_bias
from study.stats.ranking.preferences import Preferences, selected
from study.stats.ranking.regressors import Covariate, covariate, left_side, standardised_difference
from study.stats.resampling import Estimate
from study.stats.units import Units

POSITION_COLUMNS = (
    *("raters", "left_win_rate", "left_win_rate_low", "left_win_rate_high", "n_left", "n_right", "n_ties"),
    *("p_value", "adjusted_p", "odds", "odds_low", "odds_high"),
    *("adjusted_rate", "adjusted_rate_low", "adjusted_rate_high", "confidence_level", "n_judgments"),
    *(*UNIT_COLUMNS, "method", "adjusted_method", "reason", "adjusted_reason"),
)
EFFECT_COLUMNS = (
    *("effect", "raters", "win_rate", "win_rate_low", "win_rate_high", "n_wins", "n_losses", "p_value"),
    *("odds", "odds_low", "odds_high", "unit", "confidence_level", "n_judgments", *UNIT_COLUMNS),
    *("method", "adjusted_method", "reason", "adjusted_reason"),
)
EVERYONE = "all"
LEFT, LENGTH = "left side", "longer output"
ONE_RATER = "for this rater, and "


def position_table(
    judgments: pd.DataFrame,
    *,
    criterion: str,
    subset: frames.Subset = frames.HUMAN,
    cluster: str | None = None,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return how often the output on the left is preferred, observed and adjusted for the systems' strengths.

    Parameters as in :func:`study.analysis.pair_table`.

    Returns
    -------
    DataFrame
        With the columns :data:`POSITION_COLUMNS`, one row for all raters and one per role if there are both. The left
        win rate is over untied judgments; ``odds`` are those of the left, 1 at equal strengths.
    """
    selection = frames.select(judgments, criterion=criterion, subset=subset)
    judged, side = frames.system_preferences(selection), side_codes(selection)
    units = frames.units(selection, cluster)
    rows = []
    for name, kept in _groups(selection):
        found = position_bias(
            selected(judged, kept), side[kept], units.of(kept), confidence_level=confidence_level
        )
        rows.append(_position_row(name, found))
    return table_of(rows, POSITION_COLUMNS, NO_JUDGMENT)


def rater_position_table(
    judgments: pd.DataFrame,
    *,
    criterion: str,
    subset: frames.Subset = frames.HUMAN,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return each rater's preference for the left, the most one-sided first.

    Parameters as in :func:`study.analysis.ranking_table`.

    Returns
    -------
    DataFrame
        With the columns :data:`POSITION_COLUMNS`, one row per rater, as in
        :func:`study.stats.ranking.position.rater_position_bias`; ``adjusted_p`` is Holm's over raters.
    """
    selection = frames.select(judgments, criterion=criterion, subset=subset)
    rater, raters = frames.coded(selection.judgments["rater_id"])
    judged, side = frames.system_preferences(selection), side_codes(selection)
    if not raters:
        return table_of([], POSITION_COLUMNS, NO_JUDGMENT)
    item = frames.cluster_codes(selection, "item")
    found = rater_position_bias(judged, side, rater, raters, item, confidence_level=confidence_level)
    rows = [_position_row(name, bias, ONE_RATER) for name, bias in zip(raters, found, strict=True)]
    table = table_of(rows, POSITION_COLUMNS, NO_JUDGMENT)
    order = table["p_value"].fillna(2).to_numpy().argsort(kind="stable")
    return table.iloc[order].reset_index(drop=True)


def effect_table(
    judgments: pd.DataFrame,
    lengths: pd.DataFrame,
    *,
    criterion: str,
    subset: frames.Subset = frames.HUMAN,
    cluster: str | None = None,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return the effects of the left side and of length, observed and in one regression with the strengths.

    Parameters
    ----------
    judgments, criterion, subset, cluster, confidence_level
        As in :func:`study.analysis.pair_table`.
    lengths : DataFrame
        Columns ``output_id`` and ``length``, from ``store.output_lengths``; judgments without both are left out.

    Returns
    -------
    DataFrame
        With the columns :data:`EFFECT_COLUMNS`: one row per effect for all raters, and per role if there are both.
        ``win_rate`` is that of the left, or of the longer output, over untied judgments (of unequal length).
    """
    selection = frames.select(judgments, criterion=criterion, subset=subset)
    a, b = _lengths(selection, lengths)
    known = ~np.isnan(a) & ~np.isnan(b)
    judged = selected(frames.system_preferences(selection), known)
    units, side = frames.units(selection, cluster).of(known), side_codes(selection)[known]
    difference = (a - b)[known]
    typical = float(np.sqrt(np.mean(difference**2))) if len(difference) else nan
    roles = _groups(selection)
    columns = left_side(side), standardised_difference(LENGTH, a[known], b[known])
    adjusted = _effects(judged, columns, units, [kept[known] for _, kept in roles], confidence_level)
    steps = {LEFT: "left against right", LENGTH: f"{typical:,.0f} characters more"}
    toward = {LEFT: side, LENGTH: np.sign(difference).astype(np.int64)}
    rows = []
    for effect in (LEFT, LENGTH):
        for place, (name, kept) in enumerate(roles):
            inside = kept[known]
            leaning = (judged.preference * toward[effect])[inside]
            claim = _observed(leaning, units.of(inside), confidence_level)
            observed = claim.estimate
            found = adjusted[effect][place]
            counts = int((leaning == 1).sum()), int((leaning == -1).sum())
            rows.append(
                (
                    *(effect, name, observed.value, observed.low, observed.high, *counts, claim.p_value),
                    *(
                        *_odds(found),
                        steps[effect],
                        confidence_level,
                        int(inside.sum()),
                        *unit_columns(claim),
                    ),
                    *(observed.method, found.method, observed.reason, found.reason),
                )
            )
    return table_of(rows, EFFECT_COLUMNS)


def _effects(
    judged: Preferences,
    columns: tuple[Covariate, Covariate],
    units: Units,
    groups: list[np.ndarray],
    level: float,
) -> dict[str, list[Estimate]]:
    """Return the effects of side and length: in all judgments, then per role in a regression with both roles."""
    if not len(judged.systems) or not len(judged.a):
        nothing = Estimate(nan, nan, nan, level, 0, 0, "logistic regression", "no judgment with both lengths")
        return {name: [nothing] * len(groups) for name in (LEFT, LENGTH)}
    plain = covariate_fit(judged, columns, units, confidence_level=level).effects
    found = {name: [plain[column.name]] for name, column in zip((LEFT, LENGTH), columns, strict=True)}
    if len(groups) > 1:
        role = np.zeros(len(judged.a), dtype=np.int64)
        for place, inside in enumerate(groups[1:]):
            role[inside] = place
        names = [str(place) for place in range(len(groups) - 1)]
        own = [covariate(column.name, column.values, role, names) for column in columns]
        by_role = covariate_fit(judged, own, units, confidence_level=level).effects
        for name, column in zip((LEFT, LENGTH), own, strict=True):
            found[name] += [by_role[effect] for effect in column.effect_names]
    return found


def _observed(leaning: IntArray, units: Units, level: float) -> Claim:
    untied = leaning != 0
    lacking = "no untied judgment"
    return claimed_share(leaning[untied] > 0, None, units.of(untied), confidence_level=level, lacking=lacking)


def _position_row(name: str, found: PositionBias, whose: str = "") -> tuple[object, ...]:
    rate, adjusted = found.left_win_rate, found.adjusted_rate
    n = found.n_left + found.n_right + found.n_ties
    claim = replace(found.claim, estimand=f"{whose}{found.claim.estimand}")
    return (
        *(name, rate.value, rate.low, rate.high, found.n_left, found.n_right, found.n_ties),
        *(found.p_value, found.adjusted_p, *_odds(found.effect)),
        *(adjusted.value, adjusted.low, adjusted.high, rate.confidence_level, n),
        *(*unit_columns(claim), rate.method, found.effect.method, rate.reason, found.effect.reason),
    )


def _odds(effect: Estimate) -> tuple[float, float, float]:
    """Return the odds ratio of an effect in logits, with its interval."""
    return exp(effect.value), exp(effect.low), exp(effect.high)


def _groups(selection: frames.Selection) -> list[tuple[str, np.ndarray]]:
    """Return all raters, and each role if there are both, with their judgments."""
    groups = [(EVERYONE, np.ones(len(selection.judgments), dtype=bool))]
    if "rater_role" in selection.judgments:
        code, roles = frames.coded(selection.judgments["rater_role"])
        groups += [(role, code == place) for place, role in enumerate(roles)] if len(roles) > 1 else []
    return groups


def _lengths(selection: frames.Selection, lengths: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
    """Return the lengths of a and b of each judgment, nan where unknown."""
    known = pd.Series(lengths["length"].to_numpy(dtype=np.float64), index=lengths["output_id"])
    found = []
    for column in ("output_a_id", "output_b_id"):
        code, names = frames.coded(selection.judgments[column])
        found.append(np.append(known.reindex(names).to_numpy(dtype=np.float64), nan)[code])
    return found[0], found[1]
