from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from statsmodels.stats import inter_rater

from study.errors import InvalidInput
from study.stats.agreement.coefficients import AGREEMENT, COEFFICIENTS, agreement, agreement_value
from study.stats.agreement.conger import conger_kappa
from study.stats.agreement.pairwise_kappa import pairwise_kappa
from study.stats.agreement.ratings import ratings_of_codes, ratings_of_matrix
from study.stats.agreement.reliability import ValueCounts, value_counts, value_counts_of_codes
from study.stats.agreement.standard_errors import (
    LINEARISED,
    linearised_agreement,
    linearised_error,
)
from study.stats.agreement.weights import WEIGHTS, identity_weights

X = np.nan
RAW_4_RATERS = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, X, X, X],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, X, X],
    [X, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 3],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, X],
]
FLEISS_1971 = """00060 03003 01401 00006 03030 20400 00402 20310 20040 00006 10050 11040 03300 10050 02031 00501
30012 51000 02040 10203 00006 01050 02013 20040 10041 05010 40002 02040 10500 00006"""
FLEISS_COUNTS = np.array([[int(digit) for digit in row] for row in FLEISS_1971.split()])
WIKIPEDIA_FLEISS = (
    """0 0 0 0 14|0 2 6 4 2|0 0 3 5 6|0 3 9 2 0|2 2 8 1 1|7 7 0 0 0|3 2 6 3 0|2 5 3 2 2|6 5 2 1 0|0 2 2 3 7"""
)
ABSTRACTORS = [[13, 0, 0], [0, 20, 7], [0, 4, 56]]
DIAGNOSIS = [[40, 6, 4, 15], [4, 25, 1, 5], [4, 2, 21, 9], [17, 13, 12, 45]]


def of_counts(counts):
    counts = np.asarray(counts, dtype=float)
    return ValueCounts(
        counts, np.ones(len(counts), int), np.arange(counts.shape[1]) * 1.0, 0, np.zeros(counts.shape[1], int)
    )


def of_table(table):
    table = np.asarray(table)
    pair = np.indices(table.shape).reshape(2, -1).repeat(table.ravel(), axis=1)
    return value_counts(pair.astype(float), values=range(len(table)))


def named(counts, *names):
    return [agreement_value(counts, name) for name in names]


def test_fleiss_1971_diagnoses():
    counts = of_counts(FLEISS_COUNTS)
    found = named(counts, "fleiss_kappa", "brennan_prediger", "gwet_ac1")
    assert found == pytest.approx([0.430245, 0.444444, 0.44788], abs=5e-6)


def test_wikipedia_fleiss_10_by_14():
    counts = [[int(n) for n in row.split()] for row in WIKIPEDIA_FLEISS.split("|")]
    assert agreement_value(of_counts(counts), "fleiss_kappa") == pytest.approx(0.209931, abs=5e-7)


@pytest.mark.parametrize(
    ("counts", "fixed", "free"),
    [
        ([[7, 1], [3, 5]], 0.161905, 0.214286),
        ([[6, 1, 0], [0, 7, 0]], 0.708333, 0.785714),
        ([[6.99, 0.01], [6.99, 0.01]], -0.166667, 0.993343),
    ],
)
def test_randolph_free_marginal_of_statsmodels_tests(counts, fixed, free):
    found = named(of_counts(counts), "fleiss_kappa", "brennan_prediger")
    assert found == pytest.approx([fixed, free], abs=5e-7)


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("gwet_ac1", 0.77544, 0.14295),
        ("fleiss_kappa", 0.76117, 0.15302),
        ("brennan_prediger", 0.77273, 0.14472),
        ("krippendorff_alpha_nominal", 0.74342, 0.14548),
    ],
)
def test_gwet_raw4raters(name, value, error):
    counts = value_counts(RAW_4_RATERS)
    assert agreement_value(counts, name) == pytest.approx(value, abs=5e-6)
    assert linearised_error(counts, name) == pytest.approx(error, abs=5e-6)


@pytest.mark.parametrize(("name", "chance"), [("gwet_ac1", 0.1903212), ("fleiss_kappa", 0.2387153)])
def test_gwet_raw4raters_chance(name, chance):
    kappa, observed = named(value_counts(RAW_4_RATERS), name, "percent_agreement")
    assert (observed - kappa) / (1 - kappa) == pytest.approx(chance, abs=5e-8)


def test_gwet_raw4raters_ac1_interval():
    estimate = linearised_agreement(value_counts(RAW_4_RATERS), "gwet_ac1")
    assert (estimate.low, estimate.high) == (pytest.approx(0.461, abs=5e-4), 1)
    assert estimate.n_units == 12


