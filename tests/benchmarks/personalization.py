"""EGISES and PerSEval on arrays against a plain double loop, on the same distances in the same run.

`python -m tests.benchmarks personalization [documents]`.
"""

import math
import sys
from time import perf_counter

import numpy as np

from study.stats.arrays import FloatArray
from study.stats.personalization.perseval import perseval
from study.stats.personalization.responsiveness import Distances, egises
from tests.reference.some_documents import of_documents

N_SYSTEMS, N_DOCUMENTS, N_READERS, N_LOOPED = 10, 1000, 10, 20
SMOKE = ("20",)


def weighted(pairs, document, reader, others) -> list[float]:
    """Return the softmax-weighted distances of one reader to the others, one at a time."""
    ratios = [pairs[reader, other] / document[reader] if document[reader] else 0.0 for other in others]
    top = max(ratios)
    powers = [math.exp(ratio - top) for ratio in ratios]
    return [power / sum(powers) * pairs[reader, other] for power, other in zip(powers, others, strict=True)]


def degress_by_loops(one: Distances, system: int, document: int, reader: int) -> float:
    """Return the DEGRESS of one reader."""
    expected, output = one.expected_pairs[document], one.output_pairs[system, document]
    to_document = one.expected_document[document], one.output_document[system, document]
    others = [
        other
        for other in range(len(expected))
        if other != reader and not math.isnan(expected[reader, other] + output[reader, other])
    ]
    if not others or math.isnan(to_document[0][reader] + to_document[1][reader]):
        return math.nan
    pairs = zip(
        weighted(expected, to_document[0], reader, others),
        weighted(output, to_document[1], reader, others),
        strict=True,
    )
    return float(np.mean([(min(x, y) + 1e-5) / (max(x, y) + 1e-5) for x, y in pairs]))


def perseval_by_loops(one: Distances, responsive_only: bool = False) -> FloatArray:
    """Return PerSEval (or DEGRESS) per system and document, shape (n_systems, n_documents), one cell at a time."""
    n_systems, n_documents, n_readers = one.output_document.shape
    found = np.full((n_systems, n_documents), np.nan)
    for system in range(n_systems):
        for document in range(n_documents):
            accuracy = one.accuracy[system, document]
            known = [float(value) for value in accuracy if not math.isnan(value)]
            values = []
            for reader in range(n_readers):
                score = degress_by_loops(one, system, document, reader)
                if not responsive_only:
                    score *= penalty(float(accuracy[reader]), known)
                if not math.isnan(score):
                    values.append(score)
            if values:
                found[system, document] = sum(values) / len(values)
    return found


def penalty(accuracy: float, known: list[float]) -> float:
    """Return the EDP of one reader."""
    if math.isnan(accuracy):
        return math.nan
    best, mean = min(known), sum(known) / len(known)
    inconsistency = sigmoid((accuracy - best) / (mean - best + 1e-7), 4)
    drop = sigmoid(best / (1 - best + 1e-7), 4)
    return 1 - sigmoid(inconsistency + drop, 3) + 1e-7


def sigmoid(x: float, alpha: int) -> float:
    """Return the sigmoid of PerSEval with beta 1."""
    return 1 / (1 + 10**alpha * math.exp(-min(10 * x, 700)))


def main() -> None:
    """Print seconds and ratios; the loops see fewer documents and are scaled up."""
    rng = np.random.default_rng(0)
    n_documents = int(sys.argv[2]) if len(sys.argv) > 2 else N_DOCUMENTS
    shape = (n_documents, N_READERS, N_READERS)
    distances = Distances(
        rng.random(shape),
        rng.random(shape[:2]),
        rng.random((N_SYSTEMS, *shape)),
        rng.random((N_SYSTEMS, *shape[:2])),
        rng.random((N_SYSTEMS, *shape[:2])),
    )
    part = of_documents(distances, np.arange(N_LOOPED))
    print(f"{n_documents:,} documents x {N_READERS} readers x {N_SYSTEMS} systems, after distances")
    print(f"{'measure':10} {'arrays, s':>10} {'loops, s':>10} {'ratio':>8}")
    for name, fast, looped in (
        ("EGISES", egises, lambda one: 1 - perseval_by_loops(one, responsive_only=True)),
        ("PerSEval", perseval, perseval_by_loops),
    ):
        fast(part)
        started = perf_counter()
        found = fast(distances)
        quick = perf_counter() - started
        started = perf_counter()
        again = looped(part)
        slow = (perf_counter() - started) * n_documents / N_LOOPED
        assert np.abs(found[:, :N_LOOPED] - again).max() < 1e-12
        print(f"{name:10} {quick:>10.2f} {slow:>10.1f} {slow / quick:>7.0f}x")
