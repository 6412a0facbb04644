"""Automatic metrics: scores of texts. To add one, write a function of a batch and add it to LEXICAL, EMBEDDING or
LANGUAGE_MODELS.

A metric that cannot be computed for an output gives None and the reason, never a placeholder number. Long runs, and
everything that needs a model, go through :mod:`study.workflows.scoring`, which starts a worker process.
"""

from collections.abc import Callable, Sequence

import pandas as pd

from study.metrics.choosing import Chosen, metric_named
from study.metrics.embedding import EMBEDDING
from study.metrics.jobs import corpus_of, still_holds, study_rows, text_columns
from study.metrics.language_models import LANGUAGE_MODELS
from study.metrics.lexical import LEXICAL
from study.metrics.metric import NEEDS, TEXTS, Batch, Metric, Score, pair_scores, score
from study.records import MetricScore

__all__ = [
    "BASIC",
    "METRICS",
    "NEEDS",
    "TEXTS",
    "USUAL",
    "Batch",
    "Chosen",
    "Metric",
    "Score",
    "description",
    "metric_label",
    "metric_named",
    "missing_metrics",
    "offline_metrics",
    "pair_scores",
    "score",
    "score_outputs",
    "usual_metrics",
]

METRICS: dict[str, Metric] = {metric.key: metric for metric in (*LEXICAL, *EMBEDDING, *LANGUAGE_MODELS)}

BASIC = ("length", "rouge_l")
"""Metrics computed automatically: at once, without a worker."""
USUAL = ("length", "rouge_l", "chrf", "bert_score", "cosine_profile")
"""The metrics offered first: length, and words, characters and meaning against the reference and the profile."""

BATCH = 64

Progress = Callable[[float, str], None]


def metric_label(name: str) -> str:
    """Return the display name of a metric under which scores are stored; an imported metric only has its own name.

    >>> metric_label("rouge_l"), metric_label("reader_model")
    ('ROUGE-L (F1)', 'reader_model')
    """
    key = name.partition("@")[0].partition(":")[0]
    if key not in METRICS:
        return name
    return METRICS[key].label + name[len(key) :].replace(":", ", ", 1).replace("@", ", ", 1)


def description(name: str) -> dict[str, str]:
    """Return a metric's description; an imported metric has only its name."""
    key = name.partition("@")[0].partition(":")[0]
    if key not in METRICS:
        return {"label": name, "source": "imported", "direction": "unknown"}
    metric = METRICS[key]
    return {
        "label": metric_label(name),
        "source": metric.source,
        "direction": {True: "higher is better", False: "lower is better", None: "neither is better"}[
            metric.higher_is_better
        ],
        "needs": ", ".join(metric.needs),
        "default parameters": ", ".join(f"{one}={value}" for one, value in metric.parameters.items()),
        "limits": metric.limits or "",
    }


def offline_metrics(texts: pd.DataFrame) -> list[str]:
    """Return the keys of the metrics that can be computed here for outputs without naming a model.

    Metrics that need a text which no output has, or data that is missing, are left out.
    """
    there = {name for name in TEXTS if any(text_columns(texts, [name])[name])}
    return [
        key
        for key, metric in METRICS.items()
        if metric.model in (None, "encoder")
        and set(metric.reads) <= there
        and not (metric.unavailable and metric.unavailable())
    ]


def usual_metrics(texts: pd.DataFrame) -> list[str]:
    """Return the metrics of :data:`USUAL` that can be computed for outputs."""
    possible = offline_metrics(texts)
    return [key for key in USUAL if key in possible]


def score_outputs(
    texts: pd.DataFrame, metrics: Sequence[str], *, study_id: str, progress: Progress | None = None
) -> list[MetricScore]:
    """Return the scores of outputs, one per output and metric, computed in this process; for metrics without a model.

    Parameters
    ----------
    texts : DataFrame
        From ``store.output_texts``.
    metrics : sequence of str
        Keys of :data:`METRICS`, or names that :func:`metric_named` accepts.
    study_id : str
        The study that the outputs belong to.
    progress : callable, optional
        Called with the fraction done (0 to 1) and the current step.
    """
    scores: list[MetricScore] = []
    for name in metrics:
        chosen = metric_named(METRICS, name)
        corpus = corpus_of(texts, chosen.corpus)
        rows, signature = study_rows(texts, chosen), chosen.signature(corpus)
        for start in range(0, len(rows), BATCH):
            part = rows[start : start + BATCH]
            columns = {column: [row.texts.get(column) for row in part] for column in TEXTS}
            found = score(chosen.metric, Batch(columns, corpus=corpus, parameters=chosen.parameters))
            scores += [
                MetricScore(study_id, row.ids["output_id"], chosen.name, value, reason, signature)
                for row, (value, reason) in zip(part, found, strict=True)
            ]
            if progress:
                progress(len(scores) / (len(metrics) * len(rows)), chosen.label)
    return scores


def missing_metrics(scores: pd.DataFrame, texts: pd.DataFrame) -> list[str]:
    """Return the keys of BASIC that lack a score of the current version for some output.

    Parameters
    ----------
    scores : DataFrame
        From ``store.metric_scores``.
    texts : DataFrame
        From ``store.output_texts``.
    """
    return [key for key in BASIC if _is_missing(metric_named(METRICS, key), scores, texts)]


def _is_missing(chosen: Chosen, scores: pd.DataFrame, texts: pd.DataFrame) -> bool:
    """Return whether an output lacks a score of a metric; a score of version 0.1.0 counts if it is still valid."""
    known = scores[scores["metric"] == chosen.name]
    current = known.loc[known["signature"] == chosen.signature(), "output_id"]
    left = texts[~texts["output_id"].isin(set(current))]
    earlier = set(known.loc[known["signature"] == chosen.earlier_signature(), "output_id"])
    return any(
        output_id not in earlier or not still_holds(row)
        for output_id, row in zip(left["output_id"], study_rows(left, chosen), strict=True)
    )
