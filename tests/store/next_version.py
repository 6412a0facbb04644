"""A made-up next schema version: a column with another name, one that is new and never empty, and a new table."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import MISSING, fields, make_dataclass
from typing import Any

import pytest

from study.records import TABLE_OF_RECORD, Judgment
from study.store.engine import journal, migrations, rows
from study.store.engine.migrations import Migration, added, renamed
from study.store.postgres.mirror import schema_tables

PRESENT = migrations.SCHEMA_VERSION
NEXT = PRESENT + 1
NEW_TABLE = """create table template (
    study_id varchar not null,
    name varchar not null,
    share double,
    primary key (study_id, name)
);
"""
SQL = f"""
alter table judgment rename column question to asked;
alter table verdict rename column question to asked;
alter table judgment add column medium varchar default 'screen';
alter table judgment alter column medium set not null;
{NEW_TABLE}insert into template (study_id, name, share) select study_id, 'pairs', 1 from study order by rowid;
alter table divergence rename to divergence_{PRESENT};
create table divergence (
    study_id varchar not null,
    task_id varchar not null,
    measure varchar not null,
    value double,
    reason varchar,
    signature varchar not null,
    made_by varchar not null,
    check (value is not null or reason is not null),
    primary key (task_id, measure)
);
insert into divergence (study_id, task_id, measure, value, reason, signature, made_by)
select study_id, task_id, measure, value, reason, signature, 'somebody' from divergence_{PRESENT} order by rowid;
drop table divergence_{PRESENT};
"""
MIGRATION = Migration(SQL, {"judgment": (renamed("question", "asked"), added("medium", "screen"))})


def _next_judgment() -> type:
    """Return the record of a judgment as the next version has it."""
    columns: list[Any] = []
    for one in fields(Judgment):
        name = "asked" if one.name == "question" else one.name
        columns.append((name, one.type) if one.default is MISSING else (name, one.type, one.default))
    columns.append(("medium", str, "screen"))
    namespace = {"question": property(lambda self: self.asked)}
    return make_dataclass("Judgment", columns, frozen=True, slots=True, namespace=namespace)


NextJudgment = _next_judgment()
_schema = migrations._text


def _text(name: str) -> str:
    text = _schema(name)
    if name != "schema.sql":
        return text
    tables, views = text.replace("question", "asked").split("-- Views.", 1)
    tables = tables.replace(
        "    kind varchar not null,\n    unique (assignment_id",
        "    kind varchar not null,\n    medium varchar not null default 'screen',\n    unique (assignment_id",
    )
    start = tables.index("create table divergence")
    tables = tables[:start] + tables[start:].replace(
        "    signature varchar not null,\n",
        "    signature varchar not null,\n    made_by varchar not null,\n",
        1,
    )
    return f"{tables}{NEW_TABLE}\n-- Views.{views}"


@contextmanager
def next_version(migration: Migration = MIGRATION) -> Iterator[pytest.MonkeyPatch]:
    """Have the program be of the next version for a block."""
    kinds = {
        "asked" if name == "question" else name: kind for name, kind in rows.column_types(Judgment).items()
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrations, "SCHEMA_VERSION", NEXT)
        patch.setitem(migrations.MIGRATIONS, PRESENT, migration)
        patch.setattr(migrations, "_text", _text)
        patch.setitem(TABLE_OF_RECORD, NextJudgment, "judgment")
        patch.setitem(rows._COLUMN_TYPES, NextJudgment, kinds | {"medium": str})
        patch.setattr(journal, "Judgment", NextJudgment)
        schema_tables.cache_clear()
        try:
            yield patch
        finally:
            schema_tables.cache_clear()
