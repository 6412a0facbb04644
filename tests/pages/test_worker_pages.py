"""Pages of a big study ask the worker: they show what they would show of a small one, to researchers and to viewers."""

import itertools
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from study import frames, store
from study.access import Person
from study.analysis import flags
from study.ui import state
from study.ui.server import shutdown, worker_pool
from study.ui.shared import data_version, tables
from study.workers import analysis_worker
from study.workflows import manifests, reproducing
from tests.cases import cases
from tests.pages.conftest import Judge, page, shown_texts

PAGES = (
    *("agreement", "ranking", "correlation", "personalization", "metrics", "judges", "calibration"),
    *("progress", "export"),
)


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    tables.forget_results()
    yield
    tables.forget_results()


@pytest.fixture(scope="module", autouse=True)
def one_worker() -> Iterator[None]:
    """Let all tests share one process, which has loaded what it needs, does not stand back, and ends after them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(analysis_worker, "NICENESS", 0)
        worker_pool.call(analysis_worker.function_call(flags.profile_checks, ({},), {}))
        yield
    worker_pool.end_workers()


@pytest.fixture
def big(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the small study, judged, taken for a big one."""
    judge("link", 4)
    monkeypatch.setattr(worker_pool, "BIG", 1)


def shown(at: AppTest) -> str:
    """Return what a page shows, without when its answers were read."""
    return "\n".join(line for line in shown_texts(at).split("\n") if "Judgments as of" not in line)


def refuse(*_: object, **__: object) -> None:
    raise AssertionError("this process made the table of a big study")


