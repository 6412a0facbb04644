from itertools import product

import numpy as np
import pytest
from scipy import stats

from study.errors import InvalidInput
from study.stats.correlation import metric_permutation
from study.stats.correlation.coefficients import COEFFICIENTS
from study.stats.correlation.dependent_correlations import DEPENDENT_CORRELATIONS, meng, williams
from study.stats.correlation.grouped import LEVELS, grouped_correlation, score_matrices
from study.stats.correlation.metric_permutation import PERMUTATIONS, metric_difference
from tests.cases import cases

X = np.nan


def rng(seed=0):
    return np.random.default_rng(seed)


def metrics(n_systems=5, n_items=30, seed=0, missing=0.1, noise=(2.0, 2.0)):
    draw = rng(seed)
    human = draw.integers(0, 5, (n_systems, n_items)).astype(float)
    first, second = (np.round(human + draw.normal(0, sd, human.shape)) for sd in noise)
    for scores in (human, first, second):
        scores[draw.random(human.shape) < missing] = X
    return human, first, second


# Swaps


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("method", PERMUTATIONS)
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("coefficient", COEFFICIENTS)
def test_values_after_swaps_are_those_of_the_swapped_scores(coefficient, level, method, tied):
    human, first, second = score_matrices(**dict(zip("hab", metrics(), strict=True)))
    if not tied:
        first, second = (
            scores + rng(2 + k).normal(0, 0.1, scores.shape) for k, scores in enumerate((first, second))
        )
    kernel = metric_permutation._kernel(human, first, second, coefficient, level)
    shape = PERMUTATIONS[method](*human.shape)
    bits = next(metric_permutation._swaps(shape, human.shape, level, 20, rng()))
    one, other = kernel(bits)
    # Back from the layout of groups to systems by items.
    grouped = np.moveaxis(bits, 1, 0)
    swaps = {"by_item": lambda: np.swapaxes(grouped, 1, 2), "pooled": lambda: grouped.reshape(20, 5, 30)}
    for k, swap in enumerate(swaps.get(level, lambda: grouped)().astype(bool)):
        for found, (kept, taken) in ((one, (first, second)), (other, (second, first))):
            expected = grouped_correlation(human, np.where(swap, taken, kept), coefficient, level).per_group
            np.testing.assert_allclose(found[:, k], expected, atol=1e-6)


@pytest.mark.parametrize(
    ("method", "shape"), [("perm_both", (2, 4)), ("perm_inputs", (1, 4)), ("perm_systems", (2, 1))]
)
def test_random_swaps_tend_to_all_swaps(method, shape):
    human, first, second = np.round(rng(3).normal(size=(3, 2, 4)), 3)
    found = metric_difference(
        human, first, second, level="pooled", method=method, n_resamples=20_000, rng=rng()
    )
    a, b = ((scores - scores.mean()) / scores.std() for scores in (first, second))

    def difference(swap):
        pair = np.where(swap, b, a), np.where(swap, a, b)
        one, other = (stats.pearsonr(human.ravel(), scores.ravel()).statistic for scores in pair)
        return one - other

    observed = difference(np.zeros(shape, dtype=bool))
    null = [difference(np.reshape(s, shape)) for s in product([False, True], repeat=int(np.prod(shape)))]
    exact = np.mean(np.abs(null) >= abs(observed) - 1e-9)
    assert found.difference == pytest.approx(observed)
    assert found.p_value == pytest.approx(exact, abs=0.015)


def test_a_better_metric_is_found_and_the_direction_kept():
    human, good, bad = metrics(n_items=200, noise=(0.5, 4.0))
    better, worse = (
        metric_difference(human, *pair, alternative="greater", n_resamples=199, rng=rng())
        for pair in ((good, bad), (bad, good))
    )
    assert better.p_value == 1 / 200
    assert worse.p_value == 1
    assert better.difference == pytest.approx(-worse.difference)
    assert better.difference == pytest.approx(better.first - better.second)


def test_a_metric_does_not_differ_from_itself():
    human, first, _ = metrics()
    for level in LEVELS:
        found = metric_difference(human, first, first, level=level, n_resamples=50, rng=rng())
        assert (found.difference, found.p_value) == (0, 1)


def test_the_scale_of_a_metric_says_nothing():
    human, first, second = metrics()
    one, other = (
        metric_difference(human, m, second, level="pooled", n_resamples=100, rng=rng())
        for m in (first, 1000 * first - 5)
    )
    assert (one.p_value, one.difference) == pytest.approx((other.p_value, other.difference))


def test_a_constant_metric_can_be_right_about_ties():
    human, first, _ = metrics()
    constant = np.ones_like(human)
    found = metric_difference(human, first, constant, coefficient="acc_eq", n_resamples=50, rng=rng())
    assert found.second == pytest.approx(
        grouped_correlation(human, constant, "acc_eq", "by_item").value, abs=0.05
    )
    assert found.reason is None


