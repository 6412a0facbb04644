"""The correlation page in words, and sentences to copy into a paper."""

from collections.abc import Mapping
from math import factorial

import pandas as pd

from study.analysis.correlation.levels import BOTH_BAD_TIES, LEVELS
from study.records import FrameRow
from study.stats.correlation.few import few_systems
from study.ui.shared.estimates import estimate_text, number
from study.ui.state import escaped
from study.wording import counted, form, share_text

WEAK = 0.1


def overview_sentence(table: pd.DataFrame, labels: Mapping[str, str]) -> str:
    """Return which metric ranks first, as safe markdown, or why none does."""
    known = table[table["value"].notna()].sort_values("value", ascending=False)
    if known.empty:
        reason = str(table["reason"].iloc[0]) if len(table) else "there is no metric"
        return f"No metric can be compared with the judgments: {escaped(reason)}."
    best = known.iloc[0]
    name = escaped(labels.get(best["metric"], best["metric"]))
    level_with = int((known["value"] > best["value"] - 1e-9).sum()) - 1
    more = f", the highest of {counted(len(known), 'metric')}" if len(known) > 1 else ""
    if level_with:
        more = f", as {level_with} more of {counted(len(known), 'metric')} {form(level_with, 'has', 'have')}"
    if (chance := LEVELS[best["level"]].statistics[best["statistic"]].chance) is not None:
        share = share_text(best["value"], best["low"], best["high"])
        return f"Where raters prefer one output, **{name}** points the same way {share} of the time{more}. Chance is {chance:.0%}."
    text = estimate_text(best["value"], best["low"], best["high"])
    return (
        f"**{name}** has {best['label']} {text}{more} ({LEVELS[best['level']].label.lower()}).{too_few(best)}"
    )


def too_few(row: pd.Series | FrameRow) -> str:
    """Return a warning if a correlation is over too few systems to show anything, else an empty text."""
    few = few_systems(row["value"], int(row["n_systems"])) if row["level"] == "system" else None
    return f" {few}." if few else ""


def overview_report(table: pd.DataFrame, labels: Mapping[str, str], seed: int) -> str | None:
    """Return the sentence that reports the best metric; None if none has a value."""
    known = table[table["value"].notna()].sort_values("value", ascending=False)
    if known.empty:
        return None
    row = known.iloc[0]
    level = LEVELS[row["level"]]
    ties = level.statistics[row["statistic"]].ties
    groups = ""
    if row["n_groups"] > 1:
        groups = (
            f" {row['n_groups'] - row['n_undefined']:,} of {counted(row['n_groups'], 'group')} are defined."
        )
    drawn = f"; {row['n_resamples']:,} resamples, seed {seed}" if row["n_resamples"] else f"; seed {seed}"
    return (
        f"{level.statistics[row['statistic']].label} of {labels.get(row['metric'], row['metric'])} with human preference "
        f"({level.label.lower()}: {level.words.rstrip('?')}) is {number(row['value'])}{_interval(row)}, from "
        f"{counted(row['n_judgments'], 'judgment')} by {counted(row['n_raters'], 'rater')} of {counted(row['n_pairs'], 'comparison')} on "
        f"{counted(row['n_items'], 'item')} and {counted(row['n_systems'], 'system')}; interval over {row['units']} "
        f"({row['method']}{drawn}), {row['estimand']}; {ties} ({level.statistics[row['statistic']].source}).{groups}{too_few(row)}"
    )


def kendall_note(table: pd.DataFrame) -> str:
    """Return what Kendall's P is, and the smallest P possible with so few systems."""
    n = int(table["n_systems"].max())
    least = (
        f"; the smallest P that {counted(n, 'system')} can give is {2 / factorial(n):.3g}" if n <= 6 else ""
    )
    return (
        "P tests that mean metric and win rate are independent over systems: two-sided, exact without "
        "ties, otherwise by the normal distribution with the variance given the ties (Kendall "
        f"1970){least}. Its units are systems; those of the interval are the ones chosen above. P is not "
        "adjusted for the number of metrics."
    )


def tests_sentence(tests: pd.DataFrame, labels: Mapping[str, str], alpha: float) -> str:
    """Return how many metrics differ significantly from the best one, as safe markdown."""
    tested = tests[tests["p_adjusted"].notna()]
    if tested.empty:
        return "No other metric can be tested against the best one."
    best = escaped(labels.get(tests["best"].iloc[0], tests["best"].iloc[0]))
    n_worse = int((tested["p_adjusted"] < alpha).sum())
    how = f"{tests['test'].iloc[0]} over {tested['units'].iloc[0]}, two-sided, {tests['adjustment'].iloc[0]}, α = {alpha:g}"
    holds = f"The test holds {tested['estimand'].iloc[0].replace('; generalises', '; it generalises')}"
    return (
        f"{n_worse} of {counted(len(tested), 'other metric')} {form(n_worse, 'is', 'are')} significantly "
        f"worse than **{best}** ({how}). {escaped(holds)}."
    )


