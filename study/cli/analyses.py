"""The commands that print the tables of the analysis pages."""

from typing import Annotated

import pandas as pd
import typer

from study import frames, store
from study.cli.shared import (
    Population,
    TableFormat,
    keep,
    note,
    note_withdrawn,
    opened,
    print_table,
)
from study.errors import NotFound

app = typer.Typer(
    help="Print agreement, ranking or correlation.", no_args_is_help=True, rich_markup_mode=None
)

CriterionOption = Annotated[
    str | None,
    typer.Option("--criterion", help="The key of a criterion.", show_default="all, one after the other"),
]
ClusterOption = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        help="What intervals and tests are over: rater, item, source, profile, or a set such as rater,profile.",
        show_default="by the design",
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
    "judges": ("criterion", "judge", "label", "value", "low", "high", "n", "counted", "units", "reason"),
}

# Messages for tables without rows.
NOTHING = {
    "repeats": (
        "No rater judged a comparison twice, so nothing is known about how consistent the raters are."
    ),
    "pairs": "No two systems were judged against each other.",
    "rater-position": "No rater has preferred an output yet.",
}


def chosen_subset(
    population: Population,
    profiles: list[str] | None,
    roles: list[str] | None,
    tags: list[str] | None,
    excluded: bool,
    withdrawn: bool,
) -> frames.Subset:
    """Return which judgments the options ask for."""
    return frames.Subset(
        population.value, excluded, tuple(profiles or ()), tuple(roles or ()), tuple(tags or ()), withdrawn
    )


def study_judgments(
    place: store.Place, study_id: str, criterion: str | None, subset: frames.Subset
) -> tuple[pd.DataFrame, list[str], frames.Subset, int]:
    """Return the long table, the keys of the criteria asked for, the subset and the study's seed."""
    with opened(place) as db:
        design, seed = store.design(db, study_id), store.study(db, study_id).seed
        judgments = store.coded_judgments(db, study_id)
    criteria = [design.criterion(criterion).key] if criterion else [one.key for one in design.criteria]
    simulated = int(judgments["simulated"].sum())
    human = len(judgments) - simulated
    asked = {"human": human, "simulated": simulated, "both": human + simulated}
    if not asked[subset.population]:
        raise NotFound(
            f"study {study_id!r} has no judgments of this population ({subset.population}); it has "
            f"{human:,} human and {simulated:,} simulated ones: choose with --population"
        )
    frames.check_subset(judgments, subset)
    note_withdrawn(judgments, subset)
    return judgments, criteria, subset, seed


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
