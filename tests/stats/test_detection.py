import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import fbeta_score, precision_score, recall_score

from study.errors import InvalidInput
from study.stats.correlation.detection import (
    PRECISION_TWICE,
    best_threshold,
    reranking_precision,
)
from tests.reference.tuned_detection import detection, tuned_detection

X = np.nan
HUMAN, METRIC = [5, 4, 4, 2, 1, 3], [0.97, 0.85, 0.83, 0.35, 0.2, 0.6]
pairs = hnp.arrays(np.float64, st.tuples(st.just(2), st.integers(1, 12)), elements=st.integers(0, 4))


def test_worked_example_of_six_scores_detected():
    half = detection(METRIC, HUMAN, good_from=3, threshold=0.5)
    assert (half.precision, half.recall, half.f_beta) == (1, 1, 1)
    strict = detection(METRIC, HUMAN, good_from=3, threshold=0.82, beta=1)
    assert (strict.precision, strict.recall) == (1, 0.75)
    assert strict.f_beta == pytest.approx(0.85714, abs=5e-6)
    assert detection(METRIC, HUMAN, good_from=3, threshold=0.82).f_beta == pytest.approx(0.9)


@given(pairs, st.integers(0, 5), st.sampled_from([0.5, PRECISION_TWICE, 1, 2]))
def test_detection_equals_scikit_learn(pair, threshold, beta):
    score, human = pair
    found = detection(score, human, good_from=2, threshold=threshold, beta=beta)
    predicted, good = score >= threshold, human >= 2
    if found.reason is None:
        assert found.precision == pytest.approx(precision_score(good, predicted))
        assert found.recall == pytest.approx(recall_score(good, predicted))
        assert found.f_beta == pytest.approx(fbeta_score(good, predicted, beta=beta))
    else:
        assert np.isnan(found.f_beta)
        assert not good.any() or not predicted.any()


@given(pairs, st.sampled_from([PRECISION_TWICE, 1, 2]))
def test_the_best_threshold_is_the_best_of_all(pair, beta):
    score, human = pair
    threshold = best_threshold(score, human, good_from=2, beta=beta)
    if np.isnan(threshold):
        assert (human < 2).all()
    else:
        tried = [
            detection(score, human, good_from=2, threshold=t, beta=beta).f_beta for t in np.unique(score)
        ]
        best = detection(score, human, good_from=2, threshold=threshold, beta=beta).f_beta
        assert best == pytest.approx(max(tried))


def test_the_threshold_comes_from_the_dev_part_only():
    dev = np.array([True, True, True, False, False, False])
    found = tuned_detection([0.9, 0.5, 0.1, 0.8, 0.4, 0.6], [5, 4, 1, 5, 1, 2], dev, good_from=3)
    assert (found.threshold, found.n, found.n_found, found.n_right) == (0.5, 3, 2, 1)
    nothing = tuned_detection([0.9, 0.5], [1, 5], np.array([True, False]), good_from=3)
    assert np.isnan(nothing.threshold)
    assert "dev part" in nothing.reason


def test_missing_scores_are_left_out():
    assert detection([0.9, X, 0.1], [5, 5, X], good_from=3, threshold=0.5).n == 1


@given(
    hnp.arrays(
        np.float64,
        st.tuples(st.just(2), st.integers(1, 4), st.integers(1, 5)),
        elements=st.sampled_from([X, 0, 1, 2]),
    )
)
def test_reranking_keeps_ties_as_sets(pair):
    found = reranking_precision(*pair)
    expected = []
    for h, m in zip(*(side.T for side in pair), strict=True):
        known = ~np.isnan(h + m)
        h, m = h[known], m[known]
        chosen = set(np.flatnonzero(m == m.max(initial=-1)))
        best = set(np.flatnonzero(h == h.max(initial=-1)))
        expected.append(len(chosen & best) / len(chosen) if len(h) > 1 else X)
    np.testing.assert_allclose(found.per_item, expected)
    assert found.n_undefined == np.isnan(expected).sum()
    assert np.isnan(found.value) == (found.reason is not None)
    itself = reranking_precision(pair[0], pair[0])
    assert itself.reason or itself.value == 1


def test_a_constant_metric_reranks_by_chance():
    human = np.array([[3.0, 1], [1, 1], [0, 0]])
    found = reranking_precision(human, np.ones_like(human))
    assert found.value == found.chance == pytest.approx((1 / 3 + 2 / 3) / 2)


def test_malformed_detection_is_named():
    with pytest.raises(InvalidInput, match="beta 0"):
        detection(METRIC, HUMAN, good_from=3, threshold=0.5, beta=0)
    with pytest.raises(InvalidInput, match="lengths differ"):
        detection(METRIC[1:], HUMAN, good_from=3, threshold=0.5)
    with pytest.raises(InvalidInput, match="True or False"):
        tuned_detection(METRIC, HUMAN, [0, 1, 0, 1, 0, 1], good_from=3)
