"""Preference for the left: observed, adjusted, per rater."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from study.errors import InvalidInput
from study.stats.ranking.covariates import covariate_fit
from study.stats.ranking.position import position_bias, rater_position_bias
from study.stats.ranking.preferences import preferences
from study.stats.ranking.regressors import left_side
from tests.examples import examples
from tests.stats.biased_study import QUALITY, SYSTEMS, biased_study


def test_position_bias_is_observed_and_adjusted():
    data, side, _, rater = biased_study(n=20_000, left=0.4, length=0.0)
    bias = position_bias(data, side, rater)
    untied = data.preference != 0
    assert bias.left_win_rate.value == pytest.approx((data.preference * side == 1)[untied].mean())
    assert (bias.n_left + bias.n_right, bias.n_ties) == (untied.sum(), (~untied).sum())
    assert bias.p_value == bias.adjusted_p < 1e-15
    assert bias.claim.units == "30 clusters"
    fit = covariate_fit(data, [left_side(side)], rater)
    assert replace(bias.effect, method="") == replace(fit.effects["left"], method="")
    assert bias.adjusted_rate.value == pytest.approx(1 / (1 + np.exp(-bias.effect.value)))
    assert bias.adjusted_rate.low < bias.adjusted_rate.value < bias.adjusted_rate.high
    mirrored = position_bias(data, -side, rater)
    assert mirrored.left_win_rate.value == pytest.approx(1 - bias.left_win_rate.value)
    assert mirrored.effect.value == pytest.approx(-bias.effect.value, abs=1e-9)
    assert mirrored.p_value == bias.p_value


def test_adjustment_matters_where_the_better_system_is_shown_on_the_left():
    data, _, _, _ = biased_study(n=4000, left=0.0, length=0.0)
    rng = np.random.default_rng(1)
    better = np.where(QUALITY[data.a] > QUALITY[data.b], 1, -1)
    side = np.where(rng.random(len(better)) < 0.8, better, -better)
    bias = position_bias(data, side)
    assert bias.left_win_rate.low > 0.5
    assert bias.effect.low < 0 < bias.effect.high


def test_position_bias_of_each_rater():
    data, side, _, rater = biased_study(n=3000, n_raters=10)
    answer = np.where(rater == 7, side, data.preference)
    data = preferences(data.a, data.b, answer, SYSTEMS)
    names = [f"r{i}" for i in range(11)]
    rows = rater_position_bias(data, side, rater, names)
    always, absent = rows[7], rows[10]
    assert always.left_win_rate.value == 1
    assert always.left_win_rate.low == pytest.approx(0.025 ** (1 / always.n_left))
    assert "without exception" in always.effect.reason
    assert always.adjusted_p == pytest.approx(10 * always.p_value)
    assert np.isnan(
        [absent.left_win_rate.value, absent.p_value, absent.adjusted_p, absent.effect.value]
    ).all()
    assert absent.left_win_rate.reason == "no untied judgment"
    assert sum(row.n_left + row.n_right + row.n_ties for row in rows) == 3000
    unsided = position_bias(data, np.zeros(3000, dtype=int))
    assert np.isnan([unsided.left_win_rate.value, unsided.p_value, unsided.effect.value]).all()
    with pytest.raises(InvalidInput, match="rater code"):
        rater_position_bias(data, side, rater, names[:3])


@examples(30)
@given(st.integers(0, 10_000), st.integers(0, 40))
def test_position_bias_never_breaks_or_warns(seed, n):
    rng = np.random.default_rng(seed)
    a = rng.integers(0, 4, n)
    data = preferences(a, (a + rng.integers(1, 4, n)) % 4, rng.integers(-1, 2, n), SYSTEMS[:4])
    side, rater = rng.choice([-1, 0, 1], n), rng.integers(0, 3, n)
    everyone = position_bias(data, side, rater)
    each = rater_position_bias(data, side, rater, ["r1", "r2", "r3"])
    for bias in (everyone, *each):
        assert np.isnan(bias.left_win_rate.value) == (bias.n_left + bias.n_right == 0)
        assert np.isnan(bias.effect.low) == (bias.effect.reason is not None)
    assert sum(bias.n_left for bias in each) == everyone.n_left
