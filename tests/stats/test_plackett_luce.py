"""Strengths from rankings and best-worst choices: worked figures, a plain version, peers and laws."""

from itertools import combinations

import choix
import numpy as np
import pytest

from study.errors import InvalidInput
from study.stats.arrays import row_codes
from study.stats.orders.best_worst import best_worst, best_worst_scores, best_worst_values
from study.stats.orders.choice_sums import choice_sums
from study.stats.orders.derived_pairs import pairs_of_rankings
from study.stats.orders.maxdiff import maxdiff, maxdiff_strengths
from study.stats.orders.order_strengths import order_strengths, plackett_luce_strengths
from study.stats.orders.plackett_luce import plackett_luce
from study.stats.orders.rankings import (
    distinct_rankings,
    mean_places,
    rankings,
    rankings_of_codes,
    restricted,
    top,
)
from study.stats.orders.stages import stages
from study.stats.ranking.bradley_terry import bradley_terry
from study.stats.ranking.preferences import win_matrix
from study.stats.ranking.rank_intervals import rank_intervals_of
from study.stats.units import units_of
from tests.stats.test_tie_models import SIX, pudding

NAMES = list("ABCDEF")


def ranks_of(text):
    """Ranks written as digits, one word per ranking; 0 is not ranked."""
    table = np.array([[float(digit) for digit in word] for word in text.split()])
    return np.where(table == 0, np.nan, table)


# R's PlackettLuce (Turner et al. 2020): apple, banana, orange.
FRUIT = ranks_of("120 312 211 123 211 102")
SIX_ORDERS = np.argsort(
    [[int(digit) for digit in word] for word in ["0123", "1023", "0213", "2031", "0312", "1203"]]
)


def drawn(seed, n=60, k=5, tie=0.3, absent=0.2):
    """Random rankings with ties of up to three systems and systems left out."""
    rng = np.random.default_rng(seed)
    ranks = np.argsort(np.argsort(rng.gumbel(size=(n, k)) - np.linspace(0, 1, k)), axis=1).astype(float)
    ranks = np.where(rng.random((n, 1)) < tie, np.floor(ranks / 2), ranks)
    return np.where(rng.random((n, k)) < absent, np.nan, ranks)


# Worked figures


def test_turner_2020_toy_with_ties():
    fit = plackett_luce(rankings(FRUIT, ["apple", "banana", "orange"]))
    assert fit.strengths - fit.strengths[0] == pytest.approx([0, 0.34405, -0.55556], abs=5e-6)
    assert fit.orders == (2,)
    assert fit.ties == pytest.approx([-0.73465], abs=5e-6)
    assert fit.log_likelihood == pytest.approx(-10.72454, abs=5e-6)


def test_turner_2020_toy_with_the_pseudo_rankings_that_r_adds_by_default():
    """Half a win and half a loss of each item against a ghost; here all is doubled."""
    ghost = np.full((6, 4), np.nan)
    for item in range(3):
        ghost[2 * item, [item, 3]], ghost[2 * item + 1, [item, 3]] = (1, 2), (2, 1)
    real = np.hstack([np.vstack([FRUIT, FRUIT]), np.full((12, 1), np.nan)])
    fit = plackett_luce(rankings(np.vstack([real, ghost]), ["apple", "banana", "orange", "ghost"]))
    found = [*(fit.strengths - fit.strengths[0])[1:3], *fit.ties]
    assert found == pytest.approx([0.28680, -0.46367, -1.07011], abs=5e-6)


def test_choix_and_standard_errors_without_ties():
    fit = plackett_luce(rankings(SIX_ORDERS, NAMES[:4]))
    assert fit.strengths == pytest.approx([0.99142, 0.11339, 0.04207, -1.14688], abs=5e-6)
    assert np.sqrt(np.diag(fit.covariance)) == pytest.approx([0.5053, 0.4732, 0.4614, 0.5777], abs=2e-4)
    assert fit.log_likelihood == pytest.approx(-15.59282, abs=5e-6)


def test_davidson_1970_pudding_is_the_model_of_rankings_of_two():
    """ORACLES 19: worths and nu of Davidson's model."""
    counts, rows = pudding(), []
    for i, j in combinations(range(6), 2):
        for ranks, n in (
            ((1, 2), counts.wins[i, j]),
            ((2, 1), counts.wins[j, i]),
            ((1, 1), counts.ties[i, j]),
        ):
            row = np.full(6, np.nan)
            row[[i, j]] = ranks
            rows += [row] * int(n)
    fit = plackett_luce(rankings(rows, SIX))
    worths = np.exp(fit.strengths) / np.exp(fit.strengths).sum()
    expected = [0.1388034, 0.1730015, 0.1617474, 0.1653729, 0.1586854, 0.2023893]
    assert worths == pytest.approx(expected, abs=5e-7)
    assert np.exp(fit.ties) == pytest.approx([0.746823], abs=5e-7)
    assert -fit.log_likelihood == pytest.approx(809.70951, abs=5e-5)


