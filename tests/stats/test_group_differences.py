"""A group against the others: each value and interval beside a plain loop over left-out items."""

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from study.stats.group_differences import group_differences


def plain(values, own):
    mine, others = values[own], values[~own]
    pooled = np.sqrt((mine.var() + others.var()) / 2)
    return [mine.mean(), (mine.mean() - others.mean()) / pooled, roc_auc_score(own, values)]


@pytest.mark.parametrize("seed", range(3))
def test_values_and_intervals_equal_a_loop_over_items(seed):
    rng = np.random.default_rng(seed)
    item, own = rng.permutation(np.repeat(np.arange(20), 4)), rng.random(80) < 0.3
    values = rng.integers(0, 6, 80).astype(float)
    found = group_differences(values, own, item)
    left_out = np.array([plain(values[item != one], own[item != one]) for one in range(20)])
    half = stats.t.ppf(0.975, 19) * np.sqrt(19 / 20 * ((left_out - left_out.mean(axis=0)) ** 2).sum(axis=0))
    for one, value, width in zip(found, plain(values, own), half, strict=True):
        assert (one.value, one.low, one.high) == pytest.approx((value, value - width, value + width))
        assert one.n_units == 20


def test_what_does_not_vary_is_undefined_with_a_reason():
    mean, difference, chance = group_differences(np.ones(6), np.arange(6) < 2, np.arange(6) % 3)
    assert (mean.value, chance.value) == (1.0, 0.5)
    assert np.isnan(difference.value)
    assert all(np.isnan(one.low) and one.reason for one in (mean, difference, chance))
