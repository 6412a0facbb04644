"""Authentication: the keys, logins by OpenID Connect, and browser sessions."""

import hmac
import logging
import os
import time
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from secrets import token_urlsafe
from typing import NamedTuple

import streamlit as st

from study.access import (
    NOBODY,
    AccessSettings,
    Person,
    Refusals,
    Sessions,
    Throttle,
    Tickets,
    person_of_login,
    read_access,
)
from study.errors import InvalidInput

KEY_IS_SET = bool(os.environ.get("BLINDPAIR_RESEARCHER_KEY"))
KEY = os.environ.get("BLINDPAIR_RESEARCHER_KEY") or token_urlsafe(18)
VIEWER_KEY = os.environ.get("BLINDPAIR_VIEWER_KEY")
SHORTEST_KEY = 16
SHORTEST_SECRET = 32
# The first recognises a browser, above all a rater's. The second is the session of a researcher or a viewer: the server
# creates it after sign-in, so that a cookie planted earlier is worthless.
DEVICE_COOKIE = "blindpair_device"
SESSION_COOKIE = "blindpair_session"

throttle = Throttle()
refusals = Refusals()
tickets = Tickets()
log = logging.getLogger("blindpair")


class SignIn(NamedTuple):
    """The result of trying a key: the person it signs in, or None; and the seconds to wait if it came too soon."""

    person: Person | None
    wait: float = 0.0


@cache
def settings() -> AccessSettings:
    """Return the access settings, read once."""
    return read_access(os.environ)


def check_settings() -> None:
    """Raise InvalidInput if OpenID Connect is set up so that no one can sign in, or lacks a package."""
    known = settings()
    if not is_configured():
        if known.researchers or known.viewers:
            log.warning("There are lists of researchers or viewers, but no [auth] in .streamlit/secrets.toml")
        return
    if find_spec("authlib") is None:
        raise InvalidInput(
            ".streamlit/secrets.toml has [auth], but Authlib is not installed: pip install -r requirements.txt"
        )
    for name in ("redirect_uri", "cookie_secret"):
        if not st.secrets["auth"].get(name):
            raise InvalidInput(f".streamlit/secrets.toml has [auth] without {name}")
    if len(st.secrets["auth"]["cookie_secret"]) < SHORTEST_SECRET:
        raise InvalidInput(
            f".streamlit/secrets.toml: cookie_secret is too short; give at least {SHORTEST_SECRET} random "
            'characters, such as those that python -c "import secrets; print(secrets.token_urlsafe(32))" '
            "prints"
        )
    if not providers():
        raise InvalidInput(".streamlit/secrets.toml has [auth] without a client_id or a provider")
    if not known.researchers and not known.viewers:
        raise InvalidInput(
            "[auth] is set up, but no one is allowed to sign in: set BLINDPAIR_RESEARCHERS (and "
            "BLINDPAIR_VIEWERS) to e-mail addresses, or name a file that lists them in BLINDPAIR_ACCESS"
        )


@cache
def sessions() -> Sessions:
    """Return the sessions of this process."""
    return Sessions(settings().idle, settings().longest)


def person_of_key(candidate: str) -> Person | None:
    """Return the person that a key signs in, comparing in constant time; None for a wrong key."""
    keys = {"researcher": KEY, "viewer": VIEWER_KEY}
    given = candidate.encode("utf-8", "replace")
    is_of = {role: bool(key) and hmac.compare_digest(given, str(key).encode()) for role, key in keys.items()}
    if is_of["researcher"]:
        return Person("researcher key", "researcher")
    return Person("viewer key", "viewer") if is_of["viewer"] else None


def show_key(candidate: str, *, address: str, known_browser: str | None) -> SignIn:
    """Try a key, or return how long to wait before the next attempt."""
    return SignIn(
        *throttle.attempt(
            candidate, person_of_key, address=address, known=known_browser, now=time.monotonic()
        )
    )


def browser_of(device: str | None) -> str | None:
    """Return what is stored of a browser's cookie: enough to recognise the browser, not enough to impersonate it."""
    return sha256(device.encode("utf-8", "replace")).hexdigest()[:32] if device else None


def is_configured() -> bool:
    """Return whether OpenID Connect is set up in .streamlit/secrets.toml."""
    return bool(st.secrets.load_if_toml_exists()) and "auth" in st.secrets


def providers() -> list[str | None]:
    """Return the names of the identity providers; None represents the unnamed one."""
    auth = st.secrets["auth"]
    named: list[str | None] = [name for name, value in auth.items() if isinstance(value, Mapping)]
    return [None, *named] if "client_id" in auth else named


def login_claims() -> Mapping[str, object] | None:
    """Return the identity provider's claims on the current user; None without a login."""
    if not is_configured() or not st.user.is_logged_in:
        return None
    return st.user.to_dict()


def login_of(claims: Mapping[str, object]) -> tuple[str, float]:
    """Return a unique login id and its Unix timestamp."""
    issued = claims.get("iat")
    started = float(issued) if isinstance(issued, int | float) else time.time()
    parts = (claims.get("iss"), claims.get("sub"), claims.get("email"), issued)
    return "|".join(map(str, parts)), started


def person_of_claims(claims: Mapping[str, object]) -> Person:
    """Return the person that the identity provider vouches for, or raise NotAllowed with the reason."""
    return person_of_login(claims, settings())


def present(holder: str | None, *, use: bool = False) -> Person:
    """Return the person of a browser's session; nobody without a session or after its end."""
    session = sessions().find(holder, time.time(), use=use)
    return session.person if session else NOBODY
