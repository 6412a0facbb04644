"""The commands that print what the correlation page shows: metrics, two metrics, judges."""

from enum import StrEnum
from typing import Annotated

import pandas as pd
import typer

from study import store
from study.cli.analyses import ClusterOption as UnitsOption
from study.cli.analyses import CriterionOption, chosen_subset, joined, print_analysis, study_judgments
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
    WithdrawnOption,
    is_repeated,
    note,
    opened,
    progress_bar,
)
from study.errors import InvalidInput, NotFound
from study.metrics import missing_metrics
from study.store import DEFAULT_PATH
from study.workflows import scoring


class Level(StrEnum):
    """A level of comparison; the keys of ``LEVELS``."""

    comparison = "comparison"
    by_item = "by_item"
    by_system = "by_system"
    pooled = "pooled"
    system = "system"


class Cluster(StrEnum):
    """To whom an interval generalises; the keys of ``CLUSTERS``."""

    items = "items"
    profiles = "profiles"
    systems = "systems"
    both = "both"
    systems_and_profiles = "systems_and_profiles"
    raters = "raters"


LevelOption = Annotated[
    list[Level] | None,
    typer.Option(
        "--level", help="Where metric and people meet; may be repeated.", show_default="comparison and system"
    ),
]
OneLevelOption = Annotated[Level, typer.Option("--level", help="Where metric and people meet.")]
StatisticOption = Annotated[
    list[str] | None,
    typer.Option("--statistic", help="A statistic of the level; may be repeated.", show_default="all"),
]
OneStatisticOption = Annotated[
    str | None,
    typer.Option("--statistic", help="A statistic of the level.", show_default="the first of the level"),
]
ClusterOption = Annotated[
    Cluster | None,
    typer.Option(
        "--cluster",
        help="To whom intervals generalise: new items, profiles with their items, systems, systems and items, systems and "
        "profiles, raters.",
        show_default="profiles where items belong to 5 or more, else items",
    ),
]


class MetricUnits(StrEnum):
    """The units of tests of two metrics."""

    items = "items"
    profiles = "profiles"


MetricUnitsOption = Annotated[
    MetricUnits | None,
    typer.Option(
        "--cluster",
        help="What tests are over: items, or profiles with their items.",
        show_default="profiles where items belong to 5 or more, else items",
    ),
]
MetricArgument = Annotated[str, typer.Argument(help="The name of a metric.")]
ResamplesOption = Annotated[int, typer.Option("--resamples", min=1, help="How many resamples.")]


def correlation(
    study: StudyOption,
    criterion: CriterionOption = None,
    level: LevelOption = None,
    statistic: StatisticOption = None,
    cluster: ClusterOption = None,
    population: PopulationOption = Population.human,
    profile: ProfileOption = None,
    role: RoleOption = None,
    tag: TagOption = None,
    excluded: ExcludedOption = False,
    withdrawn: WithdrawnOption = False,
    format: FormatOption = TableFormat.table,
    db: DatabaseOption = DEFAULT_PATH,
) -> None:
    """Print how well metrics agree with raters; missing scores of built-in metrics are computed first.

    Statistics that the chosen cluster does not allow are left out, unless you name them with --statistic.

    \b
    Examples:
      python -m study analyze correlation --study demo --population simulated --format csv
      python -m study analyze correlation --study mine --level by_item --statistic kendall_b --cluster both
    """
    from study.analysis import correlation_table
    from study.analysis.correlation import LEVELS

    judgments, criteria, subset, seed = study_judgments(
        db, study, criterion, chosen_subset(population, profile, role, tag, excluded, withdrawn)
    )
    scores, about = _scores(db, study)
    levels = [one.value for one in level or (Level.comparison, Level.system)]
    over = cluster.value if cluster else None
    asked = {one: _statistics(one, statistic, over) for one in levels}
    if not any(asked.values()):
        allowed = ", ".join(key for one in levels for key in LEVELS[one].statistics)
        raise InvalidInput(
            f"unknown statistic {', '.join(statistic or [])!r}; allowed at this level: {allowed}"
        )
    tables = {}
    with progress_bar() as progress:
        for key in criteria:
            parts = [
                correlation_table(
                    judgments,
                    scores,
                    about,
                    criterion=key,
                    level=one,
                    statistics=names,
                    cluster=over,
                    subset=subset,
                    seed=seed,
                    progress=progress,
                )
                for one, names in asked.items()
                if names
            ]
            tables[key] = pd.concat(parts, ignore_index=True)
    print_analysis("correlation", joined(tables), format)
    if format is TableFormat.table:
        for one in levels:
            note(f"{LEVELS[one].label}: {LEVELS[one].words}")


