"""Everything that is kept for a browser session: the database, who is there, which study is looked at."""

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
# Signs of a title that the box in the side bar has room for.
SHOWN_OF_TITLE = 24


def database() -> store.Database:
    """Return the process's one database; what is done with it in this thread is done by who is there."""
    person = sign_in.acting_person()
    if person is not None:
        store.act_as(person)
    return opened_database()


def require_researcher() -> None:
    """Let only a researcher past this line; anybody else is asked who they are."""
    sign_in.require("researcher")


def require_viewer() -> None:
    """Let researchers and viewers past this line; anybody else is asked who they are."""
    sign_in.require("researcher", "viewer")


def role() -> Role:
    """Return the role of who is there."""
    return sign_in.arrived().role


def may_change() -> bool:
    """Say whether who is there is a researcher, and sees what changes something; the store asks again."""
    return store.acting_person().role == "researcher"


def parameter(name: str) -> str | None:
    """Return a parameter of the address: at most 200 characters of it, and none that steers a terminal or turns text round."""
    value = st.query_params.get(name)
    printable = "".join(sign for sign in value if sign.isprintable()) if value else ""
    return printable.strip()[:200] or None


def think_of_leaving(now: bool) -> None:
    """Show (or no longer show) the page on which a rater withdraws."""
    st.session_state["leaving"] = now


def thinks_of_leaving() -> bool:
    """Say whether the rater has asked for the page on which they withdraw."""
    return bool(st.session_state.get("leaving"))


def drawn_mark() -> str:
    """Return a sign that is another one in each session, and after a lost connection: so the browser sees a page drawn anew."""
    mark: str = st.session_state.setdefault("mark", token_hex(4))
    return mark


def renew_drawn_mark() -> None:
    """Have the browser see that the page it asked for is there."""
    st.session_state["mark"] = token_hex(4)


@dataclass(frozen=True, slots=True)
class Since:
    """When something came onto the screen, in seconds of a clock that nobody sets back."""

    steady: float

    def passed(self) -> float:
        """Return the seconds that have passed, whatever was done to the time of day meanwhile."""
        return time.monotonic() - self.steady

    def at(self) -> datetime:
        """Return when that was, in UTC, by the time of day as it is now."""
        return utc_now() - timedelta(seconds=self.passed())


def _now() -> Since:
    return Since(time.monotonic())


def first_shown(question: str) -> Since:
    """Return since when this session has shown a question; asking again does not change it."""
    shown: tuple[str, Since] | None = st.session_state.get("shown")
    if shown is None or shown[0] != question:
        shown = st.session_state["shown"] = (question, _now())
    return shown[1]


def note_press(question: str) -> None:
    """Keep that something was pressed under a question, so that what comes next comes of it."""
    st.session_state["pressed"] = question


def has_moved_on(question: str) -> bool:
    """Say whether a question has come by itself: this session showed another one, and nothing was pressed there.

    A second tab of the rater has answered it, or it was taken out of the study.
    """
    before, has_moved = st.session_state.get("asked", (None, False))
    pressed = st.session_state.pop("pressed", None)
    if before != question:
        has_moved = before is not None and pressed != before
        st.session_state["asked"] = (question, has_moved)
    return bool(has_moved)


def come_back(question: str) -> bool:
    """Say whether a rater who opened the study's link again is still at the question at which they came in."""
    if st.session_state.pop("came_back", False):
        st.session_state["came_back_at"] = question
    return bool(st.session_state.get("came_back_at") == question)


def note_coming_back() -> None:
    """Keep that a rater has opened the study's link again."""
    st.session_state["came_back"] = True


def start_skipping(question: str) -> None:
    """Show the reasons for skipping in the place of the answers to a question."""
    st.session_state["skipping"] = (question, _now())


def stop_skipping() -> None:
    """Show answers again."""
    st.session_state.pop("skipping", None)


def skipping_since(question: str) -> Since | None:
    """Return since when the rater has seen the reasons for skipping this question; None where they did not ask."""
    asked: tuple[str, Since] | None = st.session_state.get("skipping")
    return asked[1] if asked is not None and asked[0] == question else None


def sent_by(component: str, event: str) -> object:
    """Return what a browser component sent with the message that is being handled; not to be trusted, and often None."""
    sent = st.session_state.get(component)
    return sent.get(event) if isinstance(sent, Mapping) else None


def chosen_study() -> Study:
    """Let the researcher choose a study in the side bar; the choice lasts over pages and reloads. Stops without any."""
    known = store.studies(database())
    if not known:
        st.info("There is no study yet. Open the demo study or import your own on the Studies page.")
        st.stop()
    titles = _titles(known)
    if st.session_state.get(CHOICE) not in titles:
        before = st.query_params.get("of") or st.session_state.get("study_id")
        st.session_state[CHOICE] = before if before in titles else next(iter(titles))
    # By its key, not its index: a box with another index is another box to Streamlit, and loses what is chosen in it next.
    study_id = st.sidebar.selectbox("Study", list(titles), key=CHOICE, format_func=titles.__getitem__)
    st.session_state["study_id"] = st.query_params["of"] = study_id
    if len(titles[study_id]) > SHOWN_OF_TITLE:
        st.sidebar.caption(escaped(titles[study_id]))
    if age := age_line():
        st.sidebar.caption(age)
    return next(study for study in known if study.study_id == study_id)


def title_of(study: Study) -> str:
    """Return a study's title for a markdown label, with its id where another one has the same."""
    return escaped(_titles(store.studies(database()))[study.study_id])


def _titles(known: list[Study]) -> dict[str, str]:
    return unique_labels({study.study_id: study.title for study in known})


def choose_study(study_id: str) -> None:
    """Make a study the one that all researcher pages show."""
    st.session_state["study_id"] = study_id


def once(name: str, signature: object, make: Callable[[], Result]) -> Result:
    """Return what ``make`` gave for this signature in this session; make it where it is new."""
    signature = (store.acting_person(), signature)
    kept: tuple[object, Result] | None = st.session_state.get(name)
    if kept is None or kept[0] != signature:
        kept = st.session_state[name] = (signature, make())
    return kept[1]


def note(name: str) -> str | None:
    """Return what a widget of this session holds as text, if it is there and not blank."""
    value = st.session_state.get(name)
    return value.strip() or None if isinstance(value, str) else None


def short_id(record_id: str) -> str:
    """Return the beginning of an id: enough to tell raters of a study apart on a page.

    >>> short_id("3fa2c19b7e004d11")
    '3fa2c19b'
    """
    return record_id[:8]


def harmless(text: str) -> str:
    """Return a message for a markdown box, without links, images, HTML, formulas or colours in what it quotes.

    >>> harmless("'![a](http://b/c.png)' is not a number; costs $5")
    "'!\\\\[a\\\\](http://b/c.png)' is not a number; costs \\\\$5"
    """
    return re.sub(r"([\\`\[\]$<~])", r"\\\1", text)


def escaped(text: str) -> str:
    """Return text for a markdown label with nothing in it that markdown would read.

    >>> escaped("costs $5 [a](b)")
    'costs \\\\$5 \\\\[a\\\\]\\\\(b\\\\)'
    """
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|$:<>~])", r"\\\1", text)
