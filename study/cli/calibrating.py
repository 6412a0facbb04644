"""The commands on sentinels and on the calibrated metric."""

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from study import frames, store
from study.cli.correlation import MetricUnits
from study.cli.shared import (
    DatabaseOption,
    ExcludedOption,
    FormatOption,
    Population,
    PopulationOption,
    StudyOption,
    TableFormat,
    WithdrawnOption,
    note,
    note_withdrawn,
    opened,
    print_table,
    progress_bar,
)
from study.errors import NotFound
from study.metrics import missing_metrics
from study.metrics.meta import N_ITERATIONS, parse_recipe
from study.protocol.design import Design
from study.records import MetricScore
from study.store import DEFAULT_PATH
from study.wording import counted
from study.workflows import scoring

app = typer.Typer(
    help="Fit one metric out of many to people's judgments, or apply one.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
CriterionOption = Annotated[
    str | None, typer.Option("--criterion", help="The key of a criterion.", show_default="the first")
]
SentinelUnitsOption = Annotated[
    MetricUnits | None,
    typer.Option(
        "--cluster",
        help="What intervals are over: items, or profiles with their items.",
        show_default="profiles where items belong to 5 or more, else items",
    ),
]
HeldOutOption = Annotated[
    MetricUnits | None,
    typer.Option(
        "--cluster",
        help="What is held out and what intervals are over: items, or profiles with their items.",
        show_default="profiles where items belong to 10 or more, else items",
    ),
]
SHOWN = {
    "sentinels": (
        *(
            "label",
            "ungrouped",
            "ungrouped_low",
            "ungrouped_high",
            "within_item",
            "within_item_low",
            "within_item_high",
        ),
        *("n_outputs", "n_items", "units", "verdict"),
    ),
    "meta": (
        *("metric", "weight", "weight_low", "weight_high", "train", "value", "low", "high"),
        *("difference", "difference_low", "difference_high", "n_items", "units", "reason"),
    ),
}


def sentinels(
    study: StudyOption,
    criterion: CriterionOption = None,
    cluster: SentinelUnitsOption = None,
    population: PopulationOption = Population.human,
    excluded: ExcludedOption = False,
    withdrawn: WithdrawnOption = False,
    keep: Annotated[
        bool, typer.Option("--store", help="Store the sentinels' scores beside the metrics.")
    ] = False,
    by_encoder: Annotated[
        bool,
        typer.Option("--encoder", help="Let sentinels read texts by the encoder instead of as n-grams."),
    ] = False,
    format: FormatOption = TableFormat.table,
    db: DatabaseOption = DEFAULT_PATH,
) -> None:
    """Compare metrics with sentinels, which see only the length, the source, the profile or the output.

    \b
    Example:
      python -m study metrics sentinels --study demo --population simulated
    """
    from study.analysis.meta import turned_round
    from study.analysis.sentinels import sentinel_sentences, sentinel_table, with_sentinels
    from study.metrics.sentinels import FEATURES
    from study.workflows import text_embeddings

    subset = frames.Subset(population.value, excluded, withdrawn=withdrawn)
    with opened(db) as database:
        seed, key = store.study(database, study).seed, _criterion(store.design(database, study), criterion)
        judgments, texts = store.coded_judgments(database, study), store.output_texts(database, study)
        note_withdrawn(judgments, subset)
        missing = missing_metrics(store.metric_scores(database, study), texts)
        if missing:
            scoring.score_here(database, study, missing)
        scores = store.metric_scores(database, study)
        _check_judged(judgments["simulated"], study, population)
        options = {"criterion": key, "subset": subset, "seed": seed}
        if by_encoder:
            text_embeddings.compute_embedding(database, texts, seed=seed)
        embedding = text_embeddings.known_embedding(database, texts, seed=seed) if by_encoder else None
        both = with_sentinels(judgments, scores, texts, embedding=embedding, **options)  # type: ignore[arg-type]
        names = turned_round(sorted(set(both["metric"])))
        over = cluster.value if cluster else None
        table = sentinel_table(judgments, both, lower_is_better=names, cluster=over, **options)  # type: ignore[arg-type]
        if keep:
            own = both[both["metric"].str.startswith("sentinel_")]
            columns = (own["output_id"], own["metric"], own["value"], own["reason"], own["signature"])
            store.save_scores(
                database,
                [
                    MetricScore(
                        study, one, metric, None if value != value else value, reason or None, signature
                    )
                    for one, metric, value, reason, signature in zip(*columns, strict=True)
                ],
            )
    print_table(table[list(SHOWN["sentinels"])] if format is TableFormat.table else table, format)
    for sentence in (*sentinel_sentences(table), *frames.estimand_lines(table)):
        note(sentence)
    note(f"Sentinels read texts as {embedding.name if embedding else FEATURES}.")


@app.command("fit")
def fit(
    study: StudyOption,
    metric: Annotated[
        list[str] | None, typer.Option(help="A metric with scores; may be repeated.", show_default="all")
    ] = None,
    recipe: Annotated[
        Path | None, typer.Option("--recipe", help="Write the recipe to this file.", show_default="none")
    ] = None,
    lower: Annotated[
        list[str] | None,
        typer.Option(help="A metric that is better low; may be repeated.", show_default="as known"),
    ] = None,
    coefficient: Annotated[str, typer.Option(help="kendall_b, pearson, spearman or acc_eq.")] = "kendall_b",
    level: Annotated[str, typer.Option(help="by_item, pooled, system_level or by_system.")] = "by_item",
    iterations: Annotated[int, typer.Option(min=1, help="Steps of the search.")] = N_ITERATIONS,
    cluster: HeldOutOption = None,
    criterion: CriterionOption = None,
    population: PopulationOption = Population.human,
    excluded: ExcludedOption = False,
    withdrawn: WithdrawnOption = False,
    format: FormatOption = TableFormat.table,
    db: DatabaseOption = DEFAULT_PATH,
) -> None:
    """Fit weights of metrics to people's judgments, and print how well the weighted sum does on held-out items.

    \b
    Example:
      python -m study metrics meta fit --study demo --population simulated --recipe recipe.json
    """
    from study.analysis.meta import calibrate, turned_round

    with opened(db) as database:
        seed, key = store.study(database, study).seed, _criterion(store.design(database, study), criterion)
        judgments, scores = store.coded_judgments(database, study), store.metric_scores(database, study)
    _check_judged(judgments["simulated"], study, population)
    subset = frames.Subset(population.value, excluded, withdrawn=withdrawn)
    note_withdrawn(judgments, subset)
    varied = scores.groupby("metric")["value"].nunique()
    names = metric or [str(name) for name in varied[varied > 1].index]
    with progress_bar() as bar:
        found = calibrate(
            judgments,
            scores,
            criterion=key,
            metrics=names,
            lower_is_better=lower if lower is not None else turned_round(names),
            name=f"calibrated ({key})",
            study_id=study,
            coefficient=coefficient,
            level=level,
            n_iterations=iterations,
            cluster=cluster.value if cluster else None,
            subset=subset,
            seed=seed,
            progress=lambda part: bar(part, "weights"),
        )
    if recipe:
        recipe.write_text(found.recipe.to_json(), "utf-8")
        note(f"The recipe was written to {recipe}.")
    print_table(found.table[list(SHOWN["meta"])] if format is TableFormat.table else found.table, format)
    for line in frames.estimand_lines(found.table):
        note(line)


@app.command("apply")
def apply(
    study: StudyOption,
    recipe: Annotated[
        Path, typer.Option("--recipe", exists=True, dir_okay=False, help="The file of a recipe.")
    ],
    db: DatabaseOption = DEFAULT_PATH,
) -> None:
    """Score the outputs of a study with a recipe that was fitted elsewhere.

    \b
    Example:
      python -m study metrics meta apply --study new --recipe recipe.json
    """
    from study.analysis.meta import recipe_scores

    found = parse_recipe(recipe.read_text("utf-8"))
    with opened(db) as database:
        store.study(database, study)
        scores = recipe_scores(found, store.metric_scores(database, study), study_id=study)
        store.save_scores(database, scores)
    lacking = sum(one.value is None for one in scores)
    note(f"{found.name}: {counted(len(scores), 'output')} scored, {lacking:,} of them without a value.")


def _criterion(design: Design, key: str | None) -> str:
    return design.criterion(key).key if key else design.criteria[0].key


def _check_judged(simulated: pd.Series, study: str, population: Population) -> None:
    n_simulated = int(simulated.sum())
    n = {"human": len(simulated) - n_simulated, "simulated": n_simulated, "both": len(simulated)}[
        population.value
    ]
    if not n:
        raise NotFound(
            f"study {study!r} has no judgments of this population ({population.value}); choose another "
            "with --population"
        )
