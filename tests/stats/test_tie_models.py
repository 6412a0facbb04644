"""Preference models with ties: published figures, evalica, laws, the undefined."""

import evalica
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from study.errors import InvalidInput
from study.stats.ranking.bradley_terry import bradley_terry
from study.stats.ranking.preferences import WinCounts, preferences, win_counts
from study.stats.ranking.tie_likelihoods import TIE_MODELS
from study.stats.ranking.tie_models import tie_model
from tests.examples import examples
from tests.reference.tie_models import tie_models

# PlackettLuce::pudding (Davidson 1970): i, j, i preferred, j preferred, ties
PUDDING = """
1 2 19 22 16|1 3 16 19 12|2 3 19 19 10|1 4 18 23 13|2 4 23 19 9|3 4 19 20 15|1 5 13 19 18|2 5 16 20 12
3 5 16 15 17|4 5 17 14 16|1 6 18 21 12|2 6 22 20 12|3 6 13 18 10|4 6 14 19 18|5 6 11 21 12
"""
SIX = [str(i) for i in range(1, 7)]
THREE = ["A", "B", "C"]
WINNERS = {1: evalica.Winner.X, -1: evalica.Winner.Y, 0: evalica.Winner.Draw}


def pudding():
    wins, ties = np.zeros((6, 6)), np.zeros((6, 6))
    for row in PUDDING.strip().replace("\n", "|").split("|"):
        i, j, won, lost, tied = map(int, row.split())
        wins[i - 1, j - 1], wins[j - 1, i - 1] = won, lost
        ties[i - 1, j - 1] = ties[j - 1, i - 1] = tied
    return WinCounts(wins, ties)


def worths(fit):
    return np.exp(fit.strengths) / np.exp(fit.strengths).sum()


def bad_or_none(model, counts, bad=None):
    """The table of both bad where the model needs one."""
    return (np.zeros_like(counts.ties) if bad is None else bad) if model == "grounded_rao_kupper" else None


def random_counts(seed, n=5, mean=8.0):
    rng = np.random.default_rng(seed)
    wins = rng.poisson(mean, (n, n)) * (1.0 - np.eye(n))
    ties, bad = np.triu(rng.poisson(mean / 2, (2, n, n)), 1).astype(float)
    return WinCounts(wins, ties + ties.T), bad + bad.T


def log_likelihood(model, strengths, tie, counts, bad=None):
    """The likelihood written out from the definitions, one pair at a time."""
    p, value = np.exp(strengths), 0.0
    for i in range(len(p)):
        for j in range(i):
            a, b, root = p[i], p[j], np.sqrt(p[i] * p[j])
            if model == "davidson":
                shares = np.array([a, b, tie * root]) / (a + b + tie * root)
            elif model == "rao_kupper":
                won, lost = a / (a + tie * b), b / (b + tie * a)
                shares = np.array([won, lost, 1 - won - lost])
            else:
                won, lost, none = a / (a + tie * b + 1), b / (b + tie * a + 1), 1 / (1 + a + b)
                shares = np.array([won, lost, 1 - won - lost - none, none])
            n = [counts.wins[i, j], counts.wins[j, i], counts.ties[i, j]]
            value += np.array([*n, bad[i, j]][: len(shares)]) @ np.log(shares)
    return value


def test_davidson_1970_pudding():
    fit = tie_model(pudding(), SIX, "davidson")
    published = [0.1388034, 0.1730015, 0.1617474, 0.1653729, 0.1586854, 0.2023893]
    assert worths(fit) == pytest.approx(published, abs=1e-7)  # printed, they add up to 0.9999999
    assert fit.tie_parameter == pytest.approx(0.746823, abs=5e-7)
    assert -fit.log_likelihood == pytest.approx(809.70951, abs=5e-6)


def test_rao_kupper_on_davidsons_pudding():
    fit = tie_model(pudding(), SIX, "rao_kupper")
    published = [0.14440, 0.17179, 0.16282, 0.16608, 0.16038, 0.19453]
    assert worths(fit) == pytest.approx(published, abs=5e-6)
    assert fit.tie_parameter == pytest.approx(1.748457, abs=5e-7)
    assert -fit.log_likelihood == pytest.approx(809.69713, abs=5e-6)


def test_worked_example_of_three_pairs_with_ties():
    counts = WinCounts(np.array([[0.0, 7, 8], [3, 0, 6], [2, 4, 0]]), 2 - 2 * np.eye(3))
    fit = tie_model(counts, THREE, "rao_kupper")
    assert fit.strengths == pytest.approx([0.61006, -0.12205, -0.48801], abs=5e-6)
    assert fit.tie_parameter == pytest.approx(1.47550, abs=5e-6)


