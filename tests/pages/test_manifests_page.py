"""Every table of the analysis pages that offers a manifest is computed again, to the last digit."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pandas as pd
import pytest
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from study import store
from study.access import NOBODY, Person
from study.errors import NotAllowed
from study.ui import state
from study.ui.server import access
from study.ui.shared import estimates
from study.workflows import manifests, reproducing
from study.workflows.exporting import FORMATS
from tests.cases import cases
from tests.pages.conftest import Judge, page

SECTIONS = {
    "agreement": ("Overview", "Groups", "Raters", "Repeats", "Taste and noise"),
    "ranking": ("Overview", "Pairs", "Position and length", "By group", "Stopping"),
    "correlation": ("Overview", "One metric", "Two metrics"),
}
Drawn = list[tuple[pd.DataFrame, str]]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Drawn:
    """Collect the tables that pages draw with their downloads."""
    found: Drawn = []
    heading = estimates._heading

    def noted(frame: pd.DataFrame, shown: pd.DataFrame, name: str, title: str) -> None:
        found.append((frame, name))
        heading(frame, shown, name, title)

    monkeypatch.setattr(estimates, "_heading", noted)
    return found


@pytest.mark.parametrize("name", cases(SECTIONS, ["ranking"]))
def test_the_tables_of_a_page_are_reproduced(judge: Judge, drawn: Drawn, name: str) -> None:
    judge("link", 4)
    at = page(name)
    for section in SECTIONS[name]:
        (control,) = [one for one in at.segmented_control if one.label == "Section"]
        assert section in control.options
        if section != control.value:
            control.set_value(section).run()
        assert not at.exception
    assert len({file for _, file in drawn}) >= 3
    assert sorted({file for frame, file in drawn if "recipe" not in frame.attrs}) == []
    for frame, _ in drawn:
        check(frame)


def check(frame: pd.DataFrame) -> None:
    """Hold a drawn table against what its manifest says and what is computed again from it."""
    recipe: dict[str, Any] = frame.attrs["recipe"]
    db = state.database()
    facts = reproducing.study_facts(db, "small")
    content = manifests.manifest(facts, recipe, reproducing.recomputed(db, recipe))
    read = manifests.read_manifest(manifests.manifest_bytes(content), "m.json")
    again = manifests.manifest(facts, read["recipe"], reproducing.recomputed(db, read["recipe"]))
    assert list(manifests.differences(read, again)) == []
    numbers = [name for name in frame.select_dtypes("number").columns if name in read["result"]["columns"]]
    places = [read["result"]["columns"].index(name) for name in numbers]
    rows = {tuple(row[place] for place in places) for row in read["result"]["rows"]}
    written = manifests.written_result(frame[numbers])["rows"]
    assert numbers
    assert {tuple(row) for row in written} <= rows


def test_an_export_and_its_manifest_say_the_same(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    judge("link", 2)
    offered: dict[str, Any] = {}

    def noted(self: object, label: str, data: Any, *args: object, key: str, **more: object) -> bool:
        offered[key] = data
        return False

    monkeypatch.setattr(DeltaGenerator, "download_button", noted)
    page("export")
    for key in FORMATS:
        data = offered[f"export {key}"]()
        content = manifests.read_manifest(offered[f"manifest {key}"](), "m.json")
        assert content["result"] == manifests.written_result(data)
        assert content["recipe"]["arguments"][:5] == ["export", "--study", "small", "--format", key]
        assert "public" in content["recipe"]["arguments"]
    facts_of = reproducing.study_facts

    def facts(*args: Any) -> dict[str, Any]:
        found = facts_of(*args)
        with ThreadPoolExecutor(1) as pool:  # a rater comes at the worst moment
            pool.submit(judge, "link", 1).result()
        return found

    monkeypatch.setattr(reproducing, "study_facts", facts)
    content = manifests.read_manifest(offered[f"manifest {key}"](), "m.json")
    assert content["result"] == manifests.written_result(data)
    monkeypatch.setattr(reproducing, "study_facts", facts_of)
    assert offered[f"export {key}"]() != data
    logged = store.events(state.database(), "small", "exported")
    for with_manifest in (False, True):
        taken = {one.details["what"] for one in logged if one.details["manifest"] == with_manifest}
        assert taken == set(FORMATS)


def test_a_manifest_is_made_for_who_is_there_when_the_button_is_pressed(
    judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Streamlit makes it in another thread, whoever asks: names are withheld from viewers there, too."""
    judge("link", 2)
    offered: dict[str, Any] = {}
    seen: list[tuple[str, set[str]]] = []
    facts_of = reproducing.study_facts

    def noted(label: str, data: Any, *args: object, key: str, **more: object) -> bool:
        offered[key] = data
        return False

    def facts(*args: Any) -> dict[str, Any]:
        names = store.coded_judgments(state.database(), "small")["profile_name"]
        seen.append((store.acting_person().role, {str(name).split(" ")[0] for name in names}))
        return facts_of(*args)

    def pressed() -> None:
        with ThreadPoolExecutor(1) as pool:
            make = next(data for key, data in offered.items() if key.endswith("_manifest"))
            pool.submit(make).result()

    monkeypatch.setattr(st, "download_button", noted)
    page("ranking")
    monkeypatch.setattr(reproducing, "study_facts", facts)
    pressed()
    monkeypatch.setattr(access, "present", lambda secret, **more: Person("somebody", "viewer"))
    pressed()
    assert seen == [("researcher", {"reader"}), ("viewer", {"profile"})]
    monkeypatch.setattr(access, "present", lambda secret, **more: NOBODY)
    with pytest.raises(NotAllowed, match="sign in again"):
        pressed()
