"""Distances between a text and its edited form: characters, words, and word edits with shifts (TER, HTER)."""

import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from study.errors import InvalidInput
from study.stats.arrays import FloatArray, check_equal_lengths
from study.stats.statistic import Statistic
from study.tables import lookup

if TYPE_CHECKING:
    from sacrebleu.metrics.ter import TER

TextDistance = Callable[[str, str], float]
"""From the text before and the text after the edit to a distance; nan where undefined."""


def normalised(text: str) -> str:
    """Return a text in the composed form of its characters (NFC), with line ends as line feeds.

    >>> normalised("cafe\\u0301\\r\\n") == "caf\\u00e9\\n"
    True
    """
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))


def character_distance(before: str, after: str) -> float:
    """Return the fewest characters to insert, delete or replace.

    >>> character_distance("kitten", "sitting")
    3.0
    """
    from rapidfuzz.distance import Levenshtein

    return float(Levenshtein.distance(before, after))


def character_ratio(before: str, after: str) -> float:
    """Return the character distance over the length of the longer text, from 0 to 1; 0 for two empty texts.

    >>> round(character_ratio("kitten", "sitting"), 3)
    0.429
    """
    from rapidfuzz.distance import Levenshtein

    return float(Levenshtein.normalized_distance(before, after))


def word_distance(before: str, after: str) -> float:
    """Return the fewest words to insert, delete or replace; words are separated by white space."""
    from rapidfuzz.distance import Levenshtein

    return float(Levenshtein.distance(before.split(), after.split()))


def word_ratio(before: str, after: str) -> float:
    """Return the word distance over the number of words of the longer text, from 0 to 1; 0 for two empty texts."""
    from rapidfuzz.distance import Levenshtein

    return float(Levenshtein.normalized_distance(before.split(), after.split()))


def translation_edit_rate(before: str, after: str) -> float:
    """Return the word edits, the shift of a block counting as one, over the words of the text after the edit.

    With the edited text as the reference this is HTER, with any other reference TER. It may exceed 1, and is
    undefined (nan) for an empty reference and a text that is not. Case and punctuation count.

    References
    ----------
    Snover, Dorr, Schwartz, Micciulla and Makhoul 2006.

    Examples
    --------
    >>> before, after = "the old ferry gets a new engine", "a new engine for the old ferry"
    >>> round(translation_edit_rate(before, after), 4), word_ratio(before, after)
    (0.4286, 1.0)
    """
    words = len(after.split())
    if not words:
        return np.nan if before.split() else 0.0
    found = _ter().sentence_score(" ".join(before.split()), [" ".join(after.split())])
    return float(found.num_edits) / words


@lru_cache(maxsize=1)
def _ter() -> "TER":
    from sacrebleu.metrics.ter import TER

    return TER(case_sensitive=True)


TEXT_DISTANCES: dict[str, Statistic[TextDistance]] = {
    "characters": Statistic(character_distance, "Character edits", "Levenshtein 1966", (0, np.inf)),
    "character_ratio": Statistic(character_ratio, "Character edits, share", "Levenshtein 1966", (0, 1)),
    "words": Statistic(word_distance, "Word edits", "Levenshtein 1966", (0, np.inf)),
    "word_ratio": Statistic(word_ratio, "Word edits, share", "Levenshtein 1966", (0, 1)),
    "hter": Statistic(
        translation_edit_rate, "Word edits with shifts (HTER)", "Snover et al. 2006", (0, np.inf)
    ),
}


def edit_distances(before: Sequence[str], after: Sequence[str], name: str = "hter") -> FloatArray:
    """Return the distance of each text from its edited form; each distinct pair of texts is computed once.

    Texts are compared in the form of :func:`normalised`. Where blocks were moved, "hter" is far below "word_ratio":
    show both. An edited text is a reference for its own output only; used for another system's output it favours the
    system that was edited.

    Parameters
    ----------
    before, after : sequence of str
    name : str
        Key of :data:`TEXT_DISTANCES`.

    Returns
    -------
    ndarray of shape (n,)
        nan where undefined.

    Raises
    ------
    InvalidInput
        If the numbers of texts differ, or one is not a text.
    """
    function = lookup(TEXT_DISTANCES, name, "text distance").function
    check_equal_lengths(before=len(before), after=len(after))
    pairs = list(zip(before, after, strict=True))
    for place, pair in enumerate(pairs):
        if not all(isinstance(text, str) for text in pair):
            raise InvalidInput(f"pair {place} is {pair!r:.100}; allowed: two texts")
    known = {pair: function(normalised(pair[0]), normalised(pair[1])) for pair in set(pairs)}
    return np.array([known[pair] for pair in pairs], dtype=np.float64)
