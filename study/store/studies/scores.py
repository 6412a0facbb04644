"""Scores of metrics: those of outputs, and a cache by text, so that nothing is computed twice."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from study.records import CHECK_SYSTEM, MetricScore
from study.store.engine import rows
from study.store.engine.acting_person import researchers_only
from study.store.engine.database import Database, log_event
from study.store.studies.coding import plain_frame

if TYPE_CHECKING:
    import pandas as pd  # not loaded at start-up

Scores = Mapping[str, tuple[float | None, str | None]]


@researchers_only
def save_scores(db: Database, scores: list[MetricScore], *, forget: bool = True) -> None:
    """Store metric scores; a later score of the same output and metric replaces the earlier one.

    ``forget`` writes them into the file itself at once and logs the action; without it they are in the file's log, like
    judgments, and a caller who saves them bit by bit must log the action.
    """
    if not scores:
        return
    with db.writing(forget=forget) as cursor:
        rows.insert_many(cursor, MetricScore, scores, if_known="replace")
        if forget:
            details = {"metrics": sorted({one.metric for one in scores}), "count": len(scores)}
            log_event(cursor, "scores_saved", study_id=scores[0].study_id, details=details)


@researchers_only
def delete_scores(db: Database, study_id: str, metric: str) -> None:
    """Remove a metric's scores from a study; they stay in the cache."""
    with db.writing(forget=True) as cursor:
        cursor.execute("delete from metric_score where study_id = ? and metric = ?", [study_id, metric])
        log_event(cursor, "scores_deleted", study_id=study_id, details={"metric": metric})


def cached_scores(db: Database, signature: str, hashes: Sequence[str]) -> Scores:
    """Return the cached scores, by the hash of their texts."""
    with db.reading() as cursor:
        found = cursor.execute(
            "select texts_hash, value, reason from score_cache where signature = ? and texts_hash in (select unnest(?::varchar[]))",
            [signature, list(hashes)],
        ).fetchall()
    return {key: (value, reason) for key, value, reason in found}


@researchers_only
def cache_scores(db: Database, signature: str, scores: Scores) -> None:
    """Cache scores by the hash of their texts."""
    new_rows = pa.table(
        {
            "signature": pa.array([signature] * len(scores), pa.string()),
            "texts_hash": pa.array(list(scores), pa.string()),
            "value": pa.array([value for value, _ in scores.values()], pa.float64()),
            "reason": pa.array([reason for _, reason in scores.values()], pa.string()),
        }
    )
    with db.writing() as cursor:
        cursor.register("new_scores", new_rows)
        cursor.execute("insert or replace into score_cache select * from new_scores")
        cursor.unregister("new_scores")


def output_count(db: Database, study_id: str) -> int:
    """Return the number of a study's outputs, excluding those that only checks use."""
    with db.reading() as cursor:
        found = cursor.execute(
            "select count(*) from output where study_id = ? and system <> ?", [study_id, CHECK_SYSTEM]
        ).fetchall()
    return int(found[0][0])


def varied_metrics(db: Database, study_id: str) -> list[str]:
    """Return the metrics of a study with at least two different values, in alphabetical order."""
    with db.reading() as cursor:
        found = cursor.execute(
            "select metric from metric_score where study_id = ? group by metric having min(value) < max(value) order by metric",
            [study_id],
        ).fetchall()
    return [name for (name,) in found]


def score_counts(db: Database, study_id: str) -> dict[tuple[str, str], int]:
    """Return the number of outputs with a score, or a reason for none, by metric and signature."""
    with db.reading() as cursor:
        found = cursor.execute(
            "select metric, signature, count(*) from metric_score where study_id = ? group by all", [study_id]
        ).fetchall()
    return {(metric, signature): count for metric, signature, count in found}


def scores_of_metric(db: Database, study_id: str, metric: str) -> "pd.DataFrame":
    """Return the scores of one metric, one row per output, like ``metric_scores``."""
    with db.reading() as cursor:
        found = cursor.sql(
            """
            select m.output_id, o.item_id, i.source_id, i.profile_id, o.system, o.condition, m.metric, m.value, m.reason,
                m.signature
            from metric_score m join output o using (output_id) join item i using (item_id)
            where m.study_id = $study and m.metric = $metric order by m.output_id
            """,
            params={"study": study_id, "metric": metric},
        ).to_arrow_table()
    return plain_frame(found)


def known_hashes(db: Database, signature: str) -> pa.Table:
    """Return the hashes of texts with a cached score by a signature: one column, ``texts_hash``."""
    with db.reading() as cursor:
        return cursor.sql(
            "select texts_hash from score_cache where signature = $signature", params={"signature": signature}
        ).to_arrow_table()


def scored_outputs(db: Database, study_id: str, metric: str, signature: str) -> pa.Table:
    """Return a study's outputs with a score or a reason, by a metric and signature: one column, ``output_id``."""
    with db.reading() as cursor:
        return cursor.sql(
            "select output_id from metric_score where study_id = $study and metric = $metric and signature = $signature",
            params={"study": study_id, "metric": metric, "signature": signature},
        ).to_arrow_table()
