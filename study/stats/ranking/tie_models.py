"""Preference models with ties: Davidson, Rao-Kupper, and Rao-Kupper grounded by the answer "both bad".

With worths ``a = exp(strength[i])`` and ``b = exp(strength[j])``, and up to a common factor in each row:

============== ============================ ============================== ==========================
model          i preferred                  tie                            both bad
============== ============================ ============================== ==========================
Davidson       ``a``                        ``nu sqrt(a b)``               none
Rao-Kupper     ``a / (a + theta b)``        the rest                       none
grounded       ``a / (a + theta b + 1)``    the rest                       ``1 / (1 + a + b)``
============== ============================ ============================== ==========================
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from study.errors import InvalidInput
from study.stats.arrays import FloatArray
from study.stats.ranking.bradley_terry import BradleyTerry, bradley_terry
from study.stats.ranking.comparability import Comparability
from study.stats.ranking.curves import scaled, scattered, total
from study.stats.ranking.newton import Maximum, maximum
from study.stats.ranking.preferences import WinCounts
from study.stats.ranking.tie_likelihoods import TIE_MODELS
from study.tables import lookup

FAR = 40.0
"""Logits used as infinity: exp(-40) is lost next to 1."""

NOT_A_MAXIMUM = (
    "strengths with a tie as half a win do not maximise this likelihood; its AIC is an upper bound"
)


@dataclass(frozen=True, slots=True)
class TieModel:
    """A fit of a preference model with ties.

    Log-likelihood and AIC of two fits are comparable only if both have the same counts and the same ``outcomes``.

    Attributes
    ----------
    model : str
        Key of :data:`TIE_MODELS`.
    outcomes : tuple of str
        The outcomes in the log-likelihood.
    strengths : ndarray of shape (n_systems,)
        In logits, mean zero over the comparable systems; nan for the others.
    covariance : ndarray of shape (n_systems, n_systems)
        Model-based, with independent judgments; 0 outside the comparable systems.
    tie_parameter, tie_error : float
        nu of Davidson (from 0), theta of Rao-Kupper (from 1), the share of ties where ties count as half; and its
        standard error, nan on the boundary (no tie).
    level, level_error : float
        Mean strength above the bar of "both bad", in logits; nan in models without it.
    log_likelihood : float
        Without the multinomial constant; of the comparable systems.
    n_parameters : int
    comparability : Comparability
    reason : str or None
        Why there is no fit, or a caution about it.
    """

    model: str
    outcomes: tuple[str, ...]
    strengths: FloatArray
    covariance: FloatArray
    tie_parameter: float
    tie_error: float
    level: float
    level_error: float
    log_likelihood: float
    n_parameters: int
    comparability: Comparability
    reason: str | None = None

    @property
    def aic(self) -> float:
        """Akaike's information criterion: lower is better."""
        return 2 * self.n_parameters - 2 * self.log_likelihood


def tie_model(
    counts: WinCounts, systems: Sequence[str], model: str = "rao_kupper", *, both_bad: ArrayLike | None = None
) -> TieModel:
    """Fit a preference model with ties by maximum likelihood.

    Parameters
    ----------
    counts : WinCounts
    systems : sequence of str
    model : str
        Key of :data:`TIE_MODELS`.
        "ties_as_half" is Bradley-Terry with the same share of ties for every pair, so that its log-likelihood is
        comparable with those of Davidson and Rao-Kupper.
    both_bad : array_like of shape (n_systems, n_systems), optional
        Symmetric, like ``counts.ties``, but not included in it: how often both were called bad. Required by
        "grounded_rao_kupper", and only allowed for it.

    Returns
    -------
    TieModel
        nan with a reason if no finite estimate exists. Without any tie the tie parameter is on its boundary and
        the strengths are those of Bradley-Terry.

    References
    ----------
    Rao and Kupper 1967; Davidson 1970; Frick et al. 2025 (Prompt-to-Leaderboard), grounded Rao-Kupper.

    Examples
    --------
    >>> wins = np.array([[0.0, 7, 8], [3, 0, 6], [2, 4, 0]])
    >>> fit = tie_model(WinCounts(wins, 2 - 2 * np.eye(3)), ["A", "B", "C"])
    >>> fit.strengths.round(5), round(fit.tie_parameter, 5)
    (array([ 0.61006, -0.12205, -0.48801]), 1.4755)
    """
    lookup(TIE_MODELS, model, "model")
    entry = TIE_MODELS[model]
    grounded = entry.both_bad
    if grounded == (both_bad is None):
        named = " and ".join(repr(name) for name, one in TIE_MODELS.items() if one.both_bad)
        raise InvalidInput(
            f"model {model!r} {'without' if grounded else 'with'} counts of both bad; "
            f"allowed: {named} with them, the other models without"
        )
    bad = np.zeros_like(counts.ties) if both_bad is None else np.array(both_bad, dtype=np.float64)
    tables = _checked(counts, bad, len(systems))
    half = bradley_terry(counts.wins + counts.ties / 2, systems)
    outcomes = ("a", "b", "tie", "both bad") if grounded else ("a", "b", "tie")
    inside = half.comparability.comparable
    kept = tables[:, inside][:, :, inside]
    reason = _no_fit_reason(kept)
    if reason is not None:
        return _unfitted(model, outcomes, half.comparability, reason)
    if not entry.is_likelihood:
        return _ties_as_half(model, half, kept, outcomes)
    fitted = _fit(model, kept, half.strengths[inside])
    if not fitted.finite:
        said = "the likelihood rises without end: some wins and ties are one-sided, no finite estimate"
        return _unfitted(model, outcomes, half.comparability, said)
    return _described(model, outcomes, fitted, kept, half.comparability)


