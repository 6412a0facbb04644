"""Scores from the likelihoods of a language model: perplexity, FED, BARTScore, NLI consistency."""

from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from math import exp

import torch
import yaml

from study.errors import InvalidInput
from study.metrics.metric import Batch, Score
from study.metrics.models.loading import Loaded, loaded

TOKENS_PER_BATCH = 4096
IGNORED = -100
SEPARATOR = "<|endoftext|>"


def perplexity(batch: Batch) -> list[Score]:
    """Return exp of the mean negative log likelihood (nats) of each output's tokens under a causal model; at least 1.

    The first token is predicted from the model's beginning-of-text token; without one, scoring begins with the second
    token. The model sees no prompt. A text is truncated at the model's last position.
    """
    use = loaded("causal", str(batch.model))
    texts = batch.column("output")
    begin = [] if use.tokenizer.bos_token_id is None else [int(use.tokenizer.bos_token_id)]
    ids = [
        (begin + use.tokenizer(text, add_special_tokens=False)["input_ids"])[: use.most_tokens]
        for text in texts
    ]
    return [
        (None, "the output has fewer than 2 tokens") if loss is None else (exp(loss), None)
        for loss in mean_losses(use, ids)
    ]


def fed(batch: Batch) -> list[Score]:
    """Return FED: how much less likely negative follow-ups are than positive ones, after the dialogue and the output.

    mean over negative utterances of NLL(dialogue, output, utterance) minus the same over positive ones; NLL is the
    mean over all tokens, as published, so only differences between outputs are meaningful. Where a quality has no
    positive utterance that term is 0. The source (the lines of the dialogue, or the prompt) comes before the output.

    References
    ----------
    Mehri & Eskenazi 2020, section 5.
    """
    use = loaded("causal", str(batch.model))
    utterances = follow_ups()[str(batch.parameters["quality"])]
    said = [(kind, text) for kind in ("negative", "positive") for text in utterances[kind]]
    histories = [[*source.splitlines(), output] for output, source in batch.pairs("source")]
    ids = [
        _dialogue_ids(use, [line for line in history if line.strip()], text)
        for history in histories
        for _, text in said
    ]
    losses = iter(mean_losses(use, ids))
    scores: list[Score] = []
    for _ in histories:
        of_kind: dict[str, list[float]] = {"negative": [], "positive": []}
        for kind, _ in said:
            of_kind[kind].append(next(losses) or 0.0)
        means = {kind: sum(found) / len(found) if found else 0.0 for kind, found in of_kind.items()}
        scores.append((means["negative"] - means["positive"], None))
    return scores


def bart_score(batch: Batch, given: str, wanted: str) -> list[Score]:
    """Return BARTScore: the mean log likelihood (nats) of a text's tokens given another text; at most 0.

    References
    ----------
    Yuan et al. 2021, equation 2 and section 3.
    """
    use = loaded("seq2seq", str(batch.model))
    pairs = list(zip(batch.column(given), batch.column(wanted), strict=True))
    return [(value, None) for value in _conditional_log_likelihoods(use, pairs)]


def bart_score_f(batch: Batch) -> list[Score]:
    """Return the mean of the two directions between output and reference (BARTScore F)."""
    precision = bart_score(batch, "reference", "output")
    recall = bart_score(batch, "output", "reference")
    return [
        ((float(p or 0) + float(r or 0)) / 2, None) for (p, _), (r, _) in zip(precision, recall, strict=True)
    ]


def nli_consistency(batch: Batch, column: str) -> list[Score]:
    """Return the probability that a text (premise) entails the output (hypothesis), from 0 to 1.

    References
    ----------
    Falke et al. 2019; the label of the checkpoint that begins with "entail".
    """
    use = loaded("nli", str(batch.model))
    labels = {int(place): str(name).lower() for place, name in use.model.config.id2label.items()}
    entailment = [place for place, name in labels.items() if name.startswith("entail")]
    if not entailment:
        raise InvalidInput(
            f"the model in {batch.model} is not an inference model: none of its labels "
            f"({', '.join(labels.values())}) begins with 'entail'"
        )
    scores: list[Score] = []
    for output, premise in batch.pairs(column):
        inputs = use.tokenizer(
            premise, output, truncation="only_first", max_length=use.most_tokens, return_tensors="pt"
        ).to(use.device)
        with torch.inference_mode():
            probabilities = use.model(**inputs).logits[0].softmax(-1)
        scores.append((float(probabilities[entailment[0]]), None))
    return scores


