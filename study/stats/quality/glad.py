"""A model of raters' ability and items' difficulty."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, log_expit

from study.stats.arrays import FloatArray, IntArray
from study.stats.quality.confusion_em import Convergence, Watch, softmax
from study.stats.quality.labels import Labels
from study.stats.quality.rater_model import RaterModel, labelled, majority_shares, undefined_model

ABILITY = 1.0
"""Mean of the normal prior of abilities, with variance 1; ease has mean 0 and variance 1."""

HALVINGS = 6

QUANTITY = "log-likelihood of the labels plus log-density of the normal priors"


Logits = Callable[[FloatArray], tuple[FloatArray, FloatArray]]


@dataclass(frozen=True, slots=True)
class _Abilities:
    """The ability of each rater, and the ease of each item: the logarithm of the factor of abilities."""

    ability: FloatArray
    ease: FloatArray
    prevalence: FloatArray


def glad(
    given: Labels, *, tolerance: float = 1e-9, most_steps: int = 500, watch: Watch | None = None
) -> RaterModel:
    """Fit an ability per rater, a difficulty per item and a posterior per item.

    A rater labels an item correctly with probability ``1 / (1 + exp(-ability * exp(-difficulty)))``; wrong labels are
    equally likely. Without priors the difficulty of items with few labels has no finite estimate, so abilities have a
    normal (1, 1) prior and difficulties a normal (0, 1) prior, and EM raises the posterior density. Its M step moves
    raters, then items, by safeguarded Newton steps.

    Competence is the ability, in logits of being right on an item of usual difficulty; below 0 is worse than a coin
    toss. Sides are not used.

    Parameters
    ----------
    given : Labels
    tolerance : float
        EM stops when the relative gain is at most this.
    most_steps : int

    Returns
    -------
    RaterModel
        With ``difficulty``, without a confusion matrix. All nan with a reason if no item was labelled by two raters,
        or all labels are equal.

    References
    ----------
    Whitehill, Ruvolo, Wu, Bergsma and Movellan 2009, section 3; for more than two labels, wrong ones uniform.
    """
    name = "GLAD-like: ability and difficulty with normal priors, by EM"
    undefined = undefined_model(given, name)
    if undefined is not None:
        return undefined
    used, has_label = labelled(given)
    found, posterior, record = _fitted(used, tolerance, most_steps, watch)
    n_labels = np.bincount(given.rater, minlength=given.n_raters)
    everywhere = np.full((given.n_items, given.n_categories), np.nan)
    everywhere[has_label] = posterior
    difficulty = np.full(given.n_items, np.nan)
    difficulty[has_label] = -found.ease
    return RaterModel(
        name,
        given.categories,
        everywhere,
        found.prevalence,
        np.where(n_labels > 0, found.ability, np.nan),
        n_labels,
        difficulty=difficulty,
        convergence=record,
        caution=None
        if record.converged
        else f"The fit had not converged after {record.n_steps} steps: its numbers may still move.",
    )


def _fitted(
    used: Labels, tolerance: float, most_steps: int, watch: Watch | None
) -> tuple[_Abilities, FloatArray, Convergence]:
    k = used.n_categories
    posterior = majority_shares(used)
    point = _Abilities(np.full(used.n_raters, ABILITY), np.zeros(used.n_items), np.full(k, 1 / k))
    objective, converged = list[float](), False
    while not converged and len(objective) <= most_steps:
        point = _maximised(used, posterior, point)
        posterior, log_likelihood = _label_posterior(used, point)
        density = log_likelihood - ((point.ability - ABILITY) ** 2).sum() / 2 - (point.ease**2).sum() / 2
        converged = bool(objective) and density - objective[-1] <= tolerance * abs(density)
        objective.append(float(density))
        if watch is not None:
            watch(len(objective))
    return point, posterior, Convergence(np.array(objective), converged, tolerance, QUANTITY)


def _label_posterior(used: Labels, point: _Abilities) -> tuple[FloatArray, float]:
    """Return the probabilities of true labels and the log-likelihood.

    Log-odds of right against one wrong label are the logit plus log (n_categories - 1).
    """
    k = used.n_categories
    logit = point.ability[used.rater] * np.exp(point.ease)[used.item]
    wrong = log_expit(-logit) - np.log(k - 1)
    joint = np.bincount(used.item * k + used.label, logit + np.log(k - 1), used.n_items * k).astype(
        np.float64
    )
    posterior, total = softmax(joint.reshape(used.n_items, k) + np.log(point.prevalence))
    return posterior, total + float(wrong.sum())


def _maximised(used: Labels, posterior: FloatArray, point: _Abilities) -> _Abilities:
    """Return parameters that raise the expected log-likelihood of the labels plus the log prior."""
    prevalence = np.maximum(posterior.mean(axis=0), 1e-12)
    if used.mirror is not None:
        prevalence = (prevalence + prevalence[used.mirror]) / 2
    right = posterior[used.item, used.label]
    scale = np.exp(point.ease)[used.item]
    ability = _newton(
        point.ability, ABILITY, used.rater, right, lambda values: (values[used.rater] * scale, scale)
    )
    of_label = ability[used.rater]

    def by_ease(values: FloatArray) -> tuple[FloatArray, FloatArray]:
        logit = of_label * np.exp(values)[used.item]
        return logit, logit

    return _Abilities(
        ability, _newton(point.ease, 0.0, used.item, right, by_ease), prevalence / prevalence.sum()
    )


def _newton(
    values: FloatArray, mean: float, group: IntArray, right: FloatArray, logits: Logits
) -> FloatArray:
    """Return values after one scoring step each, halved until it does not lower the value's own term.

    ``logits`` gives the logit of each label and its derivative by the group's value.
    """
    n = len(values)

    def part(candidate: FloatArray) -> FloatArray:
        logit = logits(candidate)[0]
        gained = np.bincount(group, right * logit + log_expit(-logit), n)
        return np.asarray(gained - (candidate - mean) ** 2 / 2)

    logit, slope = logits(values)
    chance = expit(logit)
    gradient = np.bincount(group, (right - chance) * slope, n) - (values - mean)
    curvature = np.bincount(group, chance * (1 - chance) * slope**2, n) + 1
    step, before = np.clip(gradient / curvature, -1, 1), part(values)
    for _ in range(HALVINGS):
        worse = part(values + step) < before
        if not worse.any():
            break
        step = np.where(worse, step / 2, step)
    return np.where(part(values + step) >= before, values + step, values)
