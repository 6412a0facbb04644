"""Cumulative models of ratings: the figures of R's ordinal on the wine data, plain integrals, other packages, undefined cases."""

import numpy as np
import pytest
from scipy import integrate, special, stats
from statsmodels.miscmodels.ordinal_model import OrderedModel

from study.errors import InvalidInput
from study.stats.ratings.cells import rated
from study.stats.ratings.crossed_effects import PER_RATER_AND_ITEM, crossed_cells, crossed_model
from study.stats.ratings.laplace import laplace
from study.stats.ratings.links import LINKS, level_chances
from study.stats.ratings.marginal import POPULATION, marginal_model
from study.stats.ratings.ordinal_model import ordinal_data
from study.stats.ratings.proportional_odds import binary_logits
from study.stats.ratings.rater_effects import PER_RATER, rater_model
from tests.stats.test_rating_means import drawn, error_of
from tests.stats.wine import BITTERNESS, BOTTLE, CONTACT, JUDGE, SCALE, WARM, wine

DESIGN = {"design": [[0, 0], [0, 1], [1, 0], [1, 1]], "names": ["warm", "contact"]}


def kinds(**options):
    return wine(systems="kinds", **options)


def on_scale(seed=0, **options):
    return drawn(seed, **options), np.unique(drawn(seed, **options).value)


@pytest.mark.parametrize(
    ("link", "thresholds", "slopes", "log_likelihood"),
    # R 4.2.2, ordinal 2022.11-16, clm(rating ~ temp + contact).
    [
        ("logit", [-1.34438, 1.25081, 3.46689, 5.00640], [2.50310, 1.52780], -86.49192),
        ("probit", [-0.77326, 0.73602, 2.04468, 2.94135], [1.49937, 0.86774], -85.76115),
    ],
)
def test_wine_in_the_population(link, thresholds, slopes, log_likelihood):
    model = marginal_model(kinds(), SCALE, link=link, **DESIGN).model
    assert model.thresholds == pytest.approx(thresholds, abs=6e-6)
    assert model.slopes == pytest.approx(slopes, abs=6e-6)
    assert model.log_likelihood == pytest.approx(log_likelihood, abs=6e-6)
    assert model.question == POPULATION


def test_wine_errors_of_the_model_and_over_judges():
    found = marginal_model(kinds(), SCALE, **DESIGN)
    # R clm; then the sandwich with G / (G - 1), from two own computations.
    assert found.model.errors() == pytest.approx([0.52868, 0.47662], abs=6e-6)
    assert [error_of(claim) for claim in found.slopes] == pytest.approx([0.3544, 0.4210], abs=6e-5)


def test_the_sandwich_is_near_the_jackknife_over_judges():
    slopes = []
    for judge in range(9):
        kept = judge != JUDGE
        place = JUDGE[kept], BOTTLE[kept]
        left = rated(
            BITTERNESS.ravel()[kept], (2 * WARM + CONTACT)[BOTTLE][kept], *place, systems=list("abcd")
        )
        slopes.append(marginal_model(left, SCALE, **DESIGN).model.slopes)
    spread = np.sqrt(8 / 9 * ((np.array(slopes) - np.mean(slopes, axis=0)) ** 2).sum(axis=0))
    assert spread == pytest.approx([0.3550, 0.4376], abs=6e-5)


def test_wine_per_judge_with_ten_nodes():
    # R clmm(rating ~ temp + contact + (1 | judge), nAGQ = 10).
    model = rater_model(kinds(), SCALE, **DESIGN)
    assert model.thresholds == pytest.approx([-1.62349, 1.51280, 4.22705, 6.08615], abs=1e-5)
    assert model.slopes == pytest.approx([3.06189, 1.83343], abs=1e-5)
    assert model.deviations["rater"] ** 2 == pytest.approx(1.28773, abs=2e-5)
    assert model.log_likelihood == pytest.approx(-81.53246, abs=6e-6)
    assert model.question == PER_RATER


