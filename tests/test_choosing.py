"""What a rater gets next is what the rules say, however quickly it is found."""

from collections import Counter
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from study.assignment import Board, Choice, Seat, TaskFacts
from study.assignment.arrangements import least_used
from study.assignment.choosing import free_for, n_free, next_main
from study.assignment.picking import Lots
from study.assignment.priority import priority_steps
from study.assignment.seats import digest
from study.blinding import ARRANGEMENT_OF, side_of_a
from tests.examples import examples
from tests.test_assignment import N_RATERS, STEADY, Room, raters

PROFILES = ("p0", "p1")
FACTOR = {
    "key": "shown",
    "assigned": "within",
    "levels": [{"key": "no", "disclosure": "hidden"}, {"key": "yes"}],
}

comparisons = st.lists(
    st.tuples(
        st.integers(0, 2),  # source
        st.sampled_from([None, *PROFILES]),
        st.sampled_from([*[False] * 8, True]),  # for the owner only
        st.sampled_from([0.1, 0.5, 0.9, float("nan")]),
        st.sampled_from([False, False, False, True]),  # withdrawn
    ),
    min_size=1,
    max_size=9,
)
rules = st.fixed_dictionaries(
    {
        "overlap": st.integers(1, 4),
        "order": st.sampled_from(["least_judged", "random", "priority"]),
        "blocks": st.sampled_from(["off", "together", "apart"]),
        "seed": st.integers(0, 3),
        "factors": st.sampled_from([[], [FACTOR]]),
    }
)
quotas = st.one_of(
    st.fixed_dictionaries({"quota": st.one_of(st.none(), st.integers(1, 6))}),
    st.fixed_dictionaries({"own_quota": st.integers(0, 3), "others_quota": st.integers(0, 3)}),
)
actions = st.lists(
    st.tuples(st.sampled_from((*STEADY, "finish", "skip", "undo", "wait")), raters), min_size=5, max_size=40
)


def plainly_chosen(board: Board, rater: str, profile: str | None) -> Choice | None:
    """Return what the rules of the board say, comparison by comparison, from the seats and their sides alone."""
    design, seats = board.design, [s for s in board.seats.values() if s.purpose == "main"]
    mine = [s for s in seats if s.rater_id == rater and board.counts(s)]
    held = [s for s in mine if s.live]
    may = [
        one
        for one, facts in enumerate(board.facts)
        if not facts.withdrawn
        and (not facts.owner_only or (profile is not None and facts.profile_id == profile))
        and sum(s.live and s.task == one and s.own == board.is_own(one, profile) for s in seats)
        < design.overlap
        and not any(s.taken() and s.task == one for s in mine)
    ]
    may = _in_block(board, held, _in_quota(board, rater, profile, held, may))
    if not may:
        return None
    lots = np.random.default_rng(digest(board.seed, "order", rater)).random(board.n_main)
    steps = priority_steps([facts.priority for facts in board.facts])
    lean = _lead(held)

    def rank(one: int) -> tuple[float, ...]:
        there = [s for s in seats if s.live and s.task == one]
        step = int(steps[one]) if design.order == "priority" else 0
        return (
            step,
            _lead(there) * lean < 0,
            0 if design.order == "random" else len(there),
            float(lots[one]),
        )

    place = min(may, key=rank)
    balance = _lead([s for s in seats if s.live and s.task == place]) or lean
    if balance == 0:
        balance = 1 if digest(board.seed, "side", rater, board.task_ids[place]) % 2 else -1
    return Choice(
        board.task_ids[place],
        1 + max((s.position for s in board.seats_of.get(rater, [])), default=-1),
        ARRANGEMENT_OF["right" if balance > 0 else "left"],
        condition=_condition(board, rater, place, held),
        own=board.is_own(place, profile),
    )


def _lead(seats: list[Seat]) -> int:
    return sum(1 if side_of_a(seat.arrangement) == "left" else -1 for seat in seats)


