"""What researchers' pages read like while there is nothing, or next to nothing, to show."""

import ast
from dataclasses import replace
from pathlib import Path

import pytest

from study import metrics, store
from study.formats.reading import read
from study.ui import state
from tests.cases import cases
from tests.cli.test_cli_words import WRONG
from tests.conftest import small_study
from tests.pages.conftest import FOLDER, Judge, page, shown_texts

ROOT = Path(__file__).parents[2]
# The import page needs the whole app for its link to another page.
PAGES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "importing")
VOTE = b"item_id,rater,left_system,right_system,answer\nitem 0,w1,alpha-net,beta-net,left\n"


def wrong_words(text: str) -> list[str]:
    return [f"{what}: {found.group()}" for what, sign in WRONG.items() if (found := sign.search(text))]


def import_vote() -> None:
    db = state.database()
    known = store.study_records(db, "small", answers=True)
    store.save_records(db, read(VOTE, name="votes.csv", known=known), new_study=False)


@pytest.mark.parametrize("judged", cases([False, True], [True]), ids=["nobody", "one judgment"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_with_next_to_nothing_reads_well(judge: Judge, name: str, judged: bool) -> None:
    if judged:
        import_vote()
    assert wrong_words(shown_texts(page(name))) == []


def test_imported_raters_have_not_come_by_the_link(judge: Judge) -> None:
    import_vote()
    text = shown_texts(page("progress"))
    assert "The answers of 1 rater were imported; no one has used the link yet." in text
    assert "There are no raters yet" not in text


def test_no_table_on_a_page_shows_what_is_missing_as_none() -> None:
    calls = [
        (path.name, node)
        for folder in ("study/ui", "pages")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "dataframe"
    ]
    assert calls
    assert [name for name, call in calls if "placeholder" not in {one.arg for one in call.keywords}] == []


@pytest.mark.parametrize("name", cases(PAGES, ["home", "agreement", "ranking", "correlation"]))
def test_no_two_choices_of_a_box_read_the_same(judge: Judge, name: str) -> None:
    records = small_study("other")
    store.save_records(
        state.database(), replace(records, study=replace(records.study, title="The small study"))
    )
    judge("link", 3)
    texts = store.output_texts(state.database(), "other")
    store.save_scores(state.database(), metrics.score_outputs(texts, ["length"], study_id="other"))
    at = page(name)
    boxes = [*at.selectbox, *at.multiselect, *at.sidebar.selectbox]
    repeated = {box.label: box.options for box in boxes if len(set(box.options)) < len(box.options)}
    assert repeated == {}
