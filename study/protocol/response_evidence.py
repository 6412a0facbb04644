"""Evidence of how an answer was given: the browser's measurements, checked against the server's clock.

Nothing that a browser sends is trusted: malformed evidence counts as none, and no time is longer than the wall time
from when the server showed the question to the answer.
"""

from dataclasses import dataclass
from typing import Literal

LONGEST_GAP = 60.0
MOST_COUNTED = 1000
LARGEST = 1e15
_TIMES = ("active_ms", "profile_ms", "open_ms")
_COUNTS = ("scrolls", "changes")


@dataclass(frozen=True, slots=True)
class Evidence:
    """A browser's measurements while it showed one question; times in seconds.

    Attributes
    ----------
    active : float
        Time without hidden tabs; each gap between two signs of life (pointer, key, scrolling) counts as at most
        :data:`LONGEST_GAP`.
    profile, open : float
        The active time while the profile was in view, and while it was fully expanded.
    scrolls : int
        How often the profile was scrolled.
    changes : int
        How often other answers were pressed before the final one.
    """

    active: float
    profile: float
    open: float
    scrolls: int
    changes: int


@dataclass(frozen=True, slots=True)
class Behaviour:
    """The fields stored with an answer, under these names; None if unknown."""

    active_seconds: float | None = None
    profile_seconds: float | None = None
    profile_open_seconds: float | None = None
    profile_scrolls: int | None = None
    changes_of_mind: int | None = None
    behaviour_source: Literal["client", "server"] | None = None


def evidence_of(sent: object, question: str) -> Evidence | None:
    """Return a browser's evidence on a question; None if it is malformed or about another question.

    >>> sent = {"question": "q", "active_ms": 1500, "profile_ms": 900, "open_ms": 0, "scrolls": 2, "changes": 0}
    >>> evidence_of(sent, "q")
    Evidence(active=1.5, profile=0.9, open=0.0, scrolls=2, changes=0)
    >>> evidence_of(sent | {"active_ms": float("inf")}, "q") is None
    True
    """
    if not isinstance(sent, dict) or sent.get("question") != question:
        return None
    if not all(_is_number(sent.get(name)) for name in (*_TIMES, *_COUNTS)):
        return None
    times = [sent[name] / 1000 for name in _TIMES]
    counts = [int(min(sent[name], MOST_COUNTED)) for name in _COUNTS]
    return Evidence(*times, *counts)


def behaviour_of(
    evidence: Evidence | None, seconds: float | None, *, undone: int = 0, has_profile: bool = True
) -> Behaviour:
    """Return the behaviour to store with an answer.

    Parameters
    ----------
    evidence : Evidence or None
        None if the browser sent none that is usable; the server's own times are used instead.
    seconds : float or None
        Wall time from showing the question to the answer, by the server's clock; None if it was never shown.
    undone : int
        How often the rater had answered the question before and undone it.
    has_profile : bool
        Whether a profile was on the screen.
    """
    if seconds is None:
        return Behaviour()
    wall = max(seconds, 0.0)
    if evidence is None:
        return Behaviour(min(wall, LONGEST_GAP), changes_of_mind=undone, behaviour_source="server")
    active = round(min(evidence.active, wall), 3)
    profile = round(min(evidence.profile, active), 3)
    return Behaviour(
        active,
        profile if has_profile else None,
        round(min(evidence.open, profile), 3) if has_profile else None,
        evidence.scrolls if has_profile else None,
        undone + evidence.changes,
        "client",
    )


def _is_number(value: object) -> bool:
    """Return whether a value is a non-negative number of reasonable size, so that arithmetic on it is safe."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 <= value <= LARGEST
