"""Is the best metric better than each other one, beyond chance? And two metrics by every test that fits."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from study import frames
from study.analysis.correlation.levels import CALIBRATED_BY_ITEM, LEVELS, SOFT
from study.analysis.correlation.values import comparison_signs, item_parts, metric_values, per_item_values
from study.stats.arrays import FloatArray
from study.stats.correlation.coefficients import COEFFICIENTS, paired_pearson
from study.stats.correlation.dependent_correlations import DEPENDENT_CORRELATIONS
from study.stats.correlation.metric_permutation import PERMUTATIONS, metric_difference
from study.stats.correlation.paired_tests import PairedTest, mcnemar, sign_flips
from study.stats.multiplicity import ADJUSTMENTS
from study.tables import lookup

COLUMNS = (
    *("metric", "best", "level", "statistic", "label", "difference", "p_value", "p_adjusted", "adjustment"),
    *("test", "n", "n_resamples", "reason"),
)
DIFFERENCE_COLUMNS = (
    *("first", "second", "level", "statistic", "label", "test", "first_value", "second_value", "difference"),
    *("p_value", "n", "n_resamples", "generalises_to", "reason"),
)
SIGN_FLIPS, MCNEMAR = "sign_flips", "mcnemar"
TESTS: dict[str, str] = {
    SIGN_FLIPS: "Sign flips of items",
    MCNEMAR: "McNemar, exact",
    "perm_inputs": "PERM-INPUTS",
    "perm_systems": "PERM-SYSTEMS",
    "perm_both": "PERM-BOTH",
    **{key: one.label for key, one in DEPENDENT_CORRELATIONS.items()},
}
GENERALISES: dict[str, str] = {
    SIGN_FLIPS: "new items",
    MCNEMAR: "new judgments, all independent",
    "perm_inputs": "new items",
    "perm_systems": "new systems",
    "perm_both": "new systems and items",
    **dict.fromkeys(DEPENDENT_CORRELATIONS, "new systems"),
}
PERM_STEPS = 20
N_RESAMPLES = 1000

Progress = Callable[[float, str], object]


def fitting_tests(level: str, statistic: str) -> tuple[str, ...]:
    """Return the tests of two metrics that fit a statistic; none for soft pairwise accuracy."""
    lookup(lookup(LEVELS, level, "level").statistics, statistic, f"statistic at the level {level!r}")
    if level == "comparison":
        return SIGN_FLIPS, MCNEMAR
    if statistic == SOFT:
        return ()
    if statistic == CALIBRATED_BY_ITEM:
        return (SIGN_FLIPS,)
    flips = (SIGN_FLIPS,) if level == "by_item" else ()
    dependent = tuple(DEPENDENT_CORRELATIONS) if (level, statistic) == ("system", "pearson") else ()
    return (*flips, *dependent, *PERMUTATIONS)


def is_quick(test: str) -> bool:
    """Say whether a test of all metrics takes no longer than a page may."""
    return test not in PERMUTATIONS


def metric_tests(
    judgments: pd.DataFrame,
    scores: pd.DataFrame,
    *,
    criterion: str,
    level: str,
    statistic: str,
    test: str,
    adjustment: str = "holm",
    subset: frames.Subset = frames.HUMAN,
    seed: int,
    n_resamples: int = N_RESAMPLES,
    progress: Progress = lambda done, text: None,
) -> pd.DataFrame:
    """Test the metric with the highest value against each other one, a row per metric.

    The best is chosen on the same data, which favours it; the adjusted P treats it as given.

    Parameters
    ----------
    judgments, scores, criterion, level, subset, seed
        As of :func:`correlation_table`.
    statistic : str
        Key of the level's statistics.
    test : str
        One of :func:`fitting_tests`.
    adjustment : {"holm", "benjamini_hochberg"}
    n_resamples : int
        Of tests at random.
    progress : callable

    Returns
    -------
    DataFrame
        Of the columns :data:`COLUMNS`; ``difference`` is the best less the metric, P two-sided.
    """
    lookup(dict.fromkeys(fitting_tests(level, statistic)), test, f"test of {statistic}")
    adjust = lookup(ADJUSTMENTS, adjustment, "adjustment")
    found = frames.evidence(frames.select(judgments, criterion=criterion, subset=subset), scores)
    first = LEVELS[level].clusters[0]
    values = (
        [
            one.value
            for one in metric_values(found, level, statistic, first, seed=seed, n_resamples=2).estimates
        ]
        if len(found.metrics)
        else []
    )
    known = [k for k, value in enumerate(values) if not np.isnan(value)]
    best = max(known, key=lambda k: values[k]) if known else None
    others = [k for k in known if k != best]
    tests: dict[int, PairedTest] = {}
    rng = np.random.default_rng([abs(seed), 1])
    if best is not None:
        tests = dict(
            zip(
                others,
                _tested(found, best, others, level, statistic, test, n_resamples, rng, progress),
                strict=True,
            )
        )
    adjusted = adjust.function([tests[k].p_two_sided for k in others]) if others else np.zeros(0)
    of = dict(zip(others, adjusted, strict=True))
    rows = []
    for k, metric in enumerate(found.metrics):
        one = tests.get(k)
        reason = "the best" if k == best else one.reason if one else "the metric has no value"
        rows.append(
            {
                "metric": metric,
                "best": found.metrics[best] if best is not None else None,
                "level": level,
                "statistic": statistic,
                "label": LEVELS[level].statistics[statistic].label,
                "difference": values[best] - values[k] if best is not None else np.nan,
                "p_value": one.p_two_sided if one else np.nan,
                "p_adjusted": float(of[k]) if k in of else np.nan,
                "adjustment": adjust.label,
                "test": TESTS[test],
                "n": one.n if one else 0,
                "n_resamples": one.n_resamples if one else 0,
                "reason": reason,
            }
        )
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"reason": "str"})


def metric_differences(
    judgments: pd.DataFrame,
    scores: pd.DataFrame,
    *,
    criterion: str,
    first: str,
    second: str,
    level: str,
    statistic: str,
    subset: frames.Subset = frames.HUMAN,
    seed: int,
    n_resamples: int = N_RESAMPLES,
    progress: Progress = lambda done, text: None,
) -> pd.DataFrame:
    """Compare two metrics by every test that fits the statistic, a row per test.

    Parameters as in :func:`metric_tests`; ``first`` and ``second`` are metrics.

    Returns
    -------
    DataFrame
        Of the columns :data:`DIFFERENCE_COLUMNS`; ``difference`` is first less second, P two-sided.

    References
    ----------
    Deutsch, Dror and Roth 2021 (PERM-*); Williams 1959; Steiger 1980; Meng, Rosenthal and Rubin 1992; McNemar 1947.
    """
    for metric in (first, second):
        lookup(dict.fromkeys(scores.columns), metric, "metric")
    pair = scores[[first, second]] if first != second else scores[[first]]
    found = frames.evidence(frames.select(judgments, criterion=criterion, subset=subset), pair)
    one, other = 0, len(pair.columns) - 1
    tests = fitting_tests(level, statistic)
    rows = []
    own = LEVELS[level].clusters[0]
    values = [
        estimate.value
        for estimate in metric_values(found, level, statistic, own, seed=seed, n_resamples=2).estimates
    ]
    for place, test in enumerate(tests):
        rng = np.random.default_rng([abs(seed), place])
        [result] = _tested(
            found,
            one,
            [other],
            level,
            statistic,
            test,
            n_resamples,
            rng,
            lambda done, text, place=place: progress((place + done) / len(tests), text),  # type: ignore[misc]
        )
        rows.append(
            {
                "first": first,
                "second": second,
                "level": level,
                "statistic": statistic,
                "label": LEVELS[level].statistics[statistic].label,
                "test": TESTS[test],
                "first_value": values[one],
                "second_value": values[other],
                "difference": values[one] - values[other],
                "p_value": result.p_two_sided,
                "n": result.n,
                "n_resamples": result.n_resamples,
                "generalises_to": GENERALISES[test],
                "reason": result.reason,
            }
        )
    return pd.DataFrame(rows, columns=list(DIFFERENCE_COLUMNS)).astype({"reason": "str"})


def _tested(
    found: frames.Evidence,
    best: int,
    others: list[int],
    level: str,
    statistic: str,
    test: str,
    n_resamples: int,
    rng: np.random.Generator,
    progress: Progress,
) -> list[PairedTest]:
    """Return the test of one metric against each of the others."""
    if level == "comparison":
        signs = comparison_signs(found, statistic, rng)
        if test == MCNEMAR:
            return [_mcnemar(found, statistic, signs, best, k) for k in others]
        differences = _right_differences(found, statistic, signs, best, others, progress)
        return sign_flips(differences, n_resamples=n_resamples, rng=rng)
    if test == SIGN_FLIPS:
        differences = _item_differences(found, statistic, best, others, rng, progress)
        return sign_flips(differences, n_resamples=n_resamples, rng=rng)
    human = found.matrix(found.human)
    matrices = {k: found.matrix(found.values[:, k]) for k in (best, *others)}
    if test in DEPENDENT_CORRELATIONS:
        return [_dependent(human, matrices[best], matrices[k], test) for k in others]
    grouping = "system_level" if level == "system" else level
    return [
        _permuted(
            human,
            matrices[best],
            matrices[k],
            (statistic, grouping, test),
            n_resamples,
            rng,
            lambda done, place=place: progress((place + done) / len(others), TESTS[test]),  # type: ignore[misc]
        )
        for place, k in enumerate(others)
    ]


def _right_differences(
    found: frames.Evidence,
    statistic: str,
    signs: FloatArray,
    one: int,
    others: list[int],
    progress: Progress,
) -> FloatArray:
    """Return per item what one metric gets right less what each other does, on judgments that count for both.

    Items without such a judgment are nan. Shape (n_items, n_others).
    """
    if not np.isnan(signs).any() and statistic != "pairwise_accuracy_untied":
        right, counts, _ = item_parts(found, statistic, signs)
        return np.where(counts[:, [one]] > 0, right[:, [one]] - right[:, others], np.nan)
    differences = np.empty((len(found.items), len(others)))
    for place, other in enumerate(others):
        right, counts, _ = item_parts(found, statistic, _common(signs, one, other, statistic))
        differences[:, place] = np.where(counts[:, 0] > 0, right[:, 0] - right[:, 1], np.nan)
        progress((place + 1) / len(others), TESTS[SIGN_FLIPS])
    return differences


def _item_differences(
    found: frames.Evidence,
    statistic: str,
    one: int,
    others: list[int],
    rng: np.random.Generator,
    progress: Progress,
) -> FloatArray:
    """Return per item the statistic of one metric less that of each other, over the outputs that both have scored.

    Shape (n_items, n_others); nan where one of both is undefined.
    """
    known = ~np.isnan(found.values)
    if (known == known[:, [one]]).all():
        per_item = per_item_values(found, statistic, rng)
        return np.asarray((per_item[one] - per_item[others]).T)
    differences = np.empty((len(found.items), len(others)))
    for place, other in enumerate(others):
        pair = found.values[:, [one, other]]
        common = np.where(np.isnan(pair).any(axis=1, keepdims=True), np.nan, pair)
        both = replace(found, metrics=(found.metrics[one], found.metrics[other]), values=common)
        first, second = per_item_values(both, statistic, rng)
        differences[:, place] = first - second
        progress((place + 1) / len(others), TESTS[SIGN_FLIPS])
    return differences


def _mcnemar(
    found: frames.Evidence,
    statistic: str,
    signs: FloatArray,
    one: int,
    other: int,
) -> PairedTest:
    """McNemar's test on the judgments that count for both; a tie of a metric is wrong where the person has a preference."""
    both: FloatArray = _common(signs, one, other, statistic)[found.comparison]
    asked = ~np.isnan(both[:, 0])
    if statistic in ("pairwise_accuracy", "pairwise_accuracy_untied"):
        asked = asked & (found.sign != 0)
    answers = found.sign[asked]
    first, second = (np.equal(both[asked, k], answers) for k in (0, 1))
    return mcnemar(first, second)


