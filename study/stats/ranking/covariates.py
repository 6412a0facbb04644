"""Bradley-Terry strengths fitted together with other effects: position, length, one effect per rater.

The log odds that the output of a is preferred are ``strength[a] - strength[b]`` plus the effects times their
covariates; a tie is half a win for each. A covariate belongs to the pair as given: swapping a and b negates it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from study.errors import InvalidInput
from study.stats.arrays import BoolArray, FloatArray, IntArray, check_equal_lengths
from study.stats.claims import TOO_FEW, method_of
from study.stats.multiway import joint_spread, spread
from study.stats.ranking.comparability import Comparability, comparability
from study.stats.ranking.logistic import (
    LogisticFit,
    cluster_scores,
    clusters_with_column,
    judgment_meat,
    logistic_fit,
)
from study.stats.ranking.preferences import Preferences, win_matrix
from study.stats.ranking.regressors import Covariate, RegressionDesign, regression_design
from study.stats.ranking.strengths import ONE_CLUSTER, systems_of_one_cluster
from study.stats.resampling import NO_VARIATION, Estimate, check_confidence_level, normal_quantile
from study.stats.statistic import Statistic
from study.stats.units import Units, units_of
from study.tables import lookup
from study.wording import counted

SEPARATED = "it predicts some judgments without exception: no finite estimate"


@dataclass(frozen=True, slots=True)
class CovariateFit:
    """Strengths and effects of one regression, with its settings.

    Attributes
    ----------
    strengths : tuple of Estimate
        One per system, in logits, mean zero over the fitted systems.
    effects : dict of str to Estimate
        The effects, in logits per unit of the covariate.
    covariance : ndarray of shape (n_systems + n_effects, n_systems + n_effects)
        Covariance of the strengths, then the effects; 0 where undefined.
    log_likelihood : float
        That of the fitted judgments; a tie counts as half a win and half a loss.
    n_judgments : int
        Number of fitted judgments: those between comparable systems, or all with a ridge.
    ridge : float
    comparability : Comparability
        With a ridge, it shows which systems depend on the ridge alone.
    """

    strengths: tuple[Estimate, ...]
    effects: dict[str, Estimate]
    covariance: FloatArray
    log_likelihood: float
    n_judgments: int
    ridge: float
    comparability: Comparability


def covariate_fit(
    judged: Preferences,
    covariates: Sequence[Covariate] = (),
    cluster: ArrayLike | Units | None = None,
    *,
    method: str | None = None,
    ridge: float = 0.0,
    confidence_level: float = 0.95,
) -> CovariateFit:
    """Fit strengths and effects by logistic regression on aggregated judgments.

    Parameters
    ----------
    judged : Preferences
    covariates : sequence of Covariate
        What two covariates share is attributed to the earlier one.
    cluster : Units, or array_like of int, shape (n_judgments,), optional
        The units of intervals: units of one kind or several, or the raters, items or profiles of one kind.
    method : {"model", "sandwich", "clustered"}, optional
        Default "clustered" with clusters, else "model"; both "model" and "sandwich" treat judgments as independent.
    ridge : float
        ``ridge / 2`` times the sum of squares of the strengths and of the effects (of columns of unit root mean
        square) is subtracted from the log-likelihood: a normal prior of variance 1 / ridge. 0 is maximum likelihood.
    confidence_level : float

    Returns
    -------
    CovariateFit
        Each undefined estimate is nan with a reason: for a system that is not comparable, an effect that the systems
        or earlier effects determine, or one that predicts without exception (separation).

    References
    ----------
    Bradley and Terry 1952; Davidson and Beaver 1977 (order effects); Liang and Zeger 1986; Agresti 2002, section 10.6.

    Examples
    --------
    >>> from study.stats.ranking.preferences import preferences
    >>> from study.stats.ranking.regressors import left_side
    >>> judged = preferences([0, 0, 0, 0, 0, 0], [1] * 6, [1, 1, -1, 1, -1, -1], ["A", "B"])
    >>> fit = covariate_fit(judged, [left_side([1, 1, 1, -1, -1, -1])])
    >>> round(fit.strengths[0].value, 4), round(fit.effects["left"].value, 4)
    (0.0, 0.6931)
    """
    check_confidence_level(confidence_level)
    if not (ridge >= 0 and np.isfinite(ridge)):
        raise InvalidInput(f"ridge {ridge}; allowed: 0 or more")
    name = method or ("model" if cluster is None else "clustered")
    entry = lookup(COVARIANCES, name, "interval method")
    if (cluster is None) == (name == "clustered"):
        raise InvalidInput(
            f"method {name!r} {'without' if cluster is None else 'with'} clusters; allowed: "
            "'clustered' with them, 'model' and 'sandwich' without"
        )
    names = [name for given in covariates for name in given.effect_names]
    if len(set(names)) < len(names):
        raise InvalidInput(f"effects {names}; allowed: each name once")
    check_equal_lengths(judgments=len(judged.a), **{c.name: len(c.values) for c in covariates})
    linked = comparability(win_matrix(judged), judged.systems)
    design = regression_design(judged, covariates, linked, keep_all=ridge > 0)
    fit = logistic_fit(design.cells, ridge * design.penalty)
    units = _units(cluster, len(judged.a))
    clusters = None if units is None else units.of(design.kept)
    found = entry.function(design, fit, clusters, confidence_level)
    label = entry.label
    if isinstance(cluster, Units) and name == "clustered":
        label = f"logistic regression, sandwich, {method_of(cluster)}"
    label += f", ridge {ridge:g}" if ridge else ""
    fitted = linked.comparable | (ridge > 0)
    alone = np.r_[_systems_of_one_unit(judged, fitted, units), _effects_of_one_unit(design, found)]
    settings = confidence_level, found.n_units, 0, label
    rows, covariance = _estimates(design, fit, found, alone, settings)
    n = len(judged.systems)
    effects = dict(zip(design.names, rows[n:], strict=True))
    n_fitted = len(design.kept)
    return CovariateFit(tuple(rows[:n]), effects, covariance, fit.log_likelihood, n_fitted, ridge, linked)


def _units(cluster: ArrayLike | Units | None, n: int) -> Units | None:
    """Return the units of judgments; plain codes are units of one kind."""
    if cluster is None:
        return None
    given = cluster if isinstance(cluster, Units) else units_of({"cluster": cluster}, asked=True)
    check_equal_lengths(judgments=n, cluster=len(given))
    return given


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """A covariance of coefficients and the quantile to use with it, or why there is none.

    ``half`` holds half the widths of all intervals if these are not quantile times error. ``n_present`` counts, per
    column of the design, the units with a value other than 0, for the kind with the fewest; None if it does not
    matter.
    """

    covariance: FloatArray
    quantile: float
    n_units: int
    reason: str | None = None
    n_present: IntArray | None = None
    half: FloatArray | None = None


def model_covariance(
    design: RegressionDesign, fit: LogisticFit, cluster: Units | None, confidence_level: float
) -> Uncertainty:
    """Return the inverse information, valid if judgments are independent and the model is right."""
    return Uncertainty(fit.covariance, normal_quantile(confidence_level), len(design.kept))


def sandwich_covariance(
    design: RegressionDesign, fit: LogisticFit, cluster: Units | None, confidence_level: float
) -> Uncertainty:
    """Return the sandwich over single judgments, valid if judgments are independent."""
    meat = judgment_meat(design.cells, fit, design.cell, design.score)
    covariance = fit.covariance @ meat @ fit.covariance
    return Uncertainty(covariance, normal_quantile(confidence_level), len(design.kept))


def effect_covariance(
    design: RegressionDesign, fit: LogisticFit, cluster: Units | None, confidence_level: float
) -> Uncertainty:
    """Return the sandwich over units, with Student's t; variances are those of :func:`study.stats.multiway.spread`."""
    if cluster is None or cluster.fewest < 2:
        unknown = np.full_like(fit.covariance, np.nan)
        n = 0 if cluster is None else cluster.fewest
        few = cluster is not None and not cluster.kinds
        reason = TOO_FEW if few else f"{counted(n, 'cluster')}: a clustered interval needs at least 2"
        return Uncertainty(unknown, np.nan, n, reason)
    cell, cells = cluster.cells()
    sums = cluster_scores(design.cells, fit, design.cell, design.score, cell)
    found = spread(sums @ fit.covariance @ design.transform.T, cells, floor=False)
    variance = found.variance
    if not cluster.asked:
        n = len(design.kept)
        meat = judgment_meat(design.cells, fit, design.cell, design.score) * n / (n - 1)
        to_estimates = design.transform @ fit.covariance
        variance = np.maximum(variance, np.einsum("ij,jk,ik->i", to_estimates, meat, to_estimates))
    quantile = special.stdtrit(found.degrees_of_freedom, (1 + confidence_level) / 2)
    half = np.asarray(quantile * np.sqrt(variance), dtype=np.float64)
    covariance = joint_spread(sums @ fit.covariance, cells).covariance
    present = np.min([clusters_with_column(design.cells, design.cell, one) for one in cluster.codes], axis=0)
    return Uncertainty(covariance, np.nan, cluster.fewest, n_present=present, half=half)


