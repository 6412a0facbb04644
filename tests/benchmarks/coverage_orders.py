"""How often 95% intervals of strengths from rankings hold the truth: Plackett-Luce, and pairs derived from rankings.

60 rankings of 8 systems. Each ranking is one of a rater with tastes of the rater's own (sd 0.5), or all are independent. The truth
is the fit of a large study.
"""

import time
from argparse import Namespace
from collections.abc import Callable

import numpy as np

from study.stats.orders.derived_pairs import pairs_of_rankings
from study.stats.orders.order_strengths import order_strengths
from study.stats.orders.plackett_luce import plackett_luce
from study.stats.orders.rankings import Rankings, rankings
from study.stats.ranking.strengths import strengths
from study.stats.resampling import Estimate
from study.stats.units import units_of

N_RANKINGS, N_SYSTEMS, PER_RATER, OWN_TASTE = 60, 8, 3, 0.5
N_STUDIES, SMOKE_STUDIES = 1000, 4
NAMES = [f"system {at}" for at in range(N_SYSTEMS)]
Study = tuple[Rankings, np.ndarray]


def main(options: Namespace) -> None:
    """Print the coverage of each interval in each kind of study."""
    start = time.perf_counter()
    n_studies = options.studies or (SMOKE_STUDIES if options.smoke else N_STUDIES)
    print(f"{'studies':40} {'interval':44} {'n':>5} {'covers':>7} {'error':>6} {'width':>7}")
    show("60 independent rankings of 8", lambda rng, n: drawn(rng, n, 1, 0.0), n_studies)
    show(
        "20 raters with tastes, 3 rankings each",
        lambda rng, n: drawn(rng, n, PER_RATER, OWN_TASTE),
        n_studies,
    )
    print(f"error: Monte Carlo standard error over studies. {time.perf_counter() - start:.0f} s in all.")


def drawn(rng: np.random.Generator, n: int, per_rater: int, taste: float) -> Study:
    """Return rankings with a tie of two in a third of them, and their raters."""
    quality = np.linspace(-1, 1, N_SYSTEMS)
    rater = np.arange(n) // per_rater
    own = quality + rng.normal(0, taste, (int(rater.max()) + 1, N_SYSTEMS))
    felt = own[rater] + rng.gumbel(size=(n, N_SYSTEMS))
    ranks = np.argsort(np.argsort(-felt, axis=1), axis=1).astype(float)
    place = rng.integers(0, N_SYSTEMS - 1, n)[:, None]
    tied = (ranks == place + 1) & (rng.random((n, 1)) < 1 / 3)
    return rankings(np.where(tied, place, ranks), NAMES), rater


def show(name: str, study: Callable[[np.random.Generator, int], Study], n_studies: int) -> None:
    """Print a row per interval."""
    large = study(np.random.default_rng(2), 60_000)[0]
    truth = plackett_luce(large).strengths
    of_pairs = np.array([one.value for one in strengths(pairs_of_rankings(large).judged)])
    rng = np.random.default_rng(11)
    found: dict[str, list[np.ndarray]] = {}
    for _ in range(n_studies):
        ranked, rater = study(rng, N_RANKINGS)
        pairs = pairs_of_rankings(ranked)
        units = units_of({"rater": rater, "item": np.arange(N_RANKINGS) % 20})
        boot = order_strengths(ranked, rater, method="score_bootstrap", rng=rng)
        for interval, estimates, true in (
            ("Plackett-Luce, sandwich by rater, t", order_strengths(ranked, rater), truth),
            ("Plackett-Luce, score bootstrap by rater", boot, truth),
            ("Plackett-Luce, rater x item, t", order_strengths(ranked, units), truth),
            ("Plackett-Luce, rankings as independent", order_strengths(ranked), truth),
            ("derived pairs, sandwich by rater, t", strengths(pairs.judged, rater[pairs.ranking]), of_pairs),
            ("derived pairs as independent", strengths(pairs.judged), of_pairs),
        ):
            found.setdefault(interval, []).append(held(estimates, true))
    for interval, studies in found.items():
        each = np.array(studies)
        covers, error = each[:, 0].mean(), each[:, 0].std() / np.sqrt(n_studies)
        print(
            f"{name:40} {interval:44} {n_studies:5} {covers:7.3f} {error:6.3f} {each[:, 1].mean():7.3f}",
            flush=True,
        )
        name = ""


def held(estimates: tuple[Estimate, ...], truth: np.ndarray) -> np.ndarray:
    """Return the share of the intervals that hold the truth, and their mean width; nan without a fit."""
    low, high = np.array([(one.low, one.high) for one in estimates]).T
    return np.array([((low <= truth) & (truth <= high)).mean(), (high - low).mean()])
