"""Many statistics at once give what each gives alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from study.stats.correlation.many_metrics import (
    coefficients_by_group,
    drawn_weights,
    held_out_epsilon,
    packed,
    system_means,
)
from study.stats.correlation.paired_tests import sign_flip, sign_flips
from study.stats.correlation.soft_accuracies import soft_accuracies
from study.stats.many import (
    group_spreads,
    mean_spreads,
    percentile_estimates,
    ratio_spreads,
    two_way_spreads,
)
from study.stats.resampling import jackknife, t_quantile, whole_clusters
from tests.examples import examples
from tests.reference.soft_accuracy import soft_pairwise_accuracy

counts = hnp.arrays(np.float64, (7, 3), elements=st.integers(0, 4).map(float))


@examples(60)
@given(counts, counts)
def test_ratios_are_jackknifed_as_one_by_one(part, rest) -> None:
    whole = part + rest
    found = ratio_spreads(part, whole, whole, "item").estimates((-np.inf, np.inf))
    for k, estimate in enumerate(found):
        cells = np.column_stack([part[:, k], whole[:, k]])[whole[:, k] > 0]
        if not len(cells):
            assert np.isnan(estimate.value)
            continue
        with np.errstate(invalid="ignore", divide="ignore"):
            expected = jackknife(lambda sums: sums[:, 0] / sums[:, 1], whole_clusters(cells, "item"))
        values = (estimate.value, estimate.low, estimate.high)
        assert values == pytest.approx((expected.value, expected.low, expected.high), nan_ok=True)
        assert (estimate.n_units, estimate.method) == (expected.n_units, expected.method)
        assert (estimate.reason is None) == (expected.reason is None)


def test_darwin_fisher_1935_t() -> None:
    """Oracle 27: t 2.148, P .0497: the interval of the mean at 1 - P touches 0."""
    differences = np.array([49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48], dtype=float)
    spreads = mean_spreads(differences[None, :], "pair")
    assert spreads.value[0] / np.sqrt(spreads.variance[0]) == pytest.approx(2.148, abs=5e-4)
    [estimate] = spreads.estimates((-np.inf, np.inf), 1 - 0.0497029)
    assert estimate.low == pytest.approx(0, abs=1e-3)


def test_groups_of_single_units_are_the_jackknife() -> None:
    values = np.random.default_rng(1).normal(size=(2, 20))
    one_by_one = mean_spreads(values, "item")
    grouped = group_spreads(
        values.mean(axis=1),
        lambda away: np.delete(values, away, axis=1).mean(axis=1),
        20,
        "item",
        np.random.default_rng(2),
    )
    np.testing.assert_allclose(grouped.variance, one_by_one.variance)
    assert grouped.method == one_by_one.method


def test_groups_of_many_units_have_the_right_variance_on_average() -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(size=(200, 400))
    found = group_spreads(
        values.mean(axis=1),
        lambda away: np.delete(values, away, axis=1).mean(axis=1),
        400,
        "item",
        np.random.default_rng(4),
        most_groups=20,
    )
    assert found.variance.mean() == pytest.approx(1 / 400, rel=0.1)
    assert found.method == "jackknife over 20 groups of items, t interval"
    [estimate, *_] = found.estimates((-1, 1))
    half = t_quantile(0.95, 19) * np.sqrt(found.variance[0])
    assert estimate.high - estimate.value == pytest.approx(half)


def test_two_ways_are_wider_than_either() -> None:
    values = np.random.default_rng(1).normal(size=(1, 12))
    items, systems = mean_spreads(values, "item"), mean_spreads(values[:, :5], "system")
    both = two_way_spreads(systems, items)
    assert both.variance == items.variance + systems.variance
    assert (both.n_parts[0], both.unit) == (5, "system or item")
    half = t_quantile(0.95, 4) * np.sqrt(both.variance[0])
    (cautious,) = both.estimates((-9, 9))
    assert cautious.high - cautious.value == pytest.approx(half)
    rule = two_way_spreads(systems, items, satterthwaite=True)
    squares = systems.variance[0] ** 2 / 4 + items.variance[0] ** 2 / 11
    assert rule.degrees_of_freedom == pytest.approx(both.variance**2 / squares)
    (found,) = rule.estimates((-9, 9))
    assert cautious.high > found.high > items.estimates((-9, 9))[0].high


def test_percentiles_have_reasons() -> None:
    resampled = np.column_stack([np.arange(100.0), np.ones(100), np.full(100, np.nan)])
    found = percentile_estimates(np.array([50, 1, np.nan]), resampled, 9, "item", (0, 90))
    assert (found[0].low, found[0].high) == pytest.approx((2.475, 90))
    assert found[1].reason == "no interval: all resamples give the same value"
    assert np.isnan(found[2].value)
    assert found[2].reason
    [one] = percentile_estimates(np.array([0.5]), resampled[:, :1], 1, "item", (0, 1))
    assert one.reason == "1 item: an interval needs at least 2"


@examples(40)
@given(
    hnp.arrays(np.int64, 12, elements=st.integers(0, 3)),
    hnp.arrays(np.float64, 12, elements=st.integers(0, 5).map(float)),
    hnp.arrays(np.float64, (12, 2), elements=st.integers(0, 5).map(float) | st.just(np.nan)),
)
def test_coefficients_within_groups_equal_scipy(group, human, values) -> None:
    found = coefficients_by_group(human, values, group, 4, "spearman")
    for metric in range(2):
        for one in range(4):
            inside = (group == one) & ~np.isnan(values[:, metric])
            x, y = human[inside], values[inside, metric]
            varied = len(x) > 1 and np.ptp(x) > 0 and np.ptp(y) > 0
            expected = stats.spearmanr(x, y).statistic if varied else np.nan
            assert found[metric, one] == pytest.approx(expected, nan_ok=True)


def test_rows_are_packed_within_their_groups() -> None:
    place, width = packed(np.array([2, 0, 2, 2]), 4)
    assert (place.tolist(), width) == ([0, 0, 1, 2], 3)
    assert packed(np.zeros(0, dtype=np.int64), 3)[1] == 0


def test_sums_of_systems_are_weighted_by_items() -> None:
    rng = np.random.default_rng(1)
    system, item, value = rng.integers(0, 3, 20), rng.integers(0, 4, 20), rng.normal(size=(20, 2))
    weights = drawn_weights(4, 5, rng)
    assert (weights.sum(axis=1) == 4).all()
    found = system_means(value, system, item, weights, 3)
    for b in range(5):
        for s in range(3):
            expected = (weights[b, item] * (system == s)) @ value
            np.testing.assert_allclose(found[b, s], expected, atol=1e-12)


@examples(40)
@given(
    hnp.arrays(np.float64, (8, 1), elements=st.integers(-4, 4).map(float)),
    hnp.arrays(np.int64, (8, 3), elements=st.integers(0, 3)),
)
def test_the_threshold_of_a_fold_is_the_best_for_the_others(differences, said) -> None:
    won, tied, lost = said.T.astype(float)
    fold = np.arange(8) % 2
    found = held_out_epsilon(differences, won, tied, lost, fold)[:, 0]

    def right(epsilon: float, chosen: np.ndarray) -> float:
        gap = differences[:, 0]
        answer = np.where(np.abs(gap) <= epsilon, tied, np.where(gap > 0, won, lost))
        return float(answer[chosen].sum())

    for one in (0, 1):
        others = fold != one
        best = max(right(epsilon, others) for epsilon in (0, *np.abs(differences[:, 0])))
        assert right(found[fold == one][0], others) == best
        assert len(set(found[fold == one])) == 1


def test_flips_of_many_tests_are_those_of_each() -> None:
    rng = np.random.default_rng(5)
    few = rng.integers(-3, 4, (15, 3)).astype(float)
    for one, column in zip(sign_flips(few, rng=rng), few.T, strict=True):
        assert one == sign_flip(column)
    many = rng.normal(0.2, 1, (60, 2))
    for one, column in zip(sign_flips(many, n_resamples=4000, rng=rng), many.T, strict=True):
        alone = sign_flip(column, n_resamples=4000, rng=rng)
        assert one.p_two_sided == pytest.approx(alone.p_two_sided, abs=0.03)
        assert one.difference == pytest.approx(alone.difference)
    nothing = sign_flips(np.full((30, 1), np.nan), rng=rng)[0]
    assert (np.isnan(nothing.p_two_sided), nothing.reason) == (True, "no pair")


def test_soft_accuracies_of_many_metrics_are_those_of_each() -> None:
    rng = np.random.default_rng(6)
    human = rng.normal(size=(4, 30)) + np.arange(4)[:, None] * 0.2
    metrics = np.stack([human + rng.normal(size=human.shape), rng.normal(size=human.shape), human])
    metrics[1, 2, 5] = np.nan
    found = soft_accuracies(human, metrics, n_resamples=4000, rng=np.random.default_rng(7))
    for k, metric in enumerate(metrics):
        alone = soft_pairwise_accuracy(human, metric, n_resamples=4000, rng=np.random.default_rng(8))
        assert found.value[k] == pytest.approx(alone.value, abs=0.02)
        assert found.n_units[k] == alone.n_items
    assert found.value[2] == 1
    for spreads in (found.over_items(), found.over_systems()):
        assert (spreads.variance[:2] > 0).all()
    expected = [
        1 - np.nanmean(np.delete(np.delete(found.distance[0], s, 0), s, 1)[np.triu_indices(3, 1)])
        for s in range(4)
    ]
    centred = np.array(expected) - np.mean(expected)
    assert found.over_systems().variance[0] == pytest.approx(3 / 4 * (centred**2).sum())


def test_soft_accuracies_leave_out_whole_groups_of_items() -> None:
    rng = np.random.default_rng(9)
    human = rng.normal(size=(3, 10))
    metric = human + rng.normal(size=human.shape)
    found = soft_accuracies(human, metric[None], n_resamples=3000, rng=np.random.default_rng(1))
    assert found.without.shape == (10, 1)
    alone = soft_pairwise_accuracy(
        human[:, 1:], metric[:, 1:], n_resamples=3000, rng=np.random.default_rng(2)
    )
    assert found.without[0, 0] == pytest.approx(alone.value, abs=0.03)
