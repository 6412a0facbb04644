import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from statsmodels.stats.contingency_tables import Table2x2

from study.errors import InvalidInput
from study.stats.correlation.prediction import (
    calibration_bins,
    logistic_slope,
    oriented_auc,
)
from study.stats.effects import cliff_delta, cohen_d, odds_ratio, rank_sum_p, signed_rank_test
from tests.examples import examples
from tests.reference.choice_prediction import choice_prediction

X = np.nan
FIRST, SECOND = [5, 4, 5, 4, 3, 4], [3, 3, 4, 2, 4, 3]
differences = hnp.arrays(np.float64, st.integers(1, 15), elements=st.integers(-3, 3))


def judgments(n=600, n_items=60, slope=1.0, seed=0):
    rng = np.random.default_rng(seed)
    difference = rng.normal(size=n)
    preference = np.where(rng.random(n) < 1 / (1 + np.exp(-slope * difference)), 1, -1)
    preference[rng.random(n) < 0.2] = 0
    return difference, preference, rng.integers(0, n_items, n)


def test_worked_example_of_an_odds_ratio():
    found = odds_ratio(109, 96, 79, 126)
    assert found.value == pytest.approx(1.81092, abs=5e-6)
    assert (found.low, found.high) == pytest.approx((1.2225, 2.6825), abs=5e-5)
    assert found.p_value == pytest.approx(0.00305, abs=5e-6)


def test_worked_example_of_standardised_differences():
    assert cohen_d(FIRST, SECOND) == pytest.approx(1.3284, abs=5e-5)
    assert cliff_delta(FIRST, SECOND) == pytest.approx(0.6389, abs=5e-5)


def test_worked_example_of_rank_tests():
    """ORACLES.md, small worked examples: Mann-Whitney P .0621, Wilcoxon P .1563."""
    assert rank_sum_p(FIRST, SECOND) == pytest.approx(0.0621, abs=5e-5)
    assert signed_rank_test(FIRST, SECOND).p_two_sided == pytest.approx(0.1563, abs=6e-5)


@examples(30)
@given(differences, differences)
def test_rank_tests_equal_scipy(x, y):
    u = stats.mannwhitneyu(x, y, method="asymptotic") if len({*x, *y}) > 1 else None
    assert rank_sum_p(x, y) == pytest.approx(1.0 if u is None else u.pvalue, abs=1e-9)
    n = min(len(x), len(y), 7)
    gap = np.array(x[:n]) - np.array(y[:n])
    found = signed_rank_test(x[:n], y[:n])
    if n > 1 and (gap != 0).any():
        expected = stats.wilcoxon(
            gap, method=stats.PermutationMethod(n_resamples=np.inf), zero_method="wilcox"
        )
        assert found.p_two_sided == pytest.approx(expected.pvalue, abs=1e-9)


@given(st.tuples(*[st.integers(1, 400)] * 4))
def test_odds_ratios_equal_statsmodels(counts):
    table = Table2x2(np.array(counts, dtype=float).reshape(2, 2), shift_zeros=False)
    found = odds_ratio(*counts)
    assert found.value == pytest.approx(table.oddsratio)
    assert (found.low, found.high) == pytest.approx(table.oddsratio_confint())
    assert found.p_value == pytest.approx(table.oddsratio_pvalue(), abs=1e-12)


@given(differences, differences)
def test_cliffs_delta_is_the_rank_sum(x, y):
    u = stats.mannwhitneyu(x, y).statistic
    assert cliff_delta(x, y) == pytest.approx(2 * u / (len(x) * len(y)) - 1)
    assert cliff_delta(y, x) == pytest.approx(-cliff_delta(x, y))


def test_effects_that_cannot_be_known_are_nan():
    assert np.isnan(odds_ratio(3, 0, 1, 2).value)
    assert "is 0" in odds_ratio(3, 0, 1, 2).reason
    assert np.isnan([cohen_d([1], [2, 3]), cohen_d([1, 1], [2, 2]), cliff_delta([X], [1])]).all()
    with pytest.raises(InvalidInput, match="-1"):
        odds_ratio(-1, 2, 3, 4)


