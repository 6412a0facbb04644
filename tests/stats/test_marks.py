"""Marks, sets and points by aspect: worked figures, peers and laws."""

import krippendorff
import numpy as np
import pytest
from nltk.metrics.agreement import AnnotationTask
from nltk.metrics.distance import jaccard_distance as nltk_jaccard
from nltk.metrics.distance import masi_distance as nltk_masi
from sklearn.metrics import jaccard_score, precision_recall_fscore_support

from study.errors import InvalidInput
from study.stats.agreement.coefficients import agreement_value
from study.stats.agreement.pairwise_kappa import pairwise_kappa
from study.stats.agreement.ratings import ratings_of_matrix
from study.stats.agreement.reliability import value_counts
from study.stats.marks.aspects import aspect_scores
from study.stats.marks.overlap import OVERLAP, claimed_overlap, member_counts, overlap_values
from study.stats.marks.set_agreement import option_alpha, set_alpha
from study.stats.marks.set_distances import SET_DISTANCES, overlap_by_chance
from study.stats.marks.spans import exact_counts, spans, text_of_tokens, token_labels
from study.stats.marks.token_alpha import marked_share, token_alpha, token_alpha_over_raters
from study.stats.marks.unitizing import unitizing_alpha
from study.stats.units import units_of

# The worked example of a text of 24 tokens and two raters.
FIRST = spans([0, 0], [2, 14], [10, 20], [24])
SECOND = spans([0, 0], [4, 15], [8, 17], [24])
ONE_TEXT = np.zeros(24, dtype=int)
# Five units by up to three raters.
SETS = ["ab ab a", "c c c", "abc ab", "d e d", "a b ab"]


def answers(units=SETS, options="abcde"):
    chosen = [[option in answer for option in options] for unit in units for answer in unit.split()]
    return np.array(chosen), np.repeat(np.arange(len(units)), [len(unit.split()) for unit in units])


def drawn_sets(seed, n_units=12, n_options=5):
    rng = np.random.default_rng(seed)
    unit = np.repeat(np.arange(n_units), rng.integers(1, 4, n_units))
    return rng.random((n_units, n_options))[unit] > rng.random((len(unit), n_options)) * 0.9, unit


def drawn_labels(seed, n_raters=4, n_tokens=120, n_labels=3):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, n_labels, n_tokens)
    seen = np.where(
        rng.random((n_raters, n_tokens)) < 0.6, truth, rng.integers(0, n_labels, (n_raters, n_tokens))
    )
    labels = seen.astype(float)
    labels[0, :20] = labels[1, 60:80] = np.nan
    return labels, np.arange(n_tokens) // 20


# Spans and tokens


def test_worked_example_of_spans():
    marked, other = token_labels(FIRST) > 0, token_labels(SECOND) > 0
    counts = member_counts(other, marked, ONE_TEXT, 1)
    found = [overlap_values(counts, name)[0] for name in ("precision", "recall", "f1", "iou")]
    assert found == pytest.approx([1, 0.4286, 0.6, 0.4286], abs=5e-5)
    labels = np.array([marked, other], dtype=float)
    assert pairwise_kappa(ratings_of_matrix(labels)).value[0, 1] == pytest.approx(0.38462, abs=5e-6)
    alpha = token_alpha(labels, ONE_TEXT)
    assert alpha.value == pytest.approx(0.32857, abs=5e-6)
    assert alpha.reason == "1 text: an interval needs at least 2"
    assert overlap_values(exact_counts(FIRST, SECOND), "f1")[0] == 0


def test_krippendorff_1995_and_2004_alpha_u():
    assert unitizing_alpha(FIRST, SECOND).value == pytest.approx(0.51529, abs=5e-6)
    assert unitizing_alpha(FIRST, SECOND, continuous=True).value == pytest.approx(0.55295, abs=5e-6)


def test_dkpro_statistics_alpha_u():
    found = unitizing_alpha(spans([0], [1], [9], [10]), spans([0, 0, 0], [2, 4, 6], [3, 5, 7], [10]))
    assert (found.observed, found.expected, found.value) == pytest.approx((0.91, 0.53519, -0.70035), abs=5e-6)


