"""Choosing a rater's next main task, and the main tasks that they may get.

A click waits for the choice, so the beginning of the rater's order is searched first. If that is not enough, all
tasks are searched, in a few passes over masks, which take 0.3 ms for a hundred thousand tasks.
"""

from collections import Counter

import numpy as np

from study.assignment.arrangements import least_used
from study.assignment.board import Board
from study.assignment.picking import BoolArray, least, preferred
from study.assignment.seats import Choice, Seat, digest
from study.blinding import A_LEFT, A_RIGHT

AT_ONCE = 128
LEAN = {A_LEFT: 1, A_RIGHT: -1}


def next_main(board: Board, rater_id: str, pool: str, profile_id: str | None) -> Choice | None:
    """Return a rater's next main task by the rules of :mod:`study.assignment.board`; None if none is left."""
    seats = board.main_seats(rater_id)
    held = [seat for seat in seats if seat.live]
    lean = sum(LEAN[seat.arrangement] for seat in held if seat.arrangement in LEAN)
    place = _quickly(board, rater_id, pool, seats, lean)
    if place is None:
        place = _by_all_rules(board, rater_id, pool, profile_id, held, lean)
    if place is None:
        return None
    task = board.task_ids[place]
    return Choice(
        task,
        board.next_position(rater_id),
        least_used(
            board.facts[place].n_outputs,
            board.places.used(pool, place),
            (seat.arrangement for seat in held),
            lot=digest(board.seed, "side", rater_id, task),
        ),
        condition=_condition(board, rater_id, place, seats),
        own=board.is_own(place, profile_id),
    )


def _quickly(board: Board, rater_id: str, pool: str, seats: list[Seat], lean: int) -> int | None:
    """Return the first optimal task in a rater's order; None if there is none at its beginning.

    Optimal means a suitable side, on a task with the fewest live assignments.
    """
    rules, places = board.design, board.places
    simple = board.all_are_open and not board.by_role and rules.order != "priority" and rules.blocks == "off"
    simple = simple and len(board.template_codes) == 1
    if not simple or (rules.quota is not None and sum(seat.live for seat in seats) >= rules.quota):
        return None
    had = board.had(rater_id)
    held, lead = places.held(pool), places.lead_of_left(pool)
    overlap = int(board.overlaps[0])
    level = overlap - 1 if rules.order == "random" else min(places.levels(pool), default=0)
    most = min(level, overlap - 1)
    order = board.lots.beginning(rater_id)
    for start in range(0, len(order), AT_ONCE):
        some = order[start : start + AT_ONCE]
        good = board.standing[some] & (held[some] <= most)
        for place in some[good & (lead[some] * np.sign(lean) >= 0)].tolist():
            if place not in had:
                return int(place)
    return None


def _by_all_rules(
    board: Board, rater_id: str, pool: str, profile_id: str | None, held: list[Seat], lean: int
) -> int | None:
    free = free_for(board, rater_id, pool, profile_id)
    may = _of_block(board, rater_id, held, _within_quota(board, rater_id, held, free, profile_id))
    may = _of_template(board, held, may)
    if not may.any():
        return None
    if board.design.order == "priority":
        may = least(may, board.step)
    lead = board.places.lead_of_left(pool)
    if lean:
        may = preferred(may, lead >= 0 if lean > 0 else lead <= 0)
    if board.design.order != "random":
        may = least(may, board.places.held(pool))
    return board.lots.first(rater_id, may)


def free_for(board: Board, rater_id: str, pool: str, profile_id: str | None) -> BoolArray:
    """Return which main tasks have a free place and are new to the rater."""
    free: BoolArray = np.asarray(board.places.taken(pool, False) < board.overlaps)
    if profile_id in board.profile_codes:
        own = board.own_tasks(profile_id)
        if board.by_role:
            free = (free & ~own) | ((board.places.taken(pool, True) < board.overlaps) & own)
        free &= board.open_to_all | (own & board.standing)
    else:
        free &= board.open_to_all
    # Only a task whose lease ran out unanswered may come back to the same rater.
    free[list(board.had(rater_id))] = False
    return free


