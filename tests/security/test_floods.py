"""Floods: uploads and messages of strangers cost the app next to nothing."""

import asyncio
import http.client
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.types import Message
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from study.ui.server import flood_limits
from tests import loops
from tests.browser.conftest import KEY, App
from tests.security.observed import got
from tests.security.wire import connected, signed_in_cookie

MEGABYTE = 1 << 20
FLOOD = 5000  # messages of a socket
PATIENCE = 120
XSRF = "2|11111111|22222222222222222222222222222222|1764000000"


def resident(app: App) -> float:
    """Return the memory of the app in MB."""
    status = Path(f"/proc/{app.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def uploaded(app: App, session_id: str, size: int, cookie: str = "", method: str = "PUT") -> tuple[int, int]:
    """Send a file as a browser would; return the status, and how many bytes could be sent until it came."""
    connection = http.client.HTTPConnection(urlsplit(app.url).netloc, timeout=60)
    name, head = "0f0f", b'--b\r\nContent-Disposition: form-data; name="0f0f"; filename="x.csv"\r\n\r\n'
    tail = b"\r\n--b--\r\n"
    connection.putrequest(method, f"/_stcore/upload_file/{session_id}/{name}")
    connection.putheader("Content-Type", "multipart/form-data; boundary=b")
    connection.putheader("Content-Length", str(len(head) + size + len(tail)))
    connection.putheader("Cookie", "; ".join(one for one in (f"_streamlit_xsrf={XSRF}", cookie) if one))
    connection.putheader("X-Xsrftoken", XSRF)
    connection.endheaders()
    sent = 0
    try:
        connection.send(head)
        while sent < size:
            connection.send(b"x" * min(MEGABYTE, size - sent))
            sent += min(MEGABYTE, size - sent)
        connection.send(tail)
    except OSError:
        pass  # it hung up
    try:
        status = connection.getresponse().status
    except OSError:
        status = 403  # the answer was lost with the connection, as what was sent was not read
    connection.close()
    got(f"HTTP {status} to {method} of {size:,} bytes after {sent:,} were sent")
    return status, sent


def test_a_stranger_uploads_nothing_and_no_byte_of_it_is_kept(app: App) -> None:
    stranger = connected(app.url)
    stranger.open("")
    before = resident(app)
    for _ in range(3):
        status, sent = uploaded(app, stranger.session_id, 200 * MEGABYTE)
        assert status == 403
        assert sent < 50 * MEGABYTE, "what the network held, and no more"
    grown = resident(app) - before
    got(f"the app grew by {grown:.0f} MB")
    assert grown < 60
    stranger.close()


@pytest.mark.parametrize("cookie", ["blindpair_session=chosen", "blindpair_device=chosen", "a rater's"])
def test_who_is_no_researcher_uploads_nothing(app: App, cookie: str) -> None:
    client = connected(app.url)
    client.open("")
    cookie = "blindpair_device=cookie-of-a-rater0" if cookie == "a rater's" else cookie
    assert uploaded(app, client.session_id, 10, cookie)[0] == 403
    assert uploaded(app, client.session_id, 10, cookie, method="DELETE")[0] == 403
    client.close()


def test_a_researcher_uploads_and_after_signing_out_does_not(app: App) -> None:
    cookie = signed_in_cookie(app.url, KEY)
    client = connected(app.url, cookie=cookie)
    client.open("")
    assert uploaded(app, client.session_id, MEGABYTE, cookie)[0] == 204
    client.open("", button=client.buttons()["Sign out"])
    assert uploaded(app, client.session_id, MEGABYTE, cookie)[0] == 403
    client.close()


def flood(app: App, counts: list[int], closed: list[int]) -> None:
    """Send far more messages than a person does, and wait until the app hangs up."""
    message = BackMsg()
    message.rerun_script.query_string = ""
    text = message.SerializeToString()
    address = app.url.replace("http", "ws", 1) + "/_stcore/stream"
    protocols: Any = ["streamlit", "none"]
    with connect(
        address, subprotocols=protocols, ping_interval=None, close_timeout=0.1, proxy=None, max_size=None
    ) as socket:
        sent = 0
        try:
            for _ in range(FLOOD):
                socket.send(text)
                sent += 1
            while True:
                socket.recv(timeout=PATIENCE)
        except ConnectionClosed:
            closed.append(sent)
        except TimeoutError:
            pass  # it did not hang up
    counts.append(sent)


def health(app: App) -> int:
    connection = http.client.HTTPConnection(urlsplit(app.url).netloc, timeout=PATIENCE)
    connection.request("GET", "/healthz")
    status = connection.getresponse().status
    connection.close()
    return status


def test_the_app_answers_during_a_flood_of_messages_and_hangs_up_on_it(app: App) -> None:
    counts: list[int] = []
    closed: list[int] = []
    threads = [threading.Thread(target=flood, args=(app, counts, closed)) for _ in range(5)]
    for thread in threads:
        thread.start()
    waits = []
    while any(thread.is_alive() for thread in threads):
        begun = time.monotonic()
        assert health(app) in (200, 503)  # 503: a machine too busy to be quick says so
        waits.append(time.monotonic() - begun)
        time.sleep(0.2)
    for thread in threads:
        thread.join()
    got(f"5 sockets sent {sum(counts):,} messages; /healthz took {max(waits):.2f} s at most")
    assert len(closed) == 5, "each was hung up on"
    assert "sent more messages than a person could" in app.output.read_text()
    assert "Traceback" not in app.output.read_text()
    rater = connected(app.url)
    assert "Researcher key" in rater.open(""), "others are served as before"
    rater.close()


class Socket:
    """A websocket that is fed by hand, and a clock that sleeping moves on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, pace: Callable[[int], float]) -> None:
        self.now = 1000.0
        self.pace = pace
        self.n_read = 0
        self.slept: list[float] = []
        self.sent: list[Message] = []

        real = asyncio.sleep

        async def sleep(seconds: float) -> None:
            if not seconds:
                await real(0)
                return
            self.slept.append(seconds)
            self.now += seconds

        monkeypatch.setattr(flood_limits.asyncio, "sleep", sleep)
        monkeypatch.setattr(flood_limits, "buckets", flood_limits.Buckets())

    async def receive(self) -> Message:
        if pause := self.pace(self.n_read):
            self.now += pause
            await asyncio.to_thread(int)  # it is not there yet
        self.n_read += 1
        return {"type": "websocket.receive", "bytes": b""}

    async def send(self, message: Message) -> None:
        self.sent.append(message)

    def open(self, address: str = "1.2.3.4") -> tuple[Any, Any]:
        return flood_limits.slowed(self.receive, self.send, address, lambda: self.now)


def heard(receive: Callable[[], Awaitable[Message]], most: int) -> list[str]:
    async def all_of() -> list[str]:
        kinds = []
        for _ in range(most):
            kinds.append((await receive())["type"])
            if kinds[-1] == "websocket.disconnect":
                break
        return kinds

    return loops.run(all_of())


@pytest.mark.parametrize(
    "pace",
    [
        lambda _: 0.15,
        lambda number: 0.0 if number % 80 else 30.0,
        lambda number: 0.03 if number % 90 else 20.0,
    ],
    ids=[
        "a click every 150 ms for long",
        "a page that asks for 80 things at once",
        "30 a second for three seconds",
    ],
)
def test_what_a_person_sends_is_never_slowed(
    monkeypatch: pytest.MonkeyPatch, pace: Callable[[int], float]
) -> None:
    socket = Socket(monkeypatch, pace)
    receive, _ = socket.open()
    assert heard(receive, 3000) == ["websocket.receive"] * 3000
    got(f"{len(socket.slept)} of 3,000 messages slowed")
    assert socket.slept == []


@pytest.mark.thorough
def test_two_hundred_raters_behind_one_address_are_not_slowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each clicks every two to six seconds; all of them load the page at once, too."""
    socket = Socket(monkeypatch, lambda number: 0.0 if number < 800 else 4.0 / 200)
    receivers = [socket.open()[0] for _ in range(200)]
    for turn in range(40):
        for receive in receivers:
            assert heard(receive, 1) == ["websocket.receive"], turn
    got(f"{len(socket.slept)} of 8,000 messages slowed")
    assert socket.slept == []


def test_who_sends_without_end_is_slowed_and_then_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    socket = Socket(monkeypatch, lambda _: 0.0)
    receive, send = socket.open()
    kinds = heard(receive, 10_000)
    got(f"{len(kinds):,} messages in {socket.now - 1000:.0f} s, then closed")
    assert kinds[-1] == "websocket.disconnect"
    assert len(kinds) <= flood_limits.MOST_AHEAD + 1
    assert socket.sent == [{"type": "websocket.close", "code": flood_limits.POLICY_VIOLATION}]
    loops.run(send({"type": "websocket.send", "bytes": b"late"}))
    assert len(socket.sent) == 1, "nothing is said into a socket that was closed"


def test_a_program_that_waits_for_each_answer_is_slowed_and_not_hung_up_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    socket = Socket(monkeypatch, lambda _: 0.01)
    receive, _ = socket.open()
    assert heard(receive, 2000) == ["websocket.receive"] * 2000
    got(f"2,000 messages in {socket.now - 1000:.0f} s")
    assert socket.slept


def test_many_sockets_of_one_address_share_what_it_may_send(monkeypatch: pytest.MonkeyPatch) -> None:
    socket = Socket(monkeypatch, lambda _: 0.0)
    receivers = [socket.open()[0] for _ in range(100)]
    for _ in range(50):
        for receive in receivers:
            heard(receive, 1)
    rate = (5000 - flood_limits.ADDRESS_BURST) / (socket.now - 1000)
    got(f"5,000 messages of 100 sockets: {rate:.0f} a second")
    assert rate <= flood_limits.ADDRESS_RATE * 1.01
    assert heard(socket.open("5.6.7.8")[0], 1) == ["websocket.receive"]


def test_one_machine_has_all_addresses_of_an_ipv6_network_and_sends_as_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    socket = Socket(monkeypatch, lambda _: 0.0)
    receivers = [socket.open(f"2001:db8:1:2::{number:x}")[0] for number in range(100)]
    for _ in range(50):
        for receive in receivers:
            heard(receive, 1)
    seconds = socket.now - 1000
    got(f"5,000 messages of 100 addresses of one /64: in {seconds:.0f} s")
    assert seconds >= (5000 - flood_limits.ADDRESS_BURST) / flood_limits.ADDRESS_RATE / 1.01


def test_the_addresses_of_one_network_drive_nobody_out() -> None:
    """Who has been slowed down stays so, however many addresses a stranger's machine goes through."""
    buckets = flood_limits.Buckets()
    for _ in range(int(flood_limits.ADDRESS_BURST) + 10):
        wait = buckets.take("203.0.113.9", 0.0)
    for number in range(flood_limits.MOST_ADDRESSES + 1):
        buckets.take(f"2001:db8:1:2::{number:x}", 0.0)
    after = buckets.take("203.0.113.9", 0.0)
    got(
        f"a wait of {wait:.2f} s before {flood_limits.MOST_ADDRESSES + 1:,} other addresses, of {after:.2f} s after them"
    )
    assert after > wait > 0
