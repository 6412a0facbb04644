"""Laws of the board, over random sequences of what raters do.

What holds when, on live assignments of a pool:

- always: at most ``overlap`` per comparison; each side of a comparison at most half of the overlap, rounded up (so a
  filled comparison is balanced within one); a rater holds a comparison at most once;
- nobody holds more than their quota, nor judges more, in whatever order they skip, undo, wait and answer late;
- while nobody skips, no lease runs out and nothing is undone: the two sides of a comparison differ by at most one at
  every moment.
"""

import gc
import weakref
from collections import Counter
from datetime import datetime, timedelta
from itertools import groupby

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from study.assignment import Board, RaterProgress, Seat, TaskFacts, next_arm
from study.assignment.turns import next_choice, progress
from study.blinding import A_LEFT, mirror, side_of_a
from study.protocol.design import Checks, Design, Question
from study.responses import SKIP, UNDONE
from tests.examples import examples

START = datetime(2026, 11, 1)
LEASE = timedelta(hours=2)
CRITERIA = ("fit", "quality")
N_COMPARISONS = 3
N_RATERS = 5

raters = st.integers(0, N_RATERS - 1)
STEADY = ("claim", "answer", "finish")
steady = st.lists(st.tuples(st.sampled_from(STEADY), raters), min_size=10, max_size=60)
restless = st.lists(
    st.tuples(st.sampled_from((*STEADY, "skip", "undo", "late answer", "wait")), raters),
    min_size=20,
    max_size=80,
)
rules = st.fixed_dictionaries(
    {
        "overlap": st.integers(1, 4),
        "quota": st.one_of(st.none(), st.integers(1, N_COMPARISONS)),
        "order": st.sampled_from(["least_judged", "random"]),
        "seed": st.integers(0, 3),
    }
)


def side_counts(seats: list[Seat]) -> dict[str, int]:
    live = [side_of_a(seat.arrangement) for seat in seats if seat.live]
    return {"left": live.count("left"), "right": live.count("right")}


class Room:
    """Raters at a board, by the rules of the store."""

    def __init__(
        self,
        overlap: int,
        quota: int | None = None,
        order: str = "least_judged",
        seed: int = 0,
        n_comparisons: int = N_COMPARISONS,
        facts: list[TaskFacts] | None = None,
        **rules: object,
    ) -> None:
        criteria = [Question(key=key, question="?") for key in CRITERIA]
        design = Design(criteria=criteria, overlap=overlap, quota=quota, order=order, **rules)
        facts = facts or [TaskFacts(f"c{number}") for number in range(n_comparisons)]
        self.board = Board(facts, design, seed)
        self.profiles: dict[str, str] = {}
        self.now = START
        self.issued = 0

    def do(self, action: str, number: int) -> None:
        if action == "wait":
            self.now += LEASE if number % 2 else LEASE / 4
        else:
            getattr(self, action.replace(" ", "_"))(f"r{number}")
        self.board.expire(self.now)

    def claim(self, rater: str) -> Seat | None:
        seat = self.board.open_seat(rater, self.now)
        choice = None if seat else next_choice(self.board, rater, "link", self.now, self.profiles.get(rater))
        if choice is None:
            return seat
        self.issued += 1
        task = self.board.index[choice.task_id]
        expires_at = self.now + LEASE
        name = f"s{self.issued}"
        seat = Seat(
            name,
            task,
            rater,
            "link",
            choice.position,
            choice.arrangement,
            expires_at,
            self.now,
            choice.purpose,
            choice.condition,
            choice.own,
        )
        self.board.place(seat)
        return seat

    def answer(self, rater: str) -> None:
        seat = self.claim(rater)
        if seat:
            self._answer_next(seat)

    def finish(self, rater: str) -> None:
        seat = self.claim(rater)
        while seat and not self.board.is_done(seat):
            self._answer_next(seat)

    def skip(self, rater: str) -> None:
        seat = self.claim(rater)
        if seat and not seat.begun():
            for criterion in CRITERIA:
                self._note(seat, criterion, SKIP)

    def undo(self, rater: str) -> None:
        last = self.board.last_answer(rater)
        if last:
            seat, criterion = last
            for one in seat.answered() if seat.skipped() else [criterion]:
                self._note(seat, one, UNDONE)

    def late_answer(self, rater: str) -> None:
        """An answer from a page that was open all the time, on the rater's oldest unanswered comparison."""
        self.board.expire(self.now)
        for seat in self.board.seats_of.get(rater, []):
            if not self.board.is_done(seat) and not seat.skipped() and self.board.has_place(seat):
                self._answer_next(seat)
                return

    def _answer_next(self, seat: Seat) -> None:
        criterion = next(one for one in CRITERIA if one not in seat.answered())
        self._note(seat, criterion, "left")

    def _note(self, seat: Seat, criterion: str, response: str) -> None:
        revision = seat.answers[criterion][0] + 1 if criterion in seat.answers else 0
        self.board.answer(seat.assignment_id, criterion, revision, response, "j", self.now)

    def live(self) -> list[Seat]:
        return [seat for seat in self.board.seats.values() if seat.live]

    def sides(self, comparison: int) -> tuple[int, int]:
        sides = [side_of_a(seat.arrangement) for seat in self.live() if seat.task == comparison]
        return sides.count("left"), sides.count("right")


