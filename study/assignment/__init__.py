"""Who judges what next, in which order and on which side: pure, seeded, in memory."""

from study.assignment.arms import next_arm
from study.assignment.board import Board
from study.assignment.elicited import judged_for
from study.assignment.seats import (
    CHECK,
    MAIN,
    PRACTICE,
    REPEAT,
    CheckResult,
    Choice,
    Facts,
    Progress,
    Seat,
)

__all__ = [
    "CHECK",
    "MAIN",
    "PRACTICE",
    "REPEAT",
    "Board",
    "CheckResult",
    "Choice",
    "Facts",
    "Progress",
    "Seat",
    "judged_for",
    "next_arm",
]
