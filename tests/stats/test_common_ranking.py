"""Laws that every entry of the tables of rankings obeys, and peers on random tables with ties.

Peers that are no oracle (../shared/research/statistics.md, section 2) are not used: crowd-kit's Bradley-Terry stops
after two steps because it compares an array with itself; evalica (test_ranking.py) returns 1e-6 for every system where
one never wins, so only connected tables are compared; choix.lsr_pairwise is one step and not the maximum, so ilsr is used; choix knows no
ties, so every win is given to it twice and every tie as a win for each, which has the same maximum.
"""

import choix
import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import assume, given
from hypothesis import strategies as st

from study.analysis import PREFERENCE_MODELS
from study.stats.multiplicity import ADJUSTMENTS
from study.stats.planning.planned_studies import Assumptions, StudySize
from study.stats.planning.plans import QUANTITIES
from study.stats.ranking.answers import A_WON, B_WON, BOTH_BAD, TIED, answers
from study.stats.ranking.bradley_terry import bradley_terry, cluster_influence
from study.stats.ranking.covariates import COVARIANCES, covariate_fit
from study.stats.ranking.model_influence import graded_model_strengths, tie_model_strengths
from study.stats.ranking.preferences import preferences, win_matrix
from study.stats.ranking.rank_intervals import CRITICAL, rank_intervals_of
from study.stats.ranking.regressors import left_side
from study.stats.ranking.strengths import LIMITS, bradley_terry_strengths, strength_estimates, strengths
from study.stats.ranking.tie_likelihoods import TIE_MODELS
from study.stats.resampling import t_quantile
from tests.examples import examples
from tests.reference.rank_intervals import rank_intervals

SYSTEMS = list("ABCD")
TABLES = {
    "TIE_MODELS": TIE_MODELS,
    "LIMITS": LIMITS,
    "COVARIANCES": COVARIANCES,
    "CRITICAL": CRITICAL,
    "QUANTITIES": QUANTITIES,
    "ADJUSTMENTS": ADJUSTMENTS,
}
OVER_CLUSTERS, INDEPENDENT = {"sandwich", "score_bootstrap"}, {"model"}
WITH_DRAWS, WITHOUT_DRAWS = {"max_t"}, {"bonferroni"}
NEEDS_CLUSTERS, TAKES_NONE = {"clustered"}, {"model", "sandwich"}
OUTCOMES = {"ties_as_half": 3, "davidson": 3, "rao_kupper": 3, "grounded_rao_kupper": 4}
WITH_INFLUENCE = {"davidson", "rao_kupper", "grounded_rao_kupper"}
EFFECTS = {"win_rate": 0.6, "bt_difference": 0.5, "alpha": 0.4, "correlation": 0.3}


def test_the_laws_cover_every_entry():
    assert set(LIMITS) == OVER_CLUSTERS | INDEPENDENT
    assert set(CRITICAL) == WITH_DRAWS | WITHOUT_DRAWS
    assert set(COVARIANCES) == NEEDS_CLUSTERS | TAKES_NONE
    assert set(OUTCOMES) == set(TIE_MODELS)
    assert set(TIE_MODELS) - {"ties_as_half"} == WITH_INFLUENCE
    assert set(PREFERENCE_MODELS) == WITH_INFLUENCE | {"bradley_terry", "graded", "elo"}
    assert set(EFFECTS) == set(QUANTITIES)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_entry_has_a_stable_key_a_label_of_its_own_and_a_dated_source(table):
    for name, entry in table.items():
        assert name.isidentifier()
        assert name == name.lower()
        assert entry.label
        assert any(character.isdigit() for character in entry.source)
    assert len({entry.label for entry in table.values()}) == len(table)


def answered(seed=1, n=400, n_raters=12):
    """Random answers with ties, both bad and steps, and who gave them."""
    rng = np.random.default_rng(seed)
    a = rng.integers(0, 4, n)
    b = (a + rng.integers(1, 4, n)) % 4
    lean = 0.5 * (b - a) + rng.logistic(size=n)
    grade = np.where(np.abs(lean) < 0.5, 0, np.sign(lean) * np.where(np.abs(lean) > 1.5, 2, 1)).astype(int)
    answer = np.where(grade > 0, A_WON, np.where(grade < 0, B_WON, TIED))
    answer[(grade == 0) & (rng.random(n) < 0.3)] = BOTH_BAD
    return a, b, answer, grade, rng.integers(0, n_raters, n)


def rows(seed=1, turned=False, negated=False, kept=slice(None)):
    """The answers, with a and b exchanged (the same judgments) or all preferences turned round."""
    a, b, answer, grade, rater = (column[kept] for column in answered(seed))
    swapped = np.array([B_WON, A_WON, TIED, BOTH_BAD])[answer]
    if negated:
        answer, grade, swapped = swapped, -grade, answer
    given_ = answers(b, a, swapped, -grade, SYSTEMS) if turned else answers(a, b, answer, grade, SYSTEMS)
    return given_, rater


