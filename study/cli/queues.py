"""Commands on the queue of comparisons: how much outputs differ, and whether that puts likely ties last."""

from pathlib import Path
from typing import Annotated

import typer

from study import store
from study.cli.analyses import joined, print_analysis, study_judgments
from study.cli.selection import Selection, selecting
from study.cli.shared import DatabaseOption, StudyOption, opened, progress_bar
from study.errors import InvalidInput
from study.store import DEFAULT_PATH
from study.tables import lookup


def divergence(
    study: StudyOption,
    file: Annotated[
        Path | None, typer.Argument(help="A CSV file with the columns comparison, value.")
    ] = None,
    measure: Annotated[
        str,
        typer.Option(help="The name of the measure in the file, such as logprob.", show_default="embedding"),
    ] = "",
    db: DatabaseOption = DEFAULT_PATH,
) -> None:
    """Store how much the outputs of each comparison differ: by embeddings, computed here, or from a file.

    A design with `order: priority` and `priority: embedding` (or the measure's name) gives raters those that differ most first.

    \b
    Examples:
      python -m study divergence --study mine
      python -m study divergence logprobs.csv --study mine --measure logprob
    """
    from study.workflows.divergence import compute_embedding_divergence, import_divergence

    with opened(db) as database:
        store.study(database, study)
        if file is not None:
            count = import_divergence(database, study, file.read_bytes(), file.name, measure)
        elif measure not in ("", "embedding"):
            raise InvalidInput(f"measure {measure!r} comes from a file; name it, or leave the measure out")
        else:
            with progress_bar() as draw:
                count = compute_embedding_divergence(
                    database, study, progress=lambda now: draw(now.part, str(now))
                )
    print(f"comparisons: {count}")


@selecting("criterion", "cluster", "population", "format")
def priority(
    selection: Selection,
    measure: Annotated[
        str,
        typer.Option(help="edit, embedding, an imported measure or a metric.", show_default="the design's"),
    ] = "",
    share: Annotated[
        float, typer.Option(min=0.01, max=1, help="The share of the queue to take from its beginning.")
    ] = 0.2,
) -> None:
    """Compare the tie rate of the comparisons that differ most with that of as many at random, with intervals.

    \b
    Example:
      python -m study analyze priority --study demo --population simulated --measure edit
    """
    from study.analysis.priority import tie_rate_table

    judgments, criteria, seed = study_judgments(selection)
    with opened(selection.db) as database:
        name = measure or store.design(database, selection.study).priority
        lookup(dict.fromkeys(store.divergence_measures(database, selection.study)), name, "measure")
        values = store.priorities(database, selection.study, name)
    options = {"subset": selection.subset, "share": share, "seed": seed, "cluster": selection.cluster}
    tables = {key: tie_rate_table(judgments, values, criterion=key, **options) for key in criteria}  # type: ignore[arg-type]
    print_analysis("priority", joined(tables), selection.format)
