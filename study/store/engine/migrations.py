"""Schema versions, and the migrations from each to the next: for the tables of both databases, and for journal lines.

A new version is one entry in :data:`MIGRATIONS`: SQL that changes the tables, and functions that change a judgment, an
assignment or a rater in a journal line of the older version. ``study/store/schema.sql`` always holds the newest version.

The same SQL runs in DuckDB and, after :func:`study.store.postgres.schema.in_postgres`, in PostgreSQL. An ``insert ... select``
therefore lists its columns on both sides, and ends with ``order by rowid`` if the order of rows must stay. Views are not
part of a migration: they are dropped before it and created after it. ``study/guide/durability.md`` lists the steps of a
change.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.resources import files
from re import findall
from typing import Any

from study.blinding import unblinding_table
from study.errors import DatabaseError

Row = dict[str, Any]
"""A record in a journal line: JSON values by column name."""

SCHEMA_VERSION = 2


@dataclass(frozen=True, slots=True)
class Migration:
    """The steps from a version to the next: SQL for the tables, and per table the changes to a row in a journal line."""

    sql: str
    rows: dict[str, tuple[Callable[[Row], Row], ...]] = field(default_factory=dict)


def renamed(old: str, new: str) -> Callable[[Row], Row]:
    """Return a change that renames a column.

    >>> renamed("criterion", "question")({"criterion": "fit"})
    {'question': 'fit'}
    """
    return lambda row: {new if name == old else name: value for name, value in row.items()}


def added(name: str, value: object = None) -> Callable[[Row], Row]:
    """Return a change that adds a column with a value for older rows.

    >>> added("kind", "preference")({"criterion": "fit"})
    {'criterion': 'fit', 'kind': 'preference'}
    """
    return lambda row: {**row, name: value}


def dropped(name: str) -> Callable[[Row], Row]:
    """Return a change that drops a column.

    >>> dropped("device")({"rater_id": "r", "device": None})
    {'rater_id': 'r'}
    """
    return lambda row: {one: value for one, value in row.items() if one != name}


MIGRATIONS: dict[int, Migration] = {
    1: Migration(
        """
    alter table verdict rename to verdict_1;
    create table verdict (
        study_id varchar not null,
        comparison_id varchar not null,
        judge varchar not null,
        criterion varchar not null,
        side_of_a varchar not null check (side_of_a in ('left', 'right', 'unknown')),
        preference varchar check (preference in ('a', 'b', 'tie', 'both_bad')),
        certainty double,
        reason varchar,
        signature varchar not null,
        check (preference is not null or reason is not null),
        primary key (comparison_id, judge, criterion, side_of_a)
    );
    insert into verdict
    select study_id, comparison_id, judge, criterion, coalesce(side_of_a, 'unknown'), preference, certainty, null, ''
    from verdict_1;
    drop table verdict_1;
    create table score_cache (
        signature varchar not null,
        texts_hash varchar not null,
        value double,
        reason varchar,
        primary key (signature, texts_hash)
    );
    create table design_version (
        study_id varchar not null,
        version integer not null,
        design varchar not null,
        design_hash varchar not null,
        frozen_at timestamp not null,
        primary key (study_id, version)
    );
    insert into design_version
    select study_id, 1, design, design_hash, created_at from study where state <> 'draft';
    alter table judgment add column design_version integer;
    update judgment set design_version = 1 where assignment_id in (
        select a.assignment_id from assignment a join rater r on r.rater_id = a.rater_id where r.source = 'link'
    );
    create table step (
        step_id varchar primary key,
        study_id varchar not null,
        rater_id varchar not null,
        phase varchar not null,
        outcome varchar not null check (outcome in ('done', 'passed', 'failed')),
        answers varchar not null,
        logged_at timestamp not null
    );
    alter table assignment add column profile_id varchar;
    alter table comparison rename to comparison_1;
    create table comparison (
        comparison_id varchar primary key,
        study_id varchar not null,
        item_id varchar not null,
        output_a_id varchar not null,
        output_b_id varchar not null,
        purpose varchar not null
            check (purpose in ('main', 'practice', 'attention', 'gold', 'wrong_profile', 'elicitation')),
        expected varchar,
        name varchar,
        check (output_a_id < output_b_id)
    );
    insert into comparison select * from comparison_1;
    drop table comparison_1;
    create table divergence (
        study_id varchar not null,
        comparison_id varchar not null,
        measure varchar not null,
        value double,
        reason varchar,
        signature varchar not null,
        check (value is not null or reason is not null),
        primary key (comparison_id, measure)
    );
    alter table comparison add column withdrawn varchar;
    alter table judgment add column skip_reason varchar;
    alter table judgment add column active_seconds double;
    alter table judgment add column profile_seconds double;
    alter table judgment add column profile_open_seconds double;
    alter table judgment add column profile_scrolls integer;
    alter table judgment add column changes_of_mind integer;
    alter table judgment add column behaviour_source varchar;
    alter table event add column actor varchar;
    create table study_secret (study_id varchar primary key, hash_key varchar not null);
    """,
        {
            "assignment": (added("profile_id"),),
            "judgment": tuple(
                added(name)
                for name in (
                    *("design_version", "skip_reason", "active_seconds", "profile_seconds"),
                    *("profile_open_seconds", "profile_scrolls", "changes_of_mind", "behaviour_source"),
                )
            ),
        },
    ),
}


def translated(table: str, row: Row, version: int) -> Row:
    """Translate a row of a journal line from an older version to the present one.

    Raises
    ------
    KeyError
        If there is no migration from that version.
    """
    for step in range(version, SCHEMA_VERSION):
        for change in MIGRATIONS[step].rows.get(table, ()):
            row = change(row)
    return row


def check_version(place: object, version: int) -> None:
    """Raise DatabaseError unless a database has the present schema version, or one that can be migrated to it."""
    if version != SCHEMA_VERSION and version not in MIGRATIONS:
        raise DatabaseError(
            f"The database {place} has schema version {version}; this program reads version "
            f"{SCHEMA_VERSION}. Use the version of the program that wrote it."
        )


def schema(*, views_only: bool = False) -> str:
    """Return the SQL of the present schema, or only the part that creates the views.

    A comment on each view identifies its definition; see :func:`view_marks`.
    """
    text = _text("schema.sql")
    marks = "".join(f"comment on view {name} is '{mark}';\n" for name, mark in view_marks().items())
    return (text[text.index("-- Views.") :] if views_only else text) + marks


def older_tables(version: int) -> str:
    """Return the SQL that creates the tables of an older version, without views."""
    return _text("first_schema.sql") + "".join(MIGRATIONS[step].sql for step in range(1, version))


def view_marks() -> dict[str, str]:
    """Return the views of the present schema in order of creation, each with a hash of the definitions."""
    text = _text("schema.sql")
    views = text[text.index("-- Views.") :]
    mark = f"definition {sha256(views.encode()).hexdigest()[:12]}"
    return dict.fromkeys(findall(r"create or replace view (\w+)", views), mark)


def bring_up(execute: Callable[[str], object], version: int, *, dialect: Callable[[str], str] = str) -> None:
    """Migrate tables and views from an older version to the present one, inside the caller's transaction.

    Parameters
    ----------
    execute : callable
        Executes SQL.
    version : int
        The present version of the tables.
    dialect : callable
        Translates the SQL of a migration for the database.
    """
    drop_views(execute)
    for step in range(version, SCHEMA_VERSION):
        execute(dialect(MIGRATIONS[step].sql))
    execute(f"update schema_version set version = {SCHEMA_VERSION}")
    execute(schema(views_only=True))


def drop_views(execute: Callable[[str], object]) -> None:
    """Drop the views, dependent ones first."""
    for name in reversed(view_marks()):
        execute(f"drop view if exists {name}")


def missing_answers(known: Iterable[tuple[str, str]]) -> list[tuple[str, str, str | None, int | None]]:
    """Return the rows that the table ``unblinding`` lacks, given the (response, side) pairs that it has."""
    there = set(known)
    return [row for row in unblinding_table() if row[:2] not in there]


def _text(name: str) -> str:
    return files("study.store").joinpath(name).read_text("utf-8")
