"""Tests, intervals and ranks of strengths over raters and profiles, by how many there are and how much profiles differ.

Four systems that are equal on average; each profile has 6 items, each item one pair of systems, judged by 3 of the raters,
who are used evenly. A judgment is a logit: a share of its latent variance lies between profiles (each has tastes of its
own), .1 between raters, .3 between items, the rest is a judgment's own. Units are raters and profiles. Of each study: the
test of one pair, the interval of one strength, whether any pair is apart at once (max-t), and, with one system on the left
in four of five of its judgments and a preference for the left, the adjusted win rate's test.
"""

import sys
import time
from argparse import Namespace
from dataclasses import dataclass

import numpy as np

from study.stats.ranking.answers import A_WON, B_WON, answers
from study.stats.ranking.preferences import preferences
from study.stats.ranking.rank_intervals import rank_intervals_of
from study.stats.ranking.side_strengths import side_strengths
from study.stats.ranking.strengths import bradley_terry_strengths, strength_estimates
from study.stats.units import units_of
from tests.benchmarks.coverage_grid import ITEMS, design

PROFILES, RATERS, SHARES = (5, 10, 20), (5, 10, 30), (0.0, 0.1, 0.3)
SYSTEMS = ("A", "B", "C", "D")
OF_ITEMS, OF_RATERS, LEFT, STOOD_LEFT = 0.3, 0.1, 0.5, 0.8
N_STUDIES, SMOKE_STUDIES, DRAWS = 1000, 40, 500
MOST_REJECTED, LEAST_COVERED = 0.065, 0.935
SMOKE_CELLS = ((10, 10, 0.3),)


@dataclass(frozen=True)
class Cell:
    """Shares of studies: a true null rejected for a pair, for any pair, for an adjusted win rate; a strength covered."""

    pair: float
    any_pair: float
    adjusted: float
    covered: float
    n_studies: int

    def fails(self, errors: float) -> bool:
        """Say whether a share lies outside what is allowed, by more than so many of its Monte Carlo errors."""
        rejected = any(
            one - errors * self.error(one) > MOST_REJECTED
            for one in (self.pair, self.any_pair, self.adjusted)
        )
        return rejected or self.covered + errors * self.error(self.covered) < LEAST_COVERED

    def error(self, share: float) -> float:
        """Return the Monte Carlo standard error of a share of the studies."""
        return float(np.sqrt(share * (1 - share) / self.n_studies))


def main(options: Namespace) -> None:
    """Print a row per cell; the exit code is 1 where one is outside what is allowed by two Monte Carlo errors."""
    start = time.perf_counter()
    cells = [(p, r, share) for p in PROFILES for r in RATERS for share in SHARES]
    n_studies = options.studies or (SMOKE_STUDIES if options.smoke else N_STUDIES)
    print(
        f"{'profiles':>8} {'raters':>6} {'share':>6} {'pair':>7} {'any pair':>9} {'adjusted':>9} {'covers':>7} {'error':>6}"
    )
    failed = 0
    for n_profiles, n_raters, share in SMOKE_CELLS if options.smoke else cells:
        found = simulated(n_profiles, n_raters, share, n_studies)
        wrong = found.fails(4.0 if options.smoke else 2.0)
        failed += wrong
        print(
            f"{n_profiles:8} {n_raters:6} {share:6g} {found.pair:7.3f} {found.any_pair:9.3f} {found.adjusted:9.3f} "
            f"{found.covered:7.3f} {found.error(0.05):6.3f}{'  outside' if wrong else ''}",
            flush=True,
        )
    print(
        f"{n_studies:,} studies a cell. Allowed: rejections at most {MOST_REJECTED:.1%}, coverage at least "
        f"{LEAST_COVERED:.1%}, give or take two Monte Carlo errors. {time.perf_counter() - start:.0f} s in all."
    )
    if failed:
        sys.exit(f"{failed} of the cells are outside what is allowed")


def simulated(n_profiles: int, n_raters: int, share: float, n_studies: int) -> Cell:
    """Return what tests, intervals and ranks of strengths do in many studies of one kind."""
    rng = np.random.default_rng([8, n_profiles, n_raters, round(100 * share)])
    rows = [_study(rng, n_profiles, n_raters, share) for _ in range(n_studies)]
    pair, any_pair, adjusted, covered = np.mean(rows, axis=0).tolist()
    return Cell(pair, any_pair, adjusted, covered, n_studies)


def _study(
    rng: np.random.Generator, n_profiles: int, n_raters: int, share: float
) -> tuple[bool, bool, bool, bool]:
    rater, item, profile = design(rng, n_profiles, n_raters)
    n_items = n_profiles * ITEMS
    a_of = rng.integers(0, 4, n_items)
    b_of = (a_of + rng.integers(1, 4, n_items)) % 4
    a, b = a_of[item], b_of[item]
    scales = (share / 2, n_profiles, profile), (OF_RATERS / 2, n_raters, rater), (OF_ITEMS / 2, n_items, item)
    lean = np.sqrt(1 - share - OF_RATERS - OF_ITEMS) * rng.standard_normal(len(item))
    for variance, n, code in scales:
        worth = np.sqrt(variance) * rng.standard_normal((n, 4))
        lean += worth[code, a] - worth[code, b]
    units = units_of({"rater": rater, "profile": profile})
    fit = bradley_terry_strengths(preferences(a, b, np.where(lean > 0, 1, -1), SYSTEMS), units, "sandwich")
    ranks = rank_intervals_of(fit, "sandwich", n_resamples=DRAWS, rng=rng)
    strength = strength_estimates(fit, "sandwich")[0]
    apart = bool(((ranks.low > 0) | (ranks.high < 0)).any())
    is_first = (a == 0) | (b == 0)
    side = rng.choice([-1, 1], len(item))
    side[is_first] = np.where((rng.random(is_first.sum()) < STOOD_LEFT) == (a[is_first] == 0), 1, -1)
    won = np.where(lean + LEFT * side > 0, A_WON, B_WON)
    given = answers(a, b, won, np.array([1, -1])[won], SYSTEMS, side)
    rate = side_strengths(given, "bradley_terry", units).win_rates()[0]
    excluded = strength.low > 0 or strength.high < 0
    return bool(ranks.p_value[0, 1] < 0.05), apart, bool(rate.p_value < 0.05), not excluded
