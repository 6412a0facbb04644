"""Simultaneous differences and ranks, the exact test: closed forms, peers, laws, the undefined."""

import choix
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from study.errors import InvalidInput
from study.stats.ranking.bradley_terry import bradley_terry
from study.stats.ranking.preferences import preferences, win_matrix
from study.stats.ranking.rank_intervals import CRITICAL
from study.stats.ranking.sign_test import sign_test
from study.stats.ranking.strengths import LIMITS, strengths
from tests.reference.rank_intervals import rank_intervals
from tests.stats.baseball import judged

SYSTEMS = list("ABCDE")


def rng():
    return np.random.default_rng(0)


def study(n_raters=40, n_each=60, quality=(-1.5, -0.5, 0.0, 0.1, 1.5), spread=0.0, seed=0):
    draws = np.random.default_rng(seed)
    n = n_raters * n_each
    taste = np.array(quality) + draws.normal(0, spread, (n_raters, 5))
    rater = np.repeat(np.arange(n_raters), n_each)
    a = draws.integers(0, 5, n)
    b = (a + draws.integers(1, 5, n)) % 5
    won = draws.random(n) < 1 / (1 + np.exp(taste[rater, b] - taste[rater, a]))
    return preferences(a, b, np.where(won, 1, -1), SYSTEMS), rater


def test_worked_example_of_72_of_100():
    assert sign_test(72, 28) == pytest.approx(1.258e-5, abs=5e-9)


@given(st.integers(0, 300), st.integers(0, 300))
def test_the_sign_test_is_scipys_exact_binomial_test(wins, losses):
    peer = stats.binomtest(wins, wins + losses).pvalue if wins + losses else 1.0
    assert sign_test(wins, losses) == pytest.approx(peer, rel=1e-9)
    assert sign_test(losses, wins) == sign_test(wins, losses)


def test_half_wins_are_no_counts():
    with pytest.raises(InvalidInput, match=r"wins 0\.5; allowed: a whole number"):
        sign_test(0.5, 1)
    with pytest.raises(InvalidInput, match="losses -1"):
        sign_test(1, -1)


@pytest.mark.parametrize("seed", range(5))
def test_bradley_terry_equals_choix_without_ties(seed):
    data, _ = study(n_raters=5, seed=seed)
    won = data.preference == 1
    rows = np.column_stack([np.where(won, data.a, data.b), np.where(won, data.b, data.a)])
    fit = bradley_terry(win_matrix(data), SYSTEMS)
    assert fit.strengths == pytest.approx(choix.ilsr_pairwise(5, rows, max_iter=1000, tol=1e-12), abs=1e-8)
    assert fit.strengths == pytest.approx(choix.opt_pairwise(5, rows, alpha=1e-12), abs=1e-4)


def balanced(n_systems, n=10):
    """Every pair judged equally often, half for each: all strengths equal, all differences equally uncertain."""
    rows = [(i, j, sign, n) for i in range(n_systems) for j in range(i) for sign in (-1, 1)]
    return judged(rows, [str(i) for i in range(n_systems)])


@pytest.mark.parametrize("n_systems", [2, 3, 6])
def test_the_largest_difference_of_a_balanced_study_is_tukeys_studentized_range(n_systems):
    data = balanced(n_systems)
    found = rank_intervals(data, n_resamples=200_000, rng=rng()).critical_value
    assert found == pytest.approx(
        stats.studentized_range.ppf(0.95, n_systems, np.inf) / np.sqrt(2), abs=0.015
    )


def test_bonferroni_divides_the_error_rate_by_the_pairs():
    data, rater = study()
    model = rank_intervals(data, simultaneous="bonferroni")
    clustered = rank_intervals(data, rater, simultaneous="bonferroni")
    assert model.critical_value == pytest.approx(stats.norm.ppf(1 - 0.025 / 10))
    assert clustered.critical_value == pytest.approx(stats.t.ppf(1 - 0.025 / 10, 39))


@pytest.mark.parametrize("method", LIMITS)
def test_the_largest_difference_is_no_wider_than_bonferroni_and_wider_than_one_pair(method):
    data, rater = study(n_raters=400)
    cluster = None if method == "model" else rater
    wide = rank_intervals(data, cluster, method=method, simultaneous="bonferroni")
    narrow = rank_intervals(data, cluster, method=method, rng=rng())
    assert stats.norm.ppf(0.975) < narrow.critical_value < wide.critical_value
    assert narrow.critical_value == pytest.approx(2.72, abs=0.08)
    np.testing.assert_array_equal(narrow.rank, wide.rank)
    assert (wide.rank_low <= narrow.rank_low).all()
    assert (narrow.rank_low <= narrow.rank).all()
    assert (narrow.rank <= narrow.rank_high).all()
    assert (narrow.rank_high <= wide.rank_high).all()


def test_ranks_are_those_that_the_differences_leave():
    data, rater = study(n_raters=60)
    found = rank_intervals(data, rater, rng=rng())
    assert found.rank.tolist() == [5, 4, 3, 2, 1] or found.rank.tolist() == [5, 4, 2, 3, 1]
    assert (found.rank_low[4], found.rank_high[4]) == (1, 1)
    assert (found.rank_low[0], found.rank_high[0]) == (5, 5)
    assert (found.rank_low[2], found.rank_high[2]) == (2, 3)
    assert (found.n_units, found.n_resamples) == (60, 5000)


