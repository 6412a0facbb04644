"""Systems that won or lost everything: which bound they lack, the other one, and their ranks beside the others."""

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import expit

from study.stats.ranking.bradley_terry import bradley_terry
from study.stats.ranking.comparability import comparability
from study.stats.ranking.open_ends import open_bounds, placed

NAMES = list("ABCDE")


def wins_of(*won):
    matrix = np.zeros((5, 5))
    for i, j, n in won:
        matrix[NAMES.index(i), NAMES.index(j)] += n
    return matrix


CHAIN = wins_of(("A", "B", 5), ("B", "C", 5), ("C", "D", 5), ("D", "E", 5))
GROUP = (("B", "C", 6), ("C", "B", 4), ("C", "D", 5), ("D", "C", 5))


def test_a_chain_has_a_first_a_last_and_two_without_any_bound_between():
    found = comparability(CHAIN, NAMES)
    assert found.open_ends == ("upper", "both", "both", "both", "lower")
    assert found.reasons[0] == "won every comparison, so its strength has no upper bound"
    assert found.reasons[4] == "lost every comparison, so its strength has no lower bound"
    assert found.above[0].tolist() == [False, True, True, True, True]


def test_islands_have_no_open_end_and_another_reason():
    found = comparability(wins_of(("A", "B", 5), ("B", "A", 4), ("C", "D", 5), ("D", "C", 5)), NAMES)
    assert found.open_ends == (None,) * 5
    assert found.reasons[0] == "never compared with 'C', 'D', not even through other systems"
    assert found.reasons[4] == "no comparison"


def test_the_bound_is_where_so_many_wins_would_be_a_surprise():
    wins = wins_of(("A", "B", 6), ("A", "C", 6), *GROUP)
    fit = bradley_terry(wins, NAMES)
    n_units = np.array([12, 0, 0, 0, 0])
    low, high = open_bounds(wins, fit.strengths, fit.comparability, n_units)
    chance = expit(low[0] - fit.strengths[1]) ** 6 * expit(low[0] - fit.strengths[2]) ** 6
    assert chance == pytest.approx(0.025)
    assert np.isnan([*low[1:], *high]).all()
    fewer = open_bounds(wins, fit.strengths, fit.comparability, n_units // 3)[0][0]
    assert fewer < low[0]
    lost = open_bounds(wins.T, -fit.strengths, comparability(wins.T, NAMES), n_units)[1][0]
    assert lost == pytest.approx(-low[0])


def test_one_opponent_of_equal_strength_gives_clopper_and_pearsons_bound():
    wins = wins_of(("A", "C", 9), *GROUP)
    fit = bradley_terry(wins, NAMES)
    low = open_bounds(wins, fit.strengths, fit.comparability, np.array([9, 0, 0, 0, 0]))[0][0]
    share = brentq(lambda p: p**9 - 0.025, 0.1, 0.99)
    assert expit(low - fit.strengths[2]) == pytest.approx(share)


def test_a_bound_holds_in_most_studies():
    """Nine units against one opponent, true win rate .9: all are won in 39%, and the bound is below the truth."""
    rng, held = np.random.default_rng(0), []
    for _ in range(300):
        if (rng.random(9) < 0.9).all():
            wins = wins_of(("A", "C", 9), *GROUP)
            fit = bradley_terry(wins, NAMES)
            low = open_bounds(wins, fit.strengths, fit.comparability, np.array([9, 0, 0, 0, 0]))[0][0]
            held.append(low <= fit.strengths[2] + np.log(9))
    assert len(held) > 50
    assert all(held)


def test_who_won_everything_is_first_and_who_lost_everything_last():
    wins = wins_of(("A", "B", 20), ("A", "C", 20), ("A", "D", 20), ("D", "E", 20), ("B", "E", 3), *GROUP)
    fit = bradley_terry(wins, NAMES)
    met = (wins + wins.T).astype(int)
    separated = np.zeros((5, 5), dtype=bool)
    found = placed(fit.strengths, fit.comparability, separated, met)
    assert (found.rank[0], found.rank[4]) == (1, 5)
    assert sorted(found.rank[1:4]) == [2, 3, 4]
    assert (found.rank_low[0], found.rank_high[0]) == (
        1,
        1,
    )  # above B, C and D by 20 of 20 each, above E through D
    assert (found.rank_low[4], found.rank_high[4]) == (3, 5)  # 3 of 3 against B tell nothing
    unknown = placed(fit.strengths, fit.comparability, None, met)
    assert unknown.rank.tolist() == found.rank.tolist()
    assert np.isnan(unknown.rank_low).all()


def test_a_chain_is_ordered_and_few_units_leave_every_rank_possible():
    linked = comparability(CHAIN, NAMES)
    few = placed(np.full(5, np.nan), linked, None, (CHAIN + CHAIN.T).astype(int))
    assert few.rank.tolist() == [1, 2, 3, 4, 5]
    assert set(few.rank_low) == {1}
    assert set(few.rank_high) == {5}
    many = placed(np.full(5, np.nan), linked, None, (4 * (CHAIN + CHAIN.T)).astype(int))
    assert many.rank_low.tolist() == many.rank_high.tolist() == [1, 2, 3, 4, 5]


def test_islands_and_absent_systems_have_no_rank():
    two = comparability(wins_of(("A", "B", 9), ("C", "D", 9)), NAMES)
    assert np.isnan(placed(np.full(5, np.nan), two, None, np.zeros((5, 5), dtype=int)).rank).all()
    one = comparability(wins_of(("A", "B", 9)), NAMES)
    found = placed(np.full(5, np.nan), one, None, np.zeros((5, 5), dtype=int))
    assert found.rank[:2].tolist() == [1, 2]
    assert np.isnan(found.rank[2:]).all()
