"""Read a judge's reply: its choice or points, and its certainty."""

import re
from dataclasses import dataclass

from study.errors import StudyError

CHOICE = re.compile(r"\[\[\s*([ABC])\s*\]\]", re.IGNORECASE)
POINTS = re.compile(r"\[\[\s*(\d{1,2})(?:\.0+)?\s*\]\]")
CERTAINTY = re.compile(r"certainty\W{0,8}(\d{1,4})(?![\d.]*\d)", re.IGNORECASE)
MOST_POINTS = 10
BANDS: tuple[tuple[int, int, str], ...] = (
    (1, 20, "uncertain"),
    (21, 40, "moderately certain"),
    (41, 60, "quite certain"),
    (61, 80, "confident"),
    (81, 100, "highly confident"),
)


class Unreadable(StudyError):
    """A reply that cannot be read."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The content of a readable reply.

    Attributes
    ----------
    choice : {"first", "second", "tie"} or None
        For a pair.
    points : int or None
        For one output, from 1 to 10.
    certainty : int
        From 1 to 100.
    """

    choice: str | None
    points: int | None
    certainty: int


def read_reply(reply: str, *, pairwise: bool, ties: bool = False) -> Answer:
    """Return the answer in a reply; the last choice counts, because a judge may think aloud first.

    Raises
    ------
    Unreadable
        The message says what is missing.

    Examples
    --------
    >>> read_reply("Choice: [[B]]\\nCertainty: 85", pairwise=True)
    Answer(choice='second', points=None, certainty=85)
    """
    certainties = [int(found) for found in CERTAINTY.findall(reply)]
    certainty = certainties[-1] if certainties else 0
    if pairwise:
        choices = [found.upper() for found in CHOICE.findall(reply)]
        allowed = "ABC" if ties else "AB"
        if not choices or choices[-1] not in allowed:
            raise Unreadable(f"the reply has no choice {' or '.join(f'[[{one}]]' for one in allowed)}")
    else:
        points = [int(found) for found in POINTS.findall(reply)]
        if not points or not 1 <= points[-1] <= MOST_POINTS:
            raise Unreadable(f"the reply has no points from 1 to {MOST_POINTS} in double brackets")
    if not 1 <= certainty <= 100:
        raise Unreadable("the reply has no certainty from 1 to 100")
    if pairwise:
        return Answer({"A": "first", "B": "second", "C": "tie"}[choices[-1]], None, certainty)
    return Answer(None, points[-1], certainty)
