"""Tests of two metrics: which tests suit a statistic, their units, and the tests themselves."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from study.analysis.correlation.estimands import units_over
from study.analysis.correlation.item_differences import (
    Progress,
    item_differences,
    right_differences,
    signs_in_common,
)
from study.analysis.correlation.levels import ACCURACIES, LEVELS, OF_PROFILES
from study.analysis.correlation.offered_tests import CLUSTERED, MCNEMAR, SIGN_FLIPS, TESTS
from study.analysis.correlation.values import (
    comparison_signs,
    item_units,
    judgment_parts,
    metric_values,
)
from study.frames import MetricEvidence
from study.stats.arrays import BoolArray, FloatArray
from study.stats.claims import claimed_values
from study.stats.correlation.coefficients import COEFFICIENTS, paired_pearson
from study.stats.correlation.dependent_correlations import DEPENDENT_CORRELATIONS
from study.stats.correlation.many_metrics import summed_by
from study.stats.correlation.metric_permutation import PERMUTATIONS, metric_difference
from study.stats.correlation.paired_tests import PairedTest, mcnemar, sign_flips
from study.stats.many import ratio_spreads
from study.stats.units import Units, estimand, sizes
from study.tables import lookup
from study.wording import counted

PERM_STEPS = 20
CONFIDENCE_LEVEL = 0.95
ALIKE = "the metrics are never right and wrong on different judgments"
AS_INDEPENDENT = "for these judgments only, as if all were independent"
WITH_SYSTEMS = {"items": "both", "profiles": "systems_and_profiles"}


@dataclass(frozen=True, slots=True)
class Tested:
    """A test of two metrics, with the interval of their difference where the test has one.

    Attributes
    ----------
    test : PairedTest
    difference, low, high : float
        Over the data that both metrics have scored, with the interval over the units of the test; nan if the test has
        none.
    units, estimand : str
        The units of the test with their numbers, and the population it generalises to.
    """

    test: PairedTest
    difference: float
    low: float
    high: float
    units: str
    estimand: str


@dataclass(frozen=True, slots=True)
class MetricComparison:
    """The data and settings of tests of metrics.

    Attributes
    ----------
    found : MetricEvidence
    units : Units
        Units of the judgments, for :data:`CLUSTERED`.
    over : {"items", "profiles"}
        The units that are flipped and swapped as a whole.
    level, statistic : str
    n_resamples : int
    """

    found: MetricEvidence
    units: Units
    over: str
    level: str
    statistic: str
    n_resamples: int


def plain_values(setting: MetricComparison, seed: int) -> list[float]:
    """Return the statistic of each metric."""
    found, own = setting.found, LEVELS[setting.level].clusters[0]
    if not len(found.metrics):
        return []
    values = metric_values(found, setting.level, setting.statistic, own, seed=seed, n_resamples=2)
    return [one.value for one in values.estimates]


def tested(
    setting: MetricComparison,
    best: int,
    others: list[int],
    test: str,
    rng: np.random.Generator,
    progress: Progress,
) -> list[Tested]:
    """Return the test of one metric against each of the others."""
    found, level, statistic = setting.found, setting.level, setting.statistic
    if level == "comparison":
        signs = comparison_signs(found, statistic, rng)
        if test == MCNEMAR:
            return [_mcnemar(found, statistic, signs, best, k) for k in others]
        if test == CLUSTERED:
            return [_clustered(setting, signs, best, k) for k in others]
        differences, whole = right_differences(found, statistic, signs, best, others, progress)
        return _flipped(setting, best, others, differences, whole, rng)
    if test == SIGN_FLIPS:
        per_item = item_differences(found, statistic, best, others, rng, progress)
        return _flipped(setting, best, others, per_item, (~np.isnan(per_item)).astype(np.float64), rng)
    over = "systems"
    if test in PERMUTATIONS and test != "perm_systems":
        over = setting.over if test == "perm_inputs" else WITH_SYSTEMS[setting.over]
    human = found.matrix(found.human)
    matrices = {k: found.matrix(found.values[:, k]) for k in (best, *others)}
    results = []
    for place, k in enumerate(others):
        if test in DEPENDENT_CORRELATIONS:
            one = _dependent(human, matrices[best], matrices[k], test)
        else:
            one = _permuted(
                setting,
                (human, matrices[best], matrices[k]),
                test,
                rng,
                lambda done, place=place: progress((place + done) / len(others), TESTS[test]),  # type: ignore[misc]
            )
        results.append(_without_interval(one, units_over(found, over, _scored(found, best, k))))
    return results


def _without_interval(test: PairedTest, units: Units) -> Tested:
    return Tested(test, np.nan, np.nan, np.nan, sizes(units), estimand(units))


def _scored(found: MetricEvidence, one: int, other: int) -> BoolArray:
    return np.asarray(~np.isnan(found.values[:, one]) & ~np.isnan(found.values[:, other]))


def _flipped(
    setting: MetricComparison,
    best: int,
    others: list[int],
    differences: FloatArray,
    whole: FloatArray,
    rng: np.random.Generator,
) -> list[Tested]:
    """Flip the differences of all items of a unit together; the interval leaves out one unit in turn.

    ``differences`` and ``whole``, the weight of each, are per item, shape (n_items, n_others); nan where missing.
    """
    found, over = setting.found, setting.over
    unit, n_units, name = item_units(found, over)
    gathered = summed_by(unit, n_units)
    known = ~np.isnan(differences)
    n_known = gathered(known.astype(np.float64))
    sums, counts = gathered(np.where(known, differences, 0.0)), gathered(np.where(known, whole, 0.0))
    flips = sign_flips(np.where(n_known > 0, sums, np.nan), n_resamples=setting.n_resamples, rng=rng)
    spans = ratio_spreads(sums, counts, n_known, name).estimates((-2, 2), CONFIDENCE_LEVEL)
    results = []
    for k, test, span in zip(others, flips, spans, strict=True):
        units = units_over(found, over, _scored(found, best, k))
        results.append(Tested(test, span.value, span.low, span.high, sizes(units), estimand(units)))
    return results


def _clustered(setting: MetricComparison, signs: FloatArray, one: int, other: int) -> Tested:
    """Test the mean difference in right judgments between two metrics, over the units of judgments."""
    found, statistic = setting.found, setting.statistic
    right, whole, _ = judgment_parts(found, statistic, signs_in_common(signs, one, other, statistic))
    asked = whole[:, 0] > 0
    units = setting.units.of(asked)
    n, differences = int(asked.sum()), (right[:, 0] - right[:, 1])[asked]
    if not n:
        nothing = PairedTest(np.nan, np.nan, np.nan, 0, 0, TESTS[CLUSTERED], "no judgment")
        return _without_interval(nothing, units)
    mean = float(differences.mean())
    [claim] = claimed_values(
        [mean], ((differences - mean) / n)[:, None], units, confidence_level=CONFIDENCE_LEVEL
    )
    alike = not differences.any()
    p_value, reason = (1.0, ALIKE) if alike else (claim.p_value, claim.estimate.reason)
    n_differing = int((differences != 0).sum())
    test = PairedTest(mean, np.nan, p_value, n_differing, 0, claim.estimate.method, reason)
    low, high = np.clip([claim.estimate.low, claim.estimate.high], -1, 1).tolist()
    return Tested(test, mean, low, high, claim.units, claim.estimand)


def _mcnemar(
    found: MetricEvidence,
    statistic: str,
    signs: FloatArray,
    one: int,
    other: int,
) -> Tested:
    """Run McNemar's test on the judgments that count for both; a metric's tie is wrong where the person has a preference."""
    both: FloatArray = signs_in_common(signs, one, other, statistic)[found.comparison]
    asked = ~np.isnan(both[:, 0])
    if not ACCURACIES[statistic].counts_human_ties:
        asked = asked & (found.sign != 0)
    answers = found.sign[asked]
    first, second = (np.equal(both[asked, k], answers) for k in (0, 1))
    test = mcnemar(first, second)
    said = counted(int(asked.sum()), "judgment")
    return Tested(test, test.difference, np.nan, np.nan, said, AS_INDEPENDENT)


def _dependent(human: FloatArray, one: FloatArray, other: FloatArray, test: str) -> PairedTest:
    known = ~(np.isnan(human) | np.isnan(one) | np.isnan(other))
    n_known = known.sum(axis=1)
    with np.errstate(invalid="ignore"):
        h, a, b = (np.where(known, side, 0).sum(axis=1) / n_known for side in (human, one, other))
    r = [float(paired_pearson(x, y)) for x, y in ((h, a), (h, b), (a, b))]
    n = int((n_known > 0).sum())
    result = DEPENDENT_CORRELATIONS[test].function(r[0], r[1], r[2], n)
    return PairedTest(r[0] - r[1], result.p_greater, result.p_two_sided, n, 0, result.method, result.reason)


def _permuted(
    setting: MetricComparison,
    scores: tuple[FloatArray, FloatArray, FloatArray],
    test: str,
    rng: np.random.Generator,
    progress: Callable[[float], object],
) -> PairedTest:
    """Run a permutation test in steps, so that it can be stopped; the hits of all steps are added up.

    ``scores`` are those of people, of one metric and of the other, each of shape (n_systems, n_items).
    """
    lookup(COEFFICIENTS, setting.statistic, "coefficient")
    n_resamples = setting.n_resamples
    unit = item_units(setting.found, setting.over)[0] if setting.over in OF_PROFILES else None
    steps = min(PERM_STEPS, n_resamples)
    hits = total = 0
    for step in range(steps):
        size = n_resamples // steps + (step < n_resamples % steps)
        result = metric_difference(
            *scores,
            coefficient=setting.statistic,
            level="system_level" if setting.level == "system" else setting.level,
            method=test,
            inputs=unit,
            n_resamples=size,
            rng=rng,
        )
        if np.isnan(result.p_value):
            return PairedTest(np.nan, np.nan, np.nan, 0, 0, TESTS[test], result.reason)
        hits += round(result.p_value * (1 + size)) - 1
        total += size
        progress((step + 1) / steps)
    p_value = (1 + hits) / (1 + total)
    n_cells = int((~np.isnan(sum(scores))).sum())
    return PairedTest(result.difference, np.nan, p_value, n_cells, total, TESTS[test])
