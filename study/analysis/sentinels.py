"""Sentinels compared with metrics: which metrics beat them, and which only if outputs of different items are mixed."""

from collections.abc import Callable, Collection, Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd

from study import frames
from study.analysis.correlation.estimands import claimed, units_over
from study.analysis.correlation.one_metric import cluster_over
from study.analysis.correlation.values import metric_values
from study.analysis.meta import turned_round
from study.metrics.sentinels import SENTINELS, sentinel_label, sentinel_scores
from study.stats.arrays import FloatArray
from study.stats.units import estimand, sizes

SENTINEL_COLUMNS = (
    *("metric", "label", "sentinel", "ungrouped", "ungrouped_low", "ungrouped_high"),
    *("within_item", "within_item_low", "within_item_high", "confidence_level", "cluster"),
    *("n_outputs", "n_items", "n_units", "n_undefined", "verdict", "method", "reason", "signature"),
    *("units", "estimand"),
)
COEFFICIENT = "pearson"
Progress = Callable[[float, str], None]


class Embedded(Protocol):
    """Texts as vectors, in the form of :class:`study.workflows.text_embeddings.Embedding`."""

    @property
    def signature(self) -> str:
        """The signature of the vectors."""

    def embed(self, texts: Sequence[str]) -> FloatArray:
        """Return one row per text."""


def with_sentinels(
    judgments: pd.DataFrame,
    scores: pd.DataFrame,
    texts: pd.DataFrame,
    *,
    criterion: str,
    subset: frames.Subset = frames.HUMAN,
    seed: int,
    embedding: Embedded | None = None,
) -> pd.DataFrame:
    """Return the metric scores with the sentinels' scores appended, for ``scores`` of the correlation page.

    Parameters
    ----------
    judgments : DataFrame
        The long table, from ``store.coded_judgments``.
    scores : DataFrame
        From ``store.metric_scores``.
    texts : DataFrame
        From ``store.output_texts``.
    criterion, subset
        Sentinels learn from these judgments, cross-validated by item.
    seed : int
        The study's seed.
    embedding : Embedding, optional
        How texts are read, from :func:`study.workflows.text_embeddings.known_embedding`; by default hashed character
        n-grams.
    """
    selection = frames.select(judgments, criterion=criterion, subset=subset)
    kept = scores[~scores["metric"].isin(SENTINELS)]
    if selection.judgments.empty:
        return kept
    read = {} if embedding is None else {"embed": embedding.embed, "embedding": embedding.signature}
    found = sentinel_scores(
        frames.judged_outputs(selection),
        texts,
        criterion=criterion,
        seed=seed,
        **read,  # type: ignore[arg-type]
    )
    return pd.concat([kept, found.reindex(columns=kept.columns)], ignore_index=True) if len(kept) else found