def test_a_difference_is_that_of_the_strengths_with_the_error_of_a_two_system_fit():
    data, rater = study(n_raters=8)
    found = rank_intervals(data, rater, rng=rng())
    estimates = strengths(data, rater)
    assert found.difference[0, 1] == pytest.approx(estimates[0].value - estimates[1].value)
    two = preferences([0] * 60, [1] * 60, np.resize([1, 1, -1], 60), ["A", "B"])
    raters = np.repeat(np.arange(6), 10)
    pair, single = rank_intervals(two, raters, simultaneous="bonferroni"), strengths(two, raters)[0]
    assert pair.difference[0, 1] == pytest.approx(2 * single.value)
    assert pair.low[0, 1] == pytest.approx(2 * single.low)
    assert pair.p_value[0, 1] == pair.adjusted_p[0, 1]


def test_p_values_are_holms_and_mirror_the_differences():
    data, rater = study(quality=(-0.2, -0.1, 0.0, 0.1, 0.2), n_raters=20)
    found = rank_intervals(data, rater, rng=rng())
    upper = np.triu_indices(5, 1)
    p, adjusted = found.p_value[upper], found.adjusted_p[upper]
    order = np.argsort(p)
    by_hand = np.minimum(1, np.maximum.accumulate(p[order] * (10 - np.arange(10))))
    assert adjusted[order] == pytest.approx(by_hand)
    np.testing.assert_array_equal(found.adjusted_p, found.adjusted_p.T)
    np.testing.assert_allclose(found.low, -found.high.T)
    assert np.isnan(np.diag(found.p_value)).all()


@pytest.mark.parametrize("simultaneous", CRITICAL)
def test_negated_preferences_turn_the_ranks_round(simultaneous):
    data, rater = study(n_raters=30)
    turned = preferences(data.a, data.b, -data.preference, SYSTEMS)
    found = rank_intervals(data, rater, simultaneous=simultaneous, rng=rng())
    mirrored = rank_intervals(turned, rater, simultaneous=simultaneous, rng=rng())
    assert mirrored.rank_low.tolist() == (6 - found.rank_high).tolist()
    assert mirrored.rank_high.tolist() == (6 - found.rank_low).tolist()
    assert mirrored.critical_value == pytest.approx(found.critical_value, rel=1e-2)


def test_systems_that_are_not_comparable_have_no_rank_and_equal_ones_share_theirs():
    rows = judged([(1, 2, 1, 3), (2, 3, 1, 3), (3, 1, 1, 3), (0, 1, 1, 5)], list("ABCD"))
    found = rank_intervals(rows, simultaneous="bonferroni")
    np.testing.assert_array_equal(found.rank, [np.nan, 1, 1, 1])
    np.testing.assert_array_equal(found.rank_high, [np.nan, 3, 3, 3])
    assert np.isnan(found.difference[0]).all()
    assert "won every comparison" in found.comparability.reasons[0]


@pytest.mark.parametrize("method", ["sandwich", "score_bootstrap"])
def test_one_cluster_gives_ranks_without_intervals(method):
    data, _ = study(n_raters=1)
    found = rank_intervals(data, np.zeros(60, dtype=int), method=method, rng=rng())
    assert "at least 2" in found.reason
    assert np.isfinite(found.rank).all()
    assert np.isnan([*found.rank_low, *found.rank_high, *found.low.ravel(), *found.p_value.ravel()]).all()


def test_a_system_judged_in_one_cluster_may_have_any_rank():
    data, rater = study(n_raters=30)
    found = rank_intervals(data, np.where((data.a == 4) | (data.b == 4), 0, rater), rng=rng())
    assert (found.rank[4], found.rank_low[4], found.rank_high[4]) == (1, 1, 5)
    assert (found.rank_low[0], found.rank_high[0]) == (4, 5)
    assert np.isnan(found.low[4]).all()


def test_clusters_that_do_not_vary_tell_no_systems_apart():
    data = judged([(0, 1, 1, 2), (0, 1, -1, 1)] * 4, ["A", "B"])
    found = rank_intervals(data, np.repeat(np.arange(4), 3), rng=rng())
    assert np.isnan(found.p_value).all()
    assert "do not vary" in found.reason
    assert np.isnan(found.rank_low).all()


def test_nothing_judged_has_no_ranks_and_wrong_settings_are_named():
    nothing = preferences([], [], [], ["A", "B"])
    assert "fewer than two systems" in rank_intervals(nothing, simultaneous="bonferroni").reason
    data, rater = study(n_raters=4)
    with pytest.raises(InvalidInput, match="a numpy Generator"):
        rank_intervals(data, rater)
    with pytest.raises(InvalidInput, match="unknown rule 'max-t'"):
        rank_intervals(data, rater, simultaneous="max-t", rng=rng())
    with pytest.raises(InvalidInput, match="unknown interval method"):
        rank_intervals(data, rater, method="wald", rng=rng())
    with pytest.raises(InvalidInput, match="without clusters"):
        rank_intervals(data, method="sandwich", rng=rng())


@pytest.mark.slow
@pytest.mark.parametrize("simultaneous", CRITICAL)
def test_all_ranks_and_all_differences_are_covered_together_where_raters_differ(simultaneous):
    quality = np.array([-0.5, -0.1, 0.0, 0.1, 0.5])
    large, _ = study(n_raters=20_000, n_each=40, quality=quality, spread=0.6, seed=99)
    truth = bradley_terry(win_matrix(large), SYSTEMS).strengths
    gaps, rank = np.subtract.outer(truth, truth), np.array([5, 4, 3, 2, 1])
    upper = np.triu_indices(5, 1)
    differences = ranks = 0
    for seed in range(400):
        found = rank_intervals(
            *study(n_raters=25, quality=quality, spread=0.6, seed=seed),
            simultaneous=simultaneous,
            n_resamples=1000,
            rng=rng(),
        )
        differences += ((found.low <= gaps) & (gaps <= found.high))[upper].all()
        ranks += ((found.rank_low <= rank) & (rank <= found.rank_high)).all()
    assert 0.92 <= differences / 400 <= 0.99
    assert ranks >= differences