def metric_differences(
    study: StudyOption,
    first: MetricArgument,
    second: MetricArgument,
    criterion: CriterionOption = None,
    level: OneLevelOption = Level.comparison,
    statistic: OneStatisticOption = None,
    cluster: MetricUnitsOption = None,
    resamples: ResamplesOption = 1000,
    population: PopulationOption = Population.human,
    profile: ProfileOption = None,
    role: RoleOption = None,
    tag: TagOption = None,
    excluded: ExcludedOption = False,
    withdrawn: WithdrawnOption = False,
    format: FormatOption = TableFormat.table,
    db: DatabaseOption = DEFAULT_PATH,
) -> None:
    """Test whether two metrics agree equally well with raters, by every test that applies.

    \b
    Example:
      python -m study analyze metric-differences --study mine rouge_l length --level by_item --statistic kendall_b
    """
    from study.analysis import metric_differences as differences
    from study.analysis.correlation import LEVELS

    judgments, criteria, subset, seed = study_judgments(
        db, study, criterion, chosen_subset(population, profile, role, tag, excluded, withdrawn)
    )
    scores, _ = _scores(db, study)
    tables = {}
    with progress_bar() as progress:
        for key in criteria:
            tables[key] = differences(
                judgments,
                scores,
                criterion=key,
                first=first,
                second=second,
                level=level.value,
                statistic=statistic or next(iter(LEVELS[level.value].statistics)),
                cluster=cluster.value if cluster else None,
                subset=subset,
                seed=seed,
                n_resamples=resamples,
                progress=progress,
            )
    print_analysis("metric-differences", joined(tables), format)


def judges(
    study: StudyOption,
    criterion: CriterionOption = None,
    cluster: UnitsOption = None,
    population: PopulationOption = Population.human,
    profile: ProfileOption = None,
    role: RoleOption = None,
    tag: TagOption = None,
    excluded: ExcludedOption = False,
    withdrawn: WithdrawnOption = False,
    format: FormatOption = TableFormat.table,
    db: DatabaseOption = DEFAULT_PATH,
) -> None:
    """Print how well automatic judges agree with raters: strengths, majority, kappa, flips, position bias, failures.

    \b
    Example:
      python -m study analyze judges --study mine --format json
    """
    from study.analysis import judge_table

    judgments, criteria, subset, seed = study_judgments(
        db, study, criterion, chosen_subset(population, profile, role, tag, excluded, withdrawn)
    )
    with opened(db) as database:
        verdicts = store.verdicts(database, study)
    if verdicts.empty:
        raise NotFound(
            f"study {study!r} has no verdicts of judges; ask one with `judges run`, or import verdicts "
            "with `import --format verdicts`"
        )
    tables = {
        key: judge_table(judgments, verdicts, criterion=key, cluster=cluster, subset=subset, seed=seed)
        for key in criteria
    }
    print_analysis("judges", joined(tables), format)


def _statistics(level: str, asked: list[str] | None, cluster: str | None) -> tuple[str, ...]:
    """Return a level's requested statistics; by default those that fit the cluster."""
    from study.analysis.correlation import LEVELS, clusters_of

    known = LEVELS[level].statistics
    if asked:
        return tuple(one for one in asked if one in known)
    return tuple(one for one in known if cluster is None or cluster in clusters_of(level, one))


def _scores(place: store.Place, study_id: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the scores of a study and a summary of its metrics, after computing missing built-in ones."""
    with opened(place) as db:
        texts = store.output_texts(db, study_id)
        metrics = missing_metrics(store.metric_scores(db, study_id), texts)
        if metrics and not is_repeated():
            note(f"Computing {', '.join(metrics)}.")
            with progress_bar() as progress:
                scoring.score_here(db, study_id, metrics, progress=lambda now: progress(now.part, now.metric))
        return store.score_matrix(db, study_id), store.metric_summary(db, study_id)
