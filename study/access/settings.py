"""The settings of access, from the environment or a small TOML file."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from study.errors import InvalidInput
from study.tables import lookup

FILE = "BLINDPAIR_ACCESS"
NAMES = {
    "researchers": "BLINDPAIR_RESEARCHERS",
    "viewers": "BLINDPAIR_VIEWERS",
    "idle_minutes": "BLINDPAIR_IDLE_MINUTES",
    "session_hours": "BLINDPAIR_SESSION_HOURS",
    "unverified_email": "BLINDPAIR_UNVERIFIED_EMAIL",
}
EMAIL = re.compile(r"[^@\s,;<>\"']+@[^@\s,;<>\"']+")
MOST_MINUTES, MOST_HOURS = 7 * 24 * 60, 30 * 24


@dataclass(frozen=True, slots=True)
class AccessSettings:
    """Who may sign in by OpenID Connect, and how long a session lasts.

    Attributes
    ----------
    researchers, viewers : frozenset of str
        E-mail addresses, in lower case.
    idle, longest : timedelta
        A session ends after ``idle`` without a page view, and at the latest after ``longest``.
    unverified_email : bool
        Whether addresses that the identity provider has not verified are accepted.
    """

    researchers: frozenset[str] = frozenset()
    viewers: frozenset[str] = frozenset()
    idle: timedelta = timedelta(hours=2)
    longest: timedelta = timedelta(hours=12)
    unverified_email: bool = False


def read_access(environment: Mapping[str, str]) -> AccessSettings:
    """Return the settings from the environment and from the file named by its BLINDPAIR_ACCESS.

    Raises
    ------
    InvalidInput
        If a setting has a wrong value (the message names the setting, its value and the allowed values), or is set in
        both places.
    """
    given = {name: environment[variable] for name, variable in NAMES.items() if environment.get(variable)}
    from_file = _file(environment[FILE]) if environment.get(FILE) else {}
    for name in from_file:
        if name in given:
            raise InvalidInput(
                f"{name} is set twice: by {NAMES[name]} and in {environment[FILE]}; keep one of them"
            )
    found: dict[str, object] = {**from_file, **given}
    researchers, viewers = (_addresses(name, found.get(name, "")) for name in ("researchers", "viewers"))
    both = sorted(researchers & viewers)
    if both:
        raise InvalidInput(f"{both[0]!r} is listed as a researcher and as a viewer; keep it in one list")
    return AccessSettings(
        researchers,
        viewers,
        timedelta(minutes=_number("idle_minutes", found.get("idle_minutes", 120), MOST_MINUTES)),
        timedelta(hours=_number("session_hours", found.get("session_hours", 12), MOST_HOURS)),
        _is_allowed(found.get("unverified_email", "refuse")),
    )


def _file(path: str) -> dict[str, object]:
    try:
        settings = tomllib.loads(Path(path).read_text("utf-8"))
    except OSError as error:
        raise InvalidInput(f"{FILE} names {path!r}, which cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path}, which {FILE} names, is not TOML: {error}") from None
    for name in settings:
        lookup(NAMES, name, f"setting of {path}")
    return settings


def _addresses(name: str, value: object) -> frozenset[str]:
    parts = re.split(r"[,;\s]+", value) if isinstance(value, str) else value
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        raise InvalidInput(f"{NAMES[name]} (or {name} in a file): give a list of e-mail addresses")
    found = [part.strip() for part in parts if part.strip()]
    for address in found:
        if not EMAIL.fullmatch(address):
            raise InvalidInput(
                f"{NAMES[name]}: {address!r:.80} is not an e-mail address; write it like ada@example.org"
            )
    return frozenset(address.casefold() for address in found)


def _number(name: str, value: object, most: int) -> float:
    try:
        number = float(value) if isinstance(value, int | float | str) else 0.0
    except ValueError:
        number = 0.0
    if not 0 < number <= most:
        raise InvalidInput(f"{NAMES[name]}: {value!r:.40}; give a number above 0, at most {most:,}")
    return number


def _is_allowed(value: object) -> bool:
    if value not in ("allow", "refuse"):
        raise InvalidInput(f"{NAMES['unverified_email']}: {value!r:.40}; give allow or refuse")
    return value == "allow"
