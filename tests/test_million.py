"""The study of the benchmarks: as many judgments as it says, in today's tables."""

from pathlib import Path

from study import store
from tests.benchmarks.million import STUDY_ID, make_million


def test_the_study_of_the_benchmarks_has_as_many_judgments_as_it_says(tmp_path: Path) -> None:
    make_million(tmp_path / "small.duckdb", n_judgments=2_000, n_metrics=2)
    db = store.open_database(tmp_path / "small.duckdb")
    assert len(store.coded_judgments(db, STUDY_ID)) == 2_000
    assert store.score_matrix(db, STUDY_ID).shape == (200, 2)
    db.close()
