"""Whether, or when, a newcomer has something to judge: reported before consent, and while they wait."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from secrets import token_bytes
from typing import Literal
from weakref import WeakKeyDictionary

from study.access.throttle import network
from study.assignment import Board, Seat
from study.assignment.choosing import n_free, quotas
from study.assignment.turns import next_choice
from study.records import Rater, utc_now
from study.store.engine.database import Database
from study.store.session.boards import board_of
from study.store.session.raters import owned_profile
from study.store.session.returning import raters_of_id
from study.store.studies.studies import study

FEWEST_PER_ADDRESS = 5
LINK = "link"


@dataclass(frozen=True, slots=True)
class Vacancy:
    """When a rater may begin: at once (open), never (full), or when a place comes back, by ``until`` at the latest (UTC).

    Places are *held* by others who have not answered yet; for an *address* with its share of them, its own places count.
    """

    kind: Literal["open", "full", "held", "address"]
    until: datetime | None = None


OPEN, FULL = Vacancy("open"), Vacancy("full")


class Addresses:
    """The network addresses of raters: kept in memory only, as digests under a key that is lost with the process."""

    def __init__(self) -> None:
        self._key = token_bytes(16)
        self._of: dict[str, str] = {}
        self._raters: dict[str, dict[str, None]] = {}

    def note(self, rater_id: str, address: str) -> None:
        """Note a rater's current address."""
        digest = self.digest(address)
        if self._of.get(rater_id) == digest:
            return
        self._raters.get(self._of.get(rater_id, ""), {}).pop(rater_id, None)
        self._of[rater_id] = digest
        self._raters.setdefault(digest, {})[rater_id] = None

    def raters(self, address: str) -> list[str]:
        """Return the raters who came from an address."""
        return list(self._raters.get(self.digest(address), ()))

    def neighbours(self, rater_id: str) -> list[str]:
        """Return the other raters at a rater's address."""
        return [one for one in self._raters.get(self._of.get(rater_id, ""), ()) if one != rater_id]

    def digest(self, address: str) -> str:
        """Return the digest of an address; for IPv6 that of the network, since one machine has all of its addresses."""
        return blake2b(network(address).encode(), key=self._key, digest_size=16).hexdigest()


_addresses: "WeakKeyDictionary[Database, Addresses]" = WeakKeyDictionary()


def addresses(db: Database) -> Addresses:
    """Return the addresses seen by this process."""
    return _addresses.setdefault(db, Addresses())


def note_address(db: Database, rater: Rater, address: str) -> None:
    """Note a rater's address, since the number of unanswered places per address is limited."""
    with db.lock:
        addresses(db).note(rater.rater_id, address)


def vacancy(
    db: Database, study_id: str, *, external_id: str | None = None, address: str | None = None
) -> Vacancy:
    """Return whether there is something to judge for a newcomer.

    Parameters
    ----------
    external_id : str, optional
        The id on the platform: the owner of a profile may have separate comparisons.
    address : str, optional
        The network address.
    """
    with db.lock:
        board = board_of(db, study_id)
        before = raters_of_id(db, study_id, external_id) if external_id else []
        profile_id = None if before else owned_profile(db, study_id, external_id)
        found = _vacancy(board, "", profile_id)
        if found.kind == "open" and address:
            return _of_address(board, addresses(db).raters(address)) or found
        return found


def wait_of(db: Database, rater: Rater) -> Vacancy | None:
    """Return the vacancy that a rater without a comparison waits for; None if there is none.

    Raters who have judged something are not asked to wait for places that others hold.
    """
    with db.lock:
        return wait_on(board_of(db, rater.study_id), db, rater)


def wait_on(board: Board, db: Database, rater: Rater) -> Vacancy | None:
    """Return the result of :func:`wait_of` for a given board."""
    if rater.source != LINK or study(db, rater.study_id).state != "live":
        return None
    crowd = crowded(board, db, rater)
    if (
        crowd is not None
        and next_choice(board, rater.rater_id, LINK, utc_now(), rater.profile_id) is not None
    ):
        return crowd
    if any(seat.answers for seat in board.main_seats(rater.rater_id)):
        return None
    found = _vacancy(board, rater.rater_id, rater.profile_id)
    return found if found.kind == "held" else None


def crowded(board: Board, db: Database, rater: Rater) -> Vacancy | None:
    """Return the wait if the other raters at an address hold its maximum number of places; None if they do not."""
    return _of_address(board, addresses(db).neighbours(rater.rater_id))


def _of_address(board: Board, raters: Iterable[str]) -> Vacancy | None:
    known = list(raters)
    most = most_per_address(board)
    if len(known) < most:
        return None
    board.expire(utc_now())
    held: list[Seat] = board.held_by(known)
    if len(held) < most:
        return None
    return Vacancy("address", min(seat.expires_at for seat in held))


def most_per_address(board: Board) -> int:
    """Return the maximum number of unanswered places per address: by the design, else half of all."""
    half = int(board.overlaps[board.standing].sum()) // 2
    return board.design.places_per_address or max(FEWEST_PER_ADDRESS, half)


def _vacancy(board: Board, rater_id: str, profile_id: str | None) -> Vacancy:
    now = utc_now()
    board.expire(now)
    rules = quotas(board, profile_id)
    if any(quota != 0 and n_free(board, rater_id, LINK, profile_id, role) for role, quota in rules.items()):
        return OPEN
    until = board.next_return(rater_id, LINK, now, profile_id)
    return FULL if until is None else Vacancy("held", until)
