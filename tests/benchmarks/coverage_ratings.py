"""Intervals of differences of two systems' ratings over raters and items, in three kinds of studies.

Two systems differ by .3; each rater has a taste of .6 for the difference and each item one of .4, beside levels of their
own, so that neither raters nor items alone give the error. In the third kind there is nothing but noise. Intervals are
of the raw difference, of the one adjusted for items, and of the cumulative logit in the population, whose truth is that of
a large study.
"""

import sys
import time
from argparse import Namespace
from collections.abc import Callable

import numpy as np

from study.stats.ratings.cells import Rated, rated
from study.stats.ratings.marginal import marginal_model
from study.stats.ratings.means import system_differences
from study.stats.resampling import Estimate
from study.stats.units import units_of

N_STUDIES, SMOKE_STUDIES = 1000, 40
LEAST, MOST = 0.93, 0.97
GAP, OF_RATERS, OF_ITEMS, NOISE = 0.3, 0.6, 0.4, 1.0
SCALE = np.arange(1.0, 6.0)
Draw = Callable[[np.random.Generator], tuple[np.ndarray, np.ndarray, bool]]


def full(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, bool]:
    """Return raters and items of 30 x 40, all rated, with effects of both."""
    return np.repeat(np.arange(30), 40), np.tile(np.arange(40), 30), True


def sparse(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, bool]:
    """Return raters and items of 200 items, each rated by 3 of 30 raters, with effects of both."""
    rater = np.argsort(rng.random((200, 30)), axis=1)[:, :3]
    return rater.ravel(), np.repeat(np.arange(200), 3), True


def noise(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, bool]:
    """Return raters and items of 30 x 40, all rated, without effects."""
    return *full(rng)[:2], False


DESIGNS: dict[str, Draw] = {
    "30 x 40, rater and item effects": full,
    "200 items, 3 of 30 raters each": sparse,
    "30 x 40, pure noise": noise,
}


def main(options: Namespace) -> None:
    """Print a row per kind of study and interval; the exit code is 1 where coverage is outside 93 to 97%."""
    start = time.perf_counter()
    n_studies = options.studies or (SMOKE_STUDIES if options.smoke else N_STUDIES)
    print(f"{'studies':34} {'interval':26} {'n':>5} {'covers':>7} {'error':>6} {'width':>7}")
    failed = 0
    for name, draw in DESIGNS.items():
        for method, (covered, width) in simulated(name, draw, n_studies).items():
            error = float(np.sqrt(0.95 * 0.05 / n_studies))
            slack = (4 if options.smoke else 2) * error
            wrong = covered + slack < LEAST or covered - slack > MOST
            failed += wrong
            shown = f"{covered:7.3f} {error:6.3f} {width:7.3f}{'  outside' if wrong else ''}"
            print(f"{name:34} {method:26} {n_studies:5} {shown}", flush=True)
    print(
        f"Allowed: {LEAST:.0%} to {MOST:.0%}, give or take two errors. {time.perf_counter() - start:.0f} s."
    )
    if failed:
        sys.exit(f"{failed} of the intervals are outside what is allowed")


def simulated(name: str, draw: Draw, n_studies: int) -> dict[str, tuple[float, float]]:
    """Return the coverage and mean width of each interval in many studies of one kind."""
    rng = np.random.default_rng([3, len(name)])
    truth = {
        key: found.value for key, found in _intervals(_study(np.random.default_rng(5), draw, 60)).items()
    }
    truth |= {"difference": GAP, "adjusted for items": GAP}
    held: dict[str, list[tuple[bool, float]]] = {}
    for _ in range(n_studies):
        for key, found in _intervals(_study(rng, draw)).items():
            inside = found.low <= truth[key] <= found.high
            held.setdefault(key, []).append((inside, found.high - found.low))
    shares = {key: np.nanmean(np.array(rows, dtype=float), axis=0) for key, rows in held.items()}
    return {key: (float(one), float(width)) for key, (one, width) in shares.items()}


def _study(rng: np.random.Generator, draw: Draw, times: int = 1) -> tuple[Rated, Rated]:
    """Return ratings as numbers and as levels; a large study repeats a design with new raters and items."""
    parts = [draw(rng) for _ in range(times)]
    n_raters, n_items = (int(max(part[at].max() for part in parts)) + 1 for at in (0, 1))
    rater, item = (
        np.concatenate([part[at] + times_ * n for times_, part in enumerate(parts)])
        for at, n in ((0, n_raters), (1, n_items))
    )
    scale = 1.0 if parts[0][2] else 0.0
    own = [rng.normal(0, scale * sd, n) for sd, n in ((0.8, n_raters * times), (0.6, n_items * times))]
    tastes = [
        rng.normal(0, scale * sd, n) for sd, n in ((OF_RATERS, n_raters * times), (OF_ITEMS, n_items * times))
    ]
    level = 3 + own[0][rater] + own[1][item]
    gap = GAP + tastes[0][rater] + tastes[1][item]
    values = np.concatenate([level + gap, level]) + rng.normal(0, NOISE, 2 * len(rater))
    system = np.repeat([0, 1], len(rater))
    codes = np.tile(rater, 2), np.tile(item, 2)
    units = units_of({"rater": codes[0], "item": codes[1]})
    numbers = rated(values, system, *codes, systems=("first", "second"), units=units)
    levels = rated(np.clip(np.round(values), 1, 5), system, *codes, systems=("first", "second"), units=units)
    return numbers, levels


def _intervals(study: tuple[Rated, Rated]) -> dict[str, Estimate]:
    numbers, levels = study
    (gap,) = system_differences(numbers)
    (slope,) = marginal_model(levels, SCALE).differences
    return {
        "difference": gap.raw.estimate,
        "adjusted for items": gap.adjusted.estimate,
        "cumulative logit": slope.claim.estimate,
    }