def test_best_worst_scores_and_maxdiff():
    chosen = best_worst(np.ones((5, 4), dtype=bool), [0, 0, 1, 0, 2], [3, 2, 3, 3, 3], NAMES[:4])
    assert best_worst_values(chosen) == pytest.approx([0.6, 0.2, 0, -0.8])
    fit = maxdiff(chosen)
    assert fit.strengths == pytest.approx([1.38531, 0.55283, -0.09579, -1.84235], abs=5e-6)
    assert fit.log_likelihood == pytest.approx(-7.68052, abs=5e-6)
    claims = best_worst_scores(chosen, units_of({"task": np.arange(5)}))
    assert [one.estimate.value for one in claims] == pytest.approx([0.6, 0.2, 0, -0.8])


# The plain version: every choice that a set allows, one by one


def plain_log_likelihood(ranks, strengths, ties):
    """The log-likelihood of rankings with log tie parameters by number of systems, in loops."""
    total = 0.0
    for row in ranks:
        left = [i for i in range(len(row)) if not np.isnan(row[i])]
        while len(left) > 1:
            best = [i for i in left if row[i] == min(row[j] for j in left)]
            weights = {
                chosen: ties[size] + np.mean([strengths[i] for i in chosen])
                for size in ties
                for chosen in combinations(left, size)
            }
            total += weights[tuple(best)] - np.logaddexp.reduce(list(weights.values()))
            left = [i for i in left if i not in best]
    return total


@pytest.mark.parametrize("seed", range(3))
def test_the_log_likelihood_and_its_derivatives_are_those_of_enumeration(seed):
    ranks = drawn(seed, n=12)
    rng = np.random.default_rng(seed + 10)
    made = stages(rankings(ranks, NAMES[:5]))
    tied = {1: 0.0, 2: -0.4, 3: -1.1}
    full = np.concatenate([rng.normal(size=5), [tied[t] for t in made.orders]])
    weight = np.asarray(made.of_ranking.sum(axis=0)).ravel()

    def value(point):
        sums = choice_sums(made.member, weight, point[:5], made.orders, point[5:])
        gradient = np.concatenate([weight @ sums.share, weight @ sums.tied])
        return weight @ sums.log_sum, gradient, sums.information

    chosen = np.concatenate([made.chosen.sum(axis=0), made.tied.sum(axis=0)])
    allowed = {t: tied[t] for t in (1, *made.orders)}
    assert chosen @ full - value(full)[0] == pytest.approx(plain_log_likelihood(ranks, full[:5], allowed))
    steps = 1e-5 * np.eye(len(full))
    slopes = [(value(full + step)[0] - value(full - step)[0]) / 2e-5 for step in steps]
    curves = [(value(full + step)[1] - value(full - step)[1]) / 2e-5 for step in steps]
    assert value(full)[1] == pytest.approx(slopes, abs=1e-6)
    assert value(full)[2] == pytest.approx(np.array(curves), abs=1e-6)


def test_ties_of_three_systems_are_fitted():
    ranks = ranks_of("1112 1223 2113 1234 4321 3111 1222 2134 1113 3412")
    fit = plackett_luce(rankings(ranks, NAMES[:4]))
    assert fit.orders == (2, 3)
    ties = {1: 0.0, 2: fit.ties[0], 3: fit.ties[1]}
    best = plain_log_likelihood(ranks, fit.strengths, ties)
    assert fit.log_likelihood == pytest.approx(best)
    for step in np.random.default_rng(0).normal(0, 0.05, (5, 6)):
        moved = {1: 0.0, 2: ties[2] + step[4], 3: ties[3] + step[5]}
        assert plain_log_likelihood(ranks, fit.strengths + step[:4], moved) < best


@pytest.mark.parametrize("seed", range(2))
def test_partial_rankings_without_ties_are_those_of_choix(seed):
    ranks = drawn(seed, tie=0)
    data = [tuple(np.argsort(row)[: (~np.isnan(row)).sum()]) for row in ranks]
    theirs = choix.opt_rankings(5, [row for row in data if len(row) > 1], tol=1e-10)
    fit = plackett_luce(rankings(ranks, NAMES[:5]))
    assert fit.strengths == pytest.approx(theirs - theirs.mean(), abs=1e-4)


def test_the_best_of_a_set_is_the_model_of_choices_of_choix():
    ranked = top(rankings(drawn(4, tie=0), NAMES[:5]), 1)
    data = [(row[0], tuple(row[1:][row[1:] >= 0])) for row in ranked.system if row[1] >= 0]
    theirs = choix.opt_top1(5, data, tol=1e-10)
    assert plackett_luce(ranked).strengths == pytest.approx(theirs - theirs.mean(), abs=1e-4)


