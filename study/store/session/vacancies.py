"""Whether there is something to judge for who comes, or when: told before anybody agrees, and while they wait."""

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
    """Whether somebody may begin now: at once (open), never (full), or when a place comes back, by ``until`` at the latest (UTC).

    Places are *held* by others who have not answered yet; where an *address* has its share of them, what it holds counts.
    """

    kind: Literal["open", "full", "held", "address"]
    until: datetime | None = None


OPEN, FULL = Vacancy("open"), Vacancy("full")


class Addresses:
    """Which raters came from which address of the network: kept in memory, as a digest under a key that dies with the process."""

    def __init__(self) -> None:
        self._key = token_bytes(16)
        self._of: dict[str, str] = {}
        self._raters: dict[str, dict[str, None]] = {}

    def note(self, rater_id: str, address: str) -> None:
        """Note from where a rater comes now."""
        digest = self.digest(address)
        if self._of.get(rater_id) == digest:
            return
        self._raters.get(self._of.get(rater_id, ""), {}).pop(rater_id, None)
        self._of[rater_id] = digest
        self._raters.setdefault(digest, {})[rater_id] = None

    def raters(self, address: str) -> list[str]:
        """Return who came from an address."""
        return list(self._raters.get(self.digest(address), ()))

    def neighbours(self, rater_id: str) -> list[str]:
        """Return who else came from where a rater came from."""
        return [one for one in self._raters.get(self._of.get(rater_id, ""), ()) if one != rater_id]

    def digest(self, address: str) -> str:
        """Return what is kept of an address; of IPv6 of the network, since one machine has all of its addresses."""
        return blake2b(network(address).encode(), key=self._key, digest_size=16).hexdigest()


_addresses: "WeakKeyDictionary[Database, Addresses]" = WeakKeyDictionary()


def addresses(db: Database) -> Addresses:
    """Return the addresses that this process has seen."""
    return _addresses.setdefault(db, Addresses())


def note_address(db: Database, rater: Rater, address: str) -> None:
    """Note from where a rater comes: one address holds so many unanswered places at once, and no more."""
    with db.lock:
        addresses(db).note(rater.rater_id, address)


def vacancy(
    db: Database, study_id: str, *, external_id: str | None = None, address: str | None = None
) -> Vacancy:
    """Return whether there is something to judge for somebody who has not come yet.

    Parameters
    ----------
    external_id : str, optional
        Of the platform: who owns a profile may have comparisons of their own.
    address : str, optional
        Of the network.
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
    """Return for what a rater waits who has nothing on the screen; None where nothing is to come.

    Who has judged something is not asked to wait for what others hold.
    """
    with db.lock:
        return wait_on(board_of(db, rater.study_id), db, rater)


def wait_on(board: Board, db: Database, rater: Rater) -> Vacancy | None:
    """Do what :func:`wait_of` does, on a board."""
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
    """Return until when an address holds as many places as one may, without the rater's own; None where it does not."""
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
    """Return how many unanswered places raters from one address hold at once: by the design, else half of all."""
    half = board.overlap * board.places.n_standing // 2
    return board.design.places_per_address or max(FEWEST_PER_ADDRESS, half)


def _vacancy(board: Board, rater_id: str, profile_id: str | None) -> Vacancy:
    now = utc_now()
    board.expire(now)
    rules = quotas(board, profile_id)
    if any(quota != 0 and n_free(board, rater_id, LINK, profile_id, role) for role, quota in rules.items()):
        return OPEN
    until = board.next_return(rater_id, LINK, now, profile_id)
    return FULL if until is None else Vacancy("held", until)
