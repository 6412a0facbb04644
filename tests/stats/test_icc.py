import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from study.errors import InvalidInput
from study.stats.agreement.icc import ICC, icc, mean_squares

X = np.nan
TARGETS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])


@pytest.mark.parametrize(
    ("name", "value", "limits"),
    [
        ("icc_1_1", 0.165742, (-0.13, 0.72)),
        ("icc_2_1", 0.289764, (0.02, 0.76)),
        ("icc_3_1", 0.714841, (0.34, 0.95)),
        ("icc_1_k", 0.442797, (-0.88, 0.91)),
        ("icc_2_k", 0.620051, (0.07, 0.93)),
        ("icc_3_k", 0.909316, (0.68, 0.99)),
    ],
)
def test_shrout_fleiss_1979(name, value, limits):
    estimate = icc(TARGETS.T, name)
    assert estimate.value == pytest.approx(value, abs=5.1e-7)
    assert (round(estimate.low, 2), round(estimate.high, 2)) == limits
    assert estimate.n_units == 6


def test_shrout_fleiss_1979_mean_squares():
    squares = mean_squares(TARGETS.T.astype(float))
    found = [squares.units, squares.within, squares.raters, squares.residual]
    assert [round(x, 2) for x in found] == [11.24, 6.26, 32.49, 1.02]


tables = hnp.arrays(
    np.float64, st.tuples(st.integers(2, 5), st.integers(2, 8)), elements=st.integers(0, 6).map(float)
)


@given(tables, st.randoms(use_true_random=False))
def test_icc_knows_no_order_and_no_origin_or_unit_of_the_scale(ratings, random):
    raters, units = list(range(len(ratings))), list(range(ratings.shape[1]))
    random.shuffle(raters)
    random.shuffle(units)
    for name in ICC:
        first, second = icc(ratings, name), icc(5 - 2 * ratings[np.ix_(raters, units)], name)
        assert second.value == pytest.approx(first.value, abs=1e-6, nan_ok=True)
        assert first.reason == second.reason


@given(tables)
def test_an_icc_has_an_interval_around_it_or_a_reason(ratings):
    for name, entry in ICC.items():
        found = icc(ratings, name)
        known = np.isfinite([found.value, found.low, found.high])
        assert known.all() == (found.reason is None)
        if known.all():
            assert found.low <= found.value <= found.high
            assert entry.bounds[0] - 1e-9 <= found.value <= 1 + 1e-9


@given(tables, st.lists(st.integers(-9, 9), min_size=5, max_size=5))
def test_consistency_ignores_how_high_raters_rate(ratings, levels):
    moved = ratings + np.array(levels)[: len(ratings), None]
    for name in ("icc_3_1", "icc_3_k"):
        first, second = icc(ratings, name), icc(moved, name)
        if not np.isnan([first.value, second.value]).any():
            assert second.value == pytest.approx(first.value, abs=1e-6)


def test_perfect_agreement_is_1_without_an_interval():
    for name in ICC:
        found = icc([[1, 2, 4], [1, 2, 4]], name)
        assert found.value == pytest.approx(1)
        assert np.isnan(found.low)
        assert found.reason


@pytest.mark.parametrize("name", ["icc_1_1", "icc_2_1", "icc_3_1"])
def test_icc_intervals_cover(name):
    rng = np.random.default_rng(4)
    truth = 0.5 if name != "icc_3_1" else 0.5 / 0.9
    hits = 0
    for _ in range(400):
        unit, noise = rng.normal(0, np.sqrt(0.5), 30), rng.normal(0, np.sqrt(0.4), (8, 30))
        level = rng.normal(0, np.sqrt(0.1), (8, 30 if name == "icc_1_1" else 1))
        found = icc(unit + noise + level, name)
        hits += found.low <= truth <= found.high
    assert 0.92 <= hits / 400 <= 0.98


def test_units_with_a_missing_rating_are_left_out():
    missing = np.vstack([np.column_stack([TARGETS.T, [3, X, 2, 1]]), np.full(7, X)])
    for name in ICC:
        assert icc(missing, name) == icc(TARGETS.T, name)


