"""The commands that print the tables of the analysis pages."""

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from study import frames, store
from study.cli.shared import (
    DatabaseOption,
    ExcludedOption,
    FormatOption,
    Population,
    PopulationOption,
    ProfileOption,
    RoleOption,
    StudyOption,
    TableFormat,
    TagOption,
    note,
    opened,
    print_table,
    progress_bar,
)
from study.errors import NotFound
from study.metrics import missing_metrics, score_outputs
from study.store import DEFAULT_PATH

app = typer.Typer(
    help="Print agreement, ranking or correlation.", no_args_is_help=True, rich_markup_mode=None
)

CriterionOption = Annotated[
    str | None,
    typer.Option("--criterion", help="The key of a criterion.", show_default="all, one after the other"),
]
# What fits a terminal; JSON and CSV hold every column. A reason is shown where there is one.
SHOWN = {
    "agreement": ("criterion", "label", "value", "low", "high", "n_units", "n_ratings", "n_raters", "reason"),
    "groups": ("criterion", "group", "label", "value", "low", "high", "n_units", "n_raters", "reason"),
    "raters": (
        *("criterion", "rater", "n_judgments", "agreement", "agreement_low", "agreement_high"),
        *("kappa", "left_rate", "left_p", "median_seconds", "reason"),
    ),
    "taste": ("criterion", "label", "value", "low", "high", "n_units", "reason"),
    "repeats": ("criterion", "rater", "label", "value", "low", "high", "n_repeats", "reason"),
    "ranking": (
        *("criterion", "system", "strength", "strength_low", "strength_high"),
        *("win_rate", "win_rate_low", "win_rate_high", "n_judgments", "reason", "win_rate_reason"),
    ),
    "correlation": (
        *("criterion", "metric", "level", "label", "value", "low", "high"),
        *("n_systems", "n_pairs", "n_judgments", "reason"),
    ),
}


@app.command()
def ranking(
    study: StudyOption,
    criterion: CriterionOption = None,
    population: PopulationOption = Population.human,
    profile: ProfileOption = None,
    role: RoleOption = None,
    tag: TagOption = None,
    excluded: ExcludedOption = False,
    format: FormatOption = TableFormat.table,
    db: DatabaseOption = DEFAULT_PATH,
) -> None:
    """Print how strong the systems are: Bradley-Terry strengths and win rates, with intervals.

    \b
    Example:
      python -m study analyze ranking --study demo --population simulated --criterion fit
    """
    from study.analysis import ranking_table

    judgments, criteria, subset, _ = study_judgments(
        db, study, criterion, chosen_subset(population, profile, role, tag, excluded)
    )
    tables = {key: ranking_table(judgments, criterion=key, subset=subset) for key in criteria}
    print_analysis("ranking", joined(tables), format)


@app.command()
def correlation(
    study: StudyOption,
    criterion: CriterionOption = None,
    population: PopulationOption = Population.human,
    profile: ProfileOption = None,
    role: RoleOption = None,
    tag: TagOption = None,
    excluded: ExcludedOption = False,
    format: FormatOption = TableFormat.table,
    db: DatabaseOption = DEFAULT_PATH,
) -> None:
    """Print how well metrics agree with raters, by comparison and by system; built-in metrics are computed first.

    \b
    Example:
      python -m study analyze correlation --study demo --population simulated --format csv
    """
    from study.analysis import correlation_table

    judgments, criteria, subset, seed = study_judgments(
        db, study, criterion, chosen_subset(population, profile, role, tag, excluded)
    )
    scores = _scores(db, study)
    tables = {
        key: correlation_table(judgments, scores, criterion=key, subset=subset, seed=seed) for key in criteria
    }
    print_analysis("correlation", joined(tables), format)


def chosen_subset(
    population: Population,
    profiles: list[str] | None,
    roles: list[str] | None,
    tags: list[str] | None,
    excluded: bool,
) -> frames.Subset:
    """Return which judgments the options ask for."""
    return frames.Subset(
        population.value, excluded, tuple(profiles or ()), tuple(roles or ()), tuple(tags or ())
    )


def study_judgments(
    path: Path, study_id: str, criterion: str | None, subset: frames.Subset
) -> tuple[pd.DataFrame, list[str], frames.Subset, int]:
    """Return the long table, the keys of the criteria asked for, the subset and the study's seed."""
    with opened(path) as db:
        design, seed = store.design(db, study_id), store.study(db, study_id).seed
        judgments = store.coded_judgments(db, study_id)
    criteria = [design.criterion(criterion).key] if criterion else [one.key for one in design.criteria]
    simulated = int(judgments["simulated"].sum())
    human = len(judgments) - simulated
    asked = {"human": human, "simulated": simulated, "both": human + simulated}
    if not asked[subset.population]:
        raise NotFound(
            f"study {study_id!r} has no judgments of this population ({subset.population}); there are {human:,} human "
            f"and {simulated:,} simulated ones, and --population says which count"
        )
    frames.check_subset(judgments, subset)
    return judgments, criteria, subset, seed


def _scores(path: Path, study_id: str) -> pd.DataFrame:
    """Return the metric scores of a study, after the built-in metrics that were missing are computed."""
    with opened(path) as db:
        texts = store.output_texts(db, study_id)
        metrics = missing_metrics(store.metric_scores(db, study_id), texts)
        if metrics:
            note(f"Computing {', '.join(metrics)}.")
            with progress_bar() as progress:
                found = score_outputs(texts, metrics, study_id=study_id, progress=progress)
            store.save_scores(db, found)
        return store.metric_scores(db, study_id)


def joined(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the tables of several criteria as one."""
    for key, table in tables.items():
        table.insert(0, "criterion", key)
    return pd.concat(tables.values(), ignore_index=True)


def print_analysis(what: str, table: pd.DataFrame, format: TableFormat) -> None:
    """Print a table of an analysis; for people, the columns of :data:`SHOWN` and reasons where there are any."""
    if format is not TableFormat.table:
        print_table(table, format)
        return
    columns = [name for name in SHOWN[what] if not name.endswith("reason") or table[name].notna().any()]
    print_table(table[columns], format)
    for level in sorted(set(table["confidence_level"].dropna())):
        note(f"Intervals at {level:.0%}. Methods and all columns: --format json or csv.")
