"""DEGRESS and EGISES: do outputs for different readers differ as much as the readers' own texts?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from study.errors import InvalidInput
from study.stats.arrays import FloatArray

PROPORTION_EPSILON = 1e-5
"""Added above and below each proportion in the authors' code, so that identical outputs score 0.00004, not 0."""


@dataclass(frozen=True, slots=True)
class Distances:
    """Distances between the texts of one document's readers; each from 0 (the same) to 1, nan where missing.

    ``expected`` is what a reader wrote or wants, ``output`` what a system made for the reader. Arrays of outputs may
    have leading axes, one per system. Pairs are ordered, as a distance need not be symmetric; the diagonal is
    ignored.

    Attributes
    ----------
    expected_pairs : ndarray of shape (n_documents, n_readers, n_readers)
    expected_document : ndarray of shape (n_documents, n_readers)
        From the expected text to the document.
    output_pairs : ndarray of shape (..., n_documents, n_readers, n_readers)
    output_document : ndarray of shape (..., n_documents, n_readers)
    accuracy : ndarray of shape (..., n_documents, n_readers)
        From the output to the text that its reader expects.
    """

    expected_pairs: FloatArray
    expected_document: FloatArray
    output_pairs: FloatArray
    output_document: FloatArray
    accuracy: FloatArray


def checked_distances(values: ArrayLike, what: str, n_dimensions: int) -> FloatArray:
    """Return distances as float64, nan where missing.

    Raises
    ------
    InvalidInput
        If there are too few dimensions or a distance is not between 0 and 1.

    Examples
    --------
    >>> checked_distances([0.2, 1.3], "accuracy", 1)
    Traceback (most recent call last):
    study.errors.InvalidInput: accuracy distance 1.3 at position (1,); allowed: 0 to 1, nan where missing
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim < n_dimensions:
        raise InvalidInput(
            f"{what} distances have shape {array.shape}; allowed: {n_dimensions} dimensions or more"
        )
    wrong = np.argwhere((array < 0) | (array > 1))
    if wrong.size:
        place = tuple(wrong[0].tolist())
        shown = f"{what} distance {array[place]:g} at position {place}"
        raise InvalidInput(f"{shown}; allowed: 0 to 1, nan where missing")
    return array


def degress(distances: Distances, *, weighted: bool = True) -> FloatArray:
    """Return how well each reader's outputs differ from those of the others: 1 as expected, 0 not at all.

    The distance between two readers' texts is weighted by the softmax, over the other readers, of its ratio to the
    text's distance from the document (0 where that is 0); the score is the mean over the other readers of the smaller
    weighted distance divided by the larger one. A pair with a missing distance on either side is left out.

    Parameters
    ----------
    distances : Distances
    weighted : bool
        False compares plain distances (the authors' ``simplified_flag``).

    Returns
    -------
    ndarray of shape (..., n_documents, n_readers)
        From 0 to 1; nan for a reader without another reader. If all outputs are equal they score 1e-5 / (distance +
        1e-5), which is almost 0; if all expected texts are equal too, the score is 1.

    References
    ----------
    Vansh et al. 2023 (EGISES), with the constant 1e-5 of the authors' code.
    """
    expected, output, known = _pairs(distances)
    if weighted:
        expected = expected * _softmax(_ratios(expected, distances.expected_document), known)
        output = output * _softmax(_ratios(output, distances.output_document), known)
    smaller, larger = np.minimum(expected, output), np.maximum(expected, output)
    proportion = (smaller + PROPORTION_EPSILON) / (larger + PROPORTION_EPSILON)
    return mean_of_known(proportion, known)


def mean_of_known(values: FloatArray, known: np.ndarray | None = None) -> FloatArray:
    """Return means of the known (not nan) values over the last axis; nan if none is known."""
    there = ~np.isnan(values) if known is None else known
    count = there.sum(axis=-1)
    total = np.where(there, values, 0.0).sum(axis=-1)
    return np.asarray(np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0))


def egises(distances: Distances, *, weighted: bool = True) -> FloatArray:
    """Return how far each document's outputs are from responding to their readers: 0 best, 1 worst.

    Parameters
    ----------
    distances : Distances
    weighted : bool
        As in :func:`degress`.

    Returns
    -------
    ndarray of shape (..., n_documents)
        1 minus the mean DEGRESS of the document's readers; nan for a document with one reader. The EGISES of a system
        is the mean over its documents.

    References
    ----------
    Vansh et al. 2023.
    """
    return 1 - mean_of_known(degress(distances, weighted=weighted))


def _pairs(distances: Distances) -> tuple[FloatArray, FloatArray, np.ndarray]:
    """Return distances between expected texts and between outputs, 0 where a pair does not count, and which pairs count."""
    expected = checked_distances(distances.expected_pairs, "expected-pair", 3)
    output = checked_distances(distances.output_pairs, "output-pair", 3)
    checked_distances(distances.expected_document, "expected-document", 2)
    checked_distances(distances.output_document, "output-document", 2)
    n_readers = expected.shape[-1]
    documents = np.isnan(distances.expected_document) | np.isnan(distances.output_document)
    known = ~(np.isnan(expected) | np.isnan(output) | documents[..., None]) & ~np.eye(n_readers, dtype=bool)
    return np.where(known, expected, 0.0), np.where(known, output, 0.0), known


def _ratios(pairs: FloatArray, document: FloatArray) -> FloatArray:
    to_document = np.broadcast_to(document[..., None], pairs.shape)
    return np.divide(pairs, to_document, out=np.zeros(pairs.shape), where=to_document > 0)


def _softmax(ratios: FloatArray, known: np.ndarray) -> FloatArray:
    """Return weights over the other readers that count; the largest ratio is subtracted first to avoid overflow."""
    held = np.where(known, ratios, -np.inf)
    top = held.max(axis=-1, keepdims=True, initial=0.0)
    powers = np.where(known, np.exp(np.where(known, ratios, 0.0) - top), 0.0)
    total = powers.sum(axis=-1, keepdims=True)
    return np.asarray(np.divide(powers, total, out=np.zeros(powers.shape), where=total > 0))