def n_free(board: Board, rater_id: str, pool: str, profile_id: str | None, role: bool | None) -> int:
    """Return the number of tasks in :func:`free_for`, of one role (own, others) if roles have quotas, else of both."""
    if board.by_role or not board.all_are_open or len(board.template_codes) != 1:
        free = free_for(board, rater_id, pool, profile_id)
        return int(np.count_nonzero(free if role is None else free & (board.own_tasks(profile_id) == role)))
    held, overlap = board.places.held(pool), int(board.overlaps[0])
    had = board.had(rater_id)
    all_free = sum(number for level, number in board.places.levels(pool).items() if level < overlap)
    return all_free - sum(bool(board.standing[one] and held[one] < overlap) for one in had)


def quotas(board: Board, profile_id: str | None) -> dict[bool | None, int | None]:
    """Return the quota by role (own, others); under None if roles have no quotas."""
    rules = board.design
    if not board.by_role:
        return {None: rules.quota}
    return {True: rules.own_quota if profile_id else 0, False: rules.others_quota}


def expected_total(board: Board, profile_id: str | None) -> int:
    """Return how many tasks a rater judges if there are enough places."""
    most = board.places.n_standing
    return min(most, sum(most if quota is None else quota for quota in quotas(board, profile_id).values()))


def _within_quota(
    board: Board, rater_id: str, held: list[Seat], free: BoolArray, profile_id: str | None
) -> BoolArray:
    """Return the free tasks within the quotas; if both roles have some left, those of one role, drawn at random."""
    rules = quotas(board, profile_id)
    if None in rules:
        full = rules[None] is not None and len(held) >= (rules[None] or 0)
        return np.zeros_like(free) if full else free
    own = board.own_tasks(profile_id)
    left = {}
    for role, quota in rules.items():
        most = int(np.count_nonzero(free & (own == role)))
        n_held = sum(seat.own == role for seat in held)
        left[bool(role)] = most if quota is None else min(most, max(quota - n_held, 0))
    if not sum(left.values()):
        return np.zeros_like(free)
    draw = digest(board.seed, "role", rater_id, len(held)) % sum(left.values())
    return np.asarray(free & (own == (draw < left[True])))


def _of_block(board: Board, rater_id: str, held: list[Seat], free: BoolArray) -> BoolArray:
    """Keep to the source of the last task, or avoid all sources that the rater has had."""
    if board.design.blocks == "together" and held:
        return preferred(free, board.source == board.source[held[-1].task])
    seats = [*held, *(seat for one in board.earlier.get(rater_id, ()) for seat in board.main_seats(one))]
    sources = [board.source[seat.task] for seat in seats if seat.taken()]
    if board.design.blocks != "apart" or not sources:
        return free
    had = np.zeros(board.source.max() + 1, bool)
    had[sources] = True
    return np.asarray(free & ~had[board.source])


def _of_template(board: Board, held: list[Seat], may: BoolArray) -> BoolArray:
    """Keep to the template that the rater is furthest behind with; one that is used up gives its share to the others."""
    if len(board.template_codes) == 1:
        return may
    left = {
        key: code
        for key, code in board.template_codes.items()
        if bool((may & (board.template == code)).any())
    }
    if not left:
        return may
    had = Counter(board.facts[seat.task].template for seat in held)
    whole, n = sum(board.shares[key] for key in left), sum(had[key] for key in left) + 1
    behind = max(
        left, key=lambda key: (board.shares[key] / whole * n - had[key], -list(board.asked).index(key))
    )
    return np.asarray(may & (board.template == left[behind]))


def _condition(board: Board, rater_id: str, task: int, seats: list[Seat]) -> str | None:
    """Return the within-rater level that this rater, and then the task, has had least often."""
    if not board.conditions:
        return None
    mine = [seat.condition for seat in seats if seat.live]
    return min(
        board.conditions,
        key=lambda cell: (
            mine.count(cell),
            board.shown_under[task, cell],
            digest(board.seed, "condition", rater_id, task, cell),
        ),
    )
