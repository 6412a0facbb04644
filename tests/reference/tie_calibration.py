"""A tie threshold chosen and judged on other folds, one metric at a time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from study.stats.correlation.tie_calibration import _best, _held_out, group_accuracies, tie_sweep
from study.wording import counted

NO_PAIR = "no group has a pair with both scores"


@dataclass(frozen=True, slots=True)
class TieCalibration:
    """The threshold chosen, the accuracy at it, and where both come from.

    Attributes
    ----------
    epsilon : float
        The metric ties where two scores differ by at most this; the smallest of equally good ones.
    value, value_at_zero : float
        Mean over groups of acc_eq at ``epsilon`` and at 0; tau_eq is 2 acc_eq - 1, so both have one best threshold.
    n_groups, n_undefined : int
        Groups, and those without a pair (left out of the mean).
    n_folds : int
        1 where the threshold was chosen on the groups it is reported for. Otherwise ``value`` is held out and
        ``epsilon`` is the median of the folds.
    reason : str or None
        Why the value is nan.
    """

    epsilon: float
    value: float
    value_at_zero: float
    n_groups: int
    n_undefined: int
    n_folds: int
    reason: str | None = None


def tie_calibration(
    human: ArrayLike, metric: ArrayLike, *, n_folds: int = 1, rng: np.random.Generator | None = None
) -> TieCalibration:
    """Choose one threshold for all groups so that the mean of acc_eq over groups is largest.

    Parameters
    ----------
    human, metric : array_like of shape (n_groups, n)
        Scores by group, nan where missing.
    n_folds : int
        1 chooses on all groups and reports on the same, as is usual but optimistic. From 2 on, groups are dealt to
        folds at random; each fold is reported at the threshold chosen on the others.
    rng : numpy.random.Generator, optional
        Required by folds.

    References
    ----------
    Deutsch, Foster and Freitag 2023, section 6.

    Examples
    --------
    >>> tie_calibration([[1, 1, 1, 4]], [[0, 2, 6, 8]]).epsilon
    4.0
    """
    sweep = tie_sweep(human, metric)
    n_groups = len(sweep.right)
    n_defined = int((sweep.n_pairs > 0).sum())
    if not n_defined or (n_folds > 1 and n_defined < n_folds):
        reason = (
            NO_PAIR if not n_defined else f"{counted(n_defined, 'group')} with a pair for {n_folds} folds"
        )
        return TieCalibration(np.nan, np.nan, np.nan, n_groups, n_groups - n_defined, n_folds, reason)
    at_zero = float(np.nanmean(group_accuracies(sweep, 0.0)))
    epsilon, value = _best(sweep) if n_folds == 1 else _held_out(sweep, n_folds, rng)
    return TieCalibration(epsilon, value, at_zero, n_groups, n_groups - n_defined, n_folds)
