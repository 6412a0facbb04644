"""Agreement beyond coin-flips and beyond the rates of systems: by hand, and under raters who do not look."""

import numpy as np
import pytest

from study.stats.agreement.beyond_rates import conger_beyond_rates, rates_agreement
from study.stats.agreement.coefficients import AGREEMENT, agreement, agreement_value
from study.stats.agreement.conger import conger_kappa
from study.stats.agreement.ratings import ratings_of_codes
from study.stats.agreement.reliability import value_counts_of_codes
from study.stats.agreement.totals import grouped_units

COHEN = np.repeat([[2, 0], [1, 1], [0, 2]], [20, 15, 15], axis=0)
"""Cohen's table [[20, 5], [10, 15]] as counts of two raters."""
TWO = np.arange(2.0)


def one_pair(counts: np.ndarray) -> np.ndarray:
    return np.zeros(len(counts), dtype=np.int64)


def test_cohens_table_by_hand() -> None:
    """55 of 100 answers are for the first system: chance of Gwet's AC1 is 2 * .55 * .45, expected disagreement 49.5 * 100 / 99."""
    found = {name: rates_agreement(COHEN, one_pair(COHEN), TWO, name).value for name in AGREEMENT}
    assert found["gwet_ac1"] == pytest.approx((0.7 - 0.495) / (1 - 0.495))
    assert found["brennan_prediger"] == pytest.approx(0.4)
    assert found["krippendorff_alpha_nominal"] == pytest.approx(1 - 30 / (99 / 2 * 100 / 99))
    assert found["fleiss_kappa"] == pytest.approx((0.7 - 0.505) / (1 - 0.505))
    assert np.isnan(found["percent_agreement"])


@pytest.mark.parametrize("method", ["jackknife", "bootstrap"])
@pytest.mark.parametrize("name", sorted(set(AGREEMENT) - {"percent_agreement"}))
def test_with_one_pair_of_systems_it_is_the_published_coefficient(name: str, method: str) -> None:
    rng = np.random.default_rng(0)
    unit = np.repeat(np.arange(60), 3)[:-2]  # the last unit is rated once
    category = np.where(rng.random(len(unit)) < 0.6, unit % 3, rng.integers(0, 3, len(unit)))
    counts = np.zeros((60, 3), dtype=np.int64)
    np.add.at(counts, (unit, category), 1)
    plain = value_counts_of_codes(unit, category, 60, np.arange(3.0))
    options = {"method": method, "n_resamples": 200}
    expected = agreement(plain, name, rng=np.random.default_rng(1), **options)
    found = rates_agreement(
        counts, one_pair(counts), np.arange(3.0), name, rng=np.random.default_rng(1), **options
    )
    assert found.value == pytest.approx(expected.value)
    if method == "jackknife" and not name.endswith("ordinal"):
        assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    elif not name.endswith("ordinal"):
        assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=0.06)
    groups = np.arange(60) // 4
    clusters = grouped_units(
        counts, groups, "item", singles=name not in ("brennan_prediger",) and "alpha" not in name
    )
    if method == "jackknife" and not name.endswith("ordinal"):
        by_item = agreement(plain, name, clusters=clusters)
        of_items = rates_agreement(counts, one_pair(counts), np.arange(3.0), name, groups, "item")
        assert (of_items.low, of_items.high) == pytest.approx((by_item.low, by_item.high))
        assert of_items.n_units == 15


def test_conger_with_one_pair_of_systems_is_the_published_one() -> None:
    rng = np.random.default_rng(2)
    unit, rater = np.divmod(np.arange(120), 3)
    ratings = ratings_of_codes(unit, rater, rng.integers(0, 2, 120), 40, 3, TWO)
    expected, found = conger_kappa(ratings), conger_beyond_rates(ratings, np.zeros(40, dtype=np.int64))
    assert (found.value, found.low, found.high) == pytest.approx(
        (expected.value, expected.low, expected.high)
    )
    groups = np.arange(40) // 4
    by_item = conger_kappa(ratings, group=groups, unit="item")
    of_items = conger_beyond_rates(ratings, np.zeros(40, dtype=np.int64), groups, "item")
    assert (of_items.low, of_items.high) == pytest.approx((by_item.low, by_item.high))
    assert by_item.n_units == 10


