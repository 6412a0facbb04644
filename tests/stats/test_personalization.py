import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from study.errors import InvalidInput
from study.stats.claims import claimed_share
from study.stats.personalization import conditions, lists, perseval
from study.stats.personalization.responsiveness import Distances, degress, egises, mean_of_known
from study.stats.units import units_of
from tests.benchmarks.personalization import perseval_by_loops
from tests.examples import examples
from tests.reference.some_documents import of_documents

X = np.nan
PAIRS = [(0, 1), (0, 2), (1, 2)]
# The toy of research/metrics.md, 1.1 and 1.2: the same values come out of the authors' code (KDM-LAB).
EXPECTED, TO_DOCUMENT = (0.6, 0.8, 0.4), [[0.7, 0.5, 0.9]]
TOYS = {
    "mid": ((0.3, 0.5, 0.4), (0.6, 0.6, 0.8), (0.2, 0.3, 0.4), 0.6043994563785192, 0.29154374883834805),
    "perfect": (EXPECTED, (0.7, 0.5, 0.9), (0, 0, 0), 1.0, 0.9989991012016451),
    "inaccurate": (EXPECTED, (0.7, 0.5, 0.9), (0.9, 0.9, 0.9), 1.0, 0.043386869353812474),
    "constant": (
        (0, 0, 0), (0.6, 0.6, 0.6), (0.5, 0.6, 0.7), 3.922785626138566e-05, 5.15182610209217e-06,
    ),
}  # fmt: skip


def symmetric(values):
    square = np.zeros((1, 3, 3))
    for (j, k), value in zip(PAIRS, values, strict=True):
        square[0, j, k] = square[0, k, j] = value
    return square


def toy(pairs, document, accuracy):
    return Distances(
        symmetric(EXPECTED),
        np.array(TO_DOCUMENT),
        symmetric(pairs),
        np.array([document]),
        np.array([accuracy]),
    )


@pytest.mark.parametrize("name", TOYS)
def test_perseval_toys_of_the_authors_code(name):
    pairs, document, accuracy, responsive, both = TOYS[name]
    distances = toy(pairs, document, accuracy)
    assert mean_of_known(degress(distances)) == pytest.approx([responsive], abs=1e-12)
    assert egises(distances) == pytest.approx([1 - responsive], abs=1e-12)
    assert perseval.perseval(distances) == pytest.approx([both], abs=1e-12)


def random_distances(rng, n_systems=2, n_documents=3, n_readers=4):
    return Distances(
        rng.random((n_documents, n_readers, n_readers)),
        rng.random((n_documents, n_readers)),
        rng.random((n_systems, n_documents, n_readers, n_readers)),
        rng.random((n_systems, n_documents, n_readers)),
        rng.random((n_systems, n_documents, n_readers)),
    )


@examples(30)
@given(st.integers(0, 2**32 - 1), st.floats(0, 0.4))
def test_arrays_and_loops_agree(seed, missing):
    rng = np.random.default_rng(seed)
    distances = random_distances(rng)
    for values in (
        distances.expected_pairs,
        distances.output_pairs,
        distances.output_document,
        distances.accuracy,
    ):
        values[rng.random(values.shape) < missing] = X
    distances.expected_document[rng.random(distances.expected_document.shape) < missing] = 0
    assert perseval.perseval(distances) == pytest.approx(perseval_by_loops(distances), abs=1e-12, nan_ok=True)


@examples(30)
@given(st.integers(0, 2**32 - 1))
def test_the_order_of_readers_and_documents_changes_nothing(seed):
    rng = np.random.default_rng(seed)
    one = random_distances(rng)
    readers, documents = rng.permutation(4), rng.permutation(3)
    mixed = Distances(
        one.expected_pairs[:, readers][:, :, readers],
        one.expected_document[:, readers],
        one.output_pairs[:, :, readers][:, :, :, readers],
        one.output_document[:, :, readers],
        one.accuracy[:, :, readers],
    )
    moved = of_documents(mixed, documents)
    for measure in (egises, perseval.perseval):
        assert measure(moved) == pytest.approx(measure(one)[:, documents], abs=1e-12)
    score = degress(one)
    assert ((score > 0) & (score <= 1)).all()