def test_wine_per_judge_by_laplace():
    # R clmm(rating ~ temp + contact + (1 | judge)).
    model = crossed_model(kinds(), SCALE, **DESIGN, items=False)
    assert model.thresholds == pytest.approx([-1.62367, 1.51336, 4.22853, 6.08877], abs=1e-5)
    assert model.slopes == pytest.approx([3.06300, 1.83490], abs=1e-5)
    assert model.errors() == pytest.approx([0.59538, 0.51253], abs=4e-5)
    assert model.deviations["rater"] ** 2 == pytest.approx(1.27946, abs=2e-5)
    assert model.log_likelihood == pytest.approx(-81.56541, abs=6e-6)


def test_wine_per_judge_and_bottle_by_laplace():
    # R clmm(rating ~ temp + (1 | judge) + (1 | bottle)).
    model = crossed_model(wine(), SCALE)
    assert model.thresholds == pytest.approx([-2.39148, 0.59174, 3.13382, 4.91257], abs=1e-5)
    assert model.slopes == pytest.approx([2.92807], abs=1e-5)
    assert model.errors() == pytest.approx([0.78368], abs=2e-5)
    variances = [model.deviations[kind] ** 2 for kind in ("rater", "item")]
    assert variances == pytest.approx([1.14838, 0.51968], abs=1e-5)
    assert model.log_likelihood == pytest.approx(-87.39796, abs=6e-6)
    assert model.question == PER_RATER_AND_ITEM


def test_slopes_per_rater_are_larger_than_in_the_population_by_the_spread_of_raters():
    per_rater = rater_model(kinds(), SCALE, **DESIGN)
    shrunk = per_rater.slopes[0] / np.sqrt(1 + LINKS["logit"].shrinkage * per_rater.deviations["rater"] ** 2)
    assert LINKS["logit"].shrinkage == pytest.approx(0.3458, abs=5e-5)
    assert shrunk == pytest.approx(2.547, abs=5e-4)


@pytest.mark.parametrize("link", LINKS)
def test_derivatives_of_chances_equal_differences(link):
    points, step = np.array([[-2.0, -0.3, 0.4, 3.0], [1.0, 2.0, 6.0, 7.5]]), 1e-5
    found, up, down = (level_chances(points + move, LINKS[link], 3) for move in (0, step, -step))
    assert np.exp(found.log).sum(axis=1) == pytest.approx(1)
    assert found.by_shift == pytest.approx((up.log - down.log) / (2 * step), abs=1e-8)
    assert found.by_shift_twice == pytest.approx((up.by_shift - down.by_shift) / (2 * step), abs=1e-8)
    third = (up.by_shift_twice - down.by_shift_twice) / (2 * step)
    assert found.by_shift_thrice == pytest.approx(third, abs=1e-7)


def test_chances_far_from_all_thresholds_are_exact_and_finite():
    found = level_chances(np.array([40.0, 41.0]), LINKS["logit"], 3)
    assert found.log[1] == pytest.approx(-40 + np.log(1 - np.exp(-1)), rel=1e-12)
    assert np.isfinite(level_chances(np.array([-300.0, 300.0]), LINKS["probit"], 3).by_shift_thrice).all()


def test_the_population_model_equals_statsmodels():
    ratings, scale = on_scale(1)
    found = marginal_model(ratings, scale).model
    dummies = np.column_stack([ratings.system == 1, ratings.system == 2]).astype(float)
    theirs = OrderedModel(ratings.value.astype(int), dummies, distr="logit")
    fit = theirs.fit(method="bfgs", disp=False, gtol=1e-8)
    assert found.slopes == pytest.approx(fit.params[:2], abs=1e-5)
    assert found.log_likelihood == pytest.approx(fit.llf, abs=1e-6)
    assert found.errors() == pytest.approx(fit.bse[:2], rel=1e-3)


def test_quadrature_equals_a_plain_integral():
    ratings, scale = on_scale(2, n=60, n_raters=4, n_systems=2)
    model = rater_model(ratings, scale, n_nodes=15)
    total = 0.0
    for rater in range(4):
        own = ratings.rater == rater

        def likelihood(level, own=own):
            position = model.slopes[0] * (ratings.system[own] == 1) + level
            ends = np.r_[-np.inf, model.thresholds, np.inf]
            at = np.searchsorted(scale, ratings.value[own])
            chance = special.expit(ends[at + 1] - position) - special.expit(ends[at] - position)
            return np.prod(chance) * stats.norm.pdf(level, scale=model.deviations["rater"]) * 1e10

        total += np.log(integrate.quad(likelihood, -8, 8, epsabs=0, epsrel=1e-10)[0]) - np.log(1e10)
    assert model.log_likelihood == pytest.approx(total, abs=1e-6)


