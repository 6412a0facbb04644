"""Spans of marked tokens: as labels of tokens, and counted where two sides mark exactly the same span."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from study.errors import InvalidInput
from study.stats.arrays import FloatArray, IntArray, check_equal_lengths, codes, row_codes

NO_MARK = 0
"""The label of tokens without a mark."""


@dataclass(frozen=True, slots=True)
class Spans:
    """Marked spans of texts, made by :func:`spans`.

    Attributes
    ----------
    text, begin, end, label : ndarray of int64, shape (n_spans,)
        Tokens ``begin`` to ``end - 1`` of a text; labels from 1.
    n_tokens : ndarray of int64, shape (n_texts,)
    """

    text: IntArray
    begin: IntArray
    end: IntArray
    label: IntArray
    n_tokens: IntArray


def spans(
    text: ArrayLike, begin: ArrayLike, end: ArrayLike, n_tokens: ArrayLike, label: ArrayLike | None = None
) -> Spans:
    """Return checked spans.

    Parameters
    ----------
    text : array_like of int, shape (n_spans,)
        Positions in ``n_tokens``.
    begin, end : array_like of int, shape (n_spans,)
        Half-open, within the text.
    n_tokens : array_like of int, shape (n_texts,)
    label : array_like of int, shape (n_spans,), optional
        From 1; by default all spans have label 1.

    Raises
    ------
    InvalidInput
        If a span is empty or ends outside its text, or a label is below 1.

    Examples
    --------
    >>> spans([0], [3], [9], [8])
    Traceback (most recent call last):
    study.errors.InvalidInput: span 0 is [3, 9) of a text of 8 tokens; allowed: at least one token, within the text
    """
    sizes = codes(n_tokens, None, "n_tokens")
    of_text = codes(text, len(sizes), "text")
    first, last = codes(begin, None, "begin"), codes(end, None, "end")
    labels = np.ones_like(of_text) if label is None else codes(label, None, "label")
    check_equal_lengths(text=len(of_text), begin=len(first), end=len(last), label=len(labels))
    wrong = np.flatnonzero((first >= last) | (last > sizes[of_text]))
    if wrong.size:
        at = wrong[0]
        shown = f"span {at} is [{first[at]}, {last[at]}) of a text of {sizes[of_text[at]]} tokens"
        raise InvalidInput(f"{shown}; allowed: at least one token, within the text")
    if labels.min(initial=1) < 1:
        raise InvalidInput(f"label {labels.min()}; allowed: 1 or more ({NO_MARK} is no mark)")
    return Spans(of_text, first, last, labels, sizes)


def token_labels(marked: Spans) -> IntArray:
    """Return the label of each token of all texts, one text after the other, shape (sum of ``n_tokens``,).

    Raises
    ------
    InvalidInput
        If spans of different labels overlap: then compare one label at a time.

    Examples
    --------
    >>> token_labels(spans([0, 1], [1, 0], [3, 1], [4, 2]))
    array([0, 1, 1, 0, 1, 0])
    """
    start = np.cumsum(marked.n_tokens) - marked.n_tokens
    found = np.zeros(int(marked.n_tokens.sum()), dtype=np.int64)
    for label in np.unique(marked.label):
        rows = marked.label == label
        edges = np.zeros(len(found) + 1, dtype=np.int64)
        np.add.at(edges, start[marked.text[rows]] + marked.begin[rows], 1)
        np.add.at(edges, start[marked.text[rows]] + marked.end[rows], -1)
        inside = np.cumsum(edges[:-1]) > 0
        if (twice := np.flatnonzero(inside & (found != NO_MARK))).size:
            raise InvalidInput(
                f"token {twice[0]} has the labels {found[twice[0]]} and {label}; allowed: one label a token"
            )
        found[inside] = label
    return found


def text_of_tokens(marked: Spans) -> IntArray:
    """Return the text of each token, in the order of :func:`token_labels`."""
    return np.repeat(np.arange(len(marked.n_tokens)), marked.n_tokens)


def exact_counts(first: Spans, second: Spans) -> FloatArray:
    """Count the spans that both sides mark with the same ends and label, the first only and the second only.

    Returns
    -------
    ndarray of shape (n_texts, 3)
        Input of :func:`study.stats.marks.overlap.overlap_values`: exact-span precision, recall and F1.

    Examples
    --------
    >>> n = [24]
    >>> exact_counts(spans([0, 0], [2, 14], [10, 20], n), spans([0, 0], [4, 14], [8, 20], n))
    array([[1., 1., 1.]])
    """
    check_equal_lengths(first=len(first.n_tokens), second=len(second.n_tokens))
    rows = [np.column_stack([one.text, one.begin, one.end, one.label]) for one in (first, second)]
    place, code = row_codes(np.vstack(rows))
    here = np.zeros((2, len(place)), dtype=bool)
    here[0, code[: len(first.text)]] = True
    here[1, code[len(first.text) :]] = True
    text = np.concatenate([first.text, second.text])[place]
    n = len(first.n_tokens)
    named = here[0] & here[1], here[0] & ~here[1], ~here[0] & here[1]
    return np.column_stack([np.bincount(text[one], minlength=n) for one in named]).astype(np.float64)
