"""Means of measures over documents, with intervals over documents and the readers who occur in several of them."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from study.stats.arrays import BoolArray, FloatArray, check_equal_lengths
from study.stats.claims import Claim, claimed_values
from study.stats.personalization.responsiveness import Distances
from study.stats.units import Units

Values = dict[str, FloatArray]
"""Measures by name, each of shape (n_systems, n_documents), nan where undefined."""


@dataclass(frozen=True, slots=True)
class ReaderValues:
    """Measures of documents, also without each reader; made by :func:`reader_values`.

    Attributes
    ----------
    values : dict of str to ndarray of shape (n_systems, n_documents)
    without : dict of str to ndarray of shape (n_systems, n_documents, n_readers)
        Without the reader at each position; nan where nothing is left.
    there : ndarray of bool, shape (n_systems, n_documents, n_readers)
        Whether a system has an output for a reader.
    """

    values: Values
    without: Values
    there: BoolArray


def reader_values(distances: Distances, measures: Callable[[Distances], Values]) -> ReaderValues:
    """Return measures of documents, complete and without each of their readers.

    A measure of a document compares its readers with each other, so a reader's influence is found by leaving them
    out.

    Parameters
    ----------
    distances : Distances
        With a leading axis of systems.
    measures : callable
    """
    values = measures(distances)
    left_out = [measures(without_reader(distances, seat)) for seat in range(distances.accuracy.shape[-1])]
    without = {
        name: np.stack([one[name] for one in left_out], axis=-1) if left_out else own[..., None][..., :0]
        for name, own in values.items()
    }
    return ReaderValues(
        values, without, ~(np.isnan(distances.accuracy) & np.isnan(distances.output_document))
    )


def without_reader(distances: Distances, seat: int) -> Distances:
    """Return distances without one reader of each document, given by position on the last axis."""
    arrays = {
        name: np.array(getattr(distances, name), dtype=np.float64)
        for name in ("expected_pairs", "expected_document", "output_pairs", "output_document", "accuracy")
    }
    for name, array in arrays.items():
        array[..., seat] = np.nan
        if name.endswith("_pairs"):
            array[..., seat, :] = np.nan
    return Distances(**arrays)


def document_moves(
    values: FloatArray, without: FloatArray, there: BoolArray, kept: BoolArray | None = None
) -> tuple[float, FloatArray]:
    """Return the mean of a measure over documents, and the influence of each reader of each document on it.

    Parameters
    ----------
    values : ndarray of shape (n_documents,)
    without : ndarray of shape (n_documents, n_readers)
    there : ndarray of bool, shape (n_documents, n_readers)
    kept : ndarray of bool, shape (n_documents,), optional
        The documents to include; by default those with a value.

    Returns
    -------
    mean : float
    moves : ndarray of shape (n_documents, n_readers)
        0 where there is no reader. The influences within a document sum to the document's; they are divided among its
        readers by the jackknife's pseudo-values, or evenly if nothing is left without one of them.

    References
    ----------
    Tukey 1958 (pseudo-values); Hoeffding 1948 (what one of several that are compared in pairs adds to their mean).
    """
    known = ~np.isnan(values) & there.any(axis=1)
    known = known if kept is None else known & kept
    n, moves = int(known.sum()), np.zeros(there.shape)
    if not n:
        return np.nan, moves
    mean = float(values[known].mean())
    number = there.sum(axis=1, keepdims=True)
    own = np.where(np.isnan(without), values[:, None], without)
    apart = np.where(there, (number - 1) * (values[:, None] - own), 0.0)
    share = apart - apart.sum(axis=1, keepdims=True) / np.maximum(number, 1) + values[:, None] - mean
    filled = known[:, None] & there
    moves[filled] = (share / np.maximum(number, 1))[filled] / n
    return mean, moves


def claimed_mean(
    value: float,
    moves: FloatArray,
    there: BoolArray,
    units: Units,
    *,
    bounds: tuple[float, float] = (0.0, 1.0),
    confidence_level: float = 0.95,
    method: str = "mean over documents",
    lacking: str = "no document has texts of two readers on both sides",
) -> Claim:
    """Return a mean over documents with a t interval over units, clipped to its bounds.

    Parameters
    ----------
    value, moves
        From :func:`document_moves`.
    there : ndarray of bool, shape (n_documents, n_readers)
        The readers of documents that count.
    units : Units
        Units of all reader positions of all documents in sequence.
    bounds : tuple of float
    confidence_level : float
    method : str
    lacking : str
        The reason if the mean is undefined.
    """
    check_equal_lengths(seats=moves.size, units=len(units))
    inside = there.ravel()
    (claim,) = claimed_values(
        [value], moves.ravel()[inside], units.of(inside), confidence_level=confidence_level, method=method
    )
    found = claim.estimate
    if np.isnan(value):
        return replace(claim, estimate=replace(found, reason=lacking))
    low, high = np.clip([found.low, found.high], *bounds).tolist()
    return replace(claim, estimate=replace(found, low=low, high=high))
