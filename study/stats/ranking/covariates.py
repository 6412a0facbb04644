"""Bradley-Terry strengths beside other effects: position, length, one effect per rater.

The log odds that the output of a is preferred are ``strength[a] - strength[b]`` plus the effects times their
covariates; a tie is half a win for each. A covariate is of the pair as given: swapping a and b negates it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array
from scipy.special import expit

from study.errors import InvalidInput
from study.stats.arrays import BoolArray, FloatArray, IntArray, check_equal_lengths, codes, compact
from study.stats.claims import method_of
from study.stats.ranking.comparability import Comparability, comparability
from study.stats.ranking.logistic import (
    LogisticFit,
    cluster_meat,
    clusters_with_column,
    judgment_meat,
    logistic_fit,
)
from study.stats.ranking.over_units import OverUnits, over_units, t_half
from study.stats.ranking.preferences import Preferences, win_matrix
from study.stats.ranking.regressors import Covariate, Design, regression_design
from study.stats.ranking.strengths import ONE_CLUSTER, one_kind, systems_of_one_cluster
from study.stats.resampling import NO_VARIATION, Estimate, check_confidence_level, normal_quantile, t_quantile
from study.stats.statistic import Statistic
from study.stats.units import Units
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
        In logits per unit of the covariate.
    covariance : ndarray of shape (n_systems + n_effects, n_systems + n_effects)
        Of strengths, then effects; 0 where undefined.
    log_likelihood : float
        Of the fitted judgments; a tie counts as half a win and half a loss.
    n_judgments : int
        Fitted ones: between comparable systems, or all with a ridge.
    ridge : float
    comparability : Comparability
        With a ridge it says which systems only the ridge holds.
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
        Earlier ones take what two of them share.
    cluster : array_like of int, shape (n_judgments,), or Units, optional
        Raters, items or profiles; or the units of a claim, of one kind or several.
    method : {"model", "sandwich", "clustered"}, optional
        Default "clustered" with clusters, else "model"; both "model" and "sandwich" take judgments as independent.
    ridge : float
        ``ridge / 2`` times the sum of squares of the strengths and of the effects (of columns of unit root mean
        square) is taken from the log-likelihood: a normal prior of variance 1 / ridge. 0 is maximum likelihood.
    confidence_level : float

    Returns
    -------
    CovariateFit
        Each undefined estimate is nan with a reason: a system that is not comparable, an effect that the systems or
        earlier effects determine, or one that predicts without exception (separation).

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
    n, given = len(judged.systems), one_kind(cluster)
    fitted = linked.comparable | (ridge > 0)
    if isinstance(given, Units):
        over, label = _over(judged, design, fit, given), f"logistic regression, sandwich, {method_of(given)}"
        found, alone = _of_units(over, confidence_level), over.alone
    else:
        clusters, label = _clusters(given, len(judged.a), design.kept), entry.label
        found = _over_rows(entry.function(design, fit, clusters, confidence_level), design)
        alone = np.r_[systems_of_one_cluster(judged, fitted, given), _effects_of_one_cluster(design, found)]
    label += f", ridge {ridge:g}" if ridge else ""
    settings = confidence_level, found.n_units, 0, label
    rows, covariance = _estimates(design, fit, found, alone, settings)
    effects = dict(zip(design.names, rows[n:], strict=True))
    n_fitted = len(design.kept)
    return CovariateFit(tuple(rows[:n]), effects, covariance, fit.log_likelihood, n_fitted, ridge, linked)


def _clusters(cluster: ArrayLike | None, n: int, kept: IntArray) -> IntArray | None:
    """Return the cluster of each fitted judgment, codes without gaps."""
    if cluster is None:
        return None
    given = codes(cluster, None, "cluster")
    check_equal_lengths(judgments=n, cluster=len(given))
    return compact(given[kept], int(given.max(initial=0)) + 1)[1]


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """A covariance of coefficients, the quantile to use with it, and why there is none.

    ``n_present`` says in how many clusters each column of the design is other than 0; None if it does not matter.
    """

    covariance: FloatArray
    quantile: float
    n_units: int
    reason: str | None = None
    n_present: IntArray | None = None


@dataclass(frozen=True, slots=True)
class RowUncertainty:
    """A covariance of strengths and effects, half the widths of their intervals, and why there are none."""

    covariance: FloatArray
    half: FloatArray
    n_units: int
    reason: str | None
    n_present: IntArray | None


def _over_rows(found: Uncertainty, design: Design) -> RowUncertainty:
    covariance = design.transform @ found.covariance @ design.transform.T
    half = found.quantile * np.sqrt(np.maximum(np.diag(covariance), 0))
    return RowUncertainty(covariance, half, found.n_units, found.reason, found.n_present)


def _over(judged: Preferences, design: Design, fit: LogisticFit, units: Units) -> OverUnits:
    """Return what judgments add to strengths, then effects, over the units of a claim."""
    residual = design.score - expit(design.cells.design @ fit.coefficients)[design.cell]

    def sums(cluster: IntArray) -> FloatArray:
        shape = (int(cluster.max(initial=-1)) + 1, design.cells.design.shape[0])
        scores = (csr_array((residual, (cluster, design.cell)), shape=shape) @ design.cells.design).toarray()
        return np.asarray(scores @ fit.covariance @ design.transform.T)

    same = np.round(2 * design.score).astype(np.int64)
    place = compact(design.cell * 3 + same, 3 * max(1, design.cells.design.shape[0]))[1]
    meets = judged.a[design.kept], judged.b[design.kept]
    return over_units(sums, place, units.of(design.kept), meets, len(design.transform))


def _of_units(over: OverUnits, confidence_level: float) -> RowUncertainty:
    covariance = over.joint().covariance
    half = t_half(*over.of_strengths(), confidence_level)
    return RowUncertainty(covariance, half, over.units.fewest, over.reason, None)


def model_covariance(
    design: Design, fit: LogisticFit, cluster: IntArray | None, confidence_level: float
) -> Uncertainty:
    """Return the inverse information: judgments independent and the model right."""
    return Uncertainty(fit.covariance, normal_quantile(confidence_level), len(design.kept))


def sandwich_covariance(
    design: Design, fit: LogisticFit, cluster: IntArray | None, confidence_level: float
) -> Uncertainty:
    """Return the sandwich over single judgments: judgments independent."""
    meat = judgment_meat(design.cells, fit, design.cell, design.score)
    covariance = fit.covariance @ meat @ fit.covariance
    return Uncertainty(covariance, normal_quantile(confidence_level), len(design.kept))


def clustered_covariance(
    design: Design, fit: LogisticFit, cluster: IntArray | None, confidence_level: float
) -> Uncertainty:
    """Return the sandwich over clusters, with Student's t."""
    n_clusters = 0 if cluster is None else int(cluster.max(initial=-1)) + 1
    if cluster is None or n_clusters < 2:
        unknown = np.full_like(fit.covariance, np.nan)
        reason = f"{counted(n_clusters, 'cluster')}: a clustered interval needs at least 2"
        return Uncertainty(unknown, np.nan, n_clusters, reason)
    meat = cluster_meat(design.cells, fit, design.cell, design.score, cluster)
    covariance = fit.covariance @ meat @ fit.covariance
    quantile = t_quantile(confidence_level, n_clusters - 1)
    present = clusters_with_column(design.cells, design.cell, cluster)
    return Uncertainty(covariance, quantile, n_clusters, n_present=present)


