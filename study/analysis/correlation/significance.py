"""Tests of the best metric against each other one, and of two metrics by every suitable test."""

import numpy as np
import pandas as pd

from study import frames
from study.analysis.correlation.difference_tests import (
    CONFIDENCE_LEVEL,
    MetricComparison,
    Tested,
    plain_values,
    tested,
)
from study.analysis.correlation.item_differences import Progress
from study.analysis.correlation.levels import LEVELS, default_cluster
from study.analysis.correlation.offered_tests import TESTS, fitting_tests, named_tests
from study.stats.multiplicity import ADJUSTMENTS
from study.stats.units import Units
from study.tables import lookup

SPAN = ("low", "high", "confidence_level")
OVER = ("units", "estimand")
COLUMNS = (
    *("metric", "best", "level", "statistic", "label", "difference", *SPAN, "p_value", "p_adjusted"),
    *("adjustment", "test", "n", "n_resamples", *OVER, "reason"),
)
DIFFERENCE_COLUMNS = (
    *("first", "second", "level", "statistic", "label", "test", "first_value", "second_value", "difference"),
    *(*SPAN, "p_value", "n", "n_resamples", *OVER, "reason"),
)
CLUSTERS = ("items", "profiles")
"""The possible units of tests of two metrics."""

N_RESAMPLES = 1000


def metric_tests(
    judgments: pd.DataFrame,
    scores: pd.DataFrame,
    *,
    criterion: str,
    level: str,
    statistic: str,
    test: str,
    adjustment: str = "holm",
    cluster: str | None = None,
    subset: frames.Subset = frames.HUMAN,
    seed: int,
    n_resamples: int = N_RESAMPLES,
    progress: Progress = lambda done, text: None,
) -> pd.DataFrame:
    """Test the metric with the highest value against each other one, one row per metric.

    The best is chosen on the same data, which favours it; the adjusted P ignores this.

    Parameters
    ----------
    judgments, scores, criterion, level, subset, seed
        As in :func:`correlation_table`.
    statistic : str
        Key of the level's statistics.
    test : str
        One of :func:`fitting_tests`, or "mcnemar" for accuracies.
    adjustment : {"holm", "benjamini_hochberg"}
    cluster : {"items", "profiles"}, optional
        The units that are flipped or swapped: by default, as for intervals, profiles if items belong to 5 or more,
        else items. Clustered t is also over the raters if there are at least 5.
    n_resamples : int
        For random tests.
    progress : callable

    Returns
    -------
    DataFrame
        With the columns :data:`COLUMNS`; ``difference`` is the best minus the metric over the data that both have
        scored, P is two-sided, and the interval is that of the difference over the units of the test; permutation
        tests have none.
    """
    lookup(dict.fromkeys(named_tests(level, statistic)), test, f"test of {statistic}")
    adjust = lookup(ADJUSTMENTS, adjustment, "adjustment")
    selection = frames.select(judgments, criterion=criterion, subset=subset)
    setting = _setting(selection, scores, cluster, level, statistic, n_resamples)
    found, values = setting.found, plain_values(setting, seed)
    known = [k for k, value in enumerate(values) if not np.isnan(value)]
    best = max(known, key=lambda k: values[k]) if known else None
    others = [k for k in known if k != best]
    rng = np.random.default_rng([abs(seed), 1])
    results = tested(setting, best, others, test, rng, progress) if best is not None else []
    tests: dict[int, Tested] = dict(zip(others, results, strict=True))
    adjusted = adjust.function([tests[k].test.p_two_sided for k in others]) if others else np.zeros(0)
    of = dict(zip(others, adjusted, strict=True))
    rows = []
    for k, metric in enumerate(found.metrics):
        one = tests.get(k)
        reason = "the best" if k == best else one.test.reason if one else "the metric has no value"
        rows.append(
            {
                "metric": metric,
                "best": found.metrics[best] if best is not None else None,
                "level": level,
                "statistic": statistic,
                "label": LEVELS[level].statistics[statistic].label,
                **_spread(one, values[best] - values[k] if best is not None else np.nan),
                "p_adjusted": float(of[k]) if k in of else np.nan,
                "adjustment": adjust.label,
                "test": TESTS[test],
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
    cluster: str | None = None,
    subset: frames.Subset = frames.HUMAN,
    seed: int,
    n_resamples: int = N_RESAMPLES,
    progress: Progress = lambda done, text: None,
) -> pd.DataFrame:
    """Compare two metrics by every test that suits the statistic, one row per test.

    Parameters as in :func:`metric_tests`; ``first`` and ``second`` are metrics.

    Returns
    -------
    DataFrame
        With the columns :data:`DIFFERENCE_COLUMNS`; ``difference`` is first minus second over the data that both have
        scored, P is two-sided, and the interval is that of the difference over the units of the test; permutation
        tests have none.

    References
    ----------
    Deutsch, Dror and Roth 2021 (PERM-*); Williams 1959; Steiger 1980; Meng, Rosenthal and Rubin 1992;
    Cameron, Gelbach and Miller 2011 (clustered t).
    """
    for metric in (first, second):
        lookup(dict.fromkeys(scores.columns), metric, "metric")
    pair = scores[[first, second]] if first != second else scores[[first]]
    selection = frames.select(judgments, criterion=criterion, subset=subset)
    setting = _setting(selection, pair, cluster, level, statistic, n_resamples)
    one, other = 0, len(pair.columns) - 1
    tests = fitting_tests(level, statistic)
    rows, values = [], plain_values(setting, seed)
    for place, test in enumerate(tests):
        rng = np.random.default_rng([abs(seed), place])
        [result] = tested(
            setting,
            one,
            [other],
            test,
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
                **_spread(result, values[one] - values[other]),
                "reason": result.test.reason,
            }
        )
    return pd.DataFrame(rows, columns=list(DIFFERENCE_COLUMNS)).astype({"reason": "str"})


def _setting(
    selection: frames.Selection,
    scores: pd.DataFrame,
    cluster: str | None,
    level: str,
    statistic: str,
    n_resamples: int,
) -> MetricComparison:
    if cluster is not None:
        lookup(dict.fromkeys(CLUSTERS), cluster, "cluster of tests of two metrics")
    found = frames.evidence(selection, scores)
    over = cluster or default_cluster(level, statistic, found.n_profiles, len(found.items))
    return MetricComparison(found, _judgment_units(selection, cluster), over, level, statistic, n_resamples)


def _judgment_units(selection: frames.Selection, cluster: str | None) -> Units:
    """Return the units of the judgments: those of the design, with profiles replaced by items or the other way round."""
    if cluster == "items":
        return frames.units(selection, held="profile")
    units = frames.units(selection)
    return frames.units(selection, "profile") if cluster and "profile" not in units.kinds else units


def _spread(one: Tested | None, difference: float) -> dict[str, object]:
    """Return the cells of a difference, its interval, the test and its units; without a test only the difference.

    ``difference`` is the difference of the two values, used if the test has none.
    """
    if one is None:
        nothing = dict.fromkeys((*SPAN, "p_value"), np.nan)
        return {"difference": difference, **nothing, "n": 0, "n_resamples": 0, **dict.fromkeys(OVER)}
    return {
        "difference": difference if np.isnan(one.difference) else one.difference,
        "low": one.low,
        "high": one.high,
        "confidence_level": CONFIDENCE_LEVEL,
        "p_value": one.test.p_two_sided,
        "n": one.test.n,
        "n_resamples": one.test.n_resamples,
        "units": one.units,
        "estimand": one.estimand,
    }
