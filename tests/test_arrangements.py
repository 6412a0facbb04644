"""Laws of arrangements: each output stands everywhere, after each other one, for as many raters as any other.

What holds for the live assignments of a task with so many outputs, and a pool:

- who comes next gets an arrangement that the fewest raters of the task have, in whatever order others skip, wait and return;
- always: no arrangement has more raters than an equal share, rounded up, and no more of them have that many than must; so those of a
  filled task differ by at most one;
- while nobody skips, no lease runs out and nothing is undone: they differ by at most one at every moment.
"""

from collections import Counter
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from study.assignment import Seat, TaskFacts
from study.assignment.arrangements import MOST_OUTPUTS, arrangements, least_used
from study.assignment.due import next_practice
from study.blinding import ARRANGEMENTS, mirrored, shown_in
from study.protocol.design import Checks
from tests.cases import cases
from tests.examples import examples, rounds
from tests.test_assignment import STEADY, Room, interleaved

NUMBERS = range(1, MOST_OUTPUTS + 1)
ON_A_BOARD = (1, 2, 3, 4, 6)
RESTLESS = (*STEADY, "finish", "skip", "undo", "late answer", "wait")


@pytest.mark.parametrize("n_outputs", NUMBERS)
def test_each_output_stands_at_each_place_once_in_a_square(n_outputs: int) -> None:
    rows = arrangements(n_outputs)
    squares = [rows[start : start + n_outputs] for start in range(0, len(rows), n_outputs)]
    assert len(squares) == (2 if n_outputs % 2 and n_outputs > 1 else 1)
    slots = {str(slot) for slot in range(n_outputs)}
    for square in squares:
        assert len(square) == n_outputs
        for line in (*square, *zip(*square, strict=True)):
            assert len(line) == n_outputs
            assert set(line) == slots


@pytest.mark.parametrize("n_outputs", NUMBERS)
def test_each_output_follows_each_other_one_equally_often(n_outputs: int) -> None:
    rows = arrangements(n_outputs)
    follows = Counter(neighbours for row in rows for neighbours in pairwise(row))
    slots = [str(slot) for slot in range(n_outputs)]
    assert follows == Counter(dict.fromkeys(permutations(slots, 2), 1 + n_outputs % 2))


@pytest.mark.parametrize("n_outputs", NUMBERS)
def test_no_arrangement_comes_twice_and_each_is_there_with_its_mirror(n_outputs: int) -> None:
    rows = arrangements(n_outputs)
    assert len(set(rows)) == len(rows)
    assert {mirrored(row) for row in rows} == set(rows)
    assert rows[n_outputs:] in ((), tuple(mirrored(row) for row in rows[:n_outputs]))


def test_the_arrangements_of_a_comparison_are_those_of_the_blinding() -> None:
    assert arrangements(2) == ARRANGEMENTS


@st.composite
def histories(draw: st.DrawFn) -> tuple[int, list[int], list[str]]:
    """How often each arrangement of a task was used, and what its next rater has had, of this and other numbers."""
    n_outputs = draw(st.sampled_from(NUMBERS))
    rows = arrangements(n_outputs)
    used = draw(st.lists(st.integers(0, 2), min_size=len(rows), max_size=len(rows)))
    of_others = [row for one in (2, 3, 4) for row in arrangements(one)]
    return n_outputs, used, draw(st.lists(st.sampled_from([*rows, *of_others]), max_size=8))


@given(histories())
@examples(300)
def test_the_next_arrangement_is_little_used_then_new_to_the_rater_then_by_lot(history) -> None:
    n_outputs, used, held = history
    rows = arrangements(n_outputs)
    least = [row for row, count in zip(rows, used, strict=True) if count == min(used)]
    first = [row for row in least if rows.index(row) < n_outputs] or least
    had = [one for one in held if len(one) == n_outputs]

    def seen_there(row: str) -> int:
        return sum(
            shown_in(one, range(n_outputs))[place] == int(slot)
            for one in had
            for place, slot in enumerate(row)
        )

    best = [row for row in first if seen_there(row) == min(map(seen_there, first))]
    lots = range(7, 7 + len(best))
    chosen = [least_used(n_outputs, used, iter(held), lot) for lot in lots]
    assert sorted(chosen) == sorted(best)
    assert chosen == [least_used(n_outputs, used, held, lot + len(best)) for lot in lots]


