import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from study.errors import InvalidInput
from study.stats.correlation.coefficients import COEFFICIENTS, midranks
from study.stats.correlation.grouped import LEVELS, grouped_correlation, simpson_check
from study.stats.correlation.grouped_intervals import RESAMPLED, grouped_interval
from tests.examples import examples, studies
from tests.reference.rater_interval import rater_interval

X = np.nan
GOLD, METRIC = [[1, 2, 3], [4, 5, 6]], [[2, 1, 4], [3, 3, 7]]
NEGATION_FLIPS_THE_SIGN = {"pearson", "spearman", "kendall_b", "kendall_c"}
A_SIDE_WITH_ITSELF_IS_1 = {"pearson", "spearman", "kendall_b", "tau_eq", "acc_eq"}

matrices = hnp.arrays(
    np.float64,
    st.tuples(st.just(2), st.integers(1, 5), st.integers(1, 6)),
    elements=st.sampled_from([X, 0, 1, 2, 3, 5]),
)


def noisy(n_systems=6, n_items=40, seed=0, missing=0.1):
    rng = np.random.default_rng(seed)
    human = rng.integers(0, 6, (n_systems, n_items)) + np.arange(n_systems)[:, None] * 0.5
    metric = human + rng.normal(0, 3, human.shape)
    human[rng.random(human.shape) < missing] = X
    return human, metric


def test_the_laws_cover_every_coefficient():
    assert NEGATION_FLIPS_THE_SIGN | {"tau_eq", "acc_eq"} == set(COEFFICIENTS)
    assert A_SIDE_WITH_ITSELF_IS_1 | {"kendall_c"} == set(COEFFICIENTS)


@pytest.mark.parametrize(
    ("coefficient", "pooled", "by_system"),
    [("pearson", 0.776, 0.760), ("kendall_b", 0.552, 0.575), ("kendall_c", 0.556, 0.611)],
)
def test_mt_metrics_eval_grouped_correlations(coefficient, pooled, by_system):
    found = {level: grouped_correlation(GOLD, METRIC, coefficient, level).value for level in LEVELS}
    assert found["pooled"] == pytest.approx(pooled, abs=5e-4)
    assert found["by_system"] == pytest.approx(by_system, abs=5e-4)
    assert found["by_item"] == pytest.approx(1)


def test_mt_metrics_eval_kendall_c():
    assert grouped_correlation([[1, 2, 2, 3, 4]], [[2, 1, 1.5, 5, 3]], "kendall_c", "pooled").value == (
        pytest.approx(0.32)
    )


PEERS = {
    "pearson": lambda x, y: stats.pearsonr(x, y).statistic,
    "spearman": lambda x, y: stats.spearmanr(x, y).statistic,
    "kendall_b": lambda x, y: stats.kendalltau(x, y).statistic,
    "kendall_c": lambda x, y: stats.kendalltau(x, y, variant="c").statistic,
}


@pytest.mark.parametrize("coefficient", PEERS)
@pytest.mark.parametrize("level", ["pooled", "by_item", "by_system"])
@given(matrices)
def test_groups_equal_scipy_on_the_cells_that_both_sides_have(coefficient, level, pair):
    human, metric = pair
    found = grouped_correlation(human, metric, coefficient, level)
    rows = (LEVELS[level](side) for side in (human, metric))
    expected = []
    for x, y in zip(*rows, strict=True):
        known = ~np.isnan(x + y)
        x, y = x[known], y[known]
        defined = len(x) > 1 and np.ptp(x) > 0 and np.ptp(y) > 0
        expected.append(PEERS[coefficient](x, y) if defined else X)
    np.testing.assert_allclose(found.per_group, expected, atol=1e-12)
    assert (found.n_groups, found.n_undefined) == (len(expected), int(np.isnan(expected).sum()))
    assert np.isnan(found.value) == (found.reason is not None) == np.isnan(expected).all()
    if found.reason is None:
        assert found.value == pytest.approx(np.nanmean(expected))


