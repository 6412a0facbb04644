"""Planning: the precision of a study of a given size, and the size needed for a given precision."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from study.errors import InvalidInput
from study.stats.arrays import BoolArray, FloatArray
from study.stats.planning.planned_studies import (
    Assumptions,
    Simulated,
    StudySize,
    alpha_study,
    correlation_study,
    strength_difference_study,
    win_rate_study,
)
from study.stats.resampling import check_confidence_level
from study.tables import lookup
from study.wording import counted

Progress = Callable[[float, str], None]

MOST = 100_000
"""Number of judgments in the largest study that a search tries."""

FEWEST = {"n_items": 8, "raters_per_item": 1}
"""The numbers that a search may vary, with their starting values."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """The quantity to estimate, and its value under no effect."""

    simulate: Simulated
    label: str
    null: float
    source: str


QUANTITIES: dict[str, Quantity] = {
    "win_rate": Quantity(win_rate_study, "Win rate of one system over another", 0.5, "Wilson 1927"),
    "bt_difference": Quantity(
        strength_difference_study, "Difference of Bradley-Terry strengths", 0.0, "Bradley and Terry 1952"
    ),
    "alpha": Quantity(alpha_study, "Krippendorff's α (nominal)", 0.0, "Krippendorff 2011"),
    "correlation": Quantity(correlation_study, "Correlation of a metric over items", 0.0, "Fisher 1921"),
}


@dataclass(frozen=True, slots=True)
class Simulation:
    """A mean over simulated studies, with the standard error from their limited number."""

    value: float
    error: float


@dataclass(frozen=True, slots=True)
class Plan:
    """The expected results of a study of a given size.

    Attributes
    ----------
    quantity : str
    size : StudySize
    assumptions : Assumptions
    null : float
        The value to be excluded.
    truth : float
        The mean true value over the simulated studies.
    power : Simulation
        The share of studies whose interval lies on the truth's side of the null; an undefined interval has no power.
    half_width : Simulation
        Half of the interval's expected width, over the studies that have an interval.
    coverage : Simulation
        The share of intervals that cover the truth: how far the other results can be trusted.
    n_undefined : int
        Number of studies without an interval.
    confidence_level : float
    n_simulations : int
    seed : int
    method : str
        Method of the interval.
    reason : str, optional
        Why values are nan, or why a target is not reached.
    """

    quantity: str
    size: StudySize
    assumptions: Assumptions
    null: float
    truth: float
    power: Simulation
    half_width: Simulation
    coverage: Simulation
    n_undefined: int
    confidence_level: float
    n_simulations: int
    seed: int
    method: str
    reason: str | None = None


def plan(
    quantity: str,
    size: StudySize,
    assumptions: Assumptions,
    *,
    null: float | None = None,
    confidence_level: float = 0.95,
    n_simulations: int = 500,
    seed: int = 0,
    progress: Progress | None = None,
) -> Plan:
    """Simulate studies of a size and summarise their intervals.

    Each study is estimated by the functions that analyse real studies.

    Parameters
    ----------
    quantity : str
        Key of :data:`QUANTITIES`.
    size : StudySize
    assumptions : Assumptions
    null : float, optional
        The value that the interval should exclude; by default that of no effect.
    confidence_level : float
    n_simulations : int
        At least 2.
    seed : int
        The same seed gives the same plan.
    progress : callable, optional
        Called with the fraction done and a text before each simulated study.

    Raises
    ------
    InvalidInput
        If the quantity is unknown, or the effect or another setting is not possible.

    References
    ----------
    Arnold, Hogan, Colford and Hubbard 2011 (power by simulation of the analysis).
    """
    entry = lookup(QUANTITIES, quantity, "quantity")
    check_confidence_level(confidence_level)
    if n_simulations < 2:
        raise InvalidInput(f"n_simulations {n_simulations}; allowed: 2 or more")
    excluded = entry.null if null is None else null
    rng = np.random.default_rng(seed)
    studies = []
    for done in range(n_simulations):
        if progress is not None:
            progress(done / n_simulations, f"Study {done + 1:,} of {n_simulations:,}: {_described(size)}")
        studies.append(entry.simulate(size, assumptions, confidence_level, rng))
    low, high, truth = np.array([(study.low, study.high, true) for study, true in studies]).T
    defined = ~np.isnan(low)
    above = low > excluded if truth.mean() >= excluded else high < excluded
    first = studies[0][0]
    undefined = next((study.reason for study, _ in studies if np.isnan(study.low)), None)
    return Plan(
        quantity,
        size,
        assumptions,
        excluded,
        float(truth.mean()),
        _share(above),
        _mean((high - low)[defined] / 2),
        _share(((low <= truth) & (truth <= high))[defined]),
        int((~defined).sum()),
        confidence_level,
        n_simulations,
        seed,
        first.method,
        undefined if not defined.any() else None,
    )


def smallest_plan(
    quantity: str,
    size: StudySize,
    assumptions: Assumptions,
    *,
    vary: str = "n_items",
    power: float | None = None,
    half_width: float | None = None,
    null: float | None = None,
    confidence_level: float = 0.95,
    n_simulations: int = 500,
    seed: int = 0,
    progress: Progress | None = None,
) -> Plan:
    """Return the plan of the smallest study that reaches a target power or half-width.

    The number is doubled until it is enough, then narrowed down to within 2%. Every size is simulated with the same
    seed. Simulation error can also raise the power, so the number is only as exact as the reported error allows.

    Parameters
    ----------
    quantity, size, assumptions
        As in :func:`plan`; the number that varies is not read from ``size``.
    vary : {"n_items", "raters_per_item"}
    power, half_width : float, optional
        The target; exactly one of them.
    null, confidence_level, n_simulations, seed, progress
        As in :func:`plan`; the fraction done is that of the size being tried.

    Returns
    -------
    Plan
        With a reason if even the largest study tried, of at most 100,000 judgments, does not reach the target.

    Raises
    ------
    InvalidInput
        If ``vary`` is unknown, there is not exactly one target, or the target is not possible.
    """
    reaches = _target(power, half_width)
    if vary not in FEWEST:
        raise InvalidInput(f"vary {vary!r}; allowed: {', '.join(FEWEST)}")

    def found(number: int) -> Plan:
        return plan(
            quantity,
            replace(size, **{vary: number}),
            assumptions,
            null=null,
            confidence_level=confidence_level,
            n_simulations=n_simulations,
            seed=seed,
            progress=progress,
        )

    other = size.raters_per_item if vary == "n_items" else size.n_items
    return _search(found, reaches, FEWEST[vary], MOST // other)


def _search(found: Callable[[int], Plan], reaches: Callable[[Plan], bool], first: int, most: int) -> Plan:
    too_few, number = first - 1, min(first, most)
    best = found(number)
    while not reaches(best):
        if number >= most:
            return replace(
                best, reason=f"not reached with {best.size.n_judgments:,} judgments, the most tried"
            )
        too_few, number = number, min(2 * number, most)
        best = found(number)
    while number - too_few > max(1, number // 50):
        middle = (too_few + number) // 2
        candidate = found(middle)
        if reaches(candidate):
            number, best = middle, candidate
        else:
            too_few = middle
    return best


def _target(power: float | None, half_width: float | None) -> Callable[[Plan], bool]:
    if (power is None) == (half_width is None):
        raise InvalidInput(f"power {power}, half_width {half_width}; allowed: exactly one of them")
    if power is not None:
        if not 0 < power < 1:
            raise InvalidInput(f"power {power}; allowed: between 0 and 1")
        return lambda candidate: candidate.power.value >= power
    if half_width is None or not half_width > 0:
        raise InvalidInput(f"half_width {half_width}; allowed: above 0")
    return lambda candidate: candidate.half_width.value <= half_width


def _described(size: StudySize) -> str:
    return f"{counted(size.n_items, 'item')}, {counted(size.raters_per_item, 'rater')} each"


def _share(holds: BoolArray) -> Simulation:
    n = len(holds)
    if not n:
        return Simulation(np.nan, np.nan)
    share = float(holds.mean())
    return Simulation(share, float(np.sqrt(share * (1 - share) / n)))


def _mean(values: FloatArray) -> Simulation:
    if len(values) < 2:
        return Simulation(float(values.mean()) if len(values) else np.nan, np.nan)
    return Simulation(float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values))))
