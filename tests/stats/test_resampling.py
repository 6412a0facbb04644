import numpy as np
import pytest
from scipy import stats

from study.errors import InvalidInput
from study.stats import resampling
from study.stats.arrays import codes, distinct_rows, numbers
from study.stats.grouped_jackknife import jackknife_of_groups
from study.stats.resampling import (
    RESAMPLING,
    bootstrap,
    bootstrap_weights,
    count_clusters,
    interval,
    jackknife,
    percentile_interval,
    whole_clusters,
)


def mean(totals):
    """Mean of cells (value, 1)."""
    return totals[:, 0] / totals[:, 1]


def value_clusters(values):
    return count_clusters(np.column_stack([values, np.ones(len(values), dtype=np.int64)]), "item")


VALUES = np.random.default_rng(3).integers(0, 5, 60)


def test_the_jackknife_of_a_mean_is_students_interval():
    estimate = jackknife(mean, value_clusters(VALUES))
    peer = stats.ttest_1samp(VALUES, 0).confidence_interval(0.95)
    assert (estimate.low, estimate.high) == pytest.approx((peer.low, peer.high), abs=1e-12)
    assert (estimate.value, estimate.n_units, estimate.n_resamples) == (pytest.approx(VALUES.mean()), 60, 0)


def test_grouping_equal_clusters_changes_no_jackknife():
    cells = np.column_stack([VALUES, np.ones(60)]).astype(float)
    grouped, whole = jackknife(mean, value_clusters(VALUES)), jackknife(mean, whole_clusters(cells, "item"))
    assert (grouped.low, grouped.high) == pytest.approx((whole.low, whole.high), abs=1e-12)


@pytest.mark.parametrize("chunk", [resampling.CHUNK_BYTES, 64])
def test_the_jackknife_of_groups_is_the_jackknife_of_each(chunk, monkeypatch):
    monkeypatch.setattr(resampling, "CHUNK_BYTES", chunk)
    rng = np.random.default_rng(2)
    # Group 3 has no cluster, group 4 one, group 5 equal ones.
    group = np.concatenate([rng.integers(0, 3, 40), [4, 5, 5]])
    values = np.concatenate([rng.integers(0, 4, 40), [1, 2, 2]])
    rows, multiplicity = distinct_rows(np.column_stack([group, values, np.ones(43, dtype=np.int64)]))
    clusters = resampling.Clusters(rows[:, 1:].astype(float), multiplicity, resampling.plain_cells, "item")

    def mean_if_any(totals):
        with np.errstate(invalid="ignore"):
            return np.where(totals[:, 1] > 0, totals[:, 0] / totals[:, 1], np.nan)

    found = jackknife_of_groups(mean_if_any, clusters, rows[:, 0], 6, confidence_level=0.9)
    for code, ours in enumerate(found):
        each = jackknife(mean_if_any, value_clusters(values[group == code]), confidence_level=0.9)
        assert (ours.n_units, ours.method, ours.reason) == (each.n_units, each.method, each.reason)
        numbers_of = [(e.value, e.low, e.high) for e in (ours, each)]
        np.testing.assert_allclose(*numbers_of, rtol=1e-9)
    nothing = resampling.Clusters(np.empty((0, 2)), np.empty(0, dtype=int), resampling.plain_cells, "item")
    assert jackknife_of_groups(mean, nothing, np.empty(0, dtype=int), 1)[0].reason.startswith("0 items")


def test_the_bootstrap_of_a_mean_has_the_width_of_its_standard_error():
    estimate = bootstrap(mean, value_clusters(VALUES), n_resamples=4000, rng=np.random.default_rng(0))
    half = 1.96 * VALUES.std() / np.sqrt(60)
    assert (estimate.high - estimate.low) / 2 == pytest.approx(half, rel=0.05)
    assert estimate.n_resamples == 4000


@pytest.mark.parametrize("values", [VALUES, np.arange(60)], ids=["few patterns", "all differ"])
def test_weights_count_every_cluster_drawn(values):
    clusters = value_clusters(values)
    weights = np.concatenate(list(bootstrap_weights(clusters, 3000, np.random.default_rng(0))))
    assert (weights.sum(axis=1) == 60).all()
    assert weights.mean(axis=0) == pytest.approx(clusters.multiplicity, rel=0.15)
    share = clusters.multiplicity / 60
    assert weights.var(axis=0) == pytest.approx(60 * share * (1 - share), rel=0.2)


