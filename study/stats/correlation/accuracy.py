"""Pairwise accuracy: the share of comparisons in which a metric's difference agrees with the human preference.

All counts are bilinear in human preferences and metric signs, so that one product with the comparisons handles a
million judgments for all metrics at once.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from study.stats.arrays import FloatArray
from study.stats.statistic import Statistic

Weighted = Callable[[FloatArray], FloatArray]
"""Maps values per comparison, shape (n_comparisons, n_metrics), to sums over judgments of some kind."""

Parts = tuple[FloatArray, FloatArray, FloatArray]
"""Numerator, denominator and number of judgments counted, per cluster and metric."""


class Outcomes:
    """Judgments counted by the metric's and the person's preference; each count is computed on first use.

    Counts have the shape (n_clusters, n_metrics). Comparisons without a score of the metric are not counted.

    Parameters
    ----------
    signs : ndarray of shape (n_comparisons, n_metrics)
        From :func:`signs_of`.
    net, untied, every : callable
        Sum over the judgments of a cluster: of +1 for a and -1 for b, of those that are not ties, of all.
    """

    def __init__(self, signs: FloatArray, net: Weighted, untied: Weighted, every: Weighted) -> None:
        missing = np.isnan(signs)
        self._known = (~missing).astype(np.float64)
        self._sign = np.where(missing, 0.0, signs) if missing.any() else signs
        self._net, self._untied, self._every = net, untied, every

    @cached_property
    def judgments(self) -> FloatArray:
        """All judgments."""
        return self._every(self._known)

    @cached_property
    def lead(self) -> FloatArray:
        """Judgments that prefer the metric's preferred output, minus those that prefer the other."""
        return self._net(self._sign)

    @cached_property
    def person_decides(self) -> FloatArray:
        """Judgments that are not ties."""
        return self._untied(self._known)

    @cached_property
    def metric_decides(self) -> FloatArray:
        """Judgments on which the metric does not tie."""
        return self._every(np.abs(self._sign))

    @cached_property
    def both_decide(self) -> FloatArray:
        """Judgments that are not ties, and on which the metric does not tie."""
        return self._untied(np.abs(self._sign))

    @property
    def alike(self) -> FloatArray:
        """Judgments that prefer the metric's preferred output."""
        return (self.lead + self.both_decide) / 2

    @property
    def both_tie(self) -> FloatArray:
        """Judgments that are ties, and on which the metric ties."""
        return self.judgments - self.person_decides - self.metric_decides + self.both_decide


AccuracyFunction = Callable[[Outcomes], tuple[FloatArray, FloatArray]]
"""From outcomes to the number of right judgments and their total."""


def pairwise_accuracy(outcomes: Outcomes) -> tuple[FloatArray, FloatArray]:
    """Return how often metric and person prefer the same output, and the number of judgments that are not ties.

    A metric tie counts half, like a coin toss. So 0.5 is chance for any metric, and a metric that never decides
    scores 0.5.

    References
    ----------
    Kocmi et al. 2021, eq. 1, on judgments instead of systems; counting metric ties half is a choice made here.
    """
    return (outcomes.lead + outcomes.person_decides) / 2, outcomes.person_decides


def pairwise_accuracy_eq(outcomes: Outcomes) -> tuple[FloatArray, FloatArray]:
    """Return how often metric and person give the same of three answers (b, tie, a), and of how many judgments (acc_eq).

    A tie on both sides is right; a tie on one side is wrong.

    References
    ----------
    Deutsch, Foster and Freitag 2023 (ties met with ties).
    """
    return outcomes.alike + outcomes.both_tie, outcomes.judgments


def pairwise_accuracy_untied(outcomes: Outcomes) -> tuple[FloatArray, FloatArray]:
    """Return how often metric and person prefer the same output, and the number of judgments where both prefer one.

    References
    ----------
    Zheng et al. 2023 (setup S2: non-tie votes).
    """
    return outcomes.alike, outcomes.both_decide


@dataclass(frozen=True, slots=True)
class AccuracyStatistic(Statistic[AccuracyFunction]):
    """An accuracy and its treatment of ties.

    Attributes
    ----------
    ties : str
        The treatment of ties, in words for users.
    counts_human_ties, counts_metric_ties : bool
        Whether judgments that are ties, and judgments on which the metric ties, count.
    """

    ties: str = field(kw_only=True)
    counts_human_ties: bool = field(kw_only=True)
    counts_metric_ties: bool = field(kw_only=True)


ACCURACY: dict[str, AccuracyStatistic] = {
    "pairwise_accuracy": AccuracyStatistic(
        pairwise_accuracy,
        "Pairwise accuracy (metric ties half)",
        "Kocmi et al. 2021",
        (0, 1),
        ties="human ties left out, metric ties half",
        counts_human_ties=False,
        counts_metric_ties=True,
    ),
    "pairwise_accuracy_eq": AccuracyStatistic(
        pairwise_accuracy_eq,
        "Pairwise accuracy with ties (acc_eq)",
        "Deutsch et al. 2023",
        (0, 1),
        ties="a tie is right where both sides tie",
        counts_human_ties=True,
        counts_metric_ties=True,
    ),
    "pairwise_accuracy_untied": AccuracyStatistic(
        pairwise_accuracy_untied,
        "Pairwise accuracy where both decide",
        "Zheng et al. 2023",
        (0, 1),
        ties="ties of either side left out",
        counts_human_ties=False,
        counts_metric_ties=False,
    ),
}


def signs_of(differences: FloatArray, epsilon: FloatArray | float = 0.0) -> FloatArray:
    """Return 1, 0 or -1 per comparison and metric; nan where the difference is nan; 0 up to ``epsilon`` in size."""
    signs = np.sign(differences)
    return signs if np.all(epsilon == 0) else np.where(np.abs(differences) <= epsilon, 0.0, signs)


def accuracy_parts(
    entry: AccuracyStatistic, signs: FloatArray, net: Weighted, untied: Weighted, every: Weighted
) -> Parts:
    """Return numerator and denominator of an entry of :data:`ACCURACY` per cluster and metric, and the judgments.

    Parameters as in :class:`Outcomes`.
    """
    outcomes = Outcomes(signs, net, untied, every)
    right, whole = entry.function(outcomes)
    return right, whole, outcomes.judgments
