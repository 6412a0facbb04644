"""A cache of immutable values, up to a limit."""

import threading
from typing import Generic, TypeVar

from cachetools import LRUCache

Kept = TypeVar("Kept")


class KeptReads(Generic[Kept]):
    """A cache by key; the least recently used entry is evicted.

    Parameters
    ----------
    limit : int
        The maximum sum of the weights, in any unit, such as characters.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.era = 0
        self._lock = threading.Lock()
        self._kept: LRUCache[str, tuple[Kept, int]] = LRUCache(limit, getsizeof=lambda kept: kept[1])

    def get(self, key: str) -> Kept | None:
        """Return the cached value of a key."""
        with self._lock:
            found = self._kept.get(key)
            return None if found is None else found[0]

    def put(self, key: str, value: Kept, weight: int, era: int) -> None:
        """Cache a value, unless it weighs more than an eighth of the limit.

        ``era`` is the value of :attr:`era` before the read: values that were read before the cache was cleared are ignored.
        """
        if weight > self.limit // 8:
            return
        with self._lock:
            if era == self.era:
                self._kept[key] = value, weight

    def room(self) -> int:
        """Return how much weight can be added without evicting anything."""
        with self._lock:
            return int(self.limit - self._kept.currsize)

    def clear(self) -> None:
        """Empty the cache."""
        with self._lock:
            self._kept.clear()
            self.era += 1
