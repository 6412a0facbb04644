"""Equivalence, effect sizes, agreement and plans of ratings: worked figures, other packages, laws."""

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats
from statsmodels.stats.weightstats import ttost_paired

from study.errors import InvalidInput
from study.stats.agreement.coefficients import agreement, agreement_value
from study.stats.agreement.icc import icc
from study.stats.agreement.reliability import value_counts
from study.stats.agreement.slider_alpha import interval_alpha
from study.stats.effect_intervals import (
    bias_factor,
    cliff_delta_interval,
    cliff_variance,
    cohen_d_interval,
    hedges_g,
    noncentral_t,
)
from study.stats.effects import cliff_delta, cohen_d
from study.stats.equivalence import claimed_equivalence, equivalence
from study.stats.planning.rating_plans import (
    RatingPlan,
    detectable_difference,
    difference_error,
    difference_power,
    equivalence_power,
    least_error,
    ordinal_arm_size,
)
from study.stats.ratings.cells import rated
from study.stats.ratings.effect_sizes import (
    paired_sizes,
    rater_deltas,
    rater_jackknife_d,
    within_rater_delta,
)
from study.stats.ratings.means import system_differences
from tests.examples import examples
from tests.stats.test_rating_means import drawn
from tests.stats.wine import BITTERNESS, BOTTLE, TOY_A, TOY_B, toy, wine

X, Y = [5, 4, 5, 4, 3, 4], [3, 3, 4, 2, 4, 3]
PLAN = RatingPlan(30, 100, 3, 0.4, 0.3, 1.0)


@pytest.mark.parametrize(("margin", "p"), [(1.0, 0.09085), (1.5, 0.003083)])
def test_equivalence_of_toy_t(margin, p):
    (gap,) = system_differences(toy(over=("rater",)))
    found = claimed_equivalence(gap.raw, margin)
    assert found.p_value == pytest.approx(p, abs=5e-6)
    assert (found.low, found.high) == pytest.approx((0.6069, 1.0598), abs=5e-5)
    theirs = ttost_paired(TOY_A.mean(axis=1), TOY_B.mean(axis=1), -margin, margin)
    assert found.p_value == pytest.approx(theirs[0])


def test_what_is_not_significant_is_not_called_equal():
    assert equivalence(0.1, 0.4, 20, 0.3).verdict == "not shown to be equivalent"
    assert equivalence(0.0, 0.1, 20, 0.3).verdict == "equivalent: the difference is within the margin"
    assert equivalence(0.9, 0.1, 20, 0.3).verdict == "not equivalent: the difference is beyond the margin"
    assert equivalence(0.9, 0.0, 20, 0.3).verdict == "undefined"


@given(st.floats(-2, 2), st.floats(0.05, 2), st.floats(0.1, 2), st.integers(2, 50))
@examples(50)
def test_equivalence_is_shown_where_the_interval_lies_within_the_margin(value, error, margin, freedom):
    found = equivalence(value, error, freedom, margin)
    inside = -margin < found.low and found.high < margin
    assert (found.p_value < 0.05) == inside or abs(found.p_value - 0.05) < 1e-9
    assert equivalence(-value, error, freedom, margin).p_value == pytest.approx(found.p_value)


def test_equivalence_of_an_undefined_claim_says_why():
    alone = rated([1.0, 2], [0, 1], [0, 0], [0, 0], systems=["A", "B"])
    (gap,) = system_differences(alone)
    found = claimed_equivalence(gap.raw, 1)
    assert found.reason == gap.raw.estimate.reason
    assert found.verdict == "undefined"
    for settings in ({"margin": 0}, {"margin": 1, "alpha": 0.5}):
        with pytest.raises(InvalidInput, match="allowed"):
            equivalence(0, 1, 5, **settings)


def test_effect_sizes_of_two_small_groups():
    d = cohen_d_interval(X, Y)
    # R effectsize 0.8: cohens_d and hedges_g.
    assert (d.value, d.low, d.high) == pytest.approx((1.32842, 0.0334, 2.5715), abs=5e-5)
    assert hedges_g(X, Y) == pytest.approx(1.22580, abs=5e-6)
    delta = cliff_delta_interval(X, Y)
    assert cliff_variance(np.array(X, float), np.array(Y, float)) == pytest.approx(0.050401, abs=5e-7)
    assert (delta.value, delta.low, delta.high) == pytest.approx((0.63889, -0.0113, 0.9094), abs=5e-5)


