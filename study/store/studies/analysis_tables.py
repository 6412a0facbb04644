"""The big tables for analyses, each in two steps: rows from the database, and a frame made of them.

Rows are Arrow tables: the database fills them while other threads of the process run. Making a frame of a million rows blocks
these, so that the app leaves it to another process; see :mod:`study.workers.analysis_worker`.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from study.content_kinds import plain_text
from study.records import CHECK_SYSTEM
from study.responses import NO_ANSWER, OPTIONS
from study.store.engine.database import Database
from study.store.studies.answer_cells import answer_frame, answer_rows
from study.store.studies.coding import Rows, arrow, coded_frame, coded_rows, plain_frame, refuse_unknown
from study.store.studies.coverage import coverage_rows
from study.store.studies.verdicts import verdict_frame, verdict_rows

if TYPE_CHECKING:
    import pandas as pd  # not loaded at start-up


@dataclass(frozen=True, slots=True)
class Read:
    """The two steps of reading a table: ``rows`` queries the database, ``frame`` makes a DataFrame, in any process.

    ``reads`` are the database tables whose hashes show whether the table has changed; see ``store.data_hashes``.
    """

    rows: Callable[[Database, str], Rows]
    frame: "Callable[[Rows], pd.DataFrame]"
    reads: tuple[str, ...]

    def __call__(self, db: Database, study_id: str) -> "pd.DataFrame":
        """Return the table of a study."""
        return self.frame(self.rows(db, study_id))


def single_query(query: str, *reads: str) -> Read:
    """Return the Read of a single query, in which ``$study`` is the study."""

    def rows(db: Database, study_id: str) -> Rows:
        with db.reading() as cursor:
            return {"": arrow(cursor, query, study_id)}

    return Read(rows, lambda found: plain_frame(found[""]), reads)


ANSWERS = ("judgment", "rater", "task", "item", "profile", "study")
TEXTS = ("output", "item", "profile")

_METRIC_SCORES = single_query(
    """
    select m.output_id, o.item_id, i.source_id, i.profile_id, o.system, o.condition, m.metric, m.value, m.reason,
        m.signature
    from metric_score m join output o using (output_id) join item i using (item_id)
    where m.study_id = $study order by m.metric, m.output_id
    """,
    "metric_score",
)
_OUTPUT_TEXTS = single_query(
    f"""
    select o.output_id, o.item_id, coalesce(i.profile_id, '') as profile_id, i.source_id, o.system, o.condition,
        o.content, i.reference, p.content as profile, i.content as prompt
    from output o join item i using (item_id) left join profile p on p.profile_id = i.profile_id
    where o.study_id = $study and o.system <> '{CHECK_SYSTEM}' order by o.output_id
    """,
    *TEXTS,
)
_ABOUT = single_query(
    """
    select metric, string_agg(distinct signature, '; ' order by signature) as signature,
        count(*) as n_outputs, count(*) - count(value) as n_undefined, mode(reason) as reason
    from metric_score where study_id = $study group by metric order by metric
    """,
    "metric_score",
)
_GIVEN = single_query(
    """
    select l.rater_id, l.simulated, l.position, l.judged_at, l.purpose, l.comparison_purpose, l.comparison_id, l.criterion,
        l.response, l.preference, l.active_seconds, l.seconds, l.output_a_id, l.output_b_id
    from judgment_long l
    where l.study_id = $study and not l.comparison_withdrawn order by l.judged_at, l.judgment_id
    """,
    *ANSWERS,
)


def _given_frame(rows: Rows) -> "pd.DataFrame":
    found = plain_frame(rows[""])
    refuse_unknown(found["response"].unique(), (*OPTIONS, *NO_ANSWER))
    return found


_RATER_ANSWERS = Read(_GIVEN.rows, _given_frame, ANSWERS)


def metric_scores(db: Database, study_id: str) -> "pd.DataFrame":
    """Return one row per output and metric.

    output_id, item_id, source_id, profile_id (None for an item without a profile), system, condition, metric, value,
    reason, signature.
    """
    return _METRIC_SCORES(db, study_id)


def metric_summary(db: Database, study_id: str) -> "pd.DataFrame":
    """Return one row per metric, in alphabetical order.

    Returns
    -------
    DataFrame
        ``metric``; ``signature``, several joined by "; "; ``n_outputs`` with a score or a reason; ``n_undefined`` without
        a value, and their most common ``reason``.
    """
    return _ABOUT(db, study_id)


def output_texts(db: Database, study_id: str) -> "pd.DataFrame":
    """Return one row per output with the texts that metrics read.

    output_id, item_id, profile_id, source_id, system, condition; the contents of output, profile and prompt as JSON
    (``content``, ``profile``, ``prompt``), and the reference as text.
    """
    return _OUTPUT_TEXTS(db, study_id)


def rater_answers(db: Database, study_id: str) -> "pd.DataFrame":
    """Return the answers for flags of raters: some columns of the long table, excluding withdrawn comparisons."""
    return _RATER_ANSWERS(db, study_id)


def score_matrix(db: Database, study_id: str) -> "pd.DataFrame":
    """Return the values of all metrics: one row per output, one column per metric, nan if there is none.

    Three million scores take a third of a second; :func:`metric_scores` takes longer.

    Returns
    -------
    DataFrame of shape (n_outputs, n_metrics)
        The index is ``output_id``; rows and columns are in alphabetical order.
    """
    return _matrix_frame(_matrix_rows(db, study_id))


def _matrix_rows(db: Database, study_id: str) -> Rows:
    queries = {
        "metric": "select distinct metric from metric_score where study_id = $study order by metric",
        "output": f"select output_id from output where study_id = $study and system <> '{CHECK_SYSTEM}' order by output_id",
        "cell": f"""
            with placed as (
                select output_id, (row_number() over (order by output_id) - 1)::integer as row from output
                where study_id = $study and system <> '{CHECK_SYSTEM}'
            ), named as (
                select metric, (row_number() over (order by metric) - 1)::integer as col
                from (select distinct metric from metric_score where study_id = $study)
            )
            select row, col, value from metric_score join placed using (output_id) join named using (metric)
            where study_id = $study and value is not null
        """,
    }
    with db.moment() as cursor:
        return {name: arrow(cursor, query, study_id) for name, query in queries.items()}


def _matrix_frame(found: Rows) -> "pd.DataFrame":
    import numpy as np
    import pandas as pd

    metrics, outputs, cells = (found[name] for name in ("metric", "output", "cell"))
    values = np.full((len(outputs), len(metrics)), np.nan)
    values[cells["row"].to_numpy(), cells["col"].to_numpy()] = cells["value"].to_numpy()
    index = pd.Index(outputs["output_id"].to_pandas(), dtype="str", name="output_id")
    return pd.DataFrame(values, index=index, columns=metrics["metric"].to_pylist())


def output_lengths(db: Database, study_id: str) -> "pd.DataFrame":
    """Return the length of each output in characters: output_id, length.

    The value of the metric ``length`` if it is computed, else counted in the same way.
    """
    return _lengths_frame(_LENGTHS.rows(db, study_id))


def _lengths_frame(rows: Rows) -> "pd.DataFrame":
    found = plain_frame(rows[""])
    counted = {cell: len(plain_text(json.loads(cell))) for cell in found["content"].dropna().unique()}
    found["length"] = found["length"].fillna(found["content"].map(counted).astype("float64"))
    return found[["output_id", "length"]]


_LENGTHS = single_query(
    """
    select o.output_id, m.value as length, case when m.value is null then o.content end as content
    from output o left join metric_score m on m.output_id = o.output_id and m.metric = 'length'
    where o.study_id = $study order by o.output_id
    """,
    "output",
    "metric_score",
)


def _coverage(*, simulated: bool) -> Read:
    return Read(partial(coverage_rows, simulated=simulated), lambda rows: plain_frame(rows[""]), ANSWERS)


BIG_READS: dict[str, Read] = {
    "judgments": Read(coded_rows, coded_frame, ANSWERS),
    "scores": Read(_matrix_rows, _matrix_frame, ("metric_score", "output")),
    "metric_scores": _METRIC_SCORES,
    "about": _ABOUT,
    "texts": _OUTPUT_TEXTS,
    "lengths": Read(_LENGTHS.rows, _lengths_frame, _LENGTHS.reads),
    "verdicts": Read(verdict_rows, verdict_frame, ("verdict", "task", "item", "profile")),
    "answers": Read(answer_rows, answer_frame, (*ANSWERS, "task_output", "output")),
    "rater_answers": _RATER_ANSWERS,
    "coverage": _coverage(simulated=False),
    "simulated_coverage": _coverage(simulated=True),
}
"""By the names of the parameters of analyses."""