def test_gwet_raw4raters_conger():
    ratings = ratings_of_matrix(RAW_4_RATERS)
    assert conger_kappa(ratings).value == pytest.approx(0.76282, abs=5e-6)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("quadratic", 0.91400),
        ("linear", 0.85874),
        ("ordinal", 0.89894),
        ("radical", 0.81981),
        ("ratio", 0.85737),
        ("circular", 0.83020),
        ("bipolar", 0.90037),
    ],
)
def test_irrcac_raw4raters_ac2(kind, value):
    assert agreement_value(value_counts(RAW_4_RATERS), f"gwet_ac2_{kind}") == pytest.approx(value, abs=5e-6)


def test_gwet_abstractors():
    counts = of_table(ABSTRACTORS)
    found = named(counts, "fleiss_kappa", "gwet_ac1", "brennan_prediger")
    assert found == pytest.approx([0.7962397, 0.8493305, 0.835], abs=5e-8)
    # two-rater tables are published with n, not n - 1, units in the variance
    error = linearised_error(counts, "gwet_ac1") * sqrt(99 / 100)
    assert error == pytest.approx(0.04322, abs=5e-6)


def test_gwet_diagnosis():
    found = named(of_table(DIAGNOSIS), "fleiss_kappa", "gwet_ac1", "brennan_prediger")
    assert found == pytest.approx([0.43034, 0.45616, 0.44993], abs=5e-6)


def test_irrcac_distrib_6_raters():
    found = named(of_counts(FLEISS_COUNTS[:15]), "gwet_ac1", "fleiss_kappa", "brennan_prediger")
    assert found == pytest.approx([0.4448007, 0.4139265, 0.4388889], abs=5e-8)
    ac1, observed = named(of_counts(FLEISS_COUNTS[:15]), "gwet_ac1", "percent_agreement")
    assert (observed - ac1) / (1 - ac1) == pytest.approx(0.1914815, abs=5e-8)


@pytest.mark.parametrize(
    ("table", "ac1"),
    [([[40, 9], [6, 45]], 0.7007), ([[80, 10], [5, 5]], 0.8080), ([[118, 5], [2, 0]], 0.9408)],
)
def test_feinstein_cicchetti_paradox_ac1(table, ac1):
    assert agreement_value(of_table(table), "gwet_ac1") == pytest.approx(ac1, abs=5e-5)


@given(st.lists(st.lists(st.integers(0, 2), min_size=4, max_size=4), min_size=1, max_size=10))
def test_fleiss_and_randolph_are_statsmodels(answers):
    table = np.array([np.bincount(row, minlength=3) for row in answers])
    counts = value_counts(np.array(answers).T.astype(float), values=range(3))
    if len(np.unique(answers)) < 2:
        assert np.isnan(agreement_value(counts, "fleiss_kappa"))
    else:
        theirs = inter_rater.fleiss_kappa(table, method="fleiss")
        assert agreement_value(counts, "fleiss_kappa") == pytest.approx(theirs, abs=1e-12)
    theirs = inter_rater.fleiss_kappa(table, method="randolph")
    assert agreement_value(counts, "brennan_prediger") == pytest.approx(theirs, abs=1e-12)


def written_out(counts, weights, chance):
    """Gwet 2014 in plain loops: weighted p_a of units rated twice, shares of all rated units."""
    q = counts.shape[1]
    rated = counts[counts.sum(axis=1) > 0]
    observed = []
    for row in rated[rated.sum(axis=1) >= 2]:
        m = row.sum()
        pairs = sum(weights[k, j] * row[k] * (row[j] - (k == j)) for k in range(q) for j in range(q))
        observed.append(pairs / (m * (m - 1)))
    shares = (rated / rated.sum(axis=1, keepdims=True)).mean(axis=0)
    expected = {
        "fleiss": shares @ weights @ shares,
        "uniform": weights.mean(),
        "gwet": weights.sum() / (q * (q - 1)) * (shares * (1 - shares)).sum(),
    }[chance]
    return (np.mean(observed) - expected) / (1 - expected)


@given(
    hnp.arrays(np.int64, st.tuples(st.integers(1, 8), st.just(4)), elements=st.integers(0, 3)),
    st.sampled_from(list(COEFFICIENTS)),
)
def test_coefficients_are_their_definition_written_out(counts, name):
    unit, category = np.indices(counts.shape).reshape(2, -1).repeat(counts.ravel(), axis=1)
    values = np.array([1.0, 2.0, 3.0, 5.0])
    found = agreement_value(value_counts_of_codes(unit, category, len(counts), values), name)
    if not (counts.sum(axis=1) >= 2).any() or (name == "fleiss_kappa" and (counts.any(axis=0)).sum() < 2):
        assert np.isnan(found)
    else:
        chance = {"fleiss_kappa": "fleiss", "brennan_prediger": "uniform"}.get(name, "gwet")
        weights = COEFFICIENTS[name].weights(values)
        assert found == pytest.approx(written_out(counts, weights, chance), abs=1e-9)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=5, unique=True))
