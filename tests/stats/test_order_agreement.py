"""Kendall's W, Friedman's test, mean ranks, agreement with a reference, derived pairs: figures, peers and laws."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from study.errors import InvalidInput
from study.stats.orders.concordance import CONCORDANCE, centred_places, concordance
from study.stats.orders.concordance_over_items import concordance_over_items
from study.stats.orders.derived_pairs import pairs_of_choices, pairs_of_rankings, pairs_of_ratings
from study.stats.orders.mean_ranks import mean_ranks
from study.stats.orders.rankings import rankings, top
from study.stats.orders.reference_order import reference_agreement
from study.stats.ranking.strengths import strengths
from study.stats.units import units_of

# Rounding first base, R's ?friedman.test (Hollander and Wolfe 1973, p. 140): 22 players by 3 methods.
ROUNDING = np.array(
    [
        *(5.40, 5.50, 5.55, 5.85, 5.70, 5.75, 5.20, 5.60, 5.50, 5.55, 5.50, 5.40, 5.90, 5.85, 5.70, 5.45, 5.55, 5.60),
        *(5.40, 5.40, 5.35, 5.45, 5.50, 5.35, 5.25, 5.15, 5.00, 5.85, 5.80, 5.70, 5.25, 5.20, 5.10, 5.65, 5.55, 5.45),
        *(5.60, 5.35, 5.45, 5.05, 5.00, 4.95, 5.50, 5.50, 5.40, 5.45, 5.55, 5.50, 5.55, 5.55, 5.35, 5.45, 5.50, 5.55),
        *(5.50, 5.45, 5.25, 5.65, 5.60, 5.40, 5.70, 5.65, 5.55, 6.30, 6.30, 6.25),
    ]
).reshape(22, 3)  # fmt: skip
NAMES = list("ABCDE")


def drawn(seed, n=40, k=5, levels=4):
    """Random ranks with ties that lean the same way."""
    return np.round(np.random.default_rng(seed).normal(size=(n, k)) * levels / 2 + np.arange(k) / 2)


def over(n, n_raters=8):
    return units_of({"rater": np.arange(n) % n_raters, "item": np.arange(n) // n_raters})


def per_item(ranks, item, name):
    return CONCORDANCE[name].function(centred_places(ranks), np.asarray(item), int(max(item)) + 1).value


# W and Friedman


def test_friedman_of_rounding_times():
    found = concordance(ROUNDING)
    assert (found.chi_square, found.p_value) == pytest.approx((11.143, 0.003805), abs=5e-4)
    assert found.p_value == pytest.approx(0.003805, abs=5e-7)
    assert (found.w, found.mean_rho) == pytest.approx((0.25325, 0.2304), abs=5e-5)
    assert (22 * found.w - 1) / 21 == pytest.approx(0.2177, abs=5e-5)
    assert (found.f, found.f_p_value, found.f_freedom) == (
        pytest.approx(7.1217, abs=5e-5),
        pytest.approx(0.00217, abs=5e-6),
        (2, 42),
    )


def test_w_of_three_rankings_of_four():
    found = concordance([[1, 2, 3, 4], [1, 2, 4, 3], [2, 1, 3, 4]])
    assert (found.w, found.chi_square) == pytest.approx((0.82222, 7.4), abs=5e-6)
    assert found.mean_rho == pytest.approx((3 * found.w - 1) / 2)


@pytest.mark.parametrize("seed", range(3))
def test_friedman_and_mean_rho_are_those_of_scipy_and_of_all_pairs(seed):
    ranks = drawn(seed, n=12)
    found = concordance(ranks)
    theirs = stats.friedmanchisquare(*ranks.T)
    assert (found.chi_square, found.p_value) == pytest.approx((theirs.statistic, theirs.pvalue))
    pairs = [stats.spearmanr(ranks[i], ranks[j]).statistic for i in range(12) for j in range(i)]
    assert found.mean_rho == pytest.approx(np.mean(pairs))


def test_w_is_the_same_for_any_order_of_rankings_and_systems_and_when_all_are_reversed():
    ranks = drawn(4)
    found = concordance(ranks)
    for other in (ranks[::-1], ranks[:, ::-1], -ranks, 3 * ranks + 1, np.vstack([ranks, ranks])):
        assert concordance(other).w == pytest.approx(found.w)
    assert concordance(-ranks).mean_rho == pytest.approx(found.mean_rho)
    assert concordance(np.tile(np.arange(5), (3, 1))).w == pytest.approx(1)


def test_incomplete_rankings_are_left_out_and_counted():
    ranks = np.vstack([ROUNDING, [1, np.nan, 2]])
    assert concordance(ranks) == replace(concordance(ROUNDING), n_incomplete=1)


@pytest.mark.parametrize(
    ("ranks", "reason"),
    [
        ([[1, 2, 3]], "1 complete ranking of 3 systems"),
        (np.empty((0, 3)), "0 complete rankings"),
        ([[1], [1]], "2 complete rankings of 1 system;"),
        ([[1, 1], [2, 2]], "every ranking ties all systems"),
    ],
)
def test_an_undefined_w_says_why(ranks, reason):
    found = concordance(ranks)
    assert np.isnan([found.w, found.chi_square, found.f_p_value]).all()
    assert found.reason.startswith(reason)


@pytest.mark.parametrize("name", CONCORDANCE)
def test_agreement_over_items_is_the_mean_of_items_with_their_own_systems(name):
    ranks = drawn(5, n=48)
    ranks[:8, 0] = ranks[8:16, 3] = np.nan
    item = np.arange(48) // 8
    found = concordance_over_items(ranks, item, over(48), name)
    own = []
    for place in range(6):
        rows = ranks[item == place]
        one = concordance(rows[:, ~np.isnan(rows).all(axis=0)])
        own.append({"kendall_w": one.w, "mean_rho": one.mean_rho}[name])
    assert found.per_item == pytest.approx(own)
    assert found.claim.estimate.value == pytest.approx(np.mean(own))
    assert found.by_chance == pytest.approx({"kendall_w": 1 / 8, "mean_rho": 0}[name])
    assert np.isnan(found.claim.p_value) == (name == "kendall_w")


@pytest.mark.parametrize("name", CONCORDANCE)
def test_over_items_only_the_interval_is_that_of_the_items(name):
    ranks, item = drawn(6, n=96), np.arange(96) // 8
    found = concordance_over_items(ranks, item, units_of({"item": item}, asked=True), name)
    error = stats.sem(found.per_item) * stats.t.ppf(0.975, 11)
    assert found.claim.estimate.high - found.claim.estimate.value == pytest.approx(error)


@pytest.mark.parametrize("name", CONCORDANCE)
def test_the_slope_of_a_ranking_is_what_its_weight_does(name):
    """A ranking that occurs a hundred times, and once more."""
    ranks = np.repeat(drawn(7, n=6), 100, axis=0)
    item = np.zeros(600, dtype=int)
    found = CONCORDANCE[name].function(centred_places(ranks), item, 1)
    more = per_item(np.vstack([ranks, ranks[:1]]), np.append(item, 0), name)
    assert more - found.value == pytest.approx(found.slope[:1], rel=0.05)
    assert found.slope.sum() == pytest.approx(0, abs=1e-12)


def test_rankings_that_lack_a_system_of_their_item_are_left_out():
    ranks = drawn(8, n=24)
    ranks[3, 2] = np.nan
    found = concordance_over_items(ranks, np.arange(24) // 8, over(24))
    assert found.n_incomplete == 1
    assert found.per_item[0] == pytest.approx(concordance(np.delete(ranks[:8], 3, axis=0)).w)
    nothing = concordance_over_items(ranks[:3], [0, 1, 2], units_of({"rater": [0, 1, 2]}))
    assert np.isnan(nothing.claim.estimate.value)
    assert nothing.claim.estimate.reason == "no item was ranked by two raters with an order among its systems"


# Mean ranks


def test_mean_ranks_over_rankings_have_the_t_interval_of_scipy_and_mirror_when_reversed():
    ranks = drawn(9)
    units = units_of({"ranking": np.arange(40)}, asked=True)
    found, turned = (mean_ranks(rankings(one, NAMES), units) for one in (ranks, -ranks))
    places = stats.rankdata(ranks, axis=1)
    for system in range(5):
        estimate = found[system].estimate
        half = stats.sem(places[:, system]) * stats.t.ppf(0.975, 39)
        assert estimate.value == pytest.approx(places[:, system].mean())
        assert (estimate.low, estimate.high) == pytest.approx((estimate.value - half, estimate.value + half))
        assert turned[system].estimate.value == pytest.approx(6 - estimate.value)
        assert found[system].p_value == pytest.approx(stats.ttest_1samp(places[:, system], 3).pvalue)
    assert sum(one.estimate.value for one in found) == pytest.approx(15)


def test_mean_ranks_of_sets_of_several_sizes_are_relative():
    ranked = rankings([[1, 2, 3, np.nan], [np.nan, 1, 2, np.nan], [1, 2, 2, np.nan]], NAMES[:4])
    units = units_of({"rater": [0, 1, 2]}, asked=True)
    with pytest.raises(InvalidInput, match="rankings of 2 and of 3 systems"):
        mean_ranks(ranked, units)
    found = mean_ranks(ranked, units, relative=True)
    assert [one.estimate.value for one in found[:3]] == pytest.approx(
        [0, (0.5 + 0 + 0.75) / 3, (1 + 1 + 0.75) / 3]
    )
    assert found[3].estimate.reason == "in no ranking of at least 2 systems"


# Agreement with a reference


def test_a_reference_order_and_one_exchange():
    assert reference_agreement([[2, 1, 3]], [1, 2, 3]).per_item == pytest.approx([0.3333], abs=5e-5)


def test_agreement_with_a_reference_is_that_of_scipy_with_a_jackknife_over_items():
    ranks, item = drawn(10), np.arange(40) // 4
    reference = np.arange(5)
    found = reference_agreement(ranks, reference, item)
    own = [stats.kendalltau(row, reference).statistic for row in ranks]
    means = np.array([np.mean(own[4 * place : 4 * place + 4]) for place in range(10)])
    assert found.per_ranking == pytest.approx(own)
    assert found.estimate.value == pytest.approx(means.mean())
    half = stats.sem(means) * stats.t.ppf(0.975, 9)
    assert found.estimate.high - found.estimate.value == pytest.approx(half)
    reversed_ = reference_agreement(-ranks, reference, item)
    assert reversed_.estimate.value == pytest.approx(-found.estimate.value)
    alike = reference_agreement(ranks, np.tile(reference, (40, 1)), item)
    assert alike.estimate == found.estimate


def test_a_ranking_that_ties_all_has_no_agreement_and_items_without_any_are_left_out():
    found = reference_agreement([[1, 1, 1], [1, 2, 3], [3, 2, 1]], [1, 2, 3], [0, 1, 3])
    assert np.isnan(found.per_item[[0, 2]]).all()
    assert (found.estimate.value, found.estimate.n_units) == (0, 2)
    with pytest.raises(InvalidInput, match=r"reference of shape \(2,\)"):
        reference_agreement([[1, 2, 3]], [1, 2])


# Derived pairs


def test_a_ranking_gives_all_its_pairs_and_a_choice_those_of_the_best():
    full = pairs_of_rankings(rankings(np.argsort(np.random.default_rng(0).random((7, 5)), axis=1), NAMES))
    assert np.bincount(full.ranking).tolist() == [10] * 7
    best = pairs_of_rankings(top(rankings([[3, 1, 2, 4]], NAMES[:4]), 1))
    assert best.judged.a.tolist() == [1, 1, 1]
    assert best.judged.b.tolist() == [0, 2, 3]
    choice = pairs_of_choices([[True, True, True, True]], [1], NAMES[:4])
    assert choice.judged.b.tolist() == best.judged.b.tolist()
    with pytest.raises(InvalidInput, match="choice 0 is 'D', which was not offered"):
        pairs_of_choices([[True, True, True, False]], [3], NAMES[:4])


def test_ratings_give_one_pair_for_each_two_and_equal_ones_a_tie():
    found = pairs_of_ratings([[4, 5, np.nan], [3, 3, 3], [np.nan, np.nan, 1]], NAMES[:3])
    assert found.ranking.tolist() == [0, 1, 1, 1]
    assert found.judged.a.tolist()[0] == 1
    assert found.judged.preference.tolist() == [1, 0, 0, 0]


def test_pairs_can_be_clustered_by_their_ranking_which_widens_the_intervals():
    rng = np.random.default_rng(3)
    quality = np.linspace(1, 0, 5)
    found = pairs_of_rankings(rankings(-(quality + rng.gumbel(size=(60, 5))), NAMES))
    naive, clustered = strengths(found.judged), strengths(found.judged, found.ranking)
    assert all(b.high - b.low > 1.1 * (a.high - a.low) for a, b in zip(naive, clustered, strict=True))
    assert clustered[0].n_units == 60


def test_every_entry_of_the_table_has_a_stable_key_a_label_and_a_dated_source():
    for name, entry in CONCORDANCE.items():
        assert name.isidentifier()
        assert entry.label
        assert any(character.isdigit() for character in entry.source)
