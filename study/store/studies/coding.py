"""The long table for statistics: rows from the database with numbers for texts, and the frame made of them.

The two steps are separate so that a process that serves raters only reads rows, which does not block its other threads.
"""

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

import pyarrow as pa

from study.blinding import ARRANGEMENTS, SIDE_OF_A, unblinding_table
from study.errors import DatabaseError
from study.protocol.design import parse_design
from study.records import DesignVersion
from study.store.engine import rows
from study.store.engine.database import Database
from study.store.engine.disclosure import profile_name
from study.store.studies.studies import design

if TYPE_CHECKING:
    import duckdb
    import pandas as pd  # not loaded at start-up

Rows = dict[str, pa.Table]
"""Results of queries, by the name of the query."""

# Columns of the long table for statistics. Those of the comparison are read once per comparison.
CODED_COLUMNS = (
    *("comparison_id", "rater_id", "simulated", "rater_status", "rater_role", "purpose", "criterion"),
    *("side_of_a", "response", "preference", "strength", "confidence", "seconds", "options"),
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
    """Return the long table for statistics: texts as categories, in the order of the answers.

    The rows and values are those of the view ``judgment_long``. The database returns numbers for texts, and columns of raters
    and comparisons are read once for each: four times faster than the view, with a tenth of the memory.

    Returns
    -------
    DataFrame
        The columns :data:`CODED_COLUMNS` and :data:`COMPARISON_COLUMNS`, one row per standing judgment. ``options``, which
        the view does not have, are the codes of the answers that the design offers, in the order of the screen.
    """
    return coded_frame(coded_rows(db, study_id))


def coded_rows(db: Database, study_id: str) -> Rows:
    """Return the rows for :func:`coded_frame`."""
    elicited = ", a.profile_id as judged_for" if design(db, study_id).elicitation else ""
    columns_of_comparison = ", ".join(
        f"{profile_name('c')} as profile_name" if name == "profile_name" else name
        for name in COMPARISON_COLUMNS
    )
    of_study = {
        "comparison": f"select comparison_id, {columns_of_comparison} from comparison_long as c where study_id = $study order by 1",
        "rater": """
            select rater_id, source = 'simulated' as simulated, status as rater_status, profile_id as own
            from rater where study_id = $study order by 1
        """,
        "name": f"""
            select profile_id, {profile_name("p")} as profile_name from (select *, name as profile_name from profile) as p
            where study_id = $study
        """,
    }
    with db.moment() as cursor:
        found = {name: arrow(cursor, query, study_id) for name, query in of_study.items()}
        query = _CODES.format(elicited=elicited, **_vocabularies(cursor, study_id))
        found["judgment"] = arrow(cursor, query, study_id)
        offered = offered_answers(db, study_id)
    found["offered"] = pa.table({"criterion": list(offered), "options": list(offered.values())})
    return found


def offered_answers(db: Database, study_id: str) -> dict[str, str]:
    """Return the codes of the answers that each criterion offers, in the order of the screen, joined by spaces.

    With several versions of a design, the answers of all of them; a draft has only its design.
    """
    with db.reading() as cursor:
        frozen = rows.select(cursor, DesignVersion, "where study_id = ? order by version", [study_id])
    offered: dict[str, dict[str, None]] = {}
    for rules in (design(db, study_id), *(parse_design(one.design) for one in frozen)):
        for criterion in rules.criteria:
            codes = offered.setdefault(criterion.key, {})
            codes.update(dict.fromkeys(option.code for option in criterion.preference_options()))
    return {key: " ".join(codes) for key, codes in offered.items()}


def coded_frame(found: Rows) -> "pd.DataFrame":
    """Return the long table made from :func:`coded_rows`."""
    import pandas as pd

    compared, raters = (_columns(found[name]) for name in ("comparison", "rater"))
    judged = found["judgment"]
    comparison, rater = (judged[name].to_numpy() for name in ("comparison", "rater"))
    columns = {
        name: judged[name].to_pandas()
        for name in ("purpose", "criterion", "arrangement", "response", "confidence", "seconds")
    }
    arrangement = columns.pop("arrangement")
    columns["side_of_a"] = arrangement.cat.rename_categories(SIDE_OF_A)
    columns |= {name: column.take(rater).reset_index(drop=True) for name, column in raters.items()}
    columns |= {name: column.take(comparison).reset_index(drop=True) for name, column in compared.items()}
    if "judged_for" in judged.column_names:
        names = dict(
            zip(*(found["name"][name].to_pylist() for name in ("profile_id", "profile_name")), strict=True)
        )
        judged_for = rows.coded_column(judged["judged_for"])
        columns |= _with_elicited(columns["profile_id"], judged_for, names)
    columns["rater_role"] = _roles(columns.pop("own"), columns["profile_id"])
    offered = dict(
        zip(*(found["offered"][name].to_pylist() for name in ("criterion", "options")), strict=True)
    )
    columns["options"] = columns["criterion"].map(offered).astype("category")
    columns |= _unblinded(columns["response"], arrangement)
    return pd.DataFrame({name: columns[name] for name in (*CODED_COLUMNS, *COMPARISON_COLUMNS)})


# As in judgment_current: not undone, and no later revision. Only a later revision can be above 0.
_CODES = """
    with of_rater as (
        select rater_id, (row_number() over (order by rater_id) - 1)::integer as rater from rater where study_id = $study
    ),
    of_comparison as (
        select comparison_id, (row_number() over (order by comparison_id) - 1)::integer as comparison
        from comparison_long where study_id = $study
    )
    select
        comparison, rater, a.purpose::enum({purpose}) as purpose, j.question::enum({question}) as criterion,
        a.arrangement::enum({arrangement}) as arrangement, j.response::enum({response}) as response, j.confidence, j.seconds{elicited}
    from judgment as j
    join assignment as a on a.assignment_id = j.assignment_id
    join of_rater on of_rater.rater_id = a.rater_id
    join of_comparison on of_comparison.comparison_id = a.task_id
    where j.study_id = $study and j.kind = 'preference' and j.response <> 'undone'
      and not exists (
          select 1 from judgment as later
          where later.revision > 0 and later.assignment_id = j.assignment_id
            and later.question = j.question and later.revision > j.revision
      )
    order by j.judged_at, j.judgment_id
"""


def _vocabularies(cursor: "duckdb.DuckDBPyConnection", study_id: str) -> dict[str, str]:
    """Return the values of each small column in the SQL syntax of an enumeration."""
    values = {"arrangement": list(ARRANGEMENTS)}
    for column, table in (
        ("purpose", "assignment"),
        ("question", "judgment"),
        ("response", "judgment where kind = 'preference'"),
    ):
        query = f"select distinct {column} from (select * from {table}) where study_id = ? order by 1"
        found = cursor.execute(query, [study_id]).fetchall()
        values[column] = [value for (value,) in found] or [""]
    return {
        column: ", ".join("'" + value.replace("'", "''") + "'" for value in found)
        for column, found in values.items()
    }


def _columns(found: pa.Table) -> "dict[str, pd.Series]":
    """Return the columns of a query's result, texts as categories."""
    return {name: rows.coded_column(found[name]) for name in found.column_names}


def _with_elicited(
    of_item: "pd.Series", judged_for: "pd.Series", names: dict[str, str]
) -> "dict[str, pd.Series]":
    """Return the profile of each judgment: the item's, else the elicited one."""
    profile = of_item.astype(object).where(of_item.notna(), judged_for.astype(object)).astype("category")
    return {"profile_id": profile, "profile_name": profile.map(names).astype("category")}


def _roles(own: "pd.Series", judged_for: "pd.Series") -> "pd.Series":
    """Return "owner" if a rater judges for their own profile, else "proxy"."""
    import numpy as np
    import pandas as pd

    code_of = {name: code for code, name in enumerate(judged_for.cat.categories)}
    codes = np.array([code_of.get(name, -1) for name in own.cat.categories] + [-1])
    mine = codes[own.cat.codes.to_numpy()]
    proxy = (mine < 0) | (mine != judged_for.cat.codes.to_numpy())
    return pd.Series(pd.Categorical.from_codes(proxy.astype(np.int8), pd.Index(["owner", "proxy"])))


def refuse_unknown(answers: Iterable[str], known: Collection[str]) -> None:
    """Refuse answer codes that this program does not know: no analysis may omit them silently.

    Raises
    ------
    DatabaseError
        If there are unknown codes.
    """
    if unknown := sorted(set(answers) - set(known)):
        raise DatabaseError(
            f"The study has answers that this program does not know: {', '.join(unknown)}. A newer version "
            "wrote them; use that version."
        )


def _unblinded(response: "pd.Series", arrangement: "pd.Series") -> "dict[str, pd.Series]":
    """Return the preference and strength of each answer, by the table of :mod:`study.blinding`."""
    import numpy as np
    import pandas as pd

    rule = list(unblinding_table())
    names = sorted({preference for _, _, preference, _ in rule if preference})
    meaning = {(shown, row): (names.index(what) if what else -1, how) for shown, row, what, how in rule}
    response = response.cat.remove_unused_categories()
    shown, rows_shown = list(response.cat.categories), list(arrangement.cat.categories)
    refuse_unknown(shown, {one for one, _ in meaning})
    table = [meaning[one, row] for one in shown for row in rows_shown]
    place = (
        response.cat.codes.to_numpy().astype(np.int64) * len(rows_shown) + arrangement.cat.codes.to_numpy()
    )
    strength = np.array([np.nan if how is None else how for _, how in table])[place]
    codes = np.array([code for code, _ in table], dtype=np.int8)
    return {
        "preference": pd.Series(pd.Categorical.from_codes(codes[place], pd.Index(names))),
        "strength": pd.Series(strength if np.isnan(strength).any() else strength.astype(np.int32)),
    }


def arrow(cursor: "duckdb.DuckDBPyConnection", query: str, study_id: str) -> pa.Table:
    """Return the result of a query on one study, which is ``$study`` in the query."""
    return cursor.sql(query, params={"study": study_id}).to_arrow_table()


def plain_frame(found: pa.Table) -> "pd.DataFrame":
    """Return a query's result as DuckDB itself converts it to pandas: a text column without texts holds None."""
    import pandas as pd

    columns = {}
    for name in found.column_names:
        cells = found[name]
        empty = pa.types.is_string(cells.type) and cells.null_count == len(cells)
        columns[name] = pd.Series([None] * len(cells), dtype=object) if empty else cells.to_pandas()
    return pd.DataFrame(columns)
