"""Texts as vectors: each distinct text goes through the model once and is cached."""

import json
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from study.errors import InvalidInput
from study.metrics.models.loading import loaded

Vectors = npt.NDArray[np.float32]

MOST_BYTES = 1 << 30
TOKENS_PER_BATCH = 4096
GPU_FACTOR = 16


@dataclass(frozen=True, slots=True)
class TextVectors:
    """A text as vectors.

    Attributes
    ----------
    token_ids : tuple of int
        Special tokens included.
    special : ndarray of bool, shape (n_tokens,)
    layers : dict of int to ndarray of shape (n_tokens, n_dimensions)
        Token vectors of the requested layers, each of length 1.
    """

    token_ids: tuple[int, ...]
    special: npt.NDArray[np.bool_]
    layers: dict[int, Vectors]

    @property
    def n_bytes(self) -> int:
        """The memory of the vectors in bytes."""
        return sum(vectors.nbytes for vectors in self.layers.values())


class Encoder:
    """An encoder that caches its embeddings.

    ``n_embedded`` counts the texts that went through the model.
    """

    def __init__(self, folder: str) -> None:
        self.loaded = loaded("encoder", folder)
        self.n_layers = int(self.loaded.model.config.num_hidden_layers)
        self.most_pooled = _sentence_limit(Path(folder), self.loaded.most_tokens)
        self.pools_first = _pools_first(Path(folder))
        self.n_embedded = 0
        self._layers: set[int] = set()
        self._texts: OrderedDict[str, TextVectors] = OrderedDict()
        self._sentences: dict[str, Vectors] = {}
        self._n_bytes = 0

    def tokens(self, texts: Iterable[str], layer: int) -> dict[str, TextVectors]:
        """Return the token vectors of texts at a layer (0 is the embeddings, ``n_layers`` the last).

        New texts go through the model sorted by length, to save padding; the numbers do not depend on the other texts
        in a batch.
        """
        if not 0 <= layer <= self.n_layers:
            raise InvalidInput(f"layer={layer}: this model has layers 0 to {self.n_layers}")
        self._layers.add(layer)
        wanted = list(dict.fromkeys(texts))
        found = {text: self._texts[text] for text in wanted if layer in self._layers_of(text)}
        for text in found:
            self._texts.move_to_end(text)
        for text, embedded in self._embed([text for text in wanted if text not in found]):
            found[text] = embedded
            self._keep(text, embedded)
        return found

    def sentences(self, texts: Sequence[str]) -> Vectors:
        """Return the vector of each text, of length 1, shape (n_texts, n_dimensions).

        The mean of the last layer's token vectors, or the first token's where the checkpoint says so; over the first
        ``most_pooled`` tokens.
        """
        new = [text for text in dict.fromkeys(texts) if text not in self._sentences]
        for some, hidden, mask in self._through_model(new, self.most_pooled, (self.n_layers,)):
            last = hidden[0]
            weights = mask.unsqueeze(-1).to(last.dtype)
            pooled = last[:, 0] if self.pools_first else (last * weights).sum(1) / weights.sum(1)
            vectors = torch.nn.functional.normalize(pooled, dim=-1).cpu().numpy()
            self._sentences.update(zip(some, vectors, strict=True))
        return np.stack([self._sentences[text] for text in texts])

    def forget(self) -> None:
        """Drop every cached vector."""
        self._texts.clear()
        self._sentences.clear()
        self._n_bytes = 0

    def _layers_of(self, text: str) -> dict[int, Vectors]:
        return self._texts[text].layers if text in self._texts else {}

    def _embed(self, texts: Sequence[str]) -> Iterable[tuple[str, TextVectors]]:
        layers = tuple(sorted(self._layers))
        special = set(self.loaded.tokenizer.all_special_ids)
        for some, hidden, mask in self._through_model(texts, self.loaded.most_tokens, layers):
            unit = [torch.nn.functional.normalize(states, dim=-1).cpu().numpy() for states in hidden]
            for place, (text, length) in enumerate(zip(some, mask.sum(1).tolist(), strict=True)):
                ids = self._ids(text, self.loaded.most_tokens)
                vectors = {
                    layer: states[place, :length].copy() for layer, states in zip(layers, unit, strict=True)
                }
                yield text, TextVectors(tuple(ids), np.array([one in special for one in ids]), vectors)

    def _ids(self, text: str, most: int) -> list[int]:
        return list(self.loaded.tokenizer(text, truncation=True, max_length=most)["input_ids"])

    def _through_model(
        self, texts: Sequence[str], most: int, layers: Sequence[int]
    ) -> Iterable[tuple[list[str], list[torch.Tensor], torch.Tensor]]:
        """Yield texts with the hidden states of layers and the attention mask, longest first."""
        ids = {text: self._ids(text, most) for text in texts}
        self.n_embedded += len(ids)
        left = sorted(ids, key=lambda text: len(ids[text]), reverse=True)
        budget = TOKENS_PER_BATCH * (GPU_FACTOR if self.loaded.device.type == "cuda" else 1)
        padding = self.loaded.tokenizer.pad_token_id or 0
        while left:
            longest = len(ids[left[0]])
            some, left = left[: max(budget // longest, 1)], left[max(budget // longest, 1) :]
            tokens = torch.full((len(some), longest), padding)
            mask = torch.zeros((len(some), longest), dtype=torch.long)
            for place, text in enumerate(some):
                tokens[place, : len(ids[text])] = torch.tensor(ids[text])
                mask[place, : len(ids[text])] = 1
            tokens, mask = tokens.to(self.loaded.device), mask.to(self.loaded.device)
            with torch.inference_mode():
                states = self.loaded.model(
                    input_ids=tokens, attention_mask=mask, output_hidden_states=True
                ).hidden_states
            yield some, [states[layer] for layer in layers], mask

    def _keep(self, text: str, embedded: TextVectors) -> None:
        if text in self._texts:
            self._n_bytes -= self._texts.pop(text).n_bytes
        self._texts[text] = embedded
        self._n_bytes += embedded.n_bytes
        while self._n_bytes > MOST_BYTES and len(self._texts) > 1:
            self._n_bytes -= self._texts.popitem(last=False)[1].n_bytes


@lru_cache(maxsize=2)
def encoder(folder: str) -> Encoder:
    """Return the encoder in a folder; the same object at every call."""
    return Encoder(folder)


def _sentence_limit(folder: Path, most: int) -> int:
    """Return how many tokens a sentence encoder reads: fewer than the model allows, where its file says so."""
    path = folder / "sentence_bert_config.json"
    limit = json.loads(path.read_text("utf-8")).get("max_seq_length") if path.is_file() else None
    return min(limit or most, most)


def _pools_first(folder: Path) -> bool:
    path = folder / "1_Pooling" / "config.json"
    return path.is_file() and bool(json.loads(path.read_text("utf-8")).get("pooling_mode_cls_token"))