def test_an_undefined_difference_is_nan_with_the_reason():
    human, first, _ = metrics()
    found = metric_difference(human, first, np.ones_like(human), n_resamples=10, rng=rng())
    assert np.isnan([found.difference, found.p_value]).all()
    assert "second" in found.reason
    nothing = metric_difference(human, first, np.full_like(human, X), n_resamples=10, rng=rng())
    assert "first and the second" in nothing.reason


@pytest.mark.slow
@pytest.mark.parametrize("method", ["perm_both", "perm_inputs"])
@pytest.mark.parametrize("level", cases(["by_item", "system_level"], ["by_item"]))
def test_equal_metrics_are_told_apart_as_often_as_promised(level, method):
    n_studies, rejected = 1200, 0
    for study in range(n_studies):
        draw = rng([7, study])
        human = draw.normal(size=(8, 20)) + draw.normal(size=(8, 1))
        first, second = human + draw.normal(0, 1.5, (2, *human.shape))
        found = metric_difference(human, first, second, level=level, method=method, n_resamples=199, rng=draw)
        rejected += found.p_value <= 0.05
    # 4 to 6 percent, and three standard errors of 1,200 studies for luck.
    assert 0.04 - 0.019 < rejected / n_studies < 0.06 + 0.019


# Correlations that share a variable


def test_steiger_1980_case_a():
    test = williams(0.4, 0.5, 0.1, 103)
    assert (test.statistic, test.p_two_sided) == pytest.approx((-0.891280, 0.374919), abs=5e-7)


def test_psych_williams_of_5105_observations():
    test = williams(0.693458895410494, 0.695966022434845, 0.988475791500198, 5105)
    assert test.p_two_sided == pytest.approx(0.10007594, abs=5e-9)


def test_mt_metrics_eval_williams():
    gold, first, second = np.array([[1, 2, 3, 4, 5], [1.1, 2, 3.1, 4, 5.1], [1.5, 2, 3.1, 4, 5.5]])
    r = np.corrcoef([gold, first, second])
    assert (r[0, 1], r[0, 2]) == pytest.approx((0.999, 0.987), abs=5e-4)
    assert williams(r[0, 1], r[0, 2], r[1, 2], 5).p_greater == pytest.approx(0.019, abs=5e-4)


def test_worked_example_of_mengs_test():
    assert meng(0.6, 0.2, 0.3, 200).statistic == pytest.approx(5.447, abs=5e-4)


@pytest.mark.parametrize("name", DEPENDENT_CORRELATIONS)
def test_a_negative_correlation_never_beats_a_positive_one(name):
    test = DEPENDENT_CORRELATIONS[name].function
    found, turned = test(-0.286, 0.160, 0.1, 50), test(0.160, -0.286, 0.1, 50)
    assert found.p_greater > 0.95
    assert turned.statistic == pytest.approx(-found.statistic)
    assert found.p_greater + turned.p_greater == pytest.approx(1)
    assert found.p_two_sided == pytest.approx(2 * turned.p_greater)


@pytest.mark.parametrize("name", DEPENDENT_CORRELATIONS)
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((X, 0.2, 0.1, 50), "undefined: r12"),
        ((0.3, 0.2, 0.1, 3), "at least 4"),
        ((1.0, 0.2, 0.1, 50), "standard error is 0"),
    ],
)
def test_a_test_that_cannot_be_has_a_reason(name, arguments, said):
    found = DEPENDENT_CORRELATIONS[name].function(*arguments)
    assert np.isnan([found.statistic, found.p_greater, found.p_two_sided]).all()
    assert said in found.reason


@pytest.mark.parametrize("name", DEPENDENT_CORRELATIONS)
def test_tests_of_correlations_reject_as_promised(name):
    draw = rng(5)
    data = draw.normal(size=(3000, 3, 40))
    data[:, 1:] += data[:, :1]
    centred = data - data.mean(axis=-1, keepdims=True)
    centred /= np.linalg.norm(centred, axis=-1, keepdims=True)
    r = centred @ np.swapaxes(centred, 1, 2)
    test = DEPENDENT_CORRELATIONS[name].function
    p_values = [test(float(m[0, 1]), float(m[0, 2]), float(m[1, 2]), 40).p_two_sided for m in r]
    assert np.mean(np.array(p_values) <= 0.05) == pytest.approx(0.05, abs=0.012)


def test_malformed_comparisons_are_named():
    human, first, second = metrics()
    with pytest.raises(InvalidInput, match="did you mean 'perm_both'"):
        metric_difference(human, first, second, method="perm_bot", rng=rng())
    with pytest.raises(InvalidInput, match="unknown alternative 'less'"):
        metric_difference(human, first, second, alternative="less", rng=rng())
    with pytest.raises(InvalidInput, match="shapes differ"):
        metric_difference(human, first[1:], second, rng=rng())
    with pytest.raises(InvalidInput, match=r"r12 1\.2"):
        williams(1.2, 0.1, 0.1, 9)
