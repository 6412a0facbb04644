"""Commands on studies: open the demo, list, link, launch, close; backup and restore of all of them."""

from pathlib import Path
from typing import Annotated

import typer

from study import store
from study.cli.shared import (
    DEFAULT_URL,
    DatabaseOption,
    FormatOption,
    StudyOption,
    TableFormat,
    UrlOption,
    note,
    opened,
    print_table,
)
from study.records import State, Study, rater_link
from study.store import DEFAULT_PATH
from study.wording import counted
from study.workflows.demo import open_demo


def init_demo(db: DatabaseOption = DEFAULT_PATH) -> None:
    """Open the demo study, with simulated judgments.

    A second call changes nothing.

    \b
    Example:
      python -m study init-demo
    """
    with opened(db, create=True) as database:
        study = open_demo(database)
    print_study(study)
    note("Its judgments are simulated: analyze and export them with --population simulated.")


def list_studies(db: DatabaseOption = DEFAULT_PATH, format: FormatOption = TableFormat.table) -> None:
    """List the studies with their state and counts.

    \b
    Example:
      python -m study list --format json
    """
    with opened(db) as database:
        found = store.overview(database)
    if found.empty and format is TableFormat.table:
        note("There are no studies yet; create one with `import` or `init-demo`.")
        return
    print_table(found, format)


def link(study: StudyOption, url: UrlOption = DEFAULT_URL, db: DatabaseOption = DEFAULT_PATH) -> None:
    """Print the link that raters open.

    \b
    Example:
      python -m study link --study demo --url https://study.example.org
    """
    with opened(db) as database:
        found = store.study(database, study)
    print(rater_link(found, url))
    if found.state != "live":
        note(f"The study is {found.state}; the link works when it is live (`launch`).")


def launch(study: StudyOption, db: DatabaseOption = DEFAULT_PATH) -> None:
    """Open a study to raters; this freezes its design.

    \b
    Example:
      python -m study launch --study headlines
    """
    _set_state(db, study, "live")


def close(study: StudyOption, db: DatabaseOption = DEFAULT_PATH) -> None:
    """Close a study to raters; its judgments are kept.

    \b
    Example:
      python -m study close --study headlines
    """
    _set_state(db, study, "closed")


def back_up(
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="The file to write.", show_default="backups/, next to the database"
        ),
    ] = None,
    db: DatabaseOption = DEFAULT_PATH,
) -> None:
    """Copy the database into a new file, and check it.

    \b
    Example:
      python -m study backup --output before-the-change.duckdb
    """
    with opened(db) as database:
        print(store.backup(database, output))


def list_backups(db: DatabaseOption = DEFAULT_PATH) -> None:
    """List the backups next to the database, newest first.

    \b
    Example:
      python -m study backups
    """
    for one in store.backups(db):
        print(f"{one.made_at:%Y-%m-%d %H:%M:%S} UTC  {one.size / 1e6:8.1f} MB  {one.path}")


def put_back(
    backup: Annotated[Path, typer.Argument(help="The backup file.")],
    db: DatabaseOption = DEFAULT_PATH,
) -> None:
    """Replace the database with a backup; the replaced file is kept next to it.

    \b
    Example:
      python -m study restore data/backups/blindpair-20261101-120000-000000.duckdb
    """
    replaced = store.restore(db, backup)
    note(
        f"{db} was restored from {backup}" + (f"; the former file is kept as {replaced}" if replaced else "")
    )


def archive(
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to create.")],
    without_secrets: Annotated[
        bool,
        typer.Option("--without-secrets", help="Leave out tokens, cookies and the keys of hashed ids."),
    ] = False,
    db: DatabaseOption = DEFAULT_PATH,
) -> None:
    """Write the whole database to a folder of Parquet files with a manifest; it is as confidential as the database.

    \b
    Example:
      python -m study archive --output archive-of-2027
    """
    with opened(db) as database:
        counts = store.write_archive(database, output, secrets=not without_secrets)
    print(output)
    note(
        f"{counted(sum(counts.values()), 'row')} of {counted(len(counts), 'table')}; protect it as you "
        "protect the database."
    )


def rebuild(
    folder: Annotated[Path, typer.Argument(help="A folder that `archive` wrote.")],
    db: DatabaseOption = DEFAULT_PATH,
) -> None:
    """Create a new database from an archive: every table has the same content, checked against the manifest.

    \b
    Example:
      python -m study rebuild archive-of-2027 --db again.duckdb
    """
    counts = store.rebuild(folder, db)
    print(db)
    note(f"{counted(sum(counts.values()), 'row')} of {counted(len(counts), 'table')}, as the manifest says.")


def print_study(study: Study) -> None:
    """Print the id, the state and the rater link of a study."""
    print(f"study: {study.study_id}\nstate: {study.state}\nrater link: {rater_link(study, '')}")


def _set_state(place: store.Place, study_id: str, state: State) -> None:
    with opened(place) as database:
        store.study(database, study_id)
        store.set_state(database, study_id, state)
        for sentence in store.never_given(database, study_id) if state == "live" else ():
            note(f"Note: {sentence}.")
        print_study(store.study(database, study_id))
