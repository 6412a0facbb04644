"""Which tests of two metrics suit a statistic, by name."""

from study.analysis.correlation.levels import CALIBRATED_BY_ITEM, LEVELS, SOFT
from study.stats.correlation.dependent_correlations import DEPENDENT_CORRELATIONS
from study.stats.correlation.metric_permutation import PERMUTATIONS
from study.tables import lookup

SIGN_FLIPS, CLUSTERED, MCNEMAR = "sign_flips", "clustered", "mcnemar"
TESTS: dict[str, str] = {
    SIGN_FLIPS: "Sign flips",
    CLUSTERED: "Clustered t",
    MCNEMAR: "McNemar, exact, judgments as independent",
    "perm_inputs": "PERM-INPUTS",
    "perm_systems": "PERM-SYSTEMS",
    "perm_both": "PERM-BOTH",
    **{key: one.label for key, one in DEPENDENT_CORRELATIONS.items()},
}


def fitting_tests(level: str, statistic: str) -> tuple[str, ...]:
    """Return the tests of two metrics that suit a statistic; none for soft pairwise accuracy.

    McNemar's, which treats all judgments as independent, runs only if named and is not offered.
    """
    lookup(lookup(LEVELS, level, "level").statistics, statistic, f"statistic at the level {level!r}")
    if level == "comparison":
        return SIGN_FLIPS, CLUSTERED
    if statistic == SOFT:
        return ()
    if statistic == CALIBRATED_BY_ITEM:
        return (SIGN_FLIPS,)
    flips = (SIGN_FLIPS,) if level == "by_item" else ()
    dependent = tuple(DEPENDENT_CORRELATIONS) if (level, statistic) == ("system", "pearson") else ()
    return (*flips, *dependent, *PERMUTATIONS)


def named_tests(level: str, statistic: str) -> tuple[str, ...]:
    """Return the tests that can be named: those that suit the statistic, and McNemar's for accuracies."""
    return (*fitting_tests(level, statistic), *((MCNEMAR,) if level == "comparison" else ()))


def is_quick(test: str) -> bool:
    """Return whether a test of all metrics is fast enough for a page."""
    return test not in PERMUTATIONS