@given(rules, restless)
@examples(300)
def test_no_comparison_and_no_side_of_it_ever_has_more_live_assignments_than_places(rule, actions) -> None:
    room = Room(**rule)
    for action in actions:
        room.do(*action)
        for comparison in range(N_COMPARISONS):
            left, right = room.sides(comparison)
            assert left + right <= rule["overlap"]
            assert max(left, right) <= (rule["overlap"] + 1) // 2


@given(rules, restless)
@examples(300)
def test_a_rater_never_holds_a_comparison_twice(rule, actions) -> None:
    room = Room(**rule)
    for action in actions:
        room.do(*action)
        held = [(seat.rater_id, seat.task) for seat in room.live()]
        assert len(held) == len(set(held))


@given(rules, restless)
@examples(400)
def test_the_quota_is_a_cap_under_every_order_of_answers_skips_undos_and_late_answers(rule, actions) -> None:
    room = Room(**rule)
    for action, number in actions:
        room.do(action, number)
        held = Counter(seat.rater_id for seat in room.live())
        judged = Counter(seat.rater_id for seat in room.board.seats.values() if room.board.is_done(seat))
        if rule["quota"] is not None:
            assert max(held.values(), default=0) <= rule["quota"]
            assert max(judged.values(), default=0) <= rule["quota"]


@given(restless, st.integers(0, 2), st.integers(0, 2))
@examples(200)
def test_the_quotas_of_both_roles_are_caps(actions, own, others) -> None:
    room = Room(overlap=2, own_quota=own, others_quota=others, facts=profile_facts(2, 3))
    room.profiles = {f"r{number}": f"p{number % 2}" for number in range(N_RATERS)}
    for action in actions:
        room.do(*action)
        held = Counter((seat.rater_id, seat.own) for seat in room.live())
        assert all(count <= (own if is_own else others) for (_, is_own), count in held.items())


@given(rules, steady)
@examples(200)
def test_the_sides_of_a_comparison_differ_by_at_most_one_while_everybody_answers(rule, actions) -> None:
    room = Room(**rule)
    for action in actions:
        room.do(*action)
        for comparison in range(N_COMPARISONS):
            left, right = room.sides(comparison)
            assert abs(left - right) <= 1


@given(rules, restless)
@examples(200)
def test_the_counts_kept_equal_the_counts_of_live_seats(rule, actions) -> None:
    room = Room(**rule)
    for action in actions:
        room.do(*action)
        for comparison in range(N_COMPARISONS):
            assert room.board.live_counts("link")[comparison] == sum(room.sides(comparison))


@given(rules, restless, raters)
@examples(200)
def test_claiming_twice_gives_the_same_assignment(rule, actions, number) -> None:
    room = Room(**rule)
    for action in actions:
        room.do(*action)
    first = room.claim(f"r{number}")
    assert room.claim(f"r{number}") is first


