"""Scoring a study through the worker: nothing twice, stopped, killed, resumed."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from study import store
from study.errors import StudyError
from study.metrics import METRICS, metric_named, score_outputs
from study.metrics.jobs import study_rows
from study.records import StudyRecords, text_content
from study.workers import processes
from study.workers.metrics_worker import ScoringStopped
from study.workflows import scoring, scoring_plan
from tests import programs
from tests.conftest import small_study

NAMES = ("length", "chrf", "bleu", "edit_distance", "jsd", "distinct_1", "lix", "rouge_su4")
KILLED = """
import sys, time
from study import store
from study.workflows import scoring

def show(now):
    print(now.done, flush=True)
    time.sleep(600 if now.done else 0)

db = store.open_database(sys.argv[1])
scoring.score_study(db, "large", sys.argv[2].split(), progress=show)
"""

STALLED = """
import itertools, sys, time
from pathlib import Path
from study.metrics import jobs
from study.workers import metrics_process

def computed(*args, found=jobs.job_scores):
    yield from itertools.islice(found(*args), 3)
    time.sleep(600)

jobs.job_scores = computed
metrics_process.main(Path(sys.argv[1]))
"""


def large_study(n_items: int = 30) -> StudyRecords:
    records = small_study("large", n_items=n_items)
    records.items[0] = replace(records.items[0], reference=None)
    return records


@pytest.fixture
def large(empty_db: store.Database) -> store.Database:
    store.save_records(empty_db, large_study())
    return empty_db


def stored(db: store.Database) -> pd.DataFrame:
    return store.metric_scores(db, "large").sort_values(["metric", "output_id"], ignore_index=True)


def n_cached(db: store.Database) -> int:
    with db.reading() as cursor:
        return int(cursor.execute("select count(*) from score_cache").fetchall()[0][0])


def test_a_worker_gives_what_this_process_gives_and_a_second_run_computes_nothing(
    large: store.Database,
) -> None:
    seen: list[scoring.RunProgress] = []
    first = scoring.score_study(large, "large", NAMES, progress=seen.append)
    assert first.errors == {}
    assert first.unscorable == {
        (key, "no reference"): 3 for key in NAMES if "reference" in METRICS[key].needs
    }
    assert first.computed == n_cached(large) == seen[-1].done == seen[-1].total
    assert [one.done for one in seen] == sorted(one.done for one in seen)
    expected = pd.DataFrame(score_outputs(store.output_texts(large, "large"), NAMES, study_id="large"))
    expected = expected.sort_values(["metric", "output_id"], ignore_index=True)
    found = stored(large)[["output_id", "metric", "value", "signature"]]
    pd.testing.assert_frame_equal(found, expected[list(found)], check_dtype=False)
    second = scoring.score_study(
        large, "large", NAMES, progress=lambda now: pytest.fail("nothing is left to do")
    )
    assert (second.computed, second.known, second.unscorable) == (0, first.computed, first.unscorable)


def test_scores_that_were_deleted_come_back_from_the_cache(large: store.Database) -> None:
    scoring.score_study(large, "large", ["length"])
    before = stored(large)
    store.delete_scores(large, "large", "length")
    assert stored(large).empty
    assert scoring.score_study(large, "large", ["length"]).computed == 0
    pd.testing.assert_frame_equal(stored(large), before)


def test_pairs_of_texts_are_scored_once(large: store.Database) -> None:
    pairs = [("kitten", "sitting"), ("kitten", "kitten"), ("kitten", "sitting"), ("", "a")]
    expected = [(3.0, None), (0.0, None), (3.0, None), (None, "the output is empty")]
    assert scoring.score_pairs(large, "edit_distance", pairs) == expected
    assert n_cached(large) == 3
    assert (
        scoring.score_pairs(large, "edit_distance", pairs, progress=lambda now: pytest.fail("again"))
        == expected
    )


def test_a_killed_worker_loses_nothing_that_came_and_the_next_run_goes_on(
    large: store.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    workers: list[subprocess.Popen[Any]] = []
    start = subprocess.Popen

    def stalled(command: list[str], **options: Any) -> subprocess.Popen[Any]:
        """Start a worker that is not done before it is killed, however slow this machine is."""
        if not workers:
            command = [sys.executable, "-c", STALLED, command[-1]]
        workers.append(start(command, **options))
        return workers[-1]

    def kill(now: scoring.RunProgress) -> None:
        if now.done:
            workers[0].kill()
            workers[0].wait()

    monkeypatch.setattr(processes.subprocess, "Popen", stalled)
    with pytest.raises(StudyError, match=r"ended with code -9.*run it again to continue"):
        scoring.score_study(large, "large", [*NAMES, "rouge_l"], progress=kill)
    known = n_cached(large)
    assert known > 0
    rest = scoring.score_study(large, "large", [*NAMES, "rouge_l"])
    assert (rest.known, rest.computed) == (known, n_cached(large) - known)
    assert rest.computed > 0


def test_a_killed_app_resumes_without_computing_anything_again(database_path: Path) -> None:
    db = store.open_database(database_path)
    store.save_records(db, large_study())
    db.close()
    program = programs.start("-c", KILLED, database_path, " ".join(NAMES), stdout=programs.PIPE)
    assert program.stdout is not None
    for line in program.stdout:
        if int(line) > 0:
            break
    program.kill()
    program.wait()
    program.stdout.close()
    db = store.open_database(database_path)
    try:
        known = n_cached(db)
        rest = scoring.score_study(db, "large", NAMES)
        assert known > 0
        assert (rest.known, rest.computed) == (known, n_cached(db) - known)
        assert rest.computed > 0
        assert len(stored(db)) == len(NAMES) * 90
    finally:
        db.close()


def test_a_stopped_run_ends_its_worker(large: store.Database) -> None:
    seen: list[int] = []
    with pytest.raises(ScoringStopped):
        scoring.score_study(
            large, "large", NAMES, progress=lambda now: seen.append(now.done), stopped=lambda: bool(seen)
        )
    assert scoring.score_study(large, "large", NAMES).errors == {}


@pytest.mark.thorough
def test_a_model_that_is_refused_is_an_error_of_its_metric_alone(large: store.Database) -> None:
    from study.metrics.checkpoints import checkpoint

    outcome = scoring.score_study(large, "large", ["length", f"perplexity@{checkpoint().path}"])
    (name,) = outcome.errors
    assert name.startswith("perplexity@")
    assert "random numbers" in outcome.errors[name]
    assert set(stored(large)["metric"]) == {"length"}


def test_what_one_place_computes_every_other_knows(large: store.Database) -> None:
    names = ["length", "rouge_l"]
    here = scoring.score_here(large, "large", names)
    assert here.computed == n_cached(large) > 0
    texts = store.output_texts(large, "large")
    signed = scoring_plan.signed(texts, names=names)
    extents = scoring_plan.extents(
        texts,
        known={name: store.known_hashes(large, one.signature) for name, one in signed.items()},
        earlier={},
        stored={name: store.scored_outputs(large, "large", name, signed[name].signature) for name in names},
    )
    assert [(one.n_missing, one.n_known) for one in extents.values()] == [(0, len(texts))] * 2
    by_worker = scoring.score_study(large, "large", names, progress=lambda now: pytest.fail("again"))
    assert (by_worker.computed, by_worker.unscorable) == (0, here.unscorable)
    assert scoring.score_pairs(large, "edit_distance", [("a", "b")]) == [(1.0, None)]
    assert scoring.score_here(large, "large", names).computed == 0


def test_what_the_study_holds_is_known_where_the_cache_was_lost(large: store.Database) -> None:
    scoring.score_here(large, "large", ["chrf"])
    with large.writing(forget=True) as cursor:
        cursor.execute("delete from score_cache")
    again = scoring.score_study(large, "large", ["chrf"], progress=lambda now: pytest.fail("again"))
    assert again.computed == 0
    assert n_cached(large) > 0


def test_scores_of_version_0_1_0_hold_for_texts_that_were_read_then(empty_db: store.Database) -> None:
    records = small_study("large", n_items=1)
    readable, strange = records.outputs[:2]
    records.outputs[1] = replace(strange, content=text_content("สวัสดีครับวันนี้อากาศดีมาก 1"))
    store.save_records(empty_db, records)
    texts = store.output_texts(empty_db, "large")
    chosen = metric_named(METRICS, "rouge_l")
    assert chosen.earlier_signature() == "rougeL|fmeasure|stemmer:no|rouge-score:0.1.2"
    assert metric_named(METRICS, "rouge_l:stemmer=yes").earlier_signature() is None
    rows = study_rows(texts, chosen)
    store.cache_scores(
        empty_db, chosen.earlier_signature() or "", {row.texts_hash: (0.125, None) for row in rows}
    )
    outcome = scoring.score_here(empty_db, "large", ["rouge_l"])
    assert (outcome.known, outcome.computed) == (2, 1)
    values = stored(empty_db).set_index("output_id")["value"]
    assert values[readable.output_id] == 0.125
    assert np.isnan(values[strange.output_id])
