"""Simulated studies of a planned size, each estimated like a real one."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import optimize
from scipy.special import expit, ndtri

from study.errors import InvalidInput
from study.stats.agreement.coefficients import agreement
from study.stats.agreement.reliability import value_counts_of_codes
from study.stats.arrays import FloatArray, IntArray
from study.stats.claims import claimed_values
from study.stats.ranking.bradley_terry import bradley_terry, cluster_influence
from study.stats.ranking.preferences import Preferences, preferences, win_matrix
from study.stats.ranking.win_rates import win_rates
from study.stats.resampling import Estimate, jackknife, whole_clusters
from study.stats.units import Units, units_of

LARGE = 200_000
"""Number of judgments in the one large study that gives the truth where it has no closed form."""


@dataclass(frozen=True, slots=True)
class StudySize:
    """The number of items, of raters per item, and of judgments per rater.

    The number of raters follows: enough for all judgments, and at least the number of raters per item.
    """

    n_items: int
    raters_per_item: int
    judgments_per_rater: int

    def __post_init__(self) -> None:
        for name in ("n_items", "raters_per_item", "judgments_per_rater"):
            if getattr(self, name) < 1:
                raise InvalidInput(f"{name} {getattr(self, name)}; allowed: 1 or more")

    @property
    def n_judgments(self) -> int:
        """The number of judgments."""
        return self.n_items * self.raters_per_item

    @property
    def n_raters(self) -> int:
        """The number of raters."""
        return max(self.raters_per_item, -(-self.n_judgments // self.judgments_per_rater))


@dataclass(frozen=True, slots=True)
class Assumptions:
    """Assumptions about the raters, items and systems of a simulated study.

    Attributes
    ----------
    effect : float
        The win rate, the difference of strengths in logits, alpha, or the correlation.
    tie_rate : float
        The share of ties, from 0 to below 1.
    rater_sd, item_sd : float
        How much raters, and items, differ, as standard deviations. For a win rate and strengths: in logits. For
        alpha: in logits of a rater's accuracy, with equal items. For a correlation: the noise of one judgment,
        relative to the latent difference of an item's outputs, for raters only.
    n_systems : int
        For Bradley-Terry: the two compared, and others evenly spaced between them.
    """

    effect: float
    tie_rate: float = 0.2
    rater_sd: float = 0.5
    item_sd: float = 0.5
    n_systems: int = 4

    def __post_init__(self) -> None:
        if not 0 <= self.tie_rate < 1:
            raise InvalidInput(f"tie_rate {self.tie_rate}; allowed: from 0 to below 1")
        for name in ("rater_sd", "item_sd"):
            if not 0 <= getattr(self, name) < np.inf:
                raise InvalidInput(f"{name} {getattr(self, name)}; allowed: 0 or more")
        if self.n_systems < 2:
            raise InvalidInput(f"n_systems {self.n_systems}; allowed: 2 or more")


Simulated = Callable[[StudySize, Assumptions, float, np.random.Generator], tuple[Estimate, float]]
"""Simulates one study; returns its estimate at a confidence level, and the true value."""


def win_rate_study(
    size: StudySize, world: Assumptions, confidence_level: float, rng: np.random.Generator
) -> tuple[Estimate, float]:
    """Compare two systems on every item; the win rate with ties as half, over raters and items."""
    item, rater = _seats(size, rng)
    low, high = world.tie_rate / 2, 1 - world.tie_rate / 2
    if not low < world.effect < high:
        raise InvalidInput(f"win rate {world.effect}; allowed with these ties: between {low:g} and {high:g}")
    spread = float(np.hypot(world.rater_sd, world.item_sd))
    untied = (world.effect - low) / (1 - world.tie_rate)
    by_rater = rng.normal(0, world.rater_sd, size.n_raters)[rater]
    by_item = rng.normal(0, world.item_sd, size.n_items)[item]
    logit = _marginal_logit(untied, spread) + by_rater + by_item
    judged = _judged(np.zeros_like(item), np.ones_like(item), logit, world, 2, rng)
    units = units_of({"rater": rater, "item": item})
    return win_rates(judged, units, confidence_level=confidence_level)[0], world.effect


def strength_difference_study(
    size: StudySize, world: Assumptions, confidence_level: float, rng: np.random.Generator
) -> tuple[Estimate, float]:
    """Compare a random pair of systems on every item; the difference of two Bradley-Terry strengths, over both.

    Raters and items differ in the strength of each system. The truth is the difference that a large study would find:
    ties as half wins, and differences between raters, make it smaller than that of the average rater.
    """
    judged, units = _compared(size, world, rng)
    return strength_difference(judged, units, confidence_level), _large_difference(world)


def alpha_study(
    size: StudySize, world: Assumptions, confidence_level: float, rng: np.random.Generator
) -> tuple[Estimate, float]:
    """Simulate raters who see an item's label (a, tie, b) with their accuracy and guess otherwise; nominal alpha over items.

    Guesses are as frequent as the labels, so that two raters agree beyond chance by the product of their accuracies:
    the truth is the mean of this over the study's pairs of raters.
    """
    if not 0 <= world.effect < 1:
        raise InvalidInput(f"alpha {world.effect}; allowed: from 0 to below 1")
    item, rater = _seats(size, rng)
    accuracy = np.zeros(size.n_raters)
    if world.effect > 0:
        centre = _marginal_logit(float(np.sqrt(world.effect)), world.rater_sd)
        accuracy = expit(centre + rng.normal(0, world.rater_sd, size.n_raters))
    decided = (1 - world.tie_rate) / 2
    shares = np.array([decided, world.tie_rate, decided])
    true = rng.choice(3, size.n_items, p=shares)[item]
    label = np.where(rng.random(len(item)) < accuracy[rater], true, rng.choice(3, len(item), p=shares))
    counts = value_counts_of_codes(item, label, size.n_items, range(3))
    seen = accuracy[rater].reshape(size.n_items, size.raters_per_item)
    m = size.raters_per_item
    pairs = (seen.sum(axis=1) ** 2 - (seen**2).sum(axis=1)) / max(1, m * (m - 1))
    estimate = agreement(counts, "krippendorff_alpha_nominal", confidence_level=confidence_level)
    return estimate, float(pairs.mean())


def correlation_study(
    size: StudySize, world: Assumptions, confidence_level: float, rng: np.random.Generator
) -> tuple[Estimate, float]:
    """Correlate a metric's difference on each item with the mean preference of its raters (Pearson, over items).

    The effect is the metric's correlation with noise-free judgments. Ties and fewer raters per item lower the truth,
    which is what a large study with as many raters per item would find.
    """
    metric, human = _scored(size, world, rng)
    return item_correlation(metric, human, confidence_level), _large_correlation(world, size.raters_per_item)


def strength_difference(judged: Preferences, units: Units, confidence_level: float) -> Estimate:
    """Estimate the strength of the last system minus that of the first: sandwich over units, t interval.

    nan with a reason if they are not on one scale.
    """
    method = "difference of Bradley-Terry strengths"
    fit = bradley_terry(win_matrix(judged), judged.systems)
    if not fit.comparability.comparable.all():
        reason = "not all systems are on one scale"
        return Estimate(np.nan, np.nan, np.nan, confidence_level, units.fewest, 0, method, reason)
    influence = cluster_influence(fit, judged, np.arange(len(judged.a)))
    value = float(fit.strengths[-1] - fit.strengths[0])
    claims = claimed_values(
        value, influence[:, -1] - influence[:, 0], units, confidence_level=confidence_level, method=method
    )
    return claims[0].estimate


def item_correlation(x: FloatArray, y: FloatArray, confidence_level: float) -> Estimate:
    """Estimate Pearson's r over items: jackknife of Fisher's z, Student's t.

    References
    ----------
    Fisher 1921; Miller 1974, section 3 (jackknife of a transformed correlation).
    """
    moments = np.column_stack([np.ones_like(x), x, y, x * x, y * y, x * y])
    z = jackknife(_fisher_z, whole_clusters(moments, "item"), confidence_level=confidence_level)
    value, low, high = (float(np.tanh(number)) for number in (z.value, z.low, z.high))
    method = f"Pearson's r, {z.method} of Fisher's z"
    return Estimate(value, low, high, confidence_level, z.n_units, 0, method, z.reason)


def _fisher_z(totals: FloatArray) -> FloatArray:
    n, x, y, xx, yy, xy = totals.T
    spread = (xx - x * x / n) * (yy - y * y / n)
    with np.errstate(divide="ignore", invalid="ignore"):
        r = (xy - x * y / n) / np.sqrt(np.where(spread > 1e-12 * xx * yy, spread, np.nan))
    return np.asarray(np.arctanh(np.clip(r, -1 + 1e-12, 1 - 1e-12)))


def _seats(size: StudySize, rng: np.random.Generator) -> tuple[IntArray, IntArray]:
    """Return item and rater of each judgment: raters in a random circle, so that all judge about equally often."""
    item = np.repeat(np.arange(size.n_items), size.raters_per_item)
    rater = rng.permutation(size.n_raters)[np.arange(size.n_judgments) % size.n_raters]
    return item, rater


def _judged(
    a: IntArray, b: IntArray, logit: FloatArray, world: Assumptions, n_systems: int, rng: np.random.Generator
) -> Preferences:
    won = np.where(rng.random(len(a)) < expit(logit), 1, -1)
    preference = np.where(rng.random(len(a)) < world.tie_rate, 0, won)
    return preferences(a, b, preference, [f"system {i + 1}" for i in range(n_systems)])


def _compared(size: StudySize, world: Assumptions, rng: np.random.Generator) -> tuple[Preferences, Units]:
    item, rater = _seats(size, rng)
    n = world.n_systems
    a = rng.integers(0, n, size.n_items)[item]
    b = (a + rng.integers(1, n, size.n_items)[item]) % n
    strength = np.linspace(0, world.effect, n)
    by_rater = rng.normal(0, world.rater_sd / np.sqrt(2), (size.n_raters, n))
    by_item = rng.normal(0, world.item_sd, size.n_items)[item]
    logit = strength[a] - strength[b] + by_rater[rater, a] - by_rater[rater, b] + by_item
    return _judged(a, b, logit, world, n, rng), units_of({"rater": rater, "item": item})


def _scored(size: StudySize, world: Assumptions, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    if not -1 < world.effect < 1:
        raise InvalidInput(f"correlation {world.effect}; allowed: between -1 and 1")
    item, _ = _seats(size, rng)
    latent = rng.normal(size=size.n_items)
    metric = world.effect * latent + np.sqrt(1 - world.effect**2) * rng.normal(size=size.n_items)
    felt = latent[item] + rng.normal(0, world.rater_sd, len(item))
    width = _central_width(world.tie_rate) * np.hypot(1, world.rater_sd)
    preference = np.where(np.abs(felt) <= width, 0.0, np.sign(felt))
    return metric, preference.reshape(size.n_items, size.raters_per_item).mean(axis=1)


@lru_cache
def _marginal_logit(share: float, spread: float) -> float:
    """Return the centre of normal logits whose mean probability is a share."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    weights = weights / weights.sum()
    return float(optimize.brentq(lambda centre: weights @ expit(centre + spread * nodes) - share, -60, 60))


def _central_width(share: float) -> float:
    """Return the z such that a share of the normal distribution lies between -z and z."""
    return float(ndtri((1 + share) / 2))


@lru_cache
def _large_difference(world: Assumptions) -> float:
    judged, _ = _compared(StudySize(LARGE, 1, 1), world, np.random.default_rng(0))
    fit = bradley_terry(win_matrix(judged), judged.systems)
    return float(fit.strengths[-1] - fit.strengths[0])


@lru_cache
def _large_correlation(world: Assumptions, raters_per_item: int) -> float:
    metric, human = _scored(StudySize(LARGE, raters_per_item, 1), world, np.random.default_rng(0))
    return float(np.corrcoef(metric, human)[0, 1])
