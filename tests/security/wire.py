"""A client that speaks Streamlit's protocol and sends what no browser would."""

import http.client
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.benchmarks.websocket_rater import component_buttons, pressed_widget
from tests.security.observed import got, got_page

COOKIE = "blindpair_device"


@dataclass
class Client:
    """One websocket; ``messages`` is all that came."""

    url: str
    socket: ClientConnection
    messages: list[ForwardMsg] = field(default_factory=list)

    @property
    def session_id(self) -> str:
        return next(m.new_session.initialize.session_id for m in self.messages if m.HasField("new_session"))

    def open(self, page: str, query: str = "", *, button: str | None = None) -> str:
        """Ask for a page, or press a button of it; return everything that came of it, as text."""
        message = BackMsg()
        message.rerun_script.query_string = query
        message.rerun_script.page_name = page
        message.rerun_script.context_info.url = f"{self.url}/{page}"
        if button:
            message.rerun_script.widget_states.widgets.append(pressed_widget(button))
        return self.send(message)

    def send(self, message: BackMsg) -> str:
        """Send a message and return all that comes until the script has ended."""
        start = len(self.messages)
        self.socket.send(message.SerializeToString())
        while True:
            answer = ForwardMsg()
            answer.ParseFromString(self.socket.recv(timeout=60))  # type: ignore[arg-type]
            self.messages.append(answer)
            if (
                answer.HasField("script_finished")
                and answer.script_finished != answer.FINISHED_EARLY_FOR_RERUN
            ):
                got_page(self.messages[start:])
                return "\n".join(str(one) for one in self.messages[start:])

    def buttons(self) -> dict[str, str]:
        """Return the ids of the buttons that came, by their labels."""
        found = {}
        for message in self.messages:
            element: Any = message.delta.new_element
            if message.HasField("delta") and element.HasField("button"):
                found[element.button.label] = element.button.id
            found |= {label: name for name, label in component_buttons(element).items()}
        return found

    def close(self) -> None:
        self.socket.close()


def connected(
    url: str,
    *,
    cookie: str | None = None,
    origin: str | None = None,
    session_id: str | None = None,
    headers: dict[str, str] | None = None,
) -> Client:
    """Open a websocket to a running app, as a browser with this cookie would, or as one that claims a session."""
    sent = dict(headers or {})
    if cookie:
        sent["Cookie"] = cookie if "=" in cookie else f"{COOKIE}={cookie}"
    protocols: Any = ["streamlit", "none", *([session_id] if session_id else [])]
    try:
        socket = connect(
            url.replace("http", "ws", 1) + "/_stcore/stream",
            origin=origin,  # type: ignore[arg-type]
            additional_headers=sent,
            subprotocols=protocols,
            max_size=None,
            proxy=None,
            legacy=True,
        )
    except InvalidStatus as error:
        got(f"websocket refused: HTTP {error.response.status_code}")
        raise
    return Client(url, socket)


def request(
    url: str, path: str, method: str = "GET", *, body: bytes = b"", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body of a plain request; headers are named with _ for -."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    headers_got: dict[str, str] = {}
    for name, value in answer.getheaders():
        before = headers_got.get(name.lower())
        headers_got[name.lower()] = f"{before}, {value}" if before else value
    found = answer.status, headers_got, answer.read()
    connection.close()
    got(f"HTTP {found[0]} to {method} {path.partition('?')[0]}")
    return found


def signed_in_cookie(url: str, key: str, page: str = "/") -> str:
    """Return the cookies of a browser that has opened the researcher link, as it sends them."""
    status, headers, _ = request(url, f"{page}?key={key}", Accept="text/html")
    assert status == 303, status
    return cookies_of(headers["set-cookie"])


def cookies_of(set_cookie: str, before: str = "") -> str:
    """Return the cookies that a browser sends after an answer; the session's is the last."""
    kept = dict(one.split("=", 1) for one in before.split("; ") if one)
    kept |= dict(re.findall(r"(blindpair_\w+)=([^;,]*)", set_cookie))
    return "; ".join(f"{name}={kept[name]}" for name in sorted(kept))
