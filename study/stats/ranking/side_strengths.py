"""Strengths and win rates adjusted for the left side, with intervals and tests over clusters or units."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from study.stats.arrays import FloatArray, IntArray, codes, compact
from study.stats.claims import TOO_FEW, Claim, claimed_values, method_of, p_values, share_intervals
from study.stats.multiway import spread
from study.stats.ranking.answers import Answers
from study.stats.ranking.fitted import FittedStrengths, of_units, one_kind
from study.stats.ranking.model_influence import model_likelihood
from study.stats.ranking.over_units import over_units
from study.stats.ranking.side_adjusted import SideFit, side_fit
from study.stats.resampling import Estimate, check_confidence_level
from study.stats.units import Units, estimand, sizes, units_of

BESIDE = "with an effect of the left side (Davidson and Beaver 1977)"


@dataclass(frozen=True, slots=True)
class SideStrengths:
    """A preference model beside an effect of the left side, made by :func:`side_strengths`.

    Attributes
    ----------
    fitted : FittedStrengths
        For intervals and ranks, as without the effect.
    fit : SideFit
    units : Units
        What intervals of win rates and of the effect are over; single judgments where they are model-based.
    """

    fitted: FittedStrengths
    fit: SideFit
    units: Units

    def effect(self, confidence_level: float = 0.95) -> Claim:
        """Return the log odds of the left between equal systems; of a decided answer where ties are modelled."""
        moves = self.fit.of_effect[self.fit.cell]
        return claimed_values(
            self.fit.effect, moves, self.units, confidence_level=confidence_level, floor=not self.units.asked
        )[0]

    def win_rates(self, confidence_level: float = 0.95) -> tuple[Claim, ...]:
        """Return each system's win rate less what the side added, with the test against one half."""
        check_confidence_level(confidence_level)
        found = spread(self.fit.of_win_rates[self.fit.cell], self.units, floor=not self.units.asked)
        rates = self.fit.win_rates
        ends = share_intervals(rates, found, self.units, confidence_level)
        p, said = p_values(rates, found, 0.5), (self.units.label, sizes(self.units), estimand(self.units))
        method = f"less what the left side added by the model; {method_of(self.units)}"
        claims = []
        for rate, low, high, freedom, one_p in zip(
            *(part.tolist() for part in (rates, *ends, found.degrees_of_freedom, p)), strict=True
        ):
            reason = None
            if np.isnan(rate):
                reason = "no comparison"
            elif not np.isfinite(low):
                reason = TOO_FEW if not self.units.kinds else "adjusted for the left side it has no interval"
            if reason is not None:
                low = high = one_p = np.nan
            estimate = Estimate(rate, low, high, confidence_level, self.units.fewest, 0, method, reason)
            claims.append(Claim(estimate, one_p, freedom, *said))
        return tuple(claims)


def side_strengths(given: Answers, model: str, cluster: ArrayLike | Units | None) -> SideStrengths:
    """Fit a preference model beside an effect of the left side.

    Whether the effect is identified is not asked here: see :func:`study.stats.ranking.sides.side_balance`.

    Parameters
    ----------
    given : Answers
        With sides.
    model : {"bradley_terry", "davidson", "rao_kupper", "grounded_rao_kupper", "graded"}
    cluster : array_like of int, shape (n_judgments,), or Units, optional
        None where intervals are model-based.

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
    reason = plain.reason or fit.reason
    if clusters is None:
        none = np.empty((int(kept.sum()), 0)), np.zeros(n, dtype=bool)
        units = units_of({"judgment": np.arange(len(given.answer))}, asked=True)
        return SideStrengths(FittedStrengths(*rest, *none, label, reason), fit, units)
    cell = fit.cell[kept]

    def sums(one: IntArray) -> FloatArray:
        return fit.sums(fit.of_strengths, one, cell)

    if isinstance(clusters, Units):
        meets = given.first[kept], given.second[kept]
        place = compact(cell, int(cell.max(initial=0)) + 1)[1]
        over = over_units(sums, place, clusters.of(kept), meets, n)
        return SideStrengths(of_units(*rest, over, label, reason), fit, clusters)
    one = codes(clusters, None, "cluster")
    inside = compact(one[kept], int(one.max(initial=0)) + 1)[1]
    sole = _of_one_cluster(given, kept, inside)
    fitted = FittedStrengths(*rest, sums(inside), sole & known, label, reason)
    asked = cluster if isinstance(cluster, Units) else units_of({"cluster": one}, asked=True)
    return SideStrengths(fitted, fit, asked)


def _of_one_cluster(given: Answers, kept: np.ndarray, cluster: IntArray) -> np.ndarray:
    """Return which systems are compared in a single cluster."""
    there = np.zeros((len(given.systems), int(cluster.max(initial=-1)) + 1), dtype=bool)
    there[given.first[kept], cluster] = there[given.second[kept], cluster] = True
    return np.asarray(there.sum(axis=1) == 1)
