"""How much the outputs of comparisons differ: computed here from texts, or stored from embeddings and imports."""

import json
from collections.abc import Mapping

import duckdb

from study.assignment.priority import edit_divergence
from study.content_kinds import plain_text
from study.errors import InvalidInput
from study.records import Divergence
from study.store.engine import rows
from study.store.engine.acting_person import researchers_only
from study.store.engine.database import Database, log_event
from study.tables import lookup

EDIT = "edit"


@researchers_only
def save_divergences(
    db: Database,
    study_id: str,
    measure: str,
    values: Mapping[str, tuple[float | None, str | None]],
    signature: str,
) -> None:
    """Store and log a measure of comparisons; later values replace earlier ones.

    Parameters
    ----------
    values : mapping of str to (float or None, str or None)
        The value, or None and the reason, by the id of the comparison.
    signature : str
        How it was computed, or the file that it came from.
    """
    found = [Divergence(study_id, key, measure, *value, signature) for key, value in values.items()]
    with db.writing(forget=True) as cursor:
        rows.insert_many(cursor, Divergence, found, if_known="replace")
        details = {"measure": measure, "count": len(found), "signature": signature}
        log_event(cursor, "divergence_saved", study_id=study_id, details=details)


def divergence_measures(db: Database, study_id: str) -> list[str]:
    """Return the measures that can order a queue: edit, the stored measures, the metrics with scores."""
    with db.reading() as cursor:
        found = cursor.execute(
            """
            select distinct measure from divergence where study_id = $1
            union select distinct metric from metric_score where study_id = $1 order by 1
            """,
            [study_id],
        ).fetchall()
    return [EDIT, *(name for (name,) in found if name != EDIT)]


def priorities(db: Database, study_id: str, measure: str) -> dict[str, float]:
    """Return how much the outputs of each main comparison differ by a measure, if known.

    ``edit`` compares the texts; a stored measure is used as it is; any other name is a metric, and the measure is the
    absolute difference between the two outputs' scores (log-probabilities, say).
    """
    with db.reading() as cursor:
        return read_priorities(cursor, study_id, measure)


def read_priorities(cursor: duckdb.DuckDBPyConnection, study_id: str, measure: str) -> dict[str, float]:
    """Return the result of :func:`priorities`, read with a given cursor."""
    if measure == EDIT:
        return {key: edit_divergence(*texts) for key, texts in _pair_texts(cursor, study_id).items()}
    stored = cursor.execute(
        """
        select d.task_id, d.value from divergence d join task t on t.task_id = d.task_id
        where d.study_id = ? and d.measure = ? and t.purpose = 'main' and d.value is not null
        """,
        [study_id, measure],
    ).fetchall()
    if stored:
        return dict(stored)
    return dict(
        cursor.execute(
            """
            select c.comparison_id, abs(a.value - b.value) from comparison_long c
            join metric_score a on a.output_id = c.output_a_id and a.metric = $metric
            join metric_score b on b.output_id = c.output_b_id and b.metric = $metric
            where c.study_id = $study and c.comparison_purpose = 'main' and a.value is not null and b.value is not null
            """,
            {"metric": measure, "study": study_id},
        ).fetchall()
    )


def pair_texts(db: Database, study_id: str) -> dict[str, tuple[str, str]]:
    """Return the texts of the outputs of each main comparison, by its id."""
    with db.reading() as cursor:
        return _pair_texts(cursor, study_id)


def _pair_texts(cursor: duckdb.DuckDBPyConnection, study_id: str) -> dict[str, tuple[str, str]]:
    pairs = cursor.execute(
        """
        select c.comparison_id, a.content, b.content from comparison_long c
        join output a on a.output_id = c.output_a_id join output b on b.output_id = c.output_b_id
        where c.study_id = ? and c.comparison_purpose = 'main' order by 1
        """,
        [study_id],
    ).fetchall()
    return {key: (plain_text(json.loads(a)), plain_text(json.loads(b))) for key, a, b in pairs}


def task_ids(db: Database, study_id: str, names: list[str]) -> dict[str, str]:
    """Return the id of each comparison that a file refers to by name or id.

    Raises
    ------
    InvalidInput
        Naming the first one that does not exist, or occurs twice.
    """
    with db.reading() as cursor:
        found = cursor.execute("select task_id, name from task where study_id = ?", [study_id]).fetchall()
    known = {name: row[0] for row in found for name in row if name}
    ids: dict[str, str] = {}
    for name in names:
        task_id = lookup(known, name, "comparison")
        if task_id in ids.values():
            raise InvalidInput(f"comparison {name!r} appears twice; give it one value")
        ids[name] = task_id
    return ids