@pytest.mark.parametrize("seed", range(2))
def test_overlap_is_that_of_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    first, second = rng.random((2, 60)) < 0.4
    counts = member_counts(first, second, np.zeros(60, dtype=int), 1)
    theirs = precision_recall_fscore_support(second, first, average="binary")[:3]
    found = [overlap_values(counts, name)[0] for name in OVERLAP]
    assert found == pytest.approx([*theirs, jaccard_score(second, first)])
    turned = member_counts(second, first, np.zeros(60, dtype=int), 1)
    assert overlap_values(turned, "f1") == pytest.approx(overlap_values(counts, "f1"))
    assert overlap_values(turned, "precision") == pytest.approx(overlap_values(counts, "recall"))


def test_keyphrases_and_attributes():
    """{a, b, c} against {b, c, d}; 8 attributes right, 2 wrong, 2 missing; none claimed."""
    phrases = member_counts([True, True, True, False], [False, True, True, True], [0, 0, 0, 0], 1)
    assert overlap_values(phrases, "f1") == pytest.approx([0.667], abs=5e-4)
    assert [overlap_values([[8, 2, 2]], name)[0] for name in ("precision", "recall", "f1")] == pytest.approx(
        [0.8] * 3
    )
    assert np.isnan(overlap_values([[0, 0, 3]], "precision")[0])
    assert overlap_values([[0, 0, 3]], "recall")[0] == 0


def test_overlap_of_many_texts_is_that_of_their_sums_with_an_interval_over_texts():
    rng = np.random.default_rng(1)
    first, second, text = rng.random(900) < 0.4, rng.random(900) < 0.4, np.arange(900) // 30
    counts = member_counts(first, second, text, 30)
    claim = claimed_overlap(counts, units_of({"item": np.arange(30)}))
    assert claim.estimate.value == pytest.approx(overlap_values(counts.sum(axis=0), "f1"))
    assert 0 < claim.estimate.low < claim.estimate.value < claim.estimate.high < 1
    assert np.isnan(claim.p_value)
    again = claimed_overlap(counts[::-1], units_of({"item": np.arange(30)}))
    assert again.estimate.low == pytest.approx(claim.estimate.low)
    nothing = claimed_overlap(np.zeros((6, 3)), units_of({"item": np.arange(6)}))
    assert nothing.estimate.reason == "neither side names anything that the measure counts"


def test_exact_spans_need_equal_ends_and_labels():
    n = [30, 10]
    one = spans([0, 0, 1], [2, 14, 1], [10, 20, 4], n, [1, 2, 1])
    other = spans([0, 0, 1, 1], [2, 14, 1, 6], [10, 20, 4, 8], n, [1, 1, 1, 1])
    assert exact_counts(one, other).tolist() == [[1, 1, 1], [1, 0, 1]]
    assert token_labels(one).tolist()[14:20] == [2] * 6
    assert text_of_tokens(one).tolist() == [0] * 30 + [1] * 10


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0], [3], [3], [5]), r"span 0 is \[3, 3\)"),
        (([0], [3], [6], [5]), "text of 5 tokens"),
        (([1], [0], [1], [5]), "text code 1"),
        (([0], [0], [1], [5], [0]), "label 0"),
    ],
)
def test_bad_spans_are_refused(arguments, message):
    with pytest.raises(InvalidInput, match=message):
        spans(*arguments)


def test_overlapping_marks_are_refused_where_they_have_no_meaning():
    with pytest.raises(InvalidInput, match="token 3 has the labels 1 and 2"):
        token_labels(spans([0, 0], [1, 3], [4, 6], [8], [1, 2]))
    with pytest.raises(InvalidInput, match="of label 1 overlap"):
        unitizing_alpha(spans([0, 0], [1, 3], [4, 6], [8]), spans([0], [1], [2], [8]))
    with pytest.raises(InvalidInput, match="one text of one length"):
        unitizing_alpha(spans([0], [1], [2], [8]), spans([0], [1], [2], [9]))


