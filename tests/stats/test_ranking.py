import evalica
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from study.errors import InvalidInput
from study.stats.ranking.bradley_terry import bradley_terry
from study.stats.ranking.preferences import preferences, win_counts, win_matrix
from study.stats.ranking.strengths import LIMITS, strengths
from study.stats.ranking.win_rates import wilson_interval, win_rates
from tests.stats.baseball import TEAMS, baseball_rows, deviance, judged

CITATIONS = [[714, 730, 498, 221], [33, 425, 68, 17], [320, 813, 1072, 142], [284, 276, 325, 188]]
WINNERS = {1: evalica.Winner.X, -1: evalica.Winner.Y, 0: evalica.Winner.Draw}


def against_first(fit):
    """Strengths with the first system at zero, and standard errors of these differences."""
    v = fit.covariance
    return fit.strengths - fit.strengths[0], np.sqrt(np.diag(v) + v[0, 0] - 2 * v[0])


def test_agresti_2002_baseball():
    wins = np.zeros((7, 7))
    for home, away, won, lost in baseball_rows():
        wins[home, away] += won
        wins[away, home] += lost
    fit = bradley_terry(wins, TEAMS)
    strengths, errors = against_first(fit)
    assert strengths == pytest.approx([0, 0.6839, 1.1077, 1.2476, 1.2945, 1.4364, 1.5814], abs=5e-5)
    assert errors[1:] == pytest.approx([0.3319, 0.3339, 0.3359, 0.3367, 0.3396, 0.3433], abs=5e-5)
    assert deviance(baseball_rows(), fit.strengths) == pytest.approx(44.053, abs=5e-4)


def test_bradleyterry2_citations():
    fit = bradley_terry(CITATIONS, ["Biometrika", "CommStat", "JASA", "JRSS-B"])
    strengths, errors = against_first(fit)
    assert strengths == pytest.approx([0, -2.94907, -0.47957, 0.26895], abs=5e-6)
    assert errors[1:] == pytest.approx([0.10255, 0.06059, 0.07083], abs=5e-6)
    pairs = [(i, j, CITATIONS[i][j], CITATIONS[j][i]) for i in range(4) for j in range(i)]
    assert deviance(pairs, fit.strengths) == pytest.approx(4.293, abs=5e-4)


THREE_PAIRS = [
    (0, 1, 1, 7), (0, 1, -1, 3), (0, 1, 0, 2),
    (1, 2, 1, 6), (1, 2, -1, 4), (1, 2, 0, 2),
    (0, 2, 1, 8), (0, 2, -1, 2), (0, 2, 0, 2),
]  # fmt: skip


def test_worked_example_of_three_pairs():
    for rows in (THREE_PAIRS, THREE_PAIRS[::-1]):
        estimates = strengths(judged(rows, ["A", "B", "C"]))
        assert [e.value for e in estimates] == pytest.approx([0.59596, -0.11954, -0.47642], abs=5e-6)


def test_wins_and_ties_are_counted_apart_and_ties_are_half_a_win():
    counts = win_counts(judged(THREE_PAIRS, ["A", "B", "C"]))
    np.testing.assert_array_equal(counts.wins, [[0, 7, 8], [3, 0, 6], [2, 4, 0]])
    np.testing.assert_array_equal(counts.ties, [[0, 2, 2], [2, 0, 2], [2, 2, 0]])
    np.testing.assert_array_equal(
        win_matrix(judged(THREE_PAIRS, ["A", "B", "C"])), counts.wins + counts.ties / 2
    )


@pytest.mark.parametrize(
    ("wins", "n", "published"),
    [
        (81, 263, (0.2553, 0.3662)),
        (15, 148, (0.0624, 0.1605)),
        (0, 20, (0, 0.1611)),
        (1, 29, (0.0061, 0.1718)),
    ],
)
def test_newcombe_1998_wilson(wins, n, published):
    assert wilson_interval(wins, n) == pytest.approx(published, abs=5e-5)


@pytest.mark.parametrize(
    ("wins", "n", "printed", "digits"),
    [(72, 100, (0.62512, 0.79860), 5), (29, 100, (0.210, 0.385), 3), (377, 1000, (0.347, 0.407), 3)],
)
def test_worked_examples_of_shares(wins, n, printed, digits):
    assert [round(bound, digits) for bound in wilson_interval(wins, n)] == list(printed)


@given(st.integers(1, 200), st.floats(0.5, 0.99), st.data())
def test_wilson_is_scipys(n, level, data):
    wins = data.draw(st.integers(0, n))
    peer = stats.binomtest(wins, n).proportion_ci(level, method="wilson")
    assert wilson_interval(wins, n, level) == pytest.approx((peer.low, peer.high), abs=1e-9)


