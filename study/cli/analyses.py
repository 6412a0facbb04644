"""The commands that print the tables of the analysis pages."""

from typing import Annotated

import pandas as pd
import typer

from study import frames, store
from study.cli.selection import Selection
from study.cli.shared import TableFormat, keep, note, note_withdrawn, opened, print_table
from study.errors import NotFound
from study.protocol.design import Design
from study.stats.multiplicity import ADJUSTMENTS
from study.tables import lookup

app = typer.Typer(
    help="Print agreement, ranking or correlation.", no_args_is_help=True, rich_markup_mode=None
)


AdjustOption = Annotated[
    str,
    typer.Option(
        "--adjust",
        help=f"How P is adjusted for the number of tests: {' or '.join(ADJUSTMENTS).replace('_', '-')}.",
    ),
]
# Columns that fit into a terminal; JSON and CSV have all columns. Reasons are shown if there are any.
SHOWN = {
    "agreement": (
        *("criterion", "label", "value", "low", "high", "reason"),
        *("beyond_rates", "beyond_rates_low", "beyond_rates_high", "beyond_rates_reason"),
        *("n_units", "n_ratings", "n_raters", "units"),
    ),
    "groups": (
        *("criterion", "group", "label", "value", "low", "high", "n_units", "n_raters", "reason"),
        *("beyond_rates", "beyond_rates_low", "beyond_rates_high", "beyond_rates_reason"),
        *("difference", "difference_low", "difference_high", "p_adjusted", "difference_reason"),
    ),
    "raters": (
        *("criterion", "rater", "n_judgments", "agreement", "agreement_low", "agreement_high"),
        *("kappa", "left_rate", "left_p", "median_seconds", "units", "reason"),
    ),
    "taste": ("criterion", "label", "value", "low", "high", "units", "reason"),
    "repeats": ("criterion", "rater", "label", "value", "low", "high", "n_repeats", "units", "reason"),
    "ranking": (
        *(
            "criterion",
            "system",
            "rank",
            "rank_low",
            "rank_high",
            "strength",
            "strength_low",
            "strength_high",
        ),
        *("strength_unadjusted", "win_rate", "win_rate_low", "win_rate_high", "win_rate_unadjusted"),
        *("p_value", "n_judgments", "units", "reason", "win_rate_reason"),
    ),
    "ranking-groups": (
        *("criterion", "group", "system", "strength", "strength_low", "strength_high"),
        *("win_rate", "win_rate_low", "win_rate_high", "n_judgments", "reason", "win_rate_reason"),
    ),
    "priority": (
        "criterion",
        "label",
        "comparisons",
        "judged",
        "ties",
        "n",
        "value",
        "low",
        "high",
        "reason",
    ),
    "pairs": (
        *("criterion", "system", "opponent", "win_rate", "win_rate_low", "win_rate_high"),
        *("wins", "ties", "losses", "p_value", "adjusted_p", "units", "reason"),
    ),
    "position": (
        *("criterion", "effect", "raters", "win_rate", "win_rate_low", "win_rate_high", "p_value"),
        *("odds", "odds_low", "odds_high", "unit", "n_judgments", "units", "reason", "adjusted_reason"),
    ),
    "rater-position": (
        *("criterion", "raters", "left_win_rate", "left_win_rate_low", "left_win_rate_high"),
        *("n_left", "n_right", "n_ties", "p_value", "adjusted_p", "reason"),
    ),
    "rating-means": (
        *("question", "system", "mean", "mean_low", "mean_high", "standard_deviation"),
        *("n_ratings", "n_raters", "n_items", "units", "reason"),
    ),
    "rating-differences": (
        *(
            "question",
            "system",
            "opponent",
            "difference",
            "difference_low",
            "difference_high",
            "p_value",
            "adjusted_p",
        ),
        *("difference_by_item", "shift", "units", "reason"),
    ),
    "rating-distribution": ("question", "system", "value", "n_ratings", "share"),
    "rating-acceptable": (
        *(
            "question",
            "system",
            "share",
            "share_low",
            "share_high",
            "threshold",
            "n_ratings",
            "units",
            "reason",
        ),
    ),
    "correlation": (
        *("criterion", "metric", "level", "label", "value", "low", "high"),
        *("n_undefined", "n_systems", "n_pairs", "n_judgments", "reason"),
    ),
    "metric-differences": (
        *(
            "criterion",
            "label",
            "test",
            "difference",
            "low",
            "high",
            "p_value",
            "units",
            "n_resamples",
            "reason",
        ),
    ),
    "rater-pairs": (
        "criterion",
        "rater",
        "other",
        "kappa",
        "kappa_low",
        "kappa_high",
        "n_units",
        "units",
        "reason",
    ),
    "rater-models-raters": (
        "criterion",
        "rater",
        "competence",
        "position_bias",
        "n_judgments",
        "method",
        "reason",
    ),
    "rater-models-preferences": (
        *("criterion", "comparison_id", "system_a", "system_b", "preferred_system", "probability"),
        *("n_judgments", "method", "reason"),
    ),
    "win-matrix": (
        *("criterion", "system", "opponent", "win_rate", "win_rate_low", "win_rate_high"),
        *("wins", "ties", "losses", "units", "reason"),
    ),
    "models": (
        *("criterion", "label", "outcomes", "aic", "aic_difference", "parameter", "value", "low", "high"),
        *("n_judgments", "reason"),
    ),
    "orders": (
        *("criterion", "system", "rating", "mean", "mean_low", "mean_high", "rank_low", "rank_high"),
        *("n_orders", "n_judgments"),
    ),
    "conditional-held-out": (
        *("criterion", "global_log_loss", "conditional_log_loss", "value", "low", "high"),
        *("n_groups", "n_judgments", "n_items", "units", "reason"),
    ),
    "conditional-strengths": (
        *("criterion", "group", "system", "strength", "strength_low", "strength_high"),
        *("deviation", "deviation_low", "deviation_high", "n_items", "reason"),
    ),
    "stopping": (
        *("criterion", "system", "opponent", "unit", "n", "win_rate", "win_rate_low", "win_rate_high"),
        *("n_units", "decided_after", "reason"),
    ),
    **dict.fromkeys(
        ("metric-prediction", "metric-detection", "metric-association"),
        ("criterion", "metric", "label", "value", "low", "high", "n", "counted", "units", "reason"),
    ),
    "metric-calibration": ("criterion", "low", "high", "n", "predicted", "observed"),
    "metric-ties": ("criterion", "epsilon", "accuracy", "chosen"),
    "metric-within-between": ("criterion", "groups", "pooled", "within", "between", "reverses", "reason"),
    "metric-systems": (
        *("criterion", "system", "metric_mean", "metric_mean_low", "metric_mean_high"),
        *("win_rate", "win_rate_low", "win_rate_high", "n_outputs", "n_judgments", "units", "reason"),
    ),
    "metric-tests": (
        *("criterion", "metric", "best", "label", "difference", "low", "high", "p_value", "p_adjusted"),
        *("adjustment", "test", "n", "units", "reason"),
    ),
    "judge-strengths": (
        *("criterion", "judge", "system", "crowd", "crowd_low", "crowd_high"),
        *("by_judge", "by_judge_low", "by_judge_high", "n_judgments", "n_verdicts", "units", "reason"),
    ),
    "judges": ("criterion", "judge", "label", "value", "low", "high", "n", "counted", "units", "reason"),
}

