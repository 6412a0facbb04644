"""Open pages of the program in the current folder and print what each shows and offers as JSON."""

import json
import sys
from pathlib import Path
from typing import Any
from unittest import mock

sys.path.insert(0, str(Path.cwd()))

import streamlit as st
from streamlit.testing.v1 import AppTest

from study import store
from study.ui import state
from study.ui.rater import components
from study.ui.server import access


def opened(path: str) -> AppTest:
    """Return a page as the researcher of the demo study sees it."""
    at = AppTest.from_file(str(Path.cwd() / path), default_timeout=60)
    at.query_params["key"] = access.KEY
    at.session_state["study_id"] = "demo"
    return checked(at.run())


def checked(at: AppTest) -> AppTest:
    """Return a page that came through."""
    assert not at.exception, [one.value for one in at.exception]
    return at


def simulated(at: AppTest) -> AppTest:
    """Return the page with simulated judgments, where it asks whose count."""
    for box in (*at.button_group, *at.selectbox, *at.radio):
        if "simulated" in [str(one).lower() for one in box.options]:
            value = next(one for one in box.options if str(one).lower() == "simulated")
            return checked(box.set_value(value).run())
    return at


def box(at: AppTest, label: str) -> Any:
    """Return the box of a label."""
    return next(one for one in (*at.selectbox, *at.multiselect) if one.label == label)


def table(at: AppTest, place: int = 0) -> list[dict[str, Any]]:
    """Return the rows of a table."""
    return json.loads(at.dataframe[place].value.to_json(orient="records"))


def researcher_pages() -> dict[str, Any]:
    """Return what the pages of the researcher show of what was added."""
    found: dict[str, Any] = {}
    at = simulated(opened("pages/researcher/agreement.py"))
    checked(box(at, "Coefficients").set_value(["copied_agreement", "copied_icc"]).run())
    found["agreement"] = table(at)
    at = simulated(opened("pages/researcher/ranking.py"))
    checked(box(at, "Preference model").set_value("copied_model").run())
    found["ranking"] = table(at)
    at = simulated(opened("pages/researcher/correlation.py"))
    checked(box(at, "Statistic").set_value("copied_accuracy").run())
    found["accuracy"] = table(at)
    checked(box(at, "Level").set_value("by_item").run())
    checked(box(at, "Statistic").set_value("copied_r").run())
    found["correlation"] = table(at)
    at = simulated(opened("pages/researcher/personalization.py"))
    found["measures"] = [
        row for frame in at.dataframe for row in json.loads(frame.value.to_json(orient="records"))
    ]
    found["metrics"] = [
        str(one) for group in opened("pages/researcher/metrics.py").multiselect for one in group.options
    ]
    found["own"] = [one.value for one in opened("pages/researcher/own.py").title]
    found["export"] = [one.value for one in simulated(opened("pages/researcher/export.py")).markdown]
    found["import"] = opened_import()
    with mock.patch.object(st, "navigation", wraps=st.navigation) as navigation:
        opened("app.py")
    found["side bar"] = [page.title for pages in navigation.call_args.args[0].values() for page in pages]
    return found


def opened_import() -> list[str]:
    """Return the formats that the Import page offers for a table."""
    with mock.patch.object(st, "page_link"):  # there are no other pages where one runs alone
        at = opened("pages/researcher/importing.py")
        data = Path("answers.csv").read_bytes()
        checked(at.get("file_uploader")[0].set_value(("answers.csv", data, "text/csv")).run())
    return [str(one) for group in at.selectbox for one in group.options]


def rater_page() -> dict[str, Any]:
    """Return what the page of the rater hands to the browser."""
    token = store.study(state.database(), "mine").link_token
    with mock.patch.object(components, "panels", wraps=components.panels) as panels:
        at = AppTest.from_file(str(Path.cwd() / "pages/judge.py"), default_timeout=60)
        at.query_params["study"] = token
        checked(at.run())
        while not panels.called:
            checked(at.button[0].click().run())
    return json.loads(json.dumps(panels.call_args.kwargs, default=str))


if __name__ == "__main__":
    print(json.dumps({"researcher": researcher_pages(), "rater": rater_page()}))
