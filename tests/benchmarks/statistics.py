"""Statistics at scale beside installed peers, on the same data in the same run; prints seconds and ratios.

`python -m tests.benchmarks statistics [part of the size]`, 1 unless told.
"""

import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

import evalica
import krippendorff
import numpy as np
import pandas as pd
from scipy import stats as scipy_stats

from study.stats.agreement.coefficients import agreement
from study.stats.agreement.reliability import value_counts_of_codes
from study.stats.quality.dawid_skene import dawid_skene
from study.stats.quality.labels import labels
from study.stats.ranking.bradley_terry import bradley_terry
from study.stats.ranking.preferences import preferences, win_matrix
from study.stats.ranking.strengths import strengths
from tests.benchmarks import generators
from tests.reference.tie_calibration import tie_calibration

N_RESAMPLES = 1000
N_TIMES = 3
SMOKE = ("0.002",)


@dataclass(frozen=True)
class Peer:
    """How long another implementation takes; ``factor`` is what a smaller measurement was multiplied with."""

    name: str
    seconds: float
    factor: float = 1.0
    note: str = ""


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    work: str
    goal: float
    ours: float
    peers: tuple[Peer, ...]
    result: str


def main() -> None:
    """Print every row as soon as it is measured."""
    scale = float(sys.argv[2]) if len(sys.argv) > 2 else 1.0
    print(f"{'work':58} {'ours s':>7} {'goal s':>7}  {'peer':42} {'peer s':>9} {'ratio':>9}")
    for benchmark in (sparse_alpha, dense_alpha, battles, permutation, ties, rater_model, kappas):
        for row in benchmark(scale):
            _show(row)
    print(f"ours: median of {N_TIMES}; peers: once. x: measured on a part, multiplied by this.")


def _show(row: Row) -> None:
    ours = f"{row.work:58} {row.ours:7.3f} {row.goal:7.2f}"
    for peer in row.peers or (Peer("none installed", np.nan),):
        part = f" (x {peer.factor:g}{peer.note})" if peer.factor != 1 else peer.note
        ratio = "-" if np.isnan(peer.seconds) else f"{peer.seconds / row.ours:,.0f} x"
        seconds = "-" if np.isnan(peer.seconds) else f"{peer.seconds:,.2f}"
        print(f"{ours}  {peer.name + part:42} {seconds:>9} {ratio:>9}")
        ours = " " * len(ours)
    print(f"    {row.result}", flush=True)


def _timed(work: Callable[[], object], n_times: int = N_TIMES) -> tuple[float, object]:
    seconds = []
    for _ in range(n_times):
        start = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - start)
    return median(seconds), result


def _part_of(size: int, scale: float) -> int:
    """Return a part of a size that is needed in some number whatever the scale."""
    return max(10, int(size * scale))


def _part(name: str, work: Callable[[], object], factor: float = 1.0, note: str = "") -> Peer:
    """Measure a part of a peer's work once, and say how long the whole would take."""
    return Peer(name, _timed(work, 1)[0] * factor, factor, note)


def _alpha_row(work: str, table: generators.RatingTable, evalica_resamples: int, rounds: int) -> Row:
    def ours() -> object:
        counts = value_counts_of_codes(table.item, table.category, table.n_items, range(5))
        rng = np.random.default_rng(0)
        return agreement(
            counts, "krippendorff_alpha_nominal", method="bootstrap", n_resamples=N_RESAMPLES, rng=rng
        )

    cells = table.item * 5 + table.category
    counts = np.bincount(cells, minlength=5 * table.n_items).reshape(-1, 5)
    rng = np.random.default_rng(0)

    def loop() -> None:
        for _ in range(rounds):
            drawn = counts[rng.integers(0, len(counts), len(counts))]
            krippendorff.alpha(
                value_counts=drawn, value_domain=list(range(5)), level_of_measurement="nominal"
            )

    frame = pd.DataFrame(table.matrix())
    seconds, estimate = _timed(ours)
    point = krippendorff.alpha(
        value_counts=counts, value_domain=list(range(5)), level_of_measurement="nominal"
    )
    assert abs(estimate.value - point) < 1e-9
    result = (
        f"alpha {estimate.value:.4f} ({estimate.low:.4f} to {estimate.high:.4f}), krippendorff {point:.4f}"
    )
    peers = (
        _part("krippendorff, loop over counts", loop, N_RESAMPLES / rounds),
        _part(
            "evalica.alpha_bootstrap",
            lambda: evalica.alpha_bootstrap(frame, n_resamples=evalica_resamples, random_state=0),
            N_RESAMPLES / evalica_resamples,
        ),
    )
    return Row(work, 0.6, seconds, peers, result)


