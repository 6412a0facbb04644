"""The commands on metrics: list them, run them, and print a card."""

import json
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import pandas as pd
import typer

from study import frames, store
from study.cli.correlation import ItemUnitsOption
from study.cli.selection import Selection, selecting
from study.cli.shared import (
    DatabaseOption,
    FormatOption,
    Population,
    StudyOption,
    TableFormat,
    note,
    opened,
    print_table,
    progress_bar,
)
from study.errors import InvalidInput, StudyError
from study.metrics import METRICS, description, metric_label, offline_metrics
from study.store import DEFAULT_PATH
from study.tables import lookup
from study.wording import counted
from study.workflows import scoring, scoring_plan
from study.workflows.known_scores import known_scores

app = typer.Typer(help="List, compute and describe metrics.", no_args_is_help=True, rich_markup_mode=None)

ScoredMetricOption = Annotated[
    str, typer.Option("--metric", help="The name under which the scores are stored.")
]
ScoreUnitsOption = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        help="The units of intervals: item, source, profile or 'profile x source'.",
        show_default="by the design",
    ),
]
SYSTEMS_SHOWN = (
    *("metric", "system", "mean", "mean_low", "mean_high", "sd", "minimum", "median", "maximum"),
    *("n_outputs", "n_unscored", "units", "reason"),
)
PAIRS_SHOWN = ("metric", "other", "value", "low", "high", "n_outputs", "n_items", "units", "reason")
METRIC_HELP = (
    "A metric, as KEY[:PARAMETER=VALUE,...][@MODEL]; may be repeated. MODEL is a folder or a hub name. "
    "`metrics list` shows keys and parameters."
)
DIRECTIONS = {True: "higher", False: "lower", None: "-"}


@app.command("list")
def list_metrics(format: FormatOption = TableFormat.table) -> None:
    """List the metrics with what each needs and its parameters.

    \b
    Example:
      python -m study metrics list --format json
    """
    rows = [
        {
            "metric": key,
            "label": metric.label,
            "needs": ", ".join(metric.needs),
            "model": metric.model or "",
            "better": DIRECTIONS[metric.higher_is_better],
            "parameters": ", ".join(f"{name}={value}" for name, value in metric.parameters.items()),
            "source": metric.source,
            "limits": metric.limits or "",
            "signature": metric.signature,
        }
        for key, metric in METRICS.items()
    ]
    table = pd.DataFrame(rows)
    if format is TableFormat.table:
        table = table.drop(columns=["limits", "signature", "source"])
        note(
            "Metrics that need an encoder use the included model unless @MODEL names another. More: "
            "--format json."
        )
    print_table(table, format)


class CardFormat(StrEnum):
    """How a card is written."""

    markdown = "markdown"
    json = "json"


@app.command("card")
@selecting("population")
def card(
    selection: Selection,
    metric: ScoredMetricOption,
    format: Annotated[CardFormat, typer.Option(help="How to write the card.")] = CardFormat.markdown,
) -> None:
    """Print the card of a metric: version, parameters, references, distribution, agreement with raters.

    \b
    Example:
      python -m study metrics card --study demo --metric rouge_l --population simulated
    """
    from study.analysis import card_correlations, card_markdown, metric_card

    study, population = selection.study, selection.population
    with opened(selection.db) as database:
        design, seed = store.design(database, study), store.study(database, study).seed
        scores, texts = store.metric_scores(database, study), store.output_texts(database, study)
        judgments = store.coded_judgments(database, study)
        matrix, about = store.score_matrix(database, study), store.metric_summary(database, study)
    lookup({name: name for name in sorted(set(scores["metric"]))}, metric, "metric with scores")
    judged = judgments["simulated"] if population is Population.simulated else ~judgments["simulated"]
    correlations = card_correlations(
        metric,
        judgments if population is Population.both or judged.any() else judgments.iloc[:0],
        matrix,
        about,
        criteria=[criterion.key for criterion in design.criteria],
        subset=selection.subset,
        seed=seed,
    )
    made = metric_card(metric, description(metric), scores, texts, correlations, population=population.value)
    if format is CardFormat.json:
        print(json.dumps(made, indent=2, ensure_ascii=False, allow_nan=False))
    else:
        print(card_markdown(made), end="")


class Level(StrEnum):
    """How outputs are compared; the keys of ``METRIC_LEVELS``."""

    by_item = "by_item"
    pooled = "pooled"


class ScoreSubject(StrEnum):
    """The part of the report on scores."""

    systems = "systems"
    quartiles = "quartiles"


