"""METEOR: matches of words and stems, with a penalty for a different word order."""

import os
import sys
from collections.abc import Callable, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

from study.metrics.lexical.tokens import of_pairs, without_words, words
from study.metrics.metric import Metric

ALPHA, BETA, GAMMA = 0.9, 3.0, 0.5
NO_DATA = "nltk's WordNet data is not installed; where the internet can be reached: python -m nltk.downloader wordnet"


class WordNet(Protocol):
    """What nltk's METEOR needs from a WordNet: the sets of synonyms of a word."""

    def synsets(self, word: str) -> Sequence[object]:
        """Return the sets of synonyms that a word is in."""
        ...


class _NoSynonyms:
    """An empty WordNet, so that only exact and stem matches count."""

    def synsets(self, word: str) -> Sequence[object]:
        return []


def meteor(output: str, reference: str, wordnet: WordNet | None = None) -> float:
    """Return METEOR by nltk (alpha 0.9, beta 3, gamma 0.5) with exact and Porter-stem matches; from 0 to 1.

    Without ``wordnet`` no synonyms are matched, so scores are at most those of full METEOR; report it as "METEOR
    (exact and stem)". Identical texts stay a little below 1: the penalty of one chunk is 0.5 / matches**3. Words are
    runs of letters and digits of any script in lower case.

    References
    ----------
    Banerjee & Lavie 2005; parameters of Lavie & Agarwal 2007 as in nltk.

    Examples
    --------
    Four words match in one chunk: 1 x (1 - 0.5 x (1/4)**3).

    >>> meteor("the cat sat down", "the cat sat down")
    0.9921875
    """
    score = _nltk()
    return float(
        score(
            [words(reference)],
            words(output),
            wordnet=wordnet or _NoSynonyms(),
            alpha=ALPHA,
            beta=BETA,
            gamma=GAMMA,
        )
    )


def meteor_with_wordnet(output: str, reference: str) -> float:
    """Return full METEOR, including synonyms of WordNet."""
    from nltk.corpus import wordnet

    return meteor(output, reference, wordnet)


def wordnet_lacking() -> str | None:
    """Return why WordNet is missing, or None; searched as nltk does, but without loading it."""
    folders = [Path(folder) for folder in os.environ.get("NLTK_DATA", "").split(os.pathsep) if folder]
    folders += [Path.home() / "nltk_data"]
    folders += [Path(sys.prefix) / where / "nltk_data" for where in ("", "share", "lib")]
    folders += [
        Path(root) / "nltk_data" for root in ("/usr/share", "/usr/local/share", "/usr/lib", "/usr/local/lib")
    ]
    places = [folder / "corpora" / name for folder in folders for name in ("wordnet", "wordnet.zip")]
    return None if any(place.exists() for place in places) else NO_DATA


@cache
def _nltk() -> Callable[..., float]:
    from nltk.translate.meteor_score import meteor_score  # slow import: only at the first score

    found: Callable[..., float] = meteor_score
    return found


_NLTK = f"alpha:{ALPHA}|beta:{BETA}|gamma:{GAMMA}|stemmer:porter|nltk:{version('nltk')}"
METEOR = Metric(
    "meteor_exact_stem",
    "METEOR (exact and stem, no WordNet)",
    of_pairs("reference", meteor, unread=without_words),
    ("reference",),
    f"meteor|matches:exact,stem|{_NLTK}",
    True,
    "Banerjee & Lavie 2005",
    compares="similarity",
    best=1.0,
    limits="stems are English",
)
METEOR_WORDNET = Metric(
    "meteor",
    "METEOR (with WordNet)",
    of_pairs("reference", meteor_with_wordnet, unread=without_words),
    ("reference",),
    f"meteor|matches:exact,stem,wordnet|{_NLTK}",
    True,
    "Banerjee & Lavie 2005",
    compares="similarity",
    best=1.0,
    limits="stems and synonyms are English",
    unavailable=wordnet_lacking,
)
