"""The privacy commands: erase a rater, a profile, or data that is due; list consents."""

from enum import StrEnum
from typing import Annotated

import pandas as pd
import typer

from study import store
from study.cli.shared import (
    DatabaseOption,
    FormatOption,
    StudyOption,
    TableFormat,
    note,
    on_terminal,
    opened,
    print_table,
)
from study.errors import InvalidInput, NotFound
from study.records import Rater, utc_now
from study.store import DEFAULT_PATH
from study.store.copies.copies_of_erased import Kind
from study.wording import counted


class Copies(StrEnum):
    """What to do with backups that still contain erased data."""

    mark = "mark"
    erase = "erase"
    remove = "remove"


def erase(
    study: Annotated[str | None, typer.Option("--study", help="The id of the study.")] = None,
    rater: Annotated[str | None, typer.Option("--rater", help="A rater's opaque or external id.")] = None,
    profile: Annotated[
        str | None, typer.Option("--profile", help="The name of a profile, or its owner's external id.")
    ] = None,
    due: Annotated[bool, typer.Option("--due", help="Erase what is due by the retention dates.")] = False,
    copies: Annotated[
        Copies,
        typer.Option(
            "--copies",
            help="What to do with backups that still hold it: mark them, erase in them, or remove them.",
        ),
    ] = Copies.mark,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    db: DatabaseOption = DEFAULT_PATH,
) -> None:
    """Erase all data of a rater or a profile, or all data whose retention date has passed. This cannot be undone.

    \b
    Examples:
      python -m study erase --study mine --profile r11 --copies erase
      python -m study erase --due
    """
    if sum((rater is not None, profile is not None, due)) != 1:
        raise InvalidInput("say what to erase: give one of --rater, --profile and --due")
    if study is None and not due:
        raise InvalidInput("name the study with --study")
    with opened(db) as database:
        if due:
            _erase_due(database, study, yes)
        elif profile is not None:
            found = store.profile_id(database, str(study), profile)
            _confirm(f"everything of the profile {profile!r} of study {study!r}", yes)
            counts = store.erase_profile(database, str(study), found)
            note(
                ", ".join(f"{count:,} {table.replace('_', ' ')}" for table, count in counts.items())
                + " erased"
            )
            _in_copies(database, "profile", found, str(study), copies)
        else:
            people = _raters(database, str(study), str(rater))
            _confirm(f"everything of the rater {rater!r} of study {study!r}", yes)
            for person in people:
                store.withdraw(database, person)
                _in_copies(database, "rater", person.rater_id, str(study), copies)
            note("the rater and every answer are erased")
            if len(people) > 1:
                note(f"{counted(len(people), 'rater')} came with this id; all of them are erased")
    store.rewrite(db)  # deleted rows stay in the file until it is rewritten


def consents(
    study: StudyOption, format: FormatOption = TableFormat.table, db: DatabaseOption = DEFAULT_PATH
) -> None:
    """Print who agreed, when, and to which version of the design.

    \b
    Example:
      python -m study consents --study mine --format csv
    """
    with opened(db) as database:
        store.study(database, study)
        found = store.consents(database, study)
    print_table(
        pd.DataFrame(found, columns=["rater_id", "agreed_at", "design_version", "consent_sha256"]),
        format,
        "No one has agreed to take part yet.",
    )


def _erase_due(database: store.Database, study: str | None, yes: bool) -> None:
    found = [one for one in store.due(database, utc_now().date()) if study in (None, one)]
    if not found:
        note("nothing is due")
    for one in found:
        keeps = store.design(database, one).retention_keeps
        _confirm(
            f"people and texts of study {one!r}" if keeps == "answers" else f"study {one!r} as a whole", yes
        )
        store.erase_due(database, one)
        note(
            f"study {one}: erased; {keeps} is kept"
            if keeps == "nothing"
            else f"study {one}: erased; the answers are kept"
        )
        note(
            "Earlier backups still contain it: remove them, and make a new one with `python -m study backup`."
        )


def _confirm(what: str, yes: bool) -> None:
    if yes:
        return
    if not on_terminal():
        raise InvalidInput(f"this erases {what} and cannot be undone; give --yes")
    typer.confirm(f"Erase {what}? This cannot be undone.", abort=True, err=True)


def _raters(database: store.Database, study: str, name: str) -> list[Rater]:
    """Return the rater with an id, or all with an external id: several, if not all of them proved to be the same person."""
    known = store.raters(database, study)
    fitting = [one for one in known if one.rater_id == name] or [
        one for one in known if one.external_id == name
    ]
    if not fitting:
        raise NotFound(f"study {study!r} has no rater {name!r}; `raters` lists them")
    return fitting


def _in_copies(database: store.Database, kind: Kind, record_id: str, study: str, how: Copies) -> None:
    left = store.holding(database.path, kind, record_id)
    if left and how is Copies.erase:
        marks, key = store.erased_marks(database, study)
        left = store.erase_in_copies(database.path, kind, record_id, study, marks, key)
    elif left and how is Copies.remove:
        store.remove_copies(left)
        note(f"removed: {', '.join(one.name for one in left)}")
        left = []
    if left:
        index = store.mark_copies(database.path, left, f"{kind}_erased")
        note(f"still in {', '.join(one.name for one in left)}; marked in {index}")
    else:
        note("no copy contains it")
