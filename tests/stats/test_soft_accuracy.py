import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from study.errors import InvalidInput
from study.stats.correlation.grouped import LEVELS, grouped_correlation
from tests.reference import soft_accuracy
from tests.reference.soft_accuracy import (
    pairwise_difference_pearson,
    sign_flip_p_values,
    soft_pairwise_accuracy,
)

X = np.nan
matrices = hnp.arrays(
    np.float64,
    st.tuples(st.just(2), st.integers(2, 4), st.integers(1, 6)),
    elements=st.sampled_from([X, 0, 1, 2, 3, 5]),
)


def rng(seed=0):
    return np.random.default_rng(seed)


def test_mt_metrics_eval_soft_pairwise_accuracy():
    found = soft_pairwise_accuracy([[1, 2, 3], [2, 3, 4]], [[2, 2, 4], [1, 3, 5]], rng=rng(4))
    assert found.value == pytest.approx(0.872, abs=1e-9)


def test_soft_accuracy_tends_to_the_one_over_all_flips():
    human, metric = rng(1).normal(size=(2, 3, 6))
    flips = np.array(np.meshgrid(*[[1.0, -1.0]] * 6)).reshape(6, -1).T
    exact = 1 - np.nanmean(np.abs(sign_flip_p_values(human, flips) - sign_flip_p_values(metric, flips)))
    found = soft_pairwise_accuracy(human, metric, n_resamples=20_000, rng=rng())
    assert found.value == pytest.approx(exact, abs=0.02)


@given(matrices)
def test_a_side_with_itself_is_1(pair):
    found = soft_pairwise_accuracy(pair[0], pair[0], n_resamples=20, rng=rng())
    assert np.isnan(found.value) == (found.reason is not None)
    assert found.reason or found.value == 1


@given(matrices)
def test_items_that_a_system_lacks_are_left_out_for_all(pair):
    human, metric = pair
    complete = ~np.isnan(human + metric).any(axis=0)
    found = soft_pairwise_accuracy(human, metric, n_resamples=20, rng=rng())
    assert (found.n_items, found.n_dropped) == (complete.sum(), (~complete).sum())
    if found.reason is None:
        alone = soft_pairwise_accuracy(human[:, complete], metric[:, complete], n_resamples=20, rng=rng())
        assert alone.value == found.value


def test_the_observed_order_counts_as_at_least_as_large_whatever_the_rounding():
    scores = rng().normal(size=(4, 50)) * 1e6 + 1e9
    assert np.nanmin(sign_flip_p_values(scores, np.ones((1, 50)))) == 1


def test_chunks_change_nothing(monkeypatch):
    human, metric = rng(1).normal(size=(2, 4, 9))
    whole = soft_pairwise_accuracy(human, metric, n_resamples=100, rng=rng()).value
    monkeypatch.setattr(soft_accuracy, "CHUNK_BYTES", 1000)
    assert soft_pairwise_accuracy(human, metric, n_resamples=100, rng=rng()).value == pytest.approx(whole)


def test_soft_accuracy_without_a_pair_or_an_item_is_nan_with_the_reason():
    one = soft_pairwise_accuracy([[1, 2]], [[1, 2]], rng=rng())
    none = soft_pairwise_accuracy([[1, X], [X, 1]], [[1, 2], [2, 1]], rng=rng())
    assert np.isnan([one.value, none.value]).all()
    assert "two systems" in one.reason
    assert "no item" in none.reason
    with pytest.raises(InvalidInput, match="n_resamples 0"):
        soft_pairwise_accuracy([[1, 2]], [[1, 2]], n_resamples=0, rng=rng())


def test_mt_metrics_eval_pairwise_difference_pearson():
    gold, metric = [[1, 2, 3], [4, 5, 6]], [[2, 1, 4], [3, 3, 7]]
    assert pairwise_difference_pearson(gold, metric) == pytest.approx(0.926, abs=5e-4)
    assert pairwise_difference_pearson(gold, metric, "pooled") == pytest.approx(0.776, abs=5e-4)


@pytest.mark.parametrize("level", ["by_item", "by_system", "pooled"])
@given(matrices)
def test_pairwise_differences_need_not_be_formed(level, pair):
    found = pairwise_difference_pearson(*pair, level)
    gaps = []
    for h, m in zip(*(LEVELS[level](side) for side in pair), strict=True):
        known = ~np.isnan(h + m)
        gaps.append(np.stack([np.subtract.outer(side[known], side[known]).ravel() for side in (h, m)]))
    x, y = np.hstack(gaps)
    norm = np.sqrt((x**2).sum() * (y**2).sum())
    assert found == pytest.approx((x * y).sum() / norm if norm else X, nan_ok=True)


@given(matrices)
def test_pooled_differences_are_pooled_pearson(pair):
    expected = grouped_correlation(*pair, "pearson", "pooled").value
    assert pairwise_difference_pearson(*pair, "pooled") == pytest.approx(expected, nan_ok=True)
