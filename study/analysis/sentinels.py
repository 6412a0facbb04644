"""Sentinels beside metrics: who beats them, and who only where the outputs of different items are mixed."""

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

import numpy as np
import pandas as pd

from study import frames
from study.analysis.meta import turned_round
from study.metrics.sentinels import SENTINELS, sentinel_label, sentinel_scores
from study.records import stable_id
from study.stats.arrays import FloatArray
from study.stats.correlation.grouped import grouped_correlation
from study.stats.correlation.grouped_intervals import grouped_interval

SENTINEL_COLUMNS = (
    *("metric", "label", "sentinel", "ungrouped", "ungrouped_low", "ungrouped_high"),
    *("within_item", "within_item_low", "within_item_high", "confidence_level"),
    *("n_outputs", "n_items", "n_undefined", "verdict", "method", "reason", "signature"),
)
COEFFICIENT = "pearson"
Progress = Callable[[float, str], None]


class Embedded(Protocol):
    """Texts as vectors: what :class:`study.landmarks.Embedding` gives."""

    @property
    def signature(self) -> str:
        """What made the vectors."""

    def embed(self, texts: Sequence[str]) -> FloatArray:
        """Return a row per text."""


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
    """Return the metric scores with those of the sentinels below: what the correlation page takes for ``scores``.

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
        The study's.
    embedding : Embedding, optional
        What texts are read as, from :func:`study.landmarks.known_embedding`; without it hashed character n-grams.
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
    subset: frames.Subset = frames.HUMAN,
    seed: int,
    confidence_level: float = 0.95,
    n_resamples: int = 1000,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Return how each metric and sentinel correlates with the human score, ungrouped and within item.

    Parameters
    ----------
    judgments : DataFrame
        The long table, from ``store.coded_judgments``.
    scores : DataFrame
        From :func:`with_sentinels`.
    criterion, subset
        As there.
    lower_is_better : collection of str
        Metrics that are turned round.
    seed : int
    confidence_level, n_resamples
        Of the bootstrap over items.
    progress : callable, optional
        Called before each metric with the part done (0 to 1) and a text.

    Returns
    -------
    DataFrame
        Of the columns :data:`SENTINEL_COLUMNS`, sentinels last. ``verdict`` says of a metric, in words, whether it beats
        the sentinels; ``n_undefined`` counts the items on which metric or people do not vary.
    """
    selection = frames.select(judgments, criterion=criterion, subset=subset)
    names = sorted(set(scores["metric"]), key=lambda name: (name in SENTINELS, name))
    rows = []
    for place, name in enumerate(names):
        if progress is not None:
            progress(place / len(names), f"Correlating {sentinel_label(name)}")
        human, metric = _matrices(frames.scored_outputs(selection, scores, name))
        metric = -metric if name in lower_is_better else metric
        cells: list[object] = []
        reasons, methods = [], []
        for level in ("pooled", "by_item"):
            found = grouped_interval(
                human,
                metric,
                COEFFICIENT,
                level,
                confidence_level=confidence_level,
                n_resamples=n_resamples,
                rng=np.random.default_rng([abs(seed), int(stable_id(name, level), 16)]),
            )
            cells += [found.value, found.low, found.high]
            reasons.append(found.reason)
            methods.append(found.method)
        within = grouped_correlation(human, metric, COEFFICIENT, "by_item")
        both = ~np.isnan(human + metric)
        signature = "; ".join(sorted(set(scores.loc[scores["metric"] == name, "signature"])))
        sizes = (int(both.sum()), int(both.any(axis=0).sum()), within.n_undefined)
        reason = "; ".join(dict.fromkeys(one for one in reasons if one)) or None
        rows.append(
            (
                *(name, sentinel_label(name), name in SENTINELS, *cells, confidence_level, *sizes, ""),
                *(f"Pearson's r, {methods[0]}", reason, signature),
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
    subset: frames.Subset = frames.HUMAN,
    seed: int,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Return :func:`sentinel_table` of the metric scores and the sentinels, with metrics that are better low turned round.

    ``progress`` is called with the part done (0 to 1) and a text.
    """
    return _beside(judgments, metric_scores, texts, criterion, subset, seed, None, progress or _untold)


def beside_embedded_sentinels(
    judgments: pd.DataFrame,
    metric_scores: pd.DataFrame,
    texts: pd.DataFrame,
    *,
    criterion: str,
    subset: frames.Subset = frames.HUMAN,
    seed: int,
    embedding: Embedded,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Return :func:`beside_sentinels` of sentinels that read texts as vectors of a model, which is not in the store."""
    return _beside(judgments, metric_scores, texts, criterion, subset, seed, embedding, progress or _untold)


def _beside(
    judgments: pd.DataFrame,
    metric_scores: pd.DataFrame,
    texts: pd.DataFrame,
    criterion: str,
    subset: frames.Subset,
    seed: int,
    embedding: Embedded | None,
    progress: Progress,
) -> pd.DataFrame:
    progress(0.0, "Fitting the sentinels")
    both = with_sentinels(
        judgments,
        metric_scores,
        texts,
        criterion=criterion,
        subset=subset,
        seed=seed,
        embedding=embedding,
    )
    names = tuple(turned_round(sorted(set(both["metric"]))))
    return sentinel_table(
        judgments,
        both,
        criterion=criterion,
        lower_is_better=names,
        subset=subset,
        seed=seed,
        progress=progress,
    )


def _untold(part: float, text: str) -> None:
    """Tell nobody how far it is."""


def sentinel_sentences(table: pd.DataFrame) -> list[str]:
    """Return what sentinels say of the study and which metrics they flag, as plain sentences.

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
                f"From the {part} alone nothing can be predicted here: its predictions do not vary, as where all items have the "
                f"same mean human score. Within an item it is undefined in any study, as all outputs of an item have the same "
                f"{part}."
            )
            continue
        above = row["ungrouped_low"] > 0
        bounds = f"{row['ungrouped_low']:.2f}, {row['ungrouped_high']:.2f}"
        interval = f"{row['ungrouped']:.2f} [{'no interval' if np.isnan(row['ungrouped_low']) else bounds}]"
        within = (
            f"Within an item it is undefined, as all outputs of an item have the same {part}"
            if np.isnan(row["within_item"])
            else f"Within an item it is {row['within_item']:.2f}"
        )
        meaning = (
            f"so an ungrouped correlation rewards a metric for knowing the {part}: read the values within item"
            if above
            else f"and ungrouped it is not clearly above 0, so knowing the {part} gains a metric little here"
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
            sentences.append(f"Held against the sentinels, {listed} {words}.")
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


def _matrices(outputs: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
    """Return human scores and a metric as matrices of shape (n_systems, n_items); several outputs of a cell are averaged."""
    wide = outputs.pivot_table(
        index="system", columns="item_id", values=["human_score", "value"], aggfunc="mean", dropna=False
    )
    return tuple(wide[name].to_numpy(dtype=np.float64) for name in ("human_score", "value"))  # type: ignore[return-value]