@pytest.mark.parametrize(
    ("ratings", "said"),
    [
        (np.empty((0, 0)), "allowed: at least 2 of each"),
        ([[1, 2, 3]], "1 rater"),
        ([[1], [2]], "1 complete unit"),
        (np.full((3, 4), X), "0 rater"),
        (np.full((3, 4), 2), "all ratings are equal"),
        ([[1, 2, X], [X, 1, 2]], "1 complete unit"),
    ],
)
def test_an_undefined_icc_is_nan_with_a_reason(ratings, said):
    for name in ICC:
        found = icc(ratings, name)
        assert np.isnan([found.value, found.low, found.high]).all()
        assert said in found.reason


def test_malformed_ratings_are_named():
    with pytest.raises(InvalidInput, match="unknown intraclass correlation 'icc_4_1'"):
        icc(TARGETS, "icc_4_1")
    with pytest.raises(InvalidInput, match="numbers"):
        icc([["a", "b"]], "icc_1_1")


@given(tables, st.randoms(use_true_random=False))
def test_an_antisymmetric_icc_does_not_know_the_sign_of_a_unit(ratings, random):
    signs = np.array([random.choice([-1, 1]) for _ in range(ratings.shape[1])])
    for name in ICC:
        one, other = (icc(data, name, antisymmetric=True) for data in (ratings, ratings * signs))
        assert one.value == pytest.approx(other.value, nan_ok=True)
        assert one.low == pytest.approx(other.low, nan_ok=True)


def test_an_antisymmetric_icc_is_that_of_all_units_under_both_signs():
    """With many units a mean of 0 that is estimated is the mean of 0 that is known."""
    rng = np.random.default_rng(0)
    ratings = rng.normal(size=(1, 3000)) + rng.normal(size=(3, 3000))
    doubled = np.hstack([ratings, -ratings])
    for name in ICC:
        one = icc(ratings, name, antisymmetric=True).value
        assert one == pytest.approx(icc(doubled, name).value, abs=2e-3)
        assert one == pytest.approx(0.5 if name.endswith("1") else 0.75, abs=0.03)


def test_an_antisymmetric_icc_by_hand():
    """Two raters: means 1, 0, -1, squares within 0, 2, 0; between 2 * 2 / 3, within 2 / 3."""
    squares = mean_squares(np.array([[1.0, 1.0, -1.0], [1.0, -1.0, -1.0]]), antisymmetric=True)
    assert (squares.units, squares.within) == pytest.approx((4 / 3, 2 / 3))
    found = icc([[1, 1, -1], [1, -1, -1]], "icc_1_1", antisymmetric=True)
    assert found.value == pytest.approx((4 / 3 - 2 / 3) / (4 / 3 + 2 / 3))


@pytest.mark.parametrize("antisymmetric", [False, True])
def test_intervals_of_the_other_forms_cover(antisymmetric):
    """The level is 0 and known, or one of three levels that strata have."""
    rng, held = np.random.default_rng(1), []
    strata = np.repeat([0, 1, 2], 10)
    for _ in range(400):
        level = 0 if antisymmetric else np.array([0.0, 3.0, -5.0])[strata]
        ratings = level + rng.normal(size=(1, 30)) + rng.normal(size=(4, 30))
        found = icc(ratings, "icc_1_1", antisymmetric=antisymmetric, strata=strata)
        held.append(found.low <= 0.5 <= found.high)
    assert 0.92 <= np.mean(held) <= 0.98


def test_levels_of_raters_in_several_strata_have_no_icc_2():
    ratings = np.random.default_rng(2).normal(size=(3, 12))
    found = icc(ratings, "icc_2_1", strata=np.arange(12) // 4)
    assert np.isnan(found.value)
    assert "one stratum only" in found.reason
    assert np.isfinite(icc(ratings, "icc_3_1", strata=np.arange(12) // 4).value)
