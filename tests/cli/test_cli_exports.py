"""The export command: simulated judgments and ids of raters leave only when asked for."""

import io
from pathlib import Path

import pandas as pd
import pytest

from study import store
from study.formats import EXPORTERS
from tests.cli.conftest import Run


@pytest.mark.parametrize("key", EXPORTERS)
def test_every_format_is_exported(demo: Run, tmp_path: Path, key: str) -> None:
    target = tmp_path / EXPORTERS[key].file_name
    said = demo(
        *("export", "--study", "demo", "--format", key, "--population", "simulated", "--output", target)
    )
    assert (said.code, said.out) == (0, "")
    assert target.stat().st_size > 1000


def test_an_export_goes_to_standard_output_and_notes_do_not(demo: Run) -> None:
    said = demo("export", "--study", "demo", "--population", "simulated")
    assert len(pd.read_csv(io.StringIO(said.out))) == 1368
    assert "judgment" not in said.err


def test_simulated_judgments_leave_only_when_asked_for(demo: Run, database_path: Path) -> None:
    db = store.open_database(database_path)
    rater = store.enrol(db, "demo")
    task = store.current_task(db, rater)
    assert task is not None
    store.record_judgment(db, rater, task.assignment_id, "fit", 0, "left")
    db.close()
    said = demo("export", "--study", "demo")
    assert len(pd.read_csv(io.StringIO(said.out))) == 1
    assert "1,368 simulated judgments are left out" in said.err
    both = demo("export", "--study", "demo", "--population", "both")
    assert len(pd.read_csv(io.StringIO(both.out))) == 1369


def test_the_ids_of_raters_leave_only_when_asked_for(demo: Run) -> None:
    command = ["export", "--study", "demo", "--population", "simulated"]
    assert "sim-01" not in demo(*command).out
    assert "sim-01" not in demo(*command, "--include-external-ids").out
    assert "sim-01" in demo(*command, "--include-external-ids", "--tier", "internal").out


def test_an_export_does_not_write_over_a_file(demo: Run, tmp_path: Path) -> None:
    target = tmp_path / "old.csv"
    target.write_text("precious")
    command = ["export", "--study", "demo", "--population", "simulated", "--output", target]
    assert "already exists" in demo(*command).refused()
    assert target.read_text() == "precious"
    assert demo(*command, "--force").code == 0
    assert target.read_text() != "precious"


def test_an_unknown_export_format_is_refused_with_the_known_ones(demo: Run) -> None:
    sentence = demo("export", "--study", "demo", "--format", "long_cvs").refused()
    assert sentence.startswith("unknown export format 'long_cvs' (did you mean 'long_csv'?)")
