import evalica
import krippendorff
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from study.errors import InvalidInput
from study.stats.agreement.alpha import DISTANCES
from study.stats.agreement.coefficients import agreement, agreement_value
from study.stats.agreement.reliability import value_counts, value_counts_of_codes
from tests.examples import examples

X = np.nan
EXAMPLE_A = [[0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]]
EXAMPLE_B = [[1, 1, 2, 2, 4, 3, 3, 3, 5, 4, 4, 1], [2, 1, 2, 2, 2, 3, 3, 3, 5, 4, 4, 4]]
EXAMPLE_C = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, X, X, X],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, X, 3],
    [X, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, X],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, X],
]
WIKIPEDIA = [
    [X, X, X, X, X, 3, 4, 1, 2, 1, 1, 3, 3, X, 3],
    [1, X, 2, 1, 3, 3, 4, 3, X, X, X, X, X, X, X],
    [X, X, 2, 1, 3, 4, 4, X, 2, 1, 1, 3, 3, X, 4],
]
FLEISS_1971 = [
    "00060",
    "03003",
    "01401",
    "00006",
    "03030",
    "20400",
    "00402",
    "20310",
    "20040",
    "00006",
    "10050",
    "11040",
    "03300",
    "10050",
    "02031",
    "00501",
    "30012",
    "51000",
    "02040",
    "10203",
    "00006",
    "01050",
    "02013",
    "20040",
    "10041",
    "05010",
    "40002",
    "02040",
    "10500",
    "00006",
]


def alpha(ratings, level="nominal"):
    return agreement_value(value_counts(ratings), f"krippendorff_alpha_{level}")


def of_table(table):
    """Two raters' square table of counts."""
    table = np.asarray(table)
    first, second = np.indices(table.shape).reshape(2, -1).repeat(table.ravel(), axis=1)
    return value_counts(np.array([first, second], dtype=float))


def of_counts(rows):
    """Units by categories, in digits."""
    counts = np.array([[int(digit) for digit in row] for row in rows])
    unit, category = np.indices(counts.shape).reshape(2, -1).repeat(counts.ravel(), axis=1)
    return value_counts_of_codes(unit, category, len(counts), range(counts.shape[1]))


def test_krippendorff_2011_example_a():
    assert alpha(EXAMPLE_A) == pytest.approx(0.095238, abs=5e-7)


@pytest.mark.parametrize(
    ("level", "published"),
    [("nominal", 0.691964), ("ordinal", 0.598062), ("interval", 0.620283), ("ratio", 0.555690)],
)
def test_krippendorff_2011_example_b(level, published):
    assert alpha(EXAMPLE_B, level) == pytest.approx(published, abs=5e-7)


@pytest.mark.parametrize(
    ("level", "published"),
    [("nominal", 904 / 1216), ("ordinal", 0.815388), ("interval", 0.849107), ("ratio", 0.797403)],
)
def test_krippendorff_2011_example_c(level, published):
    assert alpha(EXAMPLE_C, level) == pytest.approx(published, abs=5e-7)


@pytest.mark.parametrize(("level", "published"), [("nominal", 0.691358), ("interval", 0.810845)])
def test_wikipedia_krippendorff_15_by_3(level, published):
    assert alpha(WIKIPEDIA, level) == pytest.approx(published, abs=5e-7)


def test_fleiss_1971_diagnoses():
    counts = of_counts(FLEISS_1971)
    assert agreement_value(counts, "krippendorff_alpha_nominal") == pytest.approx(0.43341, abs=5e-6)
    assert agreement_value(counts, "fleiss_kappa") == pytest.approx(0.430245, abs=5e-7)


def test_irrcac_distrib_6_raters():
    assert agreement_value(of_counts(FLEISS_1971[:15]), "krippendorff_alpha_nominal") == pytest.approx(
        0.4204384, abs=5e-8
    )


def test_gwet_raw4raters():
    counts = value_counts(EXAMPLE_C)
    assert agreement_value(counts, "percent_agreement") == pytest.approx(0.8181818, abs=5e-8)
    assert agreement_value(counts, "krippendorff_alpha_nominal") == pytest.approx(0.74342, abs=5e-6)
    assert (counts.n_units, counts.n_unpaired) == (11, 1)


