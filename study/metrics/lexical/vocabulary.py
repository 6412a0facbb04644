"""The length of a text and its vocabulary."""

from collections import Counter
from math import log2

from study.metrics.lexical.tokens import of_output, of_pairs, without_words, words
from study.metrics.metric import Metric, Score


def length(output: str) -> float:
    """Return the number of characters (Unicode code points).

    >>> length("Où ?")
    4.0
    """
    return float(len(output))


def n_words(output: str) -> float:
    """Return the number of words.

    >>> n_words("Two words, or 4.")
    4.0
    """
    return float(len(words(output)))


def distinct(n: int, output: str) -> Score:
    """Return the share of distinct n-grams among a text's n-grams of words, from 0 to 1 (no repeats).

    References
    ----------
    Li et al. 2016.

    Examples
    --------
    >>> distinct(1, "a rose is a rose")
    (0.6, None)
    """
    tokens = words(output)
    grams = list(zip(*(tokens[start:] for start in range(n)), strict=False))
    return (len(set(grams)) / len(grams), None) if grams else (None, f"the output has fewer than {n} words")


def jensen_shannon_divergence(output: str, reference: str) -> float:
    """Return the Jensen-Shannon divergence of two texts' word distributions, base 2: 0 (equal) to 1 (no word shared).

    References
    ----------
    Lin 1991.

    Examples
    --------
    >>> jensen_shannon_divergence("a b", "c d"), jensen_shannon_divergence("a b", "b a")
    (1.0, 0.0)
    """
    counts = [Counter(words(text)) for text in (output, reference)]
    totals = [count.total() for count in counts]
    divergence = 0.0
    for word in counts[0].keys() | counts[1].keys():
        p, q = (count[word] / total for count, total in zip(counts, totals, strict=True))
        middle = (p + q) / 2
        divergence += sum(part * log2(part / middle) for part in (p, q) if part) / 2
    return min(max(divergence, 0.0), 1.0)


def _distinct_metric(n: int) -> Metric:
    def measure(output: str) -> Score:
        return distinct(n, output)

    return Metric(
        f"distinct_{n}",
        f"Distinct-{n}",
        of_output(measure, unread=without_words),
        (),
        f"distinct|n:{n}|within:output|version:1",
        None,
        "Li et al. 2016",
    )


# Counts are defined for an empty output, so there is no reason to refuse it here.
LENGTH = Metric(
    "length",
    "Length (characters)",
    of_output(length),
    (),
    "length|unit:characters|version:1",
    None,
    "Unicode code points",
    blank=True,
)
WORDS = Metric(
    "words",
    "Length (words)",
    of_output(n_words),
    (),
    "length|unit:words|version:1",
    None,
    "Words of any script",
    blank=True,
)
DISTINCT_1, DISTINCT_2 = _distinct_metric(1), _distinct_metric(2)
JSD = Metric(
    "jsd",
    "Jensen-Shannon divergence of words",
    of_pairs("reference", jensen_shannon_divergence, unread=without_words),
    ("reference",),
    "jsd|base:2|unit:words|version:1",
    False,
    "Lin 1991",
    compares="distance",
    best=0.0,
)