def marks(tests: pd.DataFrame, alpha: float) -> pd.Series:
    """Return each metric's test result against the best one, in words."""
    worse = tests["p_adjusted"] < alpha
    text = worse.map({True: "below the best", False: "no clear difference"})
    return text.mask(tests["metric"] == tests["best"], "best").mask(
        tests["p_adjusted"].isna() & (tests["metric"] != tests["best"]), ""
    )


def estimate_report(table: pd.DataFrame, key: str, what: str, seed: int) -> str | None:
    """Return the sentence that reports one statistic of a table of one metric or judge; None if it is undefined."""
    row = table[table["statistic"] == key].iloc[0]
    if pd.isna(row["value"]):
        return None
    kind = "profile" if "profile" in row["method"] else "item"
    units = row["units"] if "units" in row else counted(row["n_units"], kind)
    drawn = f", {row['n_resamples']:,} resamples" if row["n_resamples"] else ""
    return (
        f"{row['label']} of {what}: {number(row['value'])}{_interval(row)}, n = {row['n']:,} {row['counted']}, "
        f"interval over {units} ({row['method']}{drawn}); {BOTH_BAD_TIES}; seed {seed}."
    )


def prediction_sentence(table: pd.DataFrame, metric: str) -> str:
    """Return whether the difference predicts the choice, in words."""
    rows = {row["statistic"]: row for row in table.to_dict("records")}
    accuracy, loss = rows["accuracy"], rows["log_loss"]
    if pd.isna(accuracy["value"]):
        return (
            f"It is undefined whether {escaped(metric)} predicts the choice: "
            f"{escaped(str(accuracy['reason']))}."
        )
    share = share_text(accuracy["value"], accuracy["low"], accuracy["high"])
    text = f"The sign of the difference of **{escaped(metric)}** predicts the choice {share} of the time."
    if pd.isna(loss["value"]):
        return text
    better = "better than a coin flip" if loss["high"] < 0.6931 else "not clearly better than a coin flip"
    if loss["low"] > 0.6931:
        better = "worse than a coin flip: the size of the difference misleads"
    return f"{text} Its size gives probabilities that are {better} (log-loss {number(loss['value'])} against 0.693)."


def simpson_sentence(table: pd.DataFrame) -> str:
    """Return whether the association within groups has the direction of that between groups, as safe markdown."""
    parts = []
    for row in table.to_dict("records"):
        if isinstance(row["reason"], str):
            parts.append(f"Within and between {row['groups']}: {escaped(row['reason'])}.")
            continue
        values = f"within {row['groups']} {number(row['within'])}, between them {number(row['between'])}"
        verdict = "they point the same way"
        if row["reverses"] and min(abs(row["within"]), abs(row["between"])) < WEAK:
            verdict = "their signs differ, but one of them is close to 0"
        elif row["reverses"]:
            verdict = "**they point in opposite directions, so that the pooled value describes neither**"
        parts.append(f"Pearson's r {values}: {verdict}.")
    return " ".join(parts) or "There are no judgments."


def judge_sentence(table: pd.DataFrame, judge: str) -> str:
    """Return how well a judge agrees with people, as safe markdown."""
    rows = {row["statistic"]: row for row in table[table["judge"] == judge].to_dict("records")}
    untied, rank = rows["agreement_untied"], rows["strength_spearman"]
    name = escaped(judge)
    if pd.isna(untied["value"]):
        return f"**{name}** cannot be compared with the majority: {escaped(str(untied['reason']))}."
    share = share_text(untied["value"], untied["low"], untied["high"])
    text = f"**{name}** agrees with the majority of raters on {share} of the {counted(untied['n'], 'comparison')} where neither reports a tie"
    if pd.isna(rank["value"]) or few_systems(rank["value"], int(rank["n"])):
        return f"{text}."
    return f"{text}, and orders {counted(rank['n'], 'system')} with Spearman's ρ {estimate_text(rank['value'], rank['low'], rank['high'])}."


def _interval(row: pd.Series | FrameRow) -> str:
    if pd.isna(row["low"]):
        return " (no interval)"
    return f" ({row['confidence_level']:.0%} CI {number(row['low'])} to {number(row['high'])})"