def test_the_variance_of_delta_equals_its_definition():
    rng = np.random.default_rng(0)
    x, y = rng.integers(1, 6, 7).astype(float), rng.integers(1, 6, 9).astype(float)
    signs = np.sign(x[:, None] - y)
    delta, rows, columns = signs.mean(), signs.mean(axis=1), signs.mean(axis=0)
    n, m = signs.shape
    sums = m**2 * ((rows - delta) ** 2).sum() + n**2 * ((columns - delta) ** 2).sum()
    direct = (sums - ((signs - delta) ** 2).sum()) / (n * m * (n - 1) * (m - 1))
    assert cliff_variance(x, y) == pytest.approx(direct)


def test_limits_of_d_have_the_tails_of_the_noncentral_t():
    rng = np.random.default_rng(1)
    x, y = rng.normal(0.5, 1, 14), rng.normal(0, 1, 9)
    found, scale = cohen_d_interval(x, y), np.sqrt(14 * 9 / 23)
    t = cohen_d(x, y) * scale
    assert t == pytest.approx(stats.ttest_ind(x, y).statistic)
    assert stats.nct.sf(t, 21, found.low * scale) == pytest.approx(0.025)
    assert stats.nct.cdf(t, 21, found.high * scale) == pytest.approx(0.025)
    mirrored = cohen_d_interval(y, x)
    assert (mirrored.low, mirrored.high) == pytest.approx((-found.high, -found.low))


def test_far_out_the_noncentral_t_is_0_or_1():
    for t, freedom in ((-2.04, 29), (12, 3), (0.5, 10)):
        found = [noncentral_t(t, freedom, centre) for centre in np.linspace(-60, 60, 81)]
        assert np.isfinite(found).all()
        assert (np.diff(found) <= 1e-9).all()
    large = cohen_d_interval(np.arange(5) + 1e6, np.arange(5))
    assert large.low < large.value < large.high


def test_undefined_effect_sizes_say_why():
    assert "neither group varies" in cohen_d_interval([1, 1], [2, 2]).reason
    assert np.isnan(hedges_g([1], [2]))
    assert np.isnan(bias_factor(1))
    apart = cliff_delta_interval([4, 5], [1, 2])
    assert (apart.value, np.isnan(apart.low)) == (1, True)
    assert "one way" in apart.reason
    assert "fewer than 2" in cliff_delta_interval([1], [2, 3]).reason


def test_effect_sizes_over_raters():
    within = within_rater_delta(wine(), 1, 0)
    assert within.estimate.value == pytest.approx(0.65278, abs=5e-6)
    assert within.units == "9 raters"
    assert cliff_delta(BITTERNESS[:, 4:].ravel(), BITTERNESS[:, :4].ravel()) == pytest.approx(
        0.60108, abs=5e-6
    )
    sizes = paired_sizes(toy(), 0, 1)
    assert (sizes.d_z_cells, sizes.d_z_raters, sizes.d_av) == pytest.approx((1.161, 4.330, 0.8365), abs=5e-4)
    assert (sizes.n_cells, sizes.n_raters) == (12, 4)


def test_the_jackknife_of_d_equals_a_loop_over_raters():
    ratings = drawn(1, n_systems=2)

    def plain(kept):
        return cohen_d(*(ratings.value[kept & (ratings.system == system)] for system in (0, 1)))

    left_out = np.array([plain(ratings.rater != rater) for rater in range(12)])
    half = stats.t.ppf(0.975, 11) * np.sqrt(11 / 12 * ((left_out - left_out.mean()) ** 2).sum())
    found, value = rater_jackknife_d(ratings, 0, 1), plain(np.ones(len(ratings.value), dtype=bool))
    assert (found.value, found.low, found.high) == pytest.approx((value, value - half, value + half))
    assert rater_jackknife_d(ratings, 1, 0).value == pytest.approx(-value)


def test_deltas_of_raters_equal_those_of_their_ratings():
    ratings = drawn(2, n=60)
    found = rater_deltas(ratings, 0, 2)
    for rater in range(12):
        own = [ratings.value[(ratings.rater == rater) & (ratings.system == system)] for system in (0, 2)]
        assert found[rater] == pytest.approx(cliff_delta(*own), nan_ok=True)


def test_effect_sizes_without_pairs_are_undefined():
    between = rated([1.0, 2, 3, 4], [0, 0, 1, 1], [0, 1, 2, 3], [0, 0, 0, 0], systems=["A", "B", "C"])
    assert "no rater rated both" in within_rater_delta(between, 0, 1).estimate.reason
    sizes = paired_sizes(between, 0, 1)
    assert np.isnan([sizes.d_z_cells, sizes.d_z_raters, sizes.d_av]).all()
    assert np.isnan(rater_jackknife_d(between, 0, 2).value)
    with pytest.raises(InvalidInput, match="two different systems"):
        paired_sizes(between, 1, 1)
    with pytest.raises(InvalidInput, match="system code 3; allowed: 0 to 2"):
        within_rater_delta(between, 0, 3)


