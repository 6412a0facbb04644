"""Ridge regression that predicts held-out folds only."""

import numpy as np
from numpy.typing import ArrayLike

from study.errors import InvalidInput
from study.stats.arrays import FloatArray, IntArray, check_equal_lengths, codes, numbers

N_DIGITS = 10
PENALTIES = (0.01, 0.1, 1.0, 10.0, 100.0, 1000.0)


def held_out_predictions(
    features: ArrayLike,
    target: ArrayLike,
    group: ArrayLike,
    *,
    n_folds: int = 10,
    penalties: tuple[float, ...] = PENALTIES,
    rng: np.random.Generator,
) -> FloatArray:
    """Return a ridge regression's prediction of each row, from a fit without the row's group.

    Groups are assigned to folds at random. The penalty is chosen on the other folds by generalised cross-validation;
    features are centred, and scaled to a standard deviation of 1 where they vary.

    Parameters
    ----------
    features : array_like of shape (n_rows, n_features)
    target : array_like of shape (n_rows,)
        nan where unknown: the row is predicted, but not used for fitting.
    group : array_like of int, shape (n_rows,)
        Codes from 0; rows of one group are in the same fold.
    n_folds : int
        At least 2; fewer if there are fewer groups.
    penalties : tuple of float
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of shape (n_rows,)
        nan for all if there are fewer than two groups. Rows with equal features in one fold have equal predictions.

    References
    ----------
    Hoerl and Kennard 1970; Golub, Heath and Wahba 1979.
    """
    table, known = numbers(features, "features", n_dimensions=2), numbers(target, "target")
    groups = codes(group, None, "group")
    check_equal_lengths(features=len(table), target=len(known), group=len(groups))
    if n_folds < 2:
        raise InvalidInput(f"n_folds {n_folds}; allowed: 2 or more")
    present = np.unique(groups[~np.isnan(known)])
    predicted = np.full(len(known), np.nan)
    if len(present) < 2:
        return predicted
    fold = _folds(groups, n_folds, rng)
    for one in np.unique(fold):
        seen = (fold != one) & ~np.isnan(known)
        if seen.sum() > 1:
            predicted[fold == one] = _predicted(table[seen], known[seen], table[fold == one], penalties)
    # Values that differ only by the order of sums are made equal, or a constant would correlate with something.
    return np.asarray(np.round(predicted, N_DIGITS))


def _folds(groups: IntArray, n_folds: int, rng: np.random.Generator) -> IntArray:
    names, place = np.unique(groups, return_inverse=True)
    dealt = np.arange(len(names)) % min(n_folds, len(names))
    return np.asarray(rng.permutation(dealt)[place])


def _predicted(x: FloatArray, y: FloatArray, new: FloatArray, penalties: tuple[float, ...]) -> FloatArray:
    centre, spread = x.mean(axis=0), x.std(axis=0)
    varies = spread > 1e-12
    if not varies.any():
        return np.full(len(new), y.mean())
    scaled, fresh = ((one[:, varies] - centre[varies]) / spread[varies] for one in (x, new))
    left, squares = _spectrum(scaled)
    target = left.T @ (y - y.mean())
    best, chosen = np.inf, penalties[0]
    for penalty in penalties:
        kept = squares / (squares + penalty * len(y))
        residual = ((y - y.mean()) ** 2).sum() - (target**2).sum() + (((1 - kept) * target) ** 2).sum()
        score = (
            residual / len(y) / (1 - (1 + kept.sum()) / len(y)) ** 2 if kept.sum() + 1 < len(y) else np.inf
        )
        if score < best:
            best, chosen = score, penalty
    weights = scaled.T @ (left @ (target / (squares + chosen * len(y))))
    # Equal rows must have equal predictions to the last digit, whatever the other rows are.
    return np.asarray((fresh * weights).sum(axis=1) + y.mean())


def _spectrum(x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return a matrix's left singular vectors and squared singular values, from its smaller Gram matrix."""
    wide = x.shape[0] <= x.shape[1]
    squares, vectors = np.linalg.eigh(x @ x.T if wide else x.T @ x)
    kept = squares > squares[-1] * 1e-10
    squares, vectors = squares[kept], vectors[:, kept]
    return (vectors if wide else x @ vectors / np.sqrt(squares)), squares
