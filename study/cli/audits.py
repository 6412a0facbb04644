"""The command that audits the blinding of a study before it is launched."""

import math

import typer

from study import store
from study.cli.shared import DatabaseOption, FormatOption, StudyOption, TableFormat, note, opened, print_table
from study.store import DEFAULT_PATH
from study.wording import counted

SHOWN = ("label", "place", "name", "system", "excerpt", "why")


def audit_blinding(
    study: StudyOption,
    surface: bool = typer.Option(
        False, "--surface", help="Print how the systems differ in length and format instead of the leaks."
    ),
    personal: bool = typer.Option(
        False, "--personal", help="Print where texts hold e-mail addresses, phone numbers, ids and the like."
    ),
    format: FormatOption = TableFormat.table,
    db: DatabaseOption = DEFAULT_PATH,
) -> None:
    """Print where a study's texts give a system away, and how well length and format alone distinguish the systems.

    \b
    Example:
      python -m study audit --study demo
      python -m study audit --study demo --surface --format csv
      python -m study audit --study demo --personal
    """
    from study.audit import audited_texts, feature_table, find_leaks, prediction

    if personal:
        _print_personal(study, format, db)
        return

    with opened(db) as database:
        seed = store.study(database, study).seed
        texts = audited_texts(store.audited_outputs(database, study), store.shown_texts(database, study))
    table = feature_table(texts) if surface else find_leaks(texts)
    for_people = format is TableFormat.table and not surface
    if len(table) or not for_people:
        print_table(table[list(SHOWN)] if for_people else table, format)
    if not surface:
        note(
            f"{counted(len(table), 'leak')} in {counted(len(texts.outputs), 'output')} and {counted(len(texts.shown), 'profile or request', 'profiles and requests')}."
        )
    named, chance = prediction(texts, seed=seed)
    if math.isnan(named.value):
        note(f"It is not known how well length and format distinguish the systems: {named.reason}.")
    else:
        limits = named.reason or f"{named.low:.0%}, {named.high:.0%}"
        note(
            f"Length and format alone name the system of {named.value:.0%} [{limits}] of outputs "
            f"({counted(named.n_units, 'item')}, cross-validated); guessing: {chance:.0%}."
        )


def _print_personal(study: str, format: TableFormat, db: store.Place) -> None:
    from study.audit import Text, audited_texts, find_personal

    with opened(db) as database:
        store.study(database, study)
        texts = audited_texts(store.audited_outputs(database, study), store.shown_texts(database, study))
        own = store.own_texts(database, study)
    found = find_personal(texts, [Text(*map(str, row)) for row in own.itertuples(index=False)])
    if len(found) or format is not TableFormat.table:
        print_table(found, format)
    searched = len(texts.outputs) + len(texts.shown) + len(own)
    note(
        f"{counted(int(found['count'].sum()), 'piece', 'pieces')} of personal data in "
        f"{counted(searched, 'text')}; the search does not find names."
    )
