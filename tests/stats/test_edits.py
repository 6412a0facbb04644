"""Edited texts: distances, times, summaries, and a metric held against them."""

import numpy as np
import pytest
from nltk.metrics.distance import edit_distance as nltk_distance
from sacrebleu.metrics.ter import TER

from study.errors import InvalidInput
from study.stats.correlation.grouped_intervals import grouped_interval
from study.stats.edits.edit_summary import EDIT_SCALES, claimed_median, edit_correlation, edit_summary
from study.stats.edits.keystrokes import active_seconds
from study.stats.edits.text_distances import TEXT_DISTANCES, edit_distances, normalised
from study.stats.units import units_of

BEFORE, AFTER = "the old ferry gets a new engine", "a new engine for the old ferry"


def value(before, after, name):
    return float(edit_distances([before], [after], name)[0])


def words(seed, n=30):
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(list("abcdef"), rng.integers(0, 9))) for _ in range(n)]


# Distances


def test_levenshtein_kitten_and_sitting():
    assert value("kitten", "sitting", "characters") == 3
    assert value("kitten", "sitting", "character_ratio") == pytest.approx(0.429, abs=5e-4)


def test_a_moved_block_costs_all_words_but_three_edits_with_shifts():
    assert value(BEFORE, AFTER, "characters") == 27
    assert value(BEFORE, AFTER, "character_ratio") == pytest.approx(0.871, abs=5e-4)
    assert (value(BEFORE, AFTER, "words"), value(BEFORE, AFTER, "word_ratio")) == (7, 1)
    assert value(BEFORE, AFTER, "hter") == pytest.approx(0.4286, abs=5e-5)


def test_distances_are_those_of_nltk_and_sacrebleu():
    before, after = words(0), words(1)
    theirs = [nltk_distance(one, other) for one, other in zip(before, after, strict=True)]
    assert edit_distances(before, after, "characters").tolist() == theirs
    theirs = [nltk_distance(one.split(), other.split()) for one, other in zip(before, after, strict=True)]
    assert edit_distances(before, after, "words").tolist() == theirs
    found = edit_distances(before, after, "hter")
    there = np.array([bool(other) for other in after])
    theirs = [
        TER(case_sensitive=True).sentence_score(*pair).score / 100
        for pair in zip(before, [[one] for one in after], strict=True)
    ]
    assert found[there] == pytest.approx(np.array(theirs)[there])
    assert (
        edit_distances(before, after, "words")[there]
        >= found[there] * [len(one.split()) for one in after if one]
    ).all()


def test_empty_texts():
    for name in TEXT_DISTANCES:
        assert value("", "", name) == 0
        assert value("same text", "same text", name) == 0
    assert np.isnan(value("gone", "", "hter"))
    assert value("gone", "", "word_ratio") == value("", "new", "character_ratio") == 1
    assert value("one two three", "four", "hter") == 3


def test_texts_are_compared_in_composed_form_with_one_kind_of_line_end():
    assert normalised("e\u0301\r\nb\rc") == "\u00e9\nb\nc"
    assert value("cafe\u0301\r\n", "caf\u00e9\n", "characters") == 0
    assert value("The end.", "the end", "hter") == 1


@pytest.mark.parametrize("name", ["characters", "character_ratio", "words", "word_ratio"])
def test_distances_are_the_same_either_way_round_and_backwards(name):
    before, after = words(2), words(3)
    found = edit_distances(before, after, name)
    assert edit_distances(after, before, name).tolist() == found.tolist()
    assert (
        edit_distances([one[::-1] for one in before], [one[::-1] for one in after], name).tolist()
        == found.tolist()
    )
    low, high = TEXT_DISTANCES[name].bounds
    assert ((found >= low) & (found <= high)).all()


def test_bad_texts_are_refused():
    with pytest.raises(InvalidInput, match="pair 1 is"):
        edit_distances(["a", None], ["a", "b"])
    with pytest.raises(InvalidInput, match="lengths differ"):
        edit_distances(["a"], [])
    with pytest.raises(InvalidInput, match="unknown text distance 'ter'"):
        edit_distances(["a"], ["b"], "ter")


# Time


