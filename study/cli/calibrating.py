"""The commands on sentinels and on the calibrated metric."""

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from study import frames, store
from study.cli.analyses import check_judged, first_criterion
from study.cli.correlation import ItemUnitsOption, MetricUnits
from study.cli.selection import COUNTED, FirstCriterionOption, Selection, selecting
from study.cli.shared import (
    DatabaseOption,
    StudyOption,
    note,
    note_withdrawn,
    opened,
    print_table,
    progress_bar,
)
from study.metrics import missing_metrics
from study.metrics.meta import N_ITERATIONS, parse_recipe
from study.records import MetricScore
from study.store import DEFAULT_PATH
from study.wording import counted
from study.workflows import scoring

app = typer.Typer(
    help="Fit one metric out of many to people's judgments, or apply one.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
HeldOutOption = Annotated[
    MetricUnits | None,
    typer.Option(
        "--cluster",
        help="The units that are held out, and those of intervals: items, or profiles with their items.",
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


@selecting("format", *COUNTED, criterion=FirstCriterionOption, cluster=ItemUnitsOption)
def sentinels(
    selection: Selection,
    keep: Annotated[
        bool, typer.Option("--store", help="Store the sentinels' scores next to the metrics.")
    ] = False,
    by_encoder: Annotated[
        bool,
        typer.Option("--encoder", help="Let sentinels read texts as sentence embeddings instead of n-grams."),
    ] = False,
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

    study, subset = selection.study, selection.subset
    with opened(selection.db) as database:
        seed = store.study(database, study).seed
        key = first_criterion(store.design(database, study), selection)
        judgments, texts = store.coded_judgments(database, study), store.output_texts(database, study)
        note_withdrawn(judgments, subset)
        missing = missing_metrics(store.metric_scores(database, study), texts)
        if missing:
            scoring.score_here(database, study, missing)
        scores = store.metric_scores(database, study)
        check_judged(judgments, selection)
        options = {"criterion": key, "subset": subset, "seed": seed}
        if by_encoder:
            text_embeddings.compute_embedding(database, texts, seed=seed)
        embedding = text_embeddings.known_embedding(database, texts, seed=seed) if by_encoder else None
        both = with_sentinels(judgments, scores, texts, embedding=embedding, **options)  # type: ignore[arg-type]
        names = turned_round(sorted(set(both["metric"])))
        over = selection.cluster
        table = sentinel_table(judgments, both, lower_is_better=names, cluster=over, **options)  # type: ignore[arg-type]
        if keep:
            store.save_scores(database, _own_scores(both, study))
    print_table(table[list(SHOWN["sentinels"])] if selection.for_people else table, selection.format)
    for sentence in (*sentinel_sentences(table), *frames.estimand_lines(table)):
        note(sentence)
    note(f"Sentinels read texts as {embedding.name if embedding else FEATURES}.")


def _own_scores(both: pd.DataFrame, study: str) -> list[MetricScore]:
    """Return the sentinels' scores among those of all metrics, as they are stored."""
    own = both[both["metric"].str.startswith("sentinel_")]
    columns = (own["output_id"], own["metric"], own["value"], own["reason"], own["signature"])
    return [
        MetricScore(study, one, metric, None if value != value else value, reason or None, signature)
        for one, metric, value, reason, signature in zip(*columns, strict=True)
    ]


@app.command("fit")
@selecting("format", *COUNTED, criterion=FirstCriterionOption, cluster=HeldOutOption)
def fit(
    selection: Selection,
    metric: Annotated[
        list[str] | None, typer.Option(help="A metric with scores; may be repeated.", show_default="all")
    ] = None,
    recipe: Annotated[
        Path | None, typer.Option("--recipe", help="Write the recipe to this file.", show_default="none")
    ] = None,
    lower: Annotated[
        list[str] | None,
        typer.Option(help="A metric where lower is better; may be repeated.", show_default="as known"),
    ] = None,
    coefficient: Annotated[str, typer.Option(help="kendall_b, pearson, spearman or acc_eq.")] = "kendall_b",
    level: Annotated[str, typer.Option(help="by_item, pooled, system_level or by_system.")] = "by_item",
    iterations: Annotated[int, typer.Option(min=1, help="Steps of the search.")] = N_ITERATIONS,
) -> None:
    """Fit weights of metrics to people's judgments, and print how well the weighted sum does on held-out items.

    \b
    Example:
      python -m study metrics meta fit --study demo --population simulated --recipe recipe.json
    """
    from study.analysis.meta import calibrate, turned_round

    study, subset = selection.study, selection.subset
    with opened(selection.db) as database:
        seed = store.study(database, study).seed
        key = first_criterion(store.design(database, study), selection)
        judgments, scores = store.coded_judgments(database, study), store.metric_scores(database, study)
    check_judged(judgments, selection)
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
            cluster=selection.cluster,
            subset=subset,
            seed=seed,
            progress=lambda part: bar(part, "weights"),
        )
    if recipe:
        recipe.write_text(found.recipe.to_json(), "utf-8")
        note(f"The recipe was written to {recipe}.")
    print_table(found.table[list(SHOWN["meta"])] if selection.for_people else found.table, selection.format)
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
