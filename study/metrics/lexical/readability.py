"""Readability from counts of letters, words and sentences, without a dictionary of syllables."""

import re

from study.metrics.lexical.tokens import of_output, outside, words
from study.metrics.metric import Metric

SENTENCE_END = re.compile(r"[.!?…]+(?=\s|$)")
SPACED = re.compile(r"[A-Za-zÀ-ɏͰ-ԯḀ-ỿ]")
ALPHABETIC_ONLY = "reads Latin, Greek and Cyrillic: the formulas count letters per word"
LONG_WORD = 6


def automated_readability_index(output: str) -> float:
    """Return ARI = 4.71 characters/words + 0.5 words/sentences - 21.43, about the US school grade.

    References
    ----------
    Smith & Senter 1967.

    Examples
    --------
    >>> round(automated_readability_index("The cat sat. It ran!"), 2)
    -6.99
    """
    characters, n_words, n_sentences, _ = _counts(output)
    return 4.71 * characters / n_words + 0.5 * n_words / n_sentences - 21.43


def coleman_liau_index(output: str) -> float:
    """Return CLI = 0.0588 L - 0.296 S - 15.8, with L letters and S sentences in 100 words; about the US school grade.

    References
    ----------
    Coleman & Liau 1975.
    """
    characters, n_words, n_sentences, _ = _counts(output)
    return 0.0588 * 100 * characters / n_words - 0.296 * 100 * n_sentences / n_words - 15.8


def lix(output: str) -> float:
    """Return LIX: words per sentence plus the percentage of words longer than six letters.

    References
    ----------
    Björnsson 1968.

    Examples
    --------
    >>> lix("A readable sentence.")
    69.66666666666667
    """
    _, n_words, n_sentences, n_long = _counts(output)
    return n_words / n_sentences + 100 * n_long / n_words


def _counts(text: str) -> tuple[int, int, int, int]:
    """Return letters and digits, words, sentences (at least one) and long words."""
    found = words(text)
    sizes = [sum(letter.isalnum() for letter in word) for word in found]
    return (
        sum(sizes),
        len(found),
        max(len(SENTENCE_END.findall(text.strip())), 1),
        sum(size > LONG_WORD for size in sizes),
    )


def _outside_alphabets(text: str) -> str | None:
    if not words(text) or not SPACED.search(text):
        return "has no word of an alphabet that it reads"
    return outside(SPACED, "the alphabets that it reads", text)


def _metric(key: str, label: str, measure: object, source: str) -> Metric:
    return Metric(
        key,
        label,
        of_output(measure, unread=_outside_alphabets),  # type: ignore[arg-type]
        (),
        f"{key}|version:2",
        None,
        source,
        earlier=f"{key}|version:1",
        limits=ALPHABETIC_ONLY,
    )


ARI = _metric("ari", "Automated readability index", automated_readability_index, "Smith & Senter 1967")
COLEMAN_LIAU = _metric("coleman_liau", "Coleman-Liau index", coleman_liau_index, "Coleman & Liau 1975")
LIX = _metric("lix", "LIX", lix, "Björnsson 1968")