def room_of(overlap: int, *, copies: int = 1, seed: int = 0, **rules: object) -> Room:
    facts = [
        TaskFacts(f"{n_outputs} outputs, {copy}", n_outputs=n_outputs)
        for copy in range(copies)
        for n_outputs in ON_A_BOARD
    ]
    return Room(overlap, facts=facts, seed=seed, **rules)


def counts(room: Room, task: int) -> list[int]:
    """Return how many live seats of a task have each arrangement, by the seats themselves."""
    rows = Counter(seat.arrangement for seat in room.live() if seat.task == task and seat.purpose == "main")
    known = arrangements(room.board.facts[task].n_outputs)
    assert set(rows) <= set(known)
    return [rows[one] for one in known]


def newest(room: Room) -> Seat | None:
    return next(reversed(room.board.seats.values()), None)


def watched(room: Room, action: str, number: int) -> None:
    """Let a rater act; a task that is given out has one of its least used arrangements."""
    room.board.expire(room.now)
    before, last = [counts(room, task) for task in range(len(room.board.facts))], newest(room)
    room.do(action, number)
    new = newest(room)
    if new is not None and new is not last:
        used = before[new.task]
        assert used[arrangements(room.board.facts[new.task].n_outputs).index(new.arrangement)] == min(used)


def assert_shared(room: Room, *, full: bool = False) -> None:
    """No arrangement has more than its share, and those of a filled task differ by at most one."""
    for task, facts in enumerate(room.board.facts):
        used, overlap = counts(room, task), int(room.board.overlaps[task])
        share, left_over = divmod(overlap, len(arrangements(facts.n_outputs)))
        assert used == room.board.places.used("link", task)
        assert sum(used) <= overlap
        assert max(used) <= share + (left_over > 0)
        assert sum(one > share for one in used) <= left_over
        if full or sum(used) == overlap:
            assert sum(used) == overlap
            assert max(used) - min(used) <= 1


steps = st.tuples(st.sampled_from(RESTLESS), st.integers(0, 15))
boards = st.fixed_dictionaries(
    {
        "overlap": st.integers(1, 14),
        "quota": st.one_of(st.none(), st.integers(1, 4)),
        "order": st.sampled_from(["least_judged", "random", "priority"]),
        "blocks": st.sampled_from(["off", "together"]),
        "seed": st.integers(0, 3),
    }
)


@given(boards, st.lists(steps, min_size=30, max_size=120))
@examples(200)
def test_no_arrangement_ever_has_more_raters_than_its_share(rule, actions) -> None:
    room = room_of(**rule)
    for action in actions:
        watched(room, *action)
        assert_shared(room)


@pytest.mark.parametrize("overlap", cases([1, 2, 5, 6, 7, 12, 13], [2, 6, 13]))
def test_the_arrangements_of_a_filled_task_differ_by_at_most_one_however_raters_came_and_went(
    overlap: int,
) -> None:
    for seed in range(rounds(30)):
        rng = np.random.default_rng(100 * overlap + seed)
        room = room_of(overlap, seed=seed)
        for _ in range(300):
            room.do(RESTLESS[rng.integers(len(RESTLESS))], int(rng.integers(20)))
            assert_shared(room)
        # Those who come at last take what others left.
        for number in range(20, 20 + overlap * len(ON_A_BOARD)):
            while room.claim(f"r{number}") is not None:
                room.finish(f"r{number}")
        assert_shared(room, full=True)


