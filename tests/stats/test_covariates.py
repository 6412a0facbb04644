"""Covariates beside strengths: published figures, statsmodels, laws, the undefined."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

from study.errors import InvalidInput
from study.stats.ranking.bradley_terry import bradley_terry
from study.stats.ranking.covariates import covariate_fit
from study.stats.ranking.preferences import preferences, win_matrix
from study.stats.ranking.regressors import covariate, left_side
from study.stats.ranking.strengths import strengths
from tests.examples import examples
from tests.stats.baseball import TEAMS, baseball_rows, deviance, judged
from tests.stats.biased_study import QUALITY, SYSTEMS, biased_study, values


def baseball():
    rows = list(baseball_rows())
    data = judged([(h, a, s, n) for h, a, *each in rows for s, n in zip((1, -1), each, strict=True)], TEAMS)
    return data, left_side(np.ones(len(data.a)))


def error(estimate):
    return (estimate.high - estimate.low) / 2 / 1.959963984540054


def test_agresti_2002_baseball_with_home_advantage():
    data, home = baseball()
    fit = covariate_fit(data, [home])
    assert fit.effects["left"].value == pytest.approx(0.302, abs=5e-4)
    assert error(fit.effects["left"]) == pytest.approx(0.1309, abs=5e-5)
    worths = np.exp(values(fit.strengths))
    assert (worths / worths.sum()).round(3).tolist() == [0.044, 0.088, 0.137, 0.157, 0.164, 0.190, 0.220]
    plain = covariate_fit(data)
    improvement = 2 * (fit.log_likelihood - plain.log_likelihood)
    assert improvement == pytest.approx(44.053 - 38.643, abs=1e-3)


def test_agresti_2002_baseball_residual_deviance_with_home_advantage():
    data, home = baseball()
    fit = covariate_fit(data, [home])
    found = deviance(baseball_rows(), values(fit.strengths), home=fit.effects["left"].value)
    assert found == pytest.approx(38.643, abs=5e-4)


def test_without_covariates_it_is_bradley_terry_with_the_same_intervals():
    data, _, _, rater = biased_study()
    plain = bradley_terry(win_matrix(data), SYSTEMS)
    model, clustered = covariate_fit(data), covariate_fit(data, cluster=rater)
    assert values(model.strengths) == pytest.approx(plain.strengths, abs=1e-9)
    assert model.covariance == pytest.approx(plain.covariance, abs=1e-9)
    assert model.log_likelihood == pytest.approx(plain.log_likelihood, rel=1e-12)
    for ours, peer in zip(clustered.strengths, strengths(data, rater), strict=True):
        assert (ours.low, ours.high) == pytest.approx((peer.low, peer.high), abs=1e-9)


def design_matrix(data, *columns):
    x = np.zeros((len(data.a), 5))
    x[np.arange(len(x)), data.a], x[np.arange(len(x)), data.b] = 1, -1
    return np.column_stack([x[:, 1:], *columns])


@pytest.mark.filterwarnings("ignore::statsmodels.tools.sm_exceptions.SpecificationWarning")
def test_statsmodels_glm_gives_the_same_estimates_and_covariances():
    data, side, length, rater = biased_study(n=1500)
    kept = data.preference != 0
    data = preferences(data.a[kept], data.b[kept], data.preference[kept], SYSTEMS)
    side, rater = side[kept], rater[kept]
    length = covariate("length", length.values[kept])
    model = sm.GLM(
        (data.preference == 1).astype(float),
        design_matrix(data, side, length.values),
        family=sm.families.Binomial(),
    )
    peers = {
        "model": model.fit(tol=1e-12),
        "sandwich": model.fit(tol=1e-12, cov_type="HC0"),
        "clustered": model.fit(
            tol=1e-12, cov_type="cluster", cov_kwds={"groups": rater, "use_correction": False}
        ),
    }
    for name, peer in peers.items():
        groups = rater if name == "clustered" else None
        fit = covariate_fit(data, [left_side(side), length], groups, method=name)
        s = values(fit.strengths)
        assert s[1:] - s[0] == pytest.approx(peer.params[:4], abs=1e-7)
        assert values(fit.effects.values()) == pytest.approx(peer.params[4:], abs=1e-7)
        contrast = np.zeros((6, 7))
        contrast[:4, 0], contrast[:4, 1:5], contrast[4:, 5:] = -1, np.eye(4), np.eye(2)
        covariance = contrast @ fit.covariance @ contrast.T
        correction = 30 / 29 if name == "clustered" else 1
        assert covariance == pytest.approx(peer.cov_params() * correction, abs=1e-8)


def test_swapping_sides_negates_the_position_effect_only():
    data, side, length, rater = biased_study()
    fit, mirrored = (covariate_fit(data, [left_side(s), length], rater) for s in (side, -side))
    assert mirrored.effects["left"].value == pytest.approx(-fit.effects["left"].value, abs=1e-9)
    assert mirrored.effects["length"].value == pytest.approx(fit.effects["length"].value, abs=1e-9)
    assert values(mirrored.strengths) == pytest.approx(values(fit.strengths), abs=1e-9)
    assert mirrored.log_likelihood == pytest.approx(fit.log_likelihood, rel=1e-12)


def test_naming_the_pair_the_other_way_round_changes_nothing_and_nor_does_the_order_of_rows():
    data, side, length, rater = biased_study()
    fit = covariate_fit(data, [left_side(side), length], rater)
    turn = np.random.default_rng(1).choice([-1, 1], len(side))
    a, b = np.where(turn == 1, data.a, data.b), np.where(turn == 1, data.b, data.a)
    order = np.random.default_rng(2).permutation(len(side))
    other = covariate_fit(
        preferences(a[order], b[order], (data.preference * turn)[order], SYSTEMS),
        [left_side((side * turn)[order]), covariate("length", (length.values * turn)[order])],
        rater[order],
    )
    for ours, theirs in zip(
        [*fit.strengths, *fit.effects.values()], [*other.strengths, *other.effects.values()], strict=True
    ):
        assert [theirs.value, theirs.low, theirs.high] == pytest.approx(
            [ours.value, ours.low, ours.high], abs=1e-9
        )


def test_expected_wins_and_expected_left_wins_are_the_observed_ones():
    data, side, length, _ = biased_study()
    fit = covariate_fit(data, [left_side(side), length])
    s, effects = values(fit.strengths), values(fit.effects.values())
    p = 1 / (1 + np.exp(s[data.b] - s[data.a] - side * effects[0] - length.values * effects[1]))
    residual = (1 + data.preference) / 2 - p
    assert np.bincount(data.a, residual) - np.bincount(data.b, residual) == pytest.approx(0, abs=1e-6)
    assert [side @ residual, length.values @ residual] == pytest.approx([0, 0], abs=1e-6)


def test_effects_are_found_and_without_them_the_strengths_of_balanced_sides_shrink():
    data, side, length, rater = biased_study(n=40_000, left=1.0, length=0.5, seed=3)
    decided = data.preference != 0
    data = preferences(data.a[decided], data.b[decided], data.preference[decided], SYSTEMS)
    length = covariate("length", length.values[decided])
    fit = covariate_fit(data, [left_side(side[decided]), length], rater[decided])
    for name, truth in (("left", 1.0), ("length", 0.5)):
        assert fit.effects[name].value == pytest.approx(truth, abs=0.06)
    assert values(fit.strengths) == pytest.approx(QUALITY, abs=0.06)
    assert np.ptp(values(covariate_fit(data).strengths)) < 0.95 * np.ptp(values(fit.strengths))


def test_an_effect_per_rater_equals_a_regression_with_a_column_per_rater():
    data, side, _, rater = biased_study(n=1200, n_raters=3)
    names = ["r1", "r2", "r3"]
    together = covariate_fit(data, [covariate("left", side, rater, names)])
    apart = covariate_fit(data, [covariate(r, side * (rater == i)) for i, r in enumerate(names)])
    assert list(together.effects) == ["left: r1", "left: r2", "left: r3"]
    assert values(together.effects.values()) == pytest.approx(values(apart.effects.values()), abs=1e-9)
    assert together.covariance == pytest.approx(apart.covariance, abs=1e-9)


def test_an_effect_of_one_cluster_alone_has_no_clustered_interval():
    data, side, _, rater = biased_study(n=1200, n_raters=3)
    fit = covariate_fit(data, [covariate("left", side, rater, ["r1", "r2", "r3"])], rater)
    for estimate in fit.effects.values():
        assert np.isfinite(estimate.value)
        assert np.isnan([estimate.low, estimate.high]).all()
        assert "1 cluster only" in estimate.reason
    assert all(e.low < e.value < e.high for e in fit.strengths)


def test_a_system_judged_in_one_cluster_has_a_strength_without_a_clustered_interval():
    data, side, _, rater = biased_study(n=1200, n_raters=6)
    rater = np.where((data.a == 4) | (data.b == 4), 0, rater)
    fit = covariate_fit(data, [left_side(side)], rater)
    for estimates in (strengths(data, rater), fit.strengths):
        assert np.isfinite(estimates[4].value)
        assert np.isnan([estimates[4].low, estimates[4].high]).all()
        assert "1 cluster only" in estimates[4].reason
        assert all(e.low < e.value < e.high and e.reason is None for e in estimates[:4])
    assert np.isfinite(fit.effects["left"].low)


def test_an_effect_that_others_determine_is_said_and_leaves_the_fit():
    data, side, _, _ = biased_study()
    of_system = (data.a == 2) * 1.0 - (data.b == 2)
    given = [
        left_side(side),
        covariate("again", 2.0 * side),
        covariate("own", of_system),
        covariate("none", side * 0),
    ]
    fit = covariate_fit(data, given)
    for name in ("again", "own", "none"):
        assert np.isnan(fit.effects[name].value)
        assert "a combination of the systems and of the effects before it" in fit.effects[name].reason
    plain = covariate_fit(data, given[:1])
    assert values(fit.strengths) == pytest.approx(values(plain.strengths), abs=1e-9)
    assert fit.effects["left"].value == pytest.approx(plain.effects["left"].value, abs=1e-9)
    assert not fit.covariance[6:].any()


def test_a_rater_who_always_picks_the_left_is_separated_and_the_others_are_fitted_without_them():
    data, side, _, rater = biased_study(n=1200, n_raters=3)
    answer = np.where(rater == 0, side, data.preference)
    data = preferences(data.a, data.b, answer, SYSTEMS)
    fit = covariate_fit(data, [covariate("left", side, rater, ["r1", "r2", "r3"])])
    assert "predicts some judgments without exception" in fit.effects["left: r1"].reason
    rest = rater != 0
    others = preferences(data.a[rest], data.b[rest], answer[rest], SYSTEMS)
    alone = covariate_fit(others, [covariate("left", side[rest], rater[rest] - 1, ["r2", "r3"])])
    assert values(fit.strengths) == pytest.approx(values(alone.strengths), abs=1e-4)
    assert [error(e) for e in fit.strengths] == pytest.approx([error(e) for e in alone.strengths], rel=1e-3)
    held = covariate_fit(data, [covariate("left", side, rater, ["r1", "r2", "r3"])], ridge=1.0)
    assert 1 < held.effects["left: r1"].value < 10
    assert "ridge 1" in held.effects["left: r1"].method


def test_systems_that_are_not_comparable_are_said_or_held_by_a_stated_ridge():
    rows = judged([(1, 2, 1, 3), (2, 3, 1, 3), (3, 1, 1, 3), (0, 1, 1, 5)], list("ABCD"))
    side = np.resize([1, -1], 14)
    fit = covariate_fit(rows, [left_side(side)])
    assert "won every comparison" in fit.strengths[0].reason
    assert fit.n_judgments == 9
    assert all(e.reason is None for e in fit.strengths[1:])
    held = covariate_fit(rows, [left_side(side)], ridge=0.5)
    assert held.strengths[0].value > held.strengths[1].value
    assert held.n_judgments == 14
    assert "won every comparison" in held.comparability.reasons[0]
    for nothing in (preferences([], [], [], ["A", "B"]), preferences([0], [1], [1], ["A", "B"])):
        empty = covariate_fit(nothing, [left_side(nothing.preference)], np.zeros(len(nothing.a), dtype=int))
        assert np.isnan(values([*empty.strengths, *empty.effects.values()])).all()
        assert all(e.reason for e in [*empty.strengths, *empty.effects.values()])


def test_a_ridge_is_the_penalty_it_says():
    data, side, _, _ = biased_study(n=300)

    def penalised(fit):
        s, left = values(fit.strengths), fit.effects["left"].value
        return fit.log_likelihood - 2.0 / 2 * (s @ s + left**2)

    fit = covariate_fit(data, [left_side(side)], ridge=2.0)
    assert all(
        penalised(fit) > penalised(covariate_fit(data, [left_side(side)], ridge=r)) for r in (1.8, 2.2)
    )
    tiny = covariate_fit(data, [left_side(side)], ridge=1e-9)
    plain = covariate_fit(data, [left_side(side)])
    assert values(tiny.strengths) == pytest.approx(values(plain.strengths), abs=1e-7)


def test_one_cluster_gives_estimates_without_intervals():
    data, side, _, _ = biased_study(n=300)
    fit = covariate_fit(data, [left_side(side)], np.zeros(300, dtype=int))
    for estimate in (*fit.strengths, *fit.effects.values()):
        assert np.isfinite(estimate.value)
        assert np.isnan(estimate.low)
        assert "at least 2" in estimate.reason


def test_malformed_covariates_are_named():
    data, side, _, rater = biased_study(n=20)
    with pytest.raises(InvalidInput, match="length is missing at position 1"):
        covariate("length", [1.0, np.nan])
    with pytest.raises(InvalidInput, match="group code 2"):
        covariate("left", [1, 1], [0, 2], ["r1", "r2"])
    with pytest.raises(InvalidInput, match="each name once"):
        covariate_fit(data, [left_side(side), left_side(side)])
    with pytest.raises(InvalidInput, match="judgments 20, left 3"):
        covariate_fit(data, [left_side(side[:3])])
    with pytest.raises(InvalidInput, match="'clustered' without clusters"):
        covariate_fit(data, method="clustered")
    with pytest.raises(InvalidInput, match="'sandwich' with clusters"):
        covariate_fit(data, cluster=rater, method="sandwich")
    with pytest.raises(InvalidInput, match="ridge -1"):
        covariate_fit(data, ridge=-1)


@examples(40)
@given(st.integers(0, 10_000), st.integers(2, 60))
def test_a_covariate_fit_never_breaks_or_warns(seed, n):
    rng = np.random.default_rng(seed)
    a = rng.integers(0, 4, n)
    data = preferences(a, (a + rng.integers(1, 4, n)) % 4, rng.integers(-1, 2, n), SYSTEMS[:4])
    side, rater = rng.choice([-1, 0, 1], n), rng.integers(0, 3, n)
    for groups in (None, rater):
        fit = covariate_fit(data, [covariate("left", side, rater, ["r1", "r2", "r3"])], groups)
        for estimate in (*fit.strengths, *fit.effects.values()):
            assert np.isnan(estimate.low) == (estimate.reason is not None)
    assert set(fit.effects) == {"left: r1", "left: r2", "left: r3"}
