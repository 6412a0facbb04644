"""What is read: the long table for export and, coded, for analysis; texts for the audit."""

import json
from typing import TYPE_CHECKING, Any

from study.records import CHECK_SYSTEM, plain_text, stable_id
from study.store import rows
from study.store.behalf import sees_identities
from study.store.database import Database
from study.store.disclosure import profile_name, told
from study.store.studies import design

if TYPE_CHECKING:
    import pandas as pd  # start-up does without it


def judgments(db: Database, study_id: str, *, texts: bool = False) -> "pd.DataFrame":
    """Return the study's long table, one row per standing judgment, in a fixed order.

    With ``texts`` come the contents of profile, prompt and outputs (JSON text) and the raters' external ids, for exports.
    """
    extra = (
        f""", p.content as profile, i.content as prompt, oa.content as output_a, ob.content as output_b, {told("r.external_id")} as rater_external_id
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
        return cursor.execute(
            f"select l.* {hidden}{extra} where l.study_id = ? order by l.judged_at, l.judgment_id", [study_id]
        ).df()


# What statistics read of the long table. What belongs to the comparison is read once per comparison.
CODED_COLUMNS = (
    *("comparison_id", "rater_id", "simulated", "rater_status", "rater_role", "purpose", "criterion"),
    *("side_of_a", "response", "preference", "strength", "confidence", "seconds"),
)
COMPARISON_COLUMNS = (
    *(
        "comparison_purpose",
        "comparison_withdrawn",
        "item_id",
        "source_id",
        "profile_id",
        "profile_name",
        "tags",
    ),
    *("system_a", "system_b", "output_a_id", "output_b_id", "condition_a", "condition_b"),
)


def coded_judgments(db: Database, study_id: str) -> "pd.DataFrame":
    """Return the long table as statistics read it: texts as categories, in the order in which the answers came.

    The same rows and values as the view ``judgment_long`` has. The database gives numbers for texts, and what belongs to a
    rater or to a comparison is read once for each: four times faster than the view, with a tenth of the memory.

    Returns
    -------
    DataFrame
        Of the columns :data:`CODED_COLUMNS` and :data:`COMPARISON_COLUMNS`, a row per standing judgment.
    """
    import pandas as pd

    elicited = ", a.profile_id as judged_for" if design(db, study_id).elicitation else ""
    columns_of_comparison = ", ".join(
        f"{profile_name('c')} as profile_name" if name == "profile_name" else name
        for name in COMPARISON_COLUMNS
    )
    with db.reading() as cursor:
        cursor.execute("begin transaction")  # all of it as of one moment
        compared = _coded(
            cursor, f"select comparison_id, {columns_of_comparison} from comparison_long as c", study_id
        )
        raters = _coded(
            cursor,
            "select rater_id, source = 'simulated' as simulated, status as rater_status, profile_id as own from rater",
            study_id,
        )
        judged = _arrow(cursor, _CODES.format(elicited=elicited, **_vocabularies(cursor, study_id)), study_id)
        names = dict(
            cursor.execute(
                f"select profile_id, {profile_name('p')} from (select *, name as profile_name from profile) as p where study_id = ?",
                [study_id],
            ).fetchall()
        )
        rule = cursor.execute("select response, side_of_a, preference, strength from unblinding").fetchall()
        cursor.execute("commit")
    comparison, rater = (judged[name].to_numpy() for name in ("comparison", "rater"))
    columns = {
        name: judged[name].to_pandas()
        for name in ("purpose", "criterion", "side_of_a", "response", "confidence", "seconds")
    }
    columns |= {name: column.take(rater).reset_index(drop=True) for name, column in raters.items()}
    columns |= {name: column.take(comparison).reset_index(drop=True) for name, column in compared.items()}
    if elicited:
        judged_for = rows.coded_column(judged["judged_for"])
        columns |= _with_elicited(columns["profile_id"], judged_for, names)
    columns["rater_role"] = _roles(columns.pop("own"), columns["profile_id"])
    columns |= _unblinded(columns["response"], columns["side_of_a"], rule)
    return pd.DataFrame({name: columns[name] for name in (*CODED_COLUMNS, *COMPARISON_COLUMNS)})


# As judgment_current says: not undone, and no later revision. Only a later revision can be above 0.
_CODES = """
    with of_rater as (
        select rater_id, (row_number() over (order by rater_id) - 1)::integer as rater from rater where study_id = $study
    ),
    of_comparison as (
        select comparison_id, (row_number() over (order by comparison_id) - 1)::integer as comparison
        from comparison where study_id = $study
    )
    select
        comparison, rater, a.purpose::enum({purpose}) as purpose, j.criterion::enum({criterion}) as criterion,
        a.side_of_a::enum({side_of_a}) as side_of_a, j.response::enum({response}) as response, j.confidence, j.seconds{elicited}
    from judgment as j
    join assignment as a on a.assignment_id = j.assignment_id
    join of_rater on of_rater.rater_id = a.rater_id
    join of_comparison on of_comparison.comparison_id = a.comparison_id
    where j.study_id = $study and j.response <> 'undone'
      and not exists (
          select 1 from judgment as later
          where later.revision > 0 and later.assignment_id = j.assignment_id
            and later.criterion = j.criterion and later.revision > j.revision
      )
    order by j.judged_at, j.judgment_id
"""


def _vocabularies(cursor: Any, study_id: str) -> dict[str, str]:
    """Return the values of each small column as SQL has them in an enumeration."""
    values = {"side_of_a": ["left", "right"]}
    for column, table in (("purpose", "assignment"), ("criterion", "judgment"), ("response", "judgment")):
        found = cursor.execute(
            f"select distinct {column} from {table} where study_id = ? order by 1", [study_id]
        ).fetchall()
        values[column] = [value for (value,) in found] or [""]
    return {
        column: ", ".join("'" + value.replace("'", "''") + "'" for value in found)
        for column, found in values.items()
    }


def _coded(cursor: Any, query: str, study_id: str) -> "dict[str, pd.Series]":
    """Return the columns of a query on one study, texts as categories, in the order of its first column."""
    found = _arrow(cursor, f"{query} where study_id = $study order by 1", study_id)
    return {name: rows.coded_column(found[name]) for name in found.column_names}


def _with_elicited(
    of_item: "pd.Series", judged_for: "pd.Series", names: dict[str, str]
) -> "dict[str, pd.Series]":
    """Return for whom each judgment was: the profile of the item, else the elicited one that it was given for."""
    profile = of_item.astype(object).where(of_item.notna(), judged_for.astype(object)).astype("category")
    return {"profile_id": profile, "profile_name": profile.map(names).astype("category")}


def _roles(own: "pd.Series", judged_for: "pd.Series") -> "pd.Series":
    """Return "owner" where a rater judges for the profile that is the rater's own, else "proxy"."""
    import numpy as np
    import pandas as pd

    code_of = {name: code for code, name in enumerate(judged_for.cat.categories)}
    codes = np.array([code_of.get(name, -1) for name in own.cat.categories] + [-1])
    mine = codes[own.cat.codes.to_numpy()]
    proxy = (mine < 0) | (mine != judged_for.cat.codes.to_numpy())
    return pd.Series(pd.Categorical.from_codes(proxy.astype(np.int8), pd.Index(["owner", "proxy"])))


def _unblinded(
    response: "pd.Series", side_of_a: "pd.Series", rule: list[tuple[str, str, str | None, int | None]]
) -> "dict[str, pd.Series]":
    """Return what each answer says of outputs, by the table of :mod:`study.blinding`."""
    import numpy as np
    import pandas as pd

    names = sorted({preference for _, _, preference, _ in rule if preference})
    meaning = {(shown, side): (names.index(what) if what else -1, how) for shown, side, what, how in rule}
    shown, sides = list(response.cat.categories), list(side_of_a.cat.categories)
    table = [meaning.get((one, side), (-1, None)) for one in shown for side in sides]
    place = response.cat.codes.to_numpy().astype(np.int64) * len(sides) + side_of_a.cat.codes.to_numpy()
    strength = np.array([np.nan if how is None else how for _, how in table])[place]
    codes = np.array([code for code, _ in table], dtype=np.int8)
    return {
        "preference": pd.Series(pd.Categorical.from_codes(codes[place], pd.Index(names))),
        "strength": pd.Series(strength if np.isnan(strength).any() else strength.astype(np.int32)),
    }


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
        "select bit_xor(hash(comparison_id, purpose, withdrawn)) from comparison where study_id = ?",
    )
    with db.reading() as cursor:
        found = [cursor.execute(query, [study_id]).fetchall()[0][0] for query in parts]
    return stable_id(*found)


def _arrow(cursor: Any, query: str, study_id: str) -> Any:
    return cursor.sql(query, params={"study": study_id}).to_arrow_table()


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