def test_alpha_u_is_the_same_backwards_for_either_rater_first_and_1_for_equal_marks():
    back = [spans([0] * 2, 24 - one.end, 24 - one.begin, [24]) for one in (FIRST, SECOND)]
    for continuous in (False, True):
        value = unitizing_alpha(FIRST, SECOND, continuous=continuous).value
        assert unitizing_alpha(SECOND, FIRST, continuous=continuous).value == pytest.approx(value)
        assert unitizing_alpha(*back, continuous=continuous).value == pytest.approx(value)
        assert unitizing_alpha(FIRST, FIRST, continuous=continuous).value == 1
    none = spans(*np.zeros((3, 0), dtype=int), [24])
    found = unitizing_alpha(none, none)
    assert np.isnan(found.value)
    assert found.reason == "neither rater marks anything, or each marks the whole text"


@pytest.mark.parametrize("seed", range(2))
def test_alpha_of_tokens_is_that_of_krippendorff_and_over_raters_a_jackknife(seed):
    labels, text = drawn_labels(seed)
    found, over = token_alpha(labels, text), token_alpha_over_raters(labels, text)
    theirs = krippendorff.alpha(labels, level_of_measurement="nominal")
    assert (found.value, over.value) == pytest.approx((theirs, theirs))
    left = [
        agreement_value(value_counts(np.delete(labels, r, axis=0)), "krippendorff_alpha_nominal")
        for r in range(4)
    ]
    error = np.sqrt(3 / 4 * ((left - np.mean(left)) ** 2).sum())
    assert over.high - over.value == pytest.approx(error * 3.182446)
    assert (found.n_units, over.n_units) == (6, 4)


def test_alpha_of_tokens_does_not_depend_on_the_order_of_raters_and_grows_no_surer_with_tokens():
    labels, text = drawn_labels(3)
    found = token_alpha(labels, text)
    turned = token_alpha(labels[::-1, ::-1], text[::-1])
    assert (turned.value, turned.low) == pytest.approx((found.value, found.low))
    finer = token_alpha(np.repeat(labels, 50, axis=1), np.repeat(text, 50))
    assert finer.high - finer.low == pytest.approx(found.high - found.low, rel=0.02)
    assert marked_share(labels)[2] == pytest.approx((labels[2] > 0).mean())


def test_alpha_of_tokens_is_undefined_without_two_readers_or_marks():
    once = np.array([[0.0, 1, np.nan], [np.nan, np.nan, 0]])
    assert token_alpha(once, [0, 0, 1]).reason == "no unit was rated by two raters"
    assert token_alpha(np.zeros((2, 9)), np.arange(9) // 3).reason.startswith("all ratings are equal")
    assert "without one rater" in token_alpha_over_raters(drawn_labels(0)[0][2:], drawn_labels(0)[1]).reason
    assert np.isnan(token_alpha_over_raters(once, [0, 0, 1]).value)


# Sets


def test_worked_example_of_sets():
    chosen, unit = answers()
    found = [set_alpha(chosen, unit, name).value for name in ("jaccard", "masi", "unequal")]
    assert found == pytest.approx([0.46875, 0.39558, 0.26875], abs=5e-6)
    assert option_alpha(chosen, unit).value == pytest.approx(0.55172, abs=5e-6)


@pytest.mark.parametrize("seed", range(2))
def test_alpha_of_sets_is_that_of_nltk(seed):
    chosen, unit = drawn_sets(seed)
    kept = np.bincount(unit)[unit] > 1
    rows = [
        (f"rater {at}", f"unit {unit[at]}", frozenset(np.flatnonzero(chosen[at]).tolist()) or frozenset([-1]))
        for at in np.flatnonzero(kept)
    ]
    for name, theirs in (("jaccard", nltk_jaccard), ("masi", nltk_masi)):
        task = AnnotationTask(rows, distance=theirs)
        assert set_alpha(chosen, unit, name).value == pytest.approx(task.alpha())


def test_option_alpha_is_alpha_with_the_hamming_distance(monkeypatch):
    chosen, unit = drawn_sets(4)
    hamming = type(SET_DISTANCES["jaccard"])(
        lambda sets: (sets[:, None] != sets[None]).sum(axis=2).astype(float), "Hamming", "Hamming 1950"
    )
    monkeypatch.setitem(SET_DISTANCES, "hamming", hamming)
    one, other = option_alpha(chosen, unit), set_alpha(chosen, unit, "hamming")
    assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high))
    single = option_alpha(chosen[:, :1], unit)
    ratings = np.full((3, 12), np.nan)
    for at in range(len(unit)):
        ratings[(unit[:at] == unit[at]).sum(), unit[at]] = chosen[at, 0]
    assert single.value == pytest.approx(agreement_value(value_counts(ratings), "krippendorff_alpha_nominal"))


