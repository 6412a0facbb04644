"""On whose behalf the store is asked: what they may change, what they may see, and the name that the audit log keeps."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar

from study.access import Person
from study.errors import NotAllowed

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

# Who runs the program itself, on the command line or in a notebook, holds the file and may do everything.
PROGRAM = Person("", "researcher")

_acting: ContextVar[Person] = ContextVar("acting", default=PROGRAM)


def act_as(person: Person) -> None:
    """Let what follows in this thread be done by a person."""
    _acting.set(person)


@contextmanager
def acting(person: Person) -> Iterator[None]:
    """Let a block be done by a person."""
    token = _acting.set(person)
    try:
        yield
    finally:
        _acting.reset(token)


def acting_person() -> Person:
    """Return by whom it is done."""
    return _acting.get()


def sees_identities() -> bool:
    """Return whether ids of raters outside the study, names, links and free texts may be read: by all but viewers."""
    return _acting.get().role != "viewer"


def researchers_only(action: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Make an action one of researchers: anybody else gets NotAllowed, and nothing is changed."""

    @wraps(action)
    def guarded(*args: Parameters.args, **options: Parameters.kwargs) -> Result:
        require_researcher()
        return action(*args, **options)

    return guarded


def require_researcher() -> None:
    """Raise NotAllowed unless it is done by a researcher."""
    if _acting.get().role == "viewer":
        raise NotAllowed("Viewers change nothing; ask a researcher of this study.")
    if _acting.get().role != "researcher":
        raise NotAllowed("Only a researcher may do this. Please sign in again: a session ends after a time.")


def require_signed_in() -> None:
    """Raise NotAllowed unless it is done by a researcher or a viewer."""
    if _acting.get().role == "nobody":
        raise NotAllowed("Please sign in again: a session ends after a time.")
