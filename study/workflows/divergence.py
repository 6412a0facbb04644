"""How much the outputs of comparisons differ: by embeddings, computed in the metrics process, or read from a file."""

import csv
from collections.abc import Callable
from io import StringIO
from math import isfinite

from study import store
from study.errors import InvalidInput
from study.formats.readers.tabular import text_of_bytes
from study.metrics import METRICS
from study.metrics.choosing import metric_named
from study.workflows.scoring import RunProgress, nothing, score_pairs

EMBEDDING = "embedding"
METRIC = "cosine_reference"  # the cosine of two texts, here of two outputs
COLUMNS = ("comparison", "value")


def compute_embedding_divergence(
    db: store.Database,
    study_id: str,
    *,
    progress: Callable[[RunProgress], None] = nothing,
    stopped: Callable[[], bool] = lambda: False,
) -> int:
    """Store one minus the cosine of the outputs of each main comparison as the measure ``embedding``; return the count.

    The encoder that is installed with the program runs in the metrics process; cached values are not computed again.

    Raises
    ------
    StudyError
        If the worker ended or was stopped; nothing of the measure is stored then.
    """
    pairs = store.pair_texts(db, study_id)
    found = score_pairs(db, METRIC, list(pairs.values()), progress=progress, stopped=stopped)
    values = {
        key: (None if cosine is None else 1 - cosine, reason)
        for key, (cosine, reason) in zip(pairs, found, strict=True)
    }
    signature = f"1 - {metric_named(METRICS, METRIC).signature({})}"
    store.save_divergences(db, study_id, EMBEDDING, values, signature)
    return len(values)


def import_divergence(db: store.Database, study_id: str, data: bytes, file: str, measure: str) -> int:
    """Store a measure of comparisons from a CSV file with the columns comparison and value; return the count.

    An example is the divergence of log-probabilities: the larger it is, the sooner a comparison is judged.

    Raises
    ------
    InvalidInput
        Naming the column, line or comparison that is wrong; nothing is stored then.
    """
    if measure in ("edit", EMBEDDING):
        raise InvalidInput(
            f"Blindpair computes the measure {measure!r} itself; give the imported one another name"
        )
    if not measure.strip():
        raise InvalidInput("the measure has no name; give it one, such as logprob")
    reader = csv.DictReader(StringIO(text_of_bytes(data, file)))
    columns = tuple(reader.fieldnames or ())
    if set(columns) != set(COLUMNS):
        raise InvalidInput(
            f"{file}: the columns are {', '.join(columns) or 'none'}; needed: {', '.join(COLUMNS)}"
        )
    given = [
        (row["comparison"] or "", _number(row["value"], file, line)) for line, row in enumerate(reader, 2)
    ]
    ids = store.task_ids(db, study_id, [name for name, _ in given])
    values: dict[str, tuple[float | None, str | None]] = {ids[name]: (value, None) for name, value in given}
    store.save_divergences(db, study_id, measure.strip(), values, f"imported from {file}")
    return len(values)


def _number(text: str | None, file: str, line: int) -> float:
    try:
        value = float(text or "")
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise InvalidInput(f"{file}, line {line}: value {text!r}; give a finite number")
    return value
