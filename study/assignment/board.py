"""The places of a study and who holds them.

A :class:`Board` knows every assignment of one study that was made here. The store fills it from the tables and
notifies it of each committed row, including those of other replicas; the board never writes. It is authoritative inside
the store's lock.

Sides. Output a of a task goes to the side it has had less often among the live assignments of that task;
if both are equal, to the side the rater has had less often; if these are equal as well, to a side chosen by a seeded
coin. Among the tasks a rater may get, those whose side suits the rater's own balance come first. So the two
counts of a filled task differ by at most one. The same holds for a task that is being filled, except
between a skip (or the end of a lease) and the arrival of the next rater. The counts of a rater differ by more only if
nothing else is left.

Places. An assignment is live while it has an answer or its lease runs; each answer renews the lease. A task has
``overlap`` places per pool; raters who came by a link are one pool, simulated raters another, and imported judgments
take no place. A skipped or expired assignment gives its place back. A partly answered assignment keeps it, so that no
question is ever judged by more raters than the overlap; its missing answers wait for its rater. If a study has a
quota of tasks on the rater's own profile, these have separate places, since no other rater could fill them.
Checks, hidden repeats and practice take no places.

Raters with one id. A rater who brings a known id without proof gets no main task that the earlier raters with this
id had, and other checks if there are any. It does not work the other way round, so that a stranger with someone's id
takes nothing from them.

Places without a person. The first place of a rater who came by a link is held for only a few minutes, until their browser
reports that it shows the pair, or they answer or skip something; from then on the design's lease applies.

The quota is a cap: a skipped or expired assignment opens again only for a rater who holds less than the quota.

Withdrawn tasks. They have no places, and an open seat on one is replaced by another. If a rater had judged one
completely before, it counts for the rater's quota, since the work was done.
"""

import heapq
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

import numpy as np

from study.assignment.picking import BoolArray, Lots, numbered
from study.assignment.places import IntArray, Places
from study.assignment.priority import priority_steps
from study.assignment.seats import (
    MAIN,
    PRACTICE,
    CheckResult,
    Seat,
    TaskFacts,
)
from study.blinding import passes
from study.protocol.design import Design
from study.protocol.questions import Question, asked_after, screens
from study.responses import SKIP, UNDONE

LINK = "link"
SHORT_LEASE = timedelta(minutes=10)


