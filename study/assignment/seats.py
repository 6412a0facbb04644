"""The contents of a board: tasks, and the seats of their raters."""

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b

from study.protocol.questions import PAIRS
from study.responses import SKIP, UNDONE

MAIN, REPEAT, CHECK, PRACTICE = "main", "repeat", "check", "practice"


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """A task as the board sees it; ``priority`` is used if the order is by priority, the highest first.

    A ``withdrawn`` task is no longer given to raters.
    """

    task_id: str
    purpose: str = "main"
    source: str = ""
    profile_id: str | None = None
    owner_only: bool = False
    expected: str | None = None
    priority: float = 0.0
    withdrawn: bool = False
    n_outputs: int = 2
    template: str = PAIRS
    subjects: tuple[str, ...] = ()


@dataclass(slots=True)
class Seat:
    """One assignment as the board sees it; ``answers`` holds (revision, response, judgment_id) per question.

    ``first`` holds the first response per question if an answer is expected; later changes do not affect it. ``own``
    is True if the rater judges for themselves in a study with a separate quota for that; ``profile_id`` names the
    elicited profile shown. ``short`` is True if the seat is held for only a few minutes, until something shows that a
    person sees it.
    """

    assignment_id: str
    task: int
    rater_id: str
    pool: str
    position: int
    arrangement: str
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
        """Return the questions with a standing answer (a skip is one)."""
        return [question for question, (_, response, _) in self.answers.items() if response != UNDONE]

    def skipped(self) -> bool:
        """Return whether the rater passed on this task."""
        return any(response == SKIP for _, response, _ in self.answers.values())

    def begun(self) -> bool:
        """Return whether the rater has given an answer that still counts."""
        return any(response not in (SKIP, UNDONE) for _, response, _ in self.answers.values())

    def taken(self) -> bool:
        """Return whether this seat is taken: held, answered or skipped."""
        return self.live or bool(self.answered())


@dataclass(frozen=True, slots=True)
class Choice:
    """The task that a rater should get next."""

    task_id: str
    position: int
    arrangement: str
    purpose: str = MAIN
    condition: str | None = None
    own: bool = False


@dataclass(frozen=True, slots=True)
class RaterProgress:
    """A rater's progress: tasks judged, and their total for this rater; checks do not count."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class CheckResult:
    """A check or practice task that a rater answered."""

    assignment_id: str
    task_id: str
    kind: str
    passed: bool


def digest(*parts: object) -> int:
    """Return a number that depends only on the parts."""
    return int.from_bytes(blake2b("|".join(map(str, parts)).encode(), digest_size=8).digest(), "big")
