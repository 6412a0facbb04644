"""What stands on a board: comparisons, and the seats of those who judge them."""

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b

from study.records import Side
from study.responses import SKIP, UNDONE

MAIN, REPEAT, CHECK, PRACTICE = "main", "repeat", "check", "practice"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the board knows of a comparison; ``priority`` counts where the order is by priority, the highest first.

    One that is ``withdrawn`` is given to nobody any more.
    """

    comparison_id: str
    purpose: str = "main"
    source: str = ""
    profile_id: str | None = None
    owner_only: bool = False
    expected: str | None = None
    priority: float = 0.0
    withdrawn: bool = False


@dataclass(slots=True)
class Seat:
    """One assignment as the board sees it; ``answers`` holds (revision, response, judgment_id) per criterion.

    ``first`` holds the first response per criterion where one is expected; later changes of mind leave it as it is. ``own`` says that the
    rater judges for themselves, where a study has a quota of its own for that; ``profile_id`` names the elicited profile
    that is shown. ``short`` says that it is held for minutes only, as long as nothing shows that a person looks at it.
    """

    assignment_id: str
    comparison: int
    rater_id: str
    pool: str
    position: int
    side_of_a: Side
    expires_at: datetime
    issued_at: datetime
    purpose: str = MAIN
    condition: str | None = None
    own: bool = False
    profile_id: str | None = None
    answers: dict[str, tuple[int, str, str]] = field(default_factory=dict)
    first: dict[str, str] = field(default_factory=dict)
    live: bool = True
    short: bool = False

    def answered(self) -> list[str]:
        """Return the criteria with a standing answer (a skip is one)."""
        return [criterion for criterion, (_, response, _) in self.answers.items() if response != UNDONE]

    def skipped(self) -> bool:
        """Return whether the rater passed on this comparison."""
        return any(response == SKIP for _, response, _ in self.answers.values())

    def begun(self) -> bool:
        """Return whether the rater has given an answer that stands."""
        return any(response not in (SKIP, UNDONE) for _, response, _ in self.answers.values())

    def taken(self) -> bool:
        """Return whether this seat stands: it is held, or was answered or skipped."""
        return self.live or bool(self.answered())


@dataclass(frozen=True, slots=True)
class Choice:
    """What a rater should get next."""

    comparison_id: str
    position: int
    side_of_a: Side
    purpose: str = MAIN
    condition: str | None = None
    own: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a rater is: comparisons judged, and how many there are for them in all; checks do not count."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class CheckResult:
    """A check or practice comparison that a rater answered."""

    assignment_id: str
    comparison_id: str
    kind: str
    passed: bool


def digest(*parts: object) -> int:
    """Return a number that depends on the parts alone."""
    return int.from_bytes(blake2b("|".join(map(str, parts)).encode(), digest_size=8).digest(), "big")
