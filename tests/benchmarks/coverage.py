"""How often 95% intervals hold the truth, and tests reject what is true, over simulated studies; prints a table.

`python -m tests.benchmarks coverage` has a row per kind of study; with `--grid` a win rate over raters and profiles, see
:mod:`tests.benchmarks.coverage_grid`; with `--orders` strengths from rankings, see
:mod:`tests.benchmarks.coverage_orders`; with `--ratings` differences of ratings, see
:mod:`tests.benchmarks.coverage_ratings`. `--studies N` sets how many of a kind, `--smoke` takes few.
"""

import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import evalica
import numpy as np
import pandas as pd

from study.stats.agreement.coefficients import agreement, agreement_value
from study.stats.agreement.reliability import ValueCounts, value_counts_of_codes
from study.stats.planning.planned_studies import item_correlation
from study.stats.ranking.preferences import Preferences, preferences
from study.stats.ranking.strengths import strengths
from study.stats.ranking.win_rates import win_rates
from study.stats.resampling import Estimate
from tests.benchmarks import coverage_grid, coverage_orders, coverage_ranking, coverage_ratings
from tests.reference.of_systems import system_cells, system_correlation

N_STUDIES, SMOKE_STUDIES = 1000, 4
ALPHA = "krippendorff_alpha_nominal"
Interval = tuple[float, float, float]
"""Low, high and truth."""


@dataclass(frozen=True)
class Setting:
    """Studies of one kind: each gives, per method, the intervals with the truth they are to hold."""

    name: str
    study: Callable[[np.random.Generator], dict[str, list[Interval]]]
    n_studies: int = N_STUDIES


def main() -> None:
    """Print the coverage of each method in each setting as soon as it is known."""
    parser = ArgumentParser("python -m tests.benchmarks coverage")
    parser.add_argument(
        "--grid", action="store_true", help="a win rate by profiles, raters and how much these differ"
    )
    parser.add_argument(
        "--strengths", action="store_true", help="the same of strengths, pair tests and ranks"
    )
    parser.add_argument("--orders", action="store_true", help="strengths from rankings of eight systems")
    parser.add_argument("--ratings", action="store_true", help="differences of ratings over raters and items")
    parser.add_argument("--studies", type=int, help="how many studies of a kind")
    parser.add_argument("--smoke", action="store_true", help="few studies, to see that it runs")
    options = parser.parse_args(sys.argv[2:])
    if options.grid:
        coverage_grid.main(options)
        return
    if options.strengths:
        coverage_ranking.main(options)
        return
    if options.orders:
        coverage_orders.main(options)
        return
    if options.ratings:
        coverage_ratings.main(options)
        return
    n_studies = options.studies or (SMOKE_STUDIES if options.smoke else None)
    print(f"{'studies':44} {'interval':44} {'n':>5} {'covers':>7} {'error':>6} {'width':>7}")
    start = time.perf_counter()
    for setting in settings():
        _show(setting, n_studies or setting.n_studies)
    _show_rejections(n_studies or N_STUDIES)
    print(f"error: Monte Carlo standard error over studies. {time.perf_counter() - start:.0f} s in all.")


def _show(setting: Setting, n_studies: int) -> None:
    rng = np.random.default_rng(11)
    found: dict[str, list[list[Interval]]] = {}
    for _ in range(n_studies):
        for method, intervals in setting.study(rng).items():
            found.setdefault(method, []).append(intervals)
    name = setting.name
    for method, studies in found.items():
        low, high, truth = np.array(studies).transpose(2, 0, 1)
        held = ((low <= truth) & (truth <= high)).mean(axis=1)
        error = held.std(ddof=1) / np.sqrt(len(held))
        width = np.nanmean(high - low)
        print(f"{name:44} {method:44} {len(held):5} {held.mean():7.3f} {error:6.3f} {width:7.3f}", flush=True)
        name = ""


def _interval(estimate: Estimate, truth: float) -> list[Interval]:
    return [(estimate.low, estimate.high, truth)]


def settings() -> Iterator[Setting]:
    """Yield the settings; the truth of each is found once, from a large study or in closed form."""
    yield _alpha_setting("alpha, dense: 10 raters x 200 items", 10, 200, 10)
    yield _alpha_setting("alpha, sparse: 3 of 40 raters x 300 items", 40, 300, 3)
    yield _alpha_setting("alpha, two raters x 100 items", 2, 100, 2)
    yield _ranking_setting("Bradley-Terry, 6 systems, 30 raters x 60", strengths)
    yield _ranking_setting("Bradley-Terry, 6 systems, 8 raters x 60", strengths, n_raters=8)
    yield _ranking_setting("win rate, 6 systems, 30 raters x 60", win_rates)
    yield _nested_setting(20, 15)
    yield _item_setting(100)
    yield _system_setting(100)