def test_models_of_the_same_outcomes_compare_by_aic():
    half, davidson, rao_kupper = tie_models(pudding(), SIX)
    assert half.outcomes == davidson.outcomes == rao_kupper.outcomes
    assert {fit.n_parameters for fit in (half, davidson, rao_kupper)} == {6}
    assert rao_kupper.aic < davidson.aic < half.aic
    assert half.aic == 12 - 2 * half.log_likelihood
    assert "upper bound" in half.reason
    counts, s = pudding(), half.strengths
    share = counts.ties.sum() / 2 / (counts.ties.sum() / 2 + counts.wins.sum())
    won = np.log((1 - share) / (1 + np.exp(s[None, :] - s[:, None])))
    by_hand = (counts.wins * won).sum() + counts.ties.sum() / 2 * np.log(share)
    assert half.log_likelihood == pytest.approx(by_hand, rel=1e-12)
    assert half.tie_parameter == pytest.approx(share)
    assert half.strengths == pytest.approx(
        bradley_terry(pudding().wins + pudding().ties / 2, SIX).strengths, abs=1e-9
    )


@pytest.mark.parametrize("model", ["davidson", "rao_kupper", "grounded_rao_kupper"])
def test_the_likelihood_is_the_one_written_out_and_highest_at_the_fit(model):
    counts, bad = random_counts(1)
    fit = tie_model(counts, SIX[:5], model, both_bad=bad_or_none(model, counts, bad))
    level = 0.0 if np.isnan(fit.level) else fit.level
    at_fit = log_likelihood(model, fit.strengths + level, fit.tie_parameter, counts, bad)
    assert fit.log_likelihood == pytest.approx(at_fit, rel=1e-12)
    for system in range(5):
        for step in (-0.01, 0.01):
            moved = fit.strengths + level
            moved[system] += step
            assert log_likelihood(model, moved, fit.tie_parameter, counts, bad) < at_fit
    for factor in (0.99, 1.01):
        tie = fit.tie_parameter * factor
        assert log_likelihood(model, fit.strengths + level, tie, counts, bad) < at_fit


@pytest.mark.parametrize("model", ["davidson", "rao_kupper", "grounded_rao_kupper"])
def test_standard_errors_are_those_of_the_curvature_by_differences(model):
    counts, bad = random_counts(2, n=3, mean=30)
    fit = tie_model(counts, THREE, model, both_bad=bad_or_none(model, counts, bad))
    grounded = model == "grounded_rao_kupper"
    free = np.array([*(fit.strengths[1:] - fit.strengths[0]), *[fit.level] * grounded, fit.tie_parameter])

    def value(x):
        s = np.array([0, x[0], x[1]])
        s = s - s.mean() + (x[2] if grounded else 0)
        return log_likelihood(model, s, x[-1], counts, bad)

    steps = np.eye(len(free)) * 1e-4
    hessian = [
        [
            (value(free + h + k) - value(free + h - k) - value(free - h + k) + value(free - h - k)) / 4e-8
            for h in steps
        ]
        for k in steps
    ]
    covariance = np.linalg.inv(-np.array(hessian))
    assert fit.tie_error == pytest.approx(np.sqrt(covariance[-1, -1]), rel=1e-3)
    v = fit.covariance
    assert v[1, 1] + v[0, 0] - 2 * v[0, 1] == pytest.approx(covariance[0, 0], rel=1e-3)
    if grounded:
        assert fit.level_error == pytest.approx(np.sqrt(covariance[2, 2]), rel=1e-3)


outcomes = st.lists(
    st.tuples(st.integers(0, 3), st.integers(1, 3), st.sampled_from([-1, 0, 1])), min_size=8, max_size=80
)


@examples(40)
@given(outcomes)
def test_davidson_equals_evalicas_newman_whose_v_is_half_of_nu(rows):
    a, step, preference = np.array(rows).T
    b = (a + step) % 4
    fit = tie_model(win_counts(preferences(a, b, preference, SIX[:4])), SIX[:4], "davidson")
    assume(np.isfinite(fit.strengths).all() and fit.tie_parameter > 0)
    # evalica's iteration creeps towards extreme strengths, and stops before v has moved where all are equal
    assume(1e-3 < np.abs(fit.strengths).max() < 6)
    peer = evalica.newman(
        list(a), list(b), [WINNERS[p] for p in preference], tie_weight=1.0, tolerance=1e-14, limit=100_000
    )
    logits = np.log(peer.scores.sort_index().to_numpy())
    assert fit.strengths == pytest.approx(logits - logits.mean(), abs=1e-5)
    assert fit.tie_parameter == pytest.approx(2 * peer.v, rel=1e-5)


@pytest.mark.parametrize("model", TIE_MODELS)
def test_without_ties_every_model_is_bradley_terry(model):
    counts = WinCounts(random_counts(3)[0].wins, np.zeros((5, 5)))
    plain = bradley_terry(counts.wins, SIX[:5])
    fit = tie_model(counts, SIX[:5], model, both_bad=bad_or_none(model, counts))
    assert fit.strengths == pytest.approx(plain.strengths, abs=1e-9)
    assert fit.covariance == pytest.approx(plain.covariance, abs=1e-9)
    assert fit.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-9)
    assert fit.tie_parameter == (0 if model in ("davidson", "ties_as_half") else 1)