def sparse_alpha(scale: float) -> Iterator[Row]:
    """Alpha with 1,000 bootstrap resamples, 3 of 200 raters per item."""
    table = generators.ratings(int(100_000 * scale), 200, 3)
    yield _alpha_row(
        f"alpha + 1,000 bootstrap, {table.n_items:,} items, 3 of 200 raters", table, _part_of(1000, scale), 10
    )


def dense_alpha(scale: float) -> Iterator[Row]:
    """Alpha with 1,000 bootstrap resamples, all raters on all items."""
    table = generators.ratings(int(10_000 * scale), 50, 50)
    yield _alpha_row(f"alpha + 1,000 bootstrap, {table.n_items:,} items, 50 raters", table, 20, 50)


def battles(scale: float) -> Iterator[Row]:
    """Bradley-Terry: the point estimate, and intervals clustered by rater."""
    n_systems, n_raters = _part_of(200, scale), _part_of(2000, scale)
    data = generators.battles(int(1_800_000 * scale), n_systems, n_raters)
    systems = [f"system {i}" for i in range(data.n_systems)]
    judged = preferences(data.a, data.b, data.preference, systems)
    names = np.array(systems)
    winner = np.array([evalica.Winner.Y, evalica.Winner.Draw, evalica.Winner.X], dtype=object)
    a, b, won = (list(column) for column in (names[data.a], names[data.b], winner[data.preference + 1]))
    seconds, fit = _timed(lambda: bradley_terry(win_matrix(judged), systems))
    start = time.perf_counter()
    theirs = evalica.bradley_terry(a, b, won, tolerance=1e-9, limit=1000)
    peer = Peer("evalica.bradley_terry", time.perf_counter() - start)
    logits = np.log(theirs.scores[systems].to_numpy())
    apart = np.abs(logits - logits.mean() - fit.strengths).max()
    result = f"largest difference of strengths {apart:.1e}"
    yield Row(
        f"Bradley-Terry, {len(data.a):,} battles, {n_systems} systems, point", 0.1, seconds, (peer,), result
    )

    rng = np.random.default_rng(0)

    def ours() -> object:
        return strengths(judged, data.rater, method="score_bootstrap", n_resamples=N_RESAMPLES, rng=rng)

    def refit() -> None:
        drawn = np.bincount(rng.integers(0, n_raters, n_raters), minlength=n_raters)[data.rater]
        evalica.bradley_terry(a, b, won, weights=drawn.astype(float))

    seconds, estimates = _timed(ours)
    width = np.mean([estimate.high - estimate.low for estimate in estimates])
    peers = (_part("evalica.bradley_terry in a loop", refit, N_RESAMPLES),)
    result = f"mean width of 95% intervals {width:.4f}"
    yield Row("same + 1,000 rater-cluster bootstrap intervals", 1.0, seconds, peers, result)


def permutation(scale: float) -> Iterator[Row]:
    """PERM-BOTH of one pair of metrics, Pearson by item."""
    from study.stats.correlation.metric_permutation import metric_difference

    data = generators.scores(2, 10, _part_of(1000, scale))
    first, second = data.metrics

    def ours() -> object:
        return metric_difference(
            data.human, first, second, n_resamples=N_RESAMPLES, rng=np.random.default_rng(0)
        )

    def loop() -> None:
        for _ in range(2):
            swap = np.random.default_rng(0).random(first.shape) < 0.5
            for metric in (np.where(swap, second, first), np.where(swap, first, second)):
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", scipy_stats.ConstantInputWarning)
                    [scipy_stats.pearsonr(h, m) for h, m in zip(data.human.T, metric.T, strict=True)]

    seconds, test = _timed(ours)
    peers = (_part("scipy.stats.pearsonr, loop over items", loop, N_RESAMPLES / 2),)
    result = f"difference {test.difference:.4f}, P {test.p_value:.4f}"
    work = f"PERM-BOTH by item, Pearson, 10 systems x {data.human.shape[1]:,} items, 1,000"
    yield Row(work, 0.5, seconds, peers, result)