@app.command("scores")
@selecting("format", cluster=ScoreUnitsOption)
def scores(
    selection: Selection,
    metric: ScoredMetricOption,
    look: Annotated[
        ScoreSubject, typer.Option("--look", help="The mean of each system, with its interval; or quartiles.")
    ] = ScoreSubject.systems,
) -> None:
    """Print how the scores of a metric are distributed in each system, and how many outputs have none.

    \b
    Example:
      python -m study metrics scores --study demo --metric words
    """
    from study.analysis import score_quartiles, score_table_of

    with opened(selection.db) as database:
        store.study(database, selection.study)
        known = store.metric_scores(database, selection.study)
    lookup({name: name for name in sorted(set(known["metric"]))}, metric, "metric with scores")
    if look is ScoreSubject.quartiles:
        print_table(score_quartiles(known, metric=metric), selection.format, "No output has a score.")
        return
    table = score_table_of(known, metric=metric, cluster=selection.cluster)
    _print(table, SYSTEMS_SHOWN, selection)


@app.command("correlations")
@selecting("format", cluster=ItemUnitsOption)
def correlations(
    selection: Selection,
    level: Annotated[
        Level, typer.Option(help="Outputs are compared within items, or all together.")
    ] = Level.by_item,
) -> None:
    """Print how similarly each pair of metrics orders outputs: Spearman's correlation, with intervals.

    \b
    Example:
      python -m study metrics correlations --study demo --level pooled
    """
    from study.analysis import metric_correlations

    with opened(selection.db) as database:
        seed = store.study(database, selection.study).seed
        known = store.metric_scores(database, selection.study)
    with progress_bar() as draw:
        table = metric_correlations(
            known, level=level.value, cluster=selection.cluster, seed=seed, progress=draw
        )
    _print(table, PAIRS_SHOWN, selection, "Scores of at least two metrics are needed.")


def _print(
    table: pd.DataFrame, shown: tuple[str, ...], selection: Selection, nothing: str | None = None
) -> None:
    """Print a table; for people the columns that fit, and to whom the numbers generalise."""
    if not selection.for_people or table.empty:
        print_table(table, selection.format, nothing)
        return
    names = [name for name in shown if name != "reason" or table["reason"].notna().any()]
    print_table(table[names], selection.format)
    for line in frames.estimand_lines(table):
        note(line)
    note("Intervals at 95%. Methods and all columns: --format json or csv.")


@app.command("run")
def run_metrics(
    study: StudyOption,
    metric: Annotated[
        list[str] | None, typer.Option(help=METRIC_HELP, show_default="all that need no model of your own")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what a run would compute, but compute nothing.")
    ] = False,
    format: FormatOption = TableFormat.table,
    db: DatabaseOption = DEFAULT_PATH,
) -> None:
    """Compute metrics for all outputs of a study; known scores are not computed again.

    If a run is stopped or killed, the next one continues from there. Nothing is downloaded unless you name a model that
    is not on this machine.

    \b
    Examples:
      python -m study metrics run --study demo
      python -m study metrics run --study demo --dry-run
      python -m study metrics run --study demo --metric bert_score:idf=yes --metric perplexity@models/gpt2
    """
    with opened(db) as database:
        store.study(database, study)
        names = metric or offline_metrics(store.output_texts(database, study))
        if dry_run:
            print_table(_plan(database, study, names), format)
            return
        with progress_bar() as draw:
            outcome = scoring.score_study(
                database, study, names, progress=lambda now: draw(now.part, str(now))
            )
    note(
        f"{counted(len(names), 'metric')}: {counted(outcome.computed, 'score')} computed, "
        f"{outcome.known:,} already known."
    )
    for (name, reason), count in sorted(outcome.unscorable.items()):
        note(f"{metric_label(name)}: no score for {counted(count, 'output')}: {reason}.")
    if outcome.errors:
        raise StudyError("; ".join(f"{metric_label(name)}: {why}" for name, why in outcome.errors.items()))


def _plan(database: store.Database, study: str, names: Sequence[str]) -> pd.DataFrame:
    """Return what a run of metrics would compute, one row per metric.

    Raises
    ------
    InvalidInput
        If a name means no metric.
    """
    texts = store.output_texts(database, study)
    meant = scoring_plan.signed(texts, names=tuple(dict.fromkeys(names)))
    for one in meant.values():
        if one.refusal is not None:
            raise InvalidInput(one.refusal)
    plans = scoring_plan.extents(texts, **known_scores(database, study, meant))
    return pd.DataFrame(
        {
            "metric": name,
            "label": one.label,
            "needs": ", ".join(one.needs),
            "model": one.model,
            "to_compute": one.n_missing,
            "characters": one.characters,
            "known": one.n_known,
            "lack_a_text": one.n_lacking,
            "limits": one.limits,
        }
        for name, one in plans.items()
    )