@given(boards, st.lists(st.tuples(st.sampled_from(STEADY), st.integers(0, 15)), min_size=30, max_size=120))
@examples(200)
def test_the_arrangements_of_a_task_differ_by_at_most_one_while_everybody_answers(rule, actions) -> None:
    room = room_of(**rule)
    for action in actions:
        room.do(*action)
        for task, facts in enumerate(room.board.facts):
            used = counts(room, task)
            assert max(used) - min(used) <= 1
            first, second = used[: facts.n_outputs], used[facts.n_outputs :]
            assert min(first) >= max(
                second, default=0
            )  # of an odd number, the first square before its mirror


@pytest.mark.parametrize("n_outputs", NUMBERS)
def test_one_rater_alone_sees_each_output_at_each_place_equally_often(n_outputs: int) -> None:
    n_tasks = 6 * n_outputs
    room = Room(3, facts=[TaskFacts(f"t{number}", n_outputs=n_outputs) for number in range(n_tasks)])
    interleaved(room, ["r0"], 0)
    places = Counter(
        (slot, place) for seat in room.board.seats_of["r0"] for place, slot in enumerate(seat.arrangement)
    )
    assert set(places.values()) == {6}
    assert len(places) == n_outputs**2


def test_pairs_are_as_they_were_among_tasks_of_other_numbers_of_outputs() -> None:
    """A rater's balance of sides counts their pairs only."""
    room = room_of(4, copies=12)
    interleaved(room, [f"r{number}" for number in range(6)], 1)
    assert_shared(room)
    for seats in room.board.seats_of.values():
        sides = Counter(seat.arrangement for seat in seats if len(seat.arrangement) == 2)
        assert set(sides) <= set(ARRANGEMENTS)
        assert abs(sides["01"] - sides["10"]) <= 2


def test_the_same_seed_gives_the_same_arrangements() -> None:
    def session(seed: int) -> list[tuple[int, str]]:
        room = room_of(5, copies=2, seed=seed)
        interleaved(room, ["r0", "r1", "r2"], 0)
        return [(seat.task, seat.arrangement) for seat in room.board.seats.values()]

    assert session(1) == session(1)
    assert len({tuple(session(seed)) for seed in range(5)}) == 5


@pytest.mark.parametrize("n_outputs", [1, 2, 3, 4, 6])
def test_a_repeat_shows_the_screen_reversed_and_checks_one_of_the_arrangements(n_outputs: int) -> None:
    facts = [TaskFacts(f"t{number}", n_outputs=n_outputs) for number in range(24)]
    facts += [TaskFacts(f"gold {number}", "gold", n_outputs=n_outputs) for number in range(4)]
    room = Room(12, quota=20, facts=facts, checks=Checks(gold=2, every=4, repeats=3, lag=5))
    interleaved(room, [f"r{number}" for number in range(12)], 0)
    given_to_checks = set()
    for seats in room.board.seats_of.values():
        repeats = [seat for seat in seats if seat.purpose == "repeat"]
        assert len(repeats) == 3
        for repeat in repeats:
            first = next(seat for seat in seats if seat.task == repeat.task)
            assert repeat.arrangement == mirrored(first.arrangement)
        given_to_checks |= {seat.arrangement for seat in seats if seat.purpose == "check"}
    assert given_to_checks <= set(arrangements(n_outputs))
    assert len(given_to_checks) >= min(n_outputs, 2)


@pytest.mark.parametrize("n_outputs", [1, 2, 3, 4, 6])
def test_each_attempt_at_practice_shows_the_next_arrangement(n_outputs: int) -> None:
    rows = arrangements(n_outputs)
    facts = [TaskFacts("t"), TaskFacts("practice", "practice", n_outputs=n_outputs)]
    room = Room(3, facts=facts)
    shown = []
    for attempt in range(2 * len(rows)):
        choice = next_practice(room.board, "r0", attempt)
        assert choice is not None
        shown.append(choice.arrangement)
        place = room.board.index[choice.task_id]
        room.board.place(
            Seat(
                f"s{attempt}",
                place,
                "r0",
                "link",
                attempt,
                choice.arrangement,
                room.now,
                room.now,
                "practice",
            )
        )
    start = rows.index(shown[0])
    assert shown == [rows[(start + one) % len(rows)] for one in range(2 * len(rows))]
