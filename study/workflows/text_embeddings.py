"""Texts as vectors of their cosines to landmark texts, from the store's cache of scores, without a model in this process.

The encoder runs in the metrics process, like every model of a metric; its results are cached, so that pages need only
read them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from study import store
from study.metrics import METRICS
from study.metrics.choosing import metric_named
from study.metrics.jobs import pair_rows, text_columns
from study.records import stable_id
from study.stats.arrays import FloatArray
from study.workflows import scoring

COSINE = "cosine_reference"
MOST_LANDMARKS = 64


@dataclass(frozen=True, slots=True)
class Embedding:
    """Vectors of the texts of a study, with the signature of their origin.

    Attributes
    ----------
    name : str
        A description for people.
    signature : str
        The encoder, its revision, and the landmarks.
    vectors : dict of str to ndarray
    """

    name: str
    signature: str
    vectors: dict[str, FloatArray] = field(compare=False, repr=False)

    def embed(self, texts: Sequence[str]) -> FloatArray:
        """Return the vectors of texts, shape (n_texts, n_landmarks); 0 for a blank text, nan for an unreadable one."""
        return np.stack([self.vectors[text if text.strip() else ""] for text in texts])


def embedding_pairs(texts: pd.DataFrame, *, seed: int) -> list[tuple[str, str]]:
    """Return every text of a study with every landmark.

    Parameters
    ----------
    texts : DataFrame
        From ``store.output_texts``; outputs, requests and profiles are used.
    seed : int
        Draws the landmarks, at most :data:`MOST_LANDMARKS` of the texts.

    References
    ----------
    Williams and Seeger 2001 (regression on similarities to some of the points).
    """
    columns = text_columns(texts, ["output", "source", "profile"])
    distinct = sorted({cell for cells in columns.values() for cell in cells if cell and cell.strip()})
    drawn = np.random.default_rng([abs(seed), 5]).permutation(len(distinct))[:MOST_LANDMARKS]
    landmarks = [distinct[place] for place in sorted(drawn)]
    return [(text, landmark) for text in distinct for landmark in landmarks]


def known_embedding(db: store.Database, texts: pd.DataFrame, *, seed: int) -> Embedding | None:
    """Return the vectors of a study's texts; None until :func:`compute_embedding` has computed all of them."""
    pairs = embedding_pairs(texts, seed=seed)
    chosen = metric_named(METRICS, COSINE)
    signature, rows = chosen.signature({}), pair_rows(pairs, chosen.metric)
    ends = [rows[place].texts_hash for place in (0, len(rows) // 2, -1)] if rows else []
    if not rows or len(store.cached_scores(db, signature, ends)) < len(set(ends)):
        return None
    known = store.cached_scores(db, signature, [row.texts_hash for row in rows])
    if any(row.texts_hash not in known for row in rows):
        return None
    landmarks = list(dict.fromkeys(landmark for _, landmark in pairs))
    found = [known[row.texts_hash][0] for row in rows]
    cosines = np.array([np.nan if value is None else value for value in found]).reshape(-1, len(landmarks))
    # Drop the landmarks that the encoder cannot read. A text that it cannot read has no vector.
    read = ~np.isnan(cosines).all(axis=0)
    landmarks, values = [one for one, there in zip(landmarks, read, strict=True) if there], cosines[:, read]
    if not landmarks:
        return None
    vectors = dict(zip(dict.fromkeys(text for text, _ in pairs), values, strict=True))
    vectors[""] = np.zeros(len(landmarks))
    model = chosen.checkpoint.name if chosen.checkpoint else "the encoder"
    return Embedding(
        f"cosines to {len(landmarks)} texts of the study by {model}",
        f"{signature}|landmarks:{stable_id(*landmarks)}",
        vectors,
    )


def wanted_cosines(texts: pd.DataFrame, *, seed: int) -> tuple[str, tuple[str, ...]]:
    """Return the signature of the cosines in the vectors, and the hashes of the first, a middle and the last pair."""
    pairs = embedding_pairs(texts, seed=seed)
    chosen = metric_named(METRICS, COSINE)
    ends = [pairs[place] for place in (0, len(pairs) // 2, -1)] if pairs else []
    hashes = (row.texts_hash for row in pair_rows(ends, chosen.metric))
    return chosen.signature({}), tuple(dict.fromkeys(hashes))


def compute_embedding(
    db: store.Database,
    texts: pd.DataFrame,
    *,
    seed: int,
    progress: scoring.ShowProgress = scoring.nothing,
    stopped: scoring.Stopped = lambda: False,
) -> None:
    """Let the worker encode a study's texts; cached values are not computed again.

    Raises
    ------
    StudyError
        If the encoder is not installed, or the worker died.
    ScoringStopped
        If it was stopped.
    """
    scoring.score_pairs(db, COSINE, embedding_pairs(texts, seed=seed), progress=progress, stopped=stopped)
