"""Translate between the screen (left/right) and the outputs (a/b). No other module knows both.

Answers are stored as given on screen, with the side on which output a was shown; the rater's preference is derived
here and nowhere else. The store fills its ``unblinding`` table from :func:`unblinding_table`, so that SQL holds no
second copy of the rule.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from study.records import SIDES, Side
from study.responses import BOTH_BAD, NO_ANSWER, OPTIONS, TIE
from study.tables import lookup

Preference = Literal["a", "b", "tie", "both_bad"]


@dataclass(frozen=True, slots=True)
class Unblinded:
    """The meaning of a response for the outputs; ``strength`` is positive towards a, negative towards b, else 0."""

    preference: Preference | None
    strength: int | None


EXPECTED = ("a", "b", "tie", "both_bad")


def other_side(side: Side) -> Side:
    """Return the opposite side.

    >>> other_side("left")
    'right'
    """
    return "right" if side == "left" else "left"


def unblind(response: str, side_of_a: Side) -> Unblinded:
    """Return the meaning of a screen response for outputs a and b.

    Raises
    ------
    InvalidInput
        If the response or the side is unknown; a typo never becomes a tie.

    Examples
    --------
    >>> unblind("left", side_of_a="right")
    Unblinded(preference='b', strength=-1)
    """
    side_of_a = lookup({side: side for side in SIDES}, side_of_a, "side")
    if response in NO_ANSWER:
        return Unblinded(None, None)
    option = lookup(OPTIONS, response, "response")
    if option.side is None:
        return Unblinded("both_bad" if option.code == BOTH_BAD else "tie", 0)
    if option.side == side_of_a:
        return Unblinded("a", option.strength)
    return Unblinded("b", -option.strength)


def blind(preference: Preference, side_of_a: Side) -> str:
    """Return the plain screen answer (left, right, tie, both_bad) for a preference; the inverse of unblind.

    >>> blind("b", side_of_a="left")
    'right'
    """
    codes = {"a": side_of_a, "b": other_side(side_of_a), "tie": TIE, "both_bad": BOTH_BAD}
    return lookup(codes, preference, "preference")


def passes(expected: str, response: str, side_of_a: Side) -> bool:
    """Return whether an answer given on screen is the expected one.

    ``expected`` is a preference between the outputs (a, b, tie, both_bad) or a side of the screen (left, right).

    >>> passes("a", "right_2", side_of_a="right"), passes("left", "left", "right"), passes("tie", "left", "left")
    (True, True, False)
    """
    meaning = unblind(response, side_of_a)
    if expected in SIDES:
        expected = "a" if expected == side_of_a else "b"
    lookup(dict.fromkeys(EXPECTED), expected, "expected answer")
    return meaning.preference == expected


def mirror(response: str) -> str:
    """Return the answer with the same meaning after the two sides are exchanged.

    >>> mirror("left_2"), mirror("tie")
    ('right_2', 'tie')
    """
    if response in NO_ANSWER or lookup(OPTIONS, response, "response").side is None:
        return response
    side, separator, strength = response.partition("_")
    return ("right" if side == "left" else "left") + separator + strength


def unblinding_table() -> Iterator[tuple[str, Side, Preference | None, int | None]]:
    """Yield (response, side_of_a, preference, strength) for every response and side."""
    for response in (*OPTIONS, *NO_ANSWER):
        for side in SIDES:
            meaning = unblind(response, side)
            yield response, side, meaning.preference, meaning.strength
