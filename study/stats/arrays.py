"""Array types of this package, and input checks."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from study.errors import InvalidInput

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


def codes(values: ArrayLike, n_codes: int | None, what: str) -> IntArray:
    """Return integer codes ``0 .. n_codes - 1`` as int64.

    Parameters
    ----------
    values : array_like of int, shape (n,)
        Codes in the form of ``pandas.factorize``.
    n_codes : int or None
        How many codes there are; None accepts any code from 0.
    what : str
        Name of the coded things, for error messages.

    Raises
    ------
    InvalidInput
        If the values are not whole numbers in one dimension, or one is out of range.

    Examples
    --------
    >>> codes([0, 2], 2, "system")
    Traceback (most recent call last):
    study.errors.InvalidInput: system code 2 at position 1; allowed: 0 to 1
    """
    given = np.asarray(values)
    if given.ndim != 1 or (given.size and not np.issubdtype(given.dtype, np.integer)):
        kind = f"{given.dtype} of shape {given.shape}"
        raise InvalidInput(f"{what} codes are {kind}; allowed: whole numbers in one dimension")
    array = given.astype(np.int64, copy=False)
    highest = int(array.max(initial=-1)) if n_codes is None else n_codes - 1
    if array.min(initial=0) < 0 or array.max(initial=-1) > highest:
        position = int(np.flatnonzero((array < 0) | (array > highest))[0])
        allowed = "0 or more" if n_codes is None else f"0 to {highest}"
        raise InvalidInput(f"{what} code {array[position]} at position {position}; allowed: {allowed}")
    return array


def numbers(values: ArrayLike, what: str, *, n_dimensions: int = 1) -> FloatArray:
    """Return numbers as float64, nan where missing.

    Raises
    ------
    InvalidInput
        If the values are not numeric, not of ``n_dimensions`` dimensions, or infinite.

    Examples
    --------
    >>> numbers(["good"], "metric")
    Traceback (most recent call last):
    study.errors.InvalidInput: metric holds <U4 values; allowed: numbers, nan where missing
    """
    given = np.asarray(values)
    if given.size and given.dtype.kind not in "biuf":
        raise InvalidInput(f"{what} holds {given.dtype} values; allowed: numbers, nan where missing")
    array = given.astype(np.float64, copy=False)
    if array.ndim != n_dimensions:
        raise InvalidInput(f"{what} has shape {array.shape}; allowed: {n_dimensions} dimension(s)")
    if np.isinf(array).any():
        raise InvalidInput(f"{what} holds an infinite value; allowed: finite numbers, nan where missing")
    return array


def signs(preference: ArrayLike) -> IntArray:
    """Return preferences as int64: 1 for a, 0 for a tie, -1 for b.

    Raises
    ------
    InvalidInput
        If a preference is anything else.

    Examples
    --------
    >>> signs([1, 0, 2])
    Traceback (most recent call last):
    study.errors.InvalidInput: preference 2 at position 2; allowed: 1 (a), 0 (tie), -1 (b)
    """
    values = numbers(preference, "preference")
    wrong = np.flatnonzero((values != 0) & (np.abs(values) != 1))
    if wrong.size:
        shown = f"preference {values[wrong[0]]:g} at position {wrong[0]}"
        raise InvalidInput(f"{shown}; allowed: 1 (a), 0 (tie), -1 (b)")
    return values.astype(np.int64)


def check_equal_lengths(**lengths: int) -> None:
    """Raise InvalidInput unless all the named lengths are equal.

    >>> check_equal_lengths(a=2, b=3)
    Traceback (most recent call last):
    study.errors.InvalidInput: lengths differ: a 2, b 3; allowed: equal lengths
    """
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise InvalidInput(f"lengths differ: {listed}; allowed: equal lengths")


def listing(names: Sequence[str], limit: int = 3) -> str:
    """Return names as text, at most ``limit`` of them.

    >>> listing(["A", "B", "C", "D", "E"])
    "'A', 'B', 'C' and 2 more"
    """
    shown = ", ".join(repr(name) for name in names[:limit])
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit} more"


def distinct_rows(rows: IntArray) -> tuple[IntArray, IntArray]:
    """Return the distinct rows of a matrix of counts, and how often each occurs.

    Rows are folded column by column into one integer key, which is compressed whenever it would overflow: this is
    exact, and sorting keys is much faster than sorting rows.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_columns)
        Counts, 0 or more.

    Returns
    -------
    distinct : ndarray of shape (n_distinct, n_columns)
    multiplicity : ndarray of shape (n_distinct,)

    Examples
    --------
    >>> distinct_rows(np.array([[1, 2], [0, 2], [1, 2]]))
    (array([[0, 2],
           [1, 2]]), array([1, 2]))
    """
    key, _ = _row_keys(rows)
    _, first, multiplicity = np.unique(key, return_index=True, return_counts=True)
    return rows[first], multiplicity


def row_codes(rows: NDArray[np.integer]) -> tuple[IntArray, IntArray]:
    """Return where each distinct row of a matrix of counts first occurs, and the code of each row among them.

    Parameters
    ----------
    rows : ndarray of int, shape (n_rows, n_columns)
        Counts, 0 or more.

    Examples
    --------
    >>> row_codes(np.array([[1, 2], [0, 2], [1, 2]]))
    (array([1, 0]), array([1, 0, 1]))
    """
    return compact(*_row_keys(rows))


def _row_keys(rows: NDArray[np.integer]) -> tuple[IntArray, int]:
    """Return a key of each row, equal for equal rows only, and a number above all keys."""
    key = np.zeros(len(rows), dtype=np.int64)
    span = 1
    for column in rows.T:
        radix = int(column.max(initial=0)) + 1
        if span * radix >= 2**62:
            key = np.unique(key, return_inverse=True)[1].astype(np.int64)
            span = int(key.max(initial=0)) + 1
        key = key * radix + column
        span *= radix
    return key, span


def compact(key: IntArray, span: int) -> tuple[IntArray, IntArray]:
    """Return where each distinct key first occurs, keys ascending, and the position of each key among them.

    Like ``np.unique`` with index and inverse, but without sorting where keys are not many more than the span.

    Parameters
    ----------
    key : ndarray of int64, shape (n,)
        From 0 to ``span - 1``.
    span : int

    Examples
    --------
    >>> compact(np.array([7, 2, 7, 4]), 9)
    (array([1, 3, 0]), array([2, 0, 2, 1]))
    """
    if span > 4 * len(key) + 1000:
        return np.unique(key, return_index=True, return_inverse=True)[1:]
    first = np.full(span, -1, dtype=np.int64)
    first[key[::-1]] = np.arange(len(key) - 1, -1, -1)
    there = np.flatnonzero(first >= 0)
    place = np.zeros(span, dtype=np.int64)
    place[there] = np.arange(len(there))
    return first[there], place[key]
