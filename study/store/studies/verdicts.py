"""Verdicts of automatic judges: saved, later ones replacing earlier ones, and read with their comparisons."""

from typing import TYPE_CHECKING

from study.records import Verdict
from study.store.engine import rows
from study.store.engine.acting_person import researchers_only
from study.store.engine.database import Database
from study.store.engine.disclosure import profile_name
from study.store.studies.coding import Rows, arrow

if TYPE_CHECKING:
    import pandas as pd  # not loaded at start-up


@researchers_only
def save_verdicts(db: Database, verdicts: list[Verdict]) -> None:
    """Store verdicts; a later one for the same task, judge, question and arrangement replaces the earlier one."""
    latest = {(one.task_id, one.judge, one.question, one.arrangement): one for one in verdicts}
    with db.writing() as cursor:
        rows.insert_many(cursor, Verdict, list(latest.values()), if_known="replace")


def verdicts(db: Database, study_id: str) -> "pd.DataFrame":
    """Return one row per verdict, texts as categories: the judge's answer and the comparison.

    The columns of the comparison are ``comparison_name``, ``comparison_purpose``, ``comparison_withdrawn``, ``item_id``,
    ``item_name``, ``source_id``, ``profile_id``, ``profile_name``, ``tags``, ``system_a``, ``system_b``, ``output_a_id``
    and ``output_b_id``; those of the verdict ``comparison_id``, ``judge``, ``criterion``, ``side_of_a``, ``preference``
    (missing if the judge failed), ``certainty``, ``reason`` and ``signature``.
    """
    return verdict_frame(verdict_rows(db, study_id))


def verdict_rows(db: Database, study_id: str) -> Rows:
    """Return the rows for :func:`verdict_frame`."""
    query = f"""
        select c.comparison_id, c.comparison_name, c.comparison_purpose, c.comparison_withdrawn, c.item_id,
            c.item_name, c.source_id, c.profile_id, {profile_name("c")} as profile_name, c.tags, c.system_a, c.system_b, c.output_a_id, c.output_b_id,
            v.judge, v.question as criterion,
            case v.arrangement when '01' then 'left' when '10' then 'right' else 'unknown' end as side_of_a,
            v.answer as preference, v.certainty, v.reason, v.signature
        from verdict v join comparison_long c on c.comparison_id = v.task_id
        where v.study_id = $study order by v.judge, v.question, c.comparison_id, side_of_a
        """
    with db.reading() as cursor:
        return {"": arrow(cursor, query, study_id)}


def verdict_frame(rows_found: Rows) -> "pd.DataFrame":
    """Return the table of verdicts made from :func:`verdict_rows`."""
    import pandas as pd

    found = rows_found[""]
    return pd.DataFrame({name: rows.coded_column(found[name]) for name in found.column_names})
