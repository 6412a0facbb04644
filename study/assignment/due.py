"""The checks and hidden repeats between a rater's tasks, and the practice before them."""

import numpy as np

from study.assignment.arrangements import arrangements
from study.assignment.board import Board
from study.assignment.checks import check_schedule, repeat_schedule
from study.assignment.seats import CHECK, PRACTICE, REPEAT, Choice, digest
from study.blinding import mirrored


def next_check(board: Board, rater_id: str, total: int) -> Choice | None:
    """Return the repeat or check that is due now for a rater who judges ``total`` tasks; None if none is."""
    return _next_repeat(board, rater_id, total) or _next_of_kind(board, rater_id, total)


def next_practice(board: Board, rater_id: str, attempts: int) -> Choice | None:
    """Return the next practice task of the attempt that follows ``attempts`` finished ones; None at its end."""
    ids = [one.task_id for one in board.facts if one.purpose == PRACTICE and not one.withdrawn]
    given = sum(
        seat.purpose == PRACTICE and seat.taken() and not board.is_withdrawn(seat)
        for seat in board.seats_of.get(rater_id, [])
    )
    if given >= len(ids) * (attempts + 1):
        return None
    task = ids[given % len(ids)]
    rows = arrangements(board.facts[board.index[task]].n_outputs)
    lot = digest(board.seed, "practice", rater_id, task) + given // len(ids) + 1
    return Choice(task, board.next_position(rater_id), rows[lot % len(rows)], PRACTICE)


def _next_repeat(board: Board, rater_id: str, total: int) -> Choice | None:
    rules = board.design.checks
    if not rules.repeats:
        return None
    rng = np.random.default_rng(digest(board.seed, "repeats", rater_id))
    seats = board.seats_of.get(rater_id, [])
    again = {seat.task for seat in seats if seat.purpose == REPEAT and seat.taken()}
    done = [seat for seat in board.main_seats(rater_id) if board.is_done(seat)]
    for place in repeat_schedule(rules.repeats, rules.lag, total, rng):
        if len(done) <= place + rules.lag:
            continue
        first = done[place]
        if first.task not in again and not board.is_withdrawn(first):
            return Choice(
                board.task_ids[first.task],
                board.next_position(rater_id),
                mirrored(first.arrangement),
                REPEAT,
                first.condition,
            )
    return None


def _next_of_kind(board: Board, rater_id: str, total: int) -> Choice | None:
    rules = board.design.checks
    if not any(rules.wanted().values()):
        return None
    rng = np.random.default_rng(digest(board.seed, "checks", rater_id))
    had = [seat for seat in board.seats_of.get(rater_id, []) if seat.purpose == CHECK and seat.taken()]
    had = [seat for seat in had if board.counts(seat)]
    given = [board.facts[seat.task].purpose for seat in had]
    n_done = sum(board.is_done(seat) for seat in board.main_seats(rater_id))
    slots = check_schedule(rules.wanted(), rules.every, total, rng)
    due = [kind for place, kind in slots if place <= n_done]
    for kind in dict.fromkeys(due):
        left = {
            place
            for place in range(board.n_main, len(board.facts))
            if board.facts[place].purpose == kind and not board.facts[place].withdrawn
        } - {seat.task for seat in had}
        left = left - _checks_of(board, rater_id) or left
        if left and given.count(kind) < due.count(kind):
            place = min(left, key=lambda one: digest(board.seed, "check", rater_id, one))
            task = board.task_ids[place]
            rows = arrangements(board.facts[place].n_outputs)
            arrangement = rows[digest(board.seed, "side", rater_id, task) % len(rows)]
            return Choice(task, board.next_position(rater_id), arrangement, CHECK)
    return None


def _checks_of(board: Board, rater_id: str) -> set[int]:
    """Return the checks that earlier raters with the same id had."""
    earlier = (seat for one in board.earlier.get(rater_id, ()) for seat in board.seats_of.get(one, []))
    return {seat.task for seat in earlier if seat.purpose == CHECK and seat.taken()}
