"""Agreement in plain words, as safe markdown, and as sentences for a paper."""

import numpy as np
import pandas as pd

from study.analysis import AGREEMENT_SOURCES, more_than_rates
from study.records import FrameRow
from study.stats.shares import median_interval
from study.ui.shared.estimates import estimate_text, number
from study.ui.state import escaped
from study.wording import counted, form, p_text, share_text

TENTATIVE, RELIABLE = 0.667, 0.8
EXCHANGED = "; which output is called a is arbitrary, so chance counts each pair under both namings"


def agreement_sentence(table: pd.DataFrame, criterion: str) -> str:
    """Return percent agreement and nominal alpha of a criterion, with Krippendorff's customary thresholds."""
    rows = {row["statistic"]: row for row in table[table["criterion"] == criterion].to_dict("records")}
    percent, alpha = rows["percent_agreement"], rows["krippendorff_alpha_nominal"]
    if pd.isna(percent["value"]):
        return f"**{escaped(criterion)}**: agreement is undefined; {escaped(str(percent['reason']))}."
    agree = share_text(percent["value"], percent["low"], percent["high"])
    shared = (
        f"**{escaped(criterion)}**: two raters of the same pair give the same answer {agree} of the time."
    )
    if pd.isna(alpha["value"]):
        return f"{shared} Krippendorff's α is undefined; {escaped(str(alpha['reason']))}."
    found = estimate_text(alpha["value"], alpha["low"], alpha["high"])
    beyond = escaped(more_than_rates(table, criterion))
    return f"{shared} Beyond coin-flips, Krippendorff's α is {found}, {_on_scale(alpha)}. {beyond}"


def estimand_sentence(table: pd.DataFrame, criterion: str) -> str:
    """Return to whom the numbers of a criterion generalise."""
    return (
        f"{escaped(criterion)}: numbers hold "
        f"{escaped(str(table.loc[table['criterion'] == criterion, 'estimand'].iloc[0]))}."
    )


