"""Scores of metrics: of outputs, and of any texts, so that nothing is computed twice."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from study.records import CHECK_SYSTEM, MetricScore
from study.store import rows
from study.store.behalf import researchers_only
from study.store.database import Database, log_event

if TYPE_CHECKING:
    import pandas as pd  # start-up does without it

Scores = Mapping[str, tuple[float | None, str | None]]


@researchers_only
def save_scores(db: Database, scores: list[MetricScore], *, forget: bool = True) -> None:
    """Store metric scores; a later score of the same output and metric takes the place of the earlier.

    ``forget`` brings them into the file itself at once; without it they stand in its log, as judgments do, and whoever
    saves them bit by bit notes the action.
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
    """Take a metric's scores out of a study; what was computed stays in the cache."""
    with db.writing(forget=True) as cursor:
        cursor.execute("delete from metric_score where study_id = ? and metric = ?", [study_id, metric])
        log_event(cursor, "scores_deleted", study_id=study_id, details={"metric": metric})


def metric_scores(db: Database, study_id: str) -> "pd.DataFrame":
    """Return one row per output and metric.

    output_id, item_id, source_id, system, condition, metric, value, reason, signature.
    """
    with db.reading() as cursor:
        return cursor.execute(
            """
            select m.output_id, o.item_id, i.source_id, o.system, o.condition, m.metric, m.value, m.reason, m.signature
            from metric_score m join output o using (output_id) join item i using (item_id)
            where m.study_id = ? order by m.metric, m.output_id
            """,
            [study_id],
        ).df()


def output_texts(db: Database, study_id: str) -> "pd.DataFrame":
    """Return one row per output with what metrics read.

    output_id, item_id, profile_id, source_id, system, condition; the contents of output, profile and prompt as JSON
    (``content``, ``profile``, ``prompt``), and the reference as text.
    """
    with db.reading() as cursor:
        return cursor.execute(
            """
            select o.output_id, o.item_id, coalesce(i.profile_id, '') as profile_id, i.source_id, o.system, o.condition,
                o.content, i.reference, p.content as profile, i.content as prompt
            from output o join item i using (item_id) left join profile p on p.profile_id = i.profile_id
            where o.study_id = ? and o.system <> ? order by o.output_id
            """,
            [study_id, CHECK_SYSTEM],
        ).df()


def cached_scores(db: Database, signature: str, hashes: Sequence[str]) -> Scores:
    """Return the scores that are known already, by the hash of their texts."""
    with db.reading() as cursor:
        found = cursor.execute(
            "select texts_hash, value, reason from score_cache where signature = ? and list_contains(?, texts_hash)",
            [signature, list(hashes)],
        ).fetchall()
    return {key: (value, reason) for key, value, reason in found}


@researchers_only
def cache_scores(db: Database, signature: str, scores: Scores) -> None:
    """Keep scores under the hash of their texts."""
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


def score_matrix(db: Database, study_id: str) -> "pd.DataFrame":
    """Return the values of all metrics: a row per output, a column per metric, nan where there is none.

    Three million scores take a third of a second, where :func:`metric_scores` takes six.

    Returns
    -------
    DataFrame of shape (n_outputs, n_metrics)
        The index is ``output_id``; rows and columns are in alphabetical order.
    """
    import numpy as np
    import pandas as pd

    with db.reading() as cursor:
        metrics = cursor.execute(
            "select distinct metric from metric_score where study_id = ? order by metric", [study_id]
        ).fetchall()
        outputs = cursor.sql(
            "select output_id from output where study_id = ? and system <> ? order by output_id",
            params=[study_id, CHECK_SYSTEM],
        ).to_arrow_table()
        cells = cursor.execute(
            """
            with placed as (
                select output_id, row_number() over (order by output_id) - 1 as row from output
                where study_id = $1 and system <> $2
            ), named as (
                select metric, row_number() over (order by metric) - 1 as col
                from (select distinct metric from metric_score where study_id = $1)
            )
            select row, col, value from metric_score join placed using (output_id) join named using (metric)
            where study_id = $1 and value is not null
            """,
            [study_id, CHECK_SYSTEM],
        ).fetchnumpy()
    values = np.full((len(outputs), len(metrics)), np.nan)
    values[cells["row"], cells["col"]] = cells["value"]
    index = pd.Index(outputs["output_id"].to_pandas(), dtype="str", name="output_id")
    return pd.DataFrame(values, index=index, columns=[name for (name,) in metrics])


def metric_summary(db: Database, study_id: str) -> "pd.DataFrame":
    """Return one row per metric, in alphabetical order.

    Returns
    -------
    DataFrame
        ``metric``; ``signature``, several joined by "; "; ``n_outputs`` with a score or a reason; ``n_undefined`` without
        a value, and their most common ``reason``.
    """
    with db.reading() as cursor:
        return cursor.execute(
            """
            select metric, string_agg(distinct signature, '; ' order by signature) as signature,
                count(*) as n_outputs, count(*) - count(value) as n_undefined, mode(reason) as reason
            from metric_score where study_id = ? group by metric order by metric
            """,
            [study_id],
        ).df()
