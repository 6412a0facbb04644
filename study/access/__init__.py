"""Sign-in of researchers and viewers: roles, sessions, throttling of guesses. No web, no database."""

from study.access.people import NOBODY, Person, Role, person_of_login
from study.access.sessions import Session, Sessions
from study.access.settings import AccessSettings, read_access
from study.access.throttle import Refusals, Throttle
from study.access.tickets import Entry, Tickets

__all__ = [
    "NOBODY",
    "AccessSettings",
    "Entry",
    "Person",
    "Refusals",
    "Role",
    "Session",
    "Sessions",
    "Throttle",
    "Tickets",
    "person_of_login",
    "read_access",
]