def beside_rates(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with agreement beyond the systems' rates as text (empty without chance correction), and with reasons."""
    rows = table.to_dict("records")
    uncorrected = [row["statistic"] == "percent_agreement" for row in rows]
    texts = [
        "" if plain else estimate_text(row["beyond_rates"], row["beyond_rates_low"], row["beyond_rates_high"])
        for row, plain in zip(rows, uncorrected, strict=True)
    ]
    reasons = []
    for row, plain in zip(rows, uncorrected, strict=True):
        why = {"": row["reason"], "beyond systems' rates: ": None if plain else row["beyond_rates_reason"]}
        known = [f"{where}{one}" for where, one in why.items() if not pd.isna(one) and one]
        reasons.append("; ".join(known) or None)
    return table.assign(more_than_rates=pd.Series(texts, dtype="str"), reason=pd.Series(reasons, dtype="str"))


def report_sentences(table: pd.DataFrame, population: str) -> str:
    """Return the coefficients of a table as sentences for a paper, plain text."""
    sentences = []
    for row in table.to_dict("records"):
        who = "simulated raters" if population == "simulated" else "raters"
        about = f"{row['label']} ({AGREEMENT_SOURCES[row['statistic']]}) on {row['criterion']}"
        if pd.isna(row["value"]):
            sentences.append(f"{about} is undefined: {row['reason']}.")
            continue
        level = f"{100 * row['confidence_level']:g}% CI"
        limits = (
            "no interval" if pd.isna(row["low"]) else f"{level} [{number(row['low'])}, {number(row['high'])}]"
        )
        beyond = estimate_text(row["beyond_rates"], row["beyond_rates_low"], row["beyond_rates_high"])
        rates = "" if pd.isna(row["beyond_rates"]) else f"; beyond the systems' rates {beyond}"
        sentences.append(
            f"{about} is {number(row['value'])} ({limits}; {counted(row['n_units'], 'comparison')} judged by at least two of "
            f"{row['n_raters']:,} {who}, {counted(row['n_ratings'], 'judgment')}; categories {row['categories']}; interval: "
            f"{str(row['method']).removesuffix(EXCHANGED)}, {row['estimand']}{rates})."
        )
    return " ".join(sentences) + (
        " Preferences are on outputs, not on screen sides; chance agreement counts each pair under both namings of its outputs."
    )


def beside_the_rest(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table of groups with differences from the rest as text (empty for all together), and a reason column."""
    rows = table.to_dict("records")
    tested = [row["group"] != "all" for row in rows]
    differences = [
        estimate_text(row["difference"], row["difference_low"], row["difference_high"]) if test else ""
        for row, test in zip(rows, tested, strict=True)
    ]
    p_values = ["" if pd.isna(row["p_adjusted"]) else p_text(row["p_adjusted"]) for row in rows]
    why = table[["reason", "difference_reason"]].apply(
        lambda pair: "; less the rest: ".join(dict.fromkeys(pair.dropna())), axis=1
    )
    return table.assign(
        less_the_rest=pd.Series(differences, dtype="str"),
        p_holm=pd.Series(p_values, dtype="str"),
        reason=why.where(why != "", None),
    )


def raters_sentence(table: pd.DataFrame) -> str:
    """Return how many raters agree with the others less than the typical one, and how many prefer a side."""
    known = table[table["agreement"].notna()]
    if known.empty:
        return f"No rater can be compared with the others: {escaped(str(table['reason'].iloc[0]))}."
    middle = known["agreement"].median()
    low, high = median_interval(known["agreement"].to_numpy(dtype=np.float64))
    typical = share_text(middle, low, high)
    below = int((known["agreement_high"] < middle).sum())
    sided = int((table["left_p"] < 0.05 / max(len(table), 1)).sum())
    return (
        f"The typical rater gives the same answer as the majority of the others {typical} of the time "
        f"(median of {counted(len(known), 'rater')}; 95% interval by order statistics). {below} of "
        f"{counted(len(known), 'rater')} {form(below, 'agrees', 'agree')} clearly less often (the whole "
        f"interval lies below), and {sided} clearly {form(sided, 'prefers', 'prefer')} one side of the "
        "screen (exact test, P below .05 divided by the number of raters)."
    )


def taste_sentence(table: pd.DataFrame) -> str:
    """Return whether the answer depends on the profile."""
    rows: dict[str, FrameRow] = {str(row["statistic"]): row for row in table.to_dict("records")}
    difference, within = rows["taste_difference"], rows["taste_first"]
    if np.isnan(float(difference["value"])):
        return (
            "It is not known whether the answer depends on the profile: "
            f"{escaped(str(difference['reason']))}. Sources that are judged for several profiles would show "
            "it."
        )
    noise = f"within a profile, {share_text(within['value'], within['low'], within['high'])} of answers agree (the rest is noise)"
    moved = estimate_text(difference["value"], difference["low"], difference["high"])
    if np.isnan(float(difference["low"])) or difference["low"] <= 0 <= difference["high"]:
        return (
            f"There is no evidence that answers depend on the profile: {noise}, and between profiles not "
            f"clearly fewer (difference {moved})."
        )
    if difference["value"] > 0:
        return f"**Raters follow the profile**: {noise}; between profiles agreement drops by {moved}."
    return f"Answers agree more between profiles than within ({moved}), which taste cannot explain; {noise}."


def _on_scale(alpha: FrameRow) -> str:
    for threshold in (TENTATIVE, RELIABLE):
        if alpha["low"] < threshold < alpha["high"]:
            return (
                f"too uncertain to say whether it lies above or below {number(threshold)} (Krippendorff 2004)"
            )
    if alpha["value"] >= RELIABLE:
        return f"at or above {number(RELIABLE)}, which Krippendorff (2004) requires of reliable data"
    if alpha["value"] >= TENTATIVE:
        return "between 0.667 and 0.800, where Krippendorff (2004) draws tentative conclusions only"
    return "below 0.667, the least that Krippendorff (2004) accepts for tentative conclusions"
