"""Automatic judges beside the crowd: strengths, agreement with the majority, flips, position bias, failures."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from study import frames
from study.responses import BOTH_BAD, TIE
from study.stats.arrays import BoolArray, FloatArray, IntArray
from study.stats.correlation.coefficients import paired_spearman
from study.stats.many import percentile_estimates, ratio_spreads
from study.stats.ranking.bradley_terry import bradley_terry
from study.stats.ranking.preferences import Preferences, preferences, win_matrix
from study.stats.ranking.strengths import (
    score_bootstrap_moves,
    strength_influence,
    strengths,
)
from study.stats.ranking.win_rates import wilson_interval
from study.stats.resampling import Estimate, jackknife, whole_clusters
from study.wording import counted

COLUMNS = (
    *("judge", "statistic", "label", "value", "low", "high", "confidence_level", "n", "counted", "n_items"),
    *("n_resamples", "method", "reason", "signature"),
)
POINT_COLUMNS = (
    *("system", "crowd", "crowd_low", "crowd_high", "judge", "judge_low", "judge_high"),
    *("confidence_level", "n_judgments", "n_verdicts", "method", "reason"),
)
STATISTICS: dict[str, str] = {
    "strength_spearman": "Spearman's ρ of Bradley-Terry strengths",
    "agreement_untied": "Agreement with the majority, neither says tie",
    "agreement_three_way": "Agreement with the majority, three-way",
    "kappa": "Cohen's κ with the majority, three-way",
    "vote_agreement": "Agreement with single votes, neither says tie",
    "rater_agreement": "For comparison: a rater with the majority of the others, no ties",
    "flip_rate": "Flip rate where both orders were asked",
    "first_preferred": "The output shown first is preferred (50% is no bias)",
    "tie_rate": "Share of ties",
    "failure_rate": "Share of failures",
}
SIGN_OF = {"a": 1, "b": -1, TIE: 0, BOTH_BAD: 0}


@dataclass(frozen=True, slots=True)
class _Judged:
    """One judge beside the crowd; arrays over the comparisons that people judged.

    ``verdict`` and ``majority`` are 1, 0 or -1; ``asked`` says where the judge gave a verdict that could be read.
    """

    found: frames.Evidence
    majority: IntArray
    verdict: IntArray
    asked: BoolArray
    rows: pd.DataFrame
    row_item: IntArray


def judge_table(
    judgments: pd.DataFrame,
    verdicts: pd.DataFrame,
    *,
    criterion: str,
    subset: frames.Subset = frames.HUMAN,
    seed: int,
    confidence_level: float = 0.95,
    n_resamples: int = 2000,
) -> pd.DataFrame:
    """Return how well each judge agrees with people, a row per judge and statistic.

    The majority of a comparison is its most frequent answer of a, tie (or both bad) and b; a tie where two are equally
    frequent. A judge that was asked in both orders and did not say the same twice counts as saying tie.

    Parameters
    ----------
    judgments : DataFrame
        The long table, from ``store.coded_judgments``.
    verdicts : DataFrame
        From ``store.verdicts``.
    criterion : str
    subset : Subset
        Whose judgments are the crowd's, and on what.
    seed : int
        The study's.
    confidence_level : float
    n_resamples : int
        Of items, for the strengths.

    Returns
    -------
    DataFrame
        Of the columns :data:`COLUMNS`: ``n`` counts what ``counted`` names. Intervals are over items.

    References
    ----------
    Zheng et al. 2023, section 3.4 and 4 (agreement, both orders); Kline and Santos 2012 (score bootstrap).
    """
    found = _evidence(judgments, criterion, subset)
    rows = []
    for judge, part in _by_judge(verdicts, criterion):
        judged = _judged(found, judgments, part, criterion, subset)
        signature = "; ".join(sorted({str(one) for one in part["signature"].unique()}))
        for name, (estimate, n, what) in _estimates(judged, seed, confidence_level, n_resamples).items():
            rows.append(
                {
                    "judge": judge,
                    "statistic": name,
                    "label": STATISTICS[name],
                    "value": estimate.value,
                    "low": estimate.low,
                    "high": estimate.high,
                    "confidence_level": confidence_level,
                    "n": n,
                    "counted": what,
                    "n_items": estimate.n_units,
                    "n_resamples": estimate.n_resamples,
                    "method": estimate.method,
                    "reason": estimate.reason,
                    "signature": signature,
                }
            )
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"reason": "str"})


def judge_points(
    judgments: pd.DataFrame,
    verdicts: pd.DataFrame,
    *,
    judge: str,
    criterion: str,
    subset: frames.Subset = frames.HUMAN,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return each system's Bradley-Terry strength by the crowd and by a judge, the crowd's strongest first.

    Parameters as in :func:`judge_table`. Ties count half; intervals cluster by item.
    """
    found = _evidence(judgments, criterion, subset)
    part = dict(_by_judge(verdicts, criterion)).get(judge, verdicts.iloc[:0])
    judged = _judged(found, judgments, part, criterion, subset)
    crowd = _crowd_preferences(found)
    own, own_item = _judge_preferences(judged)
    columns = []
    for given, item in ((crowd, found.item[found.comparison]), (own, own_item)):
        columns.append(strengths(given, item, confidence_level=confidence_level) if found.systems else ())
    n_judgments = np.bincount(found.output_system, found.human_count, len(found.systems)).astype(int)
    n_verdicts = np.bincount(np.concatenate([own.a, own.b]), minlength=len(found.systems))
    rows = [
        (
            *(system, one.value, one.low, one.high, other.value, other.low, other.high),
            *(
                confidence_level,
                int(n_judgments[k]),
                int(n_verdicts[k]),
                one.method,
                one.reason or other.reason,
            ),
        )
        for k, (system, one, other) in enumerate(zip(found.systems, *columns, strict=True))
    ]
    table = pd.DataFrame(rows, columns=list(POINT_COLUMNS)).astype({"reason": "str"})
    return table.sort_values(["crowd", "system"], ascending=[False, True], ignore_index=True)


