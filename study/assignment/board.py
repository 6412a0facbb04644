"""Who judges what next, in which order and on which side: pure, seeded, in memory.

A :class:`Board` knows every assignment of one study that was made here. The store fills it from the tables and
tells it of each committed row; it never writes. One process owns the database, so its board is the truth.

Sides. Output a of a comparison goes to the side it has had less often among the live assignments of that
comparison; where both are equal, to the side the rater has had less often; where these are equal too, to the side a
seeded coin says. Among the comparisons a rater may get, those whose side suits the rater's own balance come first.
So the two counts of a filled comparison differ by at most one, and those of a comparison that is being filled too,
but for the time between a skip (or a lease that runs out) and the rater who takes the place; those of a rater differ
by more only where nothing else is left.

Places. An assignment is live while it has an answer or its lease runs; each answer renews the lease. A comparison has
``overlap`` places per pool; raters who came by a link are one pool, simulated raters another, and imported judgments
take no place. A skipped or expired assignment gives its place back. One that was answered in part keeps it, so that no
criterion is ever judged by more raters than the overlap; what is missing of it waits for its rater.
"""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from study.records import Side
from study.responses import SKIP, UNDONE

IntArray = npt.NDArray[np.int32]


@dataclass(slots=True)
class Seat:
    """One assignment as the board sees it; ``answers`` holds (revision, response, judgment_id) per criterion."""

    assignment_id: str
    comparison: int
    rater_id: str
    pool: str
    position: int
    side_of_a: Side
    expires_at: datetime
    issued_at: datetime
    answers: dict[str, tuple[int, str, str]] = field(default_factory=dict)
    live: bool = True

    def answered(self) -> list[str]:
        """Return the criteria with a standing answer (a skip is one)."""
        return [criterion for criterion, (_, response, _) in self.answers.items() if response != UNDONE]

    def skipped(self) -> bool:
        """Say whether the rater passed on this comparison."""
        return any(response == SKIP for _, response, _ in self.answers.values())

    def begun(self) -> bool:
        """Say whether the rater has given an answer that stands."""
        return any(response not in (SKIP, UNDONE) for _, response, _ in self.answers.values())