def independent(
    rates: list[float], n_units: int, n_raters: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Raters who name the first system of each pair with its rate, whatever the item: counts, and the pair of each unit."""
    pair = np.repeat(np.arange(len(rates)), n_units)
    first = rng.binomial(n_raters, np.array(rates)[pair])
    return np.column_stack([first, n_raters - first]), pair


def test_raters_who_choose_one_system_nine_times_in_ten_agree_beyond_coin_flips_only() -> None:
    """By the first question alpha is (2 * .9 - 1)^2 = .64, by the second 0."""
    rng = np.random.default_rng(3)
    counts, pair = independent([0.9], 4000, 3, rng)
    unit = np.repeat(np.arange(len(counts)), 3)
    named = np.concatenate([[0] * a + [1] * b for a, b in counts.tolist()])
    exchanged = rng.random(len(counts)) < 0.5  # outputs named by their ids
    by_id = np.where(exchanged[unit], 1 - named, named)
    plain = value_counts_of_codes(unit, by_id, len(counts), TWO, exchangeable=(0, 1))
    for name in ("krippendorff_alpha_nominal", "fleiss_kappa", "gwet_ac1", "brennan_prediger"):
        assert agreement_value(plain, name) == pytest.approx(0.64, abs=0.02)
    for name in ("krippendorff_alpha_nominal", "fleiss_kappa"):
        found = rates_agreement(counts, pair, TWO, name)
        assert found.value == pytest.approx(0, abs=0.03)
        assert found.low < 0 < found.high


def test_rates_of_several_pairs_of_systems_are_each_its_own() -> None:
    """Chance by the rates of all pairs together would call it agreement that pairs differ."""
    rng, rates = np.random.default_rng(4), [0.95, 0.9, 0.7, 0.5, 0.2, 0.05]
    values, wrong, held = [], [], []
    for _ in range(300):
        counts, pair = independent(rates, 12, 3, rng)
        found = rates_agreement(counts, pair, TWO, "krippendorff_alpha_nominal")
        values.append(found.value)
        held.append(found.low <= 0 <= found.high)
        wrong.append(rates_agreement(counts, one_pair(counts), TWO, "krippendorff_alpha_nominal").value)
    assert np.mean(values) == pytest.approx(0, abs=0.012)
    assert np.mean(wrong) > 0.3
    assert 0.92 <= np.mean(held) <= 0.99


def test_raters_who_see_the_item_agree_beyond_rates_of_several_pairs() -> None:
    """Half of the answers are what the item says: two agree on .25 of what chance leaves, in every pair of systems."""
    rng = np.random.default_rng(5)
    truth = rng.random(6000) < np.repeat([0.8, 0.5], 3000)
    seen = rng.random((6000, 3)) < 0.5
    answers = np.where(seen, truth[:, None], rng.random((6000, 3)) < np.repeat([0.8, 0.5], 3000)[:, None])
    first = answers.sum(axis=1)
    counts = np.column_stack([first, 3 - first])
    for name in ("krippendorff_alpha_nominal", "fleiss_kappa"):
        found = rates_agreement(counts, np.repeat([0, 1], 3000), TWO, name)
        assert found.value == pytest.approx(0.25, abs=0.03)


def test_pairs_of_systems_with_few_comparisons_tell_nothing() -> None:
    rng = np.random.default_rng(6)
    counts, pair = independent([0.5] * 30, 4, 2, rng)
    for name in sorted(set(AGREEMENT) - {"percent_agreement"}):
        found = rates_agreement(counts, pair, TWO, name)
        assert np.isnan(found.value)
        assert "5 comparisons" in str(found.reason)
    with_one = rates_agreement(
        np.vstack([counts, COHEN]), np.concatenate([pair, np.full(50, 99)]), TWO, "gwet_ac1"
    )
    assert with_one.value == pytest.approx(0.205 / 0.505)
    assert with_one.n_units == 50


def test_no_difference_within_a_pair_of_systems_is_undefined() -> None:
    counts = np.repeat([[2, 0], [0, 2]], 10, axis=0)
    found = rates_agreement(counts, np.repeat([0, 1], 10), TWO, "krippendorff_alpha_nominal")
    assert np.isnan(found.value)
    assert "all answers are equal" in str(found.reason)