def test_edge_cases_of_egises():
    lone = toy(*TOYS["mid"][:3])
    lone.output_pairs[:] = X
    assert np.isnan(egises(lone)).all()
    alike = toy((0, 0, 0), (0.5, 0.5, 0.5), (0, 0, 0))
    alike.expected_pairs[:] = 0
    assert egises(alike).tolist() == [0]  # 0 on both sides: as expected
    at_the_document = toy((0.3, 0.5, 0.4), (0, 0, 0), (0, 0, 0))  # ratios count 0, so that weights are equal
    weights = degress(at_the_document)
    assert np.isfinite(weights).all()
    assert egises(toy(EXPECTED, (1e-9, 1e-9, 1e-9), (0, 0, 0))).tolist()[0] < 1  # huge ratios do not overflow


def test_a_missing_accuracy_leaves_the_reader_out_or_counts_as_published():
    distances = toy(*TOYS["mid"][:3])
    distances.accuracy[0, 1] = X
    assert perseval.perseval(distances) != pytest.approx(perseval.perseval(distances, missing_accuracy=1.0))
    distances.accuracy[:] = X
    assert np.isnan(perseval.perseval(distances)).all()


def test_penalties_have_the_published_midpoints():
    # S midpoints: 0.921 for (4, 1), a smallest distance of 0.48; 0.691 for (3, 1).
    assert perseval.accuracy_drop_penalty([[0.4794, 0.4794]]) == pytest.approx([0.5], abs=2e-3)
    assert perseval.EDP(np.array(0.6908)) == pytest.approx(0.5, abs=1e-3)
    even = perseval.accuracy_inconsistency_penalty([[0.3, 0.3]])
    assert even == pytest.approx(np.full((1, 2), 1 / (1 + 1e4)))


def test_distances_out_of_range_are_named():
    with pytest.raises(InvalidInput, match=r"accuracy distance 1\.5 at position \(0, 2\)"):
        perseval.accuracy_drop_penalty([[0, 1, 1.5]])


def test_p_accuracy_takes_off_more_where_outputs_do_not_respond():
    found = perseval.p_accuracy([0.4, 0.4, 0.0, X], [0.0, 0.8, 0.5, 0.1])
    assert found[:3].tolist() == pytest.approx([0.3, 0.4 * (1 - 0.5 / (1 + np.exp(-2))), 0])
    assert np.isnan(found[3])
    with pytest.raises(InvalidInput, match="alpha 2"):
        perseval.p_accuracy([0.1], [0.1], alpha=2)


# Conditions


def test_egises_500_to_510_is_degraded_by_two_percent():
    before, after = np.full(50, 0.5), np.full(50, 0.51)
    before[::2] += 0.1
    after[::2] += 0.102
    assert conditions.change_in_words(after.mean() / before.mean() - 1) == "degraded 2.0%"
    systems = np.array([before, after, before])
    share = conditions.degraded_share(systems, systems[[1, 0, 1]], rng=np.random.default_rng(0))
    assert share.value == pytest.approx(2 / 3)
    assert conditions.change_in_words(0.0) == "unchanged"
    with pytest.raises(InvalidInput, match="equal shapes"):
        conditions.degraded_share(systems, systems[:2], rng=np.random.default_rng(0))


def test_losses_to_the_generic_output():
    # 377 of 1,000 flagged: .348-.407 (Wilson).
    each = units_of({"item": np.arange(1000)})
    found = claimed_share(np.repeat([1.0, 0.0], [377, 623]), None, each).estimate
    assert (found.value, found.low, found.high) == pytest.approx((0.377, 0.348, 0.407), abs=6e-4)
    lost = np.repeat([1.0, 0.0, 1.0, 0.0, 1.0, 0.0], 25)
    clustered = claimed_share(lost, None, units_of({"source": np.repeat(np.arange(6), 25)})).estimate
    alone = claimed_share(lost, None, units_of({"item": np.arange(150)})).estimate
    assert clustered.value == alone.value == 0.5
    assert clustered.high - clustered.low > alone.high - alone.low
    assert clustered.n_units == 6