def fitted(model, given_, rater):
    if model == "graded":
        return graded_model_strengths(given_, rater)[0]
    return tie_model_strengths(given_, rater, model)


LIKELIHOODS = [*sorted(WITH_INFLUENCE), "graded"]


# Models of ties: probabilities


@pytest.mark.parametrize("model", TIE_MODELS)
@given(st.floats(-4, 4), st.floats(-4, 4), st.floats(-3, 3))
def test_the_outcomes_of_a_model_exhaust_what_can_happen(model, first, second, tie):
    curves = TIE_MODELS[model].function(np.array([[first, second, tie]]))
    assert len(curves) == OUTCOMES[model]
    assert sum(np.exp(curve.value[0]) for curve in curves) == pytest.approx(1, abs=1e-9)
    turned = TIE_MODELS[model].function(np.array([[second, first, tie]]))
    mirrored = [turned[1], turned[0], *turned[2:]]
    for curve, other in zip(curves, mirrored, strict=True):
        assert curve.value[0] == pytest.approx(other.value[0], abs=1e-9)


@pytest.mark.parametrize("model", TIE_MODELS)
def test_slopes_of_a_model_are_those_of_differences(model):
    point, step = np.array([[0.4, -0.7, 0.3]]), 1e-6
    for k, curve in enumerate(TIE_MODELS[model].function(point)):
        for place in range(3):
            moved = np.zeros_like(point)
            moved[0, place] = step
            high, low = (TIE_MODELS[model].function(point + sign * moved)[k].value[0] for sign in (1, -1))
            assert curve.gradient[0, place] == pytest.approx((high - low) / (2 * step), abs=1e-6)


# Influence of clusters


@pytest.mark.parametrize("model", LIKELIHOODS)
def test_influence_sums_to_zero_and_is_what_leaving_out_a_cluster_does_to_first_order(model):
    given_, rater = rows()
    fit = fitted(model, given_, rater)
    assert fit.influence.sum(axis=0) == pytest.approx(np.zeros(4), abs=1e-5)
    for cluster in range(3):
        kept = rater != cluster
        without = fitted(model, rows(kept=kept)[0], rater[kept])
        moved = fit.strengths - without.strengths
        assert fit.influence[cluster] == pytest.approx(moved, abs=0.25 * np.abs(moved).max() + 2e-3)


@pytest.mark.parametrize("model", LIKELIHOODS)
def test_one_judgment_a_cluster_gives_about_the_model_based_errors_where_the_model_is_right(model):
    rng, n = np.random.default_rng(5), 6000
    a = rng.integers(0, 4, n)
    b = (a + rng.integers(1, 4, n)) % 4
    lean = 0.4 * (a - b) + rng.logistic(size=n)
    grade = np.where(np.abs(lean) < 0.6, 0, np.sign(lean)).astype(int)
    answer = np.where(grade > 0, A_WON, np.where(grade < 0, B_WON, TIED))
    if model == "grounded_rao_kupper":
        answer[rng.random(n) < 0.1], grade = BOTH_BAD, np.where(answer == BOTH_BAD, 0, grade)
    grade = np.where(answer == BOTH_BAD, 0, grade)
    fit = fitted(model, answers(a, b, answer, grade, SYSTEMS), np.arange(n))
    robust = np.sqrt(np.diag(fit.influence.T @ fit.influence))
    assert robust == pytest.approx(np.sqrt(np.diag(fit.covariance)), rel=0.06)


def test_without_ties_every_influence_is_that_of_bradley_terry():
    a, b, answer, grade, rater = answered()
    won = answer < TIED
    given_ = answers(a[won], b[won], answer[won], np.sign(grade[won]), SYSTEMS)
    judged = preferences(a[won], b[won], np.where(answer[won] == A_WON, 1, -1), SYSTEMS)
    fit = bradley_terry(win_matrix(judged), SYSTEMS)
    expected = cluster_influence(fit, judged, rater[won])
    for model in LIKELIHOODS:
        found = fitted(model, given_, rater[won])
        assert found.strengths == pytest.approx(fit.strengths, abs=1e-6)
        assert found.influence == pytest.approx(expected, abs=1e-6)


def test_three_grades_have_the_influence_of_rao_kupper():
    a, b, answer, grade, rater = answered()
    given_ = answers(a, b, answer, np.sign(grade), SYSTEMS)
    one, two = fitted("rao_kupper", given_, rater), fitted("graded", given_, rater)
    assert two.strengths == pytest.approx(one.strengths, abs=1e-6)
    assert two.influence == pytest.approx(one.influence, abs=1e-6)


