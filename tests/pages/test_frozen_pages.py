"""No page changes a frozen design: every button of every page is pressed on a launched study."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from study import store
from study.ui import state
from study.ui.server import access
from tests.cases import cases
from tests.pages.conftest import FOLDER, Judge

APP = FOLDER.parents[1] / "app.py"
PAGES = sorted(path.stem for path in FOLDER.glob("*.py"))
# They start work in the background, which may write scores; the files that may write a design are named below.
BACKGROUND = ("Compute",)


def opened(name: str) -> AppTest:
    at = AppTest.from_file(str(APP), default_timeout=60)
    at.query_params["key"] = access.KEY
    at.run()
    at.switch_page(f"pages/researcher/{name}.py").run()
    assert not at.exception
    return at


def frozen() -> tuple[str, str, list[object]]:
    study = store.study(state.database(), "small")
    return study.design, study.design_hash, list(store.design_versions(state.database(), "small"))


@pytest.mark.parametrize("name", cases(PAGES, ["home", "design", "progress", "judges", "audit"]))
def test_no_button_of_a_page_changes_a_frozen_design(name: str, judge: Judge) -> None:
    judge("link", 3)
    before = frozen()
    for label in [one.label for one in opened(name).button if not one.disabled]:
        if label.startswith(BACKGROUND):
            continue
        at = opened(name)
        next(button for button in at.button if button.label == label).click().run()
        assert not at.exception
        assert frozen() == before, label


def test_a_tab_that_was_open_at_the_launch_saves_nothing_over_the_frozen_design(judge: Judge) -> None:
    db = state.database()
    with db.writing(forget=True) as cursor:
        cursor.execute("update study set state = 'draft' where study_id = 'small'")
        cursor.execute("delete from design_version where study_id = 'small'")
    at = opened("design")
    at.text_area[0].set_value(at.text_area[0].value.replace("overlap: 3", "overlap: 9")).run()
    (save,) = (button for button in at.button if button.label == "Save")
    store.set_state(db, "small", "live")
    before = frozen()
    save.click().run()
    assert frozen() == before
    assert [button.label for button in at.button if button.label.startswith("Save")] == [
        "Save as a new version"
    ]


def test_the_design_page_makes_a_new_version_and_keeps_the_old_one(judge: Judge) -> None:
    judge("link", 1)
    _, old_hash, (first,) = frozen()
    at = opened("design")
    at.text_area[0].set_value(at.text_area[0].value.replace("overlap: 3", "overlap: 9")).run()
    next(button for button in at.button if button.label == "Save as a new version").click().run()
    _, new_hash, versions = frozen()
    assert versions[0] == first
    assert [version.version for version in versions] == [1, 2]
    assert (versions[0].design_hash, versions[1].design_hash) == (old_hash, new_hash)
    judge("link", 1)
    given = store.judgments(state.database(), "small").groupby("rater_id")["design_version"].unique()
    assert sorted(versions.tolist() for versions in given) == [[1], [2]]


def test_a_design_is_written_in_one_place() -> None:
    package = FOLDER.parents[1] / "study"
    writers = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if "update study " in (text := path.read_text("utf-8")) or "update design_version" in text
    }
    callers = {
        str(path.relative_to(package.parent))
        for path in (*package.rglob("*.py"), *Path(FOLDER).glob("*.py"))
        if any(f"store.{name}(" in path.read_text("utf-8") for name in ("set_design", "new_version"))
    }
    assert writers == {"store/studies/designs.py"}
    assert callers == {"study/ui/studies/design_editor.py", "study/cli/designs.py"}
