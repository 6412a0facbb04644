"""Leaderboards by tag against the global one, on held-out items."""

import numpy as np
import pytest

from study.errors import InvalidInput
from study.stats.ranking.bradley_terry import bradley_terry
from study.stats.ranking.conditional import STRENGTH_RIDGE, conditional_leaderboard
from study.stats.ranking.covariates import covariate_fit
from study.stats.ranking.preferences import preferences, win_matrix
from tests.reference.tag_features import tag_features
from tests.stats.biased_study import QUALITY, SYSTEMS, values


def tagged_study(spread, n=4000, n_items=200, seed=0):
    rng = np.random.default_rng(seed)
    item = rng.integers(0, n_items, n)
    tag = rng.integers(0, 3, n_items)[item]
    a = rng.integers(0, 5, n)
    b = (a + rng.integers(1, 5, n)) % 5
    truth = QUALITY[:, None] + rng.normal(0, spread, (5, 3))
    won = rng.random(n) < 1 / (1 + np.exp(truth[b, tag] - truth[a, tag]))
    return preferences(a, b, np.where(won, 1, -1), SYSTEMS), tag, item, truth - truth.mean(axis=0)


TAGS = ["story", "letter", "code"]


def conditional(spread, **settings):
    data, tag, item, truth = tagged_study(spread)
    rng = np.random.default_rng(4)
    return conditional_leaderboard(data, tag_features(tag, TAGS), TAGS, item, rng=rng, **settings), truth


def test_held_out_log_loss_favours_leaderboards_by_tag_where_tastes_differ_and_not_where_they_do_not():
    differing, truth = conditional(0.8)
    assert differing.held_out.gain.low > 0
    gap = differing.held_out.global_log_loss - differing.held_out.conditional_log_loss
    assert differing.held_out.gain.value == pytest.approx(gap, abs=1e-12)
    for place, name in enumerate(TAGS):
        assert values(differing.strengths[name]) == pytest.approx(truth[:, place], abs=0.35)
    alike, _ = conditional(0.0)
    assert alike.held_out.gain.low < 0
    assert alike.held_out.global_log_loss < np.log(2)


def test_a_large_ridge_gives_the_global_leaderboard_and_a_small_one_each_tag_its_own():
    shrunken, _ = conditional(0.8, ridge=1e8)
    assert shrunken.held_out.gain.value == pytest.approx(0, abs=1e-6)
    data, tag, _, _ = tagged_study(0.8)
    common = covariate_fit(data, ridge=STRENGTH_RIDGE)
    for name in TAGS:
        assert values(shrunken.strengths[name]) == pytest.approx(values(common.strengths), abs=1e-5)
        assert values(shrunken.deviations[name]) == pytest.approx(0, abs=1e-5)
    free, _ = conditional(0.8, ridge=1e-4)
    for place, name in enumerate(TAGS):
        own = tag == place
        alone = bradley_terry(
            win_matrix(preferences(*(x[own] for x in (data.a, data.b, data.preference)), SYSTEMS)), SYSTEMS
        )
        assert values(free.strengths[name]) == pytest.approx(alone.strengths, abs=0.01)


def test_intervals_follow_the_clusters_that_are_asked_for():
    data, tag, item, _ = tagged_study(0.5)
    settings = {"item": item, "features": tag_features(tag, TAGS), "names": TAGS}
    by_item, same, by_rater = (
        conditional_leaderboard(data, rng=np.random.default_rng(4), **settings, **more)
        for more in ({}, {"cluster": item}, {"cluster": item // 4, "unit": "rater"})
    )
    assert by_item == same
    one, other = by_item.strengths["story"][0], by_rater.strengths["story"][0]
    assert one.value == other.value
    assert one.low != other.low
    assert "clustered by rater" in other.method
    assert other.n_units == len(np.unique(item // 4))
    assert by_rater.held_out.gain.value == by_item.held_out.gain.value
    assert by_rater.held_out.gain.method.endswith("clustered by rater, t")
    lone = conditional_leaderboard(
        data, rng=np.random.default_rng(4), **settings, cluster=np.zeros(len(item), dtype=int), unit="rater"
    )
    assert lone.held_out.gain.reason == "1 rater: an interval needs at least 2"
    assert np.isnan([lone.held_out.gain.low, lone.strengths["story"][0].low]).all()


def test_folds_are_seeded_and_the_undefined_is_said():
    assert conditional(0.5)[0].held_out == conditional(0.5)[0].held_out
    data, tag, _, _ = tagged_study(0.5, n=50)
    few = conditional_leaderboard(
        data, tag_features(tag, TAGS), TAGS, np.zeros(50, dtype=int), rng=np.random.default_rng(0)
    )
    assert np.isnan(few.held_out.gain.value)
    assert "fewer than 5 folds" in few.held_out.gain.reason
    assert "at least 2" in few.strengths["story"][0].reason
    with pytest.raises(InvalidInput, match="ridge 0"):
        conditional(0.5, ridge=0)
    with pytest.raises(InvalidInput, match="one column per name"):
        conditional_leaderboard(
            data, tag_features(tag, TAGS), ["one"], np.zeros(50, dtype=int), rng=np.random.default_rng(0)
        )
    with pytest.raises(InvalidInput, match="missing at position 0"):
        conditional_leaderboard(
            data, np.full((50, 1), np.nan), ["x"], np.zeros(50, dtype=int), rng=np.random.default_rng(0)
        )
