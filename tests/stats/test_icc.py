import numpy as np
import pytest
from hypothesis import given, settings
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


@settings(deadline=None)
@given(tables, st.randoms(use_true_random=False))
def test_icc_knows_no_order_and_no_origin_or_unit_of_the_scale(ratings, random):
    raters, units = list(range(len(ratings))), list(range(ratings.shape[1]))
    random.shuffle(raters)
    random.shuffle(units)
    for name in ICC:
        first, second = icc(ratings, name), icc(5 - 2 * ratings[np.ix_(raters, units)], name)
        assert second.value == pytest.approx(first.value, abs=1e-6, nan_ok=True)
        assert first.reason == second.reason


@settings(deadline=None)
@given(tables)
def test_an_icc_has_an_interval_around_it_or_a_reason(ratings):
    for name, entry in ICC.items():
        found = icc(ratings, name)
        known = np.isfinite([found.value, found.low, found.high])
        assert known.all() == (found.reason is None)
        if known.all():
            assert found.low <= found.value <= found.high
            assert entry.bounds[0] - 1e-9 <= found.value <= 1 + 1e-9


@settings(deadline=None)
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