def test_win_rate_of_72_of_100():
    estimate = win_rates(judged([(0, 1, 1, 72), (0, 1, -1, 28)], ["A", "B"]))[0]
    assert (estimate.value, estimate.n_units) == (0.72, 100)
    assert (estimate.low, estimate.high) == pytest.approx((0.62512, 0.79860), abs=5e-6)


def test_a_clustered_win_rate_is_wider_where_raters_differ():
    rows = judged([(0, 1, 1, 50), (0, 1, -1, 50)], ["A", "B"])
    split, mixed = np.repeat(np.arange(10), 10), np.tile(np.arange(10), 10)
    by_taste, by_chance = win_rates(rows, split)[0], win_rates(rows, mixed)[0]
    independent = win_rates(rows)[0]
    assert by_taste.high - by_taste.low > 2 * (independent.high - independent.low)
    assert by_chance.value == by_taste.value == independent.value == 0.5


def test_an_always_preferred_system_has_an_interval_as_wide_as_its_raters_are_few():
    rows = judged([(0, 1, 1, 40)], ["A", "B"])
    few = win_rates(rows, np.tile([0, 1, 2, 3], 10))[0]
    many = win_rates(rows, np.arange(40))[0]
    assert few.value == many.value == 1
    assert few.low < many.low < few.high == 1


battles = st.lists(
    st.tuples(st.integers(0, 4), st.integers(1, 4), st.sampled_from([-1, 0, 1])), min_size=5, max_size=60
)


@given(battles)
def test_bradley_terry_equals_evalica_where_connected(rows):
    a, step, preference = np.array(rows).T
    b = (a + step) % 5
    estimates = strengths(preferences(a, b, preference, [str(i) for i in range(5)]))
    assume(not any(e.reason for e in estimates))
    winners = [WINNERS[p] for p in preference]
    peer = evalica.bradley_terry(list(a), list(b), winners, tie_weight=0.5, tolerance=1e-14, limit=100_000)
    logits = np.log(peer.scores.sort_index().to_numpy())
    assert [e.value for e in estimates] == pytest.approx(logits - logits.mean(), abs=1e-6)


@given(battles)
def test_expected_wins_of_the_fit_are_the_wins(rows):
    a, step, preference = np.array(rows).T
    wins = win_matrix(preferences(a, (a + step) % 5, preference, [str(i) for i in range(5)]))
    fit = bradley_terry(wins, [str(i) for i in range(5)])
    inside = fit.comparability.comparable
    if inside.any():
        wins, s = wins[np.ix_(inside, inside)], fit.strengths[inside]
        expected = (wins + wins.T) / (1 + np.exp(s[None, :] - s[:, None]))
        assert expected.sum(axis=1) == pytest.approx(wins.sum(axis=1), abs=1e-6)
        assert s.sum() == pytest.approx(0, abs=1e-9)
    assert np.isnan(fit.strengths[~inside]).all()


CYCLE = [(1, 2, 1, 3), (2, 3, 1, 3), (3, 1, 1, 3)]  # B, C, D beat each other in a ring


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ([(0, 1, 1, 5)], "won every comparison, so its strength has no upper bound"),
        ([(0, 1, -1, 5)], "lost every comparison, so its strength has no lower bound"),
        (
            [(0, 1, 1, 5), (0, 4, -1, 5), (4, 1, 1, 1)],
            "won every comparison that links it to 'B', 'C', 'D', so",
        ),
        ([(0, 4, 0, 5)], "never compared with 'B', 'C', 'D'"),
        ([(0, 4, 1, 5), (1, 4, 1, 2)], "linked to 'B', 'C', 'D' only through one-sided comparisons"),
        ([], "no comparison"),
    ],
    ids=["undefeated", "winless", "undefeated by the group", "apart", "indirectly", "absent"],
)
def test_a_system_that_cannot_be_compared_is_said_in_words(extra, said):
    data = judged(CYCLE + extra, ["A", "B", "C", "D", "E"])
    first, *rest = strengths(data)
    assert np.isnan([first.value, first.low, first.high]).all()
    assert said in first.reason
    alone = strengths(judged(CYCLE, ["A", "B", "C", "D", "E"]))
    assert [e.value for e in rest[:3]] == pytest.approx([e.value for e in alone[1:4]])
    assert all(e.reason is None for e in rest[:3])


def test_separate_groups_of_equal_size_have_no_scale():
    estimates = strengths(judged([(0, 1, 0, 5), (2, 3, 0, 5)], ["A", "B", "C", "D"]))
    assert np.isnan([e.value for e in estimates]).all()
    assert estimates[0].reason == "never compared with 'C', 'D', not even through other systems"


