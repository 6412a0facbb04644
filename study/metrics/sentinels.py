"""Sentinels: predictions of human scores from the length, the source, the profile or the output alone.

A metric is useful if it beats them (Perrella et al. 2024). They are regressions, trained on a study's own judgments
and cross-validated by item, so they belong to one criterion and to the judgments that count.
"""

from collections.abc import Callable, Sequence
from zlib import crc32

import numpy as np
import pandas as pd

from study.metrics.jobs import text_columns
from study.records import stable_id
from study.stats.arrays import FloatArray
from study.stats.ridge import held_out_predictions
from study.tables import lookup

SENTINELS: dict[str, tuple[str, str]] = {
    "sentinel_length": ("length", "Sentinel: length only"),
    "sentinel_source": ("source", "Sentinel: source only"),
    "sentinel_profile": ("profile", "Sentinel: profile only"),
    "sentinel_output": ("output", "Sentinel: output only"),
}
N_FEATURES = 512
SIZES = (2, 3, 4)
N_FOLDS = 10
FEATURES = f"{SIZES[0]}-{SIZES[-1]}-grams of whole characters hashed to {N_FEATURES}"

Embed = Callable[[Sequence[str]], FloatArray]
"""From texts to features, shape (n_texts, n_features); nan for a text that cannot be read."""


def sentinel_scores(
    outputs: pd.DataFrame,
    texts: pd.DataFrame,
    *,
    criterion: str,
    seed: int,
    names: Sequence[str] = tuple(SENTINELS),
    embed: Embed | None = None,
    embedding: str = FEATURES,
) -> pd.DataFrame:
    """Return the sentinels' scores in the form of ``store.metric_scores``.

    Parameters
    ----------
    outputs : DataFrame
        From ``frames.judged_outputs``: output_id, item_id and human_score.
    texts : DataFrame
        From ``store.output_texts``.
    criterion : str
        The criterion of the human scores; part of the signature.
    seed : int
        Assigns items to folds.
    names : sequence of str
        Keys of :data:`SENTINELS`.
    embed : callable, optional
        From texts to features; by default :func:`hashed_ngrams`.
    embedding : str
        The name of ``embed``, for the signature.

    Returns
    -------
    DataFrame
        output_id, item_id, source_id, system, condition, metric, value, reason, signature; one row per judged output
        and sentinel.
    """
    judged = outputs[["output_id", "item_id", "human_score"]].merge(
        texts.drop(columns="item_id"), on="output_id", how="inner"
    )
    human, item = judged["human_score"].to_numpy(dtype=np.float64), pd.factorize(judged["item_id"])[0]
    data = stable_id(*judged["output_id"], *human.tolist())
    tables = []
    for name in names:
        part, _ = lookup(SENTINELS, name, "sentinel")
        column = text_columns(judged, ["output" if part == "length" else part])
        cells = next(iter(column.values()))
        features = _lengths(cells) if part == "length" else _embedded(cells, embed or hashed_ngrams)
        rng = np.random.default_rng([abs(seed), crc32(name.encode())])
        missing = np.array([cell is None for cell in cells], dtype=bool)
        unread = np.asarray(np.isnan(features).any(axis=1))
        learned = np.where(unread, np.nan, human)
        value = held_out_predictions(np.nan_to_num(features), learned, item, n_folds=N_FOLDS, rng=rng)
        value[missing | unread] = np.nan
        reason: list[object] = [
            f"no {part}"
            if lacks
            else f"the encoder knows too few of the words of the {part}"
            if strange
            else "fewer than 2 judged items"
            if undefined
            else None
            for lacks, strange, undefined in zip(missing, unread, np.isnan(value), strict=True)
        ]
        used = "length in characters and words" if part == "length" else embedding
        signature = f"{name}|ridge|{used}|folds:{N_FOLDS} by item|criterion:{criterion}|seed:{seed}|judged:{data}|version:1"
        kept = judged[["output_id", "item_id", "source_id", "system", "condition"]]
        tables.append(
            kept.assign(
                metric=name, value=value, reason=pd.Series(reason, dtype="object"), signature=signature
            )
        )
    return pd.concat(tables, ignore_index=True)


def sentinel_label(name: str) -> str:
    """Return the display name of a sentinel; any other name unchanged.

    >>> sentinel_label("sentinel_source"), sentinel_label("rouge_l")
    ('Sentinel: source only', 'rouge_l')
    """
    return SENTINELS[name][1] if name in SENTINELS else name


def hashed_ngrams(texts: Sequence[str]) -> FloatArray:
    """Return texts as hashed, signed counts of character n-grams, as square roots, with length 1.

    Parameters
    ----------
    texts : sequence of str

    Returns
    -------
    ndarray of shape (n_texts, 512)
        0 for a blank text.

    References
    ----------
    Weinberger et al. 2009 (signed feature hashing).
    """
    table = np.zeros((len(texts), N_FEATURES))
    for row, text in enumerate(texts):
        if not text.strip():
            continue
        hashes = np.array(_hashes(text), dtype=np.int64)
        signs = 1.0 - 2 * ((hashes >> 16) & 1)
        table[row] = np.bincount(hashes % N_FEATURES, signs, N_FEATURES)
    table = np.sign(table) * np.sqrt(np.abs(table))
    length = np.linalg.norm(table, axis=1, keepdims=True)
    return np.asarray(np.divide(table, length, out=np.zeros_like(table), where=length > 0))


def _hashes(text: str) -> list[int]:
    """Hash the character n-grams of a text: whole characters, because letters of many scripts begin with the same bytes."""
    shown = f" {' '.join(text.lower().split())} ".encode("utf-8", "surrogatepass")
    starts = [at for at, byte in enumerate(shown) if byte & 0xC0 != 0x80] + [len(shown)]
    return [
        crc32(shown[start:end])
        for size in SIZES
        for start, end in zip(starts, starts[size:], strict=False)  # the last characters begin no n-gram
    ]


def _lengths(cells: Sequence[str | None]) -> FloatArray:
    sizes = np.array([(len(cell or ""), len((cell or "").split())) for cell in cells], dtype=np.float64)
    return np.column_stack([sizes, np.log1p(sizes)])


def _embedded(cells: Sequence[str | None], embed: Embed) -> FloatArray:
    distinct = list(dict.fromkeys(cell or "" for cell in cells))
    place = {text: row for row, text in enumerate(distinct)}
    return np.asarray(embed(distinct)[[place[cell or ""] for cell in cells]])