def test_without_both_bad_the_grounded_model_is_rao_kupper():
    counts, _ = random_counts(4)
    plain = tie_model(counts, SIX[:5], "rao_kupper")
    grounded = tie_model(counts, SIX[:5], "grounded_rao_kupper", both_bad=np.zeros((5, 5)))
    assert grounded.strengths == pytest.approx(plain.strengths, abs=1e-9)
    assert grounded.tie_parameter == pytest.approx(plain.tie_parameter, abs=1e-9)
    assert np.isnan(grounded.level)
    assert "level has no finite estimate" in grounded.reason


def test_the_grounded_model_finds_the_bar_of_both_bad():
    rng = np.random.default_rng(5)
    strengths, theta, n = np.array([1.2, 0.5, -0.4]), 1.8, 40_000
    wins, ties, bad = np.zeros((3, 3, 3))
    for i, j in [(0, 1), (0, 2), (1, 2)]:
        a, b = np.exp(strengths[[i, j]])
        p = [a / (a + theta * b + 1), b / (b + theta * a + 1), 1 / (1 + a + b)]
        wins[i, j], wins[j, i], none, tied = rng.multinomial(n, [*p, 1 - sum(p)])
        ties[i, j] = ties[j, i] = tied
        bad[i, j] = bad[j, i] = none
    fit = tie_model(WinCounts(wins, ties), THREE, "grounded_rao_kupper", both_bad=bad)
    assert fit.strengths + fit.level == pytest.approx(strengths, abs=0.03)
    assert fit.tie_parameter == pytest.approx(theta, abs=0.03)
    assert fit.n_parameters == 4


@pytest.mark.parametrize("model", TIE_MODELS)
def test_systems_in_another_order_get_the_same_fit(model):
    counts, bad = random_counts(6)
    order = np.array([3, 0, 4, 1, 2])
    block = np.ix_(order, order)
    names = SIX[:5]
    first = tie_model(counts, names, model, both_bad=bad_or_none(model, counts, bad))
    moved = WinCounts(counts.wins[block], counts.ties[block])
    second = tie_model(moved, names, model, both_bad=bad_or_none(model, moved, bad[block]))
    assert second.strengths == pytest.approx(first.strengths[order], abs=1e-8)
    assert second.log_likelihood == pytest.approx(first.log_likelihood, rel=1e-12)


@pytest.mark.parametrize("model", TIE_MODELS)
def test_what_has_no_finite_fit_is_nan_with_a_reason(model):
    zero, one_way = np.zeros((2, 2)), np.array([[0.0, 4], [0, 0]])
    tied = np.array([[0.0, 3], [3, 0]])
    cases = {
        "one scale": WinCounts(zero, zero),
        "only ties": WinCounts(zero, tied),
        "no group": WinCounts(one_way, zero),
    }
    if model != "ties_as_half":
        cases["rises without end"] = WinCounts(one_way, tied)
    for said, counts in cases.items():
        fit = tie_model(counts, ["A", "B"], model, both_bad=bad_or_none(model, counts))
        assert said in fit.reason
        assert np.isnan([*fit.strengths, fit.tie_parameter, fit.log_likelihood]).all()


def test_a_system_that_is_never_preferred_leaves_the_others_their_fit():
    counts, _ = random_counts(7, n=3)
    wins, ties = np.zeros((4, 4)), np.zeros((4, 4))
    wins[:3, :3], ties[:3, :3] = counts.wins, counts.ties
    wins[0, 3] = 5
    fit, alone = tie_model(WinCounts(wins, ties), SIX[:4]), tie_model(counts, THREE)
    assert fit.strengths[:3] == pytest.approx(alone.strengths, abs=1e-9)
    assert np.isnan(fit.strengths[3])
    assert "lost every comparison" in fit.comparability.reasons[3]


def test_malformed_counts_are_named():
    counts, bad = random_counts(8, n=3)
    with pytest.raises(InvalidInput, match="unknown model 'davison'"):
        tie_model(counts, THREE, "davison")
    with pytest.raises(InvalidInput, match="'grounded_rao_kupper' without counts of both bad"):
        tie_model(counts, THREE, "grounded_rao_kupper")
    with pytest.raises(InvalidInput, match="'davidson' with counts of both bad"):
        tie_model(counts, THREE, "davidson", both_bad=bad)
    with pytest.raises(InvalidInput, match="ties is not symmetric"):
        tie_model(WinCounts(counts.wins, counts.wins), THREE)
    with pytest.raises(InvalidInput, match="for 2 systems"):
        tie_model(counts, ["A", "B"])
    with pytest.raises(InvalidInput, match="wins of shape"):
        tie_model(WinCounts(-counts.wins, counts.ties), THREE)