class Board:
    """The places of one study and who holds them.

    Parameters
    ----------
    tasks : iterable of TaskFacts
        The study's tasks of all purposes.
    design : Design
    seed : int
    """

    def __init__(self, tasks: Iterable[TaskFacts], design: Design, seed: int) -> None:
        known = list(tasks)
        self.facts = [one for one in known if one.purpose == MAIN]
        self.n_main = len(self.facts)
        self.facts += [one for one in known if one.purpose != MAIN]
        self.n_practice = sum(one.purpose == PRACTICE and not one.withdrawn for one in self.facts)
        self.task_ids = [one.task_id for one in self.facts]
        self.index = {task: number for number, task in enumerate(self.task_ids)}
        self.design = design
        self.asked = {one.key: design.questions_of(one.key) for one in design.in_use()}
        self.keys = {template: [one.key for one in asked] for template, asked in self.asked.items()}
        self.checked = {
            template: next(one.key for one in asked if one.is_preference)
            for template, asked in self.asked.items()
            if any(one.is_preference for one in asked)
        }
        self.conditional = {key for key, asked in self.asked.items() if any(one.shown_if for one in asked)}
        self.shares = {one.key: one.share for one in design.in_use()}
        self.lease = timedelta(hours=design.lease_hours)
        self.short_lease = min(SHORT_LEASE, self.lease)
        self.by_role = design.own_quota is not None or design.others_quota is not None
        self.conditions = design.cells("within")
        self.seed = seed
        self.seats: dict[str, Seat] = {}
        self.seats_of: dict[str, list[Seat]] = {}
        self.retired: set[str] = set()
        self.earlier: dict[str, tuple[str, ...]] = {}
        self.people: set[str] = set()
        self.lots = Lots(seed, self.n_main)
        self.shown_under: Counter[tuple[int, str]] = Counter()
        self.taken_for: Counter[str] = Counter()
        self._leases: list[tuple[datetime, str]] = []
        main = self.facts[: self.n_main]
        self.source, _ = numbered([one.source for one in main])
        self.profile, self.profile_codes = numbered([one.profile_id or None for one in main])
        self.profile_codes.pop(None, None)
        self.standing = np.array([not one.withdrawn for one in main], dtype=bool)
        self.open_to_all = self.standing & np.array([not one.owner_only for one in main], dtype=bool)
        self.all_are_open = bool((self.open_to_all == self.standing).all())
        self.template, self.template_codes = numbered([one.template for one in main])
        overlaps = {one.key: one.overlap or design.overlap for one in design.in_use()}
        self.overlaps = np.array([overlaps[one.template] for one in main], dtype=np.int32)
        self.places = Places(self.standing, [one.n_outputs for one in main])
        self.step = priority_steps([one.priority for one in main])

    def place(self, seat: Seat) -> None:
        """Put a new assignment on the board."""
        self.seats[seat.assignment_id] = seat
        self.seats_of.setdefault(seat.rater_id, []).append(seat)
        self._count(seat, 1)
        if seat.profile_id:
            self.taken_for[seat.profile_id] += 1
        self._watch(seat)

    def answer(
        self,
        assignment_id: str,
        question: str,
        revision: int,
        response: str,
        judgment_id: str,
        now: datetime,
    ) -> None:
        """Record an answer, which renews the lease. A skip gives the place back, a later answer takes it again."""
        seat = self.seats[assignment_id]
        was_taken = seat.taken()
        seat.answers[question] = (revision, response, judgment_id)
        if response not in (SKIP, UNDONE) and self.facts[seat.task].expected:
            seat.first.setdefault(question, response)
        self._set_live(seat, not seat.skipped(), was_taken)
        seat.expires_at = max(seat.expires_at, now + self.lease)
        seat.short = False
        self._watch(seat)

    def is_short(self, rater_id: str, pool: str) -> bool:
        """Return whether the rater's next place is held for only a few minutes.

        That is so as long as nothing shows that a person is there.
        """
        shown = rater_id in self.people or any(seat.answers for seat in self.seats_of.get(rater_id, []))
        return pool == LINK and self.short_lease < self.lease and not shown

    def lease_of(self, seat: Seat) -> timedelta:
        """Return how long a seat is held after its rater was last active."""
        return self.short_lease if seat.short else self.lease

    def note_person(self, rater_id: str) -> None:
        """Give all seats of a rater the design's lease, now that a browser has shown a pair."""
        self.people.add(rater_id)
        for seat in self.seats_of.get(rater_id, []):
            if seat.short:
                seat.short = False
                seat.expires_at += self.lease - self.short_lease
                self._watch(seat)

    def settle(self) -> None:
        """Rebuild the heap of leases from the unanswered seats; call this after placing many seats."""
        self._leases = [
            (seat.expires_at, seat.assignment_id) for seat in self.seats.values() if not seat.begun()
        ]
        heapq.heapify(self._leases)

    def _watch(self, seat: Seat) -> None:
        """Watch the lease of a seat, unless its rater has begun to answer."""
        if not seat.begun():
            heapq.heappush(self._leases, (seat.expires_at, seat.assignment_id))

    def expire(self, now: datetime) -> None:
        """Give back the unanswered places whose lease is over."""
        while self._leases and self._leases[0][0] <= now:
            _, assignment_id = heapq.heappop(self._leases)
            seat = self.seats.get(assignment_id)
            if seat and seat.expires_at <= now and not seat.begun():
                self._set_live(seat, False)

    def release(self, rater_id: str, now: datetime) -> list[Seat]:
        """End the leases of a rater's unanswered seats; return these seats."""
        held = [seat for seat in self.seats_of.get(rater_id, []) if seat.live and not seat.begun()]
        for seat in held:
            seat.expires_at, seat.short = now, False
            self._set_live(seat, False)
        return held

    def retire(self, rater_id: str) -> None:
        """Give back every place of a rater whose answers do not count."""
        self.retired.add(rater_id)
        for seat in self.seats_of.get(rater_id, []):
            self._set_live(seat, False)

    def remove(self, rater_id: str) -> None:
        """Remove all seats and answers of a rater, as if they had never come."""
        for seat in self.seats_of.pop(rater_id, []):
            if seat.live:
                self._count(seat, -1)
            if seat.profile_id and seat.taken():
                self.taken_for[seat.profile_id] -= 1
            del self.seats[seat.assignment_id]
        self.retired.discard(rater_id)
        self.people.discard(rater_id)
        self.earlier.pop(rater_id, None)

    def has_place(self, seat: Seat) -> bool:
        """Return whether a seat that is no longer live may be taken again.

        Its task needs a free place, its side must not be ahead of the other, and the rater must not hold a later
        seat on the same task. A seat on a withdrawn task or beyond the quota has no place.
        """
        if self.is_withdrawn(seat):
            return False
        if seat.purpose != MAIN:
            return True
        if not self.is_within_quota(seat):
            return False
        if seat.live:
            return True
        ahead = self.places.is_ahead(seat)
        places = self.places.taken(seat.pool, seat.own)[seat.task]
        held = (one.task for one in self.seats_of[seat.rater_id] if one.live and one.purpose == MAIN)
        return bool(places < self.overlaps[seat.task] and not ahead and seat.task not in held)

    def open_seat(self, rater_id: str, now: datetime, *, practice: bool = False) -> Seat | None:
        """Return the rater's first live assignment that still needs an answer."""
        self.expire(now)
        for seat in self.seats_of.get(rater_id, []):
            wanting = seat.live and not self.is_done(seat) and not self.is_withdrawn(seat)
            wanting = wanting and (seat.purpose != MAIN or self.is_within_quota(seat))
            if wanting and (seat.purpose == PRACTICE) == practice:
                return seat
        return None

    def saved_with(self, seat: Seat, question: str) -> list[str]:
        """Return the keys of the questions that stand on one screen with a question, in order."""
        return next(
            [one.key for one in screen]
            for screen in screens(self.asked_of(seat))
            if question in {one.key for one in screen}
        )

    def is_within_quota(self, seat: Seat) -> bool:
        """Return whether a main seat may be answered without exceeding its rater's quota.

        Seats that the rater has begun count first; then, for a live seat, the earlier ones, else all that they hold.
        """
        rules = self.design
        quota = (rules.own_quota if seat.own else rules.others_quota) if self.by_role else rules.quota
        if quota is None or (seat.live and seat.begun()):
            return True
        others = (
            one.begun() or not seat.live or one.position < seat.position
            for one in self.main_seats(seat.rater_id)
            if one.live and one is not seat and one.own == seat.own
        )
        return sum(others) < quota

    def is_withdrawn(self, seat: Seat) -> bool:
        """Return whether the task of a seat was withdrawn."""
        return self.facts[seat.task].withdrawn

    def counts(self, seat: Seat) -> bool:
        """Return whether a seat counts for its rater: not withdrawn, or completely judged before the withdrawal."""
        return not self.is_withdrawn(seat) or self.is_done(seat)

    def is_done(self, seat: Seat) -> bool:
        """Return whether every question that is asked has a standing answer and none was skipped."""
        answers, template = seat.answers, self.facts[seat.task].template
        keys = self.keys[template]
        if template in self.conditional:
            given = {key: response for key, (_, response, _) in answers.items()}
            keys = [one.key for one in asked_after(self.asked[template], given)]
        return all(one in answers and answers[one][1] not in (UNDONE, SKIP) for one in keys)

    def asked_of(self, seat: Seat) -> tuple[Question, ...]:
        """Return the questions about a seat's task, even those that are asked only after some answers."""
        return self.asked[self.facts[seat.task].template]

    def last_answer(self, rater_id: str) -> tuple[Seat, str] | None:
        """Return the seat and the question of the rater's last answer; None if its place went to another rater."""
        for seat in reversed(self.seats_of.get(rater_id, [])):
            answered = seat.answered()
            if answered and seat.purpose != PRACTICE:
                keys = self.keys[self.facts[seat.task].template]
                last = max(answered, key=keys.index)
                return (seat, last) if self.has_place(seat) else None
        return None

    def results(self, rater_id: str, purpose: str) -> list[CheckResult]:
        """Return a rater's results on checks (or practice) not withdrawn, by the first answer to the first criterion."""
        found = []
        for seat in self.seats_of.get(rater_id, []):
            facts = self.facts[seat.task]
            response = seat.first.get(self.checked.get(facts.template, ""))
            if seat.purpose == purpose and facts.expected and response and not facts.withdrawn:
                passed = passes(facts.expected, response, seat.arrangement)
                found.append(CheckResult(seat.assignment_id, facts.task_id, facts.purpose, passed))
        return found

    def held_by(self, raters: Iterable[str]) -> list[Seat]:
        """Return the unanswered seats of some raters."""
        seats = (seat for one in raters for seat in self.seats_of.get(one, []))
        return [seat for seat in seats if seat.live and seat.purpose == MAIN and not seat.begun()]

    def next_return(
        self, rater_id: str, pool: str, now: datetime, profile_id: str | None = None
    ) -> datetime | None:
        """Return when the first place that others hold, and that the rater may take, becomes free if left unanswered."""
        self.expire(now)
        may = self.open_to_all | (self.own_tasks(profile_id) & self.standing)
        may[list(self.had(rater_id))] = False
        held = (self.seats.get(assignment_id) for _, assignment_id in self._leases)
        ends = [
            seat.expires_at
            for seat in held
            if seat is not None
            and (seat.live, seat.purpose, seat.pool) == (True, MAIN, pool)
            and not seat.begun()
            and may[seat.task]
        ]
        return min(ends, default=None)

    def live_counts(self, pool: str) -> IntArray:
        """Return the number of live assignments per main task, excluding own ones, shape (n_tasks,)."""
        return self.places.taken(pool, False)

    def is_own(self, task: int, profile_id: str | None) -> bool:
        """Return whether a task takes one of the separate places for own profiles if this is the rater's profile."""
        return self.by_role and profile_id is not None and self.facts[task].profile_id == profile_id

    def own_tasks(self, profile_id: str | None) -> BoolArray:
        """Return which main tasks are on the rater's own profile."""
        return np.asarray(self.profile == self.profile_codes.get(profile_id, -1))

    def main_seats(self, rater_id: str) -> list[Seat]:
        """Return the rater's main seats that count: no checks, repeats or practice."""
        return [
            seat for seat in self.seats_of.get(rater_id, []) if seat.purpose == MAIN and self.counts(seat)
        ]

    def had(self, rater_id: str) -> set[int]:
        """Return the main tasks that the rater, or an earlier rater with the same id, holds, answered or skipped."""
        ids = (rater_id, *self.earlier.get(rater_id, ()))
        return {seat.task for one in ids for seat in self.main_seats(one) if seat.taken()}

    def next_position(self, rater_id: str) -> int:
        """Return the position of the rater's next seat in their order."""
        return 1 + max((seat.position for seat in self.seats_of.get(rater_id, [])), default=-1)

    def _set_live(self, seat: Seat, live: bool, was_taken: bool | None = None) -> None:
        was_taken = seat.taken() if was_taken is None else was_taken
        if live != seat.live:
            seat.live = live
            self._count(seat, 1 if live else -1)
        if seat.profile_id:
            self.taken_for[seat.profile_id] += seat.taken() - was_taken

    def _count(self, seat: Seat, change: int) -> None:
        if seat.purpose == MAIN:
            self.places.count(seat, change)
        if seat.condition:
            self.shown_under[seat.task, seat.condition] += change
