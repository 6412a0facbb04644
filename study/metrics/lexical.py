"""Metrics that look at characters and words only."""

import re
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING

from study.metrics.metric import Metric, Score

if TYPE_CHECKING:
    from rouge_score.rouge_scorer import RougeScorer

# rouge-score drops everything but these without a word; a text without any of them cannot be scored.
TOKEN = re.compile(r"[a-z0-9]+")
# Its longest common subsequence is a Python loop over output tokens x reference tokens.
MOST_CELLS = 4_000_000


def length(outputs: Sequence[str], references: Sequence[str | None]) -> list[Score]:
    """Return the number of characters (Unicode code points) of each output; the references are not used.

    >>> length(["Où ?", ""], [None, None])
    [(4.0, None), (0.0, None)]
    """
    return [(float(len(output)), None) for output in outputs]


def rouge_l(outputs: Sequence[str], references: Sequence[str | None]) -> list[Score]:
    """Return the ROUGE-L F1 of each output against its reference, by rouge-score without stemming.

    Words are runs of a-z and 0-9 in lower case; the whole text is one sequence. From 0 to 1.

    Parameters
    ----------
    outputs : sequence of str
    references : sequence of (str or None)

    Returns
    -------
    list of (float or None, str or None)
        None with the reason where a text is missing, holds no such word, or is too long.

    References
    ----------
    Lin 2004, section 3 (sentence-level longest common subsequence).

    Examples
    --------
    >>> rouge_l(["the cat sat", "мир", "a"], ["the cat", "peace", None])[1:]
    [(None, 'the output has no word of a-z or 0-9'), (None, 'no reference')]
    """
    return [_rouge_l(output, reference) for output, reference in zip(outputs, references, strict=True)]


def _rouge_l(output: str, reference: str | None) -> Score:
    if reference is None:
        return None, "no reference"
    sizes = []
    for name, text in (("output", output), ("reference", reference)):
        if not text.strip():
            return None, f"the {name} is empty"
        n_words = len(TOKEN.findall(text.lower()))
        if not n_words:
            return None, f"the {name} has no word of a-z or 0-9"
        sizes.append(n_words)
    cells = (sizes[0] + 1) * (sizes[1] + 1)
    if cells > MOST_CELLS:
        return (
            None,
            f"too long: {sizes[0]} x {sizes[1]} words; at most {MOST_CELLS} pairs of words are compared",
        )
    return float(_scorer().score(reference, output)["rougeL"].fmeasure), None


@cache
def _scorer() -> "RougeScorer":
    from rouge_score.rouge_scorer import RougeScorer  # loads nltk, more than a second: not at start-up

    return RougeScorer(["rougeL"], use_stemmer=False)


LENGTH = Metric("length", "Length (characters)", length, (), "length|unit:characters|version:1", None)
ROUGE_L = Metric(
    "rouge_l",
    "ROUGE-L (F1)",
    rouge_l,
    ("reference",),
    f"rougeL|fmeasure|stemmer:no|rouge-score:{version('rouge-score')}",
    True,
)
