"""Error messages for raters and researchers."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

import streamlit as st

from study import logs
from study.errors import InvalidInput, NotAllowed, StudyError
from study.ui.state import escaped, harmless

P = ParamSpec("P")
Result = TypeVar("Result")
TROUBLE = (
    "Something went wrong on our side. Please reload the page: you will see what was saved and can "
    "continue from there."
)


def tell_failure(action: Callable[P, Result], *args: P.args, **options: P.kwargs) -> Result | None:
    """Run a button's action; on failure, show an error. A failed action changes nothing."""
    try:
        return action(*args, **options)
    except StudyError as error:
        st.error(f"This could not be done: {harmless(str(error))}")
        return None


def tell_rater(action: Callable[P, Result], *args: P.args, **options: P.kwargs) -> Result | None:
    """Run a rater's action; on failure, show a message without details and write the details to the log."""
    result, refusal = _attempt(action, *args, **options)
    _say(refusal)
    return result


@contextmanager
def in_callback() -> Iterator[None]:
    """Keep messages of a block for :func:`said`: a callback's own output appears on top and would move the whole page."""
    st.session_state["in_callback"] = True
    try:
        yield
    finally:
        st.session_state["in_callback"] = False


def said() -> None:
    """Show the messages of the preceding callback, in a place that exists even when there are none."""
    with st.empty().container():
        for kind, text in st.session_state.pop("said", []):
            (st.warning if kind == "warning" else st.error)(text)


def tell_next(action: Callable[P, Result], *args: P.args, **options: P.kwargs) -> Result | None:
    """Run a button's action in a comparison; on failure, keep the message for :func:`refusal`, shown with the pair.

    The callback of a button in a fragment cannot draw on the page.
    """
    result, st.session_state["refusal"] = _attempt(action, *args, **options)
    return result


def refusal() -> list[tuple[str, str]]:
    """Return why the last pressed button did nothing, as a kind and a sentence; empty if it succeeded."""
    error = st.session_state.get("refusal")
    if error is None:
        return []
    if isinstance(error, NotAllowed):
        return [("warning", str(error))]
    return [("error", _trouble(st.session_state["failure"]))]


def _attempt(
    action: Callable[P, Result], *args: P.args, **options: P.kwargs
) -> tuple[Result | None, StudyError | None]:
    try:
        return action(*args, **options), None
    except NotAllowed as error:
        return None, error
    except StudyError as error:
        st.session_state["failure"] = logs.log_failure("rater_action_failed", error)
        return None, error


def _say(error: StudyError | None) -> None:
    if isinstance(error, NotAllowed):
        _show("warning", str(error))
    elif error is not None:
        _show("error", _trouble(st.session_state["failure"]))


def _show(kind: str, text: str) -> None:
    if st.session_state.get("in_callback"):
        st.session_state.setdefault("said", []).append((kind, text))
    else:
        (st.warning if kind == "warning" else st.error)(text)


def tell_of_failure(error: Exception) -> bool:
    """Show a message for an unexpected error: no details, only the id of its log entry."""
    known = logs.failure_id(error)  # Streamlit has already logged the traceback
    logs.tell("page_failed", "a page failed [%s]", known, level=logging.ERROR, failure=known)
    st.error(_trouble(known))
    return True


def _trouble(failure: str) -> str:
    return f"{TROUBLE} (The app's log describes this as {failure}.)"


def tell_form(action: Callable[P, Result], *args: P.args, **options: P.kwargs) -> Result | None:
    """Send a form; on failure, show which answers are missing or not allowed."""
    try:
        return action(*args, **options)
    except InvalidInput as error:
        _show("warning", escaped(str(error)))
    except NotAllowed as error:
        _show("warning", str(error))
    except StudyError as error:
        _show("error", _trouble(logs.log_failure("rater_form_failed", error)))
    return None
