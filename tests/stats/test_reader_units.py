"""Means of measures over documents: what each reader adds, and intervals that know of readers of several documents."""

import numpy as np
import pytest

from study.analysis.personalization.measure_definitions import measure_values
from study.analysis.personalization.measures import measure_table, reader_units
from study.stats.personalization.over_units import claimed_mean, document_moves, reader_values
from study.stats.personalization.responsiveness import Distances
from tests.cases import cases

X = np.nan


def drawn(rng: np.random.Generator, n_documents: int, n_profiles: int, seats: int, between: float) -> tuple:
    """Return distances of one system, of which a share of the variance lies between profiles, and who sits where."""
    readers = np.array([rng.permutation(n_profiles)[:seats] for _ in range(n_documents)])
    own = np.sqrt(between) * rng.normal(size=n_profiles)[readers]
    apart = np.sqrt(1 - between) * rng.normal(size=readers.shape)
    accuracy = np.clip(0.5 + 0.12 * (own + apart), 0, 1)[None]
    output = np.abs(own[:, :, None] + own[:, None, :] + rng.normal(size=(n_documents, seats, seats)))
    pairs = np.clip(0.3 + 0.1 * (output + output.transpose(0, 2, 1)) / 2, 0, 1)
    pairs[:, np.arange(seats), np.arange(seats)] = X
    distances = Distances(
        np.where(np.isnan(pairs), X, 0.4), np.full(readers.shape, 0.5), pairs[None], np.full((1, *readers.shape), 0.5), accuracy
    )  # fmt: skip
    return distances, readers


def test_what_readers_add_makes_up_what_documents_add() -> None:
    distances, _ = drawn(np.random.default_rng(0), 9, 6, 4, 0.3)
    found = reader_values(distances, measure_values)
    for name, values in found.values.items():
        mean, moves = document_moves(values[0], found.without[name][0], found.there[0])
        assert mean == pytest.approx(values[0].mean())
        assert moves.sum(axis=1) == pytest.approx((values[0] - mean) / 9)
    # The distance is a mean over readers: each adds its own.
    mean, moves = document_moves(found.values["distance"][0], found.without["distance"][0], found.there[0])
    assert moves == pytest.approx((distances.accuracy[0] - mean) / 36)


def test_documents_of_two_readers_and_undefined_ones() -> None:
    values = np.array([0.2, X, 0.4, 0.6])
    there = np.array([[True, True], [True, False], [True, True], [True, True]])
    mean, moves = document_moves(values, np.full((4, 2), X), there)
    assert mean == pytest.approx(0.4)
    assert moves == pytest.approx(np.array([[-1, -1], [0, 0], [0, 0], [1, 1]]) / 30)
    nothing, none = document_moves(np.full(4, X), np.full((4, 2), X), there)
    assert np.isnan(nothing)
    assert not none.any()
    units = reader_units(_shaped(4, 2), None)
    claim = claimed_mean(nothing, none, there & False, units)
    assert claim.estimate.reason == "no document has texts of two readers on both sides"


def _shaped(n_documents: int, seats: int) -> Distances:
    half = np.full((n_documents, seats, seats), 0.5)
    return Distances(half, half[..., 0], half[None], half[None, ..., 0], half[None, ..., 0])


@pytest.mark.parametrize("measure", cases(["distance", "egises"], ["egises"]))
def test_readers_who_differ_widen_the_interval_so_that_it_holds_the_truth(measure: str) -> None:
    """12 documents of 4 among 8 readers who differ: over documents alone, far too many intervals miss."""
    rng = np.random.default_rng(4)
    tables, alone = [], []
    for _ in range(120):
        distances, readers = drawn(rng, 12, 8, 4, 0.5)
        options = {"distance": "x", "generic": [], "readers": readers}
        for found, cluster in ((tables, None), (alone, "source")):
            table = measure_table(distances, ["s"], **options, cluster=cluster).set_index("measure")
            found.append(table.loc[measure, ["value", "low", "high"]].to_numpy(dtype=np.float64))
    truth = np.mean([one[0] for one in tables])
    covers, covers_alone = (
        np.mean([low <= truth <= high for _, low, high in found]) for found in (tables, alone)
    )
    assert covers > 0.88
    if measure == "distance":
        assert covers_alone < 0.8


def test_the_estimand_names_readers_and_sources() -> None:
    distances, readers = drawn(np.random.default_rng(1), 12, 8, 4, 0.5)
    options = {"distance": "x", "generic": []}
    said = {
        cluster: measure_table(distances, ["s"], **options, readers=readers, cluster=cluster).iloc[0]
        for cluster in (None, "profile", "source", "item", "rater")
    }
    assert said[None]["estimand"] == "for people and sources like these 8 profiles and 12 sources"
    assert said["profile"]["units"] == "8 profiles"
    assert said["source"]["units"] == "12 sources"
    assert said["item"]["units"] == "48 items"
    assert said["rater"]["units"] == said[None]["units"]
    distances, readers = drawn(np.random.default_rng(2), 12, 3, 3, 0.5)
    few = measure_table(distances, ["s"], **options, readers=readers).iloc[0]
    assert few["estimand"] == "for these 3 profiles; generalises to sources like these 12 sources"
