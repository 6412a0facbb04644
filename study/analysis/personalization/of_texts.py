"""The measures that need no judgment, from the texts of a study to all their tables in one go."""

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


class Over(TypedDict):
    """What tables of measures are by and over."""

    distance: str
    readers: IntArray
    cluster: str | None


@dataclass(frozen=True, slots=True)
class TextMeasures:
    """What the texts of a study say of personalization, by one distance.

    Attributes
    ----------
    measures, stability, style : DataFrame
        Of :func:`measure_table`, :func:`stability_table` and :func:`style_table`.
    changes : DataFrame or None
        Of :func:`change_table`; None where no system was tried under two prompt conditions.
    """

    measures: pd.DataFrame
    stability: pd.DataFrame
    style: pd.DataFrame
    changes: pd.DataFrame | None


def text_pairs(texts: pd.DataFrame) -> list[Pair]:
    """Return the pairs of texts that the measures compare, each once, from ``store.output_texts``."""
    return reader_texts(texts).pairs


def n_text_pairs(texts: pd.DataFrame) -> int:
    """Return how many pairs of texts the measures compare."""
    return len(text_pairs(texts))


def given_distance(distance: str) -> str:
    """Return the name of distances of which some are given, and the others a metric's.

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
    """Return the measures of each system by a distance, how stable they are, likeness in style, and changes.

    Parameters
    ----------
    texts : DataFrame
        From ``store.output_texts``.
    distance : str
        A metric that compares two texts.
    generic : sequence of str
        Systems that do not know the reader.
    seed : int
        The study's.
    scores : sequence of Score, optional
        Of :func:`text_pairs`; without it they are computed, by a metric that needs no model.
    condition_order : sequence of str
        Prompt conditions from the poorest to the richest; without it changes have no verdict.
    given : sequence of tuple
        Distances from elsewhere, which stand in the place of the metric's, as ``metrics.personalization.with_given`` takes
        them; ``profile_ids`` are those of the profiles that they name.
    cluster : str, optional
        What intervals are over, as :func:`study.analysis.personalization.measures.measure_table` takes it.
    """
    metric, readers = METRICS[distance], reader_texts(texts)
    scores = pair_scores(metric, readers.pairs) if scores is None else scores
    distances = readers.distances(scores, metric)
    if given:
        distances = with_given(distances, readers, given, profile_ids or {})
        distance = given_distance(distance)
    pairs = condition_pairs(texts, condition_order)
    own = distances, readers.systems
    over: Over = {"distance": distance, "readers": readers.profiles, "cluster": cluster}
    return TextMeasures(
        measure_table(*own, generic=generic, **over),
        stability_table(distances, distance=distance, seed=seed),
        style_table(texts, cluster=cluster),
        change_table(*own, pairs, seed=seed, **over) if pairs else None,
    )
