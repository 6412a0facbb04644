import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from study.errors import InvalidInput
from study.stats.correlation import tie_calibration as tie_calibration_module
from study.stats.correlation import ties
from study.stats.correlation.tie_calibration import group_accuracies, tie_curve, tie_sweep
from study.stats.correlation.ties import acc_eq, kendall_counts, tau_b, tau_eq
from tests.reference.tie_calibration import tie_calibration

X = np.nan
REGRESSION_METRIC = [[0, 5, 2, 3, 2], [X, 2, 1, 5, 3], [9, 1, 5, 3, 8], [9, 3, 4, 4, 1], [X] * 5]
REGRESSION_HUMAN = [[1, 5, 2, 1, 1], [4, 2, 2, 1, 4], [5, 9, 2, 8, 7], [7, 6, X, 3, 2], [X] * 5]


def vector(*values):
    return np.array(values, dtype=float)


def curve_at(human, metric, epsilons):
    epsilon, accuracy = tie_curve(tie_sweep(human, metric))
    return accuracy[np.searchsorted(epsilon, epsilons, side="right") - 1]


def test_mt_metrics_eval_kendall_variants():
    human, metric = vector(1, 2, 2, 3, 4), vector(2, 1, 1.5, 5, 3)
    counts = kendall_counts(human, metric)
    assert tau_b(counts) == pytest.approx(0.316228, abs=5e-7)
    assert tau_eq(counts) == pytest.approx(0.2)
    assert acc_eq(counts) == pytest.approx(0.6)
    assert tau_eq(kendall_counts(human, metric, epsilon=2)) == pytest.approx(-0.2)
    assert acc_eq(kendall_counts(human, metric, epsilon=2)) == pytest.approx(0.4)
    assert tie_calibration([human], [metric]).value == pytest.approx(0.7)


def test_mt_metrics_eval_kendall_counts():
    counts = kendall_counts(vector(1, 1, 1, 2, 2, 3, 4), vector(1, 1, 2, 2, 4, 3, 3))
    found = [counts.concordant, counts.discordant, counts.tied_human, counts.tied_metric, counts.tied_both]
    assert [int(n) for n in found] == [13, 2, 3, 2, 1]
    assert tau_eq(counts) == pytest.approx(7 / 21)
    assert acc_eq(counts) == pytest.approx(14 / 21)


def test_mt_metrics_eval_tie_calibration():
    human, metric = [[1, 1, 1, 4]], [[0, 2, 6, 8]]
    assert curve_at(human, metric, [0, 2, 4, 6, 8]) == pytest.approx([0.5, 0.5, 2 / 3, 2 / 3, 0.5])
    found = tie_calibration(human, metric)
    assert (found.epsilon, found.value, found.value_at_zero) == pytest.approx((4, 2 / 3, 0.5))


def test_mt_metrics_eval_tie_calibration_regression():
    printed = [0.46667, 0.49167, 0.38333, 0.29167, 0.26667, 0.2, 0.15833, 0.15833, 0.11667]
    assert curve_at(REGRESSION_HUMAN, REGRESSION_METRIC, range(9)) == pytest.approx(printed, abs=5e-6)
    found = tie_calibration(REGRESSION_HUMAN, REGRESSION_METRIC)
    assert (found.epsilon, found.n_groups, found.n_undefined) == (1, 5, 1)


def test_deutsch_2023_tie_calibration_of_a_continuous_metric():
    human = vector(0, 0, 0, 0, 1, 2)
    for metric, tau, equal, accuracy in (
        (vector(0, 0, 0, 0, 2, 1), 0.778, 0.867, 0.933),
        (np.arange(6.0), 0.775, 0.2, 0.6),
    ):
        counts = kendall_counts(human, metric)
        found = (tau_b(counts), tau_eq(counts), acc_eq(counts))
        assert found == pytest.approx((tau, equal, accuracy), abs=5e-4)
    calibrated = tie_calibration([human], [np.arange(6.0)])
    assert (calibrated.epsilon, calibrated.value) == pytest.approx((1, 2 / 3))


def test_worked_example_of_six_scores_calibrated():
    human, metric = vector(5, 4, 4, 2, 1, 3), vector(0.97, 0.85, 0.83, 0.35, 0.2, 0.6)
    found = tie_calibration([human], [metric])
    assert found.value_at_zero == pytest.approx(0.93333, abs=5e-6)
    assert (found.epsilon, found.value) == pytest.approx((0.02, 1.0))


scores = hnp.arrays(
    np.float64,
    st.tuples(st.just(2), st.integers(1, 4), st.integers(1, 9)),
    elements=st.sampled_from([X, 0, 1, 2, 3, 4]),
)


