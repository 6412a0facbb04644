"""Answers against known ones: accuracy and F1 with intervals over clusters, beside what guessing would give."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from study.errors import InvalidInput
from study.stats.agreement.totals import ratio
from study.stats.arrays import FloatArray, IntArray, check_equal_lengths, codes, compact
from study.stats.resampling import Estimate, count_clusters, jackknife
from study.stats.statistic import Statistic

Tables = FloatArray
"""Counts of gold (rows) by answer (columns), shape (n, n_classes, n_classes)."""


def accuracy(tables: Tables) -> FloatArray:
    """Return the share of answers that equal the gold; nan without any."""
    return ratio(np.trace(tables, axis1=1, axis2=2), tables.sum(axis=(1, 2)))


def class_f1(tables: Tables) -> FloatArray:
    """Return F1 of each class, shape (n, n_classes): 0 for one that is only in gold or only in answers, nan for one in neither."""
    right = np.diagonal(tables, axis1=1, axis2=2)
    return ratio(2 * right, tables.sum(axis=1) + tables.sum(axis=2))


def macro_f1(tables: Tables) -> FloatArray:
    """Return the mean of the classes' F1; classes in neither gold nor answers are left out."""
    each = class_f1(tables)
    known = ~np.isnan(each)
    return ratio(np.where(known, each, 0.0).sum(axis=1), known.sum(axis=1).astype(np.float64))


def weighted_f1(tables: Tables) -> FloatArray:
    """Return the mean of the classes' F1, weighted by their number in the gold."""
    gold = tables.sum(axis=2)
    return ratio((np.nan_to_num(class_f1(tables)) * gold).sum(axis=1), gold.sum(axis=1))


def balanced_accuracy(tables: Tables) -> FloatArray:
    """Return the mean over classes in the gold of the share answered right."""
    gold = tables.sum(axis=2)
    recall = ratio(np.diagonal(tables, axis1=1, axis2=2), gold, 0.0)
    return ratio(recall.sum(axis=1), (gold > 0).sum(axis=1).astype(np.float64))


GOLD_SCORES: dict[str, Statistic[Callable[[Tables], FloatArray]]] = {
    "accuracy": Statistic(accuracy, "Accuracy", "Sokolova and Lapalme 2009", (0, 1)),
    "macro_f1": Statistic(macro_f1, "Macro F1 (mean of the classes' F1)", "Opitz and Burst 2019", (0, 1)),
    "weighted_f1": Statistic(weighted_f1, "Weighted F1", "Sokolova and Lapalme 2009", (0, 1)),
    "balanced_accuracy": Statistic(balanced_accuracy, "Balanced accuracy", "Brodersen et al. 2010", (0, 1)),
}


@dataclass(frozen=True, slots=True)
class Chance:
    """The expected accuracy and macro F1 of answers that do not look at the item."""

    accuracy: float
    macro_f1: float


def gold_scores(
    gold: ArrayLike,
    answer: ArrayLike,
    cluster: ArrayLike,
    *,
    n_classes: int,
    unit: str = "rater",
    confidence_level: float = 0.95,
) -> dict[str, Estimate]:
    """Estimate every entry of :data:`GOLD_SCORES` with a jackknife that leaves out one cluster at a time.

    Parameters
    ----------
    gold, answer : array_like of int, shape (n_answers,)
        Codes below ``n_classes``.
    cluster : array_like of int, shape (n_answers,)
        Codes from 0: raters, or items.
    n_classes : int
    unit : str
        Name of a cluster.
    confidence_level : float

    Returns
    -------
    dict of str to Estimate
        From 0 to 1; nan with a reason without answers.

    Examples
    --------
    >>> gold, answer = (["abcd".index(one) for one in row] for row in ("aaaabbbccd", "aaabbbacda"))
    >>> found = gold_scores(gold, answer, range(10), n_classes=4)
    >>> {name: round(one.value, 4) for name, one in found.items()}
    {'accuracy': 0.6, 'macro_f1': 0.5, 'weighted_f1': 0.6, 'balanced_accuracy': 0.4792}
    """
    true, said = codes(gold, n_classes, "gold"), codes(answer, n_classes, "answer")
    group = codes(cluster, None, unit)
    check_equal_lengths(gold=len(true), answer=len(said), cluster=len(group))
    first, place = compact(group, int(group.max(initial=-1)) + 1)
    cells = n_classes**2
    flat = np.bincount((place * n_classes + true) * n_classes + said, minlength=len(first) * cells)
    if not len(first):
        nothing = Estimate(np.nan, np.nan, np.nan, confidence_level, 0, 0, "no interval", "no answer")
        return dict.fromkeys(GOLD_SCORES, nothing)
    clusters = count_clusters(flat.reshape(len(first), cells), unit)
    found = {}
    for name, entry in GOLD_SCORES.items():
        score = partial(_of_totals, entry.function, n_classes)
        one = jackknife(score, clusters, confidence_level=confidence_level)
        low, high = np.clip([one.low, one.high], *entry.bounds).tolist()
        found[name] = replace(one, low=low, high=high)
    return found


