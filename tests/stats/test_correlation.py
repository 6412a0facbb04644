import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from study.errors import InvalidInput
from study.stats.ranking.preferences import preferences
from tests.examples import examples
from tests.reference.accuracy import (
    accuracy,
    outcome_counts,
    pairwise_accuracy,
    pairwise_accuracy_eq,
    pairwise_accuracy_untied,
)
from tests.reference.of_systems import (
    kendall_b,
    pairwise_accuracy_of_systems,
    pearson,
    spearman,
    system_cells,
    system_correlation,
    system_scores,
)


def vector(*values):
    return np.array(values, dtype=float)


GOLD, METRIC = np.array([[1.0, 2, 3], [4, 5, 6]]), np.array([[2.0, 1, 4], [3, 3, 7]])


@pytest.mark.parametrize(
    ("function", "pooled", "by_system"), [(pearson, 0.776, 0.760), (kendall_b, 0.552, 0.575)]
)
def test_mt_metrics_eval_correlations(function, pooled, by_system):
    assert function(GOLD.ravel(), METRIC.ravel()) == pytest.approx(pooled, abs=5e-4)
    assert function(GOLD, METRIC).mean() == pytest.approx(by_system, abs=5e-4)
    assert function(GOLD.T, METRIC.T) == pytest.approx([1, 1, 1])


def test_mt_metrics_eval_kendall_and_accuracy_with_ties():
    x, m = vector(1, 2, 2, 3, 4), vector(2, 1, 1.5, 5, 3)
    assert kendall_b(x, m) == pytest.approx(0.316228, abs=5e-7)
    assert pairwise_accuracy_of_systems(x, m) == pytest.approx(0.6)
    x, y = vector(1, 1, 1, 2, 2, 3, 4), vector(1, 1, 2, 2, 4, 3, 3)
    assert pairwise_accuracy_of_systems(x, y) == pytest.approx(14 / 21)


def test_deutsch_2023_ties_in_the_metric():
    human = vector(0, 0, 0, 0, 1, 2)
    for metric, tau, acc in ((vector(0, 0, 0, 0, 2, 1), 0.778, 0.933), (np.arange(6.0), 0.775, 0.6)):
        assert kendall_b(human, metric) == pytest.approx(tau, abs=5e-4)
        assert pairwise_accuracy_of_systems(human, metric) == pytest.approx(acc, abs=5e-4)


def test_scipy_kendall_with_ties():
    assert kendall_b(vector(12, 2, 1, 12, 2), vector(1, 4, 7, 1, 0)) == pytest.approx(-0.471405, abs=5e-7)


def test_worked_example_of_six_scores():
    human, metric = vector(5, 4, 4, 2, 1, 3), vector(0.97, 0.85, 0.83, 0.35, 0.2, 0.6)
    printed = [(pearson, 0.99320), (spearman, 0.98561), (kendall_b, 0.96609)]
    for function, value in [*printed, (pairwise_accuracy_of_systems, 0.93333)]:
        assert function(human, metric) == pytest.approx(value, abs=5e-6)


vectors = hnp.arrays(np.float64, st.tuples(st.just(2), st.integers(3, 8)), elements=st.integers(-4, 4))
PEERS = {pearson: stats.pearsonr, spearman: stats.spearmanr, kendall_b: stats.kendalltau}


@pytest.mark.parametrize("function", PEERS)
@given(vectors)
def test_correlations_equal_scipy(function, pair):
    x, y = pair
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        assert np.isnan(function(x, y))
    else:
        assert function(x, y) == pytest.approx(PEERS[function](x, y).statistic, abs=1e-12)


@pytest.mark.parametrize("function", [*PEERS, pairwise_accuracy_of_systems])
def test_leading_dimensions_are_resamples(function):
    x, y = np.random.default_rng(0).integers(0, 5, (2, 4, 6)).astype(float)
    assert function(x, y) == pytest.approx([float(function(u, v)) for u, v in zip(x, y, strict=True)])
    y[2, 1] = np.nan
    assert list(np.isnan(function(x, y))) == [False, False, True, False]


def test_pearson_of_very_small_and_very_large_scores():
    x, y = vector(1, 2, 3, 5), vector(2, 1, 4, 4)
    assert pearson(x * 1e-200, y * 1e200) == pytest.approx(pearson(x, y))


def study(n_items=40, n_systems=5, seed=0):
    rng = np.random.default_rng(seed)
    quality = np.linspace(0, 1, n_systems)
    item = np.repeat(np.arange(n_items), 6)
    a = rng.integers(0, n_systems, len(item))
    b = (a + rng.integers(1, n_systems, len(item))) % n_systems
    preference = np.sign(np.round(quality[a] - quality[b] + rng.normal(0, 0.7, len(item)))).astype(int)
    score_item, score_system = np.divmod(np.arange(n_items * n_systems), n_systems)
    score = quality[score_system] + rng.normal(0, 0.5, len(score_item))
    judged = preferences(a, b, preference, [f"S{i}" for i in range(n_systems)])
    return judged, item, score_item, score_system, score, n_items


def test_system_scores_are_means_and_win_rates():
    judged, item, score_item, score_system, score, n = study()
    scores = system_scores(system_cells(judged, item, score_item, score_system, score, n))
    for system in range(5):
        assert scores.metric[system] == pytest.approx(score[score_system == system].mean())
        as_a, as_b = judged.preference[judged.a == system], -judged.preference[judged.b == system]
        assert scores.human[system] == pytest.approx((1 + np.concatenate([as_a, as_b])).mean() / 2)