@given(scores)
def test_sorting_counts_the_pairs_that_looking_at_each_does(pair):
    known = np.where(np.isnan(pair).any(axis=0), X, pair)
    slow, fast = ties._counts_by_pairs(*known, 0.0), ties._counts_by_sorting(*known)
    for name in ("concordant", "discordant", "tied_human", "tied_metric", "tied_both", "n_pairs"):
        np.testing.assert_array_equal(getattr(slow, name), getattr(fast, name), err_msg=name)


def test_long_vectors_equal_scipy():
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 300, (2, 3000)).astype(float)
    assert tau_b(kendall_counts(x, y)) == pytest.approx(stats.kendalltau(x, y).statistic, abs=1e-12)


@given(scores)
def test_the_sweep_is_accuracy_at_every_threshold(pair):
    human, metric = pair
    sweep = tie_sweep(human, metric)
    epsilon, accuracy = tie_curve(sweep)
    assert epsilon[0] == 0
    assert (np.diff(epsilon) > 0).all()
    for threshold in (0, 0.5, 1, 2, 4):
        groups = acc_eq(kendall_counts(human, metric, epsilon=threshold))
        np.testing.assert_allclose(group_accuracies(sweep, threshold), groups)
        at = accuracy[np.searchsorted(epsilon, threshold, side="right") - 1]
        expected = groups[~np.isnan(groups)].mean() if not np.isnan(groups).all() else X
        assert at == pytest.approx(expected, nan_ok=True)
    best = tie_calibration(human, metric)
    assert np.isnan(best.value) == (best.reason is not None)
    if best.reason is None:
        assert best.value >= best.value_at_zero - 1e-12
        assert best.value == pytest.approx(np.nanmax(accuracy))


def test_blocks_of_groups_change_nothing(monkeypatch):
    human, metric = np.random.default_rng(0).integers(0, 4, (2, 9, 6)).astype(float)
    whole = tie_calibration(human, metric)
    monkeypatch.setattr(tie_calibration_module, "CHUNK_BYTES", 300)
    assert tie_calibration(human, metric) == whole


@given(scores)
def test_a_metric_that_is_the_human_needs_no_ties(pair):
    found = tie_calibration(pair[0], pair[0])
    if found.reason is None:
        assert (found.value, found.value_at_zero, found.epsilon) == (1, 1, 0)


def test_a_held_out_threshold_is_no_better_than_one_chosen_on_the_data():
    rng = np.random.default_rng(0)
    human = rng.integers(0, 3, (60, 6)).astype(float)
    metric = human + rng.normal(0, 1, human.shape)
    chosen = tie_calibration(human, metric)
    held_out = tie_calibration(human, metric, n_folds=5, rng=rng)
    assert held_out.value <= chosen.value
    assert (held_out.n_folds, held_out.n_groups, held_out.value_at_zero) == (5, 60, chosen.value_at_zero)


def test_held_out_accuracy_is_the_one_written_out():
    rng = np.random.default_rng(3)
    human = rng.integers(0, 3, (12, 5)).astype(float)
    metric = human + rng.normal(0, 1, human.shape)
    found = tie_calibration(human, metric, n_folds=3, rng=np.random.default_rng(8))
    order = np.random.default_rng(8).permutation(12)
    values = []
    for k in range(3):
        test = order[np.arange(12) % 3 == k]
        train = np.setdiff1d(np.arange(12), test)
        epsilon = tie_calibration(human[train], metric[train]).epsilon
        values.extend(acc_eq(kendall_counts(human[test], metric[test], epsilon=epsilon)))
    assert found.value == pytest.approx(np.mean(values))


@pytest.mark.parametrize(
    ("human", "folds", "said"),
    [
        ([[X, X]], 1, "no group has a pair"),
        ([[1.0]], 1, "no group has a pair"),
        ([[1.0, 2]], 2, "for 2 folds"),
    ],
)
def test_a_calibration_that_cannot_be_is_nan_with_a_reason(human, folds, said):
    found = tie_calibration(human, human, n_folds=folds, rng=np.random.default_rng(0))
    assert np.isnan([found.value, found.epsilon, found.value_at_zero]).all()
    assert said in found.reason


def test_malformed_calibrations_are_named():
    with pytest.raises(InvalidInput, match="epsilon -1"):
        kendall_counts(vector(1, 2), vector(1, 2), epsilon=-1)
    with pytest.raises(InvalidInput, match="shapes differ"):
        tie_sweep([[1, 2]], [[1, 2, 3]])
    with pytest.raises(InvalidInput, match="n_folds 0"):
        tie_calibration([[1, 2]], [[1, 2]], n_folds=0)
    with pytest.raises(InvalidInput, match="numpy Generator"):
        tie_calibration([[1, 2]] * 3, [[1, 2]] * 3, n_folds=2)