def _checked(counts: WinCounts, bad: FloatArray, n: int) -> FloatArray:
    """Return wins, ties and both bad, shape (3, n_systems, n_systems)."""
    for what, table in (("wins", counts.wins), ("ties", counts.ties), ("both_bad", bad)):
        if table.shape != (n, n) or not (np.isfinite(table) & (table >= 0)).all():
            raise InvalidInput(f"{what} of shape {table.shape} for {n} systems; allowed: square, 0 or more")
    for what, table in (("ties", counts.ties), ("both_bad", bad)):
        if (table != table.T).any():
            raise InvalidInput(f"{what} is not symmetric; allowed: the same count both ways round")
    return np.stack([counts.wins, counts.ties, bad]) * (1 - np.eye(n))


def _no_fit_reason(kept: FloatArray) -> str | None:
    if kept.shape[1] < 2:
        return "the comparisons put no group of systems on one scale"
    return None if kept[0].any() else "no preference at all, only ties: the strengths have no estimate"


def _unfitted(model: str, outcomes: tuple[str, ...], linked: Comparability, reason: str) -> TieModel:
    n, nan = len(linked.comparable), np.nan
    unknown = np.full(n, nan), np.zeros((n, n))
    return TieModel(model, outcomes, *unknown, nan, nan, nan, nan, nan, 0, linked, reason)


def _ties_as_half(model: str, half: BradleyTerry, kept: FloatArray, outcomes: tuple[str, ...]) -> TieModel:
    s = half.strengths[half.comparability.comparable]
    n_wins, n_ties = kept[0].sum(), kept[1].sum() / 2
    share = n_ties / (n_ties + n_wins)
    first, second = np.triu_indices(len(s), 1)
    tie = np.full(len(first), np.log(n_ties / n_wins) if n_ties else -FAR)
    curves = TIE_MODELS[model].function(np.column_stack([s[first], s[second], tie]))
    counts = kept[0][first, second], kept[0][second, first], kept[1][first, second]
    value = sum(n @ curve.value for n, curve in zip(counts, curves, strict=True))
    error = np.sqrt(share * (1 - share) / (n_ties + n_wins)) if share else np.nan
    found = half.strengths, half.covariance, float(share), float(error)
    rest = len(s), half.comparability, NOT_A_MAXIMUM if n_ties else None
    return TieModel(model, outcomes, *found, np.nan, np.nan, float(value), *rest)


def _fit(model: str, kept: FloatArray, start: FloatArray) -> Maximum:
    """Return the maximum over strengths and the log of the tie parameter, in this order."""
    n = kept.shape[1]
    first, second = np.nonzero(np.triu((kept + kept.transpose(0, 2, 1)).sum(axis=0), 1))
    wins, ties, bad = kept
    counts = wins[first, second], wins[second, first], ties[first, second], bad[first, second]
    curves = TIE_MODELS[model].function
    offset, basis, begin = _free_parameters(model, kept, start)
    places = np.column_stack([first, second, np.full_like(first, n)])

    def objective(x: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        full = offset + basis @ x
        parts = [scaled(curve, k) for curve, k in zip(curves(full[places]), counts, strict=False)]
        value, gradient, hessian = scattered(total(parts), places, n + 1)
        return value, basis.T @ gradient, basis.T @ hessian @ basis

    found = maximum(objective, begin)
    return replace(
        found,
        parameters=offset + basis @ found.parameters,
        covariance=basis @ found.covariance @ basis.T,
    )


def _free_parameters(
    model: str, kept: FloatArray, start: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return offset, basis and start: parameters are offset + basis @ x; one on its boundary is fixed far out."""
    n = kept.shape[1]
    n_wins, n_ties, n_bad = kept[0].sum(), kept[1].sum() / 2, kept[2].sum() / 2
    offset, basis = np.zeros(n + 1), np.zeros((n + 1, n + 1))
    basis[:n, : n - 1] = np.eye(n)[:, 1:] - 1 / n
    basis[:n, n - 1] = basis[n, n] = 1
    begin = np.zeros(n + 1)
    begin[: n - 1] = start[1:] - start[0]
    if n_bad:
        begin[n - 1] = np.log((n_wins + n_ties) / n_bad / 2)
    elif TIE_MODELS[model].both_bad:
        offset[:n] = FAR
    if n_ties:
        begin[n] = np.log(2 * n_ties / n_wins)
    else:
        offset[n] = -FAR
    free = np.array([*[True] * (n - 1), n_bad > 0, n_ties > 0])
    return offset, basis[:, free], begin[free]


def _described(
    model: str, outcomes: tuple[str, ...], found: Maximum, kept: FloatArray, linked: Comparability
) -> TieModel:
    n, inside = kept.shape[1], np.ix_(linked.comparable, linked.comparable)
    has_ties, has_bad = bool(kept[1].any()), bool(kept[2].any())
    centring = np.eye(n) - 1 / n
    strengths = np.full(len(linked.comparable), np.nan)
    covariance = np.zeros((len(strengths), len(strengths)))
    strengths[linked.comparable] = centring @ found.parameters[:n]
    covariance[inside] = centring @ found.covariance[:n, :n] @ centring
    odds = float(np.exp(found.parameters[n])) if has_ties else 0.0
    error = odds * float(np.sqrt(found.covariance[n, n])) if has_ties else np.nan
    tie = TIE_MODELS[model].lowest + odds
    level = float(found.parameters[:n].mean()) if has_bad else np.nan
    level_error = float(np.sqrt(found.covariance[:n, :n].mean())) if has_bad else np.nan
    grounded = TIE_MODELS[model].both_bad
    reason = "no answer of both bad: the level has no finite estimate" if grounded and not has_bad else None
    rest = (tie, error, level, level_error, found.value, n + grounded)
    return TieModel(model, outcomes, strengths, covariance, *rest, linked, reason)