def ties(scale: float) -> Iterator[Row]:
    """acc_eq with the threshold of ties calibrated over all pairs."""

    data = generators.scores(1, 50, _part_of(1000, scale))
    human, metric = data.human.T.copy(), data.metrics[0].T.copy()

    seconds, found = _timed(lambda: tie_calibration(human, metric))
    result = f"epsilon {found.epsilon:.4f}: acc_eq {found.value:.4f}, {found.value_at_zero:.4f} without"
    yield Row(f"acc_eq tie calibration, 50 systems x {len(human):,} items", 0.3, seconds, (), result)


def rater_model(scale: float) -> Iterator[Row]:
    """Dawid-Skene to convergence; no package that does is installed, so the peer is EM as usually written."""
    data = generators.labels(int(1_000_000 * scale))
    given = labels(
        data.item,
        data.rater,
        data.label,
        n_items=data.n_items,
        n_raters=data.n_raters,
        categories=("a", "tie", "b"),
    )
    seconds, model = _timed(lambda: dawid_skene(given))
    record = model.convergence
    start = time.perf_counter()
    theirs = _plain_em(data, record.tolerance)
    peers = (Peer("EM with np.add.at (no package)", time.perf_counter() - start),)
    result = (
        f"{record.n_steps} steps, log-likelihood {record.objective[-1]:.3f} (peer {theirs:.3f}), "
        f"labels right {np.mean(model.label == data.true):.4f}, "
        f"majority {np.mean(_majority(data).argmax(axis=1) == data.true):.4f}"
    )
    yield Row(f"Dawid-Skene to convergence, {len(data.label):,} labels", 2.0, seconds, peers, result)


def _majority(data: generators.LabelTable) -> np.ndarray:
    votes = np.zeros((data.n_items, 3))
    np.add.at(votes, (data.item, data.label), 1)
    return votes / votes.sum(axis=1, keepdims=True)


def _plain_em(data: generators.LabelTable, tolerance: float) -> float:
    """Run Dawid and Skene's EM as it is usually written, to the same stop; return the log-likelihood."""
    posterior, gain, last = _majority(data), np.inf, -1e300
    while gain > tolerance * abs(last):
        counts = np.zeros((data.n_raters, 3, 3))
        np.add.at(counts, (data.rater, slice(None), data.label), posterior[data.item])
        confusion = np.log((counts + 1e-12) / (counts + 1e-12).sum(axis=2, keepdims=True))
        joint = np.tile(np.log(posterior.mean(axis=0)), (data.n_items, 1))
        np.add.at(joint, data.item, confusion[data.rater, :, data.label])
        peak = joint.max(axis=1, keepdims=True)
        posterior = np.exp(joint - peak)
        log_likelihood = float((peak[:, 0] + np.log(posterior.sum(axis=1))).sum())
        posterior /= posterior.sum(axis=1, keepdims=True)
        gain, last = log_likelihood - last, log_likelihood
    return last


def kappas(scale: float) -> Iterator[Row]:
    """Cohen's kappa of all pairs of raters."""
    from sklearn.metrics import cohen_kappa_score

    from study.stats.agreement.pairwise_kappa import pairwise_kappa
    from study.stats.agreement.ratings import ratings_of_codes

    table = generators.ratings(int(10_000 * scale), 50, 50)
    given = ratings_of_codes(table.item, table.rater, table.category, table.n_items, 50, range(5))
    matrix = table.matrix().astype(int)
    seconds, found = _timed(lambda: pairwise_kappa(given))
    one = cohen_kappa_score(matrix[0], matrix[1])
    assert abs(found.value[0, 1] - one) < 1e-9
    peers = (
        _part(
            "scikit-learn cohen_kappa_score",
            lambda: [cohen_kappa_score(matrix[0], matrix[other]) for other in range(1, 11)],
            122.5,
        ),
    )
    result = f"kappa of the first two raters {found.value[0, 1]:.4f}, scikit-learn {one:.4f}"
    yield Row(f"all 1,225 pairwise kappas, 50 raters x {table.n_items:,} items", 0.05, seconds, peers, result)
