"""A calibrated metric: a weighted sum of normalised metrics, with weights fitted to human scores (MetaMetrics)."""

import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from study.errors import InvalidInput
from study.stats.arrays import FloatArray
from study.stats.correlation.coefficients import COEFFICIENTS
from study.stats.correlation.grouped import LEVELS, group_values, macro_mean
from study.tables import lookup

MOST = 1e300

# As in MetaMetrics (Winata et al. 2024): Gaussian process, Matern 5/2, upper confidence bound at 2.576.
N_INITIAL = 5
N_ITERATIONS = 100
LEAST_WEIGHT = 0.01
FORMAT = "blindpair-meta-metric"


@dataclass(frozen=True, slots=True)
class RecipePart:
    """One metric of a recipe: values are clipped at ``low`` and ``high``, scaled to 0 to 1, and reversed if inverted."""

    metric: str
    signature: str
    low: float
    high: float
    inverted: bool
    weight: float


@dataclass(frozen=True, slots=True)
class Recipe:
    """A calibrated metric that can be applied to other studies.

    Attributes
    ----------
    name : str
        The name its scores are stored under.
    criterion : str
        The criterion of the human scores it was fitted to.
    coefficient, level : str
        What the weights maximise: keys of ``COEFFICIENTS`` and ``LEVELS``.
    parts : tuple of RecipePart
    fitted_on : mapping
        Study, number of items and outputs, seed, share of items that were held out, and the results on those.
    """

    name: str
    criterion: str
    coefficient: str
    level: str
    parts: tuple[RecipePart, ...]
    fitted_on: Mapping[str, object]

    @property
    def signature(self) -> str:
        """Everything that affects a score besides the metrics' scores."""
        parts = ", ".join(
            f"{one.weight:.6g} {one.metric}[{one.low:.6g},{one.high:.6g}]{'-' * one.inverted}"
            for one in self.parts
        )
        return f"meta|criterion:{self.criterion}|{self.coefficient} {self.level}|{parts}|version:1"

    def values(self, scores: Mapping[str, FloatArray]) -> FloatArray:
        """Return the weighted sum, from 0 to 1; nan where a metric with a weight has no score.

        Raises
        ------
        InvalidInput
            If the scores lack a metric that has a weight.
        """
        used = [one for one in self.parts if one.weight > 0]
        missing = sorted({one.metric for one in used} - set(scores))
        if missing:
            raise InvalidInput(
                f"the recipe {self.name!r} needs scores of {', '.join(missing)}; there are: {', '.join(sorted(scores)) or 'none'}"
            )
        total = sum(one.weight for one in used)
        parts = [
            one.weight / total * normalised(scores[one.metric], one.low, one.high, one.inverted)
            for one in used
        ]
        return np.asarray(np.sum(parts, axis=0))

    def to_json(self) -> str:
        """Return the recipe as the text of a file."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=2, allow_nan=False)


def parse_recipe(text: str) -> Recipe:
    """Return the recipe in a file.

    Raises
    ------
    InvalidInput
        If it is not a recipe, or has invalid content.
    """
    try:
        cells = json.loads(text)
        if cells.pop("format") != FORMAT:
            raise KeyError("format")
        parts = tuple(RecipePart(**one) for one in cells.pop("parts"))
        recipe = Recipe(**cells, parts=parts)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidInput(f"this is not the recipe of a calibrated metric: {str(error)[:200]}") from None
    words = [
        recipe.name,
        recipe.criterion,
        recipe.coefficient,
        recipe.level,
        *(one.metric for one in recipe.parts),
    ]
    if not all(isinstance(word, str) for word in words):
        raise InvalidInput("the recipe's name, coefficient, level and metrics are not all texts")
    lookup(COEFFICIENTS, recipe.coefficient, "coefficient")
    lookup(LEVELS, recipe.level, "level")
    for one in recipe.parts:
        bounds = (one.low, one.high, one.weight)
        if not (
            all(isinstance(cell, int | float) and abs(cell) <= MOST for cell in bounds)
            and one.low < one.high
            and one.weight >= 0
        ):
            raise InvalidInput(
                f"{one.metric}: low {one.low}, high {one.high}, weight {one.weight}; allowed: low < high, 0 or more"
            )
    if not any(one.weight > 0 for one in recipe.parts):
        raise InvalidInput("all weights of the recipe are 0; allowed: at least one above 0")
    return recipe


def normalised(values: FloatArray, low: float, high: float, inverted: bool) -> FloatArray:
    """Return values clipped at both ends, scaled to 0 to 1, reversed if inverted; nan stays nan.

    >>> normalised(np.array([0.0, 5.0, 20.0]), 0, 10, True).tolist()
    [1.0, 0.5, 0.0]
    """
    moved = (np.clip(values, low, high) - low) / (high - low)
    return np.asarray(1 - moved if inverted else moved)


def fitted_weights(
    human: FloatArray,
    metrics: FloatArray,
    *,
    coefficient: str,
    level: str,
    n_initial: int = N_INITIAL,
    n_iterations: int = N_ITERATIONS,
    seed: int,
    progress: Callable[[float], None] = lambda part: None,
) -> tuple[FloatArray, FloatArray]:
    """Return the weights (0 to 1) whose sum of metrics correlates best with human scores, and all weights tried.

    Bayesian optimisation that starts with each metric alone and with equal weights, so that no single metric is
    better on the data it is fitted to. Weights that are all near 0 are drawn again.

    Parameters
    ----------
    human : ndarray of shape (n_systems, n_items)
    metrics : ndarray of shape (n_metrics, n_systems, n_items)
        Normalised, higher is better; nan where missing.
    coefficient, level : str
        Keys of ``COEFFICIENTS`` and ``LEVELS``.
    n_initial, n_iterations : int
        Random points at the start, and points chosen by the Gaussian process.
    seed : int
    progress : callable
        Called with the fraction done, from 0 to 1; an exception that it raises ends the search.

    Returns
    -------
    weights : ndarray of shape (n_metrics,)
    tried : ndarray of shape (n_tried, n_metrics)

    Raises
    ------
    InvalidInput
        If the correlation is undefined for every single metric.

    References
    ----------
    Winata et al. 2024 (MetaMetrics).
    """
    from bayes_opt import BayesianOptimization, acquisition  # loads scikit-learn, so not at start-up

    names = [f"w{place:03d}" for place in range(len(metrics))]
    rng = np.random.default_rng(abs(seed))

    def weights_of(point: Mapping[str, float]) -> FloatArray:
        weights = np.array([point[name] for name in names])
        return weights if weights.max() >= LEAST_WEIGHT else redrawn

    redrawn = rng.uniform(LEAST_WEIGHT, 1, len(names))

    total, done = len(names) + 1 + n_initial + n_iterations, 0

    def value(**point: float) -> float:
        nonlocal done
        progress(done / total)
        done += 1
        found = objective(human, np.tensordot(weights_of(point), metrics, 1), coefficient, level)
        return -1.0 if np.isnan(found) else found

    alone = np.eye(len(names))
    if all(np.isnan(objective(human, one, coefficient, level)) for one in metrics):
        raise InvalidInput("no metric varies together with the human scores; allowed: at least one that does")
    optimizer = BayesianOptimization(
        value,
        dict.fromkeys(names, (0.0, 1.0)),
        acquisition_function=acquisition.UpperConfidenceBound(kappa=2.576),
        random_state=abs(seed) % 2**32,
        verbose=0,
        allow_duplicate_points=True,
    )
    for start in (*alone, np.ones(len(names))):
        optimizer.probe(dict(zip(names, start.tolist(), strict=True)), lazy=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about kernel bounds and repeated points
        optimizer.maximize(init_points=n_initial, n_iter=n_iterations)
    tried = np.array([weights_of(one["params"]) for one in optimizer.res])
    return tried[int(np.argmax([one["target"] for one in optimizer.res]))], tried


def objective(human: FloatArray, metric: FloatArray, coefficient: str, level: str) -> float:
    """Return the mean correlation over the groups of a level; nan if none is defined."""
    missing = np.isnan(human + metric)
    people, scores = (np.where(missing, np.nan, one) for one in (human, metric))
    return float(macro_mean(group_values(people, scores, coefficient, level)))


def fitted_parts(
    names: Sequence[str],
    signatures: Sequence[str],
    values: FloatArray,
    lower_is_better: Sequence[bool],
) -> tuple[tuple[RecipePart, ...], FloatArray]:
    """Return the parts of a recipe with weight 0, and the metrics normalised by them.

    Parameters
    ----------
    names, signatures : sequence of str
    values : ndarray of shape (n_metrics, n_systems, n_items)
        Restricted to the items that the recipe is fitted to.
    lower_is_better : sequence of bool

    Raises
    ------
    InvalidInput
        If a metric does not have two different values.
    """
    parts = []
    for name, signature, one, inverted in zip(names, signatures, values, lower_is_better, strict=True):
        known = one[~np.isnan(one)]
        if not len(known) or known.min() == known.max():
            raise InvalidInput(f"{name} has no two different values on these items; leave it out")
        parts.append(RecipePart(name, signature, float(known.min()), float(known.max()), bool(inverted), 0.0))
    table = [
        normalised(one, part.low, part.high, part.inverted) for one, part in zip(values, parts, strict=True)
    ]
    return tuple(parts), np.array(table)
