"""Exact tests of paired differences: McNemar's, and sign flips of clusters."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from study.errors import InvalidInput
from study.stats.arrays import BoolArray, FloatArray, check_equal_lengths, numbers
from study.stats.resampling import CHUNK_BYTES

MOST_ENUMERATED = 20
"""Up to this many differences, all sign flips are enumerated."""

WIDEST_COUNT = 100_000
"""Whole differences with at most this sum of sizes are counted exactly, for any number of them."""


@dataclass(frozen=True, slots=True)
class PairedTest:
    """A test of paired differences.

    Attributes
    ----------
    difference : float
        Mean per pair, or per cluster; positive where the first is larger.
    p_greater, p_two_sided : float
        For first > second, and for any difference. Two-sided counts flips at least as far from 0.
    n : int
        Pairs or clusters that differ between the sides; the others carry no information.
    n_resamples : int
        0 for exact tests.
    method : str
    reason : str or None
    """

    difference: float
    p_greater: float
    p_two_sided: float
    n: int
    n_resamples: int
    method: str
    reason: str | None = None


def mcnemar(first: ArrayLike, second: ArrayLike) -> PairedTest:
    """Test two shares of right answers on the same judgments by McNemar's exact test.

    Given which answers differ, each is equally likely to favour either side. Judgments are treated as independent;
    where items have several, use :func:`item_sign_flip`.

    Parameters
    ----------
    first, second : array_like of bool, shape (n_judgments,)
        Whether each metric is right.

    Returns
    -------
    PairedTest
        P is 1 if nothing differs; nan with a reason without a judgment.

    References
    ----------
    McNemar 1947; Mosteller 1952 (exact). With complete data it is also the exact value of the permutation test of
    pairwise accuracy in Deutsch, Foster and Freitag 2023.
    """
    a, b = _right(first, "first"), _right(second, "second")
    check_equal_lengths(first=len(a), second=len(b))
    method = "McNemar, exact"
    if not len(a):
        return PairedTest(np.nan, np.nan, np.nan, 0, 0, method, "no judgment")
    only_a, only_b = int((a & ~b).sum()), int((b & ~a).sum())
    n = only_a + only_b
    p_greater = _binomial_upper(only_a, n)
    p_two_sided = min(1.0, 2 * _binomial_upper(max(only_a, only_b), n))
    return PairedTest((only_a - only_b) / len(a), p_greater, p_two_sided, n, 0, method)


def sign_flip(
    differences: ArrayLike, *, n_resamples: int = 9999, rng: np.random.Generator | None = None
) -> PairedTest:
    """Test that differences are symmetric about 0 by flipping their signs.

    Exact where possible: all flips of up to 20 differences, and any number of whole differences with a sum of sizes
    up to 100,000, whose flips are counted by convolution. Otherwise P = (1 + hits) / (1 + resamples), which is never
    0 and keeps the level of the test.

    Parameters
    ----------
    differences : array_like of shape (n,)
        One per independent pair or cluster; nan is left out.
    n_resamples : int
        Random flips, where the test is not exact.
    rng : numpy.random.Generator, optional
        Required where the test is not exact.

    References
    ----------
    Fisher 1935, section 21; Phipson and Smyth 2010 (the 1 added).

    Examples
    --------
    Darwin's plants:

    >>> test = sign_flip([49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48])
    >>> test.p_two_sided * 2**15
    1726.0
    """
    given = numbers(differences, "differences")
    given = given[~np.isnan(given)]
    if not len(given):
        return PairedTest(np.nan, np.nan, np.nan, 0, 0, "sign flips", "no pair")
    values = given[given != 0]
    mean, size, observed = float(given.mean()), np.abs(values), float(values.sum())
    whole = bool((values == np.rint(values)).all()) and size.sum() <= WIDEST_COUNT
    if whole or len(values) <= MOST_ENUMERATED:
        sums, chance = _counted(size) if whole else _enumerated(size)
        greater, two_sided = _tails(sums, observed, float(size.sum()))
        p_greater, p_two_sided = (min(1.0, float(chance @ hit)) for hit in (greater, two_sided))
        return PairedTest(mean, p_greater, p_two_sided, len(values), 0, "sign flips, exact")
    if rng is None or n_resamples < 1:
        raise InvalidInput(f"n_resamples {n_resamples}, rng {rng!r}; allowed: 1 or more, a numpy Generator")
    hits = _sampled_hits(values, n_resamples, rng)
    p_greater, p_two_sided = ((1 + n) / (1 + n_resamples) for n in hits)
    method = "sign flips at random, the observed one counted"
    return PairedTest(mean, p_greater, p_two_sided, len(values), n_resamples, method)


def _tails(sums: FloatArray, observed: float, scale: float) -> tuple[BoolArray, BoolArray]:
    rounding = 1e-12 * scale
    return sums >= observed - rounding, np.abs(sums) >= abs(observed) - rounding


def _enumerated(size: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the sums of all flips, and the probability of each."""
    sums = np.zeros(1)
    for value in size:
        sums = np.concatenate([sums + value, sums - value])
    return sums, np.full(len(sums), 1 / len(sums))