def _common(signs: FloatArray, one: int, other: int, statistic: str) -> FloatArray:
    """Return the signs of two metrics, missing in both where they are in one (or do not decide, where that counts)."""
    pair = signs[:, [one, other]]
    lacking = np.isnan(pair)
    if statistic == "pairwise_accuracy_untied":
        lacking = lacking | (pair == 0)
    return np.where(lacking.any(axis=1, keepdims=True), np.nan, pair)


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
    human: FloatArray,
    one: FloatArray,
    other: FloatArray,
    settings: tuple[str, str, str],
    n_resamples: int,
    rng: np.random.Generator,
    progress: Callable[[float], object],
) -> PairedTest:
    """Run a permutation test in steps, so that it can be stopped; the hits of all steps are counted together."""
    statistic, grouping, test = settings
    lookup(COEFFICIENTS, statistic, "coefficient")
    steps = min(PERM_STEPS, n_resamples)
    hits = total = 0
    for step in range(steps):
        size = n_resamples // steps + (step < n_resamples % steps)
        result = metric_difference(
            human, one, other, coefficient=statistic, level=grouping, method=test, n_resamples=size, rng=rng
        )
        if np.isnan(result.p_value):
            return PairedTest(np.nan, np.nan, np.nan, 0, 0, TESTS[test], result.reason)
        hits += round(result.p_value * (1 + size)) - 1
        total += size
        progress((step + 1) / steps)
    p_value = (1 + hits) / (1 + total)
    n_cells = int((~np.isnan(human + one + other)).sum())
    return PairedTest(result.difference, np.nan, p_value, n_cells, total, TESTS[test])