@dataclass(frozen=True, slots=True)
class Choice:
    """What a rater should get next."""

    comparison_id: str
    position: int
    side_of_a: Side


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a rater is: comparisons judged, and how many there are for them in all."""

    done: int
    total: int


class Board:
    """The places of one study and who holds them."""

    def __init__(
        self,
        comparison_ids: Iterable[str],
        *,
        criteria: Iterable[str],
        overlap: int,
        quota: int | None,
        order: str,
        lease: timedelta,
        seed: int,
    ) -> None:
        self.comparison_ids = list(comparison_ids)
        self.index = {comparison: number for number, comparison in enumerate(self.comparison_ids)}
        self.criteria = list(criteria)
        self.overlap = overlap
        self.quota = quota
        self.order = order
        self.lease = lease
        self.seed = seed
        self.seats: dict[str, Seat] = {}
        self.seats_of: dict[str, list[Seat]] = {}
        self._live: dict[str, dict[Side, IntArray]] = {}
        self._leases: list[tuple[datetime, str]] = []

    def place(self, seat: Seat) -> None:
        """Put a new assignment on the board."""
        self.seats[seat.assignment_id] = seat
        self.seats_of.setdefault(seat.rater_id, []).append(seat)
        self._counts(seat.pool)[seat.side_of_a][seat.comparison] += 1
        heapq.heappush(self._leases, (seat.expires_at, seat.assignment_id))

    def answer(
        self,
        assignment_id: str,
        criterion: str,
        revision: int,
        response: str,
        judgment_id: str,
        now: datetime,
    ) -> None:
        """Note an answer; it renews the lease. A skip gives the place back, a later answer takes it again."""
        seat = self.seats[assignment_id]
        seat.answers[criterion] = (revision, response, judgment_id)
        self._set_live(seat, not seat.skipped())
        self._renew(seat, now)

    def expire(self, now: datetime) -> None:
        """Give back the places whose lease is over and that nobody has begun to answer."""
        while self._leases and self._leases[0][0] <= now:
            _, assignment_id = heapq.heappop(self._leases)
            seat = self.seats[assignment_id]
            if seat.expires_at <= now and not seat.begun():
                self._set_live(seat, False)

    def has_place(self, seat: Seat) -> bool:
        """Say whether a seat that is no longer live may be taken up again.

        Its comparison needs a free place, its side must not be ahead of the other, and the rater must not hold the
        same comparison by a later seat.
        """
        if seat.live:
            return True
        counts = self._counts(seat.pool)
        here, there = (counts[side][seat.comparison] for side in (seat.side_of_a, _other(seat.side_of_a)))
        held = (one.comparison for one in self.seats_of[seat.rater_id] if one.live)
        return bool(here + there < self.overlap and here <= there and seat.comparison not in held)

    def open_seat(self, rater_id: str, now: datetime) -> Seat | None:
        """Return the rater's first live assignment that still wants an answer."""
        self.expire(now)
        for seat in self.seats_of.get(rater_id, []):
            if seat.live and not self.is_done(seat):
                return seat
        return None

    def is_done(self, seat: Seat) -> bool:
        """Say whether every criterion has a standing answer and none was skipped."""
        return not seat.skipped() and set(self.criteria) <= set(seat.answered())

    def last_answer(self, rater_id: str) -> tuple[Seat, str] | None:
        """Return the seat and the criterion of the rater's last answer; None where its place went to another."""
        for seat in reversed(self.seats_of.get(rater_id, [])):
            answered = seat.answered()
            if answered:
                last = max(answered, key=self.criteria.index)
                return (seat, last) if self.has_place(seat) else None
        return None

    def progress(self, rater_id: str, pool: str, now: datetime) -> Progress:
        """Return how many comparisons the rater has judged, and of how many."""
        self.expire(now)
        seats = self.seats_of.get(rater_id, [])
        done = sum(self.is_done(seat) for seat in seats)
        waiting = sum(seat.live and not self.is_done(seat) for seat in seats)
        total = done + waiting + int(self._free(rater_id, pool).sum())
        return Progress(done, total if self.quota is None else max(done, min(total, self.quota)))

    def next_choice(self, rater_id: str, pool: str, now: datetime) -> Choice | None:
        """Return what the rater should get next; None where the quota is reached or no place is left."""
        self.expire(now)
        seats = self.seats_of.get(rater_id, [])
        held = [seat for seat in seats if seat.live]
        if self.quota is not None and len(held) >= self.quota:
            return None
        free = np.flatnonzero(self._free(rater_id, pool))
        if not free.size:
            return None
        left, right = (self._counts(pool)[side][free] for side in ("left", "right"))
        lean = sum(1 if seat.side_of_a == "left" else -1 for seat in held)
        unsuitable = np.sign(left - right) * np.sign(lean) < 0
        judged = left + right if self.order == "least_judged" else np.zeros(free.size)
        coin = self._rng(rater_id).random(len(self.comparison_ids))[free]
        best = np.lexsort((coin, judged, unsuitable))[0]
        comparison = self.comparison_ids[free[best]]
        side = self._side(int(left[best] - right[best]), lean, rater_id, comparison)
        position = 1 + max((seat.position for seat in seats), default=-1)
        return Choice(comparison, position, side)

    def live_counts(self, pool: str) -> IntArray:
        """Return the number of live assignments per comparison, shape (n_comparisons,)."""
        counts = self._counts(pool)
        return np.add(counts["left"], counts["right"])

    def _free(self, rater_id: str, pool: str) -> npt.NDArray[np.bool_]:
        free = self.live_counts(pool) < self.overlap
        free[[seat.comparison for seat in self.seats_of.get(rater_id, []) if not self._may_repeat(seat)]] = (
            False
        )
        return free

    def _may_repeat(self, seat: Seat) -> bool:
        """Say whether the rater may get the comparison again: only one whose lease ran out unanswered."""
        return not seat.live and not seat.answered()

    def _side(self, lead_of_left: int, lean: int, rater_id: str, comparison: str) -> Side:
        balance = lead_of_left or lean
        if balance == 0:
            balance = 1 if _digest(self.seed, "side", rater_id, comparison) % 2 else -1
        return "right" if balance > 0 else "left"

    def _renew(self, seat: Seat, now: datetime) -> None:
        seat.expires_at = max(seat.expires_at, now + self.lease)
        heapq.heappush(self._leases, (seat.expires_at, seat.assignment_id))

    def _set_live(self, seat: Seat, live: bool) -> None:
        if live != seat.live:
            seat.live = live
            self._counts(seat.pool)[seat.side_of_a][seat.comparison] += 1 if live else -1

    def _counts(self, pool: str) -> dict[Side, IntArray]:
        if pool not in self._live:
            size = len(self.comparison_ids)
            self._live[pool] = {"left": np.zeros(size, np.int32), "right": np.zeros(size, np.int32)}
        return self._live[pool]

    def _rng(self, rater_id: str) -> np.random.Generator:
        return np.random.default_rng(_digest(self.seed, "order", rater_id))


def _other(side: Side) -> Side:
    return "right" if side == "left" else "left"


def _digest(*parts: object) -> int:
    return int.from_bytes(blake2b("|".join(map(str, parts)).encode(), digest_size=8).digest(), "big")