def test_weights_are_symmetric_and_between_0_and_1(values):
    scale = np.sort(np.array(values, dtype=float))
    for weights in WEIGHTS.values():
        matrix = weights(scale)
        np.testing.assert_allclose(matrix, matrix.T, atol=1e-12)
        np.testing.assert_allclose(np.diag(matrix), 1)
        assert ((matrix >= -1e-12) & (matrix <= 1)).all()


def test_ratio_weights_refuse_negative_values_and_know_two_zeros():
    assert WEIGHTS["ratio"](np.array([0.0, 1.0])).tolist() == [[1, 0], [0, 1]]
    with pytest.raises(InvalidInput, match="value -1 on a ratio scale"):
        agreement_value(value_counts([[-1.0, 2.0], [1.0, 2.0]]), "gwet_ac2_ratio")


def test_ac1_is_brennan_prediger_where_categories_are_used_evenly():
    counts = value_counts([[0, 1, 2, 0, 1, 2.0], [0, 1, 2, 1, 2, 0.0]])
    assert agreement_value(counts, "gwet_ac1") == pytest.approx(agreement_value(counts, "brennan_prediger"))


def test_unused_values_of_the_scale_matter_to_gwet_and_brennan_prediger_only():
    ratings = [[0, 1, 1, 0.0], [0, 1, 0, 0.0]]
    narrow, wide = value_counts(ratings), value_counts(ratings, values=range(4))
    for name in ("fleiss_kappa", "percent_agreement"):
        assert agreement_value(wide, name) == pytest.approx(agreement_value(narrow, name))
    for name in ("gwet_ac1", "brennan_prediger"):
        assert agreement_value(wide, name) > agreement_value(narrow, name) + 0.01


def test_coefficients_do_not_depend_on_which_output_is_called_a():
    rng = np.random.default_rng(5)
    ratings = rng.choice(3, size=(4, 60), p=[0.7, 0.1, 0.2])
    renamed = np.where(rng.random(60) < 0.5, 2 - ratings, ratings)
    unit = np.tile(np.arange(60), 4)
    either = {"exchangeable": (0, 2)}
    counts = [
        value_counts_of_codes(unit, data.ravel(), 60, range(3), **either) for data in (ratings, renamed)
    ]
    for name in AGREEMENT:
        first, second = (agreement(c, name) for c in counts)
        assert (first.value, first.low) == pytest.approx((second.value, second.low), abs=1e-12)
    errors = [[linearised_error(c, name) for name in sorted(LINEARISED)] for c in counts]
    np.testing.assert_allclose(errors[0], errors[1], rtol=1e-9)


def test_on_a_scale_of_five_steps_all_steps_are_named_the_other_way_round():
    rng = np.random.default_rng(5)
    ratings = rng.choice(5, size=(4, 60), p=[0.5, 0.2, 0.1, 0.1, 0.1])
    other = np.where(rng.random(60) < 0.5, 4 - ratings, ratings)
    unit, rater = np.tile(np.arange(60), 4), np.repeat(np.arange(4), 60)
    pairs = {"exchangeable": (4, 0, 3, 1)}
    for name in AGREEMENT:
        counts = [value_counts_of_codes(unit, d.ravel(), 60, range(5), **pairs) for d in (ratings, other)]
        first, second = (agreement(c, name) for c in counts)
        assert (first.value, first.low) == pytest.approx((second.value, second.low), abs=1e-12)
    both = [ratings_of_codes(unit, rater, d.ravel(), 60, 4, range(5), **pairs) for d in (ratings, other)]
    assert conger_kappa(both[0]).value == pytest.approx(conger_kappa(both[1]).value, abs=1e-12)


def test_conger_with_exchangeable_categories_averages_the_namings_of_each_rater():
    rng = np.random.default_rng(5)
    data = rng.choice(3, size=(2, 40), p=[0.7, 0.1, 0.2])
    unit, rater = np.tile(np.arange(40), 2), np.repeat(np.arange(2), 40)
    ratings = ratings_of_codes(unit, rater, data.ravel(), 40, 2, range(3), exchangeable=(0, 2))
    assert conger_kappa(ratings).value == pytest.approx(pairwise_kappa(ratings).value[0, 1], abs=1e-12)