COVARIANCES: dict[str, Statistic[Callable[..., Uncertainty]]] = {
    "model": Statistic(
        model_covariance, "logistic regression, model-based, judgments independent", "Fisher 1922"
    ),
    "sandwich": Statistic(sandwich_covariance, "logistic regression, sandwich over judgments", "White 1982"),
    "clustered": Statistic(
        effect_covariance,
        "logistic regression, sandwich over clusters, t interval",
        "Liang and Zeger 1986",
    ),
}


def _estimates(
    design: RegressionDesign,
    fit: LogisticFit,
    found: Uncertainty,
    alone: BoolArray,
    settings: tuple[float, int, int, str],
) -> tuple[list[Estimate], FloatArray]:
    """Return the strengths and effects, and their covariance."""
    values = design.transform @ fit.coefficients
    covariance = design.transform @ found.covariance @ design.transform.T
    endless = np.sqrt(((design.transform @ fit.endless) ** 2).sum(axis=1)) > 1e-3
    reasons = [
        own or (SEPARATED if e else None) for own, e in zip(design.reasons, endless.tolist(), strict=True)
    ]
    undefined = np.array([reason is not None for reason in reasons])
    covariance[undefined], covariance[:, undefined] = 0, 0
    half = found.half
    if half is None:
        half = found.quantile * np.sqrt(np.maximum(np.diag(covariance), 0))
    rows = []
    for value, width, reason, single in zip(
        values.tolist(), half.tolist(), reasons, alone.tolist(), strict=True
    ):
        said = found.reason or (ONE_CLUSTER if single else None)
        if reason is not None:
            rows.append(Estimate(np.nan, np.nan, np.nan, *settings, reason))
        elif width < 1e-12 or said is not None:
            said = said or NO_VARIATION.format(unit="cluster")
            rows.append(Estimate(value, np.nan, np.nan, *settings, said))
        else:
            rows.append(Estimate(value, value - width, value + width, *settings))
    return rows, covariance


def _systems_of_one_unit(judged: Preferences, fitted: BoolArray, units: Units | None) -> BoolArray:
    """Return which systems are compared in a single unit of some kind."""
    kinds = () if units is None else units.codes
    alone = [systems_of_one_cluster(judged, fitted, one) for one in kinds]
    return np.any(alone, axis=0) if alone else np.zeros(len(judged.systems), dtype=bool)


def _effects_of_one_unit(design: RegressionDesign, found: Uncertainty) -> BoolArray:
    """Return which effects are present in one unit only, whose score is 0 at the fit and so carries no information."""
    columns = design.transform[len(design.transform) - len(design.names) :] != 0
    if found.n_present is None:
        return np.zeros(len(columns), dtype=bool)
    return np.asarray((columns & (found.n_present < 2)).any(axis=1))