@given(hnp.arrays(np.float64, st.tuples(st.integers(1, 3), st.integers(1, 9)), elements=st.integers(0, 4)))
def test_midranks_equal_scipy(values):
    np.testing.assert_array_equal(midranks(values), stats.rankdata(values, axis=-1))


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("coefficient", COEFFICIENTS)
@given(matrices, st.randoms(use_true_random=False))
def test_order_of_items_and_systems_says_nothing(coefficient, level, pair, random):
    systems, items = list(range(pair.shape[1])), list(range(pair.shape[2]))
    random.shuffle(systems)
    random.shuffle(items)
    shuffled = pair[:, systems][:, :, items]
    values = [grouped_correlation(*both, coefficient, level).value for both in (pair, shuffled)]
    assert values[0] == pytest.approx(values[1], abs=1e-9, nan_ok=True)


@pytest.mark.parametrize("coefficient", sorted(NEGATION_FLIPS_THE_SIGN))
@given(matrices)
def test_a_negated_metric_flips_the_sign(coefficient, pair):
    human, metric = pair
    for level in ("pooled", "by_item", "by_system"):
        value = grouped_correlation(human, metric, coefficient, level).value
        negated = grouped_correlation(human, -metric, coefficient, level).value
        assert negated == pytest.approx(-value, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("coefficient", sorted(A_SIDE_WITH_ITSELF_IS_1))
@given(matrices)
def test_a_side_with_itself_is_1(coefficient, pair):
    value = grouped_correlation(pair[0], pair[0], coefficient, "by_item").value
    assert np.isnan(value) or value == pytest.approx(1)


def test_system_means_are_over_the_cells_that_both_sides_have():
    human, metric = noisy()
    found = grouped_correlation(human, metric, "pearson", "system_level")
    both = np.where(np.isnan(human), X, metric)
    expected = stats.pearsonr(np.nanmean(human, axis=1), np.nanmean(both, axis=1)).statistic
    assert found.value == pytest.approx(expected)


def test_simpsons_paradox_is_found():
    items = np.arange(8.0)
    systems = np.arange(4.0)[:, None]
    check = simpson_check(systems + 5 * items, systems - 2 * items)
    assert (check.within, check.between, check.reverses) == (1, -1, True)
    assert check.pooled < 0
    assert simpson_check(systems + 5 * items, systems + 5 * items).reverses is False
    flat = simpson_check(np.ones((2, 3)), np.ones((2, 3)))
    assert flat.reason.startswith("undefined")
    with pytest.raises(InvalidInput, match="pooled"):
        simpson_check(GOLD, METRIC, level="pooled")


@pytest.mark.parametrize("resampled", RESAMPLED)
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("coefficient", ["pearson", "kendall_b"])
def test_the_bootstrap_is_the_one_written_out(coefficient, level, resampled):
    human, metric = noisy(n_items=30)
    estimate = grouped_interval(
        human, metric, coefficient, level, resampled=resampled, n_resamples=2000, rng=np.random.default_rng(1)
    )
    rng, values = np.random.default_rng(2), []
    for _ in range(250):
        rows, columns = np.arange(6), np.arange(30)
        if resampled != "items":
            rows = rng.integers(0, 6, 6)
        if resampled != "systems":
            columns = rng.integers(0, 30, 30)
        drawn = np.ix_(rows, columns)
        values.append(grouped_correlation(human[drawn], metric[drawn], coefficient, level).value)
    low, high = np.nanquantile(values, [0.025, 0.975])
    spread = np.nanstd(values)
    assert (estimate.low, estimate.high) == pytest.approx((low, high), abs=spread)
    assert estimate.value == pytest.approx(grouped_correlation(human, metric, coefficient, level).value)
    assert estimate.low < estimate.value < estimate.high


def test_the_bootstrap_over_raters_is_the_one_written_out():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(5, 12))
    ratings = truth + rng.normal(0, 1, (9, 5, 12))
    ratings[rng.random(ratings.shape) < 0.3] = X
    metric = truth + rng.normal(0, 1, truth.shape)
    settings_ = {"n_resamples": 200, "rng": np.random.default_rng(1)}
    estimate = rater_interval(ratings, metric, "pearson", "pooled", **settings_)
    again, values = np.random.default_rng(1), []
    for weights in again.multinomial(9, np.full(9, 1 / 9), size=200):
        total = (weights[:, None, None] * np.nan_to_num(ratings)).sum(axis=0)
        n = (weights[:, None, None] * ~np.isnan(ratings)).sum(axis=0)
        human = np.divide(total, n, out=np.full_like(total, X), where=n > 0)
        values.append(grouped_correlation(human, metric, "pearson", "pooled").value)
    assert (estimate.low, estimate.high) == pytest.approx(tuple(np.quantile(values, [0.025, 0.975])))
    assert estimate.n_units == 9
    expected = grouped_correlation(np.nanmean(ratings, axis=0), metric, "pearson", "pooled").value
    assert estimate.value == pytest.approx(expected)


