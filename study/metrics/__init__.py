"""Automatic metrics: outputs to scores. To add one: a function and a line in METRICS.

A metric that cannot be computed for an output gives None and the reason, never a number that stands for nothing.
"""

import json
from collections.abc import Callable, Sequence

import pandas as pd

from study.metrics.lexical import LENGTH, ROUGE_L
from study.metrics.metric import Metric, Score
from study.records import MetricScore, plain_text
from study.tables import lookup

__all__ = ["METRICS", "Metric", "Score", "missing_metrics", "score_outputs"]

METRICS: dict[str, Metric] = {"length": LENGTH, "rouge_l": ROUGE_L}
BATCH = 64

Progress = Callable[[float, str], None]


def score_outputs(
    texts: pd.DataFrame, metrics: Sequence[str], *, study_id: str, progress: Progress | None = None
) -> list[MetricScore]:
    """Return the scores of outputs, one per output and metric.

    Parameters
    ----------
    texts : DataFrame
        From ``store.output_texts``: output_id, content (JSON text) and reference.
    metrics : sequence of str
        Keys of :data:`METRICS`.
    study_id : str
        The study that the outputs belong to.
    progress : callable, optional
        Called with the part done (0 to 1) and what is being done.
    """
    contents = [plain_text(json.loads(content)) for content in texts["content"]]
    references = [reference if isinstance(reference, str) else None for reference in texts["reference"]]
    output_ids = texts["output_id"].tolist()
    scores: list[MetricScore] = []
    for key in metrics:
        metric = lookup(METRICS, key, "metric")
        for start in range(0, len(output_ids), BATCH):
            part = slice(start, start + BATCH)
            found = metric.function(contents[part], references[part])
            scores += [
                MetricScore(study_id, output_id, key, value, reason, metric.signature)
                for output_id, (value, reason) in zip(output_ids[part], found, strict=True)
            ]
            if progress:
                progress(len(scores) / (len(metrics) * len(output_ids)), metric.label)
    return scores


def missing_metrics(scores: pd.DataFrame, texts: pd.DataFrame) -> list[str]:
    """Return the keys of METRICS that are not computed for every output yet, or by another version.

    Parameters
    ----------
    scores : DataFrame
        From ``store.metric_scores``.
    texts : DataFrame
        From ``store.output_texts``.
    """
    output_ids = set(texts["output_id"])
    return [
        key
        for key, metric in METRICS.items()
        if output_ids
        - set(scores.loc[(scores["metric"] == key) & (scores["signature"] == metric.signature), "output_id"])
    ]