def _rated(
    rng: np.random.Generator, accuracy: np.ndarray, n_items: int, per_item: int
) -> tuple[ValueCounts, pd.DataFrame]:
    true = rng.integers(0, 5, n_items)
    rater = np.argsort(rng.random((n_items, len(accuracy))), axis=1)[:, :per_item]
    right = rng.random(rater.shape) < accuracy[rater]
    category = np.where(right, true[:, None], rng.integers(0, 5, rater.shape))
    item = np.repeat(np.arange(n_items), per_item)
    counts = value_counts_of_codes(item, category.ravel(), n_items, range(5))
    matrix = np.full((len(accuracy), n_items if n_items < 1000 else 1), np.nan)
    if n_items < 1000:
        matrix[rater.ravel(), item] = category.ravel()
    return counts, pd.DataFrame(matrix)


def _alpha_setting(name: str, n_raters: int, n_items: int, per_item: int) -> Setting:
    accuracy = np.random.default_rng(1).uniform(0.35, 0.75, n_raters)
    truth = agreement_value(_rated(np.random.default_rng(2), accuracy, 200_000, per_item)[0], ALPHA)

    def study(rng: np.random.Generator) -> dict[str, list[Interval]]:
        counts, frame = _rated(rng, accuracy, n_items, per_item)
        theirs = evalica.alpha_bootstrap(frame, n_resamples=300, random_state=int(rng.integers(2**31)))
        return {
            "jackknife over items, t (default)": _interval(agreement(counts, ALPHA), truth),
            "bootstrap over items": _interval(
                agreement(counts, ALPHA, method="bootstrap", n_resamples=500, rng=rng), truth
            ),
            "evalica.alpha_bootstrap": [(theirs.low, theirs.high, truth)],
        }

    return Setting(name, study, 500)


def _judged(rng: np.random.Generator, n_raters: int, n_each: int = 60) -> tuple[Preferences, np.ndarray]:
    """Raters with tastes of their own (sd 0.6) judge random pairs; a fifth of judgments are ties."""
    quality = np.array([-0.9, -0.4, -0.1, 0.2, 0.5, 0.7])
    taste = quality + rng.normal(0, 0.6, (n_raters, 6))
    rater = np.repeat(np.arange(n_raters), n_each)
    a = rng.integers(0, 6, len(rater))
    b = (a + rng.integers(1, 6, len(rater))) % 6
    won = rng.random(len(rater)) < 1 / (1 + np.exp(taste[rater, b] - taste[rater, a]))
    preference = np.where(rng.random(len(rater)) < 0.2, 0, np.where(won, 1, -1))
    return preferences(a, b, preference, [f"system {i}" for i in range(6)]), rater


def _ranking_setting(name: str, function: Callable[..., tuple[Estimate, ...]], n_raters: int = 30) -> Setting:
    truths = [estimate.value for estimate in function(_judged(np.random.default_rng(2), 30_000)[0])]

    def intervals(estimates: tuple[Estimate, ...]) -> list[Interval]:
        return [(e.low, e.high, truth) for e, truth in zip(estimates, truths, strict=True)]

    def study(rng: np.random.Generator) -> dict[str, list[Interval]]:
        judged, rater = _judged(rng, n_raters)
        found = {"clustered by rater, t (default)": intervals(function(judged, rater))}
        if function is strengths:
            score = function(judged, rater, method="score_bootstrap", n_resamples=500, rng=rng)
            found["score bootstrap over raters"] = intervals(score)
        return found | {"judgments as independent": intervals(function(judged))}

    return Setting(name, study)


def _nested_setting(n_raters: int, n_each: int) -> Setting:
    """Each rater judges items of their own: one pair of systems, a taste per rater, an effect per item."""

    def drawn(rng: np.random.Generator, n: int) -> tuple[Preferences, np.ndarray]:
        rater = np.repeat(np.arange(n), n_each)
        logit = 0.4 + rng.normal(0, 0.7, n)[rater] + rng.normal(0, 0.7, len(rater))
        won = np.where(rng.random(len(rater)) < 1 / (1 + np.exp(-logit)), 1, -1)
        preference = np.where(rng.random(len(rater)) < 0.2, 0, won)
        zeros = np.zeros_like(rater)
        return preferences(zeros, zeros + 1, preference, ["system 1", "system 2"]), rater

    truth = win_rates(drawn(np.random.default_rng(2), 100_000)[0])[0].value

    def study(rng: np.random.Generator) -> dict[str, list[Interval]]:
        judged, rater = drawn(rng, n_raters)
        return {
            "clustered by rater, t (default)": _interval(win_rates(judged, rater)[0], truth),
            "judgments as independent": _interval(win_rates(judged)[0], truth),
        }

    return Setting(f"win rate, items nested in {n_raters} raters x {n_each}", study)


