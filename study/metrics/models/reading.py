"""Which texts a model can read: a text of unknown words has no meaningful vector or likelihood."""

import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache

from study.metrics.lexical.tokens import LEAST_READ, n_letters
from study.metrics.metric import Batch, ModelKind, Score
from study.metrics.models.loading import Loaded, loaded

MOST_KEPT = 20_000


def where_read(
    kind: ModelKind, columns: Sequence[str], measure: Callable[[Batch], list[Score]], batch: Batch
) -> list[Score]:
    """Return a measure's scores; None with the reason if the model cannot read a text.

    A model maps every unknown word to the same token, so it treats two different texts of unknown words as equal:
    without this check they would get the best possible score.

    Parameters
    ----------
    kind : ModelKind
    columns : sequence of str
        The texts that the model reads.
    measure : callable
        From the readable rows to one score each.
    batch : Batch
    """
    folder = str(batch.model)
    reasons: list[str | None] = [None] * len(batch)
    for column in columns:
        for place, text in enumerate(batch.column(column)):
            if reasons[place] is None and not is_read(kind, folder, text):
                reasons[place] = f"the model knows too few of the words of the {column}"
    places = [place for place, reason in enumerate(reasons) if reason is None]
    scores: list[Score] = [(None, reason) for reason in reasons]
    found = measure(batch.rows(places)) if places else []
    for place, one in zip(places, found, strict=True):
        scores[place] = one
    return scores


@lru_cache(maxsize=MOST_KEPT)
def is_read(kind: ModelKind, folder: str, text: str) -> bool:
    """Return whether a model knows the tokens of at least half of a text's letters (or characters, without letters)."""
    use = loaded(kind, folder)
    unknown = use.tokenizer.unk_token_id
    pieces = _pieces(use, text)
    if unknown is None or not any(token == unknown for token, _ in pieces):
        return bool(pieces)
    weigh = n_letters if any(n_letters(piece) for _, piece in pieces) else _signs
    known = sum(weigh(piece) for token, piece in pieces if token != unknown)
    return known >= LEAST_READ * sum(weigh(piece) for _, piece in pieces) and known > 0


def _pieces(use: Loaded, text: str) -> list[tuple[int, str]]:
    """Return the tokens of a text, excluding special ones, each with its part of the text."""
    tokenizer = use.tokenizer
    options = {"truncation": True, "max_length": use.most_tokens, "add_special_tokens": False}
    if tokenizer.is_fast:
        found = tokenizer(text, return_offsets_mapping=True, **options)
        spans = [text[start:end] for start, end in found["offset_mapping"]]
        return list(zip(found["input_ids"], spans, strict=True))
    # Without offsets an unknown word counts as one character, like any other token.
    return [(token, "a") for token in tokenizer(text, **options)["input_ids"]]


def _signs(piece: str) -> int:
    return sum(unicodedata.category(sign)[0] not in "PZC" for sign in piece)