@pytest.mark.parametrize("items", [False, True])
def test_the_gradient_of_laplace_equals_differences(items):
    data = ordinal_data(kinds(), SCALE, **DESIGN)
    cells = crossed_cells(data, items)
    at = np.array([-1.6, 1.5, 4.2, 6.0, 3.0, 1.8, 1.1, 0.6][: 8 if items else 7])

    def of(parameters):
        return laplace(parameters, cells, data, LINKS["logit"], np.zeros(cells.n_raters + cells.n_items))

    steps = 1e-5 * np.eye(len(at))
    differences = [(of(at + step)[0] - of(at - step)[0]) / 2e-5 for step in steps]
    assert of(at)[1] == pytest.approx(differences, abs=1e-6)


@pytest.mark.parametrize("fit", [marginal_model, rater_model])
def test_reversing_the_scale_changes_the_sign_and_order_changes_nothing(fit):
    ratings, scale = on_scale(3)
    order = np.random.default_rng(0).permutation(len(ratings.value))
    again = rated(
        -ratings.value[order],
        ratings.system[order],
        11 - ratings.rater[order],
        ratings.item[order],
        systems=ratings.systems,
    )
    one, other = fit(ratings, scale), fit(again, -scale[::-1])
    if fit is marginal_model:
        for first, second in zip(one.differences, other.differences, strict=True):
            assert second.claim.estimate.value == pytest.approx(-first.claim.estimate.value, abs=1e-7)
            assert second.claim.p_value == pytest.approx(first.claim.p_value, rel=1e-5)
        one, other = one.model, other.model
    assert other.slopes == pytest.approx(-one.slopes, abs=1e-6)
    assert other.thresholds == pytest.approx(-one.thresholds[::-1], abs=1e-6)


def test_slopes_are_differences_from_the_first_system():
    ratings, scale = on_scale(4)
    found = marginal_model(ratings, scale)
    assert found.model.names == ("s1", "s2")
    for slope, pair in zip(found.slopes, found.differences[:2], strict=True):
        assert (pair.first, pair.claim.estimate.value) == ("s0", pytest.approx(-slope.estimate.value))
        assert pair.claim.p_value == pytest.approx(slope.p_value)
    assert all(pair.p_holm >= pair.claim.p_value for pair in found.differences)


def test_unused_levels_and_systems_at_one_end_are_left_out_by_name():
    value = [1, 2, 1, 2, 4, 4, 4, 4, 2, 4, 1, 2]
    system = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]
    ratings = rated(value, system, np.arange(12) % 6, np.arange(12) % 4, systems=["A", "best", "C", "none"])
    found = marginal_model(ratings, [1, 2, 3, 4, 5])
    assert found.model.data.unused == (3.0, 5.0)
    assert "always rated at the highest level" in found.model.data.left_out["best"]
    assert found.model.data.left_out["none"] == "no rating"
    assert [(pair.first, pair.second) for pair in found.differences] == [("A", "C")]
    assert np.isfinite(found.model.slopes).all()