@pytest.mark.parametrize("model", LIKELIHOODS)
def test_a_model_knows_no_order_and_no_naming_of_a_and_b_and_negation_mirrors_it(model):
    given_, rater = rows()
    fit = fitted(model, given_, rater)
    swapped = fitted(model, rows(turned=True)[0], rater)
    order = np.random.default_rng(0).permutation(len(rater))
    shuffled = fitted(model, rows(kept=order)[0], rater[order])
    for other in (swapped, shuffled):
        assert other.strengths == pytest.approx(fit.strengths, abs=1e-7)
        assert other.influence == pytest.approx(fit.influence, abs=1e-7)
    if model != "grounded_rao_kupper":  # a win says of the bar what a loss does not
        mirrored = fitted(model, rows(negated=True)[0], rater)
        assert mirrored.strengths == pytest.approx(-fit.strengths, abs=1e-7)
        assert mirrored.influence == pytest.approx(-fit.influence, abs=1e-7)


@pytest.mark.parametrize("model", LIKELIHOODS)
def test_a_model_without_a_fit_has_a_reason_for_every_system(model):
    nothing = answers([], [], [], [], SYSTEMS)
    ties = answers([0, 1], [1, 2], [TIED, TIED], [0, 0], SYSTEMS)
    for given_, rater in ((nothing, np.array([], dtype=int)), (ties, np.array([0, 1]))):
        for method in LIMITS:
            cluster = None if method == "model" else rater
            estimates = strength_estimates(
                fitted(model, given_, cluster), method, n_resamples=20, rng=np.random.default_rng(0)
            )
            assert all(np.isnan(one.value) and one.reason for one in estimates)


# Kinds of intervals and ranks


@pytest.mark.parametrize("model", ["bradley_terry", *LIKELIHOODS])
@pytest.mark.parametrize("method", LIMITS)
def test_every_interval_holds_its_estimate_and_widens_with_confidence(model, method):
    given_, rater = rows()
    cluster = rater if method in OVER_CLUSTERS else None
    fit = bradley(method) if model == "bradley_terry" else fitted(model, given_, cluster)
    widths = []
    for level in (0.5, 0.9, 0.99):
        estimates = strength_estimates(
            fit, method, confidence_level=level, n_resamples=500, rng=np.random.default_rng(0)
        )
        assert all(one.low < one.value < one.high for one in estimates)
        assert {one.n_units for one in estimates} == {12 if cluster is not None else len(rater)}
        widths.append([one.high - one.low for one in estimates])
    assert (np.diff(np.array(widths), axis=0) > 0).all()


def bradley(method):
    a, b, answer, _, rater = answered()
    judged = preferences(a, b, np.array([1, -1, 0, 0])[answer], SYSTEMS)
    return bradley_terry_strengths(judged, rater if method in OVER_CLUSTERS else None, method)


@pytest.mark.parametrize("simultaneous", CRITICAL)
@pytest.mark.parametrize("model", LIKELIHOODS)
def test_ranks_of_every_model_hold_the_rank_of_the_estimate(model, simultaneous):
    given_, rater = rows()
    found = rank_intervals_of(
        fitted(model, given_, rater),
        "sandwich",
        simultaneous=simultaneous,
        n_resamples=500,
        rng=np.random.default_rng(0) if simultaneous in WITH_DRAWS else None,
    )
    assert (found.rank_low <= found.rank).all()
    assert (found.rank <= found.rank_high).all()
    assert sorted(found.rank) == [1, 2, 3, 4]


@pytest.mark.parametrize("simultaneous", CRITICAL)
def test_only_rules_that_draw_need_a_generator(simultaneous):
    a, b, answer, _, rater = answered()
    judged = preferences(a, b, np.array([1, -1, 0, 0])[answer], SYSTEMS)
    if simultaneous in WITHOUT_DRAWS:
        assert rank_intervals(judged, rater, simultaneous=simultaneous).n_resamples == 0
    else:
        with pytest.raises(ValueError, match="rng None"):
            rank_intervals(judged, rater, simultaneous=simultaneous)


@pytest.mark.parametrize("name", COVARIANCES)
def test_every_covariance_is_symmetric_not_negative_and_blind_to_the_common_level(name):
    a, b, answer, _, rater = answered()
    judged = preferences(a, b, np.array([1, -1, 0, 0])[answer], SYSTEMS)
    side = np.where(np.random.default_rng(2).random(len(a)) < 0.5, 1, -1)
    groups = rater if name in NEEDS_CLUSTERS else None
    covariance = covariate_fit(judged, [left_side(side)], groups, method=name).covariance
    assert covariance == pytest.approx(covariance.T, abs=1e-12)
    assert np.linalg.eigvalsh(covariance).min() > -1e-12
    assert covariance[:4].sum(axis=0) == pytest.approx(np.zeros(5), abs=1e-10)


