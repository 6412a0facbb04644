"""Metric scores as analyses read them: a matrix of outputs by metrics, and what is known of each metric."""

from typing import TYPE_CHECKING

from study.store.database import Database

if TYPE_CHECKING:
    import pandas as pd  # start-up does without it


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
            "select output_id from output where study_id = ? order by output_id", params=[study_id]
        ).to_arrow_table()
        cells = cursor.execute(
            """
            with placed as (
                select output_id, row_number() over (order by output_id) - 1 as row from output where study_id = $1
            ), named as (
                select metric, row_number() over (order by metric) - 1 as col
                from (select distinct metric from metric_score where study_id = $1)
            )
            select row, col, value from metric_score join placed using (output_id) join named using (metric)
            where study_id = $1 and value is not null
            """,
            [study_id],
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
