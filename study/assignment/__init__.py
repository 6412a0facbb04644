"""Who judges what next, in which order and on which side: pure, seeded, in memory."""

from study.assignment.board import Board, Choice, Progress, Seat

__all__ = ["Board", "Choice", "Progress", "Seat"]