# Messages for tables without rows.
NOTHING = {
    "repeats": (
        "No rater judged a comparison twice, so nothing is known about how consistent the raters are."
    ),
    "pairs": "No two systems were judged against each other.",
    "rater-position": "No rater has preferred an output yet.",
    "rater-pairs": "No two raters judged the same comparison.",
    "win-matrix": "No two systems were judged against each other.",
    "conditional-strengths": "There is no conditional ranking: too few groups, systems or judgments.",
    "metric-ties": "No judged comparison has a score on both sides.",
    "metric-calibration": "No judged comparison has a score on both sides.",
    "judge-strengths": "No judge has a verdict on a question that people judged.",
}


def adjustment_key(name: str) -> str:
    """Return the key of an adjustment of P.

    Raises
    ------
    InvalidInput
        If there is no such adjustment.
    """
    return lookup({key.replace("_", "-"): key for key in ADJUSTMENTS}, name, "adjustment")


def study_judgments(selection: Selection) -> tuple[pd.DataFrame, list[str], int]:
    """Return the long table, the keys of the criteria asked for, and the study's seed."""
    with opened(selection.db) as db:
        design, seed = store.design(db, selection.study), store.study(db, selection.study).seed
        judgments = store.coded_judgments(db, selection.study)
    criteria = asked_criteria(design, selection)
    check_judged(judgments, selection)
    frames.check_subset(judgments, selection.subset)
    note_withdrawn(judgments, selection.subset)
    return judgments, criteria, seed


def asked_criteria(design: Design, selection: Selection) -> list[str]:
    """Return the key of the criterion asked for, or the keys of all.

    Raises
    ------
    NotFound
        If the study has none.
    """
    if selection.criterion:
        return [design.criterion(selection.criterion).key]
    if not design.criteria:
        raise NotFound(
            f"study {selection.study!r} asks for no preferences between two outputs; see `analyze ratings` and "
            "`analyze correlation` for its answers"
        )
    return [one.key for one in design.criteria]


def first_criterion(design: Design, selection: Selection) -> str:
    """Return the key of the criterion asked for, or of the first."""
    return asked_criteria(design, selection)[0]


def check_judged(judgments: pd.DataFrame, selection: Selection) -> None:
    """Raise NotFound if a study has no judgments of the population asked for."""
    simulated = int(judgments["simulated"].sum())
    human = len(judgments) - simulated
    asked = {"human": human, "simulated": simulated, "both": human + simulated}
    if not asked[selection.population.value]:
        raise NotFound(
            f"study {selection.study!r} has no judgments of this population ({selection.population.value}); it has "
            f"{human:,} human and {simulated:,} simulated ones: choose with --population"
        )


def joined(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the tables of several criteria as one."""
    for key, table in tables.items():
        table.insert(0, "criterion", key)
    return pd.concat(tables.values(), ignore_index=True)


def _is_shown(table: pd.DataFrame, name: str) -> bool:
    """Return whether a column is informative: some reason is given, or adjustment changes a number."""
    if name.endswith("reason"):
        return bool(table[name].notna().any())
    if name.endswith("_unadjusted"):
        return not table[name].equals(table[name.removesuffix("_unadjusted")])
    return True


def print_analysis(what: str, table: pd.DataFrame, format: TableFormat) -> None:
    """Print a table of an analysis; for people, the columns of :data:`SHOWN` and reasons if there are any."""
    keep(table)
    if format is not TableFormat.table or table.empty:
        print_table(table, format, NOTHING.get(what))
        return
    columns = [name for name in SHOWN[what] if _is_shown(table, name)]
    print_table(table[columns], format)
    levels = table["confidence_level"].dropna() if "confidence_level" in table else ()
    for line in frames.estimand_lines(table):
        note(line)
    for level in sorted(set(levels)):
        note(f"Intervals at {level:.0%}. Methods and all columns: --format json or csv.")
