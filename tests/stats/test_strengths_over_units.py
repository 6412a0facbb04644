"""Strengths, pairs and ranks over the units of a claim: the published worked example, laws, what one kind gives."""

import numpy as np
import pytest

from study.errors import InvalidInput
from study.stats.ranking.answers import A_WON, B_WON, answers
from study.stats.ranking.covariates import covariate_fit
from study.stats.ranking.model_influence import graded_model_strengths, tie_model_strengths
from study.stats.ranking.preferences import preferences
from study.stats.ranking.rank_intervals import rank_intervals_of
from study.stats.ranking.regressors import left_side
from study.stats.ranking.strengths import bradley_terry_strengths, strengths
from study.stats.units import units_of
from tests.reference.rank_intervals import rank_intervals

SYSTEMS = list("ABC")
# Rows of raters, 1 where the first of the pair wins; from the claims audit, section 2.
WON = {
    (0, 1): "11011 11010 10011 11110",
    (0, 2): "11111 11011 10111 11101",
    (1, 2): "11001 10101 11011 01101",
}
ROWS = [
    (a, b, 1 if sign == "1" else -1, rater, item)
    for (a, b), text in WON.items()
    for rater, row in enumerate(text.split())
    for item, sign in enumerate(row)
]
A, B, SIGN, RATER, ITEM = np.array(ROWS).T
JUDGED = preferences(A, B, SIGN, SYSTEMS)
BOTH = units_of({"rater": RATER, "item": ITEM}, asked=True)


def rng():
    return np.random.default_rng(0)


def test_the_worked_example_of_the_claims_audit_over_raters_and_items():
    fit = bradley_terry_strengths(JUDGED, BOTH, "sandwich")
    assert fit.strengths - fit.strengths[2] == pytest.approx([1.614510, 0.689984, 0], abs=5e-7)
    variance, freedom = fit.over.of_differences()
    assert np.sqrt(variance[0, 1]) == pytest.approx(0.572373, abs=5e-7)
    assert variance[0, 1] == pytest.approx(0.3276106, abs=5e-8)
    assert freedom[0, 1] == pytest.approx(3.09994, abs=1e-5)
    found = rank_intervals_of(fit, "sandwich", rng=rng())
    assert found.difference[0, 1] == pytest.approx(0.924526, abs=5e-7)
    assert found.p_value[0, 1] == pytest.approx(0.20175, abs=5e-6)
    model = bradley_terry_strengths(JUDGED, None, "model").covariance
    assert np.sqrt(model[0, 0] + model[1, 1] - 2 * model[0, 1]) == pytest.approx(0.416171, abs=5e-7)


def test_without_ties_every_model_has_the_variances_of_bradley_terry():
    given = answers(A, B, np.where(SIGN > 0, A_WON, B_WON), SIGN, SYSTEMS)
    half = bradley_terry_strengths(JUDGED, BOTH, "sandwich").over.of_differences()
    fits = [tie_model_strengths(given, BOTH, name) for name in ("davidson", "rao_kupper")]
    for fit in (*fits, graded_model_strengths(given, BOTH)[0]):
        for one, other in zip(half, fit.over.of_differences(), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-6)


def test_one_kind_that_was_asked_for_is_the_sandwich_over_its_clusters():
    asked = units_of({"rater": RATER}, asked=True)
    assert strengths(JUDGED, asked) == strengths(JUDGED, RATER)
    one, other = (rank_intervals(JUDGED, unit, rng=rng()) for unit in (asked, RATER))
    np.testing.assert_array_equal(one.low, other.low)
    np.testing.assert_array_equal(one.p_value, other.p_value)


