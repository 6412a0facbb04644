"""Erasing on the command line asks first, says what went, and what copies still hold."""

from pathlib import Path

import pytest

from study import store
from tests.cli.conftest import Run


def test_a_profile_is_erased_with_its_copies(demo: Run, database_path: Path) -> None:
    assert demo("backup").code == 0
    command = ("erase", "--study", "demo", "--profile", "r11")
    assert "cannot be undone; give --yes" in demo(*command).refused()
    said = demo(*command, "--yes")
    assert said.code == 0
    assert "1 profile erased" in said.err
    assert "still in study-" in said.err
    assert "marked in" in said.err
    assert "no profiles 'r11'" in demo(*command, "--yes").refused()
    db = store.open_database(database_path)
    assert "r11" not in {one.name for one in store.study_records(db, "demo").profiles}
    assert store.marked_copies(database_path) != []
    db.close()


@pytest.mark.parametrize("copies", ["erase", "remove"])
def test_copies_are_erased_or_removed_where_that_is_asked_for(
    demo: Run, database_path: Path, copies: str
) -> None:
    demo("backup")
    said = demo("erase", "--study", "demo", "--profile", "r11", "--copies", copies, "--yes")
    assert "no copy contains it" in said.err
    assert len(list((database_path.parent / "backups").glob("*.duckdb"))) == (copies == "erase")


def test_a_rater_is_erased_by_external_id(demo: Run, database_path: Path) -> None:
    assert demo("erase", "--study", "demo", "--rater", "sim-01", "--yes").code == 0
    assert "no rater 'sim-01'" in demo("erase", "--study", "demo", "--rater", "sim-01", "--yes").refused()


def test_nothing_is_due_without_a_date(demo: Run) -> None:
    assert "nothing is due" in demo("erase", "--due").err


@pytest.mark.parametrize("asked", [(), ("--due", "--profile", "x"), ("--profile", "x", "--rater", "y")])
def test_one_thing_is_erased_at_a_time(demo: Run, asked: tuple[str, ...]) -> None:
    assert "say what to erase" in demo("erase", "--study", "demo", *asked).refused()


def test_consents_are_printed(demo: Run, database_path: Path) -> None:
    db = store.open_database(database_path)
    rater = store.enrol(db, "demo", device="x")
    db.close()
    said = demo("consents", "--study", "demo", "--format", "csv")
    assert said.out.splitlines()[0] == "rater_id,agreed_at,design_version,consent_sha256"
    assert said.out.splitlines()[1].startswith(f"{rater.rater_id},")