def judges_of(verdicts: pd.DataFrame, criterion: str) -> list[str]:
    """Return the judges that have a verdict on a criterion, in alphabetical order."""
    return [judge for judge, _ in _by_judge(verdicts, criterion)]


def _evidence(judgments: pd.DataFrame, criterion: str, subset: frames.Subset) -> frames.Evidence:
    selection = frames.select(judgments, criterion=criterion, subset=subset)
    return frames.evidence(selection, pd.DataFrame(index=pd.Index([], dtype="str")))


def _by_judge(verdicts: pd.DataFrame, criterion: str) -> list[tuple[str, pd.DataFrame]]:
    of = verdicts[(verdicts["criterion"] == criterion).to_numpy(dtype=bool)]
    return [(judge, of[(of["judge"] == judge).to_numpy(dtype=bool)]) for judge in frames.used(of["judge"])]


def _judged(
    found: frames.Evidence, judgments: pd.DataFrame, part: pd.DataFrame, criterion: str, subset: frames.Subset
) -> _Judged:
    """Place a judge's verdicts beside the comparisons that people judged; verdicts on others are left out."""
    names = frames.comparison_names(frames.select(judgments, criterion=criterion, subset=subset))
    place = pd.Index(names, dtype="str").get_indexer(pd.Index(part["comparison_id"].astype("str")))
    rows = part[place >= 0]
    place = place[place >= 0]
    sign = rows["preference"].astype("object").map(SIGN_OF).to_numpy(dtype=np.float64)
    n = len(found.a)
    said = ~np.isnan(sign)
    count = np.bincount(place[said], minlength=n)
    total = np.bincount(place[said], sign[said], n)
    # Orders that differ, or a tie in one of them: a tie.
    verdict = np.where(np.abs(total) == count, np.sign(total), 0).astype(np.int64)
    counts = np.column_stack([found.lost, found.tied, found.won])
    most = counts == counts.max(axis=1, keepdims=True, initial=0)
    majority = np.where(most.sum(axis=1) == 1, most.argmax(axis=1) - 1, 0)
    kept = rows.assign(sign=sign, place=place)
    return _Judged(found, majority, verdict, count > 0, kept, found.item[place])


