"""Commands on the design of a study: its schema, its export, a new design for a draft, a new version of a launched one."""

import json
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from study import store
from study.cli.shared import DatabaseOption, FormatOption, StudyOption, TableFormat, note, opened, print_table
from study.formats.readers.settings import read_design, write_design
from study.protocol.design import design_schema, parse_design
from study.store import DEFAULT_PATH

app = typer.Typer(help="The design of a study: schema, export, import, history.", no_args_is_help=True)


@app.command("schema")
def schema() -> None:
    """Print the JSON Schema of a design.

    \b
    Example:
      python -m study design schema > design.schema.json
    """
    print(json.dumps(design_schema(), indent=2, ensure_ascii=False))


@app.command("export")
def export_design(
    study: StudyOption,
    version: Annotated[
        int | None, typer.Option(help="A frozen version.", show_default="the current design")
    ] = None,
    db: DatabaseOption = DEFAULT_PATH,
) -> None:
    """Print the design of a study as YAML, with every field.

    \b
    Example:
      python -m study design export --study mine > design.yaml
    """
    with opened(db) as database:
        if version is None:
            found = store.design(database, study)
        else:
            found = parse_design(store.design_of_version(database, study, version).design)
    print(write_design(found).decode(), end="")


@app.command("import")
def import_design(
    file: Annotated[Path, typer.Argument(help="A YAML file.")],
    study: StudyOption,
    new_version: Annotated[
        bool,
        typer.Option(
            "--new-version", help="Make a new version; for a launched study, whose design is frozen."
        ),
    ] = False,
    db: DatabaseOption = DEFAULT_PATH,
) -> None:
    """Replace the design of a study with that of a YAML file.

    \b
    Examples:
      python -m study design import design.yaml --study mine
      python -m study design import design.yaml --study mine --new-version
    """
    new = read_design(file.read_bytes(), file.name)
    with opened(db) as database:
        if new_version:
            print(f"version: {store.new_version(database, study, new)}")
        else:
            store.set_design(database, study, new)
    print(f"hash: {new.hash()}")


@app.command("history")
def history(
    study: StudyOption, db: DatabaseOption = DEFAULT_PATH, format: FormatOption = TableFormat.table
) -> None:
    """List the frozen versions of a study's design, with their time and hash.

    \b
    Example:
      python -m study design history --study mine
    """
    with opened(db) as database:
        state = store.study(database, study).state
        found = store.design_versions(database, study)
    if not found and format is TableFormat.table:
        note(f"The study is a {state}; its design is frozen when it is launched.")
        return
    columns = ("version", "frozen_at", "design_hash")
    print_table(pd.DataFrame([{name: getattr(one, name) for name in columns} for one in found]), format)