@given(rules, restless)
@examples(200)
def test_progress_never_says_more_done_than_there_is(rule, actions) -> None:
    room = Room(**rule)
    for action in actions:
        room.do(*action)
        for number in range(N_RATERS):
            found = progress(room.board, f"r{number}", "link", room.now)
            assert 0 <= found.done <= found.total <= N_COMPARISONS


@given(rules)
@examples(100)
def test_raters_who_stay_go_on_until_the_quota_or_the_places_end(rule) -> None:
    room = Room(**rule)
    for _ in range(N_COMPARISONS):
        for number in range(N_RATERS):
            room.finish(f"r{number}")
    for seats in room.board.seats_of.values():
        judged = {seat.task for seat in seats}
        left = [one for one in range(N_COMPARISONS) if sum(room.sides(one)) < rule["overlap"]]
        assert len(judged) == rule["quota"] or set(left) <= judged
    if rule["quota"] is None:
        assert len(room.live()) == N_COMPARISONS * rule["overlap"]


def test_the_place_of_an_absent_rater_comes_back_after_the_lease() -> None:
    room = Room(overlap=1, quota=None, order="least_judged", seed=0)
    held = [room.claim(f"r{number}") for number in range(N_COMPARISONS)]
    assert len({seat.task for seat in held if seat}) == N_COMPARISONS
    assert room.claim("late") is None
    room.now += LEASE
    assert room.claim("late") is not None


def test_a_half_answered_assignment_keeps_its_place_and_waits_for_its_rater() -> None:
    room = Room(overlap=1, quota=1, order="least_judged", seed=0, n_comparisons=1)
    room.answer("r0")
    room.now += 100 * LEASE
    room.board.expire(room.now)
    assert next_choice(room.board, "r1", "link", room.now) is None
    again = room.claim("r0")
    assert again is not None
    assert again.answered() == ["fit"]


def test_a_skipped_comparison_is_not_given_to_the_same_rater_again() -> None:
    room = Room(overlap=2, quota=None, order="least_judged", seed=0)
    for _ in range(N_COMPARISONS):
        room.skip("r0")
    assert room.claim("r0") is None
    assert room.claim("r1") is not None


def test_pools_do_not_take_each_others_places() -> None:
    room = Room(overlap=1, quota=None, order="least_judged", seed=0)
    for _ in range(N_COMPARISONS):
        room.finish("r0")
    assert next_choice(room.board, "r1", "link", room.now) is None
    assert next_choice(room.board, "r1", "simulated", room.now) is not None


def test_the_same_seed_gives_the_same_order_and_sides() -> None:
    def session(seed: int) -> list[tuple[int, str]]:
        room = Room(overlap=2, quota=None, order="random", seed=seed)
        for _ in range(N_COMPARISONS):
            for rater in ("r0", "r1"):
                room.finish(rater)
        return [(seat.task, seat.arrangement) for seat in room.board.seats.values()]

    assert session(1) == session(1)
    assert len({tuple(session(seed)) for seed in range(10)}) > 1


@pytest.mark.parametrize("order", ["least_judged", "random"])
def test_each_rater_sees_output_a_on_both_sides_equally_often(order: str) -> None:
    for seed in range(10):
        room = Room(overlap=3, quota=6, order=order, seed=seed, n_comparisons=36)
        for _ in range(6):
            for number in range(18):
                room.finish(f"r{number}")
        for seats in room.board.seats_of.values():
            left, right = side_counts(seats).values()
            assert abs(left - right) <= 2


def test_the_first_rater_alone_is_balanced_too() -> None:
    room = Room(overlap=3, quota=None, order="least_judged", seed=0, n_comparisons=40)
    for _ in range(40):
        room.finish("r0")
    assert side_counts(room.board.seats_of["r0"]) == {"left": 20, "right": 20}


def profile_facts(n_profiles: int, per_profile: int) -> list[TaskFacts]:
    return [
        TaskFacts(f"c{profile}-{number}", source=f"s{number}", profile_id=f"p{profile}")
        for profile in range(n_profiles)
        for number in range(per_profile)
    ]