@lru_cache(maxsize=1)
def follow_ups() -> dict[str, dict[str, list[str]]]:
    """Return FED's follow-up utterances by quality and kind."""
    text = files("study.metrics").joinpath("fed_follow_ups.yaml").read_text("utf-8")
    return yaml.safe_load(text)  # type: ignore[no-any-return]


def mean_losses(use: Loaded, ids: Sequence[Sequence[int]]) -> list[float | None]:
    """Return the mean negative log likelihood of each sequence's tokens after its first; None without such tokens."""
    found: list[float | None] = [None] * len(ids)
    places = [place for place, sequence in enumerate(ids) if len(sequence) > 1]
    for some in _batches(places, [len(ids[place]) for place in places]):
        tokens, mask = _padded([ids[place] for place in some], 0, use)
        with torch.inference_mode():
            logits = use.model(input_ids=tokens, attention_mask=mask).logits[:, :-1]
        losses = _token_losses(logits, tokens[:, 1:]) * mask[:, 1:]
        means = losses.sum(1) / mask[:, 1:].sum(1)
        for place, mean in zip(some, means.tolist(), strict=True):
            found[place] = mean
    return found


def _conditional_log_likelihoods(use: Loaded, pairs: Sequence[tuple[str, str]]) -> list[float]:
    """Return the mean log likelihood of the second text's tokens (special ones included) given the first."""

    def ids(text: str) -> list[int]:
        return list(use.tokenizer(text, truncation=True, max_length=use.most_tokens)["input_ids"])

    coded = [(ids(given), ids(wanted)) for given, wanted in pairs]
    found = [0.0] * len(pairs)
    for some in _batches(range(len(pairs)), [len(one) + len(other) for one, other in coded]):
        tokens, mask = _padded([coded[place][0] for place in some], use.model.config.pad_token_id or 0, use)
        labels, label_mask = _padded([coded[place][1] for place in some], IGNORED, use)
        with torch.inference_mode():
            logits = use.model(input_ids=tokens, attention_mask=mask, labels=labels).logits
        losses = _token_losses(logits, labels.clamp(min=0)) * label_mask
        for place, mean in zip(some, (losses.sum(1) / label_mask.sum(1)).tolist(), strict=True):
            found[place] = -mean
    return found


def _dialogue_ids(use: Loaded, history: Sequence[str], said: str) -> list[int]:
    """Return the tokens of a dialogue with its follow-up; if too long, the beginning is dropped."""
    text = "".join(f"{use.tokenizer.eos_token or SEPARATOR} {line} " for line in (*history, said)).strip()
    ids = list(use.tokenizer(text, add_special_tokens=False)["input_ids"])
    return ids[-use.most_tokens :]


def _token_losses(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.cross_entropy(logits.transpose(1, 2).float(), targets, reduction="none")


def _padded(
    sequences: Sequence[Sequence[int]], padding: int, use: Loaded
) -> tuple[torch.Tensor, torch.Tensor]:
    longest = max(map(len, sequences))
    tokens = torch.full((len(sequences), longest), padding)
    mask = torch.zeros((len(sequences), longest), dtype=torch.long)
    for place, sequence in enumerate(sequences):
        tokens[place, : len(sequence)] = torch.tensor(list(sequence))
        mask[place, : len(sequence)] = 1
    return tokens.to(use.device), mask.to(use.device)


def _batches(places: Sequence[int], sizes: Sequence[int]) -> list[list[int]]:
    """Return positions in batches of about the same length, longest first."""
    ordered = sorted(zip(sizes, places, strict=True), reverse=True)
    batches: list[list[int]] = []
    longest = 0
    for size, place in ordered:
        if not batches or longest * (len(batches[-1]) + 1) > TOKENS_PER_BATCH:
            batches.append([])
            longest = size
        batches[-1].append(place)
    return batches
