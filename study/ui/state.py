"""The state of a browser session: the database, the current user, the selected study."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex
from typing import TypeVar

import streamlit as st

from study import store
from study.access import Role
from study.records import Study, utc_now
from study.ui.server import sign_in
from study.ui.server.browser import device, is_rater_link
from study.ui.server.open_database import age_line, close_database, database_path, opened_database
from study.ui.server.sign_in import sign_out, sign_out_button
from study.wording import unique_labels

__all__ = [
    "age_line",
    "close_database",
    "database_path",
    "device",
    "is_rater_link",
    "sign_out",
    "sign_out_button",
]

Result = TypeVar("Result")
CHOICE = "chosen_study"
# Characters of a title that fit into the side bar's box.
SHOWN_OF_TITLE = 24


def database() -> store.Database:
    """Return the process's single database; this thread then acts for the current user."""
    person = sign_in.signed_in_person()
    if person is not None:
        store.act_as(person)
    return opened_database()


def require_researcher() -> None:
    """Stop anyone but researchers; others are asked to sign in."""
    sign_in.require("researcher")


def require_viewer() -> None:
    """Stop anyone but researchers and viewers; others are asked to sign in."""
    sign_in.require("researcher", "viewer")


def role() -> Role:
    """Return the current user's role."""
    return sign_in.arrived().role


def may_change() -> bool:
    """Return whether the current user is a researcher, who sees editing controls. The store checks again."""
    return store.acting_person().role == "researcher"


def parameter(name: str) -> str | None:
    """Return at most 200 characters of a URL parameter, without control or bidirectional-override characters."""
    value = st.query_params.get(name)
    printable = "".join(sign for sign in value if sign.isprintable()) if value else ""
    return printable.strip()[:200] or None


def think_of_leaving(now: bool) -> None:
    """Show or hide the withdrawal page."""
    st.session_state["leaving"] = now


def thinks_of_leaving() -> bool:
    """Return whether the rater has opened the withdrawal page."""
    return bool(st.session_state.get("leaving"))


def drawn_mark() -> str:
    """Return a nonce that changes with the session and after a reconnect, so that the browser can detect a redraw."""
    mark: str = st.session_state.setdefault("mark", token_hex(4))
    return mark


def renew_drawn_mark() -> None:
    """Change the nonce, so that the browser sees that the page it asked for has come."""
    st.session_state["mark"] = token_hex(4)


@dataclass(frozen=True, slots=True)
class Since:
    """The time at which something appeared on screen, in seconds of a monotonic clock."""

    steady: float

    def passed(self) -> float:
        """Return the seconds since then, even if the system clock was changed."""
        return time.monotonic() - self.steady

    def at(self) -> datetime:
        """Return that time in UTC, by the current system clock."""
        return utc_now() - timedelta(seconds=self.passed())


def _now() -> Since:
    return Since(time.monotonic())


def first_shown(question: str) -> Since:
    """Return when this session first showed a question; repeated calls return the same time."""
    shown: tuple[str, Since] | None = st.session_state.get("shown")
    if shown is None or shown[0] != question:
        shown = st.session_state["shown"] = (question, _now())
    return shown[1]


def note_press(question: str) -> None:
    """Remember that a button was pressed under a question, so that the next question is its result."""
    st.session_state["pressed"] = question


def has_moved_on(question: str) -> bool:
    """Return whether a question appeared by itself: this session showed another one, where no button was pressed.

    The rater answered it in a second tab, or it was taken out of the study.
    """
    before, has_moved = st.session_state.get("asked", (None, False))
    pressed = st.session_state.pop("pressed", None)
    if before != question:
        has_moved = before is not None and pressed != before
        st.session_state["asked"] = (question, has_moved)
    return bool(has_moved)


def come_back(question: str) -> bool:
    """Return whether a rater who reopened the study's link is still at the question they came in at."""
    if st.session_state.pop("came_back", False):
        st.session_state["came_back_at"] = question
    return bool(st.session_state.get("came_back_at") == question)