@pytest.mark.parametrize("method", RESAMPLING)
def test_same_seed_same_numbers_whatever_the_size_of_a_chunk(method, monkeypatch):
    def estimate():
        return interval(mean, value_clusters(VALUES), method, n_resamples=200, rng=np.random.default_rng(9))

    first = estimate()
    monkeypatch.setattr(resampling, "CHUNK_BYTES", 1000)
    again = estimate()
    assert (first.low, first.high) == pytest.approx((again.low, again.high), abs=1e-12)


@pytest.mark.parametrize("n", [40, 400])
def test_no_chunk_of_weights_exceeds_the_bound(n, monkeypatch):
    monkeypatch.setattr(resampling, "CHUNK_BYTES", 8000)
    chunks = list(bootstrap_weights(value_clusters(np.arange(n)), 50, np.random.default_rng(0)))
    assert max(chunk.nbytes for chunk in chunks) <= 8000
    assert sum(len(chunk) for chunk in chunks) == 50


@pytest.mark.parametrize("method", RESAMPLING)
@pytest.mark.parametrize(
    ("values", "said"), [([2], "at least 2"), ([2, 2, 2], "do not vary"), ([], "at least 2")]
)
def test_an_interval_that_cannot_be_known_is_nan_with_a_reason(method, values, said):
    clusters = value_clusters(np.array(values, dtype=np.int64))
    estimate = interval(mean, clusters, method, n_resamples=50, rng=np.random.default_rng(0))
    assert np.isnan([estimate.low, estimate.high]).all()
    assert said in estimate.reason


def test_a_jackknife_undefined_without_one_cluster_has_no_interval():
    clusters = count_clusters(np.array([[1, 1], [5, 0], [2, 0]]), "item")
    estimate = jackknife(lambda t: t[:, 0] / np.where(t[:, 1] > 0, t[:, 1], np.nan), clusters)
    assert estimate.value == 8
    assert np.isnan(estimate.low)
    assert "without one item" in estimate.reason


def test_few_undefined_resamples_are_left_out_and_many_forbid_an_interval():
    values = np.append(np.arange(99.0), np.nan)
    assert percentile_interval(values, 0.5, "item") == (24.5, 73.5, None)
    low, _, reason = percentile_interval(np.append(values, [np.nan] * 10), 0.5, "item")
    assert np.isnan(low)
    assert reason == "undefined in 11 of 110 resamples"


def test_resamples_that_are_nearly_all_equal_tell_no_width():
    values = np.append(np.full(99, 0.8), 1.0)
    low, high, reason = percentile_interval(values, 0.95, "item")
    assert np.isnan([low, high]).all()
    assert "nearly all resamples give the same value" in reason


def test_malformed_settings_are_named():
    clusters = value_clusters(VALUES)
    with pytest.raises(InvalidInput, match="did you mean 'jackknife'"):
        interval(mean, clusters, "jacknife")
    with pytest.raises(InvalidInput, match="numpy Generator"):
        bootstrap(mean, clusters)
    with pytest.raises(InvalidInput, match="n_resamples 0"):
        bootstrap(mean, clusters, n_resamples=0, rng=np.random.default_rng(0))
    with pytest.raises(InvalidInput, match="confidence_level 95"):
        jackknife(mean, clusters, confidence_level=95)


@pytest.mark.parametrize("high", [3, 10**9])
def test_distinct_rows_are_numpys(high):
    rows = np.random.default_rng(0).integers(0, high, (200, 3)) * np.array([1, 0, 1])
    rows = np.vstack([rows, rows[:50]]).repeat(4, axis=1)
    ours, multiplicity = distinct_rows(rows)
    theirs, counts = np.unique(rows, axis=0, return_counts=True)
    order = np.lexsort(ours.T[::-1])
    np.testing.assert_array_equal(ours[order], theirs)
    np.testing.assert_array_equal(multiplicity[order], counts)


def test_malformed_arrays_are_named():
    with pytest.raises(InvalidInput, match="rater code -1 at position 1; allowed: 0 or more"):
        codes([0, -1], None, "rater")
    with pytest.raises(InvalidInput, match="float64"):
        codes([0.5], 2, "rater")
    with pytest.raises(InvalidInput, match="infinite"):
        numbers([np.inf], "metric")
    with pytest.raises(InvalidInput, match="dimension"):
        numbers([[1.0]], "metric")