def _estimates(
    judged: _Judged, seed: int, level: float, n_resamples: int
) -> dict[str, tuple[Estimate, int, str]]:
    found, asked = judged.found, judged.asked
    verdict, majority = judged.verdict, judged.majority
    equal = verdict == majority
    decided = asked & (verdict != 0) & (majority != 0)
    untied = (found.won + found.lost) * (asked & (verdict != 0))
    met = np.where(verdict > 0, found.won, found.lost)
    n_said = judged.rows["sign"].notna().to_numpy(dtype=bool)

    def rate(right: FloatArray | BoolArray, of: FloatArray | BoolArray, item: IntArray, why: str) -> Estimate:
        return _rate(right, of, item, len(found.items), level, why)

    none = "the judge has no verdict on a comparison that people judged"
    correlation, n_systems = _strength_spearman(judged, seed, level, n_resamples)
    flips, pairs, pair_item = _flips(judged)
    first, ordered = _first(judged)
    met_by_others, counted_votes = _rater_agreement(found, asked)
    return {
        "strength_spearman": (correlation, n_systems, "systems"),
        "agreement_untied": (
            rate(equal & decided, decided, found.item, "no pair without a tie on either side"),
            int(decided.sum()),
            "comparisons",
        ),
        "agreement_three_way": (
            rate(equal & asked, asked, found.item, none),
            int(asked.sum()),
            "comparisons",
        ),
        "kappa": (_kappa(judged, level), int(asked.sum()), "comparisons"),
        "vote_agreement": (
            rate(np.where(untied > 0, met, 0), untied, found.item, "no untied vote on an untied verdict"),
            int(untied.sum()),
            "votes",
        ),
        "rater_agreement": (
            rate(met_by_others, counted_votes, found.item, "no comparison with two untied votes"),
            int(counted_votes.sum()),
            "votes",
        ),
        "flip_rate": (
            rate(flips, pairs, pair_item, "no comparison was asked in both orders"),
            int(pairs.sum()),
            "comparisons",
        ),
        "first_preferred": (
            rate(first, ordered, judged.row_item, "no untied verdict says which output was shown first"),
            int(ordered.sum()),
            "verdicts",
        ),
        "tie_rate": (
            rate(asked & (verdict == 0), asked, found.item, none),
            int(asked.sum()),
            "comparisons",
        ),
        "failure_rate": (
            rate(~n_said, np.ones_like(n_said), judged.row_item, none),
            len(n_said),
            "verdicts",
        ),
    }


def _rate(
    right: FloatArray | BoolArray,
    of: FloatArray | BoolArray,
    item: IntArray,
    n_items: int,
    level: float,
    why: str,
) -> Estimate:
    sums = (
        np.bincount(item, np.asarray(part, dtype=np.float64), n_items).astype(np.float64)[:, None]
        for part in (right, of)
    )
    numerator, denominator = sums
    [estimate] = ratio_spreads(numerator, denominator, denominator, "item").estimates((0, 1), level)
    if np.isnan(estimate.value):
        return Estimate(np.nan, np.nan, np.nan, level, 0, 0, estimate.method, why)
    if estimate.value in (0.0, 1.0) and np.isnan(estimate.low):
        # No item differs from another, so that only how many there are says how sure the rate is.
        n = estimate.n_units
        low, high = wilson_interval(estimate.value * n, n, level)
        return Estimate(estimate.value, low, high, level, n, 0, "Wilson, an item counted once")
    return estimate


def _kappa(judged: _Judged, level: float) -> Estimate:
    """Return Cohen's kappa of judge and majority over a, tie, b, jackknifed over items; the same under swapped names."""
    found, asked = judged.found, judged.asked
    cell = (judged.verdict + 1) * 3 + judged.majority + 1
    swapped = (1 - judged.verdict) * 3 + 1 - judged.majority
    n_items = len(found.items)
    cells = np.zeros((n_items, 9))
    for code in (cell, swapped):
        # Which output is called a is arbitrary, so that each comparison counts under both namings.
        np.add.at(cells, (found.item[asked], code[asked]), 0.5)
    used = cells[cells.any(axis=1)]

    def kappa(totals: FloatArray) -> FloatArray:
        table = totals.reshape(-1, 3, 3)
        n = table.sum(axis=(1, 2))
        with np.errstate(invalid="ignore", divide="ignore"):
            observed = np.trace(table, axis1=1, axis2=2) / n
            expected = (table.sum(axis=1) * table.sum(axis=2)).sum(axis=1) / n**2
            return np.where((n > 0) & (expected < 1), (observed - expected) / (1 - expected), np.nan)

    if not len(used):
        reason = "the judge has no verdict on a comparison that people judged"
        return Estimate(np.nan, np.nan, np.nan, level, 0, 0, "delete-one-item jackknife, t interval", reason)
    estimate = jackknife(kappa, whole_clusters(used, "item"), confidence_level=level)
    if np.isnan(estimate.value):
        reason = "judge and majority always say the same one answer"
        return Estimate(np.nan, np.nan, np.nan, level, len(used), 0, estimate.method, reason)
    return estimate


def _crowd_preferences(found: frames.Evidence) -> Preferences:
    a, b = found.output_system[found.a], found.output_system[found.b]
    return preferences(a[found.comparison], b[found.comparison], found.sign, found.systems)


