"""/healthz: whether the app and its database can serve raters, for a proxy, a watchdog or a person. It names no study.

``streamlit run app.py`` serves an ``App``, which accepts extra routes. Streamlit's ``/_stcore/health`` only shows that
the web server runs.
"""

import asyncio
import time
from typing import Literal

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from study import __version__, logs
from study.errors import DatabaseBusy, StudyError
from study.ui.server import pauses
from study.ui.server.addresses import under_base
from study.ui.server.open_database import opened_database

PATIENCE = 1.0
GRACE = 0.5

StoreState = Literal["ok", "busy", "slow", "error"]

_started = time.monotonic()
_question: "asyncio.Task[StoreState] | None" = None


async def healthz(_request: Request) -> JSONResponse:
    """Answer 200 if raters can be served or are asked to wait for maintenance, else 503 with the kind of failure."""
    found = await _store_state()
    status = "stopping" if pauses.is_stopping() else "failing" if found != "ok" else pauses.state()
    body: dict[str, object] = {
        "status": status,
        "version": __version__,
        "store": found,
        "uptime_seconds": int(time.monotonic() - _started),
    }
    code = 200 if status in ("ok", "maintenance") else 503
    return JSONResponse(body, status_code=code, headers={"cache-control": "no-store"})


def health_routes() -> list[Route]:
    """Return the route, below the app's base path."""
    return [Route(under_base(pauses.HEALTH), healthz, methods=["GET"])]


async def _store_state() -> StoreState:
    """Check the database, one check at a time, so that checks do not pile up."""
    global _question
    if _question is None or _question.done():
        _question = asyncio.create_task(run_in_threadpool(_ask))
    try:
        return await asyncio.wait_for(asyncio.shield(_question), PATIENCE + GRACE)
    except TimeoutError:
        return "slow"


def _ask() -> StoreState:
    try:
        opened_database().probe(PATIENCE)
    except DatabaseBusy:
        return "busy"
    except StudyError as error:
        logs.log_failure("database_failed", error)
        return "error"
    return "ok"
