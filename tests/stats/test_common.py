"""Laws that every entry of a table of statistics obeys; a new entry must be placed in each set of laws."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from study.stats.agreement.coefficients import (
    AGREEMENT,
    COEFFICIENTS,
    agreement,
    agreement_value,
)
from study.stats.agreement.reliability import value_counts
from study.stats.agreement.weights import WEIGHTS
from study.stats.correlation.accuracy import ACCURACY
from study.stats.ranking.preferences import preferences
from study.stats.ranking.strengths import strengths
from study.stats.ranking.win_rates import win_rates
from study.stats.resampling import RESAMPLING
from tests.reference.accuracy import TABLE_FUNCTIONS, accuracy
from tests.reference.of_systems import CORRELATION

X = np.nan
SCALE = np.array([1.0, 2.0, 3.0, 4.0, 7.0])


def renamed(v):
    return np.array([7.0, 1.0, 4.0, 3.0, 2.0])[np.searchsorted(SCALE, v)]


# What may be done to the values of the scale without changing the coefficient.
RELABELLING = {
    "percent_agreement": renamed,
    "krippendorff_alpha_nominal": renamed,
    "krippendorff_alpha_ordinal": lambda v: -(v**3),
    "krippendorff_alpha_interval": lambda v: 5 - 2 * v,
    "krippendorff_alpha_ratio": lambda v: 3 * v,
    "fleiss_kappa": renamed,
    "brennan_prediger": renamed,
    "gwet_ac1": renamed,
    "gwet_ac2_quadratic": lambda v: 5 - 2 * v,
    "gwet_ac2_linear": lambda v: 5 - 2 * v,
    "gwet_ac2_ordinal": lambda v: -(v**3),
    "gwet_ac2_radical": lambda v: 5 - 2 * v,
    "gwet_ac2_ratio": lambda v: 3 * v,
    "gwet_ac2_circular": lambda v: 5 - v,
    "gwet_ac2_bipolar": lambda v: 5 - 2 * v,
}
UNDEFINED_WITHOUT_VARIATION = {name for name in AGREEMENT if "alpha" in name} | {"fleiss_kappa"}
DEFINED_WITHOUT_VARIATION_ON_A_WIDER_SCALE = {"brennan_prediger", *(n for n in AGREEMENT if "gwet" in n)}
NEGATION_FLIPS_THE_SIGN = {"pearson", "spearman", "kendall_b"}
NEGATION_GIVES_THE_COMPLEMENT = {"pairwise_accuracy_of_systems"}
RISING_MAPS = {
    "pearson": lambda v: 3 * v - 1,
    "spearman": lambda v: v**3,
    "kendall_b": lambda v: v**3,
    "pairwise_accuracy_of_systems": lambda v: v**3,
}
RANKING = {"win_rate": win_rates, "bradley_terry": strengths}
NEGATED_RANKING = {"win_rate": lambda v: 1 - v, "bradley_terry": lambda v: -v}


def test_the_laws_cover_every_statistic():
    assert set(RELABELLING) == set(AGREEMENT)
    defined = DEFINED_WITHOUT_VARIATION_ON_A_WIDER_SCALE | {"percent_agreement"}
    assert set(AGREEMENT) == UNDEFINED_WITHOUT_VARIATION | defined
    assert not UNDEFINED_WITHOUT_VARIATION & defined
    assert set(COEFFICIENTS) | {"percent_agreement"} == {name for name in AGREEMENT if "alpha" not in name}
    assert {f"gwet_ac2_{kind}" for kind in WEIGHTS} - set(AGREEMENT) == {"gwet_ac2_identity"}
    assert {name for name, entry in AGREEMENT.items() if entry.counts_singles} == set(COEFFICIENTS) - {
        "brennan_prediger"
    }
    assert NEGATION_FLIPS_THE_SIGN | NEGATION_GIVES_THE_COMPLEMENT == set(CORRELATION) == set(RISING_MAPS)
    assert set(NEGATED_RANKING) == set(RANKING)
    assert set(TABLE_FUNCTIONS) == set(ACCURACY)


@pytest.mark.parametrize("table", [AGREEMENT, CORRELATION, ACCURACY])
def test_every_statistic_has_a_stable_key_a_label_and_a_source(table):
    for name, statistic in table.items():
        assert name.isidentifier()
        assert name == name.lower()
        assert statistic.label
        assert any(character.isdigit() for character in statistic.source)
        assert statistic.bounds[0] < statistic.bounds[1]
    assert len({statistic.label for statistic in table.values()}) == len(table)


# Agreement

ratings_of_units = hnp.arrays(
    np.float64, st.tuples(st.integers(2, 5), st.integers(1, 10)), elements=st.sampled_from([X, *SCALE])
)


def value(ratings, name, values=None):
    return agreement_value(value_counts(ratings, values), name)


@pytest.mark.parametrize("name", AGREEMENT)
@given(ratings_of_units, st.randoms(use_true_random=False))
def test_agreement_knows_no_order_of_raters_and_units(name, ratings, random):
    raters, units = list(range(len(ratings))), list(range(ratings.shape[1]))
    random.shuffle(raters)
    random.shuffle(units)
    shuffled = ratings[np.ix_(raters, units)]
    assert value(shuffled, name) == pytest.approx(value(ratings, name), abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("name", AGREEMENT)
@given(ratings_of_units, st.sampled_from(list(SCALE)))
def test_only_coefficients_that_say_so_know_of_units_rated_once(name, ratings, answer):
    once = np.full((len(ratings), 1), X)
    once[0] = answer
    before, after = (value(data, name, SCALE) for data in (ratings, np.hstack([ratings, once])))
    if not AGREEMENT[name].counts_singles:
        assert after == pytest.approx(before, abs=1e-12, nan_ok=True)
    paired = (~np.isnan(ratings)).sum(axis=0) >= 2
    assert paired.any() or np.isnan(after)


@pytest.mark.parametrize("name", AGREEMENT)
@given(ratings_of_units)
def test_agreement_knows_no_more_of_the_values_than_the_scale_says(name, ratings):
    relabelled = np.full_like(ratings, X)
    given_ = ~np.isnan(ratings)
    relabelled[given_] = RELABELLING[name](ratings[given_])
    assert value(relabelled, name) == pytest.approx(value(ratings, name), abs=1e-9, nan_ok=True)


@pytest.mark.parametrize("name", AGREEMENT)
@given(hnp.arrays(np.float64, st.integers(2, 10), elements=st.sampled_from(list(SCALE))))
def test_perfect_agreement_is_1(name, answers):
    found = value(np.tile(answers, (3, 1)), name)
    if name != "percent_agreement" and len(set(answers)) == 1:
        assert np.isnan(found)
    else:
        assert found == pytest.approx(1, abs=1e-9)
    on_scale = value(np.tile(answers, (3, 1)), name, SCALE)
    if name in UNDEFINED_WITHOUT_VARIATION and len(set(answers)) == 1:
        assert np.isnan(on_scale)
    else:
        assert on_scale == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("name", AGREEMENT)
@given(ratings_of_units)
def test_agreement_lies_within_its_bounds(name, ratings):
    low, high = AGREEMENT[name].bounds
    found = value(ratings, name)
    assert np.isnan(found) or low - 1e-9 <= found <= high + 1e-9


@pytest.mark.parametrize("method", RESAMPLING)
@pytest.mark.parametrize("name", AGREEMENT)
@given(ratings_of_units)
def test_an_agreement_estimate_has_an_interval_or_a_reason(name, method, ratings):
    estimate = agreement(
        value_counts(ratings), name, method=method, n_resamples=40, rng=np.random.default_rng(0)
    )
    known = np.isfinite([estimate.value, estimate.low, estimate.high])
    assert known.all() == (estimate.reason is None)
    assert np.isnan(estimate.low) == np.isnan(estimate.high)
    assert np.isnan(estimate.low) or estimate.low <= estimate.high


@pytest.mark.parametrize("name", AGREEMENT)
def test_more_confidence_is_a_wider_interval(name):
    counts = value_counts(np.random.default_rng(0).choice(SCALE, (4, 30)))
    estimates = [agreement(counts, name, confidence_level=level) for level in (0.5, 0.8, 0.95)]
    assert all(narrow.high - narrow.low < wide.high - wide.low for narrow, wide in pairwise(estimates))


# Correlation

vectors = hnp.arrays(
    np.float64, st.tuples(st.just(2), st.integers(3, 7)), elements=st.integers(-4, 4).map(float)
)


@pytest.mark.parametrize("name", CORRELATION)
@given(vectors, st.randoms(use_true_random=False))
def test_correlation_knows_no_order_of_sides_and_systems(name, pair, random):
    function, order = CORRELATION[name].function, list(range(pair.shape[1]))
    random.shuffle(order)
    x, y = pair
    assert function(y[order], x[order]) == pytest.approx(float(function(x, y)), abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("name", CORRELATION)
@given(vectors)
def test_a_metric_correlates_perfectly_with_itself_and_with_a_rising_map_of_itself(name, pair):
    function, x = CORRELATION[name].function, pair[0]
    if np.ptp(x) > 0:
        assert function(x, x) == pytest.approx(1, abs=1e-12)
    mapped = function(RISING_MAPS[name](x), pair[1])
    assert mapped == pytest.approx(float(function(x, pair[1])), abs=1e-9, nan_ok=True)


@pytest.mark.parametrize("name", sorted(NEGATION_FLIPS_THE_SIGN))
@given(vectors)
def test_negating_one_side_flips_the_sign_and_no_variation_is_undefined(name, pair):
    function, (x, y) = CORRELATION[name].function, pair
    assert function(x, -y) == pytest.approx(-float(function(x, y)), abs=1e-12, nan_ok=True)
    assert np.isnan(function(x, np.full_like(y, 0.1)))


@pytest.mark.parametrize("name", sorted(NEGATION_GIVES_THE_COMPLEMENT))
def test_negating_one_side_without_ties_gives_the_complement(name):
    function, x, y = CORRELATION[name].function, np.arange(6.0), np.array([2.0, 1, 3, 6, 5, 4])
    assert function(x, -y) == pytest.approx(1 - float(function(x, y)))


# Pairwise accuracy

outcome_tables = hnp.arrays(
    np.int64, st.tuples(st.integers(0, 6), st.just(3), st.just(3)), elements=st.integers(0, 4)
)


@pytest.mark.parametrize("name", ACCURACY)
@given(outcome_tables)
def test_accuracy_is_the_same_with_a_and_b_swapped_and_in_any_order_of_items(name, outcomes):
    once = accuracy(outcomes, name)
    again = accuracy(outcomes[::-1, ::-1, ::-1], name)
    numbers = [(e.value, e.low, e.high) for e in (once, again)]
    assert numbers[0] == pytest.approx(numbers[1], abs=1e-9, nan_ok=True)
    assert np.isfinite(numbers[0]).all() == (once.reason is None)


@pytest.mark.parametrize("name", ACCURACY)
def test_a_metric_that_follows_the_human_scores_1_and_one_that_opposes_scores_0(name):
    function = TABLE_FUNCTIONS[name]
    assert function(np.diag([3, 0, 2])) == 1
    assert function(np.diag([3, 0, 2])[::-1]) == 0


@pytest.mark.parametrize("name", ACCURACY)
def test_accuracy_without_a_judgment_is_undefined(name):
    estimate = accuracy(np.zeros((0, 3, 3), dtype=np.int64), name)
    assert np.isnan(estimate.value)
    assert estimate.reason == "no judgment that it counts"


# Ranking


def study(seed=1, n_judgments=120, n_systems=5):
    rng = np.random.default_rng(seed)
    a = rng.integers(0, n_systems, n_judgments)
    b = (a + rng.integers(1, n_systems, n_judgments)) % n_systems
    return a, b, rng.integers(-1, 2, n_judgments), np.arange(n_judgments) % 7, list("ABCDE")


def triples(estimates):
    return np.array([(e.value, e.low, e.high) for e in estimates])


@pytest.mark.parametrize("name", RANKING)
@pytest.mark.parametrize("clustered", [True, False])
def test_a_ranking_knows_no_order_of_judgments_and_sides(name, clustered):
    function, (a, b, preference, rater, systems) = RANKING[name], study()
    cluster = rater if clustered else None
    first = triples(function(preferences(a, b, preference, systems), cluster))
    swapped = triples(function(preferences(b, a, -preference, systems), cluster))
    order = np.random.default_rng(0).permutation(len(a))
    shuffled = function(
        preferences(a[order], b[order], preference[order], systems), rater[order] if clustered else None
    )
    assert swapped == pytest.approx(first, abs=1e-9)
    assert triples(shuffled) == pytest.approx(first, abs=1e-9)


@pytest.mark.parametrize("name", RANKING)
def test_a_ranking_follows_its_systems_and_ignores_the_names_of_raters(name):
    function, (a, b, preference, rater, systems) = RANKING[name], study()
    new = np.array([3, 0, 4, 1, 2])
    first = triples(function(preferences(a, b, preference, systems), rater))
    renamed = preferences(new[a], new[b], preference, systems)
    assert triples(function(renamed, 11 - rater))[new] == pytest.approx(first, abs=1e-9)


@pytest.mark.parametrize("name", RANKING)
@pytest.mark.parametrize("clustered", [True, False])
def test_negating_all_preferences_mirrors_the_ranking(name, clustered):
    function, (a, b, preference, rater, systems) = RANKING[name], study()
    cluster = rater if clustered else None
    first = triples(function(preferences(a, b, preference, systems), cluster))
    mirrored = triples(function(preferences(a, b, -preference, systems), cluster))
    assert NEGATED_RANKING[name](mirrored[:, [0, 2, 1]]) == pytest.approx(first, abs=1e-9)


@pytest.mark.parametrize("name", RANKING)
def test_without_a_judgment_every_system_has_a_reason(name):
    for cluster in (None, []):
        estimates = RANKING[name](preferences([], [], [], ["A", "B"]), cluster)
        assert [e.reason is not None and np.isnan(e.value) for e in estimates] == [True, True]
