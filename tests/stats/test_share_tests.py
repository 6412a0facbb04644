"""A share's P and its interval are one test: the interval holds the shares that the test does not reject."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from study.stats.claims import claimed_share
from study.stats.quality.labels import pairwise_labels
from study.stats.quality.rater_report import rater_report
from study.stats.ranking.answers import answers as answers_of
from study.stats.ranking.side_strengths import side_strengths
from study.stats.ranking.win_rates import independent_share
from study.stats.units import units_of

LEVELS = st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99])


def agrees(p: float, low: float, high: float, null: float, level: float) -> bool:
    """Whether P below one less the level and a null outside the interval say the same; on the very end, either may be."""
    if min(abs(null - low), abs(null - high)) < 1e-9:
        return True
    return (p < 1 - level) == (not low <= null <= high)


@st.composite
def answers(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Raters, items and answers from all of one mind to near one half."""
    n = draw(st.integers(6, 60))
    rater = draw(st.lists(st.integers(0, 6), min_size=n, max_size=n))
    item = draw(st.lists(st.integers(0, 9), min_size=n, max_size=n))
    values = draw(st.sampled_from([[0.0, 1.0], [0.0, 0.5, 1.0], [1.0], [0.5], [0.0, 1.0, 1.0, 1.0]]))
    y = draw(st.lists(st.sampled_from(values), min_size=n, max_size=n))
    return np.array(rater), np.array(item), np.array(y)


@settings(max_examples=400, deadline=None)
@given(
    answers(),
    st.floats(0.05, 0.95) | st.just(0.5),
    LEVELS,
    st.sampled_from(["rater", "item", "both"]),
    st.booleans(),
)
def test_p_is_small_exactly_where_the_interval_leaves_out_the_null(
    study: tuple[np.ndarray, np.ndarray, np.ndarray], null: float, level: float, over: str, asked: bool
) -> None:
    rater, item, y = study
    named = {"rater": rater, "item": item}
    units = units_of(named if over == "both" else {over: named[over]}, asked=asked)
    claim = claimed_share(y, None, units, null=null, confidence_level=level)
    one = claim.estimate
    if one.reason is not None:
        assert np.isnan([claim.p_value, one.low, one.high]).all()
        return
    assert 0 <= claim.p_value <= 1
    assert one.low <= one.value <= one.high
    assert agrees(claim.p_value, one.low, one.high, null, level)


@pytest.mark.parametrize(
    ("wins", "n"), [(14, 19), (5, 5), (6, 6), (0, 6), (10, 20), (15, 20), (1, 1), (72, 100)]
)
@pytest.mark.parametrize("level", [0.8, 0.9, 0.95, 0.99])
def test_of_independent_judgments_too(wins: int, n: int, level: float) -> None:
    """14 of 19: the exact P is .064, and Wilson's interval would leave out one half."""
    claim = independent_share(wins, n, confidence_level=level)
    assert agrees(claim.p_value, claim.estimate.low, claim.estimate.high, 0.5, level)
    rows = np.arange(n)
    given_labels = pairwise_labels(
        rows, np.zeros(n, dtype=int), np.zeros(n, dtype=int),
        n_items=n, n_raters=1, categories=("a", "b"), a_left=rows < wins,
    )  # fmt: skip
    report = rater_report(given_labels, confidence_level=level)[0]
    assert report.left_wins.value == wins / n
    assert agrees(report.left_p, report.left_wins.low, report.left_wins.high, 0.5, level)


def test_six_units_of_one_mind_have_the_exact_test_and_its_interval() -> None:
    """Clopper and Pearson 1934: six of six, P .03125, and .025 to the power of a sixth."""
    found = claimed_share(np.ones(12), None, units_of({"rater": np.arange(12) % 6}))
    assert found.p_value == pytest.approx(0.03125)
    assert (found.estimate.low, found.estimate.high) == pytest.approx((0.54074, 1), abs=5e-6)


def test_adjusted_rates_agree_with_their_intervals() -> None:
    rng = np.random.default_rng(3)
    compared = 0
    for _ in range(60):
        n = 60
        first = rng.integers(0, 3, n)
        second = (first + rng.integers(1, 3, n)) % 3
        grade = rng.choice([1, 0, -1], n, p=[0.55, 0.1, 0.35])
        side = rng.choice([1, -1], n, p=[0.7, 0.3])
        made = answers_of(first, second, np.array([2, 0, 1])[grade], grade, ["x", "y", "z"], side)
        units = units_of({"rater": rng.integers(0, 8, n), "item": np.arange(n) // 3})
        found = side_strengths(made, "bradley_terry", units)
        for level in (0.8, 0.95):
            for claim in (*found.win_rates(level), *found.pair_rates(level).values()):
                if claim.estimate.reason is None:
                    compared += 1
                    assert agrees(claim.p_value, claim.estimate.low, claim.estimate.high, 0.5, level)
    assert compared > 300