def _of_totals(score: Callable[[Tables], FloatArray], n_classes: int, totals: FloatArray) -> FloatArray:
    return score(totals.reshape(-1, n_classes, n_classes))


def chance_levels(gold_counts: ArrayLike) -> dict[str, Chance]:
    """Return what guessing would reach: at random, by how frequent classes are, and always the most frequent one.

    Macro F1 holds for many items; for few, see :func:`simulated_chance`.

    Parameters
    ----------
    gold_counts : array_like of int, shape (n_classes,)
        How often each class that may be chosen is in the gold.

    Returns
    -------
    dict of str to Chance
        Keys "uniform", "prior", "majority".

    Examples
    --------
    >>> levels = chance_levels([4, 3, 2, 1])
    >>> [(name, round(one.accuracy, 2), round(one.macro_f1, 4)) for name, one in levels.items()]
    [('uniform', 0.25, 0.2364), ('prior', 0.3, 0.25), ('majority', 0.4, 0.1429)]
    """
    shares = _shares(gold_counts)
    m, top = len(shares), float(shares.max())
    in_use = max(int((shares > 0).sum()), 1)
    return {
        "uniform": Chance(1 / m, float((2 * shares / (m * shares + 1)).mean())),
        "prior": Chance(float((shares**2).sum()), float(shares.sum() / in_use)),
        "majority": Chance(top, 2 * top / (top + 1) / in_use),
    }


def simulated_chance(
    gold_counts: ArrayLike, *, n_resamples: int = 10_000, rng: np.random.Generator
) -> Chance:
    """Return the mean accuracy and macro F1 of uniform guesses on this very gold, over simulated answers.

    Parameters
    ----------
    gold_counts : array_like of int, shape (n_classes,)
    n_resamples : int
    rng : numpy.random.Generator
    """
    _shares(gold_counts)
    counts = np.asarray(gold_counts, dtype=np.int64)
    m = len(counts)
    drawn = [rng.multinomial(n, np.full(m, 1 / m), size=n_resamples) for n in counts.tolist()]
    tables = np.stack(drawn, axis=1).astype(np.float64)
    return Chance(float(accuracy(tables).mean()), float(macro_f1(tables).mean()))


def guess_corrected(found: Estimate, n_options: int) -> Estimate:
    """Return an accuracy in multiple choice on a scale on which guessing is 0 and all right is 1; below 0 is worse than guessing.

    Parameters
    ----------
    found : Estimate
        The accuracy.
    n_options : int
        Options to choose from.

    References
    ----------
    Frary 1988.

    Examples
    --------
    >>> plain = Estimate(0.6, 0.502, 0.691, 0.95, 100, 0, "Wilson")
    >>> round(guess_corrected(plain, 4).value, 4)
    0.4667
    """
    if n_options < 2:
        raise InvalidInput(f"n_options {n_options}; allowed: 2 or more")
    guess = 1 / n_options
    value, low, high = ((one - guess) / (1 - guess) for one in (found.value, found.low, found.high))
    return replace(found, value=value, low=low, high=high, method=f"{found.method}, corrected for guessing")


def _shares(gold_counts: ArrayLike) -> FloatArray:
    counts: IntArray = np.asarray(gold_counts, dtype=np.int64)
    if counts.ndim != 1 or len(counts) < 2 or counts.min() < 0 or not counts.sum():
        raise InvalidInput(f"gold counts {counts.tolist()}; allowed: two classes or more, not all 0")
    return np.asarray(counts / counts.sum())