def _item_setting(n_items: int) -> Setting:
    """A metric's difference against the mean preference of three raters, item by item."""

    def drawn(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
        latent = rng.normal(size=n)
        metric = 0.5 * latent + np.sqrt(0.75) * rng.normal(size=n)
        felt = latent[:, None] + rng.normal(0, 0.8, (n, 3))
        return metric, np.where(np.abs(felt) < 0.3, 0, np.sign(felt)).mean(axis=1)

    truth = float(np.corrcoef(*drawn(np.random.default_rng(2), 2_000_000))[0, 1])

    def study(rng: np.random.Generator) -> dict[str, list[Interval]]:
        return {
            "jackknife of z over items, t": _interval(item_correlation(*drawn(rng, n_items), 0.95), truth)
        }

    return Setting(f"correlation over {n_items} items", study)


def _scored(rng: np.random.Generator, n_items: int) -> tuple[np.ndarray, np.ndarray]:
    """Return human and metric scores of 6 systems, shape (n_systems, n_items)."""
    quality = np.linspace(-0.6, 0.6, 6)[:, None] + rng.normal(0, 0.8, (6, n_items))
    bias = np.array([0, 0.3, 0, -0.2, 0.1, 0])[:, None]
    metric = quality * 0.4 + rng.normal(0, 0.4, quality.shape) + bias
    return quality + rng.normal(0, 0.6, quality.shape), metric


def _system_setting(n_items: int) -> Setting:
    """Six systems, judged in pairs on each item: correlation of system means, and grouped by item."""
    rng = np.random.default_rng(2)
    truth = _system_estimate(rng, *_scored(rng, 30_000), 2).value
    try:
        from study.stats.correlation.grouped import grouped_correlation
        from study.stats.correlation.grouped_intervals import grouped_interval
    except ImportError:
        grouped_interval = None
    large = (
        None if grouped_interval is None else grouped_correlation(*_scored(rng, 50_000), "pearson", "by_item")
    )

    def study(rng: np.random.Generator) -> dict[str, list[Interval]]:
        human, metric = _scored(rng, n_items)
        found = {"systems, bootstrap over items": _interval(_system_estimate(rng, human, metric, 400), truth)}
        if large is not None:
            by_item = grouped_interval(human, metric, "pearson", "by_item", n_resamples=400, rng=rng)
            found["grouped by item, bootstrap over items"] = _interval(by_item, large.value)
        return found

    return Setting(f"correlation, 6 systems x {n_items} items", study, 500)


def _system_estimate(
    rng: np.random.Generator, human: np.ndarray, metric: np.ndarray, n_resamples: int
) -> Estimate:
    n_systems, n_items = human.shape
    item = np.repeat(np.arange(n_items), 8)
    a = rng.integers(0, n_systems, len(item))
    b = (a + rng.integers(1, n_systems, len(item))) % n_systems
    preference = np.sign(np.round(human[a, item] - human[b, item])).astype(int)
    judged = preferences(a, b, preference, [f"system {i}" for i in range(n_systems)])
    rows, columns = np.indices((n_items, n_systems)).reshape(2, -1)
    cells = system_cells(judged, item, rows, columns, metric.T.ravel(), n_items)
    return system_correlation(cells, "pearson", n_resamples=n_resamples, rng=rng)


def _show_rejections(n_studies: int) -> None:
    """Print how often PERM-BOTH rejects at 5% two metrics that are equally good."""
    try:
        from study.stats.correlation.metric_permutation import metric_difference
    except ImportError as error:
        print(f"permutation test: not built yet: {error}")
        return
    rng = np.random.default_rng(11)
    rejected = []
    for _ in range(n_studies):
        quality = rng.normal(0, 1, (8, 40))
        human = quality + rng.normal(0, 0.6, quality.shape)
        first, second = quality + rng.normal(0, 1, (2, *quality.shape))
        rejected.append(metric_difference(human, first, second, n_resamples=199, rng=rng).p_value <= 0.05)
    rate = np.mean(rejected)
    error = np.sqrt(rate * (1 - rate) / n_studies)
    studies, test = "two equal metrics, 8 systems x 40 items", "PERM-BOTH rejects at 5%"
    print(f"{studies:44} {test:44} {n_studies:5} {rate:7.3f} {error:6.3f}")