@pytest.mark.parametrize("name", [*SET_DISTANCES, "options"])
def test_alpha_of_sets_does_not_depend_on_the_order_of_answers_units_and_options(name):
    chosen, unit = drawn_sets(5)

    def alpha(*given):
        return option_alpha(*given) if name == "options" else set_alpha(*given, name)

    found, turned = alpha(chosen, unit), alpha(chosen[::-1, ::-1], 11 - unit[::-1])
    assert (turned.value, turned.low) == pytest.approx((found.value, found.low))
    same = np.array([[True, False], [True, False], [False, True], [False, True]])
    assert alpha(same, [0, 0, 1, 1]).value == pytest.approx(1)
    assert alpha(same[:1], [0]).reason == "no unit was answered by two raters"
    assert alpha(same[:2], [0, 0]).reason.startswith("all sets are equal")
    boot = (
        option_alpha(chosen, unit, method="bootstrap", rng=np.random.default_rng(0))
        if name == "options"
        else set_alpha(chosen, unit, name, method="bootstrap", rng=np.random.default_rng(0))
    )
    assert boot.low < found.value < boot.high


@pytest.mark.parametrize("name", SET_DISTANCES)
def test_a_distance_of_sets_is_0_to_itself_symmetric_and_at_most_1(name):
    sets = np.unique(drawn_sets(6)[0], axis=0).astype(float)
    sets = np.vstack([sets, np.zeros(5)]) if sets.sum(axis=1).min() else sets
    found = SET_DISTANCES[name].function(sets)
    assert (np.diag(found) == 0).all()
    assert (found == found.T).all()
    assert ((found >= 0) & (found <= 1)).all()


def test_overlap_of_random_sets_by_chance():
    found = [*overlap_by_chance(5, 118), *overlap_by_chance(5, 20)]
    assert found == pytest.approx([0.212, 0.0239, 1.25, 0.1546], abs=5e-4)
    assert overlap_by_chance(4, 4) == pytest.approx((4, 1))
    with pytest.raises(InvalidInput, match="sets of 6 of 5 options"):
        overlap_by_chance(6, 5)


def test_bad_sets_are_refused():
    with pytest.raises(InvalidInput, match="chosen is int64"):
        option_alpha([[1, 0]], [0])
    with pytest.raises(InvalidInput, match="unknown set distance 'jacard'"):
        set_alpha([[True]], [0], "jacard")
    with pytest.raises(InvalidInput, match="lengths differ"):
        set_alpha([[True]], [0, 1])
    with pytest.raises(InvalidInput, match="counts of shape"):
        overlap_values([1, 2], "f1")


# Aspects


def test_mean_score_of_aspects_and_pooled_points():
    """3 of 6 points, 4 of 4, 0 of 2."""
    points = np.array([[2, 1, 0], [2, 2, np.nan], [0, np.nan, np.nan]])
    found = aspect_scores(points, units_of({"item": [0, 1, 2]}, asked=True))
    assert found.per_answer == pytest.approx([0.5, 1, 0])
    assert found.mean.estimate.value == pytest.approx(0.5)
    assert found.pooled.estimate.value == pytest.approx(0.583, abs=5e-4)
    assert found.mean.estimate.n_units == 3
    none = aspect_scores([[np.nan], [np.nan]], units_of({"item": [0, 1]}, asked=True))
    assert none.mean.estimate.reason == none.pooled.estimate.reason == "no answer has an aspect"
    with pytest.raises(InvalidInput, match="points 3; allowed: 0 to 2"):
        aspect_scores([[3]], units_of({"item": [0]}))


@pytest.mark.parametrize("table", [OVERLAP, SET_DISTANCES])
def test_every_entry_has_a_stable_key_a_label_and_a_dated_source(table):
    for name, entry in table.items():
        assert name.isidentifier()
        assert any(character.isdigit() for character in entry.source)
    assert len({entry.label for entry in table.values()}) == len(table)