@pytest.mark.parametrize("fit", [marginal_model, rater_model, crossed_model])
@pytest.mark.parametrize(
    ("value", "system", "reason"),
    [
        ([3] * 8, [0, 1] * 4, "one level"),
        ([1, 5] * 4, [0, 1] * 4, "away from one end"),
        ([1, 2, 1, 2, 3, 4, 3, 4], [0, 0, 0, 0, 1, 1, 1, 1], "do not overlap"),
        ([], [], "no rating"),
    ],
)
def test_what_has_no_finite_estimate_is_undefined_with_a_reason(fit, value, system, reason):
    n = len(value)
    ratings = rated(value, system, np.arange(n) % 2, np.arange(n) // 2, systems=["A", "B"])
    found = fit(ratings, [1, 2, 3, 4, 5])
    model = found.model if fit is marginal_model else found
    assert reason in model.reason
    assert np.isnan(model.slopes).all()
    assert np.isnan(model.log_likelihood)


def test_dependent_columns_and_a_single_rater_are_undefined():
    same = marginal_model(kinds(), SCALE, design=[[0, 0], [1, 1], [0, 0], [1, 1]], names=["a", "b"])
    assert "linearly dependent" in same.model.reason
    ratings = rated([1, 2, 3, 2], [0, 0, 1, 1], [0] * 4, [0, 1, 0, 1], systems=["A", "B"])
    assert "1 rater" in rater_model(ratings, [1, 2, 3]).reason
    assert "1 rater" in crossed_model(ratings, [1, 2, 3]).reason


def test_raters_who_do_not_differ_have_a_deviation_of_0_and_the_population_slopes():
    value = np.tile([1, 2, 3, 2, 2, 3], 6)
    ratings = rated(
        value,
        np.tile([0, 0, 0, 1, 1, 1], 6),
        np.repeat(np.arange(6), 6),
        np.tile(np.arange(6) % 3, 6),
        systems=["A", "B"],
    )
    plain = marginal_model(ratings, [1, 2, 3]).model
    for model in (rater_model(ratings, [1, 2, 3]), crossed_model(ratings, [1, 2, 3], items=False)):
        assert model.deviations["rater"] == 0
        assert "do not differ in level" in model.reason
        assert model.slopes == pytest.approx(plain.slopes, abs=1e-4)
        assert model.errors() == pytest.approx(plain.errors(), abs=1e-4)


@pytest.mark.parametrize("fit", [rater_model, crossed_model])
def test_raters_who_each_use_one_level_have_no_finite_deviation(fit):
    rater, item = np.repeat(np.arange(6), 8), np.tile(np.repeat(np.arange(4), 2), 6)
    ratings = rated(1 + rater % 3, np.tile([0, 1], 24), rater, item, systems=["A", "B"])
    found = fit(ratings, [1, 2, 3])
    assert "no finite maximum" in found.reason
    assert np.isnan(found.slopes).all()
    assert np.isfinite(marginal_model(ratings, [1, 2, 3]).model.slopes).all()


@pytest.mark.parametrize("fit", [marginal_model, rater_model, crossed_model])
def test_a_fit_of_few_ratings_is_finite_or_says_why(fit):
    rng = np.random.default_rng(0)
    for _ in range(15):
        n = rng.integers(4, 40)
        codes = (rng.integers(0, k, n) for k in (3, 4, 5))
        found = fit(rated(rng.integers(1, 5, n), *codes, systems=["A", "B", "C"]), [1, 2, 3, 4, 5])
        model = found.model if fit is marginal_model else found
        assert np.isfinite(model.slopes).all() or model.reason
        assert np.isnan(model.slopes).all() == np.isnan(model.errors()).all()


def test_binary_logits_of_wine():
    rows = {row.level: row.claim for row in binary_logits(wine(), SCALE)}
    # 15 of 36 cold and 30 of 36 warm ratings are 3 or more; 2 and 17 are 4 or more.
    assert rows[3.0].estimate.value == pytest.approx(np.log(15 / 21) - np.log(30 / 6))
    assert rows[4.0].estimate.value == pytest.approx(np.log(2 / 34) - np.log(17 / 19))
    for level in (2.0, 5.0):
        assert np.isnan(rows[level].estimate.value)
        assert "always rated on one side" in rows[level].estimate.reason


def test_a_binary_logit_is_the_cumulative_model_of_two_levels():
    ratings = drawn(5, n_systems=2)
    split = rated(
        ratings.value >= 3,
        ratings.system,
        ratings.rater,
        ratings.item,
        systems=ratings.systems,
        units=ratings.units,
    )
    (row,) = binary_logits(split, [0, 1])
    (pair,) = marginal_model(split, [0, 1]).differences
    assert row.claim.estimate.value == pytest.approx(pair.claim.estimate.value)
    assert row.claim.p_value == pytest.approx(pair.claim.p_value, rel=1e-6)


def test_bad_settings_are_refused():
    with pytest.raises(InvalidInput, match="unknown link 'cloglog'"):
        marginal_model(wine(), SCALE, link="cloglog")
    with pytest.raises(InvalidInput, match="n_nodes 1; allowed: 3 or more"):
        rater_model(wine(), SCALE, n_nodes=1)
    with pytest.raises(InvalidInput, match="2 rows, one per system"):
        marginal_model(wine(), SCALE, design=[[1.0]], names=["warm"])