@pytest.mark.parametrize("name", cases(PAGES, ["agreement", "correlation", "metrics", "export"]))
def test_a_page_shows_the_same_of_a_big_study(
    judge: Judge, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    judge("link", 4)
    before = shown(page(name))
    tables.forget_results()
    monkeypatch.setattr(worker_pool, "BIG", 1)
    monkeypatch.setattr(tables.StudyTable, "frame", property(refuse))
    at = page(name, scored=False)
    assert shown(at) == before
    assert ("Judgments as of" in shown_texts(at)) == (name != "metrics")
    assert worker_pool.shared_pid() not in (None, os.getpid())


@pytest.mark.parametrize(
    ("name", "section"),
    cases(
        [
            *(("agreement", one) for one in ("Groups", "Raters", "Repeats", "Taste and noise")),
            *(("ranking", one) for one in ("Pairs", "Position and length", "By group", "Stopping")),
            *(("correlation", one) for one in ("One metric", "Two metrics", "Judges")),
            *(("metrics", one) for one in ("By system", "Metric by metric", "Card")),
        ],
        lambda case: case[1] in ("Raters", "By group", "Judges", "By system"),
    ),
)
def test_every_section_is_computed_elsewhere(
    big: None, monkeypatch: pytest.MonkeyPatch, name: str, section: str
) -> None:
    monkeypatch.setattr(tables.StudyTable, "frame", property(refuse))
    at = page(name)
    next(group for group in at.button_group if section in group.options).set_value(section).run()
    assert not at.exception
    assert shown_texts(at)


def test_a_long_computation_has_a_process_of_its_own_and_is_kept(
    big: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables.StudyTable, "frame", property(refuse))
    at = page("agreement")
    group = next(one for one in at.button_group if one.label == "Section")
    group.set_value("Models of raters").run()
    shared = worker_pool.shared_pid()
    next(button for button in at.button if button.label.startswith("Fit")).click().run()
    assert not at.exception
    assert at.dataframe[0].value["Competence"].notna().all()
    assert worker_pool.shared_pid() == shared
    assert not worker_pool._own, "it has ended"


def test_names_are_withheld_from_viewers_after_a_researcher_has_looked(
    big: None,
) -> None:
    """The worker keeps tables apart by what who asks may see."""

    def profiles() -> list[str]:
        return tables.cached_call(frames.filter_facts, tables.study_table("small", "judgments")).choices[
            "profiles"
        ]

    seen = profiles()
    assert seen == [f"reader {number}" for number in range(4)]
    with store.acting(Person("somebody", "viewer")):
        withheld = profiles()
    assert len(withheld) == 4
    assert all(name.startswith("profile ") for name in withheld)
    assert profiles() == seen


def test_answers_are_read_again_after_half_a_minute_and_who_is_excluded_at_once(
    big: None, judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "4 raters" in shown_texts(page("agreement"))
    judge("link", 1)
    assert "4 raters" in shown_texts(page("agreement"))
    db = state.database()
    store.set_status(db, store.raters(db, "small")[0], "excluded", "a test")
    assert "by 4 raters" in shown_texts(page("agreement"))
    assert "excluded or withdrew" in shown_texts(page("agreement"))
    judge("link", 1)
    assert "by 4 raters" in shown_texts(page("agreement"))
    monkeypatch.setattr(data_version, "KEPT_SECONDS", -1.0)
    assert "by 5 raters" in shown_texts(page("agreement"))


def test_what_the_database_counts_is_counted_again_when_answers_are_read_again(
    big: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Leases run out without an answer, and a form changes what is told of a rater."""
    counts = itertools.count()
    assert [tables.cached_count("small", "held", counts.__next__) for _ in range(2)] == [0, 0]
    tables.forget_results()
    assert tables.cached_count("small", "held", counts.__next__) == 1
    monkeypatch.setattr(data_version, "KEPT_SECONDS", -1.0)
    assert tables.cached_count("small", "held", counts.__next__) == 2


def test_a_worker_that_was_killed_is_not_noticed(big: None) -> None:
    before = shown(page("ranking"))
    tables.forget_results()
    killed = worker_pool.shared_pid()
    assert killed is not None
    os.kill(killed, 9)
    assert shown(page("ranking", scored=False)) == before
    assert worker_pool.shared_pid() != killed


def test_a_stop_of_the_app_ends_the_worker(big: None) -> None:
    page("ranking")
    running = worker_pool.shared_pid()
    assert running is not None
    shutdown.end_work()
    assert worker_pool.shared_pid() is None
    with pytest.raises(ProcessLookupError):
        os.kill(running, 0)


def test_a_result_that_failed_keeps_no_place_for_who_asks_next(judge: Judge) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    def stopped() -> None:
        raise KeyboardInterrupt

    with pytest.raises(ZeroDivisionError):
        tables.cached_table(("failed",), fail)
    with pytest.raises(KeyboardInterrupt):
        tables.cached_table(("failed",), stopped)
    assert tables._turns == {}
    assert tables.cached_table(("failed",), lambda: "made") == "made"


def test_a_manifest_of_a_big_study_is_computed_elsewhere_and_of_one_moment(
    big: None, judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered: dict[str, Callable[[], bytes]] = {}

    def noted(label: str, data: Any, *args: object, key: str, **more: object) -> bool:
        offered[key] = data
        return False

    monkeypatch.setattr(st, "download_button", noted)
    page("ranking")
    (make, *_) = (data for key, data in offered.items() if key.endswith("_manifest"))
    db, facts_of = state.database(), reproducing.study_facts
    first = manifests.read_manifest(make(), "m.json")
    again = manifests.manifest(
        facts_of(db, "small"), first["recipe"], reproducing.recomputed(db, first["recipe"])
    )
    assert list(manifests.differences(first, again)) == []

    def facts(*args: Any) -> dict[str, Any]:
        found = facts_of(*args)
        with ThreadPoolExecutor(1) as pool:  # a rater comes at the worst moment
            pool.submit(judge, "link", 1).result()
        return found

    monkeypatch.setattr(reproducing, "study_facts", facts)
    monkeypatch.setattr(tables.StudyTable, "frame", property(refuse))
    assert manifests.read_manifest(make(), "m.json") == first
    monkeypatch.setattr(reproducing, "study_facts", facts_of)
    assert manifests.read_manifest(make(), "m.json")["result"] != first["result"]
