"""How one automatic judge agrees with people: agreement with the majority and with single votes, kappa, strengths."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from study import frames
from study.analysis.correlation.estimands import for_these_raters
from study.analysis.judges.verdicts import judge_counts
from study.stats.arrays import BoolArray, FloatArray, IntArray
from study.stats.claims import TOO_FEW, Claim, claimed_share, claimed_values
from study.stats.correlation.coefficients import paired_spearman
from study.stats.correlation.few import few_systems
from study.stats.many import percentile_estimates
from study.stats.ranking.bradley_terry import bradley_terry
from study.stats.ranking.preferences import Preferences, preferences, win_matrix
from study.stats.ranking.strengths import score_bootstrap_moves, strength_influence
from study.stats.resampling import Estimate
from study.stats.units import Units, estimand, sizes
from study.wording import counted

COUNTED = {"failure_rate": "verdicts"}
"""Names of counted things, where tables of judges and people differ from tables of judges alone."""


@dataclass(frozen=True, slots=True)
class JudgedByPeople:
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


Said = tuple[Claim, int, str, int]
"""A claim, its count, the name of the counted things, and the number of items."""


def crowd_claims(judged: JudgedByPeople, seed: int, level: float, n_resamples: int) -> dict[str, Said]:
    """Return the claims about one judge, by the keys of the table of judges."""
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


def _kappa(judged: JudgedByPeople, level: float) -> Said:
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


def _with_people(judged: JudgedByPeople, places: IntArray) -> Units:
    """Return the units of some comparisons, with the raters who judged these as fixed."""
    found = judged.found
    counts = np.zeros(len(found.a), dtype=bool)
    counts[places] = True
    return for_these_raters(judged.units.of(places), found.rater[counts[found.comparison]])


def fewest_units(judged: JudgedByPeople) -> tuple[IntArray, Units]:
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


def crowd_preferences(found: frames.MetricEvidence) -> Preferences:
    """Return people's judgments as preferences between systems."""
    a, b = found.output_system[found.a], found.output_system[found.b]
    return preferences(a[found.comparison], b[found.comparison], found.sign, found.systems)


def judge_preferences(judged: JudgedByPeople) -> tuple[Preferences, IntArray]:
    """Return the verdicts as preferences between systems, one per comparison and order, and their comparisons."""
    found, rows = judged.found, judged.rows
    said = rows["sign"].notna().to_numpy(dtype=bool)
    place = rows["place"].to_numpy()[said]
    a, b = found.output_system[found.a][place], found.output_system[found.b][place]
    sign = rows["sign"].to_numpy()[said].astype(np.int64)
    return preferences(a, b, sign, found.systems), place


def _strength_spearman(judged: JudgedByPeople, seed: int, level: float, n_resamples: int) -> Said:
    """Return Spearman's rho of both strengths; units are resampled in both at once, with first-order changes of strengths."""
    found = judged.found
    unit, units = fewest_units(judged)
    n_units, kind = units.fewest, units.kinds[0] if units.kinds else "unit"
    method = f"percentile score bootstrap over {kind}s"

    def claim(estimate: Estimate, n: int) -> Said:
        made = Claim(estimate, np.nan, np.nan, units.label, sizes(units), estimand(units))
        return made, n, "systems", len(found.items)

    def undefined(reason: str, n: int) -> Said:
        return claim(Estimate(np.nan, np.nan, np.nan, level, n_units, 0, method, reason), n)

    own, own_place = judge_preferences(judged)
    if not found.systems or not len(own.a):
        return undefined("the judge has no verdict on a comparison that people judged", 0)
    fits = []
    for given, place in ((crowd_preferences(found), found.comparison), (own, own_place)):
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