@pytest.mark.parametrize(
    ("level", "value"), [("nominal", 0.05327), ("ordinal", 0.34414), ("interval", 0.34965)]
)
def test_alpha_of_wine(level, value):
    found = agreement_value(value_counts(BITTERNESS), f"krippendorff_alpha_{level}")
    assert found == pytest.approx(value, abs=5e-6)
    assert found == pytest.approx(krippendorff.alpha(BITTERNESS, level_of_measurement=level))


@pytest.mark.parametrize(
    ("name", "value"), [("icc_2_1", 0.38846), ("icc_2_k", 0.85112), ("icc_3_1", 0.46318)]
)
def test_icc_of_wine(name, value):
    assert icc(BITTERNESS, name).value == pytest.approx(value, abs=5e-6)


def test_interval_alpha_from_sums_equals_that_from_counts():
    found = interval_alpha(BOTTLE, BITTERNESS.ravel())
    plain = agreement(value_counts(BITTERNESS), "krippendorff_alpha_interval")
    assert (found.value, found.low, found.high) == pytest.approx((plain.value, plain.low, plain.high))
    rng = np.random.default_rng(0)
    sliders = rng.normal(50, 20, (4, 30)) + rng.normal(0, 20, 30)
    sliders[rng.random(sliders.shape) < 0.3] = np.nan
    unit = np.tile(np.arange(30), 4)
    theirs = krippendorff.alpha(sliders, level_of_measurement="interval")
    assert interval_alpha(unit, sliders.ravel()).value == pytest.approx(theirs)
    assert interval_alpha(unit, 1e6 + sliders.ravel() / 7).value == pytest.approx(theirs, abs=1e-6)
    assert np.isnan(interval_alpha([0, 0, 1], [3.0, 3.0, 3.0]).value)
    assert interval_alpha([0, 1], [1.0, 2.0]).reason == "no unit has two values"


def test_a_planned_study():
    assert difference_error(PLAN) == pytest.approx(0.09781, abs=5e-6)
    assert detectable_difference(PLAN) == pytest.approx(0.2836, abs=5e-5)
    assert difference_power(PLAN, 0.3) == pytest.approx(0.842, abs=5e-4)
    assert difference_power(PLAN, -0.3) == pytest.approx(difference_power(PLAN, 0.3))
    assert difference_power(PLAN, 0) == pytest.approx(0.05)
    assert equivalence_power(PLAN, 0.3) == pytest.approx(0.818, abs=5e-4)
    assert least_error(PLAN) == pytest.approx(0.0730, abs=5e-5)


def test_the_planned_power_is_that_of_simulated_studies():
    rng, n_studies = np.random.default_rng(0), 40_000
    error = difference_error(PLAN)
    t = (0.3 + error * rng.standard_normal(n_studies)) / (error * np.sqrt(rng.chisquare(29, n_studies) / 29))
    simulated = (np.abs(t) > special.stdtrit(29, 0.975)).mean()
    assert difference_power(PLAN, 0.3) == pytest.approx(simulated, abs=0.008)


def test_the_size_of_an_ordinal_study():
    assert ordinal_arm_size(1.8, [0.2] * 5) == 142
    assert ordinal_arm_size(1 / 1.8, [0.2] * 5) == 142
    assert ordinal_arm_size(1.8, [0.2] * 5, ratings_per_rater=11, icc=0.1) == pytest.approx(284, abs=1)


@pytest.mark.parametrize(
    "bad",
    [
        lambda: RatingPlan(1, 10, 1, 0, 0, 1),
        lambda: RatingPlan(5, 10, 6, 0, 0, 1),
        lambda: RatingPlan(5, 10, 2, -1, 0, 1),
        lambda: detectable_difference(PLAN, power=1),
        lambda: equivalence_power(PLAN, -1),
        lambda: ordinal_arm_size(1, [0.5, 0.5]),
        lambda: ordinal_arm_size(2, [0.5, 0.4]),
        lambda: ordinal_arm_size(2, [0.5, 0.5], icc=2),
    ],
)
def test_impossible_plans_are_refused(bad):
    with pytest.raises(InvalidInput, match="allowed"):
        bad()


def test_without_any_spread_there_is_no_power():
    still = RatingPlan(5, 10, 2, 0, 0, 0)
    assert np.isnan([difference_power(still, 1), equivalence_power(still, 1)]).all()
