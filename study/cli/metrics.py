"""The commands on metrics: list them, run them, and print a card."""

import json
from enum import StrEnum
from typing import Annotated

import pandas as pd
import typer

from study import frames, store
from study.cli.shared import (
    DatabaseOption,
    FormatOption,
    Population,
    PopulationOption,
    StudyOption,
    TableFormat,
    note,
    opened,
    print_table,
    progress_bar,
)
from study.errors import StudyError
from study.metrics import METRICS, description, metric_label, offline_metrics
from study.store import DEFAULT_PATH
from study.tables import lookup
from study.wording import counted
from study.workflows import scoring

app = typer.Typer(help="List, compute and describe metrics.", no_args_is_help=True, rich_markup_mode=None)

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
def card(
    study: StudyOption,
    metric: Annotated[str, typer.Option(help="The name under which the scores are stored.")],
    population: PopulationOption = Population.human,
    format: Annotated[CardFormat, typer.Option(help="How to write the card.")] = CardFormat.markdown,
    db: DatabaseOption = DEFAULT_PATH,
) -> None:
    """Print the card of a metric: version, parameters, references, distribution, agreement with raters.

    \b
    Example:
      python -m study metrics card --study demo --metric rouge_l --population simulated
    """
    from study.analysis import card_correlations, card_markdown, metric_card

    with opened(db) as database:
        design, seed = store.design(database, study), store.study(database, study).seed
        scores, texts = store.metric_scores(database, study), store.output_texts(database, study)
        judgments = store.coded_judgments(database, study)
        matrix, about = store.score_matrix(database, study), store.metric_summary(database, study)
    lookup({name: name for name in sorted(set(scores["metric"]))}, metric, "metric with scores")
    judged = judgments["simulated"] if population is Population.simulated else ~judgments["simulated"]
    subset = frames.Subset(population.value)
    correlations = card_correlations(
        metric,
        judgments if population is Population.both or judged.any() else judgments.iloc[:0],
        matrix,
        about,
        criteria=[criterion.key for criterion in design.criteria],
        subset=subset,
        seed=seed,
    )
    made = metric_card(metric, description(metric), scores, texts, correlations, population=population.value)
    if format is CardFormat.json:
        print(json.dumps(made, indent=2, ensure_ascii=False, allow_nan=False))
    else:
        print(card_markdown(made), end="")


@app.command("run")
def run_metrics(
    study: StudyOption,
    metric: Annotated[
        list[str] | None, typer.Option(help=METRIC_HELP, show_default="all that need no model of yours")
    ] = None,
    db: DatabaseOption = DEFAULT_PATH,
) -> None:
    """Compute metrics for all outputs of a study; known scores are not computed again.

    If a run is stopped or killed, the next one continues from there. Nothing is downloaded unless you name a model that
    is not on this machine.

    \b
    Examples:
      python -m study metrics run --study demo
      python -m study metrics run --study demo --metric bert_score:idf=yes --metric perplexity@models/gpt2
    """
    with opened(db) as database:
        store.study(database, study)
        names = metric or offline_metrics(store.output_texts(database, study))
        with progress_bar() as draw:
            outcome = scoring.score_study(
                database, study, names, progress=lambda now: draw(now.part, str(now))
            )
    note(
        f"{counted(len(names), 'metric')}: {counted(outcome.computed, 'score')} computed, "
        f"{outcome.known:,} known already."
    )
    for (name, reason), count in sorted(outcome.unscorable.items()):
        note(f"{metric_label(name)}: no score for {counted(count, 'output')}: {reason}.")
    if outcome.errors:
        raise StudyError("; ".join(f"{metric_label(name)}: {why}" for name, why in outcome.errors.items()))
