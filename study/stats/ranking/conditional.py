"""Leaderboards that depend on tags or profile features, compared with the global one on held-out items."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import coo_array, csr_array
from scipy.special import expit, log_expit

from study.errors import InvalidInput
from study.stats.arrays import BoolArray, FloatArray, IntArray, check_equal_lengths, codes, compact, numbers
from study.stats.claims import claimed_values, claims_of
from study.stats.multiway import spread
from study.stats.ranking.logistic import DesignCells, LogisticFit, logistic_fit
from study.stats.ranking.preferences import Preferences
from study.stats.resampling import Estimate, check_confidence_level
from study.stats.units import Units, units_of
from study.wording import counted

STRENGTH_RIDGE = 0.01
"""Ridge of the global strengths, so that a fold in which a system never wins still predicts."""


@dataclass(frozen=True, slots=True)
class HeldOutLoss:
    """Log-loss of predictions for held-out items; a tie is half a win and half a loss.

    Attributes
    ----------
    global_log_loss, conditional_log_loss : float
        Mean over judgments, in nats; even odds give log(2) = 0.693.
    gain : Estimate
        Global minus conditional: above 0 the features help. Clustered t interval that treats the fits as fixed.
    n_folds : int
    """

    global_log_loss: float
    conditional_log_loss: float
    gain: Estimate
    n_folds: int


@dataclass(frozen=True, slots=True)
class ConditionalLeaderboard:
    """Strengths as a function of features of the item.

    Attributes
    ----------
    strengths : dict of str to tuple of Estimate
        For each feature, the strengths where it is 1 and the others are 0: for a tag, the tag's leaderboard. In
        logits, with mean zero over systems.
    deviations : dict of str to tuple of Estimate
        The differences from the strengths common to all.
    held_out : HeldOutLoss
    ridge, strength_ridge : float
    """

    strengths: dict[str, tuple[Estimate, ...]]
    deviations: dict[str, tuple[Estimate, ...]]
    held_out: HeldOutLoss
    ridge: float
    strength_ridge: float


@dataclass(frozen=True, slots=True)
class FeatureCells:
    """Judgments by pair and features; columns by feature (the first: 1), then system.

    Attributes
    ----------
    cells : DesignCells
    cell : ndarray of int64, shape (n_judgments,)
    score : ndarray of shape (n_judgments,)
    n_systems : int
    penalty : ndarray of shape (n_columns, n_columns)
    """

    cells: DesignCells
    cell: IntArray
    score: FloatArray
    n_systems: int
    penalty: FloatArray


def conditional_leaderboard(
    judged: Preferences,
    features: ArrayLike,
    names: Sequence[str],
    item: ArrayLike,
    *,
    rng: np.random.Generator,
    row: ArrayLike | None = None,
    progress: Callable[[float], None] | None = None,
    ridge: float = 1.0,
    n_folds: int = 5,
    confidence_level: float = 0.95,
    cluster: ArrayLike | Units | None = None,
    unit: str = "item",
) -> ConditionalLeaderboard:
    """Fit strengths that depend on features of the item, and compare them with global ones by cross-validation.

    The strength of a system is its global one plus the features times its deviations.

    Parameters
    ----------
    judged : Preferences
    features : array_like of shape (n_rows, n_features)
        Features of the item or its profile, such as :func:`tag_features`; roughly of unit size.
    names : sequence of str
        Names of the features.
    item : array_like of int, shape (n_judgments,)
        An item is held out as a whole.
    rng : numpy.random.Generator
        Draws the folds.
    row : array_like of int, shape (n_judgments,), optional
        The row of features for each judgment; by default each judgment has its own row.
    progress : callable, optional
        Called with the fraction done before each fold.
    ridge : float
        Above 0: ``ridge / 2`` times the sum of squares of deviations is subtracted from the log-likelihood. With a
        large ridge all leaderboards equal the global one.
    n_folds : int
    confidence_level : float
    cluster : Units, or array_like of int, shape (n_judgments,), optional
        The units of intervals; by default items.
    unit : str
        Name of a cluster, if there are no units.

    Returns
    -------
    ConditionalLeaderboard
        Intervals are around shrunken estimates; nan with fewer than two clusters. The gain is nan if there are fewer
        items than folds.

    References
    ----------
    Frick et al. 2025 (Prompt-to-Leaderboard); Dras 2015 and Cattelan 2012 (covariates in paired comparisons).
    """
    check_confidence_level(confidence_level)
    if not (ridge > 0 and np.isfinite(ridge)) or n_folds < 2:
        raise InvalidInput(f"ridge {ridge}, n_folds {n_folds}; allowed: above 0, 2 or more")
    of = np.arange(len(judged.a)) if row is None else codes(row, None, "row")
    rows = _feature_cells(judged, _checked_features(features, names, of, len(judged.a)), of, ridge)
    given = codes(item, None, "item")
    check_equal_lengths(judgments=len(judged.a), item=len(given))
    items = compact(given, int(given.max(initial=0)) + 1)[1]
    units = (
        cluster
        if isinstance(cluster, Units)
        else units_of({unit: items if cluster is None else cluster}, asked=True)
    )
    check_equal_lengths(judgments=len(judged.a), cluster=len(units))
    held_out = _held_out(rows, items, units, n_folds, confidence_level, rng, progress)
    strengths, deviations = _leaderboards(rows, names, units, ridge, confidence_level)
    return ConditionalLeaderboard(strengths, deviations, held_out, ridge, STRENGTH_RIDGE)


def _checked_features(features: ArrayLike, names: Sequence[str], row: IntArray, n: int) -> FloatArray:
    matrix = numbers(features, "features", n_dimensions=2)
    rows_fit = len(row) == n and int(row.max(initial=-1)) < len(matrix)
    if not rows_fit or matrix.shape[1:] != (len(names),) or len(set(names)) < len(names) or not names:
        raise InvalidInput(
            f"features of shape {matrix.shape} for {n} judgments with {len(row)} rows and names {list(names)}; "
            "allowed: one row per judgment, one column per name, each name once"
        )
    missing = np.flatnonzero(np.isnan(matrix).any(axis=1))
    if missing.size:
        raise InvalidInput(f"features are missing at position {missing[0]}; allowed: a number everywhere")
    return matrix


def _feature_cells(judged: Preferences, features: FloatArray, row: IntArray, ridge: float) -> FeatureCells:
    n, n_columns = len(judged.systems), len(judged.systems) * (1 + features.shape[1])
    kind = np.zeros(len(features), dtype=np.int64)
    for column in features.T:
        distinct, code = np.unique(column, return_inverse=True)
        kind = np.unique(kind * len(distinct) + code, return_inverse=True)[1]
    key = (kind[row] * n + judged.a) * n + judged.b
    where, cell = compact(key, len(features) * n * n)
    values = np.column_stack([np.ones(len(where)), features[row[where]]])
    place, feature = np.nonzero(values)
    value = values[place, feature]
    columns = np.concatenate([feature * n + judged.a[where][place], feature * n + judged.b[where][place]])
    entries = np.concatenate([value, -value])
    design = coo_array((entries, (np.tile(place, 2), columns)), shape=(len(where), n_columns)).tocsr()
    score = (1 + judged.preference) / 2
    penalty = np.diag(np.r_[np.full(n, STRENGTH_RIDGE), np.full(n_columns - n, ridge)])
    return FeatureCells(_counted(design, cell, score), cell, score, n, penalty)


def _counted(design: csr_array, cell: IntArray, score: FloatArray) -> DesignCells:
    """Return cells with the number of wins and of judgments among some judgments."""
    size = design.shape[0]
    wins, n = np.bincount(cell, score, size), np.bincount(cell, minlength=size)
    return DesignCells(design, wins.astype(np.float64), n.astype(np.float64))


def _held_out(
    rows: FeatureCells,
    items: IntArray,
    units: Units,
    n_folds: int,
    level: float,
    rng: np.random.Generator,
    progress: Callable[[float], None] | None,
) -> HeldOutLoss:
    n_items = int(items.max(initial=-1)) + 1
    method = f"{n_folds}-fold cross-validation by item"
    if n_items < n_folds:
        reason = f"{counted(n_items, 'item')}: fewer than {n_folds} folds"
        gain = Estimate(np.nan, np.nan, np.nan, level, n_items, 0, method, reason)
        return HeldOutLoss(np.nan, np.nan, gain, n_folds)
    fold = (rng.permutation(n_items) % n_folds)[items]
    losses = np.zeros((2, len(items)))
    for held in range(n_folds):
        if progress is not None:
            progress(held / n_folds)
        losses[:, fold == held] = _fold_losses(rows, fold == held)
    plain, conditional = losses.mean(axis=1).tolist()
    less = losses[0] - losses[1]
    value = plain - conditional
    claim = claimed_values(value, (less - value) / len(less), units, confidence_level=level, method=method)[0]
    gain = claim.estimate
    return HeldOutLoss(plain, conditional, gain, n_folds)


def _fold_losses(rows: FeatureCells, held: BoolArray) -> FloatArray:
    """Return log-losses of the held-out judgments under the global and the conditional fit, shape (2, n_held)."""
    cells = _counted(rows.cells.design, rows.cell[~held], rows.score[~held])
    score = rows.score[held]
    losses = []
    for width in (rows.n_systems, cells.design.shape[1]):
        part = DesignCells(cells.design[:, :width], cells.wins, cells.n)
        fit = logistic_fit(part, rows.penalty[:width, :width])
        eta = (part.design @ fit.coefficients)[rows.cell[held]]
        losses.append(-(score * log_expit(eta) + (1 - score) * log_expit(-eta)))
    return np.stack(losses)


def _leaderboards(
    rows: FeatureCells, names: Sequence[str], units: Units, ridge: float, level: float
) -> tuple[dict[str, tuple[Estimate, ...]], dict[str, tuple[Estimate, ...]]]:
    n = rows.n_systems
    fit = logistic_fit(rows.cells, rows.penalty)
    centred = np.eye(n) - 1 / n
    strengths, deviations = {}, {}
    method = f"logistic regression with ridge {ridge:g}, sandwich"
    for place, name in enumerate(names):
        own = np.zeros((n, len(fit.coefficients)))
        own[:, (place + 1) * n : (place + 2) * n] = centred
        common = own.copy()
        common[:, :n] = centred
        strengths[name], deviations[name] = (
            _estimates(contrasts, fit, rows, units, level, method) for contrasts in (common, own)
        )
    return strengths, deviations


def _estimates(
    contrasts: FloatArray, fit: LogisticFit, rows: FeatureCells, units: Units, level: float, method: str
) -> tuple[Estimate, ...]:
    """Return contrasts of coefficients, shape (n_contrasts, n_columns), with intervals over units."""
    cell, cells = units.cells()
    toward = rows.cells.design @ (fit.covariance @ contrasts.T)
    residual = rows.score - expit(rows.cells.design @ fit.coefficients)[rows.cell]
    shape = (int(cell.max(initial=-1)) + 1, rows.cells.design.shape[0])
    influence = np.asarray(csr_array((residual, (cell, rows.cell)), shape=shape) @ toward)
    values = contrasts @ fit.coefficients
    found = spread(influence, cells, floor=False)
    variance = found.variance
    if not units.asked:
        n = len(residual)
        squares = np.bincount(rows.cell, residual**2, rows.cells.design.shape[0])
        variance = np.maximum(variance, n / max(n - 1, 1) * (squares @ toward**2))
    claims = claims_of(
        values, replace(found, variance=variance), cells, confidence_level=level, method=method
    )
    return tuple(claim.estimate for claim in claims)