def test_rankings_of_two_are_bradley_terry():
    rng = np.random.default_rng(3)
    a = rng.integers(0, 4, 200)
    b = (a + rng.integers(1, 4, 200)) % 4
    ranked = rankings_of_codes(
        np.repeat(np.arange(200), 2), np.column_stack([a, b]).ravel(), [1, 2] * 200, NAMES[:4], n_rankings=200
    )
    pairs = bradley_terry(win_matrix(pairs_of_rankings(ranked).judged), NAMES[:4])
    fit = plackett_luce(ranked)
    assert fit.strengths == pytest.approx(pairs.strengths, abs=1e-6)
    assert fit.covariance == pytest.approx(pairs.covariance, abs=1e-6)


# Laws


def test_the_order_of_rankings_and_systems_does_not_matter_and_doubling_halves_the_variance():
    ranks, turn = drawn(1), np.array([3, 0, 4, 1, 2])
    fit = plackett_luce(rankings(ranks, NAMES[:5]))
    again = plackett_luce(rankings(ranks[::-1][:, turn], [NAMES[i] for i in turn]))
    twice = plackett_luce(rankings(np.vstack([ranks, ranks]), NAMES[:5]))
    assert again.strengths == pytest.approx(fit.strengths[turn], abs=1e-7)
    assert twice.strengths == pytest.approx(fit.strengths, abs=1e-7)
    assert 2 * twice.covariance == pytest.approx(fit.covariance, abs=1e-7)
    assert twice.log_likelihood == pytest.approx(2 * fit.log_likelihood)


def test_influence_sums_to_zero_and_is_what_one_more_ranking_does_to_first_order():
    ranks = np.vstack([drawn(seed) for seed in range(20)])
    fit = plackett_luce(rankings(ranks, NAMES[:5]))
    assert fit.influence[fit.code].sum(axis=0) == pytest.approx(np.zeros(5), abs=1e-8)
    more = plackett_luce(rankings(np.vstack([ranks, ranks[:1]]), NAMES[:5]))
    assert more.strengths - fit.strengths == pytest.approx(fit.influence[fit.code[0]], abs=1e-4)


def test_clusters_widen_and_both_bootstrap_and_sandwich_agree():
    ranks = drawn(5, n=400)
    rater = np.repeat(np.arange(40), 10)
    ranked = rankings(ranks, NAMES[:5])
    sandwich = order_strengths(ranked, rater)
    boot = order_strengths(ranked, rater, method="score_bootstrap", rng=np.random.default_rng(0))
    for one, other in zip(sandwich, boot, strict=True):
        assert other.high - other.low == pytest.approx(one.high - one.low, rel=0.25)
        assert other.n_resamples == 1000
        assert (one.n_units, one.method) == (40, "Plackett-Luce, sandwich over clusters, t interval")
    twice = rankings(np.vstack([ranks, ranks]), NAMES[:5])
    doubled = order_strengths(twice, np.tile(rater, 2))
    assert [one.high for one in doubled] == pytest.approx([one.high for one in sandwich], abs=1e-6)
    model = order_strengths(twice)
    assert all(one.high - one.low < other.high - other.low for one, other in zip(model, doubled, strict=True))