def sentinel_table(
    judgments: pd.DataFrame,
    scores: pd.DataFrame,
    *,
    criterion: str,
    lower_is_better: Collection[str] = (),
    cluster: str | None = None,
    subset: frames.Subset = frames.HUMAN,
    seed: int,
    confidence_level: float = 0.95,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Return how each metric and sentinel correlates with the human score, ungrouped and within items.

    Values and intervals are those of Pearson's r on the correlation page, pooled and grouped by item.

    Parameters
    ----------
    judgments : DataFrame
        The long table, from ``store.coded_judgments``.
    scores : DataFrame
        From :func:`with_sentinels`.
    criterion, subset
        As in :func:`with_sentinels`.
    lower_is_better : collection of str
        Metrics to reverse.
    cluster : {"items", "profiles"}, optional
        The units of intervals: by default profiles if items belong to 5 or more, else items.
    seed : int
    confidence_level : float
    progress : callable, optional
        Called with the fraction done (0 to 1) and a text.

    Returns
    -------
    DataFrame
        With the columns :data:`SENTINEL_COLUMNS`, sentinels last. ``verdict`` says in words whether a metric beats
        the sentinels; ``n_undefined`` counts the items on which metric or people do not vary; ``units`` and
        ``estimand`` describe the intervals and the population of the numbers.
    """
    progress = progress or _untold
    selection = frames.select(judgments, criterion=criterion, subset=subset)
    names = sorted(set(scores["metric"]), key=lambda name: (name in SENTINELS, name))
    wide = scores.pivot(index="output_id", columns="metric", values="value").reindex(columns=names)
    turned = [name for name in names if name in lower_is_better]
    found = frames.evidence(selection, wide.assign(**{name: -wide[name] for name in turned}))
    over = cluster_over(found, cluster)
    levels = {}
    for place, level in enumerate(("pooled", "by_item")):
        levels[level] = metric_values(
            found,
            level,
            COEFFICIENT,
            over,
            seed=seed,
            confidence_level=confidence_level,
            progress=lambda done, place=place: progress((place + done) / 2, "Correlating"),  # type: ignore[misc]
        )
    known = ~np.isnan(found.values)
    rows = []
    for k, name in enumerate(names):
        units = units_over(found, over, known[:, k], asked=bool(cluster))
        pair = [claimed(one.estimates[k], units) for one in levels.values()]
        cells = [cell for one in pair for cell in (one.value, one.low, one.high)]
        signature = "; ".join(sorted(set(scores.loc[scores["metric"] == name, "signature"])))
        n_items = len(np.unique(found.output_item[known[:, k]]))
        n_undefined = int(levels["by_item"].n_undefined[k]) - (len(found.items) - n_items)
        n_units = pair[1].n_units if np.isnan(pair[0].value) else pair[0].n_units
        counts = (int(known[:, k].sum()), n_items, n_units, n_undefined)
        reason = "; ".join(dict.fromkeys(one.reason for one in pair if one.reason)) or None
        rows.append(
            (
                *(name, sentinel_label(name), name in SENTINELS, *cells, confidence_level, over, *counts, ""),
                *(f"Pearson's r, {pair[0].method}", reason, signature, sizes(units), estimand(units)),
            )
        )
    table = pd.DataFrame(rows, columns=list(SENTINEL_COLUMNS)).astype({"reason": "str"})
    return table.assign(verdict=_verdicts(table))


def beside_sentinels(
    judgments: pd.DataFrame,
    metric_scores: pd.DataFrame,
    texts: pd.DataFrame,
    *,
    criterion: str,
    cluster: str | None = None,
    subset: frames.Subset = frames.HUMAN,
    seed: int,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Return :func:`sentinel_table` of the metrics and sentinels, with metrics reversed where lower is better.

    ``progress`` is called with the fraction done (0 to 1) and a text.
    """
    options = {"criterion": criterion, "subset": subset, "seed": seed}
    return _beside((judgments, metric_scores, texts), None, cluster, progress or _untold, options)


def beside_embedded_sentinels(
    judgments: pd.DataFrame,
    metric_scores: pd.DataFrame,
    texts: pd.DataFrame,
    *,
    criterion: str,
    cluster: str | None = None,
    subset: frames.Subset = frames.HUMAN,
    seed: int,
    embedding: Embedded,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Return :func:`beside_sentinels` with sentinels that read texts as vectors of a model, which is not in the store."""
    options = {"criterion": criterion, "subset": subset, "seed": seed}
    return _beside((judgments, metric_scores, texts), embedding, cluster, progress or _untold, options)


def _beside(
    tables: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame],
    embedding: Embedded | None,
    cluster: str | None,
    progress: Progress,
    options: dict[str, Any],
) -> pd.DataFrame:
    progress(0.0, "Fitting the sentinels")
    both = with_sentinels(*tables, embedding=embedding, **options)
    names = tuple(turned_round(sorted(set(both["metric"]))))
    return sentinel_table(
        tables[0], both, lower_is_better=names, cluster=cluster, progress=progress, **options
    )


def _untold(part: float, text: str) -> None:
    """Report no progress."""


def sentinel_sentences(table: pd.DataFrame) -> list[str]:
    """Return the sentinels' message about the study and the metrics that they flag, as plain sentences.

    Parameters
    ----------
    table : DataFrame
        From :func:`sentinel_table`.
    """
    return [*_source_sentences(table), *_flag_sentences(table)]


def _source_sentences(table: pd.DataFrame) -> list[str]:
    sentences = []
    rows = {str(row["metric"]): row for row in table.to_dict("records")}
    for name in ("sentinel_source", "sentinel_profile"):
        if name not in rows:
            continue
        row, part = rows[name], SENTINELS[name][0]
        if np.isnan(row["ungrouped"]):
            sentences.append(
                f"Here the {part} alone predicts nothing: its predictions do not vary, for example because "
                "all items have the same mean human score. Within an item it is always undefined, because "
                f"all outputs of an item have the same {part}."
            )
            continue
        above = row["ungrouped_low"] > 0
        bounds = f"{row['ungrouped_low']:.2f}, {row['ungrouped_high']:.2f}"
        interval = f"{row['ungrouped']:.2f} [{'no interval' if np.isnan(row['ungrouped_low']) else bounds}]"
        within = (
            f"Within an item it is undefined, because all outputs of an item have the same {part}"
            if np.isnan(row["within_item"])
            else f"Within an item it is {row['within_item']:.2f}"
        )
        meaning = (
            f"so an ungrouped correlation rewards a metric for knowing the {part}: read the values within item"
            if above
            else (
                f"and ungrouped it is not clearly above 0, so knowing the {part} gives a metric little "
                "advantage here"
            )
        )
        sentences.append(
            f"The {part} alone, without the output, predicts human scores with r = {interval} ungrouped. {within}, {meaning}."
        )
    return sentences


def _flag_sentences(table: pd.DataFrame) -> list[str]:
    metrics = table[~table["sentinel"].to_numpy(dtype=bool)]
    sentences = []
    for verdict in ("beats them only ungrouped", "does not beat them"):
        named = metrics.loc[metrics["verdict"] == verdict, "label"].tolist()
        if named:
            listed = ", ".join(named[:-1]) + (" and " if len(named) > 1 else "") + named[-1]
            words = verdict if len(named) == 1 else verdict.replace("beats", "beat").replace("does", "do")
            sentences.append(f"Compared with the sentinels, {listed} {words}.")
    return sentences


def _verdicts(table: pd.DataFrame) -> list[str]:
    sentinels = table[table["sentinel"].to_numpy(dtype=bool)]
    highest = {
        level: sentinels[level].max() if len(sentinels) else np.nan for level in ("ungrouped", "within_item")
    }
    return [_verdict(row, highest) for row in table.to_dict("records")]


def _verdict(row: dict[object, object] | dict[str, object], highest: dict[str, float]) -> str:
    if row["sentinel"]:
        return ""
    beats = {level: _beats(row[level], highest[level]) for level in highest}
    if beats["within_item"] is None and beats["ungrouped"] is None:
        return "cannot be compared"
    if beats["within_item"]:
        return "beats them within item"
    return "beats them only ungrouped" if beats["ungrouped"] else "does not beat them"


def _beats(value: object, highest: float) -> bool | None:
    number = float(value)  # type: ignore[arg-type]
    if np.isnan(number):
        return None
    return number > (0.0 if np.isnan(highest) else max(highest, 0.0))
