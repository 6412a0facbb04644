"""Mean ratings of systems and their differences: worked figures, plain versions, laws, undefined cases."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from study.errors import InvalidInput
from study.stats import unit_products
from study.stats.claims import claimed_values
from study.stats.ratings.cells import rated, rating_levels
from study.stats.ratings.distributions import (
    acceptable_shares,
    cumulative_shares,
    level_shares,
    shares_at,
)
from study.stats.ratings.means import simultaneous_limits, system_differences, system_means
from study.stats.ratings.standardised import standardised_ratings
from study.stats.units import units_of
from tests.examples import examples
from tests.stats.wine import SCALE, toy, wine


def error_of(claim):
    estimate = claim.estimate
    critical = stats.t.ppf((1 + estimate.confidence_level) / 2, claim.degrees_of_freedom)
    return (estimate.high - estimate.low) / 2 / critical


def drawn(seed, n=400, n_raters=12, n_items=15, n_systems=3, over=("rater", "item"), decimals=0):
    rng = np.random.default_rng(seed)
    rater, item, system = (rng.integers(0, k, n) for k in (n_raters, n_items, n_systems))
    value = 3 + 0.3 * system + rng.normal(0, 0.6, n_raters)[rater] + rng.normal(0, 0.6, n_items)[item]
    value = np.round(value + rng.normal(0, 1, n), decimals)
    units = units_of({kind: code for kind, code in (("rater", rater), ("item", item)) if kind in over})
    return rated(value, system, rater, item, systems=[f"s{k}" for k in range(n_systems)], units=units)


@pytest.mark.parametrize(
    ("over", "error"),
    # Linearised errors of toy T, which equal the jackknife's here; the largest of both ways for two kinds.
    [(("rater",), 0.096225), (("item",), 0.166667), (("rater", "item"), 0.166667)],
)
def test_the_difference_of_toy_t(over, error):
    (gap,) = system_differences(toy(over=over))
    assert gap.raw.estimate.value == pytest.approx(0.83333, abs=1e-5)
    assert error_of(gap.raw) == pytest.approx(error, abs=1e-6)
    assert gap.shift == 0
    assert error_of(gap.adjusted) == pytest.approx(error, abs=1e-6)
    assert gap.raw_p_holm == gap.raw.p_value


def test_the_means_of_toy_t():
    assert [claim.estimate.value for claim in system_means(toy())] == pytest.approx(
        [3.9167, 3.0833], abs=1e-4
    )


def test_warm_and_cold_wine():
    (gap,) = system_differences(wine())
    assert -gap.raw.estimate.value == pytest.approx(1.16667, abs=1e-5)
    assert error_of(gap.raw) == pytest.approx(0.19543, abs=1e-5)


def test_raw_and_adjusted_differ_where_one_system_has_an_easy_item_alone():
    # Items 0 and 1: A 5 and B 4, A 2 and B 1; item 2: A 5 alone.
    ratings = rated([5, 4, 2, 1, 5], [0, 1, 0, 1, 0], [0, 0, 0, 0, 0], [0, 0, 1, 1, 2], systems=["A", "B"])
    (gap,) = system_differences(ratings)
    assert gap.raw.estimate.value == pytest.approx(1.5)
    assert gap.adjusted.estimate.value == pytest.approx(1.0)
    assert gap.shift == pytest.approx(0.5)


@pytest.mark.parametrize("over", [("rater",), ("item",), ("rater", "item")])
def test_variances_equal_those_of_influences_of_every_rating(over):
    ratings = drawn(3, over=over)
    n = np.bincount(ratings.system)
    means = np.bincount(ratings.system, ratings.value) / n
    own = (ratings.value - means[ratings.system]) / n[ratings.system]
    moves = own[:, None] * (ratings.system[:, None] == np.arange(3))
    contrasts = np.array([[1, -1, 0], [1, 0, -1], [0, 1, -1]]).T
    plain = claimed_values(means @ contrasts, moves @ contrasts, ratings.units, floor=False)
    for gap, one in zip(system_differences(ratings), plain, strict=True):
        assert gap.raw.estimate.value == pytest.approx(one.estimate.value)
        assert (gap.raw.p_value, gap.raw.estimate.low) == pytest.approx((one.p_value, one.estimate.low))
        assert gap.raw.estimand == one.estimand


def test_sparse_sums_give_the_same(monkeypatch):
    ratings = drawn(4)
    dense = [gap.raw.p_value for gap in system_differences(ratings)]
    monkeypatch.setattr(unit_products, "DENSE", 0)
    big = np.tile(ratings.system, 1)
    assert unit_products.column_sums(big, 3)(np.arange(len(big)), 10 * len(big)).shape == (10 * len(big), 3)
    assert [gap.raw.p_value for gap in system_differences(ratings)] == pytest.approx(dense)


def test_adjusted_differences_equal_least_squares_of_statsmodels():
    ratings = drawn(5, over=("rater",))
    dummies = np.column_stack(
        [ratings.system == 1, ratings.system == 2, *(ratings.item == item for item in range(15))]
    ).astype(float)
    options = {"groups": ratings.rater, "use_correction": False}
    fit = sm.OLS(ratings.value, dummies).fit(cov_type="cluster", cov_kwds=options)
    gaps = system_differences(ratings)
    for gap, column in ((gaps[0], 0), (gaps[1], 1)):
        assert -gap.adjusted.estimate.value == pytest.approx(fit.params[column])
        assert error_of(gap.adjusted) == pytest.approx(fit.bse[column] * np.sqrt(12 / 11))


@given(st.integers(0, 1000))
@examples(20)
def test_order_names_and_direction(seed):
    """Codes of raters and items in another order change nothing; the reversed scale changes the sign only."""
    ratings = drawn(seed, n=120)
    rng = np.random.default_rng(seed)
    order, names = rng.permutation(len(ratings.value)), rng.permutation(20)
    again = rated(
        6 - ratings.value[order],
        ratings.system[order],
        names[ratings.rater[order]],
        names[ratings.item[order]],
        systems=ratings.systems,
    )
    for one, other in zip(system_differences(ratings), system_differences(again), strict=True):
        for kind in ("raw", "adjusted"):
            first, second = getattr(one, kind), getattr(other, kind)
            assert second.estimate.value == pytest.approx(-first.estimate.value, abs=1e-10)
            assert second.p_value == pytest.approx(first.p_value)


def test_missing_values_are_left_out_and_counted():
    ratings = drawn(6)
    value = np.concatenate([ratings.value, [np.nan, np.nan]])
    padded = [np.concatenate([code, [0, 1]]) for code in (ratings.system, ratings.rater, ratings.item)]
    again = rated(value, *padded, systems=ratings.systems)
    assert again.n_missing == 2
    assert system_means(again) == system_means(ratings)


def test_a_system_without_ratings_and_systems_that_no_item_links_are_undefined():
    ratings = rated(
        np.tile([1.0, 2, 3, 4], 6), np.repeat([0, 1], 12), np.arange(24) % 6, np.repeat([0, 1], 12),
        systems=["A", "B", "C"],
    )  # fmt: skip
    means = system_means(ratings)
    assert np.isnan(means[2].estimate.value)
    assert means[2].estimate.reason
    gap = system_differences(ratings)[0]
    assert gap.raw.estimate.value == pytest.approx(0)
    assert np.isnan(gap.adjusted.estimate.value)
    assert "no chain of items" in gap.adjusted.estimate.reason
    assert np.isnan(gap.adjusted_p_holm)


def test_too_few_units_and_no_variation_are_undefined_with_a_reason():
    alone = rated([1.0, 2], [0, 1], [0, 0], [0, 0], systems=["A", "B"])
    (gap,) = system_differences(alone)
    assert np.isnan(gap.raw.p_value)
    assert "too few units" in gap.raw.estimate.reason
    same = rated(np.ones(20), np.arange(20) % 2, np.arange(20) // 2, np.arange(20) // 2, systems=["A", "B"])
    assert "do not vary" in system_means(same)[0].estimate.reason


def test_a_system_with_few_raters_rests_on_its_own_units():
    ratings = drawn(7, n=300)
    kept = (ratings.system != 2) | (ratings.rater < 6)
    some = rated(
        ratings.value[kept],
        ratings.system[kept],
        ratings.rater[kept],
        ratings.item[kept],
        systems=ratings.systems,
    )
    means = system_means(some)
    assert means[0].units == "12 raters x 15 items"
    assert means[2].units == "6 raters x 14 items"
    own = some.system == 2
    value = some.value[own]
    (alone,) = claimed_values(
        value.mean(), (value - value.mean()) / len(value), units_of({"rater": some.rater[own]}), floor=False
    )
    over = rated(
        some.value,
        some.system,
        some.rater,
        some.item,
        systems=some.systems,
        units=units_of({"rater": some.rater}),
    )
    assert system_means(over)[2].p_value == pytest.approx(alone.p_value)


def test_simultaneous_limits_are_wider_than_single_ones():
    ratings = drawn(8)
    rng = np.random.default_rng(0)
    joint, single = simultaneous_limits(ratings, rng=rng), system_differences(ratings)
    careful = simultaneous_limits(ratings, method="bonferroni")
    for low, high, wide, gap in zip(joint.low, joint.high, careful.low, single, strict=True):
        assert low < gap.raw.estimate.low
        assert high > gap.raw.estimate.high
        assert wide < gap.raw.estimate.low
    with pytest.raises(InvalidInput, match="max_t, bonferroni"):
        simultaneous_limits(ratings, method="scheffe")


def test_what_is_no_rating_is_refused():
    with pytest.raises(InvalidInput, match="system code 2 at position 1; allowed: 0 to 1"):
        rated([1, 2], [0, 2], [0, 0], [0, 0], systems=["A", "B"])
    with pytest.raises(InvalidInput, match="each name once"):
        rated([1], [0], [0], [0], systems=["A", "A"])
    with pytest.raises(InvalidInput, match=r"rating 2.5; allowed: 1, 2, 3"):
        rating_levels(rated([2.5], [0], [0], [0], systems=["A"]), [1, 2, 3])
    with pytest.raises(InvalidInput, match="threshold nan"):
        acceptable_shares(toy(), np.nan)


def test_z_scores_of_toy_t_and_of_wine():
    (gap,) = system_differences(standardised_ratings(toy()).ratings)
    assert gap.raw.estimate.value == pytest.approx(0.9288, abs=1e-4)
    (raw,), (z,) = (
        system_differences(wine()),
        system_differences(standardised_ratings(wine()).ratings),
    )
    assert -raw.raw.estimate.value / error_of(raw.raw) == pytest.approx(5.97, abs=0.01)
    assert -z.raw.estimate.value / error_of(z.raw) == pytest.approx(6.86, abs=0.01)


def test_raters_who_cannot_be_standardised_are_left_out_and_counted():
    value = [4, 5, 5, 1, 2, 2, 3, 3, 5, 1, 4]
    system = [0, 0, 0, 1, 1, 1, 0, 1, 0, 0, 1]
    rater = [0, 0, 0, 1, 1, 1, 2, 2, 3, 4, 4]
    found = standardised_ratings(rated(value, system, rater, np.arange(11) % 3, systems=["A", "B"]))
    assert (found.n_single, found.n_constant, found.n_one_system) == (1, 1, 2)
    assert found.ratings.value.tolist() == pytest.approx([-(0.5**0.5), 0.5**0.5])
    assert found.reason is None
    nobody = standardised_ratings(rated(value[:6], system[:6], rater[:6], [0] * 6, systems=["A", "B"]))
    assert nobody.reason == "no rater saw two systems and rated with any variation"


def test_distributions_sum_to_one():
    ratings = wine()
    levels = rating_levels(ratings, [0, *SCALE])
    assert levels.counts[0].tolist() == [0, 5, 16, 13, 2, 0]
    assert level_shares(levels).sum(axis=1) == pytest.approx([1, 1])
    assert cumulative_shares(levels)[:, -1] == pytest.approx([1, 1])
    assert shares_at(ratings, [1, 5]) == pytest.approx(level_shares(levels)[:, [1, 5]])


def test_acceptable_shares_stay_inside_0_and_1_and_agree_with_their_test():
    for claim in acceptable_shares(wine(), 3):
        assert 0 < claim.estimate.low < claim.estimate.value < claim.estimate.high < 1
        assert (claim.p_value < 0.05) == (claim.estimate.low > 0.5 or claim.estimate.high < 0.5)
    for claim in acceptable_shares(wine(), 1):
        # All ratings are acceptable: the exact limit, each judge counted once.
        assert claim.estimate.low == pytest.approx(0.025 ** (1 / 9))
        assert claim.estimate.high == 1
