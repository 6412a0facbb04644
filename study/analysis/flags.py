"""Flags of raters as a table: the flagged raters, the rule, the value, and the number of answers."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from study.assignment import CheckResult
from study.stats.quality.flags import FLAGS, RaterAnswers, least_seconds
from study.stats.quality.labels import PAIRWISE, pairwise_labels
from study.stats.quality.models import agreement_with_others

COLUMNS = ("rater_id", "flag", "label", "value", "unit", "n", "rule", "source")
Results = Mapping[str, Sequence[CheckResult]]


def flag_table(
    judgments: pd.DataFrame, checks: Results | None = None, lengths: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return one row per flag; an empty table if no rater is flagged.

    Parameters
    ----------
    judgments : DataFrame
        The long table of a study, with raters of one population.
    checks : mapping of str to sequence of CheckResult, optional
        By rater; wrong-profile checks do not count here, since they show who considers the profile, not who looks.
    lengths : DataFrame, optional
        From ``store.output_lengths``, to compute the time needed to look at two outputs.
    """
    raters, answers = rater_answers(judgments, checks or {}, lengths)
    if not raters:
        return pd.DataFrame(columns=list(COLUMNS))
    rows = []
    for name, rule in FLAGS.items():
        found = rule.function(answers)
        for place in np.flatnonzero(found.flagged):
            value, n = float(found.value[place]), int(found.n[place])
            rows.append((raters[place], name, rule.label, value, rule.unit, n, rule.sentence, rule.source))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def flags_of(
    answers: pd.DataFrame, lengths: pd.DataFrame, *, simulated: bool, checks: Results
) -> pd.DataFrame:
    """Return :func:`flag_table` of one population, from ``store.rater_answers`` and ``store.output_lengths``."""
    return flag_table(answers[answers["simulated"].eq(simulated)], checks, lengths)


def rater_answers(
    judgments: pd.DataFrame, checks: Results, lengths: pd.DataFrame | None = None
) -> tuple[list[str], RaterAnswers]:
    """Return the raters, and their answers in the form that the rules read.

    Time, side and runs are of all answers, including checks and repeats; agreement is of main comparisons only.
    """
    given = judgments[judgments["preference"].notna() & judgments["purpose"].ne("practice")]
    given = given.sort_values(["rater_id", "position", "judged_at"], kind="stable")
    raters = sorted({*given["rater_id"], *(rater for rater, results in checks.items() if results)})
    codes = pd.Categorical(given["rater_id"], categories=raters).codes.astype(np.int64)
    plain = given["response"].astype(str).str.split("_").str[0]
    left = np.asarray(plain.map({"left": 1.0, "right": 0.0}), dtype=np.float64)
    counted = {
        rater: [one.passed for one in checks.get(rater, ()) if one.kind != "wrong_profile"]
        for rater in raters
    }
    flipped, repeats = _flips(given, raters)
    return raters, RaterAnswers(
        len(raters),
        codes,
        pd.Categorical(given["response"].astype(str)).codes.astype(np.int64),
        left,
        _times(given),
        _agreed(given, codes, len(raters)),
        np.array([len(counted[rater]) - sum(counted[rater]) for rater in raters], dtype=np.int64),
        np.array([len(counted[rater]) for rater in raters], dtype=np.int64),
        flipped,
        repeats,
        None if lengths is None else least_seconds(_shorter(given, lengths)),
    )


def repeat_flips(judgments: pd.DataFrame) -> pd.DataFrame:
    """Return one row per hidden repeat where both answers prefer an output: rater_id, criterion, flipped."""
    given = judgments[judgments["preference"].isin(["a", "b"])]
    keys = ["rater_id", "comparison_id", "criterion"]
    first = given.loc[given["purpose"].eq("main"), [*keys, "preference"]]
    again = given.loc[given["purpose"].eq("repeat"), [*keys, "preference"]]
    both = again.merge(first, on=keys, suffixes=("_again", ""))
    flipped = both["preference_again"].astype(str) != both["preference"].astype(str)
    return both[["rater_id", "criterion"]].assign(flipped=flipped)


def profile_checks(checks: Results) -> pd.DataFrame:
    """Return each rater's results on wrong-profile checks: rater_id, passed, n."""
    kept = {
        rater: [one for one in results if one.kind == "wrong_profile"] for rater, results in checks.items()
    }
    rows = [(rater, sum(one.passed for one in found), len(found)) for rater, found in kept.items() if found]
    return pd.DataFrame(rows, columns=["rater_id", "passed", "n"])


def _shorter(given: pd.DataFrame, lengths: pd.DataFrame) -> np.ndarray:
    """Return the characters of the shorter of the two outputs of each answer; nan if one is not known."""
    length = lengths.set_index("output_id")["length"].astype(np.float64)
    a, b = (given[f"output_{side}_id"].astype(str).map(length) for side in "ab")
    return np.asarray(np.minimum(a, b), dtype=np.float64)


def _times(given: pd.DataFrame) -> np.ndarray:
    """Return the active seconds of each answer; its total time if these are not known, as for imported answers."""
    return np.asarray(given["active_seconds"].fillna(given["seconds"]), dtype=np.float64)


def _flips(given: pd.DataFrame, raters: list[str]) -> tuple[np.ndarray, np.ndarray]:
    repeats = repeat_flips(given)
    codes = pd.Categorical(repeats["rater_id"], categories=raters).codes
    known = codes >= 0
    flipped = np.bincount(codes[known], repeats["flipped"][known], minlength=len(raters))
    return flipped.astype(np.int64), np.bincount(codes[known], minlength=len(raters))


def _agreed(given: pd.DataFrame, raters: np.ndarray, n_raters: int) -> np.ndarray:
    """Return for each answer whether most others agree on the comparison, by criterion; nan for checks."""
    agreed = np.full(len(given), np.nan)
    main = np.asarray(given["comparison_purpose"].eq("main") & given["purpose"].eq("main"))
    if not main.any():
        return agreed
    of_main = given[main]
    items, names = pd.factorize(of_main["comparison_id"].astype(str) + " " + of_main["criterion"].astype(str))
    label = of_main["preference"].astype(str).replace("both_bad", "both bad").map(PAIRWISE.index)
    labels = pairwise_labels(
        items, raters[main], label.to_numpy(), n_items=len(names), n_raters=n_raters, categories=PAIRWISE
    )
    agreed[main] = agreement_with_others(labels)
    return agreed
