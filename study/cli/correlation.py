"""The commands that print how metrics and judges agree with raters."""

from enum import StrEnum
from typing import Annotated, Any

import pandas as pd
import typer

from study import store
from study.cli.analyses import joined, print_analysis, study_judgments
from study.cli.selection import SUBSET, Selection, selecting
from study.cli.shared import is_repeated, note, opened, progress_bar
from study.errors import InvalidInput, NotFound
from study.metrics import missing_metrics
from study.workflows import scoring


class Level(StrEnum):
    """A level of comparison; the keys of ``LEVELS``."""

    comparison = "comparison"
    by_item = "by_item"
    by_system = "by_system"
    pooled = "pooled"
    system = "system"


class Cluster(StrEnum):
    """What an interval generalises to; the keys of ``CLUSTERS``."""

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
StatisticOption = Annotated[
    list[str] | None,
    typer.Option("--statistic", help="A statistic of the level; may be repeated.", show_default="all"),
]
CorrelationUnitsOption = Annotated[
    Cluster | None,
    typer.Option(
        "--cluster",
        help="What intervals generalise to: new items, profiles with their items, systems, systems and items, systems and "
        "profiles, raters.",
        show_default="profiles where items belong to 5 or more, else items",
    ),
]


class MetricUnits(StrEnum):
    """The units of tests of two metrics."""

    items = "items"
    profiles = "profiles"


ItemUnitsOption = Annotated[
    MetricUnits | None,
    typer.Option(
        "--cluster",
        help="The units of intervals: items, or profiles with their items.",
        show_default="profiles where items belong to 5 or more, else items",
    ),
]


class JudgeSubject(StrEnum):
    """The part of the report on judges."""

    agreement = "agreement"
    strengths = "strengths"


# A judge's strength, next to the name of the judge.
BY_JUDGE = {"judge": "by_judge", "judge_low": "by_judge_low", "judge_high": "by_judge_high"}
MetricArgument = Annotated[str, typer.Argument(help="The name of a metric.")]


@selecting("criterion", "format", *SUBSET, cluster=CorrelationUnitsOption)
def correlation(
    selection: Selection,
    level: LevelOption = None,
    statistic: StatisticOption = None,
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

    with opened(selection.db) as db:
        asks_more = store.design(db, selection.study).asks_of_outputs(selection.criterion)
    if asks_more:
        _of_answers(selection, level, statistic)
        return
    judgments, criteria, seed = study_judgments(selection)
    scores, about = study_scores(selection)
    levels = [one.value for one in level or (Level.comparison, Level.system)]
    over = selection.cluster
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
                    subset=selection.subset,
                    seed=seed,
                    progress=progress,
                )
                for one, names in asked.items()
                if names
            ]
            tables[key] = pd.concat(parts, ignore_index=True)
    print_analysis("correlation", joined(tables), selection.format)
    if selection.for_people:
        for one in levels:
            note(f"{LEVELS[one].label}: {LEVELS[one].words}")


def _of_answers(selection: Selection, level: list[Level] | None, statistic: list[str] | None) -> None:
    """Print the correlations of metrics with ratings, ranks and other answers about outputs."""
    from study.analysis import answer_correlation_table
    from study.analysis.correlation import LEVELS

    with opened(selection.db) as db:
        design, seed = store.design(db, selection.study), store.study(db, selection.study).seed
        answers = store.answers(db, selection.study)
    scores, about = study_scores(selection)
    levels = [one.value for one in level or (Level.pooled, Level.system)]
    tables = [
        answer_correlation_table(
            answers,
            scores,
            about,
            question=question,
            level=one,
            statistics=names,
            cluster=selection.cluster,
            subset=selection.subset,
            seed=seed,
        ).assign(criterion=question)
        for question in design.asks_of_outputs(selection.criterion)
        for one in levels
        if (names := _statistics(one, statistic, selection.cluster))
    ]
    print_analysis("correlation", pd.concat(tables, ignore_index=True), selection.format)
    if selection.for_people:
        for one in levels:
            note(f"{LEVELS[one].label}: {LEVELS[one].words}")


@selecting("criterion", "cluster", "format", *SUBSET)
def judges(
    selection: Selection,
    look: Annotated[
        JudgeSubject,
        typer.Option(
            "--look", help="Every statistic; or the strength of each system by people and by the judge."
        ),
    ] = JudgeSubject.agreement,
) -> None:
    """Print how well automatic judges agree with raters: strengths, majority, kappa, flips, position bias, failures.

    \b
    Example:
      python -m study analyze judges --study mine --format json
    """
    from study.analysis import judge_points, judge_table, judges_of

    judgments, criteria, seed = study_judgments(selection)
    with opened(selection.db) as database:
        verdicts = store.verdicts(database, selection.study)
    if verdicts.empty:
        raise NotFound(
            f"study {selection.study!r} has no verdicts of judges; ask one with `judges run`, or import verdicts "
            "with `import --format verdicts`"
        )
    if look is JudgeSubject.strengths:
        options: dict[str, Any] = {"cluster": selection.cluster, "subset": selection.subset}
        points = {
            key: _joined_judges(
                {
                    judge: judge_points(judgments, verdicts, judge=judge, criterion=key, **options)
                    for judge in judges_of(verdicts, key)
                }
            )
            for key in criteria
        }
        print_analysis("judge-strengths", joined(points), selection.format)
        return
    tables = {
        key: judge_table(
            judgments, verdicts, criterion=key, cluster=selection.cluster, subset=selection.subset, seed=seed
        )
        for key in criteria
    }
    print_analysis("judges", joined(tables), selection.format)


def _joined_judges(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the tables of several judges as one; the column ``by_judge`` is a judge's strength."""
    named = [table.rename(columns=BY_JUDGE) for table in tables.values()]
    for judge, table in zip(tables, named, strict=True):
        table.insert(0, "judge", judge)
    return pd.concat(named, ignore_index=True) if named else pd.DataFrame()


def _statistics(level: str, asked: list[str] | None, cluster: str | None) -> tuple[str, ...]:
    """Return a level's requested statistics; by default those that fit the cluster."""
    from study.analysis.correlation import LEVELS, clusters_of

    known = LEVELS[level].statistics
    if asked:
        return tuple(one for one in asked if one in known)
    return tuple(one for one in known if cluster is None or cluster in clusters_of(level, one))


def study_scores(selection: Selection) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the scores of a study and a summary of its metrics, after computing missing built-in ones."""
    study_id = selection.study
    with opened(selection.db) as db:
        texts = store.output_texts(db, study_id)
        metrics = missing_metrics(store.metric_scores(db, study_id), texts)
        if metrics and not is_repeated():
            note(f"Computing {', '.join(metrics)}.")
            with progress_bar() as progress:
                scoring.score_here(db, study_id, metrics, progress=lambda now: progress(now.part, now.metric))
        return store.score_matrix(db, study_id), store.metric_summary(db, study_id)
