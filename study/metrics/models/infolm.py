"""InfoLM: compares the word distributions that a masked language model predicts for two texts."""

from collections import OrderedDict
from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt
import torch

from study.errors import InvalidInput
from study.metrics.metric import Batch, Score
from study.metrics.models.loading import Loaded, loaded

FloatArray = npt.NDArray[np.float64]

MASKS_PER_BATCH = 32
MOST_KEPT = 512

_kept: OrderedDict[tuple[str, float, str], FloatArray] = OrderedDict()


def infolm(batch: Batch) -> list[Score]:
    """Return the divergence of each output's distribution from its reference's; 0 if they are equal.

    A text's distribution over the vocabulary is the average, over all tokens except special ones, of the model's
    softmax(logits / temperature) at that token when it is masked.

    Parameters
    ----------
    batch : Batch
        Parameters ``measure`` (a key of :data:`MEASURES`), ``temperature``, and ``alpha`` and ``beta`` of the AB
        divergence.

    References
    ----------
    Colombo et al. 2022, section 3.
    """
    temperature = float(batch.parameters["temperature"])
    alpha, beta = float(batch.parameters["alpha"]), float(batch.parameters["beta"])
    if not temperature > 0 or 0 in (alpha, beta, alpha + beta):
        raise InvalidInput(
            f"temperature={temperature:g}, alpha={alpha:g}, beta={beta:g}: the temperature is above 0, and neither alpha, "
            "beta nor their sum is 0"
        )
    measure = MEASURES[str(batch.parameters["measure"])]
    pairs = batch.pairs("reference")
    of_text = _distributions(str(batch.model), {text for pair in pairs for text in pair}, temperature)
    scores: list[Score] = []
    for output, reference in pairs:
        p, q = of_text[output], of_text[reference]
        if p is None or q is None:
            scores.append((None, "a text has no token"))
        else:
            scores.append((measure(p, q, alpha, beta), None))
    return scores


def ab_divergence(p: FloatArray, q: FloatArray, alpha: float, beta: float) -> float:
    """Return the AB divergence of p (output) and q (reference); 0 if they are equal.

    log sum q^(a+b) / (b (a+b)) + log sum p^(a+b) / (a (a+b)) - log sum q^a p^b / (a b)

    References
    ----------
    Cichocki et al. 2011; Colombo et al. 2022, table 1.
    """
    both = alpha + beta
    of_q = np.log(np.sum(q**both)) / (beta * both)
    of_p = np.log(np.sum(p**both)) / (alpha * both)
    return float(of_q + of_p - np.log(np.sum(q**alpha * p**beta)) / (alpha * beta))


def fisher_rao(p: FloatArray, q: FloatArray, alpha: float, beta: float) -> float:
    """Return the Fisher-Rao distance 2/pi arccos(sum sqrt(p q)), from 0 to 1; alpha and beta are not used."""
    return float(2 / np.pi * np.arccos(np.clip(np.sum(np.sqrt(p * q)), 0.0, 1.0)))


MEASURES: dict[str, Callable[[FloatArray, FloatArray, float, float], float]] = {
    "ab_divergence": ab_divergence,
    "fisher_rao": fisher_rao,
}


def _distributions(folder: str, texts: Iterable[str], temperature: float) -> dict[str, FloatArray | None]:
    use = loaded("masked", folder)
    if use.tokenizer.mask_token_id is None:
        raise InvalidInput(f"the tokenizer in {folder} has no mask token")
    found: dict[str, FloatArray | None] = {}
    for text in texts:
        key = (folder, temperature, text)
        if key not in _kept:
            made = _distribution(use, text, temperature)
            if made is None:
                found[text] = None
                continue
            _kept[key] = made
        found[text] = _kept[key]
        _kept.move_to_end(key)
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return found


def _distribution(use: Loaded, text: str, temperature: float) -> FloatArray | None:
    ids = use.tokenizer(text, truncation=True, max_length=use.most_tokens, return_tensors="pt")["input_ids"][
        0
    ]
    special = set(use.tokenizer.all_special_ids) - {use.tokenizer.unk_token_id}
    places = [place for place, one in enumerate(ids.tolist()) if one not in special]
    if not places:
        return None
    total = np.zeros(use.model.config.vocab_size)
    for start in range(0, len(places), MASKS_PER_BATCH):
        some = torch.tensor(places[start : start + MASKS_PER_BATCH])
        rows = torch.arange(len(some))
        masked = ids.repeat(len(some), 1)
        masked[rows, some] = use.tokenizer.mask_token_id
        with torch.inference_mode():
            logits = use.model(input_ids=masked.to(use.device)).logits[rows, some]
        total += (logits.double() / temperature).softmax(-1).sum(0).cpu().numpy()
    return total / len(places)
