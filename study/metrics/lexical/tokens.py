"""Texts as words, and what of a text a metric can read."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from study.metrics.metric import Batch, Score

# rouge-score drops everything but these without a word; a text without any of them cannot be scored.
LATIN_WORD = re.compile(r"[a-z0-9]+")
# A run of letters, digits and marks of any script, or one Han, Hiragana, Katakana, Thai, Lao or Khmer character.
UNSPACED = "\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
WORD = re.compile(rf"[{UNSPACED}]|(?:(?![{UNSPACED}])\w)+(?:['’](?:(?![{UNSPACED}])\w)+)*")

LATIN_ONLY = "reads words of a-z and 0-9 only; a text without any gets no score"


@lru_cache(maxsize=4096)
def words(text: str) -> tuple[str, ...]:
    """Return the words of a text in lower case, of any script; what is written without spaces, character by character.

    >>> words("It's 7:30, naïve!"), words("おはよう")
    (("it's", '7', '30', 'naïve'), ('お', 'は', 'よ', 'う'))
    """
    return tuple(WORD.findall(text.lower()))


@lru_cache(maxsize=4096)
def latin_words(text: str) -> tuple[str, ...]:
    """Return the runs of a-z and 0-9 of a text in lower case, as rouge-score reads it."""
    return tuple(LATIN_WORD.findall(text.lower()))


def of_pairs(
    column: str,
    compare: Callable[[str, str], float | Score],
    *,
    readable: Callable[[str], Sequence[str]] = lambda text: text,
    what: str = "word",
) -> Callable[[Batch], list[Score]]:
    """Return a metric's function: output and the text of a column, one pair after the other.

    Where ``readable`` finds nothing in a text there is no score, and the reason says what was not found.
    """

    def function(batch: Batch) -> list[Score]:
        found: list[Score] = []
        for output, other in batch.pairs(column):
            unread = [name for name, text in (("output", output), (column, other)) if not readable(text)]
            if unread:
                found.append((None, f"the {unread[0]} has no {what}"))
                continue
            value = compare(output, other)
            found.append(value if isinstance(value, tuple) else (value, None))
        return found

    return function


def of_output(
    measure: Callable[[str], float | Score],
    *,
    readable: Callable[[str], Sequence[str]] = lambda text: [text],
    what: str = "word",
) -> Callable[[Batch], list[Score]]:
    """Return a metric's function: each output by itself."""

    def function(batch: Batch) -> list[Score]:
        found: list[Score] = []
        for output in batch.column("output"):
            if not readable(output):
                found.append((None, f"the output has no {what}"))
                continue
            value = measure(output)
            found.append(value if isinstance(value, tuple) else (value, None))
        return found

    return function
