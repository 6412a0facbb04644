"""The measures that need no judgments: from the texts of a study to all their tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

import pandas as pd

from study.analysis.personalization.changes import change_table, condition_pairs
from study.analysis.personalization.measures import measure_table, stability_table
from study.analysis.personalization.style import style_table
from study.metrics import METRICS, pair_scores
from study.metrics.metric import Score
from study.metrics.personalization import Given, Pair, reader_texts, with_given
from study.stats.arrays import IntArray


class MeasureOptions(TypedDict):
    """The options and units of the tables of measures."""

    distance: str
    readers: IntArray
    cluster: str | None


@dataclass(frozen=True, slots=True)
class TextMeasures:
    """The personalization measures of a study's texts, by one distance.

    Attributes
    ----------
    measures, stability, style : DataFrame
        From :func:`measure_table`, :func:`stability_table` and :func:`style_table`.
    changes : DataFrame or None
        From :func:`change_table`; None if no system was run under two prompt conditions.
    """

    measures: pd.DataFrame
    stability: pd.DataFrame
    style: pd.DataFrame
    changes: pd.DataFrame | None


def text_pairs(texts: pd.DataFrame) -> list[Pair]:
    """Return the pairs of texts that the measures compare, each once, from ``store.output_texts``."""
    return reader_texts(texts).pairs


def n_text_pairs(texts: pd.DataFrame) -> int:
    """Return the number of pairs of texts that the measures compare."""
    return len(text_pairs(texts))


def given_distance(distance: str) -> str:
    """Return the name of distances of which some are given and the others come from a metric.

    >>> given_distance("rouge_l")
    'given, else rouge_l'
    """
    return f"given, else {distance}"


def text_measures(
    texts: pd.DataFrame,
    *,
    distance: str,
    generic: Sequence[str],
    seed: int,
    scores: Sequence[Score] | None = None,
    condition_order: Sequence[str] = (),
    given: Sequence[Given] = (),
    profile_ids: Mapping[str, str] | None = None,
    cluster: str | None = None,
) -> TextMeasures:
    """Return the measures of each system by a distance, with their stability, similarity in style, and changes.

    Parameters
    ----------
    texts : DataFrame
        From ``store.output_texts``.
    distance : str
        A metric that compares two texts.
    generic : sequence of str
        Systems that do not know the reader.
    seed : int
        The study's seed.
    scores : sequence of Score, optional
        Scores of :func:`text_pairs`; by default they are computed, by a metric that needs no model.
    condition_order : sequence of str
        Prompt conditions from the poorest to the richest; without it, changes have no verdict.
    given : sequence of tuple
        External distances that replace the metric's, as in ``metrics.personalization.with_given``; ``profile_ids``
        are the ids of the profiles that they name.
    cluster : str, optional
        The units of intervals, as in :func:`study.analysis.personalization.measures.measure_table`.
    """
    metric, readers = METRICS[distance], reader_texts(texts)
    scores = pair_scores(metric, readers.pairs) if scores is None else scores
    distances = readers.distances(scores, metric)
    if given:
        distances = with_given(distances, readers, given, profile_ids or {})
        distance = given_distance(distance)
    pairs = condition_pairs(texts, condition_order)
    own = distances, readers.systems
    over: MeasureOptions = {"distance": distance, "readers": readers.profiles, "cluster": cluster}
    return TextMeasures(
        measure_table(*own, generic=generic, **over),
        stability_table(distances, distance=distance, seed=seed),
        style_table(texts, cluster=cluster),
        change_table(*own, pairs, seed=seed, **over) if pairs else None,
    )
