"""Assignment: which comparison a rater gets next, in which order and on which side. Pure, seeded, in memory.

A *board* holds the state of one study. Each comparison has *places* for raters; a *seat* is an assignment as the board
sees it, and takes one place while it is live. A *pool* is a group of raters with separate places. *Lots* are a rater's
random order of the comparisons.
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
    ComparisonFacts,
    RaterProgress,
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
    "ComparisonFacts",
    "RaterProgress",
    "Seat",
    "judged_for",
    "next_arm",
]
