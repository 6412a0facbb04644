"""Tests and intervals of a win rate over raters and profiles, by how many there are and how much profiles differ.

Two systems; each profile has 6 items, each item is judged by 3 of the raters, who are used evenly. Whether the first one is
preferred depends on a latent normal value: a share of its variance lies between profiles, .3 between items, .1 between
raters, the rest is a judgment's own. Units are raters and profiles, as a study with profiles has them by default.
"""

import sys
import time
from argparse import Namespace
from dataclasses import dataclass

import numpy as np
from scipy import special

from study.stats.arrays import FloatArray, IntArray
from study.stats.multiway import spread
from study.stats.score_tests import share_intervals, share_tests
from study.stats.units import Units, units_of

PROFILES, RATERS, SHARES = (5, 10, 20, 50), (5, 10, 30), (0.0, 0.1, 0.3)
TRUTHS = (0.5, 0.65, 0.85)
"""Win rates; tests are of the first one."""
ITEMS, OVERLAP, OF_ITEMS, OF_RATERS = 6, 3, 0.3, 0.1
N_STUDIES, N_DESIGNS = 8_000, 40
"""Studies of a cell, and in how many ways raters are spread over items in these."""
MOST_REJECTED, COVERED = 0.065, ((0.935, 0.98), (0.935, 0.98), (0.93, 0.98))
"""The coverage of each truth: next to the end, where the distribution is skewed, half a point less."""
SMOKE_CELLS, SMOKE_STUDIES = ((5, 5, 0.1), (10, 10, 0.3)), 400


@dataclass(frozen=True)
class Cell:
    """What studies of a kind give: shares of studies, with Monte Carlo errors."""

    rejected: float
    covered: tuple[float, ...]
    width: float
    power: float
    n_studies: int

    def error(self, share: float) -> float:
        """Return the Monte Carlo standard error of a share of the studies."""
        return float(np.sqrt(share * (1 - share) / self.n_studies))

    def fails(self, errors: float) -> bool:
        """Say whether a share lies outside what is allowed, by more than so many of its errors."""
        too_often = self.rejected - errors * self.error(self.rejected) > MOST_REJECTED
        outside = [
            one + errors * self.error(one) < low or one - errors * self.error(one) > high
            for one, (low, high) in zip(self.covered, COVERED, strict=True)
        ]
        return too_often or any(outside)


def main(options: Namespace) -> None:
    """Print the grid; the exit code is 1 where a cell is outside what is allowed."""
    start = time.perf_counter()
    cells = [(p, r, share) for p in PROFILES for r in RATERS for share in SHARES]
    n_studies = options.studies or (SMOKE_STUDIES if options.smoke else N_STUDIES)
    rates = "".join(f"{f'covers {truth:g}':>14}" for truth in TRUTHS)
    print(f"{'profiles':>8} {'raters':>6} {'share':>6} {'rejects':>13}{rates} {'width':>6} {'power .65':>9}")
    failed = 0
    for n_profiles, n_raters, share in SMOKE_CELLS if options.smoke else cells:
        found = simulated(n_profiles, n_raters, share, n_studies)
        wrong = found.fails(4.0 if options.smoke else 0.0)
        failed += wrong
        said = "".join(f"{_with_error(found, one):>14}" for one in found.covered)
        print(
            f"{n_profiles:8} {n_raters:6} {share:6g} {_with_error(found, found.rejected):>13}{said} {found.width:6.3f} "
            f"{found.power:9.3f}{'  outside' if wrong else ''}",
            flush=True,
        )
    print(
        f"{n_studies:,} studies a cell and truth, Monte Carlo errors in brackets. Allowed: rejections of a true half at most "
        f"{MOST_REJECTED:.1%}; coverage {COVERED[0][0]:.1%} to {COVERED[0][1]:.1%}, at .85 from {COVERED[2][0]:.1%}. {time.perf_counter() - start:.0f} s in all."
    )
    if failed:
        sys.exit(f"{failed} of the cells are outside what is allowed")


def _with_error(found: Cell, share: float) -> str:
    return f"{share:.4f} ({found.error(share):.4f})"


def simulated(n_profiles: int, n_raters: int, share: float, n_studies: int) -> Cell:
    """Return what tests and intervals do in many studies of one kind."""
    rng = np.random.default_rng([7, n_profiles, n_raters, round(100 * share)])
    n_designs = min(N_DESIGNS, n_studies)
    p, covered, widths = [], [[] for _ in TRUTHS], []
    for _ in range(n_designs):
        rater, item, profile = design(rng, n_profiles, n_raters)
        units = units_of({"rater": rater, "profile": profile})
        for place, truth in enumerate(TRUTHS):
            y = answers(rng, (rater, item, profile), share, truth, -(-n_studies // n_designs))
            low, high, tested = judged(y, units)
            covered[place].append((low <= truth) & (truth <= high))
            p.append(tested)
            widths.append(high - low)
    of_truth = [np.concatenate(p[place :: len(TRUTHS)]) for place in range(2)]
    rejected, power = (float((one < 0.05).mean()) for one in of_truth)
    shares = tuple(float(np.concatenate(one).mean()) for one in covered)
    width = float(np.concatenate(widths[:: len(TRUTHS)]).mean())
    return Cell(rejected, shares, width, power, len(of_truth[0]))


def design(rng: np.random.Generator, n_profiles: int, n_raters: int) -> tuple[IntArray, IntArray, IntArray]:
    """Return rater, item and profile of each judgment: each item goes to the raters who have judged least so far."""
    n_items = n_profiles * ITEMS
    load, rater = np.zeros(n_raters), np.empty((n_items, OVERLAP), dtype=np.int64)
    for item in range(n_items):
        rater[item] = np.lexsort((rng.random(n_raters), load))[:OVERLAP]
        load[rater[item]] += 1
    item = np.repeat(np.arange(n_items), OVERLAP)
    return rater.ravel(), item, item // ITEMS


def answers(
    rng: np.random.Generator,
    codes: tuple[IntArray, IntArray, IntArray],
    share: float,
    truth: float,
    n_studies: int,
) -> FloatArray:
    """Return 1 where the first system is preferred, else 0, shape (n_judgments, n_studies)."""
    parts = zip(codes, (OF_RATERS, OF_ITEMS, share), strict=True)
    n_judgments = len(codes[0])
    rest = 1 - OF_RATERS - OF_ITEMS - share
    latent = special.ndtri(truth) + np.sqrt(rest) * rng.standard_normal((n_judgments, n_studies))
    for code, variance in parts:
        latent += np.sqrt(variance) * rng.standard_normal((int(code.max()) + 1, n_studies))[code]
    return (latent > 0).astype(np.float64)


def judged(y: FloatArray, units: Units) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return low, high and P against a half of each study's win rate, as :func:`study.stats.claims.claimed_share` does."""
    rate = y.mean(axis=0)
    found = spread((y - rate) / len(y), units)
    tested = share_tests(rate, found, units.fewest)
    return *share_intervals(rate, found, units.fewest), tested