def test_active_time_cuts_each_gap_at_five_seconds():
    at = np.array([0, 0.2, 0.4, 0.7, 5.7, 5.9, 6.3, 36.3, 36.5])
    assert active_seconds(at, np.zeros(9, dtype=int), 1) == pytest.approx([11.5])
    assert active_seconds(at[::-1] + 100, np.zeros(9, dtype=int), 1) == pytest.approx([11.5])
    assert active_seconds(at, np.zeros(9, dtype=int), 1, longest_pause=1e9) == pytest.approx([36.5])


def test_active_times_of_several_edits_do_not_mix():
    at, edit = [0, 50, 1, 51, 9], [0, 2, 0, 2, 3]
    assert active_seconds(at, edit, 5) == pytest.approx([1, np.nan, 1, 0, np.nan], nan_ok=True)
    with pytest.raises(InvalidInput, match="longest_pause 0"):
        active_seconds(at, edit, 5, longest_pause=0)
    with pytest.raises(InvalidInput, match="missing time"):
        active_seconds([0, np.nan], [0, 0], 1)


# Summaries


def test_share_and_median_of_edits():
    rng = np.random.default_rng(0)
    distances = np.where(rng.random(300) < 0.4, 0, rng.exponential(2, 300))
    distances[7] = np.nan
    units = units_of({"rater": np.arange(300) % 20, "item": np.arange(300) // 20})
    found = edit_summary(distances, units)
    known = distances[~np.isnan(distances)]
    share, median = found.share_edited.estimate, found.median_edit.estimate
    assert share.value == pytest.approx((known > 0).mean())
    assert median.value == pytest.approx(np.median(known[known > 0]))
    assert median.low < median.value < median.high
    assert found.n_undefined == 1
    turned = edit_summary(distances[::-1], units.of(np.arange(300)[::-1]))
    assert turned.median_edit.estimate.low == median.low
    assert "Woodruff" in median.method


def test_woodruffs_limits_of_independent_values_are_near_the_exact_ones():
    """Order statistics 40 and 61 of 100 cover the median with 95% (binomial)."""
    values = np.random.default_rng(1).permutation(np.arange(1.0, 101))
    found = claimed_median(values, units_of({"rater": np.arange(100)}, asked=True)).estimate
    assert found.low == pytest.approx(40, abs=1)
    assert found.high == pytest.approx(61, abs=1)


def test_a_summary_without_edits_says_so():
    units = units_of({"rater": np.arange(6)})
    found = edit_summary(np.zeros(6), units)
    assert found.share_edited.estimate.value == 0
    assert found.median_edit.estimate.reason == "no output was edited"
    same = edit_summary(np.ones(6), units).median_edit.estimate
    assert (same.value, same.reason) == (1, "both limits are the same distance: too many edits are equal")
    nothing = edit_summary(np.full(6, np.nan), units)
    assert nothing.share_edited.estimate.reason == "no output has a distance"
    with pytest.raises(InvalidInput, match="distance -1"):
        edit_summary([-1.0], units)


def test_a_metric_is_correlated_with_how_little_was_edited():
    rng = np.random.default_rng(2)
    effort = rng.exponential(1, (5, 30))
    metric = -effort + rng.normal(0, 0.3, effort.shape)
    found = edit_correlation(
        effort, metric, "pearson", scale="minus_edit", n_resamples=50, rng=np.random.default_rng(3)
    )
    plain = grouped_interval(
        -effort, metric, "pearson", "by_item", n_resamples=50, rng=np.random.default_rng(3)
    )
    assert (found.value, found.low, found.high) == (plain.value, plain.low, plain.high)
    assert found.value > 0.7
    assert found.method.startswith("with -edit, ")
    ranks = [
        edit_correlation(
            effort, metric, "spearman", scale=scale, n_resamples=10, rng=np.random.default_rng(3)
        ).value
        for scale in EDIT_SCALES
    ]
    assert ranks[0] == ranks[1]


@pytest.mark.parametrize("table", [TEXT_DISTANCES, EDIT_SCALES])
def test_every_entry_has_a_stable_key_a_label_and_a_dated_source(table):
    for name, entry in table.items():
        assert name.isidentifier()
        assert any(character.isdigit() for character in entry.source)
    assert len({entry.label for entry in table.values()}) == len(table)
