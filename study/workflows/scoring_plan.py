"""A preview of a run of metrics over a study: how many scores are known, how many are missing, and how much text they need."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa

from study.errors import StudyError
from study.metrics import METRICS
from study.metrics.choosing import Chosen, metric_named
from study.metrics.jobs import Row, corpus_of, still_holds, study_rows


@dataclass(frozen=True, slots=True)
class Signed:
    """A metric's name and its signature on a study's texts, as scores are stored; or the reason why there is none.

    ``earlier`` is the signature of the same scores in version 0.1.0.
    """

    name: str
    signature: str = ""
    earlier: str | None = None
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class Extent:
    """The extent of a run for one metric.

    Attributes
    ----------
    label, model : str
        Names for people; ``model`` is empty if the metric names none.
    by_model : bool
        Whether a model reads the texts.
    needs : tuple of str
    limits : str
    n_missing : int
        The number of distinct texts to score.
    n_known : int
        The number of outputs whose score is known: cached by any run, or held by the study.
    n_lacking : int
        The number of outputs without a text that the metric reads.
    characters : int
        The number of characters for a model to read; 0 if the metric uses none.
    """

    label: str
    model: str
    by_model: bool
    needs: tuple[str, ...]
    limits: str
    n_missing: int
    n_known: int
    n_lacking: int
    characters: int


def signed(texts: pd.DataFrame, *, names: Sequence[str]) -> dict[str, Signed]:
    """Return the stored name and signature of each metric, by the given names.

    Parameters
    ----------
    texts : DataFrame
        From ``store.output_texts``.
    names : sequence of str
        As :func:`study.metrics.choosing.metric_named` reads them.
    """
    found = {}
    for name in names:
        try:
            chosen = metric_named(METRICS, name)
            corpus = corpus_of(texts, chosen.corpus)
            found[name] = Signed(chosen.name, chosen.signature(corpus), chosen.earlier_signature(corpus))
        except StudyError as error:
            found[name] = Signed(name, refusal=str(error))
    return found


def extents(
    texts: pd.DataFrame,
    *,
    known: Mapping[str, pa.Table],
    earlier: Mapping[str, pa.Table],
    stored: Mapping[str, pa.Table],
) -> dict[str, Extent]:
    """Return the extent of a run, by the name of each metric.

    Parameters
    ----------
    texts : DataFrame
        From ``store.output_texts``.
    known : mapping of str to Table
        By metric, the hashes of texts that are already scored, from ``store.known_hashes``.
    earlier : mapping of str to Table
        The same under an earlier signature, if there is one.
    stored : mapping of str to Table
        By metric, the outputs with a score under the signature in the study, from ``store.scored_outputs``.
    """
    rows: dict[tuple[object, ...], list[Row]] = {}
    found, output_ids = {}, texts["output_id"].tolist()
    for name, hashes in known.items():
        chosen = metric_named(METRICS, name)
        metric = chosen.metric
        read = (metric.reads, "several_profiles" in metric.needs)
        if read not in rows:  # metrics that read the same texts differ in their signature only
            rows[read] = study_rows(texts, chosen)
        own = rows[read]
        there = set(hashes["texts_hash"].to_pylist())
        if name in earlier:
            before = set(earlier[name]["texts_hash"].to_pylist())
            there |= {row.texts_hash for row in own if row.texts_hash in before and still_holds(row)}
        held = set(stored[name]["output_id"].to_pylist())
        there |= {row.texts_hash for row, output_id in zip(own, output_ids, strict=True) if output_id in held}
        found[name] = _extent(chosen, own, there)
    return found


def _extent(chosen: Chosen, rows: Sequence[Row], known: set[str]) -> Extent:
    metric = chosen.metric
    missing = {row.texts_hash: row for row in rows if row.texts_hash not in known}.values()
    read = {text for row in missing for text in row.texts.values() if text} if metric.model else set()
    return Extent(
        chosen.label,
        chosen.checkpoint.name if chosen.checkpoint else "",
        metric.model is not None,
        metric.needs,
        metric.limits or "",
        len(missing),
        sum(row.texts_hash in known for row in rows),
        sum(any(row.texts[name] is None for name in metric.reads) for row in rows),
        sum(map(len, read)),
    )
