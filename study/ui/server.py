"""The web server around the script: start-up, response headers, the device cookie, the researcher's link."""

import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from secrets import token_urlsafe
from urllib.parse import urlencode

from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config
from streamlit.runtime.pages_manager import PagesManager

from study.design.parts import MTURK_HOSTS
from study.errors import StudyError
from study.ui import access, backups, state

log = logging.getLogger("blindpair")

# `blob:` scripts are Streamlit's inline components; nothing else comes from outside.
MTURK = " ".join(f"https://{host}" for host in MTURK_HOSTS)
POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; connect-src 'self' ws: wss:; "
    f"object-src 'none'; base-uri 'self'; form-action 'self' {MTURK}; frame-ancestors 'none'"
)
# MTurk shows a task in a frame of its worker pages. Only the judge page may stand in one; the cookie that makes a browser the
# researcher's is not sent to a frame on another site (SameSite=Lax).
FRAMING = f"frame-ancestors 'self' {MTURK} https://worker.mturk.com"
JUDGE_POLICY = POLICY.replace("frame-ancestors 'none'", FRAMING)
HEADERS = {
    "content-security-policy": POLICY,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
YEAR = 365 * 24 * 3600


@asynccontextmanager
async def lifespan(_app: object) -> AsyncIterator[None]:
    """Open the database, print the researcher's link; write everything to the file at the end."""
    try:
        db = state.database()
        every = backups.interval()
    except StudyError as error:
        print(f"\n  {error}\n", flush=True)
        raise SystemExit(1) from None
    # What st.navigation does on its first run. Until then Streamlit would serve a file of pages/ by its URL directly.
    PagesManager.uses_pages_directory = False
    print(f"  Researcher link (keep it to yourself): {researcher_link()}\n", flush=True)
    gc.collect()
    gc.freeze()
    schedule = backups.Schedule(db, every) if every else None
    yield
    if schedule:
        schedule.stop()
    state.close_database()


def researcher_link() -> str:
    """Return the address that makes a browser the researcher's."""
    host = config.get_option("server.address") or config.get_option("browser.serverAddress")
    port = config.get_option("server.port")
    path = str(config.get_option("server.baseUrlPath")).strip("/")
    return f"http://{host}:{port}/{path + '/' if path else ''}?{urlencode({'key': access.KEY})}"


class Guard:
    """Send security headers, give each browser a cookie, and take the key out of the address."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        is_page = request.method == "GET" and "text/html" in request.headers.get("accept", "")
        known = request.cookies.get(access.DEVICE_COOKIE)
        device = known or token_urlsafe(24)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                if is_page and request.url.path.endswith("/judge"):
                    headers["content-security-policy"] = JUDGE_POLICY
                    del headers["x-frame-options"]
                if is_page and not known:
                    headers.append("set-cookie", device_cookie(device, secure=request.url.scheme == "https"))
            await send(message)

        key = request.query_params.get("key")
        if is_page and key is not None and access.is_key(key):
            access.remember(device)
            rest = [(name, value) for name, value in request.query_params.multi_items() if name != "key"]
            where = "/" + request.url.path.lstrip("/") + ("?" + urlencode(rest) if rest else "")
            await RedirectResponse(where, status_code=303)(scope, receive, send_with_headers)
            return
        await self.app(scope, receive, send_with_headers)


def device_cookie(device: str, *, secure: bool) -> str:
    """Return the Set-Cookie value that lets a browser be known again; no script can read it."""
    parts = [f"{access.DEVICE_COOKIE}={device}", "Path=/", f"Max-Age={YEAR}", "HttpOnly", "SameSite=Lax"]
    return "; ".join([*parts, "Secure"] if secure else parts)


MIDDLEWARE = [Middleware(Guard)]
