"""Automatic judges compared with people: strengths, agreement with the majority, flips, position bias, failures."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from study import frames
from study.analysis.correlation.estimands import for_these_raters
from study.analysis.judges.verdicts import SIGN_OF, judge_counts
from study.analysis.ranking.rows import UNIT_COLUMNS, unit_columns
from study.frames.comparison_units import units_without_raters
from study.stats.arrays import BoolArray, FloatArray, IntArray
from study.stats.claims import TOO_FEW, Claim, claimed_share, claimed_values
from study.stats.correlation.coefficients import paired_spearman
from study.stats.correlation.few import few_systems
from study.stats.many import percentile_estimates
from study.stats.ranking.bradley_terry import bradley_terry
from study.stats.ranking.preferences import Preferences, preferences, win_matrix
from study.stats.ranking.strengths import (
    score_bootstrap_moves,
    strength_influence,
    strengths,
)
from study.stats.resampling import Estimate
from study.stats.units import Units, estimand, sizes
from study.wording import counted

COLUMNS = (
    *("judge", "statistic", "label", "value", "low", "high", "confidence_level", "n", "counted", "n_items"),
    *(*UNIT_COLUMNS, "n_resamples", "method", "reason", "signature"),
)
POINT_COLUMNS = (
    *("system", "crowd", "crowd_low", "crowd_high", "judge", "judge_low", "judge_high"),
    *("confidence_level", "n_judgments", "n_verdicts", "units", "estimand", "method", "reason"),
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
COUNTED = {"failure_rate": "verdicts"}
"""Names of counted things, where tables of judges and people differ from tables of judges alone."""


@dataclass(frozen=True, slots=True)
class _Judged:
    """One judge with people's answers; arrays over the comparisons that people judged.

    ``verdict`` and ``majority`` are 1, 0 or -1; ``asked`` is true where the judge gave a readable verdict; ``units``
    are those of the comparisons, without raters.
    """

    found: frames.MetricEvidence
    majority: IntArray
    verdict: IntArray
    asked: BoolArray
    rows: pd.DataFrame
    units: Units


def judge_table(
    judgments: pd.DataFrame,
    verdicts: pd.DataFrame,
    *,
    criterion: str,
    subset: frames.Subset = frames.HUMAN,
    seed: int,
    cluster: str | None = None,
    confidence_level: float = 0.95,
    n_resamples: int = 2000,
) -> pd.DataFrame:
    """Return how well each judge agrees with people, a row per judge and statistic.

    The majority of a comparison is its most frequent answer among a, tie (or both bad) and b, or a tie if two are
    equally frequent. A judge that was asked in both orders and gave different answers counts as answering tie.

    Parameters
    ----------
    judgments : DataFrame
        The long table, from ``store.coded_judgments``.
    verdicts : DataFrame
        From ``store.verdicts``.
    criterion : str
    subset : Subset
        Which human judgments to use.
    seed : int
        The study's seed.
    cluster : str, optional
        The units of intervals: by default profiles where items belong to profiles, with sources that they share, else
        items. Majorities and verdicts have no raters, and numbers hold for these raters.
    confidence_level : float
    n_resamples : int
        Resamples of the units of the kind with the fewest, for the strengths.

    Returns
    -------
    DataFrame
        With the columns :data:`COLUMNS`; ``counted`` names the things that ``n`` counts.

    References
    ----------
    Zheng et al. 2023, section 3.4 and 4 (agreement, both orders); Kline and Santos 2012 (score bootstrap).
    """
    found = _evidence(judgments, criterion, subset)
    rows = []
    for judge, part in _by_judge(verdicts, criterion):
        judged = _judged(found, judgments, part, criterion, subset, cluster)
        signature = "; ".join(sorted({str(one) for one in part["signature"].unique()}))
        for name, (claim, n, what, n_items) in _claims(judged, seed, confidence_level, n_resamples).items():
            estimate = claim.estimate
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
                    "n_items": n_items,
                    **dict(zip(UNIT_COLUMNS, unit_columns(claim), strict=True)),
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
    cluster: str | None = None,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return each system's Bradley-Terry strength by people and by a judge, people's strongest first.

    Parameters as in :func:`judge_table`. Ties count half; intervals are over the units of the kind with the fewest.
    """
    found = _evidence(judgments, criterion, subset)
    part = dict(_by_judge(verdicts, criterion)).get(judge, verdicts.iloc[:0])
    judged = _judged(found, judgments, part, criterion, subset, cluster)
    crowd = _crowd_preferences(found)
    own, own_place = _judge_preferences(judged)
    unit, units = _fewest(judged)
    columns = []
    for given, place in ((crowd, found.comparison), (own, own_place)):
        columns.append(
            strengths(given, unit[place], confidence_level=confidence_level) if found.systems else ()
        )
    n_judgments = np.bincount(found.output_system, found.human_count, len(found.systems)).astype(int)
    n_verdicts = np.bincount(np.concatenate([own.a, own.b]), minlength=len(found.systems))
    rows = [
        (
            *(system, one.value, one.low, one.high, other.value, other.low, other.high),
            *(
                confidence_level,
                int(n_judgments[k]),
                int(n_verdicts[k]),
                sizes(units),
                estimand(units),
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


def _evidence(judgments: pd.DataFrame, criterion: str, subset: frames.Subset) -> frames.MetricEvidence:
    selection = frames.select(judgments, criterion=criterion, subset=subset)
    return frames.evidence(selection, pd.DataFrame(index=pd.Index([], dtype="str")))


def _by_judge(verdicts: pd.DataFrame, criterion: str) -> list[tuple[str, pd.DataFrame]]:
    of = verdicts[(verdicts["criterion"] == criterion).to_numpy(dtype=bool)]
    return [(judge, of[(of["judge"] == judge).to_numpy(dtype=bool)]) for judge in frames.used(of["judge"])]


def _judged(
    found: frames.MetricEvidence,
    judgments: pd.DataFrame,
    part: pd.DataFrame,
    criterion: str,
    subset: frames.Subset,
    cluster: str | None,
) -> _Judged:
    """Match a judge's verdicts with the comparisons that people judged; verdicts on others are left out."""
    selection = frames.select(judgments, criterion=criterion, subset=subset)
    names = frames.comparison_names(selection)
    first = selection.judgments.iloc[np.unique(found.comparison, return_index=True)[1]]
    place = pd.Index(names, dtype="str").get_indexer(pd.Index(part["comparison_id"].astype("str")))
    rows = part[place >= 0]
    place = place[place >= 0]
    sign = rows["preference"].astype("object").map(SIGN_OF).to_numpy(dtype=np.float64)
    n = len(found.a)
    said = ~np.isnan(sign)
    count = np.bincount(place[said], minlength=n)
    total = np.bincount(place[said], sign[said], n)
    # Orders that differ, or a tie in one of them, make a tie.
    verdict = np.where(np.abs(total) == count, np.sign(total), 0).astype(np.int64)
    counts = np.column_stack([found.lost, found.tied, found.won])
    most = counts == counts.max(axis=1, keepdims=True, initial=0)
    majority = np.where(most.sum(axis=1) == 1, most.argmax(axis=1) - 1, 0)
    kept = rows.assign(sign=sign, place=place)
    return _Judged(found, majority, verdict, count > 0, kept, units_without_raters(first, cluster))


Said = tuple[Claim, int, str, int]
"""A claim, its count, the name of the counted things, and the number of items."""


def _claims(judged: _Judged, seed: int, level: float, n_resamples: int) -> dict[str, Said]:
    found, asked = judged.found, judged.asked
    verdict, majority = judged.verdict, judged.majority
    equal = verdict == majority
    decided = asked & (verdict != 0) & (majority != 0)
    untied = (found.won + found.lost) * (asked & (verdict != 0))
    met = np.where(verdict > 0, found.won, found.lost)
    every = np.arange(len(found.a))

    def rate(
        right: FloatArray | BoolArray,
        of: FloatArray | BoolArray,
        places: IntArray,
        what: str,
        why: str,
        *,
        of_people: bool = True,
    ) -> Said:
        counts = np.asarray(of, dtype=np.float64) > 0
        part, whole = (np.asarray(one, dtype=np.float64)[counts] for one in (right, of))
        places = places[counts]
        units = _with_people(judged, places) if of_people else judged.units.of(places)
        claim = claimed_share(part, whole, units, confidence_level=level, lacking=why)
        return claim, int(whole.sum()), what, len(np.unique(found.item[places]))

    none = "the judge has no verdict on a comparison that people judged"
    of_row = judged.rows["place"].to_numpy(dtype=np.int64)
    of_judge = {
        name: (right, of, of_row[rows], COUNTED.get(name, what), why if len(of_row) else none)
        for name, (right, of, rows, what, why) in judge_counts(judged.rows).items()
    }
    met_by_others, counted_votes = _rater_agreement(found, asked)
    return {
        "strength_spearman": _strength_spearman(judged, seed, level, n_resamples),
        "agreement_untied": rate(
            equal & decided, decided, every, "comparisons", "no pair without a tie on either side"
        ),
        "agreement_three_way": rate(equal & asked, asked, every, "comparisons", none),
        "kappa": _kappa(judged, level),
        "vote_agreement": rate(
            np.where(untied > 0, met, 0), untied, every, "votes", "no untied vote on an untied verdict"
        ),
        "rater_agreement": rate(
            met_by_others, counted_votes, every, "votes", "no comparison with two untied votes"
        ),
        **{name: rate(*one, of_people=False) for name, one in of_judge.items()},
    }


def _kappa(judged: _Judged, level: float) -> Said:
    """Return Cohen's kappa of judge and majority over a, tie, b; invariant to swapping the names."""
    found, places = judged.found, np.flatnonzero(judged.asked)
    units, n = _with_people(judged, places), len(places)
    n_items = len(np.unique(found.item[places]))
    said, heard = judged.verdict[places], judged.majority[places]
    # Which output is called a is arbitrary, so each comparison counts under both namings.
    share = [
        np.array([((one == value).sum() + (one == -value).sum()) / 2 for value in (1, 0, -1)])
        for one in (said, heard)
    ]
    judge, crowd = (one / max(n, 1) for one in share)
    observed, expected = (said == heard).mean() if n else np.nan, float(judge @ crowd)
    value = (observed - expected) / (1 - expected) if n and expected < 1 else np.nan
    of_code = {1: 0, 0: 1, -1: 2}
    chance = np.array(
        [
            crowd[of_code[int(one)]] + judge[of_code[int(other)]]
            for one, other in zip(said, heard, strict=True)
        ]
    )
    moves = np.zeros(n)
    if not np.isnan(value):
        moves = ((said == heard) - observed - (1 - value) * (chance - 2 * expected)) / ((1 - expected) * n)
    (claim,) = claimed_values([value], moves[:, None], units, confidence_level=level, method="Cohen's kappa")
    if np.isnan(value):
        reason = "judge and majority always say the same one answer"
        if not n:
            reason = "the judge has no verdict on a comparison that people judged"
        claim = replace(claim, estimate=replace(claim.estimate, reason=reason))
    elif claim.estimate.reason is None:
        low, high = np.clip([claim.estimate.low, claim.estimate.high], -1, 1).tolist()
        claim = replace(claim, estimate=replace(claim.estimate, low=low, high=high))
    return claim, n, "comparisons", n_items


def _with_people(judged: _Judged, places: IntArray) -> Units:
    """Return the units of some comparisons, with the raters who judged these as fixed."""
    found = judged.found
    counts = np.zeros(len(found.a), dtype=bool)
    counts[places] = True
    return for_these_raters(judged.units.of(places), found.rater[counts[found.comparison]])


def _fewest(judged: _Judged) -> tuple[IntArray, Units]:
    """Return the unit of each comparison, for the kind with the fewest units, and these as the units of a claim.

    The other kinds are held fixed; without any kind, each comparison is its own unit, and no claim is made.
    """
    units = _with_people(judged, np.arange(len(judged.found.a)))
    if not units.kinds:
        return np.arange(len(units)), units
    at = units.counts.index(units.fewest)
    others = [(kind, n) for k, (kind, n) in enumerate(zip(units.kinds, units.counts, strict=True)) if k != at]
    one = replace(
        units,
        kinds=(units.kinds[at],),
        codes=(units.codes[at],),
        counts=(units.counts[at],),
        fixed=(*units.fixed, *others),
    )
    return units.codes[at], one


def _crowd_preferences(found: frames.MetricEvidence) -> Preferences:
    a, b = found.output_system[found.a], found.output_system[found.b]
    return preferences(a[found.comparison], b[found.comparison], found.sign, found.systems)


def _judge_preferences(judged: _Judged) -> tuple[Preferences, IntArray]:
    """Return the verdicts as preferences between systems, one per comparison and order, and their comparisons."""
    found, rows = judged.found, judged.rows
    said = rows["sign"].notna().to_numpy(dtype=bool)
    place = rows["place"].to_numpy()[said]
    a, b = found.output_system[found.a][place], found.output_system[found.b][place]
    sign = rows["sign"].to_numpy()[said].astype(np.int64)
    return preferences(a, b, sign, found.systems), place


def _strength_spearman(judged: _Judged, seed: int, level: float, n_resamples: int) -> Said:
    """Return Spearman's rho of both strengths; units are resampled in both at once, with first-order changes of strengths."""
    found = judged.found
    unit, units = _fewest(judged)
    n_units, kind = units.fewest, units.kinds[0] if units.kinds else "unit"
    method = f"percentile score bootstrap over {kind}s"

    def claim(estimate: Estimate, n: int) -> Said:
        made = Claim(estimate, np.nan, np.nan, units.label, sizes(units), estimand(units))
        return made, n, "systems", len(found.items)

    def undefined(reason: str, n: int) -> Said:
        return claim(Estimate(np.nan, np.nan, np.nan, level, n_units, 0, method, reason), n)

    own, own_place = _judge_preferences(judged)
    if not found.systems or not len(own.a):
        return undefined("the judge has no verdict on a comparison that people judged", 0)
    fits = []
    for given, place in ((_crowd_preferences(found), found.comparison), (own, own_place)):
        fit = bradley_terry(win_matrix(given), given.systems)
        fits.append((fit.strengths, _influence(fit, given, unit[place], int(unit.max()) + 1)))
    (crowd, moved_crowd), (judge, moved_judge) = fits
    both = ~np.isnan(crowd + judge)
    n = int(both.sum())
    if n < 3:
        return undefined(
            f"{counted(n, 'system')} with a strength by people and by the judge; at least 3 are needed", n
        )
    value = float(paired_spearman(crowd[both], judge[both]))
    few = few_systems(value, n)
    if few or not units.kinds:
        return claim(Estimate(value, np.nan, np.nan, level, n_units, 0, method, few or TOO_FEW), n)
    moves = score_bootstrap_moves(
        np.hstack([moved_crowd[:, both], moved_judge[:, both]]), n_resamples, np.random.default_rng(abs(seed))
    )
    resampled = paired_spearman(crowd[both] + moves[:, :n], judge[both] + moves[:, n:])
    [estimate] = percentile_estimates(np.array([value]), resampled[:, None], n_units, kind, (-1, 1), level)
    settings = (estimate.confidence_level, estimate.n_units, estimate.n_resamples)
    return claim(Estimate(estimate.value, estimate.low, estimate.high, *settings, method, estimate.reason), n)


def _influence(fit: object, given: Preferences, unit: IntArray, n_units: int) -> FloatArray:
    """Return the influence of every unit on the strengths, shape (n_units, n_systems); 0 without a judgment."""
    comparable = fit.comparability.comparable  # type: ignore[attr-defined]
    kept = comparable[given.a] & comparable[given.b]
    influence = np.zeros((n_units, len(given.systems)))
    present = np.bincount(unit[kept], minlength=n_units) > 0
    influence[present] = np.nan_to_num(strength_influence(fit, given, unit, "sandwich"))  # type: ignore[arg-type]
    return influence


def _rater_agreement(found: frames.MetricEvidence, asked: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Return how many untied votes agree with the majority of the other untied votes (half if these tie), and their number."""
    won, lost = found.won, found.lost
    counted = np.where(asked & (won + lost >= 2), won + lost, 0.0)

    def met(own: FloatArray, other: FloatArray) -> FloatArray:
        return own * np.where(own - 1 > other, 1.0, np.where(own - 1 == other, 0.5, 0.0))

    return np.where(counted > 0, met(won, lost) + met(lost, won), 0.0), counted
