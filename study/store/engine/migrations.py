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

from study.blinding import ARRANGEMENT_OF, preference_codes
from study.errors import DatabaseError

Row = dict[str, Any]
"""A record in a journal line: JSON values by column name."""

SCHEMA_VERSION = 3


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


def _arranged(row: Row) -> Row:
    """Return an assignment with its arrangement instead of the side of output a."""
    return {
        "arrangement" if name == "side_of_a" else name: ARRANGEMENT_OF[value]
        if name == "side_of_a"
        else value
        for name, value in row.items()
    }


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
    2: Migration(
        """
    alter table item add column subjects varchar default '{}';
    alter table item alter column subjects set not null;
    alter table item alter column subjects drop default;
    create table task (
        task_id varchar primary key,
        study_id varchar not null,
        source_id varchar not null,
        item_id varchar,
        purpose varchar not null
            check (purpose in ('main', 'practice', 'attention', 'gold', 'wrong_profile', 'elicitation')),
        expected varchar,
        name varchar,
        withdrawn varchar,
        template varchar not null
    );
    insert into task (task_id, study_id, source_id, item_id, purpose, expected, name, withdrawn, template)
    select comparison_id, study_id,
        coalesce((select i.source_id from item i where i.item_id = comparison.item_id), item_id),
        item_id, purpose, expected, name, withdrawn, 'pairs'
    from comparison order by rowid;
    create table task_output (
        task_id varchar not null,
        slot integer not null check (slot between 0 and 9),
        study_id varchar not null,
        output_id varchar not null,
        primary key (task_id, slot)
    );
    insert into task_output (task_id, slot, study_id, output_id)
    select comparison_id, 0, study_id, output_a_id from comparison order by rowid;
    insert into task_output (task_id, slot, study_id, output_id)
    select comparison_id, 1, study_id, output_b_id from comparison order by rowid;
    drop table comparison;
    alter table assignment rename to assignment_2;
    create table assignment (
        assignment_id varchar primary key,
        study_id varchar not null,
        task_id varchar not null,
        rater_id varchar not null,
        position integer not null,
        arrangement varchar not null check (arrangement ~ '^[0-9]+$'),
        purpose varchar not null,
        condition varchar,
        issued_at timestamp not null,
        expires_at timestamp,
        profile_id varchar,
        unique (rater_id, position)
    );
    insert into assignment (assignment_id, study_id, task_id, rater_id, position, arrangement, purpose, condition, issued_at,
        expires_at, profile_id)
    select assignment_id, study_id, comparison_id, rater_id, position, case side_of_a when 'left' then '01' else '10' end,
        purpose, condition, issued_at, expires_at, profile_id
    from assignment_2 order by rowid;
    drop table assignment_2;
    alter table judgment rename column criterion to question;
    alter table judgment add column kind varchar default 'preference';
    alter table judgment alter column kind set not null;
    alter table judgment alter column kind drop default;
    alter table verdict rename to verdict_2;
    create table verdict (
        study_id varchar not null,
        task_id varchar not null,
        judge varchar not null,
        question varchar not null,
        arrangement varchar not null check (arrangement ~ '^([0-9]+|[?])$'),
        answer varchar,
        certainty double,
        reason varchar,
        signature varchar not null,
        check (answer is not null or reason is not null),
        primary key (task_id, judge, question, arrangement)
    );
    insert into verdict (study_id, task_id, judge, question, arrangement, answer, certainty, reason, signature)
    select study_id, comparison_id, judge, criterion, case side_of_a when 'left' then '01' when 'right' then '10' else '?' end,
        preference, certainty, reason, signature
    from verdict_2 order by rowid;
    drop table verdict_2;
    alter table divergence rename column comparison_id to task_id;
    drop table unblinding;
    create table preference_code (
        response varchar primary key,
        position integer,
        strength integer,
        neutral varchar
    );
    """,
        {
            "assignment": (renamed("comparison_id", "task_id"), _arranged),
            "judgment": (renamed("criterion", "question"), added("kind", "preference")),
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


def missing_codes(known: Iterable[str]) -> list[tuple[str, int | None, int | None, str | None]]:
    """Return the rows that the table ``preference_code`` lacks, given the responses that it has."""
    there = set(known)
    return [row for row in preference_codes() if row[0] not in there]


def _text(name: str) -> str:
    return files("study.store").joinpath(name).read_text("utf-8")
