"""Laws that hold for every entry of the tables of the correlation family, and that the laws cover the tables."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from study.analysis.correlation import CLUSTERS, LEVELS, TESTS, clusters_of, fitting_tests
from study.stats.agreement.reliability import value_counts
from study.stats.correlation import grouped
from study.stats.correlation.accuracy import ACCURACY, accuracy_parts, signs_of
from study.stats.correlation.attenuation import FISHER, fisher_interval
from study.stats.correlation.coefficients import COEFFICIENTS
from study.stats.correlation.dependent_correlations import DEPENDENT_CORRELATIONS
from study.stats.correlation.grouped_intervals import RESAMPLED, grouped_interval
from study.stats.correlation.many_metrics import judgment_sums
from study.stats.correlation.metric_permutation import ALTERNATIVES, PERMUTATIONS, metric_difference
from study.stats.correlation.noise_ceiling import CEILINGS, noise_ceiling
from study.stats.correlation.swapped_scores import PAIR_TABLES
from study.stats.multiplicity import ADJUSTMENTS
from tests.examples import examples
from tests.reference.accuracy import TABLE_FUNCTIONS

NEGATION_FLIPS_THE_SIGN = {"pearson", "spearman", "kendall_b", "kendall_c"}
COUNTS_TIES = {"tau_eq", "acc_eq"}
KNOWS_ONLY_THE_ORDER = {"spearman", "kendall_b", "kendall_c", "tau_eq", "acc_eq"}
GROUPS_COUNT_ALIKE = {"by_item", "by_system"}
ONE_GROUP = {"pooled", "system_level"}
WITH_LABEL_AND_SOURCE = {
    "ACCURACY": ACCURACY,
    "COEFFICIENTS": COEFFICIENTS,
    "DEPENDENT_CORRELATIONS": DEPENDENT_CORRELATIONS,
    "CEILINGS": CEILINGS,
    "ADJUSTMENTS": ADJUSTMENTS,
}
scores = hnp.arrays(np.float64, (4, 5), elements=st.integers(0, 6).map(float) | st.just(np.nan))
p_values = st.lists(st.floats(0, 1, allow_nan=False) | st.just(np.nan), min_size=1, max_size=12)
pairs = st.tuples(scores, scores)


def test_the_laws_cover_every_table() -> None:
    assert set(COEFFICIENTS) == NEGATION_FLIPS_THE_SIGN | COUNTS_TIES
    assert KNOWS_ONLY_THE_ORDER | {"pearson"} == set(COEFFICIENTS)
    assert set(grouped.LEVELS) == GROUPS_COUNT_ALIKE | ONE_GROUP
    assert {key for key, draws in RESAMPLED.items() if any(draws)} == set(RESAMPLED)
    assert set(PAIR_TABLES) <= set(COEFFICIENTS)
    assert set(FISHER) <= set(COEFFICIENTS)
    assert set(DEPENDENT_CORRELATIONS) | set(PERMUTATIONS) <= set(TESTS)
    assert set(ALTERNATIVES) == {"two_sided", "greater"}
    assert set(CEILINGS) == {"best_accuracy", "held_out_accuracy"}


def test_the_levels_of_the_page_know_every_statistic_of_the_engine() -> None:
    assert set(ACCURACY) <= set(LEVELS["comparison"].statistics)
    for level in ("by_item", "by_system", "pooled", "system"):
        assert set(COEFFICIENTS) <= set(LEVELS[level].statistics)
    for level, entry in LEVELS.items():
        for statistic in entry.statistics:
            assert set(clusters_of(level, statistic)) <= set(entry.clusters) <= set(CLUSTERS)
            assert set(fitting_tests(level, statistic)) <= set(TESTS)


@pytest.mark.parametrize("name", WITH_LABEL_AND_SOURCE)
def test_every_entry_has_a_stable_key_a_label_and_a_source(name: str) -> None:
    entries = WITH_LABEL_AND_SOURCE[name]
    for key, entry in entries.items():
        assert key.isidentifier()
        assert key == key.lower()
        assert entry.label
        assert any(character.isdigit() for character in entry.source)
        assert entry.bounds[0] < entry.bounds[1]
    assert len({entry.label for entry in entries.values()}) == len(entries)


@pytest.mark.parametrize("name", COEFFICIENTS)
@examples(40)
@given(pairs, st.randoms())
def test_a_coefficient_knows_no_order_and_lies_within_its_bounds(name, pair, random) -> None:
    function, bounds = COEFFICIENTS[name].function, COEFFICIENTS[name].bounds
    value = function(*pair)
    order = random.sample(range(5), 5)
    np.testing.assert_allclose(function(pair[0][:, order], pair[1][:, order]), value, atol=1e-9)
    np.testing.assert_allclose(function(pair[1], pair[0]), value, atol=1e-9)
    defined = value[~np.isnan(value)]
    assert ((bounds[0] <= defined) & (defined <= bounds[1])).all()


@pytest.mark.parametrize("name", sorted(KNOWS_ONLY_THE_ORDER))
@examples(40)
@given(pairs)
def test_a_coefficient_of_ranks_knows_only_the_order(name, pair) -> None:
    function = COEFFICIENTS[name].function
    np.testing.assert_allclose(function(pair[0], np.exp(pair[1])), function(*pair), atol=1e-9)


@pytest.mark.parametrize("name", sorted(NEGATION_FLIPS_THE_SIGN))
@examples(40)
@given(pairs)
def test_a_negated_side_flips_the_sign(name, pair) -> None:
    function = COEFFICIENTS[name].function
    np.testing.assert_allclose(function(pair[0], -pair[1]), -function(*pair), atol=1e-9)


@pytest.mark.parametrize("name", sorted(COUNTS_TIES))
@examples(40)
@given(hnp.arrays(np.float64, 5, elements=st.integers(0, 3).map(float)))
def test_what_counts_ties_is_1_for_a_side_with_itself_even_where_all_are_tied(name, side) -> None:
    assert COEFFICIENTS[name].function(side, side) == 1


@pytest.mark.parametrize("level", sorted(GROUPS_COUNT_ALIKE))
@pytest.mark.parametrize("name", COEFFICIENTS)
@examples(20)
@given(pairs)
def test_a_grouped_value_is_the_mean_of_its_defined_groups(name, level, pair) -> None:
    found = grouped.grouped_correlation(*pair, name, level)
    defined = found.per_group[~np.isnan(found.per_group)]
    assert found.n_undefined == found.n_groups - len(defined)
    if len(defined):
        assert found.value == pytest.approx(defined.mean())
    else:
        assert np.isnan(found.value)
        assert found.reason


@pytest.mark.parametrize("level", sorted(ONE_GROUP))
def test_one_group_is_one_value(level: str) -> None:
    human = np.arange(20.0).reshape(4, 5)
    assert grouped.grouped_correlation(human, human**3, "spearman", level).value == pytest.approx(1)
    assert grouped.grouped_correlation(human, human, "pearson", level).n_groups == 1


@pytest.mark.parametrize("resampled", RESAMPLED)
@pytest.mark.parametrize("level", grouped.LEVELS)
def test_every_way_to_resample_gives_an_interval_or_a_reason(level: str, resampled: str) -> None:
    rng = np.random.default_rng(1)
    human = rng.normal(size=(5, 12))
    for metric in (human + rng.normal(size=human.shape), np.zeros_like(human)):
        estimate = grouped_interval(
            human, metric, "pearson", level, resampled=resampled, n_resamples=60, rng=np.random.default_rng(2)
        )
        assert estimate.low <= estimate.high or estimate.reason


@pytest.mark.parametrize("alternative", ALTERNATIVES)
@pytest.mark.parametrize("method", PERMUTATIONS)
def test_every_permutation_of_equal_metrics_has_p_1_and_of_opposite_ones_a_small_p(
    method: str, alternative: str
) -> None:
    rng = np.random.default_rng(3)
    human = rng.normal(size=(6, 15))
    metric = human + 0.1 * rng.normal(size=human.shape)
    options = {"method": method, "alternative": alternative, "n_resamples": 100}
    same = metric_difference(human, metric, metric, rng=np.random.default_rng(4), **options)
    assert same.p_value == 1
    apart = metric_difference(human, metric, -metric, rng=np.random.default_rng(4), **options)
    assert apart.p_value < 0.1


@pytest.mark.parametrize("name", DEPENDENT_CORRELATIONS)
@examples(60)
@given(st.floats(-0.9, 0.9), st.floats(-0.9, 0.9), st.floats(-0.9, 0.9), st.integers(5, 400))
def test_a_test_of_two_correlations_turns_round_with_its_metrics(name, r12, r13, r23, n) -> None:
    function = DEPENDENT_CORRELATIONS[name].function
    one, other = function(r12, r13, r23, n), function(r13, r12, r23, n)
    if one.reason or other.reason:
        assert np.isnan(one.p_two_sided)
        return
    assert one.statistic == pytest.approx(-other.statistic, abs=1e-9)
    assert one.p_greater == pytest.approx(1 - other.p_greater, abs=1e-9)
    assert one.p_two_sided == pytest.approx(2 * min(one.p_greater, other.p_greater), abs=1e-9)


@pytest.mark.parametrize("name", FISHER)
@examples(40)
@given(st.floats(-0.99, 0.99), st.integers(6, 500))
def test_a_fisher_interval_turns_with_the_sign_and_narrows_with_n(name, r, n) -> None:
    one, other, more = (fisher_interval(*pair, name) for pair in ((r, n), (-r, n), (r, 4 * n)))
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low))
    assert one.low < r < one.high
    assert more.high - more.low < one.high - one.low


@pytest.mark.parametrize("name", ADJUSTMENTS)
@examples(60)
@given(p_values, st.randoms())
def test_an_adjustment_raises_p_keeps_their_order_and_knows_no_other(name, values, random) -> None:
    given_p, adjusted = np.array(values), ADJUSTMENTS[name].function(values)
    assert (np.isnan(adjusted) == np.isnan(given_p)).all()
    known = ~np.isnan(given_p)
    assert (adjusted[known] >= given_p[known] - 1e-12).all()
    assert (adjusted[known] <= 1).all()
    order = np.argsort(given_p[known], kind="stable")
    assert (np.diff(adjusted[known][order]) >= -1e-12).all()
    shuffled = random.sample(range(len(values)), len(values))
    np.testing.assert_allclose(ADJUSTMENTS[name].function(given_p[shuffled]), adjusted[shuffled], atol=1e-12)


@pytest.mark.parametrize("name", CEILINGS)
@examples(40)
@given(hnp.arrays(np.float64, (3, 6), elements=st.sampled_from([0.0, 1.0, np.nan])), st.randoms())
def test_a_noise_ceiling_knows_no_order_and_no_metric_beats_it(name, ratings, random) -> None:
    value = noise_ceiling(value_counts(ratings, [0, 1]), name).value
    shuffled = ratings[random.sample(range(3), 3)][:, random.sample(range(6), 6)]
    assert noise_ceiling(value_counts(shuffled, [0, 1]), name).value == pytest.approx(value, nan_ok=True)
    swapped = noise_ceiling(value_counts(1 - ratings, [0, 1]), name).value
    assert swapped == pytest.approx(value, nan_ok=True)
    best = noise_ceiling(value_counts(ratings, [0, 1]), "best_accuracy").value
    assert np.isnan(value) or value <= best + 1e-12


@pytest.mark.parametrize("name", ACCURACY)
@examples(60)
@given(
    hnp.arrays(np.float64, (6, 2), elements=st.integers(-2, 2).map(float) | st.just(np.nan)),
    hnp.arrays(np.int64, (6, 3), elements=st.integers(0, 4)),
)
def test_accuracy_from_products_is_accuracy_from_tables(name, differences, counts) -> None:
    shape, once = (1, 6), np.arange(6)
    lost, tied, won = counts.T.astype(float)
    sums = [
        judgment_sums(np.zeros(6, dtype=np.int64), once, weight, shape)
        for weight in (won - lost, won + lost, won + tied + lost)
    ]
    right, of, _ = accuracy_parts(ACCURACY[name], signs_of(differences), *sums)
    for k in range(2):
        table = np.zeros((3, 3))
        for gap, row in zip(differences[:, k], counts, strict=True):
            if not np.isnan(gap):
                table[int(np.sign(gap)) + 1] += row
        expected = TABLE_FUNCTIONS[name](table)
        found = right[0, k] / of[0, k] if of[0, k] else np.nan
        assert found == pytest.approx(float(expected), nan_ok=True)
