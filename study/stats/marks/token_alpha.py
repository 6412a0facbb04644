"""Agreement on the labels of tokens beyond chance, with intervals over texts or raters, never over tokens."""

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from study.stats.agreement.coefficients import AGREEMENT, agreement, agreement_value
from study.stats.agreement.reliability import ValueCounts, coded_ratings, value_counts_of_codes
from study.stats.agreement.totals import grouped_units, totals, unit_cells
from study.stats.arrays import FloatArray, IntArray, check_equal_lengths, codes, row_codes
from study.stats.resampling import Estimate, check_confidence_level, jackknife_estimate
from study.tables import lookup

ALPHA = "krippendorff_alpha_nominal"


def token_alpha(
    labels: ArrayLike,
    text: ArrayLike,
    *,
    method: str = "jackknife",
    confidence_level: float = 0.95,
    n_resamples: int = 2000,
    rng: np.random.Generator | None = None,
) -> Estimate:
    """Estimate Krippendorff's nominal alpha of tokens, with an interval over texts.

    Parameters
    ----------
    labels : array_like of shape (n_raters, n_tokens)
        The tokens of all texts; 0 for no mark, labels from 1, nan where a rater did not read the text.
    text : array_like of int, shape (n_tokens,)
        The text of each token.
    method, confidence_level, n_resamples, rng
        As in :func:`study.stats.agreement.coefficients.agreement`.

    Returns
    -------
    Estimate
        At most 1; nan with a reason if no text was read by two raters, or all tokens have one label.

    References
    ----------
    Krippendorff 2011 (nominal alpha), over tokens as in Krippendorff 1995, section 1.

    Examples
    --------
    >>> first, second = np.zeros(24), np.zeros(24)
    >>> first[2:10] = first[14:20] = second[4:8] = second[15:17] = 1
    >>> round(token_alpha([first, second], np.zeros(24, dtype=int)).value, 5)
    0.32857
    """
    counts, matrix, of_token, _ = _counted(labels, text)
    return agreement(
        counts,
        ALPHA,
        method=method,
        confidence_level=confidence_level,
        n_resamples=n_resamples,
        rng=rng,
        clusters=grouped_units(matrix, of_token, "text"),
    )


def token_alpha_over_raters(
    labels: ArrayLike, text: ArrayLike, *, confidence_level: float = 0.95
) -> Estimate:
    """Estimate the same alpha with an interval over raters, each left out in turn; parameters as in :func:`token_alpha`.

    Needs three raters: without one of two there is no agreement.
    """
    check_confidence_level(confidence_level)
    counts, matrix, _, ratings = _counted(labels, text)
    value = agreement_value(counts, ALPHA)
    paired = matrix.sum(axis=1) >= 2
    token, rater, category = (column[paired[ratings[0]]] for column in ratings)
    first, kind = row_codes(np.column_stack([matrix[token], category]))
    left = matrix[token[first]].copy()
    left[np.arange(len(first)), category[first]] -= 1
    change = unit_cells(matrix[token[first]].astype(np.float64)) - unit_cells(left.astype(np.float64))
    raters, place = np.unique(rater, return_inverse=True)
    n = len(raters)
    often = np.bincount(place * len(first) + kind, minlength=n * len(first)).reshape(n, len(first))
    every = unit_cells(matrix[paired].astype(np.float64)).sum(axis=0)
    function = lookup(AGREEMENT, ALPHA, "agreement statistic").function
    without = function(totals(every - often @ change, counts))
    deviation = float(np.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum())) if n else np.nan
    found = jackknife_estimate(value, deviation, n, "rater", confidence_level)
    return replace(found, low=max(found.low, -1.0), high=min(found.high, 1.0))


def _counted(
    labels: ArrayLike, text: ArrayLike
) -> tuple[ValueCounts, IntArray, IntArray, tuple[IntArray, IntArray, IntArray]]:
    """Return value counts, counts of each token, its text, and token, rater and category of each rating."""
    token, rater, category, scale = coded_ratings(labels)
    of_token = codes(text, None, "text")
    n_tokens = np.shape(labels)[1]
    check_equal_lengths(tokens=n_tokens, text=len(of_token))
    counts = value_counts_of_codes(token, category, n_tokens, scale)
    q = len(scale)
    matrix = np.bincount(token * q + category, minlength=n_tokens * q).reshape(n_tokens, q)
    return counts, matrix, of_token, (token, rater, category)


def marked_share(labels: ArrayLike) -> FloatArray:
    """Return the share of tokens that each rater marked, of those read, shape (n_raters,); nan where nothing was read."""
    given = np.asarray(labels, dtype=np.float64)
    read = (~np.isnan(given)).sum(axis=1)
    return np.where(read, (given > 0).sum(axis=1) / np.maximum(read, 1), np.nan)