def interleaved(room: Room, raters: list[str], seed: int) -> None:
    """Let everybody judge until nothing is left, in turns of a random order."""
    rng = np.random.default_rng(seed)
    active = list(raters)
    while active:
        rater = active[rng.integers(len(active))]
        if room.claim(rater) is None:
            active.remove(rater)
        else:
            room.finish(rater)


@pytest.mark.parametrize("seed", range(3))
def test_every_rater_judges_twelve_of_their_own_and_twelve_of_others(seed: int) -> None:
    raters = [f"r{number}" for number in range(10)]
    facts = profile_facts(10, 14)
    room = Room(overlap=1, facts=facts, own_quota=12, others_quota=12, seed=seed)
    room.profiles = {rater: f"p{number}" for number, rater in enumerate(raters)}
    interleaved(room, raters, seed)
    for rater in raters:
        seats = room.board.seats_of[rater]
        assert Counter(seat.own for seat in seats) == {True: 12, False: 12}
        assert all(
            (room.board.facts[seat.task].profile_id == room.profiles[rater]) == seat.own for seat in seats
        )
        first_half = sum(seat.own for seat in seats[:12])
        assert 2 <= first_half <= 10  # own and others come mixed, so that the order does not tell them apart
        assert progress(room.board, rater, "link", room.now, room.profiles[rater]) == RaterProgress(24, 24)


def test_who_owns_no_profile_judges_for_others_only() -> None:
    room = Room(overlap=1, facts=profile_facts(2, 6), own_quota=3, others_quota=4)
    interleaved(room, ["stranger"], 0)
    assert len(room.board.seats_of["stranger"]) == 4


def test_an_owner_only_comparison_is_refused_to_others() -> None:
    facts = [
        TaskFacts("mine", profile_id="p0", owner_only=True),
        TaskFacts("open", profile_id="p0"),
    ]
    room = Room(overlap=3, facts=facts)
    room.profiles["owner"] = "p0"
    interleaved(room, ["owner", "stranger"], 0)
    assert len(room.board.seats_of["owner"]) == 2
    assert [room.board.task_ids[seat.task] for seat in room.board.seats_of["stranger"]] == ["open"]


@pytest.mark.parametrize("blocks", ["together", "apart"])
def test_comparisons_of_one_source_come_one_after_the_other_or_never_to_one_rater(blocks: str) -> None:
    room = Room(overlap=4, facts=profile_facts(3, 4), blocks=blocks)
    interleaved(room, ["r0", "r1", "r2"], 0)
    for seats in room.board.seats_of.values():
        sources = [room.board.facts[seat.task].source for seat in seats]
        runs = [source for source, _ in groupby(sources)]
        assert len(runs) == len(set(runs)) == 4
        assert len(sources) == (12 if blocks == "together" else 4)


def test_what_differs_most_is_judged_first() -> None:
    facts = [TaskFacts(f"c{number}", priority=number / 20) for number in range(20)]
    room = Room(overlap=2, facts=facts, order="priority")
    interleaved(room, ["r0"], 0)
    order = [seat.task for seat in room.board.seats_of["r0"]]
    assert set(order[:4]) == {16, 17, 18, 19}
    assert set(order[-4:]) == {0, 1, 2, 3}


def test_two_hundred_newcomers_fill_two_by_two_arms_within_one_at_every_moment() -> None:
    levels = [{"key": "low"}, {"key": "high"}]
    design = Design.model_validate({"factors": [{"key": key, "levels": levels} for key in ("x", "y")]})
    counts: Counter[str] = Counter()
    rng = np.random.default_rng(1)
    for _ in range(200):
        counts[next_arm(design.cells("between"), counts, rng) or ""] += 1
        assert max(counts.values()) - min(counts[cell] for cell in design.cells("between")) <= 1
    assert sorted(counts.values()) == [50, 50, 50, 50]