def _judge_preferences(judged: _Judged) -> tuple[Preferences, IntArray]:
    """Return the verdicts as preferences between systems, one per comparison and order, and their items."""
    found, rows = judged.found, judged.rows
    said = rows["sign"].notna().to_numpy(dtype=bool)
    place = rows["place"].to_numpy()[said]
    a, b = found.output_system[found.a][place], found.output_system[found.b][place]
    sign = rows["sign"].to_numpy()[said].astype(np.int64)
    return preferences(a, b, sign, found.systems), found.item[place]


def _strength_spearman(judged: _Judged, seed: int, level: float, n_resamples: int) -> tuple[Estimate, int]:
    """Return Spearman's rho of both strengths; items are resampled in both at once, strengths moved to first order."""
    found = judged.found
    method = "percentile score bootstrap over items"

    def undefined(reason: str, n: int) -> tuple[Estimate, int]:
        return Estimate(np.nan, np.nan, np.nan, level, len(found.items), 0, method, reason), n

    own, own_item = _judge_preferences(judged)
    if not found.systems or not len(own.a):
        return undefined("the judge has no verdict on a comparison that people judged", 0)
    fits = []
    for given, item in ((_crowd_preferences(found), found.item[found.comparison]), (own, own_item)):
        fit = bradley_terry(win_matrix(given), given.systems)
        fits.append((fit.strengths, _influence(fit, given, item, len(found.items))))
    (crowd, moved_crowd), (judge, moved_judge) = fits
    both = ~np.isnan(crowd + judge)
    n = int(both.sum())
    if n < 3:
        return undefined(
            f"{counted(n, 'system')} with a strength by people and by the judge; at least 3 are needed", n
        )
    value = paired_spearman(crowd[both], judge[both])
    moves = score_bootstrap_moves(
        np.hstack([moved_crowd[:, both], moved_judge[:, both]]), n_resamples, np.random.default_rng(abs(seed))
    )
    resampled = paired_spearman(crowd[both] + moves[:, :n], judge[both] + moves[:, n:])
    [estimate] = percentile_estimates(
        np.array([value]), resampled[:, None], len(found.items), "item", (-1, 1), level
    )
    settings = (estimate.confidence_level, estimate.n_units, estimate.n_resamples)
    return Estimate(estimate.value, estimate.low, estimate.high, *settings, method, estimate.reason), n


def _influence(fit: object, given: Preferences, item: IntArray, n_items: int) -> FloatArray:
    """Return the influence of every item on the strengths, shape (n_items, n_systems); 0 where it has no judgment."""
    comparable = fit.comparability.comparable  # type: ignore[attr-defined]
    kept = comparable[given.a] & comparable[given.b]
    influence = np.zeros((n_items, len(given.systems)))
    present = np.bincount(item[kept], minlength=n_items) > 0
    influence[present] = np.nan_to_num(strength_influence(fit, given, item, "sandwich"))  # type: ignore[arg-type]
    return influence


def _flips(judged: _Judged) -> tuple[FloatArray, FloatArray, IntArray]:
    """Return, per comparison asked in both orders, whether the answers differ."""
    rows = judged.rows[judged.rows["sign"].notna().to_numpy(dtype=bool)]
    wide = {
        side: rows[(rows["side_of_a"] == side).to_numpy(dtype=bool)].set_index("place")["sign"]
        for side in ("left", "right")
    }
    both = wide["left"].index.intersection(wide["right"].index)
    differ = (wide["left"].loc[both].to_numpy() != wide["right"].loc[both].to_numpy()).astype(np.float64)
    return differ, np.ones(len(both)), judged.found.item[both.to_numpy(dtype=np.int64)]


def _first(judged: _Judged) -> tuple[BoolArray, BoolArray]:
    """Return per verdict whether the output shown first is preferred, and whether the verdict counts."""
    side = judged.rows["side_of_a"].astype("object").to_numpy()
    sign = judged.rows["sign"].to_numpy(dtype=np.float64)
    counts = (side != "unknown") & (np.nan_to_num(sign) != 0)
    first = counts & ((sign > 0) == (side == "left"))
    return first, counts


def _rater_agreement(found: frames.Evidence, asked: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Return how many untied votes name the majority of the other untied votes (half where these tie), and of how many."""
    won, lost = found.won, found.lost
    counted = np.where(asked & (won + lost >= 2), won + lost, 0.0)

    def met(own: FloatArray, other: FloatArray) -> FloatArray:
        return own * np.where(own - 1 > other, 1.0, np.where(own - 1 == other, 0.5, 0.0))

    return np.where(counted > 0, met(won, lost) + met(lost, won), 0.0), counted
