"""Throttling of guesses: each wrong key lengthens the wait before the next one is read, and no thread sleeps for it.

A guess that comes too soon is not read, and does not lengthen the wait. There is one wait per address and one for all
addresses together; both have a maximum. A browser that has been let in before has a separate wait, so that strangers
who guess day and night do not lock out its user.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from ipaddress import IPv6Address, ip_address
from secrets import token_bytes
from typing import TypeVar

Found = TypeVar("Found")
FREE = 5
FREE_TOGETHER = 30
LONGEST = 300.0
LONGEST_TOGETHER = 10.0
FORGET_AFTER = 3600.0
MOST_PLACES = 10_000
MOST_TRIED = 32
NOTE_EVERY = 60.0
TOGETHER = "all"


@dataclass(slots=True)
class _Place:
    failures: int = 0
    last: float = 0.0
    tried: OrderedDict[bytes, None] = field(default_factory=OrderedDict)


class Throttle:
    """Counts wrong keys by their origin; times are seconds of any monotonic clock."""

    def __init__(self) -> None:
        self._places: OrderedDict[str, _Place] = OrderedDict()
        self._salt = token_bytes(16)
        self._lock = threading.Lock()

    def attempt(
        self, key: str, look_up: Callable[[str], Found | None], *, address: str, known: str | None, now: float
    ) -> tuple[Found | None, float]:
        """Look a key up, unless it comes too soon; concurrent guesses are handled one at a time.

        Parameters
        ----------
        key : str
        look_up : callable
            Returns the entry for the key, or None.
        address : str
            The network address of the caller.
        known : str or None
            A name for the browser, if it has been let in before.
        now : float

        Returns
        -------
        found : result of ``look_up``
            None if the key is wrong, or was not read.
        wait : float
            Seconds until a key from this caller is read; 0 if this one was.
        """
        with self._lock:
            names = _places(address, known)
            wait = max(self._wait(name, now) for name in names)
            if wait:
                return None, wait
            found = look_up(key)
            if found is None:
                self._count(names, key, now)
            else:
                self._places.pop(names[0], None)
            return found, 0.0

    def _count(self, names: list[str], key: str, now: float) -> None:
        """Count a wrong key; repeating the same one, such as that of an old link, is not a new guess."""
        digest = blake2b(key.encode("utf-8", "replace"), key=self._salt, digest_size=12).digest()
        places = [self._place(name) for name in names]
        if digest in places[0].tried:
            return
        places[0].tried[digest] = None
        if len(places[0].tried) > MOST_TRIED:
            places[0].tried.popitem(last=False)
        for place in places:
            place.failures = 1 if now - place.last > FORGET_AFTER else place.failures + 1
            place.last = now

    def _wait(self, name: str, now: float) -> float:
        place = self._places.get(name)
        if place is None or now - place.last > FORGET_AFTER:
            return 0.0
        free, longest = (FREE_TOGETHER, LONGEST_TOGETHER) if name == TOGETHER else (FREE, LONGEST)
        if place.failures < free:
            return 0.0
        pause: float = min(2.0 ** min(place.failures - free, 30), longest)
        return max(0.0, place.last + pause - now)

    def _place(self, name: str) -> _Place:
        place = self._places.setdefault(name, _Place())
        self._places.move_to_end(name)
        while len(self._places) > MOST_PLACES:
            oldest = next(one for one in self._places if one != TOGETHER)
            del self._places[oldest]
        return place


class Refusals:
    """Counts wrong keys between two lines of a log, so that guessing cannot fill the disk."""

    def __init__(self) -> None:
        self._since = 0
        self._noted = float("-inf")
        self._lock = threading.Lock()

    def count(self, now: float) -> int:
        """Count one; return how many there were since the last line, or 0 if it is too early for another."""
        with self._lock:
            self._since += 1
            if now - self._noted < NOTE_EVERY:
                return 0
            found, self._since, self._noted = self._since, 0, now
            return found


def _places(address: str, known: str | None) -> list[str]:
    return [f"browser {known}"] if known else [f"address {network(address)}", TOGETHER]


def network(address: str) -> str:
    """Return the network of an address: the address itself, or the /64 network of an IPv6 address.

    All loopback addresses are the same network.

    >>> network("192.0.2.7"), network("2001:db8:1:2:aaaa::1"), network("unix")
    ('192.0.2.7', '2001:db8:1:2::/64', 'unix')
    >>> network("127.0.0.1"), network("::1"), network("::ffff:192.0.2.7")
    ('this machine', 'this machine', '192.0.2.7')
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return address[:64]
    if parsed.is_loopback:
        return "this machine"
    if not isinstance(parsed, IPv6Address) or parsed.ipv4_mapped:
        return str(getattr(parsed, "ipv4_mapped", None) or parsed)
    return f"{IPv6Address(int(parsed) >> 64 << 64)}/64"