def test_ranks_are_stable_where_systems_differ_and_not_where_they_do_not():
    rng = np.random.default_rng(1)
    noise = rng.random((4, 60))
    apart = conditions.rank_stability(noise + 5 * np.arange(4)[:, None], rng=rng)
    alike = conditions.rank_stability(noise, rng=rng)
    assert apart.kendall == pytest.approx(np.ones(5))
    assert alike.kendall[0] == pytest.approx(1)
    assert alike.kendall[-1] < 0.9
    assert alike.lowest[-1] < alike.kendall[-1] < alike.highest[-1]
    assert alike.means.shape == (5, 4)
    with pytest.raises(InvalidInput, match=r"share 1\.2"):
        conditions.rank_stability(noise, shares=[1.2], rng=rng)


# Lists


def test_lists_of_the_oracles():
    shown = [1, 0, 1, 1, 0]
    assert float(lists.ndcg(shown, 5)) == pytest.approx(0.90603, abs=5e-6)
    assert float(lists.average_precision(shown)) == pytest.approx(0.80556, abs=5e-6)
    assert float(lists.reciprocal_rank(shown)) == 1
    assert lists.rubric_score([2, 1, 0]) == 0.5
    assert lists.human_distances([6, 1]).tolist() == [0, 1]


# [4,3,2,2,1,0], k = 3, n = 6: original and corrected (Rampisela et al. 2024).
EXPOSURE = {
    "gini": (0.36111, 0.72222),
    "jain": (0.70588, 0.41176),
    "qf": (0.83333, 0.66667),
    "fsat": (0.66667, 0.33333),
    "entropy": (0.84671, 0.60376),
}


@pytest.mark.parametrize("name", lists.EXPOSURE)
def test_exposure_of_the_oracles(name):
    counts, function = [4, 3, 2, 2, 1, 0], lists.EXPOSURE[name].function
    assert function(counts) == pytest.approx(EXPOSURE[name][0], abs=6e-6)
    assert lists.corrected_exposure(counts, 3, function) == pytest.approx(EXPOSURE[name][1], abs=6e-6)


@examples(50)
@given(hnp.arrays(np.float64, (3, 8), elements=st.floats(0, 1)), st.integers(1, 4))
def test_corrected_exposure_lies_between_0_and_1(draws, k):
    counts = np.bincount(draws.argsort(axis=1)[:, :k].ravel(), minlength=8)
    for statistic in lists.EXPOSURE.values():
        found = lists.corrected_exposure(counts, k, statistic.function)
        assert np.isnan(found) or -1e-9 <= found <= 1 + 1e-9


def test_lists_without_anything_relevant_are_undefined_and_wrong_counts_are_named():
    for measure in (lists.ndcg, lists.average_precision, lists.reciprocal_rank):
        assert np.isnan(measure([0, 0]))
        assert measure([[1, 0], [0, 0]]).shape == (2,)
    assert np.isnan(lists.keyphrase_f1([], []))
    assert lists.keyphrase_f1(["a"], ["b"]) == 0
    assert np.isnan(lists.rubric_score([]))
    for call in (
        lambda: lists.corrected_exposure([5, 0, 0], 2, lists.gini),
        lambda: lists.rubric_score([3]),
        lambda: lists.human_distances([7]),
        lambda: lists.gini([0, 0]),
        lambda: lists.ndcg([-1]),
        lambda: lists.intra_list_similarity([1.0]),
    ):
        with pytest.raises(InvalidInput, match="allowed"):
            call()


def test_intra_list_similarity_is_the_mean_of_pairs():
    table = np.array([[1, 0.2, 0.4], [0.2, 1, X], [0.4, X, 1]])
    assert float(lists.intra_list_similarity(table)) == pytest.approx(0.3)
    assert np.isnan(lists.intra_list_similarity([[1.0]]))
