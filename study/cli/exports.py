"""The command that exports judgments."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from study import store
from study.cli.selection import Selection, selecting
from study.cli.shared import Population, is_repeated, keep, note, opened
from study.errors import InvalidInput
from study.tables import lookup
from study.wording import counted, form
from study.workflows.exporting import FORMATS, Wanted, exported_file, log_release


class Tier(StrEnum):
    """Who may have an export."""

    internal = "internal"
    shared = "shared"
    public = "public"


TierOption = Annotated[
    Tier,
    typer.Option(
        "--tier",
        help="For whom: internal, shared with collaborators, or public; `data/README.md` says what each holds.",
    ),
]
WithholdOption = Annotated[
    bool, typer.Option("--withhold-texts", help="Leave out every text: prompts, outputs, profiles, reasons.")
]


@selecting("population", "withdrawn")
def export(
    selection: Selection,
    format: Annotated[str, typer.Option(help=f"One of {', '.join(FORMATS)}.")] = "long_csv",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file to write.", show_default="standard output")
    ] = None,
    tier: TierOption = Tier.public,
    withhold_texts: WithholdOption = False,
    include_external_ids: Annotated[
        bool,
        typer.Option(
            "--include-external-ids",
            help="Also write the raters' external ids, hashed except in the internal tier.",
        ),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
) -> None:
    """Write the judgments of a study to a file, which anyone may have unless you choose another --tier.

    \b
    Examples:
      python -m study export --study demo --population simulated --output judgments.csv
      python -m study export --study llmfao --tier internal --include-external-ids --output judgments.csv
      python -m study export --study llmfao --format battles_csv --output battles.csv
    """
    if is_repeated():  # in whatever form the recipe writes it, such as -oFILE
        output = None
    if output is not None and output.exists() and not force:
        raise InvalidInput(f"the file {output} already exists; choose another name, or give --force")
    study, population = selection.study, selection.population
    wanted = Wanted(
        study,
        format,
        tier.value,
        population.value,
        external_ids=include_external_ids,
        texts=not withhold_texts,
        withdrawn=selection.withdrawn,
    )
    lookup(FORMATS, format, "export format")
    with opened(selection.db) as database:
        store.study(database, study)
        _note_left_out(store.coded_judgments(database, study)["simulated"].astype(bool), population)
        exported = exported_file(database, wanted)
        if not is_repeated():
            log_release(database, wanted)
    keep(exported.data)
    for sentence in exported.notes:
        note(sentence)
    if output is None:
        sys.stdout.buffer.write(exported.data)
        return
    output.write_bytes(exported.data)
    note(f"{len(exported.data):,} bytes: {output}")


def _note_left_out(simulated: pd.Series, population: Population) -> None:
    left_out = {"human": simulated, "simulated": ~simulated}.get(population.value)
    if left_out is not None and left_out.any():
        other = "simulated" if population is Population.human else "human"
        n = int(left_out.sum())
        note(
            f"{counted(n, f'{other} judgment')} {form(n, 'is', 'are')} left out; --population chooses whose are written."
        )
