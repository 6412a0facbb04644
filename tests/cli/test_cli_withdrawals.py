"""Skips and withdrawals on the command line; what was withdrawn is left out of analyses and exports, and counted."""

import csv
import io
from pathlib import Path

import pytest

from study import store
from tests.cli.conftest import Run
from tests.conftest import small_study


@pytest.fixture
def skipped_item(database_path: Path) -> str:
    """Let one rater skip one comparison and judge five; return the item of the one that was skipped."""
    db = store.open_database(database_path)
    store.save_records(db, small_study())
    rater = store.enrol(db, "small")
    first = store.current_task(db, rater)
    assert first is not None
    store.skip(db, rater, first.assignment_id, first.revisions, reason="broken", note="=B is empty")
    for _ in range(5):
        task = store.current_task(db, rater)
        assert task is not None
        for criterion, revision in task.revisions.items():
            store.record_judgment(db, rater, task.assignment_id, criterion, revision, "left")
    item = store.material(db, first.task_id).item.name
    db.close()
    return item


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_skips_are_listed_with_reasons_and_words(run: Run, skipped_item: str) -> None:
    (row,) = rows(run("skips", "--study", "small", "--format", "csv").out)
    assert (row["item"], row["skipped"], row["flagged"], row["broken"]) == (skipped_item, "1", "1", "1")
    assert row["notes"] == "'=B is empty"
    assert row["withdrawn"] == "false"
    assert "No comparison was skipped" in run("skips", "--study", "small", "--simulated").err


def test_what_was_withdrawn_leaves_exports_and_analyses_and_comes_back(run: Run, skipped_item: str) -> None:
    export = ("export", "--study", "small", "--format", "long_csv", "--tier", "internal")
    before = rows(run(*export).out)
    inside = [row for row in before if row["item_name"] == skipped_item]
    command = ("--study", "small", "--item", skipped_item, "--reason")
    assert "the reason is empty" in run("withdraw", *command, "").refused()
    assert "withdrawn comparisons: 3" in run("withdraw", *command, "B is empty").out
    said = run(*export)
    assert len(rows(said.out)) == len(before) - len(inside)
    assert f"{len(inside)} judgments of withdrawn comparisons are left out" in said.err
    asked = run(*export, "--withdrawn")
    assert [row["comparison_withdrawn"] for row in rows(asked.out)].count("true") == len(inside)
    assert "left out" not in asked.err

    ranking = ("analyze", "ranking", "--study", "small", "--format", "json")
    answered = sum(row["preference"] != "" for row in inside)
    said = run(*ranking).err
    assert ("of withdrawn comparisons" in said) == (answered > 0)
    assert answered < 2 or f"{answered} judgments of withdrawn comparisons are left out" in said
    assert "withdrawn comparisons" not in run(*ranking, "--withdrawn").err
    assert (run(*ranking).out != run(*ranking, "--withdrawn").out) == (answered > 0)

    assert "restored comparisons: 3" in run("reinstate", *command, "imported again").out
    assert rows(run(*export).out) == before


def test_one_comparison_is_withdrawn_by_its_id(run: Run, skipped_item: str, database_path: Path) -> None:
    comparison = rows(run("export", "--study", "small", "--tier", "internal").out)[-1]["comparison_id"]
    command = ("--study", "small", "--comparison", comparison, "--reason", "wrong language")
    assert run("withdraw", *command).code == 0
    assert "is withdrawn already" in run("withdraw", *command).refused()
    assert run("reinstate", *command).code == 0
    db = store.open_database(database_path)
    kinds = [event.kind for event in store.withdrawal_events(db, "small")]
    db.close()
    assert kinds == ["comparison_restored", "comparison_withdrawn"]


@pytest.mark.parametrize("named", [(), ("--item", "item 1", "--comparison", "c")])
def test_a_withdrawal_names_an_item_or_a_comparison(
    run: Run, skipped_item: str, named: tuple[str, ...]
) -> None:
    said = run("withdraw", "--study", "small", "--reason", "x", *named).refused()
    assert said == "give either --item or --comparison"
