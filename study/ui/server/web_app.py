"""The web server around the script: start-up, response headers, cookies, the researcher's link."""

import gc
import logging
import os
import socket
import stat
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from secrets import token_urlsafe
from threading import Thread
from urllib.parse import urlencode, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config
from streamlit.runtime.pages_manager import PagesManager

from study import __version__, logs, store
from study.access import Entry
from study.errors import NotAllowed, StudyError
from study.protocol.design_parts import MTURK_HOSTS
from study.ui.server import (
    access,
    backup_schedule,
    flood_limits,
    maintenance_requests,
    shutdown,
    sign_in,
    worker_pool,
)
from study.ui.server.addresses import app_address
from study.ui.server.open_database import close_for_good, opened_database

log = logging.getLogger("blindpair")

# `blob:` scripts are Streamlit's inline components; nothing else is loaded from outside.
MTURK = " ".join(f"https://{host}" for host in MTURK_HOSTS)
POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; connect-src 'self' ws: wss:; "
    f"object-src 'none'; base-uri 'self'; form-action 'self' {MTURK}; frame-ancestors 'none'"
)
# MTurk shows a task in a frame of its worker pages. Only the judge page may be framed; the researcher's session cookie
# is not sent to a frame on another site (SameSite=Lax).
FRAMING = f"frame-ancestors 'self' {MTURK} https://worker.mturk.com"
JUDGE_POLICY = POLICY.replace("frame-ancestors 'none'", FRAMING)
HEADERS = {
    "content-security-policy": POLICY,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
# Streamlit answers these without authentication: counts of sessions and users, and an interface for programs.
CLOSED = ("metrics", "agent")
YEAR = 365 * 24 * 3600
# Threads switch after this long instead of Python's 5 ms: a rater's click yields dozens of times, and would wait that
# long each time while a researcher's page computes.
TURN_SECONDS = 0.0005


def lifespan_with(
    load_analyses: Callable[[], None],
) -> Callable[[object], AbstractAsyncContextManager[None]]:
    """Return the app's lifespan; ``load_analyses`` loads the modules of result pages if a study is big."""
    return lambda _app: lifespan(load_analyses)


@asynccontextmanager
async def lifespan(load_analyses: Callable[[], None]) -> AsyncIterator[None]:
    """Open the database and print the researcher's link; at shutdown, write everything to the file."""
    try:
        logs.set_up(os.environ)
        _refuse_spoofed_users()
        access.check_settings()
        every = backup_schedule.backup_interval()
        db = opened_database()
    except StudyError as error:
        print(f"\n  {error}\n", flush=True)
        raise SystemExit(1) from None
    # As st.navigation does on its first run. Until then Streamlit would serve files of pages/ by their URL directly.
    PagesManager.uses_pages_directory = False
    print(f"  {_way_in()}\n", flush=True)
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(TURN_SECONDS)
    Thread(target=_read_boards, args=(db, load_analyses), name="blindpair boards", daemon=True).start()
    schedule = backup_schedule.Schedule(db, every) if every else None
    watch = maintenance_requests.Watch(db)
    logs.tell(
        "started",
        "Blindpair %s is up",
        __version__,
        version=__version__,
        port=config.get_option("server.port"),
    )
    _send_at_once()
    flood_limits.read_in_small_pieces()
    _read_theme_once()
    with shutdown.graceful_stop():
        yield
    shutdown.end_work()
    watch.stop()
    if schedule:
        schedule.stop()
    close_for_good()
    logs.tell(
        "stopped",
        "Blindpair %s has stopped; everything is saved in the database",
        __version__,
        version=__version__,
    )


def _send_at_once() -> None:
    """Disable Nagle's algorithm on the server's sockets; their connections inherit it.

    asyncio does not do so for the sockets that Streamlit binds, so the end of a page was held back until its beginning
    was acknowledged, which browsers may delay by 40 ms.
    """
    for place in Path("/dev/fd").iterdir():
        with suppress(OSError):
            if not stat.S_ISSOCK(place.stat().st_mode):
                continue
            with socket.socket(fileno=os.dup(int(place.name))) as one:
                if one.family != socket.AF_UNIX and one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _read_theme_once() -> None:
    """Make Streamlit search its theme options once instead of six times a click, which saves a tenth of a click's work."""
    find = config.get_options_for_section
    known: dict[tuple[int, str], dict[str, object]] = {}

    def options(section: str) -> dict[str, object]:
        if not section.startswith("theme"):
            return find(section)
        key = id(config.get_config_options()), section  # a changed file creates new options
        if key not in known:
            known[key] = find(section)
        return known[key]

    config.get_options_for_section = options


def _read_boards(db: store.Database, load_analyses: Callable[[], None]) -> None:
    """Load the boards, from which raters get places, before raters come: half a minute for a million judgments.

    If researchers may open a big study, then load the modules of their pages.
    """
    try:
        store.read_boards(db)
        if any(worker_pool.is_big(db, study.study_id) for study in store.all_studies(db)):
            load_analyses()
    except StudyError as error:  # the first rater's read raises it again and reports it
        logs.log_failure("boards_not_read", error)
    gc.freeze()  # these objects stay: scanning them for garbage would hold up everyone


def _way_in() -> str:
    """Return how a researcher signs in. A configured key is not printed, because the output may be kept in a log."""
    if access.is_configured() and not access.KEY_IS_SET:
        return f"Researchers: {app_address()}, where they sign in"
    if not access.KEY_IS_SET:
        return f"Researcher link (keep it to yourself): {app_address()}?{urlencode({'key': access.KEY})}"
    if len(access.KEY) < access.SHORTEST_KEY:
        log.warning(
            "BLINDPAIR_RESEARCHER_KEY is too short: set a key of at least %d characters", access.SHORTEST_KEY
        )
    return f"Researchers: {app_address()} with the key that is set in BLINDPAIR_RESEARCHER_KEY"


def _refuse_spoofed_users() -> None:
    """Refuse a setting that lets any client claim to be anyone."""
    if config.get_option("server.trustedUserHeaders"):
        raise NotAllowed(
            "server.trustedUserHeaders is set: anyone who can reach the app could send such a header and "
            "pose as anyone else. Remove it from the configuration, and sign in with OpenID Connect "
            "instead."
        )


class Guard:
    """Send security headers, give each browser a cookie, and take the key out of the address."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "websocket" and _is_of_a_neighbour(Headers(scope=scope)):
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] == "websocket":
            receive, send = flood_limits.slowed(receive, send, _address(scope))
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        if _is_closed(request.url.path):
            await PlainTextResponse("Not found", status_code=404)(scope, receive, send)
            return
        if _is_upload(request) and not _is_researcher(request):  # refused before reading a byte
            refusal = PlainTextResponse("Only researchers may upload files", status_code=403)
            await refusal(scope, receive, _hanging_up(send))
            return
        is_page = request.method == "GET" and "text/html" in request.headers.get("accept", "")
        known = request.cookies.get(access.DEVICE_COOKIE)
        device = known or token_urlsafe(24)
        is_secure = request.url.scheme == "https"

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                if is_page and request.url.path.endswith("/judge"):
                    headers["content-security-policy"] = JUDGE_POLICY
                    del headers["x-frame-options"]
                if is_page and not known:
                    headers.append("set-cookie", device_cookie(device, secure=is_secure))
            await send(message)

        shown = next((name for name in ("key", sign_in.ENTRY_TICKET) if name in request.query_params), None)
        if is_page and shown:
            entry = await run_in_threadpool(_entry, shown, request.query_params[shown], device, request)
            if entry or shown == sign_in.ENTRY_TICKET:
                answer = RedirectResponse(_without(shown, request), status_code=303)
                if entry:
                    secret = token_urlsafe(24)
                    await run_in_threadpool(sign_in.begin, entry, secret)
                    answer.headers.append("set-cookie", session_cookie(secret, secure=is_secure))
                await answer(scope, receive, send_with_headers)
                return
        await self.app(scope, receive, send_with_headers)


def _is_of_a_neighbour(headers: Headers) -> bool:
    """Return whether a websocket was opened by a page of another server on the same host.

    Browsers send it this server's cookies, because cookies ignore ports, and Streamlit accepts it.
    """
    origin, host = urlsplit(headers.get("origin", "")), urlsplit("//" + headers.get("host", ""))
    if not origin.hostname or origin.hostname != host.hostname:
        return False
    default = 443 if origin.scheme == "https" else 80
    return (origin.port or default) != (host.port or default)


def _is_closed(path: str) -> bool:
    """Return whether a path is closed to everyone."""
    _, found, rest = path.partition("/_stcore/")
    return bool(found) and rest.split("/")[0] in CLOSED


def _is_upload(request: Request) -> bool:
    """Return whether a request uploads or deletes a file."""
    return "/_stcore/upload_file/" in request.url.path and request.method not in ("GET", "HEAD", "OPTIONS")


def _is_researcher(request: Request) -> bool:
    """Return whether the browser has a researcher's session."""
    return access.present(request.cookies.get(access.SESSION_COOKIE)).role == "researcher"


def _hanging_up(send: Send) -> Send:
    """Return a send that closes the connection after the answer, because further data from the client is not wanted."""

    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)["connection"] = "close"
        await send(message)

    return answer