def test_the_levels_within_raters_are_balanced_for_each_rater() -> None:
    factor = {
        "key": "shown",
        "assigned": "within",
        "levels": [{"key": "no", "disclosure": "hidden"}, {"key": "yes"}],
    }
    room = Room(overlap=2, n_comparisons=11, factors=[factor])
    interleaved(room, ["r0", "r1"], 0)
    for seats in room.board.seats_of.values():
        first, second = Counter(seat.condition for seat in seats).values()
        assert abs(first - second) <= 1
    pairs = [Counter(s.condition for s in room.board.seats.values() if s.task == c) for c in range(11)]
    assert sum(len(pair) == 2 for pair in pairs) >= 8


CHECKED = Checks(attention=2, gold=2, wrong_profile=1, every=4, repeats=3, lag=5)
CHECKED_FACTS = [TaskFacts(f"c{number}") for number in range(30)] + [
    TaskFacts(f"{kind}{number}", kind, expected="a")
    for kind in ("attention", "gold", "wrong_profile")
    for number in range(3)
]


def test_checks_come_as_often_as_asked_and_count_in_no_progress() -> None:
    room = Room(overlap=3, quota=20, facts=CHECKED_FACTS, checks=CHECKED)
    totals = []
    while room.claim("r0"):
        totals.append(progress(room.board, "r0", "link", room.now))
        room.finish("r0")
    seats = room.board.seats_of["r0"]
    kinds = Counter(room.board.facts[seat.task].purpose for seat in seats if seat.purpose == "check")
    assert kinds == {"attention": 2, "gold": 2, "wrong_profile": 1}
    assert {progress.total for progress in totals} == {20}
    assert progress(room.board, "r0", "link", room.now) == RaterProgress(20, 20)
    assert int(room.board.live_counts("link").sum()) == 20
    assert seats[0].purpose == "main"


def test_a_repeat_comes_at_its_lag_with_the_sides_exchanged() -> None:
    room = Room(overlap=3, quota=20, facts=CHECKED_FACTS, checks=CHECKED)
    interleaved(room, ["r0", "r1", "r2"], 0)
    for seats in room.board.seats_of.values():
        main = [seat.task for seat in seats if seat.purpose == "main"]
        repeats = [seat for seat in seats if seat.purpose == "repeat"]
        assert len(repeats) == 3
        for repeat in repeats:
            first = next(seat for seat in seats if seat.task == repeat.task)
            shown = {side_of_a(first.arrangement), side_of_a(repeat.arrangement)}
            assert (first.purpose, shown) == ("main", {"left", "right"})
            between = seats[seats.index(first) + 1 : seats.index(repeat)]
            assert sum(seat.purpose == "main" for seat in between) == CHECKED.lag
        assert len(main) == len(set(main)) == 20


def test_a_check_is_judged_by_the_first_answer() -> None:
    room = Room(
        overlap=1,
        facts=[TaskFacts("c0"), TaskFacts("gold", "gold", expected="a")],
        checks=Checks(gold=1),
    )
    room.finish("r0")
    seat = room.claim("r0")
    assert seat is not None
    assert seat.purpose == "check"
    wrong = "right" if seat.arrangement == A_LEFT else "left"
    for revision, response in enumerate((wrong, UNDONE, mirror(wrong))):
        room.board.answer(seat.assignment_id, "fit", revision, response, "j", room.now)
    (result,) = room.board.results("r0", "check")
    assert (result.kind, result.passed) == ("gold", False)


def test_who_is_retired_gives_every_place_back() -> None:
    room = Room(overlap=1)
    for _ in range(N_COMPARISONS):
        room.finish("r0")
    assert room.claim("r1") is None
    room.board.retire("r0")
    assert room.claim("r1") is not None


def test_a_board_that_nobody_wants_is_gone_without_the_collector() -> None:
    """A board that was read is kept from the collector, which would look at a million seats."""
    room = Room(overlap=2, quota=20, facts=CHECKED_FACTS, checks=CHECKED)
    interleaved(room, ["r0", "r1", "r2"], 0)
    board = weakref.ref(room.board)
    collecting = gc.isenabled()
    gc.disable()
    try:
        del room
        assert board() is None
    finally:
        if collecting:
            gc.enable()
