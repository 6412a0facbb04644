"""The command that takes judgments out."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from study import store
from study.cli.shared import (
    DatabaseOption,
    Population,
    PopulationOption,
    StudyOption,
    WithdrawnOption,
    note,
    opened,
)
from study.errors import InvalidInput
from study.formats import EXPORTERS
from study.formats.export import standing
from study.store import DEFAULT_PATH
from study.tables import lookup
from study.wording import counted, form


def export(
    study: StudyOption,
    format: Annotated[str, typer.Option(help=f"One of {', '.join(EXPORTERS)}.")] = "long_csv",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file to write.", show_default="standard output")
    ] = None,
    population: PopulationOption = Population.human,
    include_external_ids: Annotated[
        bool, typer.Option("--include-external-ids", help="Also write the raters' ids outside of this study.")
    ] = False,
    withdrawn: WithdrawnOption = False,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    db: DatabaseOption = DEFAULT_PATH,
) -> None:
    """Write the judgments of a study into a file.

    \b
    Examples:
      python -m study export --study demo --population simulated --output judgments.csv
      python -m study export --study llmfao --format battles_csv --output battles.csv
    """
    exporter = lookup(EXPORTERS, format, "export format")
    if output is not None and output.exists() and not force:
        raise InvalidInput(f"the file {output} is there already; name a new one, or give --force")
    with opened(db) as database:
        store.study(database, study)
        judgments = store.judgments(database, study, texts=True)
    simulated = judgments["simulated"].astype(bool)
    if population is not Population.both:
        judgments = judgments[simulated == (population is Population.simulated)]
    left_out = len(simulated) - len(judgments)
    if left_out:
        other = "simulated" if population is Population.human else "human"
        note(
            f"{counted(left_out, f'{other} judgment')} {form(left_out, 'is', 'are')} left out; --population says whose are written."
        )
    if not withdrawn:
        judgments, n_withdrawn = standing(judgments)
        if n_withdrawn:
            note(
                f"{counted(n_withdrawn, 'judgment')} of withdrawn comparisons {form(n_withdrawn, 'is', 'are')} left out; "
                "--withdrawn writes them."
            )
    exported = exporter.write(judgments, include_external_ids=include_external_ids)
    for sentence in exported.notes:
        note(sentence)
    if output is None:
        sys.stdout.buffer.write(exported.data)
        return
    output.write_bytes(exported.data)
    note(f"{counted(len(judgments), 'judgment')}: {output}")
