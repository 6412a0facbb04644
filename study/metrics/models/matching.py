"""Scores of two texts from their token vectors (BERTScore, MoverScore) and from their sentence vectors (cosine)."""

import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import log
from pathlib import Path

import numpy as np
import numpy.typing as npt
import ot

from study.errors import InvalidInput
from study.metrics.metric import Batch, Score
from study.metrics.models.encoder import Encoder, TextVectors, encoder

FloatArray = npt.NDArray[np.float64]

# F1 of random pairs of sentences, by the last part of the model's name and the layer: files of the bert-score
# package.
BASELINES: dict[tuple[str, int], dict[str, float]] = {
    ("roberta-large", 17): {"precision": 0.83150584, "recall": 0.8314941, "f1": 0.83122575},
    ("distilbert-base-uncased", 5): {"precision": 0.6666034, "recall": 0.66660464, "f1": 0.66620487},
}


def bert_score(batch: Batch, column: str) -> list[Score]:
    """Return BERTScore of each output against a text: cosines of the best matching tokens; -1 to 1.

    Special tokens have no weight but may be matched, as in the bert-score package. That package multiplies the
    similarities by a mask before it takes the maximum, so that a token whose best match is negative counts as 0
    when the batch happens to contain a longer text; here a score depends only on its two texts, and equals the package's
    for a pair that is scored alone.

    Parameters
    ----------
    batch : Batch
        Parameters ``layer``, ``idf`` (weights ln((N + 1) / (df + 1)) over the study's distinct texts of the column),
        ``baseline`` ("none", "published", or a number b for (x - b) / (1 - b)) and ``value`` (f1, precision, recall).

    References
    ----------
    Zhang et al. 2020, equations 1 to 3 and section 3.
    """
    layer, value = int(batch.parameters["layer"]), str(batch.parameters["value"])
    model = encoder(str(batch.model))
    baseline = _baseline(str(batch.parameters["baseline"]), str(batch.model), layer, value)
    idf = _idf(model, batch.corpus[column]) if batch.parameters["idf"] else None
    pairs = batch.pairs(column)
    embedded = model.tokens([text for pair in pairs for text in pair], layer)
    scores: list[Score] = []
    for output, other in pairs:
        ours, theirs = embedded[output], embedded[other]
        weights = _token_weights(ours, idf), _token_weights(theirs, idf)
        if not weights[0].sum() or not weights[1].sum():
            scores.append((None, "every token of a text has weight 0"))
            continue
        cosines = (ours.layers[layer] @ theirs.layers[layer].T).astype(np.float64)
        precision = float(np.average(cosines.max(axis=1), weights=weights[0]))
        recall = float(np.average(cosines.max(axis=0), weights=weights[1]))
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        raw = {"precision": precision, "recall": recall, "f1": f1}[value]
        scores.append(((raw - baseline) / (1 - baseline), None))
    return scores


def mover_score(batch: Batch, column: str) -> list[Score]:
    """Return 1 / (1 + EMD) of the token vectors of each output and a text, from 0 to 1.

    The earth mover's distance is exact (POT), with Euclidean distances between unit vectors of one layer.
    Punctuation, special tokens and continuation pieces (``##``) are left out. With ``idf`` the words weigh ln((N + 1)
    / (df + 1)), separately over outputs and over references, as in the paper's second version; otherwise all weigh
    the same.

    References
    ----------
    Zhao et al. 2019, section 3; version 2 of the authors' code.
    """
    layer = int(batch.parameters["layer"])
    model = encoder(str(batch.model))
    pairs = batch.pairs(column)
    idf = [
        _idf(model, batch.corpus[name]) if batch.parameters["idf"] else None for name in ("output", column)
    ]
    embedded = model.tokens([text for pair in pairs for text in pair], layer)
    kept = {text: _content_places(model, one) for text, one in embedded.items()}
    scores: list[Score] = []
    for pair in pairs:
        weights = [
            _token_weights(embedded[text], table)[kept[text]] for text, table in zip(pair, idf, strict=True)
        ]
        if not all(weight.sum() for weight in weights):
            scores.append((None, "a text has no word with weight"))
            continue
        ours, theirs = (embedded[text].layers[layer][kept[text]].astype(np.float64) for text in pair)
        # Of unit vectors; computed from the differences, because 2 - 2 cos leaves 1e-4 between equal ones.
        cost = np.linalg.norm(ours[:, None] - theirs[None], axis=2)
        distance = ot.emd2(weights[0] / weights[0].sum(), weights[1] / weights[1].sum(), cost)
        scores.append((1 / (1 + float(distance)), None))
    return scores


def cosine(batch: Batch, column: str) -> list[Score]:
    """Return the cosine of the vectors of each output and a text, from -1 to 1.

    References
    ----------
    Reimers & Gurevych 2019.
    """
    model = encoder(str(batch.model))
    pairs = batch.pairs(column)
    ours, theirs = (model.sentences([pair[side] for pair in pairs]).astype(np.float64) for side in (0, 1))
    return [(float(value), None) for value in np.clip((ours * theirs).sum(axis=1), -1.0, 1.0)]


def _baseline(text: str, model: str, layer: int, value: str) -> float:
    if text == "none":
        return 0.0
    if text == "published":
        # The hub's cache has the name in the path: models--roberta-large/snapshots/...
        names = {part.rsplit("--", 1)[-1] for part in Path(model).parts}
        for (known, at), figures in BASELINES.items():
            if known in names and at == layer:
                return figures[value]
        there = ", ".join(f"{known} at layer {at}" for known, at in BASELINES)
        raise InvalidInput(
            f"baseline=published: there is none for {Path(model).name} at layer {layer}, only for {there}"
        )
    try:
        number = float(text)
    except ValueError:
        raise InvalidInput(f"baseline={text!r}: allowed are none, published, or a number below 1") from None
    if not number < 1:
        raise InvalidInput(f"baseline={text}: give a number below 1")
    return number


def _token_weights(text: TextVectors, idf: Mapping[int, float] | None) -> FloatArray:
    if idf is None:
        return (~text.special).astype(np.float64)
    weights = np.array([idf.get(one, idf[-1]) for one in text.token_ids])
    return np.where(text.special, 0.0, weights)


def _idf(model: Encoder, texts: Sequence[str]) -> Mapping[int, float]:
    """Return ln((N + 1) / (df + 1)) by token id, over distinct texts; key -1 has the value of tokens in no text."""
    return _idf_table(model, tuple(texts))


@lru_cache(maxsize=8)
def _idf_table(model: Encoder, texts: tuple[str, ...]) -> Mapping[int, float]:
    counts: dict[int, int] = {}
    for text in texts:
        ids = model.loaded.tokenizer(text, truncation=True, max_length=model.loaded.most_tokens)["input_ids"]
        for one in set(ids):
            counts[one] = counts.get(one, 0) + 1
    return {one: log((len(texts) + 1) / (count + 1)) for one, count in counts.items()} | {
        -1: log(len(texts) + 1)
    }


def _content_places(model: Encoder, text: TextVectors) -> npt.NDArray[np.intp]:
    pieces = model.loaded.tokenizer.convert_ids_to_tokens(list(text.token_ids))
    return np.array(
        [
            place
            for place, (piece, special) in enumerate(zip(pieces, text.special, strict=True))
            if not special and not piece.startswith("##") and not _is_punctuation(piece)
        ],
        dtype=np.intp,
    )


def _is_punctuation(piece: str) -> bool:
    return all(unicodedata.category(letter)[0] in "PSZ" for letter in piece)
