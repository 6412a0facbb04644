"""Assignment: which task a rater gets next, in which order and on which side. Pure, seeded, in memory.

A *board* holds the state of one study. Each task has *places* for raters; a *seat* is an assignment as the board
sees it, and takes one place while it is live. A *pool* is a group of raters with separate places. *Lots* are a rater's
random order of the tasks.
"""

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
    RaterProgress,
    Seat,
    TaskFacts,
)

__all__ = [
    "CHECK",
    "MAIN",
    "PRACTICE",
    "REPEAT",
    "Board",
    "CheckResult",
    "Choice",
    "RaterProgress",
    "Seat",
    "TaskFacts",
    "judged_for",
    "next_arm",
]