def _address(scope: Scope) -> str:
    """Return the client address of a request, as named by a trusted proxy or the network."""
    return scope["client"][0] if scope.get("client") else "this machine"


def _entry(shown: str, value: str, device: str, request: Request) -> Entry | None:
    """Return the sign-in by a key or ticket in an address; None if it is invalid."""
    browser = access.browser_of(device) or ""
    if shown == sign_in.ENTRY_TICKET:
        return access.tickets.take(value, browser, time.monotonic())
    address = _address(request.scope)
    found = access.show_key(value, address=address, known_browser=sign_in.known_browser(device))
    if found.person is not None:
        return Entry(found.person, "link", browser)
    if not found.wait:
        sign_in.note_refusal(address)
    return None


def _without(name: str, request: Request) -> str:
    """Return the address of a request without one parameter."""
    rest = [(each, value) for each, value in request.query_params.multi_items() if each != name]
    return "/" + request.url.path.lstrip("/") + ("?" + urlencode(rest) if rest else "")


def device_cookie(device: str, *, secure: bool) -> str:
    """Return the Set-Cookie value that recognises a browser; scripts cannot read it."""
    return _cookie(access.DEVICE_COOKIE, device, YEAR, secure=secure)


def session_cookie(secret: str, *, secure: bool) -> str:
    """Return the Set-Cookie value of a session; it expires no later than the session."""
    longest = int(access.settings().longest.total_seconds())
    return _cookie(access.SESSION_COOKIE, secret, longest, secure=secure)


def _cookie(name: str, value: str, seconds: int, *, secure: bool) -> str:
    parts = [f"{name}={value}", "Path=/", f"Max-Age={seconds}", "HttpOnly", "SameSite=Lax"]
    return "; ".join([*parts, "Secure"] if secure else parts)


MIDDLEWARE = [Middleware(Guard)]
