"""Texts as words, and which part of a text a metric can read."""

import re
from collections.abc import Callable
from functools import lru_cache
from unicodedata import category

from study.metrics.metric import Batch, Score

# rouge-score silently drops all other characters; a text without any of these cannot be scored.
LATIN_WORD = re.compile(r"[a-z0-9]+")
# A run of letters, digits and marks of any script, or one Han, Hiragana, Katakana, Thai, Lao or Khmer character.
UNSPACED = "\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
WORD = re.compile(rf"[{UNSPACED}]|(?:(?![{UNSPACED}])\w)+(?:['’](?:(?![{UNSPACED}])\w)+)*")

LATIN_ONLY = "reads words of a-z and 0-9 only; no score for a text with most of its letters outside"
LATIN_SIGN = re.compile(r"[a-z0-9]")
LEAST_READ = 0.5
"""The share of a text's letters that must be in a metric's alphabet."""


@lru_cache(maxsize=4096)
def words(text: str) -> tuple[str, ...]:
    """Return the words of a text in lower case, in any script; scripts without spaces character by character.

    >>> words("It's 7:30, naïve!"), words("おはよう")
    (("it's", '7', '30', 'naïve'), ('お', 'は', 'よ', 'う'))
    """
    return tuple(WORD.findall(text.lower()))


@lru_cache(maxsize=4096)
def latin_words(text: str) -> tuple[str, ...]:
    """Return the runs of a-z and 0-9 of a text in lower case, as rouge-score reads it."""
    return tuple(LATIN_WORD.findall(text.lower()))


def without_words(text: str) -> str | None:
    """Return why a text cannot be read as words of any script, or None."""
    return None if words(text) else "has no word"


def outside_latin(text: str) -> str | None:
    """Return why a text cannot be read as words of a-z and 0-9, or None.

    >>> outside_latin("A naïve café"), outside_latin("สวัสดี 2024")
    (None, 'has most of its letters outside a-z and 0-9')
    """
    if not latin_words(text):
        return "has no word of a-z or 0-9"
    return outside(LATIN_SIGN, "a-z and 0-9", text)


def outside(alphabet: re.Pattern[str], name: str, text: str) -> str | None:
    """Return why a text cannot be read in an alphabet (most of its letters are not in it), or None."""
    small = text.lower()
    inside, all_of_it = n_letters("".join(alphabet.findall(small))), n_letters(small)
    return f"has most of its letters outside {name}" if inside < LEAST_READ * all_of_it else None


def n_letters(text: str) -> int:
    """Return the number of letters of a text and of the marks that belong to them, in any script; digits do not count.

    >>> n_letters("It's 7:30"), n_letters("สวัสดี")
    (3, 6)
    """
    return sum(category(sign)[0] in "LM" for sign in text)


def of_pairs(
    column: str,
    compare: Callable[[str, str], float | Score],
    *,
    unread: Callable[[str], str | None] = lambda text: None,
) -> Callable[[Batch], list[Score]]:
    """Return a metric's function that compares each output with its text of a column.

    Where ``unread`` gives a reason why a text cannot be read, the score is None with that reason.
    """

    def function(batch: Batch) -> list[Score]:
        found: list[Score] = []
        for output, other in batch.pairs(column):
            reasons = [(name, unread(text)) for name, text in (("output", output), (column, other))]
            told = [f"the {name} {reason}" for name, reason in reasons if reason]
            found.append((None, told[0]) if told else as_score(compare(output, other)))
        return found

    return function


def of_output(
    measure: Callable[[str], float | Score], *, unread: Callable[[str], str | None] = lambda text: None
) -> Callable[[Batch], list[Score]]:
    """Return a metric's function that scores each output by itself."""

    def function(batch: Batch) -> list[Score]:
        reasons = [(output, unread(output)) for output in batch.column("output")]
        return [
            (None, f"the output {reason}") if reason else as_score(measure(output))
            for output, reason in reasons
        ]

    return function


def as_score(value: float | Score) -> Score:
    """Return a number as a score."""
    return value if isinstance(value, tuple) else (value, None)
