"""The app's pages, and who sees them.

`streamlit run app.py` first imports this file for `app` (headers, start-up), then runs it as a script per session.
"""

from typing import Literal

import streamlit as st
from streamlit.navigation.page import Page as StreamlitPage
from streamlit.starlette import App

from study import logs
from study.ui import state
from study.ui.rater import components, pausing, style
from study.ui.server import health, sign_in, web_app
from study.ui.shared import error_messages, preload, status_line

# Pages missing from a viewer's side bar; each of them also refuses viewers itself.
FOR_RESEARCHERS = ("Import", "Design", "Audit")


def main() -> None:
    """Show the page of the current address. Hiding pages here is a convenience: every page checks the role itself."""
    st.set_page_config(page_title="Blindpair", page_icon="⚖️", layout="wide", initial_sidebar_state="auto")
    judge = st.Page("pages/judge.py", title="Judge", url_path="judge", visibility="hidden")
    home = st.Page("pages/researcher/home.py", title="Studies", default=True)
    research = {
        "Study": [
            home,
            _researcher_page("importing", "Import"),
            _researcher_page("design", "Design"),
            _researcher_page("planning", "Planning"),
            _researcher_page("audit", "Audit"),
            _researcher_page("progress", "Progress"),
        ],
        "Analysis": [
            _researcher_page(name, name.capitalize())
            for name in (
                "agreement",
                "ranking",
                "correlation",
                "personalization",
                "metrics",
                "judges",
                "calibration",
            )
        ],
        "Data": [_researcher_page("export", "Export")],
        "Guide": [_researcher_page("help", "Help")],
    }
    if state.is_rater_link():
        page = st.navigation([home, judge], position="hidden")
    else:
        role = state.role()
        if role != "nobody":
            preload.start(sign_in.study_looked_at())
        position: Literal["sidebar", "hidden"] = "hidden" if role == "nobody" else "sidebar"
        if role == "viewer":
            research = {
                part: [page for page in pages if page.title not in FOR_RESEARCHERS]
                for part, pages in research.items()
            }
        page = st.navigation({**research, " ": [judge]}, position=position, expanded=True)
    with logs.timed("slow_page", page=page.url_path or "home"):
        if page.url_path == judge.url_path:
            with pausing.rater_run():
                page.run()
        else:
            if state.role() != "nobody":
                style.researcher_style()
                status_line.status_foot()
            page.run()


def _researcher_page(name: str, title: str) -> StreamlitPage:
    return st.Page(f"pages/researcher/{name}.py", title=title, url_path=title.lower())


if __name__ == "__main__":
    main()
else:
    app = App(
        __file__,
        lifespan=web_app.lifespan_with(preload.load_modules),
        middleware=web_app.MIDDLEWARE,
        routes=[*health.health_routes(), *components.code_routes()],
        on_script_error=error_messages.tell_of_failure,
    )