@pytest.mark.parametrize("name", ADJUSTMENTS)
@given(st.lists(st.floats(0, 1), max_size=12), st.randoms(use_true_random=False))
def test_every_adjustment_keeps_the_order_never_lowers_p_and_leaves_one_test_alone(name, p_values, random):
    adjusted = ADJUSTMENTS[name].function(p_values)
    assert (adjusted >= np.array(p_values) - 1e-12).all()
    assert (adjusted <= 1).all()
    order = np.argsort(p_values, kind="stable")
    assert (np.diff(adjusted[order]) >= -1e-12).all()
    places = list(range(len(p_values)))
    random.shuffle(places)
    assert ADJUSTMENTS[name].function([p_values[k] for k in places]) == pytest.approx(adjusted[places])
    if len(p_values) == 1:
        assert adjusted.tolist() == p_values
    assert np.isnan(ADJUSTMENTS[name].function([np.nan, 0.5])).tolist() == [True, False]


@pytest.mark.parametrize("name", QUANTITIES)
def test_every_planned_study_repeats_with_its_seed_and_knows_its_truth(name):
    size, world = StudySize(40, 3, 20), Assumptions(EFFECTS[name])
    simulate = QUANTITIES[name].simulate
    (one, truth), (two, again) = (simulate(size, world, 0.95, np.random.default_rng(4)) for _ in range(2))
    assert (one, truth) == (two, again)
    assert one.low < one.value < one.high
    assert truth != QUANTITIES[name].null


# Peers on random tables with ties

tables = st.lists(
    st.tuples(st.integers(0, 3), st.integers(1, 3), st.sampled_from([-1, 0, 1]), st.integers(0, 5)),
    min_size=12,
    max_size=80,
)


def columns(table):
    a, step, preference, rater = np.array(table).T
    return a, (a + step) % 4, preference, rater


@examples(60)
@given(tables)
def test_choix_with_every_win_twice_and_every_tie_as_a_win_for_each_gives_the_same_strengths(table):
    a, b, preference, _ = columns(table)
    fit = bradley_terry(win_matrix(preferences(a, b, preference, SYSTEMS)), SYSTEMS)
    assume(fit.comparability.comparable.all())
    won = np.concatenate([[(i, j), (i, j)] for i, j in _wins(a, b, preference)] or [np.empty((0, 2), int)])
    tied = [
        pair for i, j in zip(a[preference == 0], b[preference == 0], strict=True) for pair in ((i, j), (j, i))
    ]
    games = [tuple(map(int, pair)) for pair in [*won.tolist(), *tied]]
    peer = choix.ilsr_pairwise(4, games, max_iter=10_000, tol=1e-13)
    assert fit.strengths == pytest.approx(peer - peer.mean(), abs=1e-6)


def _wins(a, b, preference):
    for i, j, sign in zip(a.tolist(), b.tolist(), preference.tolist(), strict=True):
        if sign:
            yield (i, j) if sign > 0 else (j, i)


@examples(40)
@given(tables)
@pytest.mark.filterwarnings("ignore::statsmodels.tools.sm_exceptions.SpecificationWarning")
@pytest.mark.filterwarnings("ignore::statsmodels.tools.sm_exceptions.DomainWarning")
def test_statsmodels_glm_with_halves_for_ties_gives_the_same_clustered_errors(table):
    a, b, preference, rater = columns(table)
    estimates = strengths(preferences(a, b, preference, SYSTEMS), rater)
    assume(all(one.reason is None for one in estimates))
    assume(max(abs(one.value) for one in estimates) < 4)
    design = np.zeros((len(a), 4))
    design[np.arange(len(a)), a], design[np.arange(len(a)), b] = 1, -1
    contrast = np.linalg.svd(np.eye(4) - 0.25)[0][:, :3]  # strengths of mean zero
    model = sm.GLM((1 + preference) / 2, design @ contrast, family=sm.families.Binomial())
    peer = model.fit(
        tol=1e-13, maxiter=300, cov_type="cluster", cov_kwds={"groups": rater, "use_correction": False}
    )
    n_clusters = len(np.unique(rater))
    errors = np.sqrt(np.diag(contrast @ peer.cov_params() @ contrast.T) * n_clusters / (n_clusters - 1))
    assert [one.value for one in estimates] == pytest.approx(contrast @ peer.params, abs=1e-6)
    half = t_quantile(0.95, n_clusters - 1) * errors
    known = np.array([one.reason is None for one in estimates])
    found = np.array([(one.high - one.low) / 2 for one in estimates])
    assert found[known] == pytest.approx(half[known], rel=1e-5, abs=1e-7)