@pytest.mark.parametrize(
    ("table", "alpha", "p_a"),
    [
        ([[13, 0, 0], [0, 20, 7], [0, 4, 56]], 0.7972585, 0.89),
        ([[40, 6, 4, 15], [4, 25, 1, 5], [4, 2, 21, 9], [17, 13, 12, 45]], 0.43162, 0.58744),
    ],
    ids=["abstractors", "diagnosis"],
)
def test_gwet_two_rater_tables(table, alpha, p_a):
    counts = of_table(table)
    assert agreement_value(counts, "krippendorff_alpha_nominal") == pytest.approx(alpha, abs=5e-6)
    assert agreement_value(counts, "percent_agreement") == pytest.approx(p_a, abs=5e-6)


@given(hnp.arrays(np.int64, (3, 3), elements=st.integers(0, 20)))
def test_alpha_of_two_complete_raters_is_scotts_pi_for_a_finite_sample(table):
    n = table.sum()
    shares = (table.sum(axis=0) + table.sum(axis=1)) / max(1, 2 * n)
    chance = (shares**2).sum()
    if n == 0 or chance == 1:
        assert np.isnan(agreement_value(of_table(table), "krippendorff_alpha_nominal"))
        return
    scott = (np.trace(table) / n - chance) / (1 - chance)
    expected = 1 - (1 - scott) * (1 - 1 / (2 * n))
    assert agreement_value(of_table(table), "krippendorff_alpha_nominal") == pytest.approx(
        expected, abs=1e-12
    )


reliability_data = hnp.arrays(
    np.float64,
    st.tuples(st.integers(1, 6), st.integers(1, 12)),
    elements=st.sampled_from([X, 0.0, 1.0, 2.0, 3.5, 7.0]),
)


@examples(200)
@given(reliability_data, st.sampled_from(list(DISTANCES)))
def test_alpha_equals_krippendorff_and_is_undefined_only_where_it_must_be(ratings, level):
    ours = alpha(ratings, level)
    paired = ratings[:, (~np.isnan(ratings)).sum(axis=0) >= 2]
    if len(np.unique(paired[~np.isnan(paired)])) < 2:
        assert np.isnan(ours)
    else:
        theirs = krippendorff.alpha(reliability_data=paired, level_of_measurement=level)
        assert ours == pytest.approx(theirs, abs=1e-9)


@examples(40)
@given(reliability_data, st.sampled_from(list(DISTANCES)))
def test_alpha_equals_evalica_where_it_is_defined(ratings, level):
    # Where it is not, evalica says 1.
    ours = alpha(ratings, level)
    if not np.isnan(ours):
        theirs = evalica.alpha(pd.DataFrame(ratings), distance=level).alpha
        assert ours == pytest.approx(theirs, abs=1e-9)


def delete_one_error(ratings, name):
    """Standard error by the jackknife in a plain loop over units."""
    paired = ratings[:, (~np.isnan(ratings)).sum(axis=0) >= 2]
    n = paired.shape[1]
    left_out = [agreement_value(value_counts(np.delete(paired, unit, axis=1)), name) for unit in range(n)]
    return np.sqrt((n - 1) * np.var(left_out))


@pytest.mark.parametrize(
    "name", ["percent_agreement", *(f"krippendorff_alpha_{level}" for level in DISTANCES)]
)
def test_the_interval_is_the_jackknife_over_units(name):
    ratings = np.random.default_rng(2).choice([X, 1, 2, 3], p=[0.2, 0.5, 0.2, 0.1], size=(4, 30))
    estimate = agreement(value_counts(ratings), name)
    half = stats.t.ppf(0.975, estimate.n_units - 1) * delete_one_error(ratings, name)
    assert estimate.n_units == 28
    assert (estimate.low, estimate.high) == pytest.approx(
        (estimate.value - half, estimate.value + half), abs=1e-9
    )


def test_bootstrap_and_jackknife_intervals_are_alike_on_many_units():
    counts = value_counts(np.random.default_rng(2).choice([1.0, 1, 2, 3], size=(4, 500)))
    by_t = agreement(counts, "krippendorff_alpha_ordinal")
    resampled = agreement(
        counts, "krippendorff_alpha_ordinal", method="bootstrap", rng=np.random.default_rng(0)
    )
    assert (by_t.low, by_t.high) == pytest.approx((resampled.low, resampled.high), abs=0.01)


