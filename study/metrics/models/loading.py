"""Load checkpoints from folders, completely or not at all."""

import os
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

# Checkpoints are local folders here: no network access, no progress bars.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import torch
import transformers

from study.errors import InvalidInput
from study.metrics.metric import ModelKind

CLASSES: dict[ModelKind, str] = {
    "encoder": "AutoModel",
    "causal": "AutoModelForCausalLM",
    "seq2seq": "AutoModelForSeq2SeqLM",
    "masked": "AutoModelForMaskedLM",
    "nli": "AutoModelForSequenceClassification",
}
# No metric uses an encoder's pooler.
UNUSED = ("pooler.",)
NO_LIMIT = 1_000_000
MOST_LOADED = 3


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model in evaluation mode with its tokenizer.

    Attributes
    ----------
    most_tokens : int
        Limit of a text, including special tokens: what the tokenizer and the position embeddings allow.
    """

    model: Any
    tokenizer: Any
    device: torch.device
    most_tokens: int


@lru_cache(maxsize=MOST_LOADED)
def loaded(kind: ModelKind, folder: str) -> Loaded:
    """Return the model in a folder for a kind of use.

    Raises
    ------
    InvalidInput
        If it cannot be loaded, or if the checkpoint lacks weights that this use needs: transformers would initialise
        them at random with only a warning, and a random score is worse than none.
    """
    transformers.logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        auto = getattr(transformers, CLASSES[kind])
        model, info = auto.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
    except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
        first = str(error).strip().splitlines()[0]
        raise InvalidInput(f"the model in {folder} cannot be used as a {kind} model: {first}") from None
    lacking = sorted(name for name in info["missing_keys"] if not name.startswith(UNUSED))
    lacking += sorted(str(name) for name in info["mismatched_keys"])
    if lacking:
        raise InvalidInput(
            f"the model in {folder} is not a {kind} model: its files lack {len(lacking)} of the weights "
            f"that such a model needs ({lacking[0]} ...), which would be random numbers; name a checkpoint "
            "that was trained for it"
        )
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return Loaded(model.eval().to(device), tokenizer, device, _most_tokens(model, tokenizer))


def _most_tokens(model: Any, tokenizer: Any) -> int:
    """Return how many tokens a text may have.

    The limit is always passed to the tokenizer: without model_max_length it would overflow (Tiiiger/bert_score#205).
    """
    limits = [tokenizer.model_max_length]
    config = model.config
    for name in ("max_position_embeddings", "n_positions"):
        positions = getattr(config, name, None)
        if isinstance(positions, int) and positions > 0:
            # RoBERTa counts positions from the padding index on.
            offset = (config.pad_token_id or 0) + 1 if "roberta" in config.model_type else 0
            limits.append(positions - offset)
    return int(min(*limits, NO_LIMIT))
