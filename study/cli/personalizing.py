"""The command on personalization: for whom it helps or hurts, and its measures."""

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from study import frames, store
from study.cli.analyses import first_criterion
from study.cli.selection import COUNTED, FirstCriterionOption, Selection, selecting
from study.cli.shared import note, note_withdrawn, opened, print_table, progress_bar
from study.errors import InvalidInput
from study.formats.readers.distances import read_distances
from study.metrics import METRICS, metric_named
from study.metrics.personalization import ReaderTexts, reader_texts, with_given
from study.stats.personalization.responsiveness import Distances
from study.tables import lookup
from study.workflows import scoring

WHAT: dict[str, tuple[str, ...]] = {
    "wins": ("by", "group", "value", "low", "high", "p_value", "n_judgments", "n_items", "units", "reason"),
    "losses": (
        "system",
        "value",
        "low",
        "high",
        "n_items",
        "units",
        "reason",
    ),
    "measures": (
        *("system", "group", "label", "value", "low", "high", "n_documents", "distance", "units", "reason"),
    ),
    "people": ("label", "group", "value", "low", "high", "n_systems", "distance", "reason"),
    "stability": ("measure", "share", "value", "low", "high", "n_documents", "distance", "reason"),
    "style": ("system", "value", "low", "high", "n_outputs", "n_profiles", "units", "reason"),
    "conditions": (
        "system",
        "before",
        "after",
        "before_egises",
        "after_egises",
        "words",
        "value",
        "low",
        "high",
        "n_documents",
        "distance",
        "units",
        "reason",
    ),
}


@selecting("cluster", "format", *COUNTED, criterion=FirstCriterionOption)
def personalization(
    selection: Selection,
    generic: Annotated[
        list[str], typer.Option(help="A system that does not know the reader; may be repeated.")
    ],
    what: Annotated[str, typer.Option(help=f"One of {', '.join(WHAT)}.")] = "wins",
    by: Annotated[str, typer.Option(help="profile, tag or system, for wins.")] = "profile",
    distance: Annotated[
        str, typer.Option(help="A metric that compares two texts, for measures.")
    ] = "rouge_l",
    distances: Annotated[
        Path | None,
        typer.Option(
            help="A file of distances (item, system, profile_1, profile_2, distance) to use instead of --distance.",
            show_default="none",
        ),
    ] = None,
    condition_order: Annotated[
        list[str] | None,
        typer.Option(
            help="Prompt conditions from the poorest to the richest, for conditions; repeat for each.",
            show_default="condition_order of the design",
        ),
    ] = None,
) -> None:
    """Print for whom personalization helps or hurts, EGISES, PerSEval and their parts, and likeness in style.

    \b
    Examples:
      python -m study analyze personalization --study demo --generic generic --population simulated
      python -m study analyze personalization --study demo --generic generic --what measures --distance jsd
      python -m study analyze personalization --study mine --generic plain --what conditions --condition-order zero --condition-order history
    """
    from study.analysis import personalization as analyses
    from study.analysis import ranking_table

    lookup(WHAT, what, "part")
    study, cluster, subset = selection.study, selection.cluster, selection.subset
    frames.parsed_kinds(cluster)
    with opened(selection.db) as database:
        design, seed = store.design(database, study), store.study(database, study).seed
        judgments, texts = store.coded_judgments(database, study), store.output_texts(database, study)
        key = first_criterion(design, selection)
        note_withdrawn(judgments, subset)
        readers = reader_texts(texts)
        unknown = sorted(set(generic) - {*readers.systems, *texts["system"]})
        if unknown:
            raise InvalidInput(f"there is no system {unknown[0]!r}; allowed: {', '.join(readers.systems)}")
        if what == "wins":
            table = analyses.win_table(
                judgments, criterion=key, generic=generic, by=by, subset=subset, cluster=cluster
            )
        elif what == "style":
            table = analyses.style_table(texts, cluster=cluster)
        elif what == "losses":
            table = analyses.loss_table(
                judgments, criterion=key, generic=generic, subset=subset, cluster=cluster
            )
        else:
            order = analyses.checked_order(condition_order or [], texts) or design.condition_order
            given = read_distances(distances.read_bytes(), distances.name) if distances else ()
            found = _distances(database, readers, distance)
            name = distance
            if given:
                found = with_given(found, readers, given, store.profile_ids(database, study))
                name = analyses.given_distance(distance)
            table = _measured(readers, found, texts, what, name, generic, seed, order, cluster)
        if what == "people":
            rates = ranking_table(judgments, criterion=key, subset=subset, cluster="item")
            table = analyses.people_table(table, rates)
    _print(table, what, key, selection)


def _print(table: pd.DataFrame, what: str, key: str, selection: Selection) -> None:
    """Print a table; for people the columns that fit, the question, and to whom the numbers generalise."""
    from study.analysis.personalization import HOW_TO_DECLARE

    print_table(table[list(WHAT[what])] if selection.for_people else table, selection.format)
    if what == "conditions" and (table["words"] == "no verdict").any():
        note(HOW_TO_DECLARE)
    if selection.for_people:
        for line in frames.estimand_lines(table):
            note(line)
        note(f"Question: {key}. Intervals at 95%. Methods and all columns: --format json or csv.")


def _distances(db: store.Database, readers: ReaderTexts, distance: str) -> Distances:
    """Return the distances of a study's texts by a metric; a worker computes unknown ones."""
    metric = metric_named(METRICS, distance).metric
    if metric.compares is None:
        raise InvalidInput(f"{metric.label} is neither a similarity nor a distance of two texts")
    with progress_bar() as bar:
        scores = scoring.score_pairs(
            db, distance, readers.pairs, progress=lambda step: bar(step.part, step.metric)
        )
    return readers.distances(scores, metric)


def _measured(
    readers: ReaderTexts,
    distances: Distances,
    texts: pd.DataFrame,
    what: str,
    distance: str,
    generic: list[str],
    seed: int,
    order: tuple[str, ...],
    cluster: str | None,
) -> pd.DataFrame:
    """Return a table of measures based on distances."""
    from study.analysis import personalization as analyses

    systems = readers.systems
    if what == "stability":
        return analyses.stability_table(distances, distance=distance, seed=seed)
    if what == "conditions":
        pairs = analyses.condition_pairs(texts, order)
        return analyses.change_table(
            distances,
            systems,
            pairs,
            distance=distance,
            seed=seed,
            readers=readers.profiles,
            cluster=cluster,
        )
    return analyses.measure_table(
        distances, systems, distance=distance, generic=generic, readers=readers.profiles, cluster=cluster
    )