@pytest.mark.parametrize("kind", list(WEIGHTS))
def test_conger_of_two_complete_raters_is_cohens_kappa(kind):
    ratings = ratings_of_matrix(np.random.default_rng(1).integers(1, 5, (2, 50)))
    cohen = pairwise_kappa(ratings, weights=WEIGHTS[kind]).value[0, 1]
    assert conger_kappa(ratings, weights=WEIGHTS[kind]).value == pytest.approx(cohen, abs=1e-12)


def conger_written_out(ratings):
    """Mean of p_a over units; chance as the mean over pairs of raters."""
    q = int(np.nanmax(ratings)) + 1
    counts = np.array([[np.sum(column == k) for k in range(q)] for column in ratings.T])
    m = counts.sum(axis=1)
    paired = m >= 2
    observed = ((counts * (counts - 1)).sum(axis=1)[paired] / (m * (m - 1))[paired]).mean()
    shares = [np.array([np.mean(row[~np.isnan(row)] == k) for k in range(q)]) for row in ratings]
    chance = np.mean(
        [shares[g] @ shares[h] for g in range(len(shares)) for h in range(len(shares)) if g != h]
    )
    return (observed - chance) / (1 - chance)


def test_conger_and_its_jackknife_are_the_ones_written_out():
    ratings = np.random.default_rng(3).choice([X, 0, 1, 2], p=[0.2, 0.4, 0.2, 0.2], size=(5, 30))
    estimate = conger_kappa(ratings_of_matrix(ratings))
    assert estimate.value == pytest.approx(conger_written_out(ratings), abs=1e-12)
    left_out = [conger_written_out(np.delete(ratings, unit, axis=1)) for unit in range(30)]
    error = np.sqrt(29 * np.var(left_out))
    assert (estimate.high - estimate.low) / 2 == pytest.approx(2.0452296 * error, rel=1e-6)


def test_the_linearised_error_is_close_to_the_jackknife_where_no_unit_is_rated_once():
    ratings = np.random.default_rng(2).choice([1.0, 1, 2, 3], size=(4, 300))
    for name in LINEARISED:
        published, ours = (f(value_counts(ratings), name) for f in (linearised_agreement, agreement))
        assert published.value == ours.value
        assert published.high - published.low == pytest.approx(ours.high - ours.low, rel=0.02)


@pytest.mark.parametrize(
    ("ratings", "said"),
    [
        (np.full((3, 4), X), "no unit was rated by two raters"),
        (np.array([[1.0, X], [X, 2.0]]), "no unit was rated by two raters"),
        (np.ones((3, 4)), "equal"),
        (np.empty((0, 0)), "no unit was rated by two raters"),
    ],
    ids=["nothing", "no pair", "one value", "no rater"],
)
def test_undefined_coefficients_are_nan_with_the_reason(ratings, said):
    for name in LINEARISED:
        for estimate in (f(value_counts(ratings), name) for f in (agreement, linearised_agreement)):
            assert np.isnan([estimate.value, estimate.low, estimate.high]).all()
            assert said in estimate.reason
    estimate = conger_kappa(ratings_of_matrix(ratings))
    assert np.isnan([estimate.value, estimate.low]).all()
    assert said in estimate.reason


def test_one_unit_has_a_value_and_no_interval():
    for name in ("gwet_ac1", "krippendorff_alpha_nominal"):
        estimate = linearised_agreement(value_counts([[1.0], [1.0], [2.0]]), name)
        assert np.isfinite(estimate.value)
        assert np.isnan(estimate.low)
        assert "at least 2" in estimate.reason
    alike = linearised_agreement(value_counts([[1.0, 2.0], [1.0, 2.0]]), "fleiss_kappa")
    assert (alike.value, "do not vary" in alike.reason) == (1, True)


def test_malformed_input_is_named():
    with pytest.raises(InvalidInput, match="rater 0 rated unit 1 twice"):
        ratings_of_codes([1, 0, 1], [0, 0, 0], [0, 0, 0], 2, 1, range(2))
    with pytest.raises(InvalidInput, match="rater code 3"):
        ratings_of_codes([0], [3], [0], 1, 2, range(2))
    with pytest.raises(InvalidInput, match="unknown coefficient with a linearised error 'percent_agreement'"):
        linearised_error(value_counts(RAW_4_RATERS), "percent_agreement")
    with pytest.raises(InvalidInput, match="unknown interval method 'analytic'"):
        conger_kappa(ratings_of_matrix(RAW_4_RATERS), weights=identity_weights, method="analytic")
