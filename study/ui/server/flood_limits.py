"""Rate limits of websocket messages: more than a person can send is slowed down, and persistent floods are cut off.

Each message makes the app run a page. No proxy can count messages inside a websocket, so they are counted here: per
socket, and in total per address (as named by a trusted proxy, if there is one). Delayed messages are not read, so they
stay in the sender's own machine. The limits are generous: a person presses a few keys a second; two hundred raters
behind one address, with a click every two to six seconds each, send fifty messages a second.
"""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable

from starlette.types import Message, Receive, Send

from study import logs
from study.access.throttle import network

# Sustained messages per second, and the size of a burst.
SOCKET_RATE, SOCKET_BURST = 10.0, 100.0
ADDRESS_RATE, ADDRESS_BURST = 100.0, 1000.0
# Consecutive messages that were waiting before they were asked for: after a burst they are slowed to this many a
# second, because each costs a page run and a new thread, for which everyone waits; after this many the socket is
# closed.
AHEAD_RATE, MOST_AHEAD = 2.0, 120
# Bytes read from a socket at once. Small messages are a few bytes each, and all of a piece are unpacked in one go.
PIECE = 1 << 14
MOST_ADDRESSES = 10_000
POLICY_VIOLATION = 1008


class Bucket:
    """A token bucket: a burst and a rate per second; times are seconds of a monotonic clock."""

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self.rate = rate
        self.burst = burst
        self._left = burst
        self._at = now

    def take(self, now: float) -> float:
        """Take one token, and return the seconds to wait until it is available."""
        self._left = min(self.burst, self._left + self.rate * (now - self._at)) - 1
        self._at = now
        return max(0.0, -self._left / self.rate)


class Buckets:
    """The buckets of addresses (of networks for IPv6); the least recently seen are dropped when there are too many."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, address: str, now: float) -> float:
        """Count a message from an address, and return the seconds to wait before reading it."""
        name = network(address)  # one machine owns all addresses of a network
        bucket = self._buckets.get(name)
        if bucket is None:
            bucket = self._buckets[name] = Bucket(ADDRESS_RATE, ADDRESS_BURST, now)
        self._buckets.move_to_end(name)
        while len(self._buckets) > MOST_ADDRESSES:
            self._buckets.popitem(last=False)
        return bucket.take(now)


buckets = Buckets()


def read_in_small_pieces() -> None:
    """Make the server read little of a socket at once: a quarter of a megabyte may hold twenty thousand messages.

    All of them are unpacked before the app is asked whether it wants more, and no one else is served in the meantime.
    """
    transport = getattr(asyncio.selector_events, "_SelectorTransport", None)
    if transport is not None:
        transport.max_size = PIECE


log = logging.getLogger("blindpair")


def slowed(
    receive: Receive, send: Send, address: str, clock: Callable[[], float] = time.monotonic
) -> tuple[Receive, Send]:
    """Return a websocket's receive and send, limited to the pace of a person."""
    own = Bucket(SOCKET_RATE, SOCKET_BURST, clock())
    n_ahead = 0
    is_closed = False

    async def receive_slowly() -> Message:
        nonlocal n_ahead, is_closed
        next_one = asyncio.ensure_future(receive())
        try:
            await asyncio.sleep(0)
            was_there = next_one.done()
            message = await next_one
        except asyncio.CancelledError:
            next_one.cancel()
            raise
        if message["type"] != "websocket.receive":
            return message
        now = clock()
        wait = own.take(now)
        n_ahead = n_ahead + 1 if was_there else 0
        if n_ahead > SOCKET_BURST:  # also if the app is too busy to read as fast as it should
            wait = max(wait, 1 / AHEAD_RATE)
        if n_ahead > MOST_AHEAD:
            is_closed = True
            logs.tell(
                "flood_ended",
                "A websocket from %s was closed: it sent more messages than a person could",
                address,
                level=logging.WARNING,
                address=address,
            )
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})
            return {"type": "websocket.disconnect", "code": POLICY_VIOLATION}
        wait = max(wait, buckets.take(address, now))
        if wait:
            await asyncio.sleep(wait)
        return message

    async def send_while_open(message: Message) -> None:
        if not is_closed:
            await send(message)

    return receive_slowly, send_while_open
