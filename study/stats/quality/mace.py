"""MACE: a rater either knows the label or guesses by an individual strategy."""

import numpy as np

from study.errors import InvalidInput
from study.stats.arrays import FloatArray
from study.stats.quality.confusion_em import (
    ConfusionFit,
    Incidence,
    Watch,
    confusion_em,
    incidence,
    label_posterior,
    tied,
)
from study.stats.quality.labels import Labels
from study.stats.quality.rater_model import (
    RaterModel,
    confusion_model,
    labelled,
    majority_shares,
    undefined_model,
)

SHORT_RUN = 20
"""Steps of each restart; only the best of them runs to convergence."""


def mace(
    given: Labels,
    *,
    n_restarts: int = 10,
    tolerance: float = 1e-9,
    most_steps: int = 2000,
    watch: Watch | None = None,
    rng: np.random.Generator | None = None,
) -> RaterModel:
    """Fit the probability that a rater knows the label, the strategy of guessing, and a posterior per item.

    True labels are assumed equally frequent. EM starts from the shares of votes and from random raters; short runs
    are compared and the best one is continued to a maximum of the likelihood. Competence is the probability of
    knowing. With sides, guesses are on screen, which reveals raters who always answer left.

    Parameters
    ----------
    given : Labels
    n_restarts : int
        Random starts besides the one from the shares of votes.
    tolerance : float
    most_steps : int
    rng : numpy.random.Generator, optional
        Required with restarts.

    Returns
    -------
    RaterModel
        The confusion matrix is ``knows * (given == true) + (1 - knows) * strategy[given]``. All nan with a reason if
        no item was labelled by two raters, or all labels are equal.

    Raises
    ------
    InvalidInput
        If the number of restarts is negative, or positive without a generator.

    References
    ----------
    Hovy, Berg-Kirkpatrick, Vaswani and Hovy 2013, section 2 (EM, without priors); Biernacki, Celeux and Govaert 2003
    (short runs).
    """
    if n_restarts < 0 or (n_restarts and rng is None):
        raise InvalidInput(f"n_restarts {n_restarts}, rng {rng!r}; allowed: 0 or more, a numpy Generator")
    name = f"MACE, maximum likelihood by EM, best of {n_restarts + 1} starts"
    undefined = undefined_model(given, name)
    if undefined is not None:
        return undefined
    used, has_label = labelled(given)
    counts = incidence(used)
    starts = [(majority_shares(used), _confusion(_spam(counts.n_raters, counts.n_categories)))]
    for _ in range(n_restarts):
        confusion = tied(counts, _confusion(_spam(counts.n_raters, counts.n_categories, rng)))
        uniform = np.full(counts.n_categories, 1 / counts.n_categories)
        starts.append((label_posterior(counts, uniform, confusion)[0], confusion))
    fit = _best(counts, starts, tolerance, most_steps, watch)
    knows = 1 - _guesses(fit.confusion).sum(axis=1)
    return confusion_model(given, has_label, fit, name, knows)


def _best(
    counts: Incidence,
    starts: list[tuple[FloatArray, FloatArray]],
    tolerance: float,
    most_steps: int,
    watch: Watch | None,
) -> ConfusionFit:
    def run(posterior: FloatArray, confusion: FloatArray, steps: int) -> ConfusionFit:
        return confusion_em(
            counts,
            _maximise,
            posterior,
            first=confusion,
            project=_mixture,
            free_prevalence=False,
            tolerance=tolerance,
            most_steps=steps,
            watch=watch,
        )

    if len(starts) == 1:
        return run(*starts[0], most_steps)
    short = [run(posterior, confusion, min(SHORT_RUN, most_steps)) for posterior, confusion in starts]
    best = max(short, key=lambda fit: fit.convergence.objective[-1])
    return run(best.posterior, best.confusion, most_steps)


def _maximise(counts: FloatArray, last: FloatArray) -> FloatArray:
    """Return the confusion after one step; ``last`` splits right answers into known and guessed ones."""
    right = np.diagonal(counts, axis1=1, axis2=2)
    guesses, answers = _guesses(last), np.diagonal(last, axis1=1, axis2=2)
    guessed_right = right * np.divide(guesses, answers, out=np.zeros_like(guesses), where=answers > 0)
    guessed = counts.sum(axis=1) - right + guessed_right
    n = counts.sum(axis=(1, 2))[:, None]
    return _confusion(np.divide(guessed, n, out=guesses.copy(), where=n > 0))


def _mixture(confusion: FloatArray, safe: FloatArray) -> FloatArray:
    """Return a confusion whose guesses are probabilities and leave one of knowing."""
    guesses = _guesses(confusion)
    inside = (guesses >= 0).all(axis=1) & (guesses.sum(axis=1) <= 1)
    return _confusion(np.where(inside[:, None], guesses, _guesses(safe)))


def _guesses(confusion: FloatArray) -> FloatArray:
    """Return the probability of guessing each label, shape (n_raters, n_categories): that of giving it to another."""
    k = confusion.shape[-1]
    another = (np.arange(k) + 1) % k
    return confusion[:, another, np.arange(k)]


def _confusion(guesses: FloatArray) -> FloatArray:
    knows = 1 - guesses.sum(axis=1)
    return np.asarray(guesses[:, None, :] + knows[:, None, None] * np.eye(guesses.shape[1]))


def _spam(n_raters: int, n_categories: int, rng: np.random.Generator | None = None) -> FloatArray:
    """Return probabilities of guessing each label: half of the answers, or random."""
    if rng is None:
        return np.full((n_raters, n_categories), 0.5 / n_categories)
    share = rng.uniform(0, 1, (n_raters, 1))
    return share * rng.dirichlet(np.ones(n_categories), n_raters)