def note_coming_back() -> None:
    """Remember that a rater has reopened the study's link."""
    st.session_state["came_back"] = True


def start_skipping(question: str) -> None:
    """Show the reasons for skipping instead of the answers to a question."""
    st.session_state["skipping"] = (question, _now())


def stop_skipping() -> None:
    """Show the answers again."""
    st.session_state.pop("skipping", None)


def skipping_since(question: str) -> Since | None:
    """Return when the reasons for skipping this question were shown to the rater; None if they are not shown."""
    asked: tuple[str, Since] | None = st.session_state.get("skipping")
    return asked[1] if asked is not None and asked[0] == question else None


def sent_by(component: str, event: str) -> object:
    """Return a component's value in the current message; untrusted, and often None."""
    sent = st.session_state.get(component)
    return sent.get(event) if isinstance(sent, Mapping) else None


def chosen_study() -> Study:
    """Let the researcher choose a study in the side bar, kept across pages and reloads; stop if there is none."""
    known = store.all_studies(database())
    if not known:
        st.info(
            "There are no studies yet. Open the demo study on the Studies page, or import your own on the "
            "Import page."
        )
        st.stop()
    titles = _titles(known)
    if st.session_state.get(CHOICE) not in titles:
        before = st.query_params.get("of") or st.session_state.get("study_id")
        st.session_state[CHOICE] = before if before in titles else next(iter(titles))
    # By key, not by index: Streamlit treats a box with another index as a new one, which loses the next choice.
    study_id = st.sidebar.selectbox("Study", list(titles), key=CHOICE, format_func=titles.__getitem__)
    st.session_state["study_id"] = st.query_params["of"] = study_id
    if len(titles[study_id]) > SHOWN_OF_TITLE:
        st.sidebar.caption(escaped(titles[study_id]))
    if age := age_line():
        st.sidebar.caption(age)
    return next(study for study in known if study.study_id == study_id)


def title_of(study: Study) -> str:
    """Return a study's title for a markdown label, with its id if another study has the same title."""
    return escaped(_titles(store.all_studies(database()))[study.study_id])


def _titles(known: list[Study]) -> dict[str, str]:
    return unique_labels({study.study_id: study.title for study in known})


def choose_study(study_id: str) -> None:
    """Select the study that all researcher pages show."""
    st.session_state["study_id"] = study_id


def once(name: str, signature: object, make: Callable[[], Result]) -> Result:
    """Return the value of ``make`` for this signature in this session, calling it only for a new signature."""
    signature = (store.acting_person(), signature)
    kept: tuple[object, Result] | None = st.session_state.get(name)
    if kept is None or kept[0] != signature:
        kept = st.session_state[name] = (signature, make())
    return kept[1]


def forget(name: str) -> None:
    """Forget what :func:`once` made in this session."""
    st.session_state.pop(name, None)


def note(name: str) -> str | None:
    """Return the text in a widget of this session, or None if it is missing or blank."""
    value = st.session_state.get(name)
    return value.strip() or None if isinstance(value, str) else None


def short_id(record_id: str) -> str:
    """Return the beginning of an id: enough to distinguish the raters of a study on a page.

    >>> short_id("3fa2c19b7e004d11")
    '3fa2c19b'
    """
    return record_id[:8]


def harmless(text: str) -> str:
    """Return a message for a markdown box, without links, images, HTML, formulas or colours in its quotes.

    >>> harmless("'![a](http://b/c.png)' is not a number; costs $5")
    "'!\\\\[a\\\\](http://b/c.png)' is not a number; costs \\\\$5"
    """
    return re.sub(r"([\\`\[\]$<~])", r"\\\1", text)


def escaped(text: str) -> str:
    """Return text for a markdown label, with all markdown escaped.

    >>> escaped("costs $5 [a](b)")
    'costs \\\\$5 \\\\[a\\\\]\\\\(b\\\\)'
    """
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|$:<>~])", r"\\\1", text)