def study(n_raters=12, n_profiles=10, seed=0, quality=(0.0, 0.0, 0.0, 0.0)):
    draws = np.random.default_rng(seed)
    n = len(quality)
    taste = np.array(quality) + draws.normal(0, 0.5, (n_raters, n))
    need = draws.normal(0, 0.7, (n_profiles, n))
    rater, profile = (part.ravel() for part in np.indices((n_raters, n_profiles)))
    rater, profile = np.repeat(rater, 3), np.repeat(profile, 3)
    a = draws.integers(0, n, rater.size)
    b = (a + draws.integers(1, n, rater.size)) % n
    worth = taste[rater] + need[profile]
    place = np.arange(rater.size)
    won = draws.random(rater.size) < 1 / (1 + np.exp(worth[place, b] - worth[place, a]))
    judged = preferences(a, b, np.where(won, 1, -1), [f"S{i}" for i in range(n)])
    return judged, units_of({"rater": rater, "profile": profile})


def test_no_interval_is_narrower_than_judgments_would_give_unless_someone_asks():
    rows = np.random.default_rng(1).permutation(len(A))
    shuffled = units_of({"rater": rows % 6, "item": rows // 6})
    fit = bradley_terry_strengths(JUDGED, shuffled, "sandwich")
    single = bradley_terry_strengths(JUDGED, units_of({"judgment": np.arange(60)}, asked=True), "sandwich")
    alone = np.diag(60 / 59 * single.influence.T @ single.influence)
    assert (fit.over.of_strengths()[0] >= alone - 1e-12).all()


def test_limits_and_p_values_of_pairs_say_the_same_and_ranks_follow():
    judged, units = study(quality=(-1.2, 0.0, 0.1, 1.2))
    found = rank_intervals(judged, units, rng=rng())
    upper = np.triu_indices(4, 1)
    excluded = (found.low > 0) | (found.high < 0)
    assert (found.adjusted_p[excluded] < 0.08).all()
    assert (found.p_value[upper] <= found.adjusted_p[upper]).all()
    assert (found.rank[0], found.rank[3]) == (4, 1)
    assert found.n_units == 10
    assert "rater x profile" in found.method
    narrow = rank_intervals(judged, units, simultaneous="bonferroni")
    assert (narrow.high - narrow.low)[upper] == pytest.approx((found.high - found.low)[upper], rel=0.35)


def test_too_few_units_of_every_kind_make_no_claim():
    few = units_of({"rater": RATER, "item": ITEM % 4})
    estimates = strengths(JUDGED, few)
    assert all("too few units of every kind" in one.reason for one in estimates)
    assert np.isfinite([one.value for one in estimates]).all()
    assert "too few units" in rank_intervals(JUDGED, few, rng=rng()).reason


def test_the_pigeonhole_draws_each_kind_on_its_own_and_repeats_with_its_seed():
    judged, units = study(n_raters=20, n_profiles=20)
    one, other = (
        strengths(judged, units, method="score_bootstrap", n_resamples=400, rng=rng()) for _ in range(2)
    )
    assert one == other
    sandwich = strengths(judged, units)
    widths = [[e.high - e.low for e in part] for part in (one, sandwich)]
    assert np.array(widths[0]) == pytest.approx(np.array(widths[1]), rel=0.4)
    assert "pigeonhole" in one[0].method
    with pytest.raises(InvalidInput, match="a numpy Generator"):
        strengths(judged, units, method="score_bootstrap")


def test_a_regression_over_units_has_the_variances_of_the_strengths():
    judged, units = study()
    plain, fitted = strengths(judged, units), covariate_fit(judged, [], units).strengths
    assert [e.value for e in fitted] == pytest.approx([e.value for e in plain], abs=1e-7)
    assert [e.high for e in fitted] == pytest.approx([e.high for e in plain], rel=1e-5)
    side = np.random.default_rng(2).choice([-1, 1], len(judged.a))
    effect = covariate_fit(judged, [left_side(side)], units).effects["left"]
    assert effect.low < effect.value < effect.high
    assert "rater x profile" in effect.method


def test_the_largest_difference_is_found_by_chance_about_as_often_as_stated():
    """Four equal systems, tastes of raters and needs of profiles: any pair apart in at most 8% of 200 studies."""
    apart = sum(
        bool(((found.low > 0) | (found.high < 0)).any())
        for found in (rank_intervals(*study(seed=seed), n_resamples=500, rng=rng()) for seed in range(200))
    )
    assert apart / 200 <= 0.08