def _in_quota(board: Board, rater: str, profile: str | None, held: list[Seat], may: list[int]) -> list[int]:
    design = board.design
    if not board.by_role:
        return may if design.quota is None or len(held) < design.quota else []
    is_own = {one: profile is not None and board.facts[one].profile_id == profile for one in may}
    left = {
        role: max(0, min(list(is_own.values()).count(role), quota - sum(s.own == role for s in held)))
        for role, quota in ((True, design.own_quota if profile else 0), (False, design.others_quota))
    }
    if not sum(left.values()):
        return []
    draw = digest(board.seed, "role", rater, len(held)) % sum(left.values())
    return [one for one in may if is_own[one] == (draw < left[True])]


def _in_block(board: Board, held: list[Seat], may: list[int]) -> list[int]:
    sources = [board.facts[seat.task].source for seat in held]
    if not sources or board.design.blocks == "off":
        return may
    if board.design.blocks == "apart":
        return [one for one in may if board.facts[one].source not in sources]
    return [one for one in may if board.facts[one].source == sources[-1]] or may


def _condition(board: Board, rater: str, place: int, held: list[Seat]) -> str | None:
    mine = Counter(seat.condition for seat in held)
    here = Counter(s.condition for s in board.seats.values() if s.live and s.task == place)
    return min(
        board.design.cells("within"),
        key=lambda cell: (mine[cell], here[cell], digest(board.seed, "condition", rater, place, cell)),
        default=None,
    )


@given(comparisons, rules, quotas, actions, st.sampled_from([2_000, 3, 0]))
@examples(400)
def test_what_is_chosen_is_what_the_rules_say(facts, rule, quota, doings, early) -> None:
    known = [
        TaskFacts(f"c{number}", "main", f"s{source}", profile, only, None, priority, withdrawn)
        for number, (source, profile, only, priority, withdrawn) in enumerate(facts)
    ]
    room = Room(facts=known, **rule, **quota)
    room.board.lots = Lots(rule["seed"], len(known), early=early, raters=2)
    room.profiles = {f"r{number}": profile for number, profile in enumerate(PROFILES)}
    for action in doings:
        room.do(*action)
        for number in range(N_RATERS):
            rater = f"r{number}"
            profile = room.profiles.get(rater)
            assert next_main(room.board, rater, "link", profile) == plainly_chosen(room.board, rater, profile)
            free = free_for(room.board, rater, "link", profile)
            own = room.board.own_tasks(profile)
            roles = {True: free & own, False: free & ~own} if room.board.by_role else {}
            for role, mask in {None: free, **roles}.items():
                assert n_free(room.board, rater, "link", profile, role) == np.count_nonzero(mask)


@pytest.mark.parametrize("lot", range(4))
def test_output_a_goes_to_the_side_it_had_less_often_there_then_with_the_rater_then_by_a_coin(
    lot: int,
) -> None:
    for left, right, rater_left, rater_right in product(range(4), repeat=4):
        balance = (left - right) or (rater_left - rater_right) or (1 if lot % 2 else -1)
        held = ["01"] * rater_left + ["10"] * rater_right
        chosen = least_used(2, [left, right], held, lot)
        assert side_of_a(chosen) == ("right" if balance > 0 else "left")


@given(st.integers(0, 50), st.lists(st.booleans(), min_size=1, max_size=60), st.integers(0, 60))
@examples(200)
def test_who_comes_first_by_lot_does_not_depend_on_how_much_of_the_order_is_kept(seed, among, early) -> None:
    mask = np.array(among)
    mask[seed % len(mask)] = True
    lots = np.random.default_rng(digest(seed, "order", "r")).random(len(mask))
    first = min(np.flatnonzero(mask), key=lots.__getitem__)
    kept = Lots(seed, len(mask), early=early, raters=1)
    assert [kept.first(rater, mask) for rater in ("r", "other", "r")][::2] == [first, first]


@pytest.mark.parametrize("early", [0, 5, 2_000])
def test_the_order_of_a_rater_is_kept_for_so_many_raters_only(early: int) -> None:
    lots = Lots(0, 100, early=early, raters=3)
    for number in range(10):
        lots.first(f"r{number}", np.ones(100, bool))
    assert list(lots._beginnings) == ["r7", "r8", "r9"]
    assert all(len(one) < 20 or early > 5 for one in lots._beginnings.values())
