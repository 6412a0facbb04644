"""Elo: published figures, evalica, orders, laws."""

import evalica
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from study.errors import InvalidInput
from study.stats.ranking.elo import WARNING, elo, elo_orders
from study.stats.ranking.preferences import preferences
from tests.examples import examples

SYSTEMS = list("ABCDE")
WINNERS = {1: evalica.Winner.X, -1: evalica.Winner.Y, 0: evalica.Winner.Draw}

outcomes = st.lists(
    st.tuples(st.integers(0, 3), st.integers(1, 3), st.sampled_from([-1, 0, 1])), min_size=8, max_size=80
)


def test_elo_of_a_player_of_1613():
    """Expected scores against 1609, 1477, 1388, 1586, 1720 as published; one rating moves after all five games."""
    opponents = np.array([1609, 1477, 1388, 1586, 1720])
    expected = 1 / (1 + 10 ** ((opponents - 1613) / 400))
    assert expected.round(3).tolist() == [0.506, 0.686, 0.785, 0.539, 0.351]
    assert 1613 + 32 * (2.5 - expected.sum()) == pytest.approx(1601.27, abs=0.005)
    # the same expectation in ours: a first judgment between systems at their start moves by k / 2
    assert elo(preferences([0], [1], [1], ["A", "B"]), start=1613).ratings.tolist() == [1629, 1597]


def test_evalica_readme_elo():
    """evalica's README: pizza, burger, sushi with K = 30."""
    judged = preferences([0, 1, 0], [1, 2, 2], [1, -1, 0], ["pizza", "burger", "sushi"])
    assert elo(judged, k=30).ratings.round(4).tolist() == [1014.9721, 970.6472, 1014.3807]


@examples(40)
@given(outcomes, st.floats(1, 64))
def test_elo_is_evalicas_and_zero_sum(rows, k):
    a, step, preference = np.array(rows).T
    b = (a + step) % 4
    assume(len({*a, *b}) == 4)
    ratings = elo(preferences(a, b, preference, SYSTEMS[:4]), k=k).ratings
    peer = evalica.elo(list(a), list(b), [WINNERS[p] for p in preference], initial=1000.0, k=k)
    assert ratings == pytest.approx(peer.scores.sort_index().to_numpy(), abs=1e-8)
    assert ratings.sum() == pytest.approx(4000, abs=1e-8)


def test_elo_over_orders_is_the_plain_loop_over_the_same_orders():
    draws = np.random.default_rng(3)
    a = draws.integers(0, 5, 300)
    b, grade = (a + draws.integers(1, 5, 300)) % 5, draws.integers(-1, 2, 300)
    found = elo_orders(preferences(a, b, grade, SYSTEMS), rng=np.random.default_rng(9), n_orders=20)
    rng = np.random.default_rng(9)
    orders = [rng.permutation(300) for _ in range(20)]
    ratings = np.array([elo(preferences(a[o], b[o], grade[o], SYSTEMS)).ratings for o in orders])
    assert found.mean == pytest.approx(ratings.mean(axis=0), abs=1e-8)
    assert found.spread == pytest.approx(ratings.std(axis=0, ddof=1), abs=1e-8)
    assert found.mean.sum() == pytest.approx(5000)
    assert (found.low <= found.mean).all()
    assert (found.mean <= found.high).all()
    rank = 1 + (ratings[:, None, :] > ratings[:, :, None]).sum(axis=2)
    np.testing.assert_array_equal(found.rank_low, rank.min(axis=0))
    np.testing.assert_array_equal(found.rank_high, rank.max(axis=0))
    assert found.warning == WARNING
    again = elo_orders(preferences(a, b, grade, SYSTEMS), rng=np.random.default_rng(9), n_orders=20)
    np.testing.assert_array_equal(found.mean, again.mean)


def test_elo_of_nothing_is_the_start_and_bad_settings_are_named():
    nothing = preferences([], [], [], ["A", "B"])
    assert elo(nothing).ratings.tolist() == [1000, 1000]
    assert elo_orders(nothing, rng=np.random.default_rng(0)).spread.tolist() == [0, 0]
    with pytest.raises(InvalidInput, match="k 0"):
        elo(nothing, k=0)
    with pytest.raises(InvalidInput, match="n_orders 1"):
        elo_orders(nothing, rng=np.random.default_rng(0), n_orders=1)