@examples(30)
@given(
    matrices,
    st.sampled_from(list(LEVELS)),
    st.sampled_from(list(RESAMPLED)),
    st.sampled_from(list(COEFFICIENTS)),
)
def test_an_interval_of_a_level_has_bounds_or_a_reason(pair, level, resampled, coefficient):
    estimate = grouped_interval(
        *pair, coefficient, level, resampled=resampled, n_resamples=30, rng=np.random.default_rng(0)
    )
    known = np.isfinite([estimate.value, estimate.low, estimate.high])
    assert known.all() == (estimate.reason is None)
    assert np.isnan(estimate.low) == np.isnan(estimate.high)
    by_raters = rater_interval(
        pair, pair[0], coefficient, level, n_resamples=30, rng=np.random.default_rng(0)
    )
    known = np.isfinite([by_raters.value, by_raters.low, by_raters.high])
    assert known.all() == (by_raters.reason is None)


@pytest.mark.slow
def test_intervals_of_item_level_correlation_cover_as_promised():
    quality = np.random.default_rng(0).normal(size=(8, 1))

    def fixed_systems(n_items, seed):
        draw = np.random.default_rng([11, seed])
        human = quality + draw.normal(size=(8, n_items))
        return human, human * draw.uniform(0, 1, n_items) + draw.normal(size=human.shape), draw

    truth = grouped_correlation(*fixed_systems(200_000, 0)[:2], "pearson", "by_item").value
    n, covered = studies(600), 0
    for seed in range(1, n + 1):
        human, metric, draw = fixed_systems(60, seed)
        found = grouped_interval(human, metric, "pearson", "by_item", n_resamples=500, rng=draw)
        covered += found.low <= truth <= found.high
    # 93 to 97 percent, and two standard errors of so many studies for luck.
    luck = 2 * np.sqrt(0.05 * 0.95 / n)
    assert 0.93 - luck < covered / n < 0.97 + luck


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0), (1, 1), (1, 70), (3, 4)])
@pytest.mark.parametrize("fill", [X, 1.0])
def test_degenerate_matrices_are_nan_with_a_reason(shape, fill):
    scores = np.full(shape, fill)
    for coefficient in ("pearson", "spearman", "kendall_b", "kendall_c"):
        for level in LEVELS:
            found = grouped_correlation(scores, scores, coefficient, level)
            assert np.isnan(found.value)
            assert found.reason
            drawn = {"n_resamples": 5, "rng": np.random.default_rng(0)}
            assert grouped_interval(scores, scores, coefficient, level, **drawn).reason
            assert rater_interval(np.stack([scores] * 2), scores, coefficient, level, **drawn).reason


def test_malformed_matrices_are_named():
    with pytest.raises(InvalidInput, match=r"human \(2, 3\), metric \(1, 3\)"):
        grouped_correlation(GOLD, METRIC[:1], "pearson", "pooled")
    with pytest.raises(InvalidInput, match="did you mean 'kendall_b'"):
        grouped_correlation(GOLD, METRIC, "kendal_b", "pooled")
    with pytest.raises(InvalidInput, match="unknown level"):
        grouped_correlation(GOLD, METRIC, "pearson", "item")
    with pytest.raises(InvalidInput, match="infinite"):
        grouped_correlation(GOLD, [[1, 2, np.inf], [1, 2, 3]], "pearson", "pooled")
    with pytest.raises(InvalidInput, match="unknown unit of resampling 'both'"):
        grouped_interval(GOLD, METRIC, "pearson", "pooled", resampled="both", rng=np.random.default_rng(0))
    with pytest.raises(InvalidInput, match="n_resamples 0"):
        grouped_interval(GOLD, METRIC, "pearson", "pooled", n_resamples=0, rng=np.random.default_rng(0))
    with pytest.raises(InvalidInput, match="same cells"):
        rater_interval([GOLD], [[1.0]], "pearson", "pooled", rng=np.random.default_rng(0))