@pytest.mark.parametrize(
    ("ratings", "said"),
    [
        (np.full((3, 4), X), "no unit was rated by two raters"),
        (np.array([[1.0, X], [X, 2.0]]), "no unit was rated by two raters"),
        (np.ones((3, 4)), "all ratings are equal"),
        (np.empty((0, 0)), "no unit was rated by two raters"),
    ],
    ids=["nothing", "no pair", "one value", "no rater"],
)
@pytest.mark.parametrize("method", ["jackknife", "bootstrap"])
def test_undefined_alpha_is_nan_with_the_reason(ratings, said, method):
    estimate = agreement(
        value_counts(ratings), "krippendorff_alpha_nominal", method=method, rng=np.random.default_rng(0)
    )
    assert np.isnan([estimate.value, estimate.low, estimate.high]).all()
    assert said in estimate.reason


def test_perfect_agreement_claims_no_interval_of_no_width():
    estimate = agreement(value_counts([[1, 2, 3], [1, 2, 3]]), "krippendorff_alpha_nominal")
    assert estimate.value == 1
    assert np.isnan(estimate.low)
    assert "do not vary" in estimate.reason


def test_unused_values_of_the_scale_change_nothing():
    wide = value_counts(EXAMPLE_C, values=range(10))
    for level in DISTANCES:
        assert agreement_value(wide, f"krippendorff_alpha_{level}") == pytest.approx(alpha(EXAMPLE_C, level))


def test_codes_and_reliability_data_give_the_same_counts():
    ratings = np.array(EXAMPLE_C)
    unit, rater = np.nonzero(~np.isnan(ratings).T)
    by_code = value_counts_of_codes(unit, (ratings[rater, unit] - 1).astype(int), 12, [1, 2, 3, 4, 5])
    for field in ("counts", "multiplicity", "values", "n_unpaired"):
        np.testing.assert_array_equal(getattr(by_code, field), getattr(value_counts(ratings), field))


def test_malformed_ratings_are_named():
    with pytest.raises(InvalidInput, match="rating 4; allowed: 1, 2, 3, 5"):
        value_counts(EXAMPLE_C, values=[1, 2, 3, 5])
    with pytest.raises(InvalidInput, match="rating 5; allowed: 1, 2"):
        value_counts([[5.0, 1.0]], values=[1, 2])
    with pytest.raises(InvalidInput, match="numbers"):
        value_counts([["left", "right"]])
    with pytest.raises(InvalidInput, match="at most 101"):
        value_counts(np.random.default_rng(0).random((2, 60)))
    with pytest.raises(InvalidInput, match="ascending"):
        value_counts_of_codes([0], [0], 1, [2, 1])
    with pytest.raises(InvalidInput, match="unit code 3"):
        value_counts_of_codes([3], [0], 2, [1, 2])
    with pytest.raises(InvalidInput, match="ratio scale"):
        alpha([[-1.0, 2.0], [1.0, 2.0]], "ratio")
    with pytest.raises(InvalidInput, match="unknown agreement statistic 'alpha'"):
        agreement(value_counts(EXAMPLE_C), "alpha")


def test_alpha_does_not_depend_on_which_output_is_called_a() -> None:
    rng = np.random.default_rng(5)
    ratings = rng.choice(3, size=(4, 60), p=[0.7, 0.1, 0.2])
    renamed = np.where(rng.random(60) < 0.5, 2 - ratings, ratings)
    values = []
    for data in (ratings, renamed):
        unit = np.tile(np.arange(60), 4)
        counts = value_counts_of_codes(unit, data.ravel(), 60, range(3), exchangeable=(0, 2))
        values.append(
            [agreement_value(counts, f"krippendorff_alpha_{level}") for level in ("nominal", "ordinal")]
        )
    np.testing.assert_allclose(values[0], values[1], rtol=1e-12)
    fixed = [agreement_value(value_counts(data), "krippendorff_alpha_nominal") for data in (ratings, renamed)]
    assert fixed[0] != pytest.approx(fixed[1], abs=1e-3)
