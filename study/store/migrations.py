"""Older database files to the present schema: one step a version, in one transaction, after a copy was set aside."""

import logging
from importlib.resources import files

from study.errors import DatabaseError
from study.store.file import DatabaseFile

SCHEMA_VERSION = 2

# What leads from a version to the next. The tables of a new file stand in schema.sql, which is always the newest.
MIGRATIONS: dict[int, str] = {
    1: """
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
}

log = logging.getLogger("blindpair")


def schema(*, views_only: bool = False) -> str:
    """Return the SQL of the present schema, or the part of it that makes the views."""
    text = files("study").joinpath("schema.sql").read_text("utf-8")
    return text[text.index("-- Views.") :] if views_only else text


def migrate(file: DatabaseFile, version: int) -> None:
    """Bring a database file to the present schema; a copy of the older file stays beside it.

    Raises
    ------
    DatabaseError
        If the copy cannot be made; the file is as it was.
    """
    connection, path = file.connection, file.path
    aside = path.with_name(f"{path.name}.version-{version}")
    try:
        if not file.checkpoint():
            raise DatabaseError(
                f"There is no room to copy {path} before its schema is changed; make room first."
            )
        file.copy(aside)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise DatabaseError(
            f"{path} could not be copied to {aside} before its schema is changed: {error}"
        ) from error
    connection.execute("begin transaction")
    for step in range(version, SCHEMA_VERSION):
        connection.execute(MIGRATIONS[step])
    connection.execute("update schema_version set version = ?", [SCHEMA_VERSION])
    connection.execute(schema(views_only=True))
    connection.execute("commit")
    log.warning(
        "%s was brought from schema version %d to %d; the older file stays as %s",
        path,
        version,
        SCHEMA_VERSION,
        aside,
    )
