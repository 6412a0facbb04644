"""Nothing that a rater's browser receives identifies a system. Everything is recorded, decoded and searched."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToJson
from playwright.sync_api import BrowserContext, Page, Response, WebSocket
from playwright.sync_api import Error as PlaywrightError
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from study import store
from study.protocol.design import Design, Factor, FactorLevel
from study.records import StudyRecords
from tests.browser.conftest import App, another_person, press, start_judging
from tests.conftest import CRITERIA, small_study

SYSTEMS = ("alphanet-7b", "betanet-large", "gammanet-chat")


@dataclass
class Received:
    """All that came to a browser: (where it came from, text)."""

    texts: list[tuple[str, str]] = field(default_factory=list)

    def listen(self, page: Page) -> None:
        page.on("websocket", self._websocket)
        page.on("response", self._response)
        page.on("download", lambda download: self.texts.append(("download", download.suggested_filename)))

    def _websocket(self, socket: WebSocket) -> None:
        self.texts.append(("websocket url", socket.url))
        socket.on("framereceived", lambda payload: self._frame(payload))

    def _frame(self, payload: str | bytes) -> None:
        if isinstance(payload, str):
            self.texts.append(("websocket text", payload))
            return
        self.texts.append(("websocket bytes", payload.decode("latin-1")))
        self.texts.append(
            ("websocket message", MessageToJson(ForwardMsg.FromString(payload), ensure_ascii=False))
        )

    def _response(self, response: Response) -> None:
        self.texts.append(("url", response.url))
        self.texts += [("header", f"{name}: {value}") for name, value in response.headers.items()]
        kind = response.headers.get("content-type", "")
        if (
            response.status == 200
            and not kind.startswith(("font/", "image/"))
            and "/static/" not in response.url
        ):
            try:
                body = response.body().decode("latin-1")
            except PlaywrightError as error:  # the browser has let go of it; its address and headers are kept
                body = str(error)
            self.texts.append((f"body of {response.url}", body))


def secrets_of(records: StudyRecords, database: Path) -> set[str]:
    """Return every name and id of the study that has no business in a rater's browser."""
    found = {database.name, records.study.study_id, *(output.system for output in records.outputs)}
    for record_type, records_of_type in records.tables():
        key = next(iter(record_type.__dataclass_fields__))
        found |= {getattr(record, key) for record in records_of_type}
    found |= {item.reference for item in records.items if item.reference}
    found |= {item.name for item in records.items} | {profile.name for profile in records.profiles}
    return found | {profile.external_id for profile in records.profiles if profile.external_id}


@pytest.fixture
def blind_study() -> StudyRecords:
    records = small_study("zebra-study", systems=SYSTEMS)
    return replace(records, study=replace(records.study, link_token="an-unguessable-token"))


def test_the_raters_browser_receives_nothing_that_identifies_a_system(
    blind_study: StudyRecords,
    tmp_path: Path,
    run_app: Callable[..., App],
    new_context: Callable[..., BrowserContext],
) -> None:
    """Long, since every message of a whole study is read."""
    database = tmp_path / "zebra-database.duckdb"
    db = store.open_database(database)
    store.save_records(db, blind_study)
    db.close()
    app = run_app(database)
    page = new_context(cold=True).new_page()
    received = Received()
    received.listen(page)
    start_judging(page, app.judge_url("an-unguessable-token"))
    document = [page.content()]
    keys = iter("12ss0us31n")
    code, choices = page.get_by_text("SMALL-DONE"), page.locator(".choices button")
    while True:
        page.wait_for_timeout(300)
        code.or_(choices).first.wait_for()
        document.append(page.content())
        if code.count():
            break
        press(page, next(keys, "1"))
    assert next(keys, None) is None
    assert page.get_by_text("SMALL-DONE").count() == 1
    received.texts += [("document", text) for text in document]

    kinds = {where.split(" of ")[0] for where, _ in received.texts}
    assert {"websocket message", "url", "header", "document"} <= kinds
    shown = "".join(text for where, text in received.texts if where == "websocket message")
    assert len(set(re.findall(r"Headline \d\.\d for story \d", shown))) >= 4, "it must hold what was shown"
    leaks = {
        (secret, where)
        for secret in secrets_of(blind_study, database)
        for where, text in received.texts
        if secret.lower() in text.lower()
    }
    assert leaks == set()


FOREIGN = {
    "kind": "facets",
    "facets": {"Loves": ["xylophones"], "Style": "zigzag prose"},
    "summary": "Zeppelins.",
}
ALL_HIDDEN = Factor(
    key="shown",
    levels=tuple(FactorLevel(key=key, disclosure="hidden") for key in ("one", "two")),
)


TITLE = "who it is for"
# How much is disclosed, by a rule of the design, and which words of the profile then arrive.
DISCLOSED: dict[str, tuple[dict[str, Any], set[str]]] = {
    "hidden": ({"disclosure": "hidden"}, set()),
    "between": ({"factors": (ALL_HIDDEN,)}, set()),
    "within": ({"factors": (ALL_HIDDEN.model_copy(update={"assigned": "within"}),)}, set()),
    "summary": ({"disclosure": "summary"}, {TITLE, "zeppelins"}),
    "full": ({}, {TITLE, "xylophones", "zigzag"}),
}


def test_a_hidden_profile_is_neither_on_the_page_nor_in_anything_that_is_received(
    tmp_path: Path, run_app: Callable[..., App], new_context: Callable[..., BrowserContext]
) -> None:
    db = store.open_database(tmp_path / "hidden.duckdb")
    words = {TITLE, "xylophones", "zigzag", "zeppelins"}
    for name, (rules, _) in DISCLOSED.items():
        design = Design(
            criteria=CRITERIA[:1], quota=2, min_view_seconds=0.2, completion_code="SMALL-DONE", **rules
        )
        records = small_study(name, systems=SYSTEMS, design=design)
        records.profiles = [replace(profile, content=FOREIGN) for profile in records.profiles]
        words |= {profile.profile_id for profile in records.profiles}
        store.save_records(db, records)
    db.close()
    app, context = run_app(tmp_path / "hidden.duckdb"), new_context(cold=True)
    for name, (_, arrives) in DISCLOSED.items():
        page = another_person(context)
        received = Received()
        received.listen(page)
        start_judging(page, app.judge_url(f"link-{name}"))
        for _ in range(2):
            received.texts.append(("document", page.content()))
            press(page, "1", wait_ms=250)
        page.get_by_text("SMALL-DONE").wait_for()
        everything = "\n".join(text for _, text in received.texts).lower()
        assert "headline" in everything
        assert {word for word in words if word in everything} == arrives, name


def test_the_search_finds_a_planted_leak(blind_study: StudyRecords, tmp_path: Path) -> None:
    secrets = secrets_of(blind_study, tmp_path / "zebra-database.duckdb")
    assert {"alphanet-7b", "zebra-study", "zebra-database.duckdb", "owner-0@example.org"} <= secrets
    assert blind_study.outputs[0].output_id in secrets
