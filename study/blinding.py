"""Translate between the screen (positions) and the outputs (slots). No other module knows both.

An arrangement says which output stands where: character p is the slot shown at position p. A comparison is shown as ``01``
(output a, which is in slot 0, on the left) or as ``10``; ``?`` is the arrangement of a judge that is not known. Answers are
stored as given on screen, with the arrangement; the rater's preference is derived here and nowhere else. The store fills its
``preference_code`` table from :func:`preference_codes`, so that SQL holds no second copy of what the answers mean.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from study.records import SIDES, Side
from study.responses import BOTH_BAD, NO_ANSWER, OPTIONS, TIE
from study.tables import lookup

Preference = Literal["a", "b", "tie", "both_bad"]
Shown = TypeVar("Shown")

A_LEFT, A_RIGHT = "01", "10"
UNKNOWN = "?"
ARRANGEMENTS = (A_LEFT, A_RIGHT)
"""Of a comparison."""
SIDE_OF_A: dict[str, Side] = {A_LEFT: "left", A_RIGHT: "right"}
ARRANGEMENT_OF: dict[Side, str] = {side: arrangement for arrangement, side in SIDE_OF_A.items()}
"""By the side of output a."""


@dataclass(frozen=True, slots=True)
class Unblinded:
    """The meaning of a response for the outputs; ``strength`` is positive towards a, negative towards b, else 0."""

    preference: Preference | None
    strength: int | None


EXPECTED = ("a", "b", "tie", "both_bad")


def shown_in(arrangement: str, by_slot: Sequence[Shown]) -> list[Shown]:
    """Return the outputs (or anything else by slot) in the order of the screen.

    >>> shown_in("201", ["a", "b", "c"])
    ['c', 'a', 'b']
    """
    return [by_slot[int(slot)] for slot in arrangement]


def slot_of(arrangement: str, position: int | None) -> float:
    """Return the slot of the output that an answer is about; nan if it is about none of several.

    An answer about a task of one output is about that output.

    >>> slot_of("201", 0), slot_of("0", None), slot_of("01", None)
    (2.0, 0.0, nan)
    """
    if position is None:
        return 0.0 if len(arrangement) == 1 else float("nan")
    return float(arrangement[position])


def mirrored(arrangement: str) -> str:
    """Return the arrangement with the screen reversed.

    >>> mirrored("01")
    '10'
    """
    return arrangement[::-1]


def side_of_a(arrangement: str) -> Side:
    """Return the side of output a in a comparison.

    >>> side_of_a("10")
    'right'
    """
    return lookup(SIDE_OF_A, arrangement, "arrangement of a comparison")


def unblind(response: str, arrangement: str) -> Unblinded:
    """Return the meaning of a screen response for outputs a and b.

    Raises
    ------
    InvalidInput
        If the response or the arrangement is unknown; a typo never becomes a tie.

    Examples
    --------
    >>> unblind("left", "10")
    Unblinded(preference='b', strength=-1)
    """
    side = side_of_a(arrangement)
    if response in NO_ANSWER:
        return Unblinded(None, None)
    option = lookup(OPTIONS, response, "response")
    if option.side is None:
        return Unblinded("both_bad" if option.code == BOTH_BAD else "tie", 0)
    if option.side == side:
        return Unblinded("a", option.strength)
    return Unblinded("b", -option.strength)


def blind(preference: Preference, arrangement: str) -> str:
    """Return the plain screen answer (left, right, tie, both_bad) for a preference; the inverse of unblind.

    >>> blind("b", "01")
    'right'
    """
    codes = {
        "a": side_of_a(arrangement),
        "b": side_of_a(mirrored(arrangement)),
        "tie": TIE,
        "both_bad": BOTH_BAD,
    }
    return lookup(codes, preference, "preference")


def passes(expected: str, response: str, arrangement: str) -> bool:
    """Return whether an answer given on screen is the expected one.

    ``expected`` is a preference between the outputs (a, b, tie, both_bad) or a side of the screen (left, right).

    >>> passes("a", "right_2", "10"), passes("left", "left", "10"), passes("tie", "left", "01")
    (True, True, False)
    """
    meaning = unblind(response, arrangement)
    if expected in SIDES:
        expected = "a" if expected == side_of_a(arrangement) else "b"
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


def preference_codes() -> Iterator[tuple[str, int | None, int | None, Preference | None]]:
    """Yield what each response to a comparison means: the position that it prefers and how strongly, or a neutral answer.

    Skips and undone answers prefer nothing and are not neutral either.
    """
    for response in (*OPTIONS, *NO_ANSWER):
        meaning = unblind(response, A_LEFT)
        if meaning.preference in ("a", "b"):
            yield response, 0 if meaning.preference == "a" else 1, abs(meaning.strength or 0), None
        else:
            yield response, None, meaning.strength, meaning.preference


def unblinding_table() -> Iterator[tuple[str, str, Preference | None, int | None]]:
    """Yield (response, arrangement, preference, strength) for every response to a comparison."""
    for response in (*OPTIONS, *NO_ANSWER):
        for arrangement in ARRANGEMENTS:
            meaning = unblind(response, arrangement)
            yield response, arrangement, meaning.preference, meaning.strength
