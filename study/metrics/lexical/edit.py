"""Edit distances: how many characters it takes to turn an output into its reference."""

from importlib.metadata import version

from study.metrics.lexical.tokens import of_pairs
from study.metrics.metric import Metric


def edit_distance(output: str, reference: str) -> float:
    """Return the Levenshtein distance in Unicode code points: insertions, deletions and substitutions cost 1.

    >>> edit_distance("kitten", "sitting")
    3.0
    """
    from rapidfuzz.distance import Levenshtein

    return float(Levenshtein.distance(output, reference))


def normalised_edit_distance(output: str, reference: str) -> float:
    """Return the Levenshtein distance divided by the length of the longer text, from 0 (equal) to 1.

    >>> round(normalised_edit_distance("kitten", "sitting"), 5)
    0.42857
    """
    return edit_distance(output, reference) / max(len(output), len(reference))


_RAPIDFUZZ = version("rapidfuzz")
EDIT_DISTANCE = Metric(
    "edit_distance",
    "Edit distance (characters)",
    of_pairs("reference", edit_distance),
    ("reference",),
    f"levenshtein|unit:characters|rapidfuzz:{_RAPIDFUZZ}",
    False,
    "Levenshtein 1966",
    compares="distance",
    best=0.0,
)
EDIT_DISTANCE_NORMALISED = Metric(
    "edit_distance_normalised",
    "Edit distance, normalised",
    of_pairs("reference", normalised_edit_distance),
    ("reference",),
    f"levenshtein|unit:characters|divided_by:longer|rapidfuzz:{_RAPIDFUZZ}",
    False,
    "Levenshtein 1966; on edited texts: arXiv 2410.12046",
    compares="distance",
    best=0.0,
)
