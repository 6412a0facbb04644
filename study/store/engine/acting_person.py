"""The acting person: what they may change or see, and their name in the audit log."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar

from study.access import Person
from study.errors import NotAllowed

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

# Running the program itself, on the command line or in a notebook, needs access to the file and allows everything.
PROGRAM = Person("", "researcher")

_acting: ContextVar[Person] = ContextVar("acting", default=PROGRAM)


def act_as(person: Person) -> None:
    """Set the acting person for the rest of this thread."""
    _acting.set(person)


@contextmanager
def acting(person: Person) -> Iterator[None]:
    """Set the acting person for a block."""
    token = _acting.set(person)
    try:
        yield
    finally:
        _acting.reset(token)


def acting_person() -> Person:
    """Return the acting person."""
    return _acting.get()


def sees_identities() -> bool:
    """Return whether the acting person may read raters' external ids, names, links and free texts: all but viewers may."""
    return _acting.get().role != "viewer"


def researchers_only(action: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Restrict an action to researchers: it raises NotAllowed for others, and changes nothing."""

    @wraps(action)
    def guarded(*args: Parameters.args, **options: Parameters.kwargs) -> Result:
        require_researcher()
        return action(*args, **options)

    return guarded


def require_researcher() -> None:
    """Raise NotAllowed unless the acting person is a researcher."""
    if _acting.get().role == "viewer":
        raise NotAllowed("Viewers cannot change anything; ask a researcher of this study.")
    if _acting.get().role != "researcher":
        raise NotAllowed("Only a researcher may do this. Please sign in again: sessions end after some time.")


def require_signed_in() -> None:
    """Raise NotAllowed unless the acting person is a researcher or a viewer."""
    if _acting.get().role == "nobody":
        raise NotAllowed("Please sign in again: sessions end after some time.")
