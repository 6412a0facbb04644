"""What was read and does not change, kept in memory up to a limit."""

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

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
        self._kept: OrderedDict[str, tuple[Kept, int]] = OrderedDict()
        self._weight = 0

    def get(self, key: str) -> Kept | None:
        """Return what is kept under a key."""
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            self._kept.move_to_end(key)
            return found[0]

    def put(self, key: str, value: Kept, weight: int, era: int) -> None:
        """Keep a value; one that weighs more than an eighth of the limit is not kept.

        ``era`` is what :attr:`era` was before the value was read: what was read before everything was cleared is not kept.
        """
        if weight > self.limit // 8:
            return
        with self._lock:
            if era != self.era:
                return
            _, before = self._kept.pop(key, (None, 0))
            self._kept[key] = (value, weight)
            self._weight += weight - before
            while self._weight > self.limit:
                _, (_, gone) = self._kept.popitem(last=False)
                self._weight -= gone

    def room(self) -> int:
        """Return how much weight can be kept before something makes room for it."""
        with self._lock:
            return self.limit - self._weight

    def clear(self) -> None:
        """Keep nothing."""
        with self._lock:
            self._kept.clear()
            self._weight = 0
            self.era += 1