COVARIANCES: dict[str, Statistic[Callable[..., Uncertainty]]] = {
    "model": Statistic(
        model_covariance, "logistic regression, model-based, judgments independent", "Fisher 1922"
    ),
    "sandwich": Statistic(sandwich_covariance, "logistic regression, sandwich over judgments", "White 1982"),
    "clustered": Statistic(
        clustered_covariance,
        "logistic regression, sandwich over clusters, t interval",
        "Liang and Zeger 1986",
    ),
}


def _estimates(
    design: Design,
    fit: LogisticFit,
    found: RowUncertainty,
    alone: BoolArray,
    settings: tuple[float, int, int, str],
) -> tuple[list[Estimate], FloatArray]:
    """Return the strengths and effects, and their covariance."""
    values = design.transform @ fit.coefficients
    covariance, half = found.covariance.copy(), found.half
    endless = np.sqrt(((design.transform @ fit.endless) ** 2).sum(axis=1)) > 1e-3
    reasons = [
        own or (SEPARATED if e else None) for own, e in zip(design.reasons, endless.tolist(), strict=True)
    ]
    undefined = np.array([reason is not None for reason in reasons])
    covariance[undefined], covariance[:, undefined] = 0, 0
    rows = []
    for value, width, reason, single in zip(
        values.tolist(), half.tolist(), reasons, alone.tolist(), strict=True
    ):
        said = found.reason or (ONE_CLUSTER if single else None)
        if reason is not None:
            rows.append(Estimate(np.nan, np.nan, np.nan, *settings, reason))
        elif not width >= 1e-12 or said is not None:
            said = said or NO_VARIATION.format(unit="cluster")
            rows.append(Estimate(value, np.nan, np.nan, *settings, said))
        else:
            rows.append(Estimate(value, value - width, value + width, *settings))
    return rows, covariance


def _effects_of_one_cluster(design: Design, found: RowUncertainty) -> BoolArray:
    """Return which effects are present in one cluster only, whose score is 0 at the fit and so says nothing."""
    columns = design.transform[len(design.transform) - len(design.names) :] != 0
    if found.n_present is None:
        return np.zeros(len(columns), dtype=bool)
    return np.asarray((columns & (found.n_present < 2)).any(axis=1))
