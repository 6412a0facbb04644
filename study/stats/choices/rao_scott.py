"""Chi-square test of choices by group with clusters: Rao and Scott's second-order correction."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from study.stats.arrays import FloatArray, check_equal_lengths, codes
from study.stats.claims import why_few
from study.stats.unit_products import column_sums, joint_contrasts
from study.stats.units import Units, estimand


@dataclass(frozen=True, slots=True)
class ClusteredChiSquare:
    """A test of independence between groups and options over units.

    Attributes
    ----------
    f, df1, df2, p_value : float
        Rao and Scott's F, with fractional degrees of freedom.
    naive_chi_square, naive_p : float
        As if answers were independent, for comparison only.
    design_effect : float
        How much the clusters inflate the chi-square on average.
    n : int
        Answers.
    estimand : str
    reason : str, optional
        Why values are nan.
    """

    f: float
    df1: float
    df2: float
    p_value: float
    naive_chi_square: float
    naive_p: float
    design_effect: float
    n: int
    estimand: str
    reason: str | None = None


def rao_scott(
    option: ArrayLike, group: ArrayLike, units: Units, *, n_options: int, n_groups: int
) -> ClusteredChiSquare:
    """Test whether options are chosen alike in all groups, with answers clustered in units.

    Parameters
    ----------
    option : array_like of int, shape (n_answers,)
        Codes below ``n_options``.
    group : array_like of int, shape (n_answers,)
        Codes below ``n_groups``, such as systems.
    units : Units
    n_options, n_groups : int
        Options and groups without an answer are left out.

    Returns
    -------
    ClusteredChiSquare
        nan with a reason with fewer than two options or groups in use, or too few units.

    References
    ----------
    Rao and Scott 1984; Thomas and Rao 1987 (F).
    """
    chosen, side = codes(option, n_options, "option"), codes(group, n_groups, "group")
    check_equal_lengths(option=len(chosen), group=len(side), units=len(units))
    (options, chosen), (groups, side) = (np.unique(one, return_inverse=True) for one in (chosen, side))
    rows, columns, n = len(groups), len(options), len(chosen)
    if min(rows, columns) < 2:
        return _undefined(n, units, "fewer than two options or groups in use")
    if few := why_few(units):
        return _undefined(n, units, few)
    cell = side * columns + chosen
    share = np.bincount(cell, minlength=rows * columns) / n
    table = share.reshape(rows, columns)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0))
    naive = float(n * ((table - expected) ** 2 / expected).sum())
    df = (rows - 1) * (columns - 1)
    moves = (np.eye(rows * columns) - share) / n
    joint = joint_contrasts(moves, column_sums(cell, rows * columns), units)
    effects = _design_effects(_interactions(rows, columns), share, joint.covariance, n)
    trace, square = float(np.trace(effects)), float((effects * effects.T).sum())
    if not trace > 1e-9:
        return _undefined(n, units, "answers do not vary between units")
    df1 = trace**2 / square
    df2 = df1 * joint.degrees_of_freedom
    f = naive / trace
    p, naive_p = float(special.fdtrc(df1, df2, f)), float(special.chdtrc(df, naive))
    return ClusteredChiSquare(f, df1, df2, p, naive, naive_p, trace / df, n, estimand(units))


def adjusted_wald(
    option: ArrayLike, group: ArrayLike, units: Units, *, n_options: int, n_groups: int
) -> tuple[float, int, float, float]:
    """Return the adjusted Wald test of the same: F, its two degrees of freedom, and P; nan where it is undefined.

    It inverts the covariance of the cells, so that with few units it rejects too often; :func:`rao_scott` is the default.
    Parameters as there.

    References
    ----------
    Koch, Freeman and Freeman 1975; Thomas and Rao 1987.
    """
    chosen, side = codes(option, n_options, "option"), codes(group, n_groups, "group")
    check_equal_lengths(option=len(chosen), group=len(side), units=len(units))
    (options, chosen), (groups, side) = (np.unique(one, return_inverse=True) for one in (chosen, side))
    rows, columns = len(groups), len(options)
    df1 = (rows - 1) * (columns - 1)
    if df1 < 1 or why_few(units):
        return np.nan, df1, np.nan, np.nan
    cell = side * columns + chosen
    table = (np.bincount(cell, minlength=rows * columns) / len(chosen)).reshape(rows, columns)
    by_row, by_column = table.sum(axis=1), table.sum(axis=0)
    gaps = table - np.outer(by_row, by_column)
    own_row, own_column = np.eye(rows) - by_row, np.eye(columns) - by_column
    moves = np.einsum("ai,bj->abij", np.eye(rows), np.eye(columns)) - table
    moves -= np.einsum("ai,j->aij", own_row, by_column)[:, None]
    moves -= np.einsum("i,bj->bij", by_row, own_column)[None]
    contrasts = moves[:, :, :-1, :-1].reshape(rows * columns, df1) / len(chosen)
    joint = joint_contrasts(contrasts, column_sums(cell, rows * columns), units)
    df2 = joint.degrees_of_freedom - df1 + 1
    if df2 <= 0 or np.linalg.matrix_rank(joint.covariance, hermitian=True) < df1:
        return np.nan, df1, np.nan, np.nan
    kept = gaps[:-1, :-1].ravel()
    f = float(kept @ np.linalg.solve(joint.covariance, kept)) * df2 / (df1 * joint.degrees_of_freedom)
    return f, df1, df2, float(special.fdtrc(df1, df2, f))


def _interactions(rows: int, columns: int) -> FloatArray:
    """Return columns of interactions of a log-linear model less their projection on the main effects."""
    by_row, by_column = np.eye(rows)[:, :-1], np.eye(columns)[:, :-1]
    by_row[-1], by_column[-1] = -1, -1
    main = np.column_stack(
        [np.ones(rows * columns), np.repeat(by_row, columns, axis=0), np.tile(by_column, (rows, 1))]
    )
    both = np.kron(by_row, by_column)
    return np.asarray(both - main @ np.linalg.lstsq(main, both, rcond=None)[0])


def _design_effects(contrasts: FloatArray, share: FloatArray, covariance: FloatArray, n: int) -> FloatArray:
    """Return the matrix of generalised design effects of the interactions; cells without answers count nothing."""
    weights = np.divide(1, share, out=np.zeros_like(share), where=share > 0)
    weighted = contrasts * weights[:, None]
    independent = contrasts.T @ weighted / n
    return np.asarray(np.linalg.solve(independent, weighted.T @ covariance @ weighted))


def _undefined(n: int, units: Units, reason: str) -> ClusteredChiSquare:
    nan = np.nan
    return ClusteredChiSquare(nan, nan, nan, nan, nan, nan, nan, n, estimand(units), reason)
