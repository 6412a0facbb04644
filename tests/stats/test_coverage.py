"""95% intervals cover the truth about as often as they say, on simulated studies with known truth."""

import numpy as np
import pytest

from study.stats.agreement.coefficients import agreement, agreement_value
from study.stats.agreement.reliability import value_counts_of_codes
from study.stats.ranking.preferences import preferences
from study.stats.ranking.strengths import strengths
from study.stats.ranking.win_rates import win_rates
from tests.examples import studies
from tests.reference.accuracy import accuracy, outcome_counts
from tests.reference.of_systems import system_cells, system_correlation

pytestmark = pytest.mark.slow

N_STUDIES = studies(300)


def covered(estimates, truths):
    return np.mean([e.low <= truth <= e.high for e, truth in zip(estimates, truths, strict=True)])


def rated_units(rng, accuracies, n_units, raters_per_unit, n_values=5):
    """Raters drawn per unit see the unit's true value with their own accuracy, and guess otherwise."""
    truth = rng.integers(0, n_values, n_units)
    order = np.argsort(rng.random((n_units, len(accuracies))), axis=1)
    seen = rng.random((n_units, raters_per_unit)) < accuracies[order[:, :raters_per_unit]]
    answers = np.where(seen, truth[:, None], rng.integers(0, n_values, seen.shape))
    unit = np.repeat(np.arange(n_units), raters_per_unit)
    return value_counts_of_codes(unit, answers.ravel(), n_units, range(n_values))


@pytest.mark.parametrize(
    ("n_raters", "n_units", "raters_per_unit"),
    [(10, 100, 10), (2, 100, 2), (40, 300, 3)],
    ids=["dense", "two raters", "sparse"],
)
@pytest.mark.parametrize(
    "name", ["krippendorff_alpha_nominal", "krippendorff_alpha_ordinal", "percent_agreement"]
)
def test_agreement_intervals_cover(name, n_raters, n_units, raters_per_unit):
    rng = np.random.default_rng(11)
    accuracies = rng.uniform(0.35, 0.75, n_raters)
    truth = agreement_value(rated_units(rng, accuracies, 100_000, raters_per_unit), name)
    estimates = [
        agreement(rated_units(rng, accuracies, n_units, raters_per_unit), name) for _ in range(N_STUDIES)
    ]
    assert 0.92 <= covered(estimates, [truth] * N_STUDIES) <= 0.98


def judged_by_raters(rng, quality, n_raters, n_each=80, spread=0.6):
    """Raters with tastes of their own judge random pairs; a fifth of judgments are ties."""
    n, n_systems = n_raters * n_each, len(quality)
    taste = quality + rng.normal(0, spread, (n_raters, n_systems))
    rater = np.repeat(np.arange(n_raters), n_each)
    a = rng.integers(0, n_systems, n)
    b = (a + rng.integers(1, n_systems, n)) % n_systems
    won = rng.random(n) < 1 / (1 + np.exp(taste[rater, b] - taste[rater, a]))
    preference = np.where(rng.random(n) < 0.2, 0, np.where(won, 1, -1))
    return preferences(a, b, preference, [f"S{i}" for i in range(n_systems)]), rater


@pytest.mark.parametrize("function", [strengths, win_rates])
@pytest.mark.parametrize("n_raters", [6, 30])
def test_rankings_clustered_by_rater_cover_where_raters_differ(function, n_raters):
    rng = np.random.default_rng(5)
    quality = np.array([-0.9, -0.3, 0.0, 0.4, 0.8])
    truths = [e.value for e in function(judged_by_raters(rng, quality, 10_000)[0])]
    clustered = independent = 0.0
    for _ in range(N_STUDIES):
        judged, rater = judged_by_raters(rng, quality, n_raters)
        clustered += covered(function(judged, rater), truths) / N_STUDIES
        independent += covered(function(judged), truths) / N_STUDIES
    assert 0.92 <= clustered <= 0.98
    assert independent < clustered - 0.05


def scored_items(rng, n_items, n_systems=6, n_each=8):
    """A metric and human preferences that both see a system's quality on each item."""
    latent = np.linspace(-0.6, 0.6, n_systems) + rng.normal(0, 0.8, (n_items, n_systems))
    item = np.repeat(np.arange(n_items), n_each)
    a = rng.integers(0, n_systems, len(item))
    b = (a + rng.integers(1, n_systems, len(item))) % n_systems
    gap = latent[item, a] - latent[item, b] + rng.normal(0, 0.8, len(item))
    metric = latent * 0.4 + rng.normal(0, 0.4, latent.shape) + np.array([0, 0.3, 0, -0.2, 0.1, 0])
    judged = preferences(a, b, np.sign(np.round(gap)).astype(int), [f"S{i}" for i in range(n_systems)])
    return judged, item, metric


def test_accuracies_clustered_by_item_cover():
    rng = np.random.default_rng(8)

    def outcomes(n_items):
        judged, item, metric = scored_items(rng, n_items)
        return outcome_counts(metric[item, judged.a] - metric[item, judged.b], judged.preference, item)

    for name in ("pairwise_accuracy", "pairwise_accuracy_eq"):
        truth = accuracy(outcomes(50_000), name).value
        estimates = [accuracy(outcomes(40), name) for _ in range(N_STUDIES)]
        assert 0.92 <= covered(estimates, [truth] * N_STUDIES) <= 0.98


def test_system_correlations_over_items_cover():
    rng = np.random.default_rng(8)

    def estimate(n_items, n_resamples):
        judged, item, metric = scored_items(rng, n_items)
        rows, columns = np.indices(metric.shape).reshape(2, -1)
        cells = system_cells(judged, item, rows, columns, metric.ravel(), n_items)
        return system_correlation(cells, "pearson", n_resamples=n_resamples, rng=rng)

    truth = estimate(50_000, 2).value
    estimates = [estimate(100, 400) for _ in range(N_STUDIES)]
    assert 0.91 <= covered(estimates, [truth] * N_STUDIES) <= 0.99