def test_an_undefeated_chain_is_not_ranked_by_a_silent_constant():
    estimates = strengths(judged([(0, 1, 1, 5), (1, 2, 1, 5)], ["A", "B", "C"]))
    assert np.isnan([e.value for e in estimates]).all()
    assert [e.reason for e in estimates] == [
        "won every comparison, so its strength has no upper bound",
        "lost every comparison that links it to 'A' and won every one that links it to 'C', so its strength has no bound",
        "lost every comparison, so its strength has no lower bound",
    ]


def random_study(n_raters, seed=0):
    rng = np.random.default_rng(seed)
    a = rng.integers(0, 5, 60 * n_raters)
    data = preferences(a, (a + rng.integers(1, 5, len(a))) % 5, rng.integers(-1, 2, len(a)), list("ABCDE"))
    return data, np.repeat(np.arange(n_raters), 60)


def test_the_sandwich_is_the_one_written_out():
    data, rater = random_study(8)
    fit = bradley_terry(win_matrix(data), data.systems)
    x = np.zeros((len(rater), 5))
    x[np.arange(len(rater)), data.a], x[np.arange(len(rater)), data.b] = 1, -1
    p = 1 / (1 + np.exp(-x @ fit.strengths))
    residual = (1 + data.preference) / 2 - p
    meat = sum(np.outer(s, s) for s in (x[rater == r].T @ residual[rater == r] for r in range(8)))
    bread = np.linalg.pinv(x.T @ (x * (p * (1 - p))[:, None]))
    errors = np.sqrt(np.diag(bread @ meat @ bread) * 8 / 7)
    assert fit.covariance == pytest.approx(bread, abs=1e-10)
    half = [(e.high - e.low) / 2 for e in strengths(data, rater)]
    assert half == pytest.approx(stats.t.ppf(0.975, 7) * errors, abs=1e-10)


def test_the_score_bootstrap_agrees_with_the_sandwich_on_many_raters():
    data, rater = random_study(200)
    by_t = strengths(data, rater)
    resampled = strengths(data, rater, method="score_bootstrap", rng=np.random.default_rng(0))
    assert [e.low for e in by_t] == pytest.approx([e.low for e in resampled], abs=0.01)
    assert [e.high for e in by_t] == pytest.approx([e.high for e in resampled], abs=0.01)
    assert (resampled[0].n_units, resampled[0].n_resamples) == (200, 2000)


@pytest.mark.parametrize("method", ["sandwich", "score_bootstrap"])
def test_one_rater_gives_strengths_without_clustered_intervals(method):
    data, rater = random_study(1)
    for estimate in strengths(data, rater, method=method, rng=np.random.default_rng(0)):
        assert np.isfinite(estimate.value)
        assert np.isnan(estimate.low)
        assert "at least 2" in estimate.reason


def test_a_reason_for_one_system_leaves_the_intervals_of_the_others():
    rows = judged([*CYCLE, (0, 1, 1, 5)], ["A", "B", "C", "D"])
    for method in LIMITS:
        first, *rest = strengths(
            rows, np.arange(14) % 5, method=method, rng=np.random.default_rng(0), n_resamples=200
        )
        assert np.isnan(first.low)
        assert all(e.low < e.value < e.high and e.reason is None for e in rest)


def test_malformed_preferences_are_named():
    with pytest.raises(InvalidInput, match=r"preference 0\.5 at position 0"):
        preferences([0], [1], [0.5], ["A", "B"])
    with pytest.raises(InvalidInput, match="system code 2"):
        preferences([0], [2], [1], ["A", "B"])
    with pytest.raises(InvalidInput, match="each name once"):
        preferences([0], [1], [1], ["A", "A"])
    with pytest.raises(InvalidInput, match="lengths differ"):
        preferences([0], [1, 0], [1], ["A", "B"])
    with pytest.raises(InvalidInput, match="square"):
        bradley_terry([[0, -1], [1, 0]], ["A", "B"])
    data = preferences([0], [1], [0], ["A", "B"])
    with pytest.raises(InvalidInput, match="unknown interval method 'sandwitch'"):
        strengths(data, [0], method="sandwitch")
    with pytest.raises(InvalidInput, match="without clusters"):
        strengths(data, method="sandwich")
    with pytest.raises(InvalidInput, match="lengths differ"):
        win_rates(data, [0, 1])


def test_extreme_win_rates_are_fitted_or_refused():
    wins = np.array([[0, 10.0**6, 0], [1, 0, 10.0**6], [0, 1, 0]])
    strengths_found = bradley_terry(wins, ["A", "B", "C"]).strengths
    assert strengths_found == pytest.approx([np.log(10**6), 0, -np.log(10**6)], abs=1e-9)
    with pytest.raises(InvalidInput, match="1e\\+12 wins"):
        bradley_terry(np.where(wins == 10.0**6, 1e300, wins), ["A", "B", "C"])