def _counted(size: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the possible sums of flips of whole numbers, and the probability of each."""
    chance, total = np.ones(1), int(size.sum())
    for value in size.astype(np.int64):
        wider = np.zeros(len(chance) + int(value))
        wider[: len(chance)] += chance / 2
        wider[int(value) :] += chance / 2
        chance = wider
    return np.arange(-total, total + 1, 2, dtype=np.float64), chance


def _sampled_hits(values: FloatArray, n_resamples: int, rng: np.random.Generator) -> tuple[int, int]:
    chunk = max(1, CHUNK_BYTES // (8 * len(values)))
    observed, scale = float(values.sum()), float(np.abs(values).sum())
    n_greater = n_two_sided = 0
    for start in range(0, n_resamples, chunk):
        shape = (min(chunk, n_resamples - start), len(values))
        kept = rng.integers(0, 2, shape, dtype=np.int8) @ values
        greater, two_sided = _tails(2 * kept - observed, observed, scale)
        n_greater, n_two_sided = n_greater + int(greater.sum()), n_two_sided + int(two_sided.sum())
    return n_greater, n_two_sided


def _binomial_upper(k: int, n: int) -> float:
    """Return the probability of at least k heads in n tosses of a fair coin."""
    return float(special.betainc(k, n - k + 1, 0.5)) if k else 1.0


def _right(answers: ArrayLike, what: str) -> BoolArray:
    array = np.asarray(answers)
    if array.ndim != 1 or (array.size and array.dtype != np.bool_):
        kind = f"{array.dtype} of shape {array.shape}"
        raise InvalidInput(f"{what} holds {kind}; allowed: True or False in one dimension")
    return array.astype(np.bool_)


def sign_flips(
    differences: ArrayLike, *, n_resamples: int = 9999, rng: np.random.Generator
) -> list[PairedTest]:
    """Test many columns of paired differences by the same flips of their rows; each as in :func:`sign_flip`.

    Parameters
    ----------
    differences : array_like of shape (n, n_tests)
        One row per independent pair or cluster; nan is left out.
    n_resamples : int
        Number of random flips; up to 20 rows are flipped in all ways.
    rng : numpy.random.Generator
    """
    given = numbers(differences, "differences", n_dimensions=2)
    if len(given) <= MOST_ENUMERATED:
        return [sign_flip(column) for column in given.T]
    if n_resamples < 1:
        raise InvalidInput(f"n_resamples {n_resamples}; allowed: 1 or more")
    known = ~np.isnan(given)
    values = np.where(known, given, 0.0)
    observed, scale = values.sum(axis=0), np.abs(values).sum(axis=0)
    greater, two_sided = np.zeros((2, given.shape[1]))
    chunk = max(1, CHUNK_BYTES // (8 * len(given)))
    for start in range(0, n_resamples, chunk):
        kept = rng.integers(0, 2, (min(chunk, n_resamples - start), len(given)), dtype=np.int8)
        sums = 2 * (kept.astype(np.float64) @ values) - observed
        greater += (sums >= observed - 1e-12 * scale).sum(axis=0)
        two_sided += (np.abs(sums) >= np.abs(observed) - 1e-12 * scale).sum(axis=0)
    method = "sign flips at random, the observed one counted"
    tests = []
    for k, n_known in enumerate(known.sum(axis=0)):
        if not n_known:
            tests.append(PairedTest(np.nan, np.nan, np.nan, 0, 0, "sign flips", "no pair"))
            continue
        p_greater, p_two_sided = (float((1 + hits[k]) / (1 + n_resamples)) for hits in (greater, two_sided))
        n = int((values[:, k] != 0).sum())
        tests.append(PairedTest(float(observed[k] / n_known), p_greater, p_two_sided, n, n_resamples, method))
    return tests
