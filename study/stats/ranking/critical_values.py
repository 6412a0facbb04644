"""Critical values for all differences of strengths simultaneously."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from study.errors import InvalidInput
from study.stats.arrays import FloatArray
from study.stats.resampling import normal_quantile
from study.stats.statistic import Statistic


@dataclass(frozen=True, slots=True)
class JointErrors:
    """Errors and covariance of the comparable systems' strengths.

    Attributes
    ----------
    covariance : ndarray of shape (n, n)
        Positive semidefinite, for joint draws.
    degrees_of_freedom : float
        Those of the draws: the largest of any difference, so that draws are less dependent than the differences are.
    errors : ndarray of shape (n, n)
        Standard errors of the differences; nan if there is none.
    of_differences : ndarray of shape (n, n) or ()
        Degrees of freedom of the differences.
    moves : callable or None
        From a number of resamples and a generator to the resampled changes of the strengths.
    """

    covariance: FloatArray
    degrees_of_freedom: float
    errors: FloatArray
    of_differences: FloatArray
    moves: Callable[[int, np.random.Generator | None], FloatArray] | None = None


def bonferroni_critical(
    spread: JointErrors,
    errors: FloatArray,
    confidence_level: float,
    n_resamples: int,
    rng: np.random.Generator | None,
) -> float:
    """Return the quantile at the error rate divided by the number of pairs."""
    n = len(errors)
    level = 1 - (1 - confidence_level) / (n * (n - 1) / 2)
    if np.isinf(spread.degrees_of_freedom):
        return normal_quantile(level)
    return float(stdtrit(spread.degrees_of_freedom, (1 + level) / 2))


def max_t_critical(
    spread: JointErrors,
    errors: FloatArray,
    confidence_level: float,
    n_resamples: int,
    rng: np.random.Generator | None,
) -> float:
    """Return the quantile of the largest difference among all pairs, in standard errors, over random draws."""
    if rng is None or n_resamples < 1:
        raise InvalidInput(f"n_resamples {n_resamples}, rng {rng!r}; allowed: 1 or more, a numpy Generator")
    if spread.moves is not None:
        draws = spread.moves(n_resamples, rng)
    else:
        sizes, directions = np.linalg.eigh(spread.covariance)
        factor = directions * np.sqrt(np.maximum(sizes, 0))
        draws = rng.standard_normal((n_resamples, len(sizes))) @ factor.T
        if np.isfinite(spread.degrees_of_freedom):
            df = spread.degrees_of_freedom
            draws /= np.sqrt(rng.chisquare(df, (n_resamples, 1)) / df)
    largest = np.zeros(n_resamples)
    for system in range(1, draws.shape[1]):
        gaps = np.abs(draws[:, :system] - draws[:, system, None]) / errors[system, :system]
        largest = np.fmax(largest, np.fmax.reduce(gaps, axis=1))
    return float(np.quantile(largest, confidence_level))


CRITICAL: dict[str, Statistic[Callable[..., float]]] = {
    "max_t": Statistic(max_t_critical, "simultaneous by the largest difference", "Klein et al. 2020"),
    "bonferroni": Statistic(bonferroni_critical, "simultaneous by Bonferroni", "Klein et al. 2020"),
}
