"""Strengths and win rates adjusted for the left side, with intervals and tests over clusters or units."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from study.stats.arrays import FloatArray, IntArray, codes, compact
from study.stats.claims import Claim, claimed_values, method_of, why_few
from study.stats.multiway import own_spread
from study.stats.ranking.answers import Answers
from study.stats.ranking.fitted import FittedStrengths, of_units, one_kind
from study.stats.ranking.model_influence import model_likelihood
from study.stats.ranking.over_units import over_units
from study.stats.ranking.side_adjusted import SideFit, side_fit
from study.stats.resampling import Estimate, check_confidence_level
from study.stats.score_tests import share_intervals, share_tests
from study.stats.units import Units, estimand, sizes, units_of

BESIDE = "with an effect of the left side (Davidson and Beaver 1977)"


@dataclass(frozen=True, slots=True)
class SideStrengths:
    """A preference model with an effect of the left side, made by :func:`side_strengths`.

    Attributes
    ----------
    fitted : FittedStrengths
        For intervals and ranks, as without the effect.
    fit : SideFit
    given : Answers
    scores : ndarray of shape (n_judgments,)
        Score of the first system: 1 for a win, ties as the model counts them.
    units : Units
        The units of intervals of win rates and of the effect; single judgments for model-based intervals.
    """

    fitted: FittedStrengths
    fit: SideFit
    given: Answers
    scores: FloatArray
    units: Units

    def effect(self, confidence_level: float = 0.95) -> Claim:
        """Return the log odds of the left between equal systems; for a decided answer if ties are modelled."""
        moves = self.fit.of_effect[self.fit.cell]
        return claimed_values(
            self.fit.effect, moves, self.units, confidence_level=confidence_level, floor=not self.units.asked
        )[0]

    def win_rates(self, confidence_level: float = 0.95) -> tuple[Claim, ...]:
        """Return each system's win rate minus the side's contribution, tested against one half, over its own units."""
        systems = range(len(self.fit.win_rates))
        own = [self.units.of((self.given.first == i) | (self.given.second == i)) for i in systems]
        moves = self.fit.of_win_rates[self.fit.cell]
        return self._claims(self.fit.win_rates, moves, own, confidence_level)

    def pair_rates(self, confidence_level: float = 0.95) -> dict[tuple[int, int], Claim]:
        """Return for each compared pair the win rate of the lower number, minus the side's contribution."""
        fit, n = self.fit, len(self.fit.win_rates)
        turned = self.given.first > self.given.second
        low = np.where(turned, self.given.second, self.given.first)
        high = np.where(turned, self.given.first, self.given.second)
        pairs, pair = np.unique(low * n + high, return_inverse=True)
        sign, size = np.where(turned, -1.0, 1.0), np.bincount(pair)
        won = 0.5 + sign * (self.scores - 0.5 - fit.added[fit.cell])
        rates = np.bincount(pair, won) / size
        bent = np.stack([np.bincount(pair, sign * one[fit.cell]) / size for one in fit.of_added.T])
        moves = -(fit.moves @ bent)[fit.cell]
        moves[np.arange(len(won)), pair] += (won - rates[pair]) / size[pair]
        own = [self.units.of(np.flatnonzero(pair == place)) for place in range(len(pairs))]
        claims = self._claims(rates, moves, own, confidence_level)
        decided = np.bincount(pair, self.scores != 0.5) > 0
        return {
            divmod(key, n): claim if tested else replace(claim, p_value=np.nan)
            for key, claim, tested in zip(pairs.tolist(), claims, decided.tolist(), strict=True)
        }

    def _claims(
        self, rates: FloatArray, moves: FloatArray, own: Sequence[Units], level: float
    ) -> tuple[Claim, ...]:
        """Return rates with their intervals and score tests, each over its own units."""
        check_confidence_level(level)
        found = own_spread(moves, self.units, own)
        fewest = np.array([one.fewest for one in own], dtype=np.float64)
        ends = share_intervals(rates, found, fewest, level)
        p = share_tests(rates, found, fewest)
        claims = []
        for rate, low, high, freedom, one_p, units in zip(
            *(part.tolist() for part in (rates, *ends, found.share_freedom, p)), own, strict=True
        ):
            reason = "no comparison" if np.isnan(rate) else why_few(units)
            if reason is None and not np.isfinite(low):
                reason = "adjusted for the left side it has no interval"
            if reason is not None:
                low = high = one_p = np.nan
            method = f"less what the left side added by the model; {method_of(units)}"
            estimate = Estimate(rate, low, high, level, units.fewest, 0, method, reason)
            claims.append(Claim(estimate, one_p, freedom, units.label, sizes(units), estimand(units)))
        return tuple(claims)


def side_strengths(given: Answers, model: str, cluster: ArrayLike | Units | None) -> SideStrengths:
    """Fit a preference model with an effect of the left side.

    This does not check whether the effect is identified: see :func:`study.stats.ranking.sides.side_balance`.

    Parameters
    ----------
    given : Answers
        Answers with sides.
    model : str
        As in :func:`study.stats.ranking.model_influence.model_likelihood`.
    cluster : array_like of int, shape (n_judgments,), or Units, optional
        None for model-based intervals.

    References
    ----------
    Davidson and Beaver 1977; Liang and Zeger 1986; Cameron, Gelbach and Miller 2011.
    """
    likelihood, plain = model_likelihood(given, model)
    fit, clusters = side_fit(given, likelihood), one_kind(cluster)
    label, n = f"{plain.label} {BESIDE}", len(given.systems)
    known = ~np.isnan(fit.strengths)
    kept = known[given.first] & known[given.second]
    rest = fit.strengths, fit.covariance, plain.comparability
    reason, scores = plain.reason or fit.reason, likelihood.scores[likelihood.outcome]
    if clusters is None:
        none = np.empty((int(kept.sum()), 0)), np.zeros(n, dtype=bool)
        units = units_of({"judgment": np.arange(len(given.answer))}, asked=True)
        return SideStrengths(FittedStrengths(*rest, *none, label, reason), fit, given, scores, units)
    cell = fit.cell[kept]

    def sums(one: IntArray) -> FloatArray:
        return fit.sums(fit.of_strengths, one, cell)

    if isinstance(clusters, Units):
        meets = given.first[kept], given.second[kept]
        place = compact(cell, int(cell.max(initial=0)) + 1)[1]
        over = over_units(sums, place, clusters.of(kept), meets, n)
        return SideStrengths(of_units(*rest, over, label, reason), fit, given, scores, clusters)
    one = codes(clusters, None, "cluster")
    inside = compact(one[kept], int(one.max(initial=0)) + 1)[1]
    sole = _of_one_cluster(given, kept, inside)
    fitted = FittedStrengths(*rest, sums(inside), sole & known, label, reason)
    asked = cluster if isinstance(cluster, Units) else units_of({"cluster": one}, asked=True)
    return SideStrengths(fitted, fit, given, scores, asked)


def _of_one_cluster(given: Answers, kept: np.ndarray, cluster: IntArray) -> np.ndarray:
    """Return which systems are compared in a single cluster."""
    there = np.zeros((len(given.systems), int(cluster.max(initial=-1)) + 1), dtype=bool)
    there[given.first[kept], cluster] = there[given.second[kept], cluster] = True
    return np.asarray(there.sum(axis=1) == 1)
