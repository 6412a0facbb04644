"""Seeded data for the statistics benchmarks: ratings, battles, labels and metric scores of a stated size."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RatingTable:
    """One rating per entry: item, rater and category codes."""

    item: Ints
    rater: Ints
    category: Ints
    n_items: int
    n_raters: int

    def matrix(self) -> Floats:
        """Ratings of shape (n_raters, n_items), nan where missing."""
        full = np.full((self.n_raters, self.n_items), np.nan)
        full[self.rater, self.item] = self.category
        return full


def ratings(n_items: int, n_raters: int, per_item: int, seed: int = 1, n_values: int = 5) -> RatingTable:
    """Raters are right with an accuracy of their own; else 70% are off by one and 30% anything."""
    rng = np.random.default_rng(seed)
    accuracy = rng.uniform(0.35, 0.75, n_raters)
    item = np.repeat(np.arange(n_items), per_item)
    if per_item == n_raters:
        rater = np.tile(np.arange(n_raters), n_items)
    else:
        rater = np.concatenate(
            [
                np.argpartition(rng.random((min(10_000, n_items - start), n_raters)), per_item, axis=1)[
                    :, :per_item
                ].ravel()
                for start in range(0, n_items, 10_000)
            ]
        )
    true = rng.integers(0, n_values, n_items)[item]
    near = np.clip(true + rng.choice([-1, 1], len(item)), 0, n_values - 1)
    wrong = np.where(rng.random(len(item)) < 0.7, near, rng.integers(0, n_values, len(item)))
    category = np.where(rng.random(len(item)) < accuracy[rater], true, wrong)
    return RatingTable(item, rater, category, n_items, n_raters)


@dataclass(frozen=True)
class Battles:
    """Comparisons of systems a and b by raters: 1 where a is preferred, -1 for b, 0 for a tie."""

    a: Ints
    b: Ints
    preference: Ints
    rater: Ints
    n_systems: int


def battles(n: int, n_systems: int, n_raters: int, seed: int = 3, nu: float = 0.5) -> Battles:
    """Strengths are normal (0, 0.6), pairs uniform, ties Davidson's."""
    rng = np.random.default_rng(seed)
    strength = rng.normal(0, 0.6, n_systems)
    a = rng.integers(0, n_systems, n)
    b = (a + rng.integers(1, n_systems, n)) % n_systems
    one, other = np.exp(strength[a]), np.exp(strength[b])
    tie = nu * np.sqrt(one * other)
    drawn = rng.random(n) * (one + other + tie)
    preference = np.where(drawn < one, 1, np.where(drawn < one + other, -1, 0))
    return Battles(a, b, preference, rng.integers(0, n_raters, n), n_systems)


@dataclass(frozen=True)
class LabelTable:
    """One label per entry, with the items' true labels."""

    item: Ints
    rater: Ints
    label: Ints
    n_items: int
    n_raters: int
    true: Ints


def labels(n_labels: int, seed: int = 5, n_categories: int = 3) -> LabelTable:
    """Return 5 labels per item and about 200 per rater, whose confusion matrices differ."""
    rng = np.random.default_rng(seed)
    n_items, n_raters, k = n_labels // 5, max(5, n_labels // 200), n_categories
    true = rng.choice(k, n_items, p=[0.45, 0.35, 0.2])
    right = rng.beta(8, 3, (n_raters, k))
    confusion = np.zeros((n_raters, k, k))
    for j in range(k):
        others = [other for other in range(k) if other != j]
        confusion[:, j, j] = right[:, j]
        confusion[:, j, others] = (1 - right[:, j])[:, None] * rng.dirichlet(np.ones(k - 1), n_raters)
    item = np.repeat(np.arange(n_items), 5)
    rater = rng.integers(0, n_raters, len(item))
    bounds = confusion[rater, true[item]].cumsum(axis=1)[:, :-1]
    label = (rng.random(len(item))[:, None] > bounds).sum(axis=1)
    return LabelTable(item, rater, label, n_items, n_raters, true)


@dataclass(frozen=True)
class Scores:
    """Human levels and metric scores, of shape (n_systems, n_items) and (n_metrics, n_systems, n_items)."""

    human: Floats
    metrics: Floats


def scores(n_metrics: int, n_systems: int, n_items: int, seed: int = 2) -> Scores:
    """System, item and output quality; humans see it in 7 levels, metrics correlate with it by 0.2 to 0.6."""
    rng = np.random.default_rng(seed)
    system, item = rng.normal(0, 0.35, (n_systems, 1)), rng.normal(0, 0.7, (1, n_items))
    latent = system + item + rng.normal(0, 0.6, (n_systems, n_items))
    seen = latent + rng.normal(0, 0.6, latent.shape)
    human = np.searchsorted(np.quantile(seen, np.arange(1, 7) / 7), seen).astype(np.float64)
    z = (latent - latent.mean()) / latent.std()
    rho = rng.uniform(0.2, 0.6, (n_metrics, 1, 1))
    metrics = rho * z + np.sqrt(1 - rho**2) * rng.normal(size=(n_metrics, n_systems, n_items))
    return Scores(human, metrics)