def test_the_bootstrap_over_items_is_the_one_written_out():
    judged, item, score_item, score_system, score, n = study()
    estimate = system_correlation(
        system_cells(judged, item, score_item, score_system, score, n),
        "spearman",
        n_resamples=300,
        rng=np.random.default_rng(1),
    )
    rng, values = np.random.default_rng(1), []
    for _ in range(300):
        drawn = rng.integers(0, n, n)
        kept = np.concatenate([np.flatnonzero(item == i) for i in drawn])
        again = preferences(judged.a[kept], judged.b[kept], judged.preference[kept], judged.systems)
        metric = np.array([score.reshape(n, 5)[drawn, s].mean() for s in range(5)])
        human = system_scores(system_cells(again, item[kept], [], [], [], n)).human
        values.append(stats.spearmanr(metric, human).statistic)
    assert (estimate.low, estimate.high) == pytest.approx(tuple(np.quantile(values, [0.025, 0.975])))
    assert (estimate.n_units, estimate.n_resamples) == (n, 300)


def test_systems_without_a_score_or_a_judgment_are_left_out():
    judged, item, score_item, score_system, score, n = study()
    missing = np.where(score_system == 4, np.nan, score)
    wider = preferences(judged.a, judged.b, judged.preference, [*judged.systems, "unjudged"])
    estimate = system_correlation(
        system_cells(wider, item, score_item, score_system, missing, n),
        "pearson",
        rng=np.random.default_rng(0),
    )
    scores = system_scores(system_cells(judged, item, score_item, score_system, score, n))
    assert estimate.value == pytest.approx(stats.pearsonr(scores.metric[:4], scores.human[:4]).statistic)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda score, system: np.where(system > 1, np.nan, score), "2 system"),
        (lambda score, system: np.ones_like(score), "same metric score"),
    ],
    ids=["two systems", "constant metric"],
)
def test_an_undefined_correlation_is_nan_with_the_reason(change, said):
    judged, item, score_item, score_system, score, n = study()
    cells = system_cells(judged, item, score_item, score_system, change(score, score_system), n)
    estimate = system_correlation(cells, "kendall_b", n_resamples=50, rng=np.random.default_rng(0))
    assert np.isnan([estimate.value, estimate.low, estimate.high]).all()
    assert said in estimate.reason


def test_outcomes_are_counted_by_sign_and_preference():
    difference = [0.5, -0.1, 0.0, np.nan, 2.0]
    counts = outcome_counts(difference, [1, 1, 0, 1, -1], [0, 0, 1, 2, 3])
    assert len(counts) == 3
    np.testing.assert_array_equal(counts.sum(axis=0), [[0, 0, 1], [0, 1, 0], [1, 0, 1]])
    wider = outcome_counts(difference, [1, 1, 0, 1, -1], [0, 0, 1, 2, 3], epsilon=0.1)
    np.testing.assert_array_equal(wider.sum(axis=0), [[0, 0, 0], [0, 1, 1], [1, 0, 1]])


OUTCOMES = np.array([[4, 1, 2], [1, 3, 1], [2, 2, 5]])


def test_accuracies_count_ties_as_their_names_say():
    assert pairwise_accuracy(OUTCOMES) == (4 + 5 + 2 / 2) / 15
    assert pairwise_accuracy_eq(OUTCOMES) == 12 / 21
    assert pairwise_accuracy_untied(OUTCOMES) == 9 / 13


@given(vectors)
def test_accuracy_over_all_pairs_of_outputs_is_accuracy_of_systems(pair):
    x, m = pair
    i, j = np.triu_indices(len(x), 1)
    counts = outcome_counts(m[i] - m[j], np.sign(x[i] - x[j]), np.zeros(len(i), dtype=int))
    assert pairwise_accuracy_eq(counts.sum(axis=0)) == pytest.approx(pairwise_accuracy_of_systems(x, m))


@examples(25)
@given(
    hnp.arrays(np.int64, st.tuples(st.integers(3, 12), st.just(3), st.just(3)), elements=st.integers(0, 3))
)
def test_the_interval_of_an_accuracy_is_the_jackknife_over_items(outcomes):
    outcomes = outcomes[outcomes.any(axis=(1, 2))]
    estimate = accuracy(outcomes, "pairwise_accuracy_eq")
    if not np.isnan(estimate.low):
        n = len(outcomes)
        left_out = pairwise_accuracy_eq(outcomes.sum(axis=0) - outcomes)
        half = stats.t.ppf(0.975, n - 1) * np.sqrt((n - 1) * np.var(left_out))
        bounds = np.clip([estimate.value - half, estimate.value + half], 0, 1)
        assert (estimate.low, estimate.high) == pytest.approx(tuple(bounds), abs=1e-9)
    else:
        assert estimate.reason


def test_malformed_metrics_are_named():
    judged, item, score_item, score_system, score, n = study()
    with pytest.raises(InvalidInput, match="infinite"):
        system_cells(judged, item, score_item, score_system, np.append(score[1:], np.inf), n)
    with pytest.raises(InvalidInput, match="lengths differ"):
        system_cells(judged, item[1:], score_item, score_system, score, n)
    with pytest.raises(InvalidInput, match="item code 40"):
        system_cells(judged, item + 1, score_item, score_system, score, n)
    with pytest.raises(InvalidInput, match="unknown correlation 'kendal_b'"):
        system_correlation(
            system_cells(judged, item, score_item, score_system, score, n),
            "kendal_b",
            rng=np.random.default_rng(),
        )
    with pytest.raises(InvalidInput, match="epsilon -1"):
        outcome_counts([0.0], [1], [0], epsilon=-1)
    with pytest.raises(InvalidInput, match="preference 2"):
        outcome_counts([0.0], [2], [0])
    with pytest.raises(InvalidInput, match="unknown accuracy"):
        accuracy(OUTCOMES[None], "acc")
