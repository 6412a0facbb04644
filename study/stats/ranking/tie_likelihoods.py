"""Preference models with ties: the probabilities of the answers to a pair, and the meaning of their parameters."""

from collections.abc import Callable
from dataclasses import dataclass, field

from study.stats.arrays import FloatArray
from study.stats.ranking.curves import Curve, linear, log_sum, log_sum_of, scaled, total
from study.stats.statistic import Statistic


def _constant_ties(points: FloatArray) -> tuple[Curve, ...]:
    """Return the log-probabilities of first, second and tie at points (strength, strength, log odds of a tie)."""
    decided = scaled(log_sum(points, [(0, 0, 0), (0, 0, 1)]), -1)
    either = total([scaled(log_sum(points, [(1, 0, 0), (0, 1, 0)]), -1), decided])
    first, second = total([linear(points, [1, 0, 0]), either]), total([linear(points, [0, 1, 0]), either])
    return first, second, total([linear(points, [0, 0, 1]), decided])


def _davidson(points: FloatArray) -> tuple[Curve, ...]:
    """Return the log-probabilities of first, second and tie at points (strength, strength, log nu)."""
    forms = [0.5, -0.5, 0], [-0.5, 0.5, 0], [0, 0, 1]
    everything = scaled(log_sum(points, forms), -1)
    return tuple(total([linear(points, form), everything]) for form in forms)


def _rao_kupper(points: FloatArray, ground: tuple[tuple[float, ...], ...] = ()) -> tuple[Curve, ...]:
    """Return the log-probabilities of first, second and tie at points (strength, strength, log(theta - 1)).

    The tie is the remaining probability, written as a sum of positive terms so that nothing cancels.
    """
    worths = *ground, (1, 0, 0), (0, 1, 0)
    base = scaled(log_sum(points, worths), -1)
    first = scaled(log_sum(points, [*worths, (0, 1, 1)]), -1)
    second = scaled(log_sum(points, [*worths, (1, 0, 1)]), -1)
    tie = total([linear(points, [1, 1, 1]), base, log_sum_of(first, second)])
    return total([linear(points, [1, 0, 0]), first]), total([linear(points, [0, 1, 0]), second]), tie, base


def _plain_rao_kupper(points: FloatArray) -> tuple[Curve, ...]:
    return _rao_kupper(points)[:3]


def _grounded_rao_kupper(points: FloatArray) -> tuple[Curve, ...]:
    """Return the log-probabilities of first, second, tie and both bad; strengths are above the bar."""
    return _rao_kupper(points, ground=((0, 0, 0),))


Probabilities = Callable[[FloatArray], tuple[Curve, ...]]
"""From points (strength, strength, log odds of a tie) to the log-probabilities of first, second, tie and, if it is an
outcome, both bad."""


@dataclass(frozen=True, slots=True)
class TieStatistic(Statistic[Probabilities]):
    """A preference model with ties.

    Attributes
    ----------
    ties : str
        What a tie, or both bad, means, as a sentence.
    parameter : str
        What its tie parameter means, for users.
    lowest : float
        The parameter's value without ties: the parameter is this plus the odds of a tie.
    both_bad : bool
        Whether both bad is a separate outcome.
    offered_as : str
        Its name as an option; by default its label.
    is_likelihood : bool
        Whether its strengths maximise the likelihood; otherwise they are those with a tie as half a win.
    """

    ties: str = field(kw_only=True)
    parameter: str = field(kw_only=True)
    lowest: float = field(default=0.0, kw_only=True)
    both_bad: bool = field(default=False, kw_only=True)
    offered_as: str = field(default="", kw_only=True)
    is_likelihood: bool = field(default=True, kw_only=True)


_NOTICED = "θ: odds a system needs to be noticed"

TIE_MODELS: dict[str, TieStatistic] = {
    "ties_as_half": TieStatistic(
        _constant_ties,
        "Bradley-Terry, ties half a win",
        "Bradley and Terry 1952",
        ties="A tie, or both bad, is half a win for each.",
        parameter="share of ties",
        is_likelihood=False,
    ),
    "davidson": TieStatistic(
        _davidson,
        "Davidson",
        "Davidson 1970",
        ties="A tie, or both bad, is an answer of its own, likelier between equals.",
        parameter="ν: ties between equals (2 / (2 + ν) are decided)",
    ),
    "rao_kupper": TieStatistic(
        _plain_rao_kupper,
        "Rao-Kupper",
        "Rao and Kupper 1967",
        ties="A tie, or both bad, is a difference too small to be noticed.",
        parameter=_NOTICED,
        lowest=1.0,
    ),
    "grounded_rao_kupper": TieStatistic(
        _grounded_rao_kupper,
        "Rao-Kupper with both bad",
        "Frick et al. 2025",
        ties="A tie is a difference too small to be noticed; both bad, that neither output passes a bar.",
        parameter=_NOTICED,
        lowest=1.0,
        both_bad=True,
        offered_as="With both bad",
    ),
}
"""Models with ties by key. The likelihoods are also shown on the Ranking page."""
