"""Tables to read: the long table for exports, hashes of the data, texts for the audit."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from study.records import ACTIVE, CHECK_SYSTEM, stable_id
from study.responses import NO_ANSWER, OPTIONS
from study.store.engine.acting_person import sees_identities
from study.store.engine.database import Database
from study.store.engine.disclosure import profile_name, viewer_column
from study.store.studies.coding import refuse_unknown

if TYPE_CHECKING:
    import pandas as pd  # not loaded at start-up


def judgments(db: Database, study_id: str, *, texts: bool = False) -> "pd.DataFrame":
    """Return the study's long table, one row per standing judgment, in a fixed order.

    Raises DatabaseError if this program does not know an answer's code. With ``texts``, it includes the contents of profile,
    prompt and outputs (JSON text) and the raters' external ids, for exports.
    """
    extra = (
        f""", p.content as profile, i.content as prompt, oa.content as output_a, ob.content as output_b, {viewer_column("r.external_id")} as rater_external_id
        from judgment_long l
        join item i on i.item_id = l.item_id
        join output oa on oa.output_id = l.output_a_id
        join output ob on ob.output_id = l.output_b_id
        join rater r on r.rater_id = l.rater_id
        left join profile p on p.profile_id = l.profile_id"""
        if texts
        else " from judgment_long l"
    )
    hidden = "" if sees_identities() else f"replace ({profile_name('l')} as profile_name, null as rationale)"
    with db.reading() as cursor:
        found = cursor.execute(
            f"select l.* {hidden}{extra} where l.study_id = ? order by l.judged_at, l.judgment_id", [study_id]
        ).df()
    refuse_unknown(found["response"].unique(), (*OPTIONS, *NO_ANSWER))
    return found


def data_hash(db: Database, study_id: str) -> str:
    """Return a hash of all data that analyses of a study read; it changes with any answer, score or status.

    Not for manifests: DuckDB's ``hash`` may differ between its versions.
    """
    return stable_id(*data_hashes(db, study_id).values())


def data_hashes(db: Database, study_id: str, tables: Iterable[str] = ()) -> dict[str, str]:
    """Return a hash of the data that analyses of a study read, for each table or for some; see :func:`data_hash`."""
    with db.reading() as cursor:
        return {
            table: str(
                cursor.execute(
                    f"select bit_xor(hash({', '.join(_HASHED[table])})) from {table} where study_id = ?",
                    [study_id],
                ).fetchall()[0][0]
            )
            for table in tables or HASHED_TABLES
        }


_HASHED = {
    "judgment": ("judgment_id", "response", "revision"),
    "rater": ("rater_id", "status", "profile_id"),
    "metric_score": ("output_id", "metric", "value", "signature"),
    "verdict": ("task_id", "judge", "question", "arrangement", "answer", "certainty"),
    "task": ("task_id", "purpose", "withdrawn"),
    "output": ("output_id", "content"),
    "item": ("item_id", "content", "reference", "tags"),
    "profile": ("profile_id", "name", "content"),
    "study": ("design_hash",),
}


HASHED_TABLES = tuple(_HASHED)


def inactive_hash(db: Database, study_id: str) -> str:
    """Return a hash of the raters who no longer take part in a study, and their statuses."""
    with db.reading() as cursor:
        found = cursor.execute(
            "select bit_xor(hash(rater_id, status)) from rater where study_id = ? and status <> ?",
            [study_id, ACTIVE],
        ).fetchall()
    return str(found[0][0])


def rows_to_analyse(db: Database, study_id: str) -> int:
    """Return roughly how many rows the analyses of a study read; ten scores count as one, since they are read as numbers."""
    parts = [
        f"(select count(*) from {table} where study_id = $study) // {weight}"
        for table, weight in (("judgment", 1), ("output", 1), ("verdict", 1), ("metric_score", 10))
    ]
    with db.reading() as cursor:
        found = cursor.execute(f"select {' + '.join(parts)}", {"study": study_id}).fetchall()
    return int(found[0][0])


def audited_outputs(db: Database, study_id: str) -> "pd.DataFrame":
    """Return one row per output: output_id, item_id, item_name, system, condition, content (JSON text)."""
    with db.reading() as cursor:
        return cursor.execute(
            """
            select o.output_id, o.item_id, i.name as item_name, o.system, o.condition, o.content
            from output o join item i using (item_id)
            where o.study_id = ? and o.system <> ? order by i.name, o.system, o.output_id
            """,
            [study_id, CHECK_SYSTEM],
        ).df()


def shown_texts(db: Database, study_id: str) -> "pd.DataFrame":
    """Return one row per profile and request that raters see: place, name, content (JSON text)."""
    with db.reading() as cursor:
        return cursor.execute(
            """
            select 'profile' as place, name, content from profile where study_id = ?
            union all select 'request', name, content from item where study_id = ? order by place, name
            """,
            [study_id, study_id],
        ).df()


def own_texts(db: Database, study_id: str) -> "pd.DataFrame":
    """Return one row per text that people wrote themselves: place (reason, reference, form), name, text (or JSON text).

    The name is the item's, or the rater's opaque id.
    """
    with db.reading() as cursor:
        return cursor.execute(
            """
            select 'reason' as place, coalesce(i.name, t.source_id) as name, j.rationale as text from judgment j
            join assignment a using (assignment_id) join task t using (task_id) left join item i on i.item_id = t.item_id
            where j.study_id = ? and j.rationale is not null
            union all select 'reference', name, reference from item where study_id = ? and reference is not null
            union all select 'form', rater_id, answers from step where study_id = ? and phase in ('screening', 'demographics', 'closing')
            order by place, name, text
            """,
            [study_id] * 3,
        ).df()
