"""Graded strengths: their special cases, scales of five to seven steps, the undefined."""

import numpy as np
import pytest

from study.errors import InvalidInput
from study.stats.ranking.bradley_terry import bradley_terry
from study.stats.ranking.graded import graded_counts, graded_strengths
from study.stats.ranking.preferences import preferences, win_counts
from study.stats.ranking.tie_models import tie_model

SYSTEMS = list("ABCDE")
TRUE_STRENGTHS = np.array([-0.8, -0.3, 0.0, 0.3, 0.8])


def graded_study(cuts, grades, n=4000, seed=0):
    rng = np.random.default_rng(seed)
    a = rng.integers(0, 5, n)
    b = (a + rng.integers(1, 5, n)) % 5
    latent = TRUE_STRENGTHS[a] - TRUE_STRENGTHS[b] + rng.logistic(size=n)
    return a, b, np.array(grades)[np.searchsorted(cuts, latent)]


def test_three_grades_are_rao_kupper():
    a, b, grade = graded_study([-0.5, 0.5], [-1, 0, 1])
    fit = graded_strengths(graded_counts(a, b, grade, SYSTEMS, most=1))
    peer = tie_model(win_counts(preferences(a, b, grade, SYSTEMS)), SYSTEMS, "rao_kupper")
    assert fit.strengths == pytest.approx(peer.strengths, abs=1e-8)
    assert fit.covariance == pytest.approx(peer.covariance, abs=1e-8)
    assert fit.cut_points == pytest.approx([np.log(peer.tie_parameter)], abs=1e-8)
    assert fit.log_likelihood == pytest.approx(peer.log_likelihood, rel=1e-12)
    assert fit.aic == pytest.approx(peer.aic)


def test_two_grades_are_bradley_terry():
    a, b, grade = graded_study([0.0], [-1, 1])
    counted = graded_counts(a, b, grade, SYSTEMS, most=1, tie=False)
    fit = graded_strengths(counted)
    peer = bradley_terry(win_counts(preferences(a, b, grade, SYSTEMS)).wins, SYSTEMS)
    assert fit.strengths == pytest.approx(peer.strengths, abs=1e-8)
    assert fit.covariance == pytest.approx(peer.covariance, abs=1e-8)
    assert fit.log_likelihood == pytest.approx(peer.log_likelihood, rel=1e-12)
    assert fit.cut_points.tolist() == [0]
    assert fit.n_parameters == 4


@pytest.mark.parametrize(
    ("cuts", "most", "tie"),
    [([0.5, 1.5], 2, True), ([0.0, 1.0, 2.0], 3, False), ([0.4, 1.0, 2.0], 3, True)],
    ids=["five", "six", "seven"],
)
def test_strengths_and_cut_points_of_a_scale_are_found(cuts, most, tie):
    edges = np.unique([-c for c in cuts] + cuts)
    grades = [g for g in range(-most, most + 1) if g or tie]
    a, b, grade = graded_study(edges, grades, n=20_000)
    fit = graded_strengths(graded_counts(a, b, grade, SYSTEMS, most=most, tie=tie))
    assert fit.strengths == pytest.approx(TRUE_STRENGTHS, abs=4 * np.sqrt(np.diag(fit.covariance)).max())
    assert fit.cut_points == pytest.approx(cuts, abs=4 * np.nanmax(fit.cut_errors))
    assert (np.diff(fit.cut_points) > 0).all()
    swapped = graded_strengths(graded_counts(b, a, -grade, SYSTEMS, most=most, tie=tie))
    assert swapped.strengths == pytest.approx(fit.strengths, abs=1e-12)


def test_graded_answers_that_cannot_be_fitted_are_said():
    a, b, grade = graded_study([-0.5, 0.5], [-1, 0, 1])
    wide = graded_strengths(graded_counts(a, b, grade, SYSTEMS, most=2))
    assert "no answer of grade 2" in wide.reason
    assert np.isnan(wide.strengths).all()
    one_way = graded_strengths(graded_counts([0] * 5, [1] * 5, [1, 1, 1, 0, 0], ["A", "B"], most=1))
    assert "rises without end" in one_way.reason
    none = graded_strengths(graded_counts([0], [1], [1], ["A", "B"], most=1))
    assert "one scale" in none.reason
    with pytest.raises(InvalidInput, match=r"grade 3 at position 1; allowed: \[-2, -1, 0, 1, 2\]"):
        graded_counts([0, 0], [1, 1], [1, 3], ["A", "B"], most=2)
    with pytest.raises(InvalidInput, match="grade 0 at position 0"):
        graded_counts([0], [1], [0], ["A", "B"], most=2, tie=False)
    with pytest.raises(InvalidInput, match="compares 'A' with itself"):
        graded_counts([0], [0], [1], ["A", "B"], most=2)
    with pytest.raises(InvalidInput, match="most 0"):
        graded_counts([0], [1], [0], ["A", "B"], most=0)
