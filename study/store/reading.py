"""What is read: the material of one comparison for the screen, the long table for export and, coded, for analysis."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from study.errors import NotFound
from study.records import CHECK_SYSTEM, Item, Output, Profile, Side, plain_text, stable_id
from study.store import rows
from study.store.database import Database

if TYPE_CHECKING:
    import pandas as pd  # start-up does without it


@dataclass(frozen=True, slots=True)
class Material:
    """What stands on the screen for one comparison; immutable once imported."""

    item: Item
    profile: Profile | None
    output_a: Output
    output_b: Output

    def side(self, side: Side, side_of_a: Side) -> Output:
        """Return the output that stands on a side."""
        return self.output_a if side == side_of_a else self.output_b


def material(db: Database, comparison_id: str) -> Material:
    """Return item, profile and outputs of a comparison, in one query."""
    with db.reading() as cursor:
        found = cursor.execute(
            """
            select i.*, p.*, a.*, b.* from comparison c
            join item i on i.item_id = c.item_id
            join output a on a.output_id = c.output_a_id
            join output b on b.output_id = c.output_b_id
            left join profile p on p.profile_id = i.profile_id
            where c.comparison_id = ?
            """,
            [comparison_id],
        ).fetchall()
    if not found:
        raise NotFound(f"there is no comparison {comparison_id!r}")
    parts: list[Any] = []
    start = 0
    for record_type in (Item, Profile, Output, Output):
        width = len(rows.column_types(record_type))
        cells = found[0][start : start + width]
        parts.append(rows.from_row(record_type, cells) if cells[0] is not None else None)
        start += width
    return Material(*parts)


def judgments(db: Database, study_id: str, *, texts: bool = False) -> "pd.DataFrame":
    """Return the study's long table, one row per standing judgment, in a fixed order.

    With ``texts`` come the contents of profile, prompt and outputs (JSON text) and the raters' external ids, for exports.
    """
    extra = (
        """, p.content as profile, i.content as prompt, oa.content as output_a, ob.content as output_b, r.external_id as rater_external_id
        from judgment_long l
        join item i on i.item_id = l.item_id
        join output oa on oa.output_id = l.output_a_id
        join output ob on ob.output_id = l.output_b_id
        join rater r on r.rater_id = l.rater_id
        left join profile p on p.profile_id = l.profile_id"""
        if texts
        else " from judgment_long l"
    )
    with db.reading() as cursor:
        return cursor.execute(
            f"select l.*{extra} where l.study_id = ? order by l.judged_at, l.judgment_id", [study_id]
        ).df()


# What statistics read of the long table. What belongs to the comparison is read once per comparison.
CODED_COLUMNS = (
    *("comparison_id", "rater_id", "simulated", "rater_status", "rater_role", "purpose", "criterion"),
    *("side_of_a", "response", "preference", "strength", "confidence", "seconds"),
)
COMPARISON_COLUMNS = (
    *("comparison_purpose", "item_id", "source_id", "profile_id", "profile_name", "tags"),
    *("system_a", "system_b", "output_a_id", "output_b_id", "condition_a", "condition_b"),
)


def coded_judgments(db: Database, study_id: str) -> "pd.DataFrame":
    """Return the long table as statistics read it: texts as categories, in the order in which the answers came.

    A million judgments take a second and 60 MB, where :func:`judgments` takes four seconds and a gigabyte.

    Returns
    -------
    DataFrame
        Of the columns :data:`CODED_COLUMNS` and :data:`COMPARISON_COLUMNS`, a row per standing judgment.
    """
    import pandas as pd

    with db.reading() as cursor:
        judged = _arrow(
            cursor,
            f"""select {", ".join(CODED_COLUMNS)} from judgment_long where study_id = ?
            order by judged_at, judgment_id""",
            study_id,
        )
        compared = _arrow(
            cursor,
            f"select comparison_id, {', '.join(COMPARISON_COLUMNS)} from comparison_long where study_id = ? order by 1",
            study_id,
        )
    columns = {name: rows.coded_column(judged[name]) for name in CODED_COLUMNS}
    comparison = columns["comparison_id"]
    place = pd.Index(compared["comparison_id"].to_pandas()).get_indexer(comparison.cat.categories)
    row = place[comparison.cat.codes.to_numpy()]
    for name in COMPARISON_COLUMNS:
        of_comparison = rows.coded_column(compared[name])
        columns[name] = of_comparison.take(row).reset_index(drop=True)
    return pd.DataFrame(columns)


def output_lengths(db: Database, study_id: str) -> "pd.DataFrame":
    """Return the length of each output in characters: output_id, length.

    The metric ``length`` where it is computed, else counted in the same way.
    """
    with db.reading() as cursor:
        found = cursor.execute(
            """
            select o.output_id, m.value as length, case when m.value is null then o.content end as content
            from output o left join metric_score m on m.output_id = o.output_id and m.metric = 'length'
            where o.study_id = ? order by o.output_id
            """,
            [study_id],
        ).df()
    counted = {cell: len(plain_text(json.loads(cell))) for cell in found["content"].dropna().unique()}
    found["length"] = found["length"].fillna(found["content"].map(counted).astype("float64"))
    return found[["output_id", "length"]]


def data_hash(db: Database, study_id: str) -> str:
    """Return a hash of everything that analyses of a study read: it changes with any answer, score or status.

    Not for manifests: DuckDB's ``hash`` may differ between its versions.
    """
    parts = (
        "select bit_xor(hash(judgment_id, response, revision)) from judgment where study_id = ?",
        "select bit_xor(hash(rater_id, status, profile_id)) from rater where study_id = ?",
        "select bit_xor(hash(output_id, metric, value, signature)) from metric_score where study_id = ?",
        "select bit_xor(hash(comparison_id, judge, criterion, side_of_a, preference, certainty)) from verdict where study_id = ?",
        "select bit_xor(hash(comparison_id, purpose)) from comparison where study_id = ?",
    )
    with db.reading() as cursor:
        found = [cursor.execute(query, [study_id]).fetchall()[0][0] for query in parts]
    return stable_id(*found)


def _arrow(cursor: Any, query: str, study_id: str) -> Any:
    return cursor.sql(query, params=[study_id]).to_arrow_table()


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
    """Return one row per text that people wrote of their own: place (reason, reference, form), name, text (or JSON text).

    The name is that of the item, or the rater's opaque id.
    """
    with db.reading() as cursor:
        return cursor.execute(
            """
            select 'reason' as place, i.name, j.rationale as text from judgment j
            join assignment a using (assignment_id) join comparison c using (comparison_id) join item i using (item_id)
            where j.study_id = ? and j.rationale is not null
            union all select 'reference', name, reference from item where study_id = ? and reference is not null
            union all select 'form', rater_id, answers from step where study_id = ? and phase in ('screening', 'demographics', 'closing')
            order by place, name, text
            """,
            [study_id] * 3,
        ).df()