@given(differences)
def test_the_oriented_auc_is_scikit_learns_on_both_orientations(toward):
    labels = np.repeat([1, 0], len(toward))
    assert oriented_auc(toward) == pytest.approx(roc_auc_score(labels, np.concatenate([toward, -toward])))


@given(hnp.arrays(np.float64, st.integers(2, 15), elements=st.integers(-3, 3)))
def test_the_slope_is_scikit_learns(toward):
    if not toward.any():
        assert logistic_slope(toward) == 0
        return
    scale = np.sqrt(np.mean(toward**2))
    both = np.concatenate([toward, -toward])[:, None] / scale
    labels = np.repeat([1, 0], len(toward))
    # Each comparison in both orientations counts twice, so the ridge does too.
    # Newton's method: lbfgs, the default, gives up on some data before it is as exact as this.
    peer = LogisticRegression(fit_intercept=False, C=0.5, tol=1e-10, max_iter=1000, solver="newton-cholesky")
    peer.fit(both, labels)
    assert logistic_slope(toward) * scale == pytest.approx(peer.coef_[0, 0], abs=1e-4)


def test_a_metric_that_carries_the_preference_beats_a_coin():
    found = choice_prediction(*judgments(slope=2.0), rng=np.random.default_rng(0))
    assert found.slope == pytest.approx(2, abs=0.4)
    assert found.accuracy > 0.7
    assert found.auc > found.accuracy
    assert found.log_loss < 0.55
    assert found.calibration_error < 0.06
    assert found.n + found.n_ties == 600
    assert sum(part.n for part in found.bins) == found.n
    unrelated = choice_prediction(*judgments(slope=0.0), rng=np.random.default_rng(0))
    assert unrelated.log_loss == pytest.approx(np.log(2), abs=0.02)
    assert unrelated.auc == pytest.approx(0.5, abs=0.06)


def test_which_output_is_called_a_changes_nothing():
    difference, preference, item = judgments()
    turned = np.where(np.arange(600) % 3 == 0, -1, 1)
    one, other = (
        choice_prediction(difference * t, preference * t, item, rng=np.random.default_rng(5))
        for t in (1, turned)
    )
    assert one == other


def test_held_out_loss_is_the_one_written_out():
    difference, preference, item = judgments(n=80, n_items=10)
    found = choice_prediction(difference, preference, item, n_folds=5, rng=np.random.default_rng(2))
    fold = np.random.default_rng(2).permutation(10) % 5
    untied = preference != 0
    toward, of = (difference * preference)[untied], fold[item[untied]]
    losses = [np.log1p(np.exp(-logistic_slope(toward[of != k]) * toward[of == k])) for k in range(5)]
    assert found.log_loss == pytest.approx(np.concatenate(losses).mean())


def test_bins_show_predicted_and_observed():
    log_odds = np.array([0.0, 0.1, -0.1, 3.0, 3.0, -3.0, 3.0])
    low, high = calibration_bins(log_odds, 5)
    assert (low.n, low.observed, high.n, high.observed) == (3, 0.5, 4, 0.75)
    assert high.predicted == pytest.approx(1 / (1 + np.exp(-3)))
    assert high.low <= high.predicted < high.high


def test_predictions_without_data_are_nan_with_a_reason():
    nothing = choice_prediction([1.0, X], [0, 1], [0, 1], rng=np.random.default_rng(0))
    assert np.isnan(nothing.accuracy)
    assert (nothing.n, nothing.n_ties, nothing.n_missing) == (0, 1, 1)
    assert "no judgment" in nothing.reason
    few = choice_prediction([1.0, 2.0], [1, 1], [0, 1], rng=np.random.default_rng(0))
    assert few.accuracy == 1
    assert np.isnan(few.log_loss)
    assert "2 items" in few.reason
    with pytest.raises(InvalidInput, match="n_folds 1"):
        choice_prediction([1.0], [1], [0], n_folds=1, rng=np.random.default_rng(0))
