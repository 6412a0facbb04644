"""Response formats: the options that a rater chooses from, and the reasons for choosing none, as data.

A response is stored as its screen code (``left``, ``right_2``, ``tie`` ...). ``side`` and ``strength`` give the
meaning of the code; :mod:`study.blinding` turns it into a preference for an output.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from study.records import Side


@dataclass(frozen=True, slots=True)
class Option:
    """One answer: its stored code, its label on the button, and its keys (the first one is shown)."""

    code: str
    label: str
    keys: tuple[str, ...]
    side: Side | None = None
    strength: int = 0


@dataclass(frozen=True, slots=True)
class ResponseFormat:
    """A set of options in the order of the screen, from left to right."""

    label: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class SkipReason:
    """A reason for skipping a comparison: the label on the button, and its key."""

    label: str
    key: str


SKIP_REASONS: dict[str, SkipReason] = {
    "unclear": SkipReason("Unclear question", "1"),
    "language": SkipReason("Wrong language", "2"),
    "broken": SkipReason("Missing or broken", "3"),
    "offensive": SkipReason("Offensive", "4"),
    "other": SkipReason("Something else", "5"),
}

TIE = "tie"
BOTH_BAD = "both_bad"
SKIP = "skip"
UNDONE = "undone"

RESPONSE_FORMATS: dict[str, ResponseFormat] = {
    "preference_3": ResponseFormat(
        "A / tie / B",
        (
            Option("left", "A is better", ("1", "a"), "left", 1),
            Option(TIE, "Tie", ("0", "t")),
            Option("right", "B is better", ("2", "b"), "right", 1),
            Option(BOTH_BAD, "Both are bad", ("n",)),
        ),
    ),
    "preference_5": ResponseFormat(
        "Five steps, from A much better to B much better",
        (
            Option("left_2", "A much better", ("1", "a"), "left", 2),
            Option("left_1", "A slightly better", ("2",), "left", 1),
            Option(TIE, "Tie", ("0", "t")),
            Option("right_1", "B slightly better", ("3",), "right", 1),
            Option("right_2", "B much better", ("4", "b"), "right", 2),
            Option(BOTH_BAD, "Both are bad", ("n",)),
        ),
    ),
    "preference_7": ResponseFormat(
        "Seven steps, from A much better to B much better",
        (
            Option("left_3", "A much better", ("1", "a"), "left", 3),
            Option("left_2", "A better", ("2",), "left", 2),
            Option("left_1", "A slightly better", ("3",), "left", 1),
            Option(TIE, "Tie", ("0", "t")),
            Option("right_1", "B slightly better", ("4",), "right", 1),
            Option("right_2", "B better", ("5",), "right", 2),
            Option("right_3", "B much better", ("6", "b"), "right", 3),
            Option(BOTH_BAD, "Both are bad", ("n",)),
        ),
    ),
}

OPTIONS: dict[str, Option] = {
    option.code: option for response_format in RESPONSE_FORMATS.values() for option in response_format.options
}

# Keys if one screen has questions with different scales: from the left end for A, from the right end for B.
KEYS_FROM_THE_ENDS: dict[Side, tuple[str, str, str]] = {"left": ("1", "2", "3"), "right": ("9", "8", "7")}
LETTERS: dict[Side, str] = {"left": "a", "right": "b"}


def without_clashes(questions: Sequence[Sequence[Option]]) -> list[list[Option]]:
    """Return the options of several questions, with keys that mean the same side in all of them.

    Scales of different lengths number their steps differently: 2 is "B is better" on three, and "A slightly better" on five.
    If they share a screen, A gets the numbers from 1 up and B those from 9 down, with the strongest answers at the ends.

    >>> three, five = (RESPONSE_FORMATS[name].options for name in ("preference_3", "preference_5"))
    >>> [[option.keys for option in one] for one in without_clashes([three, five])][1]
    [('1', 'a'), ('2',), ('0', 't'), ('8',), ('9', 'b'), ('n',)]
    >>> without_clashes([three, three]) == [list(three), list(three)]
    True
    """
    meant: dict[str, set[Side | None]] = {}
    for option in (option for options in questions for option in options):
        for key in option.keys:
            meant.setdefault(key, set()).add(option.side)
    if all(len(sides) == 1 for sides in meant.values()):
        return [list(options) for options in questions]
    return [[_from_the_ends(option, options) for option in options] for options in questions]


def _from_the_ends(option: Option, options: Sequence[Option]) -> Option:
    if option.side is None:
        return option
    strongest = max(one.strength for one in options)
    key = KEYS_FROM_THE_ENDS[option.side][strongest - option.strength]
    letter = (LETTERS[option.side],) if option.strength == strongest else ()
    return replace(option, keys=(key, *letter))


NO_ANSWER = (SKIP, UNDONE)


def mirrored_code(code: str) -> str:
    """Return the code with the same meaning after the two sides are exchanged.

    >>> mirrored_code("left_2"), mirrored_code("tie")
    ('right_2', 'tie')
    """
    side, separator, strength = code.partition("_")
    if code not in OPTIONS or OPTIONS[code].side is None:
        return code
    return ("right" if side == "left" else "left") + separator + strength
