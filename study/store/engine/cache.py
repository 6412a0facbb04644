"""What was read and does not change, kept in memory up to a limit."""

import threading
from typing import Generic, TypeVar

from cachetools import LRUCache

Kept = TypeVar("Kept")


class KeptReads(Generic[Kept]):
    """What was read last, by its key; what was not asked for longest makes room.

    Parameters
    ----------
    limit : int
        The sum of the weights of what is kept; the unit is the caller's, such as characters.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.era = 0
        self._lock = threading.Lock()
        self._kept: LRUCache[str, tuple[Kept, int]] = LRUCache(limit, getsizeof=lambda kept: kept[1])

    def get(self, key: str) -> Kept | None:
        """Return what is kept under a key."""
        with self._lock:
            found = self._kept.get(key)
            return None if found is None else found[0]

    def put(self, key: str, value: Kept, weight: int, era: int) -> None:
        """Keep a value; one that weighs more than an eighth of the limit is not kept.

        ``era`` is what :attr:`era` was before the value was read: what was read before everything was cleared is not kept.
        """
        if weight > self.limit // 8:
            return
        with self._lock:
            if era == self.era:
                self._kept[key] = value, weight

    def room(self) -> int:
        """Return how much weight can be kept before something makes room for it."""
        with self._lock:
            return int(self.limit - self._kept.currsize)

    def clear(self) -> None:
        """Keep nothing."""
        with self._lock:
            self._kept.clear()
            self.era += 1
