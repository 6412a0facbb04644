"""Models for tests: the embedded encoder, loaded once, and tiny checkpoints of every kind with random weights."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from study.metrics import METRICS
from study.metrics.checkpoints import checkpoint

WORDS = [
    "a",
    "the",
    "cat",
    "dog",
    "sat",
    "ran",
    "on",
    "mat",
    "hill",
    "in",
    "sun",
    "rain",
    "writes",
    "about",
    "markets",
    "engine",
    "stopped",
    "good",
    "bad",
    ".",
    "?",
    "!",
    ",",
    "that",
    "is",
    # The words of the texts of the laws: a model does not score what it cannot read.
    *[
        "The",
        "old",
        "mill",
        "by",
        "river",
        "grinds",
        "flour",
        "again",
        "after",
        "forty",
        "silent",
        "years",
        "After",
        "grinding",
        "and",
    ],
    *["Tax", "cuts", "worry", "central", "bankers", "as", "exports", "shrink", "winter"],
]


@pytest.fixture(scope="session")
def embedded() -> str:
    import torch

    torch.set_num_threads(1)  # the texts of tests are too small to share, and other processes want the cores
    return checkpoint().path


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory, embedded: str) -> Mapping[str, str]:
    """Return folders of tiny checkpoints by kind of model; they are saved with their heads."""
    import torch
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    folder = tmp_path_factory.mktemp("models")
    special = ["<pad>", "<unk>", "<s>", "</s>", "<mask>"]
    vocabulary = {word: place for place, word in enumerate([*special, *WORDS])}
    torch.manual_seed(5)
    sizes = {"vocab_size": len(vocabulary), "pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3}
    bert = {
        **sizes,
        "hidden_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "max_position_embeddings": 64,
    }
    made = {
        "causal": transformers.GPT2LMHeadModel(
            transformers.GPT2Config(n_embd=16, n_layer=2, n_head=2, n_positions=64, **sizes)
        ),
        "seq2seq": transformers.BartForConditionalGeneration(
            transformers.BartConfig(
                d_model=16,
                encoder_layers=1,
                decoder_layers=1,
                encoder_attention_heads=2,
                decoder_attention_heads=2,
                encoder_ffn_dim=32,
                decoder_ffn_dim=32,
                max_position_embeddings=64,
                decoder_start_token_id=3,
                forced_eos_token_id=3,
                **sizes,
            )
        ),
        "masked": transformers.BertForMaskedLM(transformers.BertConfig(**bert)),
        "nli": transformers.BertForSequenceClassification(
            transformers.BertConfig(
                **bert,
                id2label={0: "CONTRADICTION", 1: "NEUTRAL", 2: "ENTAILMENT"},
                label2id={"CONTRADICTION": 0, "NEUTRAL": 1, "ENTAILMENT": 2},
            )
        ),
        "sentiment": transformers.BertForSequenceClassification(transformers.BertConfig(**bert)),
    }
    paths = {}
    for kind, model in made.items():
        for parameter in model.parameters():  # large enough that predictions differ
            torch.nn.init.normal_(parameter, std=0.4)
        tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
        tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
        if kind != "causal":
            tokenizer.post_processor = processors.TemplateProcessing(
                single="<s> $A </s>", pair="<s> $A </s> $B </s>", special_tokens=[("<s>", 2), ("</s>", 3)]
            )
        fast = transformers.PreTrainedTokenizerFast(
            tokenizer_object=tokenizer,
            pad_token="<pad>",
            unk_token="<unk>",
            bos_token="<s>",
            eos_token="</s>",
            mask_token="<mask>",
        )
        paths[kind] = str(folder / f"tiny-{kind}")
        model.save_pretrained(paths[kind])
        fast.save_pretrained(paths[kind])
        assert (Path(paths[kind]) / "model.safetensors").is_file()
    return paths


@pytest.fixture(scope="session")
def model_of(embedded: str, tiny: Mapping[str, str]) -> Mapping[str, str | None]:
    """Return the folder of the model that each metric is tested with."""
    return {
        key: None if metric.model is None else embedded if metric.model == "encoder" else tiny[metric.model]
        for key, metric in METRICS.items()
    }