def test_units_of_two_kinds_give_the_larger_variance_and_ranks_of_systems():
    ranked = rankings(drawn(6, n=300), NAMES[:5])
    units = units_of({"rater": np.arange(300) % 15, "item": np.arange(300) // 15})
    both = order_strengths(ranked, units)
    for kind in ("rater", "item"):
        alone = order_strengths(ranked, units.only((kind,)))
        assert all(
            one.high - one.low > 0.9 * (other.high - other.low)
            for one, other in zip(both, alone, strict=True)
        )
    assert "rater x item" in both[0].method
    ranks = rank_intervals_of(
        plackett_luce_strengths(ranked, units, "sandwich"), "sandwich", rng=np.random.default_rng(0)
    )
    assert (ranks.rank_low.min(), ranks.rank_high.max()) == (1, 5)


def test_a_system_above_all_others_has_no_strength_and_the_others_keep_theirs():
    ranks = drawn(7, absent=0)
    ranks[:, 0] = -1
    ranked = rankings(ranks, NAMES[:5])
    fit = plackett_luce(ranked)
    without = plackett_luce(rankings(ranks[:, 1:], NAMES[1:5]))
    assert np.isnan(fit.strengths[0])
    assert fit.strengths[1:] == pytest.approx(without.strengths)
    first = order_strengths(ranked, np.arange(60))[0]
    assert np.isnan(first.value)
    assert first.reason == "won every comparison, so its strength has no upper bound"


@pytest.mark.parametrize(
    ("ranks", "reason"),
    [
        ([[1, 2, 3], [1, 2, 3]], "lost every comparison"),
        ([[1, 1, 1, 1], [1, 2, 3, 4], [4, 3, 2, 1]], "4 systems share a place"),
        ([[1, 1], [1, 1]], "the likelihood rises without end"),
        (np.empty((0, 3)), "no comparison"),
        ([[1, np.nan], [np.nan, 1]], "no comparison"),
    ],
)
def test_an_undefined_strength_says_why(ranks, reason):
    ranked = rankings(ranks, NAMES[: np.shape(ranks)[1]])
    cluster = np.arange(len(ranked))
    for one in (cluster, units_of({"rater": cluster}, asked=True)):
        estimate = order_strengths(ranked, one)[-1]
        assert np.isnan([estimate.value, estimate.low, estimate.high]).all()
        assert estimate.reason.startswith(reason)


def test_maxdiff_is_undefined_for_a_system_that_is_never_worst():
    chosen = best_worst(np.ones((3, 3), dtype=bool), [0, 0, 0], [1, 2, 1], NAMES[:3])
    assert "bound" in maxdiff_strengths(chosen, np.arange(3))[0].reason
    assert np.isnan(maxdiff(chosen).strengths).all()


def test_maxdiff_of_pairs_is_bradley_terry():
    offered = np.array(
        [
            [True, True, False],
            [True, True, False],
            [False, True, True],
            [False, True, True],
            [True, False, True],
            [True, False, True],
            [True, False, True],
        ]
    )
    best, worst = [0, 1, 1, 2, 0, 2, 0], [1, 0, 2, 1, 2, 0, 2]
    fit = maxdiff(best_worst(offered, best, worst, NAMES[:3]))
    wins = np.zeros((3, 3))
    np.add.at(wins, (best, worst), 1)
    assert 2 * fit.strengths == pytest.approx(bradley_terry(wins, NAMES[:3]).strengths, abs=1e-6)


# Rankings


def test_rankings_are_the_same_from_a_matrix_and_from_codes():
    ranks = drawn(8)
    one = rankings(ranks, NAMES[:5])
    ranking, system = np.nonzero(~np.isnan(ranks))
    shuffled = np.random.default_rng(0).permutation(len(ranking))
    ranking, system = ranking[shuffled], system[shuffled]
    other = rankings_of_codes(ranking, system, 10 * ranks[ranking, system], NAMES[:5], n_rankings=60)
    assert (one.system == other.system).all()
    assert (one.group == other.group).all()
    distinct, code = distinct_rankings(one)
    assert (distinct.group[code] == one.group).all()
    assert len(row_codes(np.hstack([one.system, one.group]) + 1)[0]) == len(distinct)


def test_the_rest_of_a_ranking_is_below_the_ranked_and_unordered():
    ranked = rankings([[2, 1, np.nan, np.nan]], NAMES[:4], offered=[[True, True, True, True]])
    assert ranked.group.tolist() == [[1, 2, 0, 0]]
    assert mean_places(ranked).tolist() == [[2, 1, 3.5, 3.5]]
    assert mean_places(restricted(ranked, np.array([False, True, True, True])))[0, 1:].tolist() == [
        1,
        2.5,
        2.5,
    ]
    assert top(rankings([[1, 2, 3, 4]], NAMES[:4]), 2).group.tolist() == [[1, 2, 0, 0]]


@pytest.mark.parametrize(
    ("ranks", "options", "message"),
    [
        ([[1, np.inf]], {}, "infinite"),
        ([[1, 2, 3]], {}, "ranks of 3 systems"),
        ([[1, 2]], {"offered": [[1, 0]]}, "offered is int64"),
        ([["a", "b"]], {}, "allowed: numbers"),
    ],
)
def test_bad_rankings_are_refused(ranks, options, message):
    with pytest.raises(InvalidInput, match=message):
        rankings(ranks, NAMES[:2], **options)


def test_bad_choices_and_methods_are_refused():
    shown = np.array([[True, True, False]])
    with pytest.raises(InvalidInput, match="'C', which was not offered"):
        best_worst(shown, [2], [0], NAMES[:3])
    with pytest.raises(InvalidInput, match="'A' best and worst"):
        best_worst(shown, [0], [0], NAMES[:3])
    with pytest.raises(InvalidInput, match="without clusters"):
        order_strengths(rankings(FRUIT, NAMES[:3]), method="sandwich")
    with pytest.raises(InvalidInput, match="lengths differ"):
        order_strengths(rankings(FRUIT, NAMES[:3]), [0, 1])
    with pytest.raises(InvalidInput, match="m 0; allowed"):
        top(rankings(FRUIT, NAMES[:3]), 0)
