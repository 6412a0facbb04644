import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from study.errors import InvalidInput
from study.stats.correlation.attenuation import (
    corrected_correlation,
    correlation_ceiling,
    fisher_interval,
    spearman_brown,
)
from study.stats.correlation.grouped import grouped_correlation

X = np.nan


def nlpstats_scores():
    rng = np.random.RandomState(12)
    return rng.rand(5, 7), rng.rand(5, 7)


@pytest.mark.parametrize(
    ("level", "coefficient", "low", "high"),
    [
        ("pooled", "pearson", -0.027637, 0.581885),
        ("pooled", "spearman", -0.067335, 0.564076),
        ("pooled", "kendall_b", -0.029965, 0.409857),
        ("system_level", "pearson", -0.644565, 0.964440),
    ],
)
def test_nlpstats_fisher_intervals(level, coefficient, low, high):
    x, y = nlpstats_scores()
    value = grouped_correlation(x, y, coefficient, level).value
    estimate = fisher_interval(value, 35 if level == "pooled" else 5, coefficient)
    assert (estimate.low, estimate.high) == pytest.approx((low, high), abs=5e-7)


@given(
    hnp.arrays(np.float64, st.tuples(st.just(2), st.integers(5, 20)), elements=st.integers(-9, 9)),
    st.sampled_from([0.8, 0.95]),
)
def test_fisher_intervals_equal_scipy(pair, level):
    x, y = pair
    if np.ptp(x) and np.ptp(y):
        peer = stats.pearsonr(x, y)
        ours = fisher_interval(float(peer.statistic), len(x), confidence_level=level)
        if ours.reason is None:
            theirs = peer.confidence_interval(level)
            assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


@pytest.mark.parametrize(
    ("r", "n", "said"), [(X, 9, "undefined"), (0.5, 3, "more than 3"), (1.0, 9, "no standard error")]
)
def test_an_interval_that_cannot_be_has_a_reason(r, n, said):
    estimate = fisher_interval(r, n)
    assert np.isnan([estimate.low, estimate.high]).all()
    assert said in estimate.reason


def test_correction_recovers_the_correlation_with_the_truth():
    rng = np.random.default_rng(1)
    truth = rng.normal(size=20_000)
    metric = 0.6 * truth + 0.8 * rng.normal(size=20_000)
    ratings = truth + rng.normal(0, 1.5, (6, 20_000))
    reliability = 6 / (6 + 1.5**2)  # of the mean of six raters whose errors have this variance
    r = float(stats.pearsonr(ratings.mean(axis=0), metric).statistic)
    corrected = corrected_correlation(fisher_interval(r, 20_000), reliability)
    assert r < 0.54
    assert corrected.value == pytest.approx(0.6, abs=0.02)
    assert corrected.low < corrected.value < corrected.high


def test_an_uncertain_reliability_widens_the_interval():
    observed = fisher_interval(0.4, 100)
    known, unsure = (corrected_correlation(observed, 0.64, reliability_error=e) for e in (0.0, 0.1))
    assert known.value == unsure.value == pytest.approx(0.5)
    assert (known.low, known.high) == pytest.approx((observed.low / 0.8, observed.high / 0.8))
    assert unsure.low < known.low < known.high < unsure.high
    none = corrected_correlation(observed, -0.1)
    assert np.isnan(none.value)
    assert "above 0" in none.reason


def test_spearman_brown_and_the_ceiling():
    assert spearman_brown(spearman_brown(0.4, 3), 1 / 3) == pytest.approx(0.4)
    assert correlation_ceiling(0.25) == 0.5
    assert np.isnan([correlation_ceiling(-0.1), correlation_ceiling(X), spearman_brown(-1.0, 2)]).all()


def test_malformed_reliabilities_are_named():
    with pytest.raises(InvalidInput, match=r"reliability 1\.2"):
        corrected_correlation(fisher_interval(0.4, 100), 1.2)
    with pytest.raises(InvalidInput, match=r"r 1\.5"):
        fisher_interval(1.5, 10)
