"""BERTScore beside the bert-score package: same model, same texts, same run; and what remembering texts saves.

`python -m tests.benchmarks metrics [pairs]`.
"""

import sys
import time
import warnings
from collections.abc import Callable
from random import Random

import numpy as np

from study.content_kinds import plain_text
from study.formats.reading import read
from study.metrics import METRICS, pair_scores
from study.metrics.checkpoints import checkpoint
from study.metrics.jobs import PART
from study.metrics.models.encoder import encoder
from study.workflows.demo import DEMO_BUNDLE

N_PAIRS = 400
SMOKE = ("8",)
LAYER = 5


def main() -> None:
    """Print pairs per second of both, for long and for short texts."""
    n_pairs = int(sys.argv[2]) if len(sys.argv) > 2 else N_PAIRS
    folder = checkpoint().path
    model = encoder(folder)
    for name, pairs in (("paragraphs", paragraphs(n_pairs)), ("headlines", headlines(n_pairs))):
        model.forget()
        ours_seconds, ours = timed(lambda pairs=pairs: ours_in_parts(pairs, folder))
        package_seconds, theirs = timed(lambda pairs=pairs: package(pairs, folder))
        again_seconds, _ = timed(lambda pairs=pairs: ours_in_parts(pairs, folder))
        mover_seconds, _ = timed(
            lambda pairs=pairs: pair_scores(
                METRICS["mover_score"], pairs, model=folder, parameters={"layer": LAYER}
            )
        )
        n_texts = len({text for pair in pairs for text in pair})
        print(
            f"{len(pairs)} pairs of {name}, {n_texts} different texts, layer {LAYER} of {checkpoint().name}"
        )
        print(f"  bert_score here        {len(pairs) / ours_seconds:9.1f} pairs/s")
        print(f"  bert-score package     {len(pairs) / package_seconds:9.1f} pairs/s", end="")
        print(f"   here / package {package_seconds / ours_seconds:.2f}")
        print(f"  texts remembered       {len(pairs) / again_seconds:9.1f} pairs/s", end="")
        print(f"   again / first {ours_seconds / again_seconds:.1f}")
        print(f"  mover_score, same texts{len(pairs) / mover_seconds:9.1f} pairs/s")
        print(f"  greatest difference of F1 {np.abs(ours - theirs).max():.1e}")


def ours_in_parts(pairs: list[tuple[str, str]], folder: str) -> np.ndarray:
    """Return F1 as a run computes it: sorted by length, a part at a time."""
    order = sorted(range(len(pairs)), key=lambda place: sum(map(len, pairs[place])))
    found = np.empty(len(pairs))
    for start in range(0, len(order), PART):
        places = order[start : start + PART]
        scores = pair_scores(METRICS["bert_score"], [pairs[place] for place in places], model=folder)
        found[places] = [value for value, _ in scores]
    return found


def package(pairs: list[tuple[str, str]], folder: str) -> np.ndarray:
    """Return F1 of the bert-score package; the model is loaded before the clock starts, as ours is."""
    return np.asarray(scorer(folder).score(*map(list, zip(*pairs, strict=True)), batch_size=64)[2])


_scorers: dict[str, object] = {}


def scorer(folder: str):  # type: ignore[no-untyped-def]
    """Return the package's scorer, kept."""
    if folder not in _scorers:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from bert_score import BERTScorer

            _scorers[folder] = BERTScorer(model_type=folder, num_layers=LAYER)
    return _scorers[folder]


def timed(work: Callable[[], np.ndarray]) -> tuple[float, np.ndarray]:
    """Return seconds and result."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def headlines(n_pairs: int) -> list[tuple[str, str]]:
    """Return each output of the demo study with its reference, repeated over other references where more pairs are wanted."""
    records = read(DEMO_BUNDLE)
    references = {item.item_id: str(item.reference) for item in records.items}
    others = list(references.values())
    rng = Random(1)
    pairs = [(plain_text(one.content), references[one.item_id]) for one in records.outputs]
    while len(pairs) < n_pairs:
        pairs.append((plain_text(rng.choice(records.outputs).content), rng.choice(others)))
    return pairs[:n_pairs]


def paragraphs(n_pairs: int) -> list[tuple[str, str]]:
    """Return pairs of texts of about 80 words: sentences of the demo's stories, drawn anew; four outputs a reference."""
    records = read(DEMO_BUNDLE)
    sentences = sorted({part for item in records.items for part in plain_text(item.content).split(". ")})
    rng = Random(2)

    def text() -> str:
        return ". ".join(rng.sample(sentences, 4))

    references = [text() for _ in range(n_pairs // 4)]
    return [(text(), references[place // 4]) for place in range(n_pairs)]
