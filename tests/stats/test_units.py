"""Units of claims: what is left out, what lies within what, and the variances that follow."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

from study.stats.claims import claimed_share, claimed_values
from study.stats.multiway import joint_spread, spread
from study.stats.units import Units, estimand, sizes, units_of
from tests.benchmarks import coverage_grid
from tests.examples import examples

RATED = np.array(
    [[1, 1, 0, 1, 0.5, 1], [1, 1, 0, 1, 1, 1], [1, 0, 0, 1, 0.5, 1], [1, 1, 1, 1, 0, 1]], dtype=np.float64
)
"""Raters in rows, items in columns."""
ROWS = {
    "AB": ("11011", "11010", "10011", "11110"),
    "AC": ("11111", "11011", "10111", "11101"),
    "BC": ("11001", "10101", "11011", "01101"),
}
"""Per pair of systems a string per rater, 1 where the first wins."""


def crossed() -> Units:
    rater, item = np.indices(RATED.shape).reshape(2, -1)
    return units_of({"rater": rater, "item": item}, asked=True)


def test_a_win_rate_has_the_variances_of_the_literature() -> None:
    y = RATED.ravel()
    found = spread((y - y.mean()) / len(y), crossed())
    assert y.mean() == 0.75
    assert_allclose(found.ways["rater",], 0.00347222, atol=5e-9)
    assert_allclose(found.ways["item",], 0.01666667, atol=5e-9)
    assert_allclose(found.ways["rater", "item"], 0.00724638, atol=5e-9)
    assert_allclose(found.combined, 0.01289251, atol=5e-9)
    assert_allclose(found.variance, found.ways["item",])
    assert_allclose(found.degrees_of_freedom, 4.40393, atol=5e-6)
    plain = claimed_values([0.75], (y - 0.75) / len(y), crossed(), null=0.5)[0]
    assert plain.p_value == pytest.approx(0.11834, abs=5e-6)
    assert (plain.estimate.low, plain.estimate.high) == pytest.approx((0.40416, 1.09584), abs=5e-6)
    # As a share its interval ends at 1 and its test is the score test: the distance of .25 over the standard error at one half.
    claim = claimed_share(y, None, crossed())
    ratio = 0.25 / np.sqrt(0.01666667) * np.sqrt(0.75)
    assert claim.p_value == pytest.approx(2 * stats.t.sf(ratio, claim.degrees_of_freedom), abs=5e-6)
    assert 0 < claim.estimate.low < 0.5 < claim.estimate.high < 1


def test_a_bradley_terry_contrast_has_the_variances_of_the_literature() -> None:
    outcome = np.array(
        [[[int(one) for one in row] for row in rows] for rows in ROWS.values()], dtype=np.float64
    )
    pair, rater, item = np.indices(outcome.shape).reshape(3, -1)
    x = np.array([[1.0, -1.0], [1.0, 0.0], [0.0, 1.0]])[pair]
    y = outcome.ravel()
    fit = sm.Logit(y, x).fit(disp=False)
    assert_allclose(fit.params, [1.614510, 0.689984], atol=5e-7)
    p = fit.predict()
    information = np.linalg.inv((x * (p * (1 - p))[:, None]).T @ x)
    influence = (x * (y - p)[:, None]) @ information @ np.array([1.0, -1.0])
    units = units_of({"rater": rater, "item": item}, asked=True)
    found = spread(influence, units)
    for subset, expected in (("rater",), 0.1005345), (("item",), 0.3276106), (("rater", "item"), 0.2303473):
        assert_allclose(found.ways[subset], expected, atol=5e-7)
    assert_allclose(found.combined, 0.1977978, atol=5e-7)
    assert_allclose(found.standard_error, 0.572373, atol=5e-7)
    assert_allclose(found.degrees_of_freedom, 3.09994, atol=5e-6)
    claim = claimed_values([fit.params[0] - fit.params[1]], influence, units)[0]
    assert claim.p_value == pytest.approx(0.20175, abs=5e-6)


@st.composite
def studies(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    n = draw(st.integers(6, 40))
    rater = draw(st.lists(st.integers(0, 5), min_size=n, max_size=n))
    item = draw(st.lists(st.integers(0, 7), min_size=n, max_size=n))
    y = draw(st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=n, max_size=n))
    return np.array(rater), np.array(item), np.array(y)


@examples(60)
@given(studies())
def test_two_ways_are_those_of_statsmodels(study: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    rater, item, y = study
    units = units_of({"rater": rater, "item": item}, asked=True)
    if units.fewest < 2 or np.ptp(y) == 0:
        return
    ols = sm.OLS(y, np.ones_like(y))
    groups = np.column_stack(units.codes)
    theirs = ols.fit(cov_type="cluster", cov_kwds={"groups": groups, "use_correction": True}).cov_params()
    found = spread((y - y.mean()) / len(y), units, floor=True)
    assert_allclose(found.combined, np.ravel(theirs), rtol=1e-9, atol=1e-14)
    assert found.variance >= max(found.combined, found.plain, found.ways["rater",], found.ways["item",])
    assert found.degrees_of_freedom >= 1


@examples(60)
@given(studies(), st.randoms(use_true_random=False))
def test_order_and_names_of_units_do_not_matter(
    study: tuple[np.ndarray, np.ndarray, np.ndarray], random: object
) -> None:
    rater, item, y = study
    rng = np.random.default_rng(random.randrange(2**31))  # type: ignore[attr-defined]
    order, renamed = rng.permutation(len(y)), rng.permutation(20)
    u = (y - y.mean()) / len(y)
    one = spread(u, units_of({"rater": rater, "item": item}, asked=True))
    other = spread(u[order], units_of({"item": renamed[item[order]], "rater": rater[order]}, asked=True))
    assert_allclose(one.variance, other.variance, rtol=1e-9, atol=1e-15)
    assert_allclose(one.degrees_of_freedom, other.degrees_of_freedom, rtol=1e-6)


def test_one_rater_per_item_is_the_plain_clustered_variance() -> None:
    rng = np.random.default_rng(2)
    rater = np.arange(60) % 8
    u = rng.normal(size=60)
    u -= u.mean()
    both = spread(u, units_of({"rater": rater, "item": np.arange(60)}, asked=True))
    alone = spread(u, units_of({"rater": rater}, asked=True))
    plain = 8 / 7 * (np.bincount(rater, u) ** 2).sum()
    assert_allclose(alone.variance, plain)
    assert_allclose(alone.degrees_of_freedom, 7)
    assert_allclose(both.combined, plain)
    assert units_of({"rater": rater, "item": np.arange(60)}).kinds == ("rater",)


def test_three_kinds_are_included_and_excluded() -> None:
    rng = np.random.default_rng(4)
    codes = {kind: rng.integers(0, 6, 90) for kind in ("rater", "profile", "source")}
    u = rng.normal(size=90)
    u -= u.mean()
    expected = 0.0
    for kept in range(1, 8):
        chosen = [one for place, one in enumerate(codes.values()) if kept >> place & 1]
        cells = np.unique(np.column_stack(chosen), axis=0, return_inverse=True)[1].ravel()
        n = cells.max() + 1
        expected += (-1) ** (len(chosen) + 1) * n / (n - 1) * (np.bincount(cells, u) ** 2).sum()
    found = spread(u, units_of(codes))
    assert_allclose(found.combined, expected)
    assert found.variance >= max(found.combined, found.ways["source",])


@examples(60)
@given(studies(), st.integers(1, 3))
def test_a_joint_matrix_can_be_drawn_from(study: tuple[np.ndarray, np.ndarray, np.ndarray], k: int) -> None:
    rater, item, y = study
    units = units_of({"rater": rater, "item": item}, asked=True)
    u = np.column_stack([np.roll(y, place) for place in range(k)])
    found = joint_spread((u - u.mean(axis=0)) / len(y), units)
    if units.fewest < 2:
        assert np.isnan(found.covariance).all()
        return
    values = np.linalg.eigvalsh(found.covariance)
    assert values.min() >= -1e-9 * max(values.max(), 1e-12)
    assert found.degrees_of_freedom >= 1


def test_no_variance_is_below_that_of_judgments_unless_someone_names_the_units() -> None:
    """Raters who each win and lose as often: over raters nothing varies."""
    y, rater = np.tile([1.0, 0.0], 30), np.repeat(np.arange(6), 10)
    u = (y - 0.5) / 60
    assert_allclose(spread(u, units_of({"rater": rater})).variance, 60 / 59 * 0.25 / 60)
    assert_allclose(spread(u, units_of({"rater": rater}, asked=True)).variance, 0, atol=1e-30)


@examples(80)
@given(studies())
def test_a_share_stays_within_its_bounds_and_mirrors(
    study: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    rater, item, y = study
    units = units_of({"rater": rater, "item": item}, asked=True)
    one, other = claimed_share(y, None, units), claimed_share(1 - y, None, units)
    assert one.p_value == pytest.approx(other.p_value, nan_ok=True)
    assert one.estimate.low == pytest.approx(1 - other.estimate.high, nan_ok=True)
    if one.estimate.reason is None:
        assert 0 <= one.estimate.low <= one.estimate.value <= one.estimate.high <= 1
    assert np.isnan(one.estimate.low) == (one.estimate.reason is not None)


@pytest.mark.parametrize(("profiles", "raters", "share"), [(10, 10, 0.3), (5, 10, 0.0)])
def test_tests_and_intervals_over_raters_and_profiles_do_what_they_say(
    profiles: int, raters: int, share: float
) -> None:
    """Two cells of ``tests.benchmarks coverage --grid``, with few studies."""
    found = coverage_grid.simulated(profiles, raters, share, 1200)
    assert not found.fails(4.0)


def test_the_estimand_names_people_raters_and_how_many() -> None:
    rater, profile = np.arange(240) % 12, np.arange(240) // 12
    both = units_of({"rater": rater, "profile": profile})
    assert sizes(both) == "12 raters x 20 profiles"
    assert estimand(both) == "for people and raters like these 20 profiles and 12 raters"
    few = units_of({"rater": rater % 3, "profile": profile})
    assert estimand(few) == "for these 3 raters; generalises to people like these 20 profiles"
    one = units_of({"rater": rater, "item": np.arange(240) // 3, "profile": np.zeros(240, dtype=int)})
    assert (
        estimand(one) == "for this profile; generalises to raters and items like these 12 raters and 80 items"
    )
    assert estimand(units_of({"rater": rater % 3}, asked=True)).endswith("(few: a rough guess)")
