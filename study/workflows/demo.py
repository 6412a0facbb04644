"""The demo study: personalized headlines, four systems of known quality, and the answers of simulated raters."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pandas as pd

from study import store
from study.formats.reading import read
from study.metrics import missing_metrics
from study.records import Study, StudyRecords
from study.workflows import scoring
from study.workflows.simulation import SimulatedRaters, simulate

DEMO_ID = "demo"
DEMO_BUNDLE = Path(__file__).parents[2] / "data" / "demo"

# 57 raters with 12 comparisons each fill 228 comparisons with three raters each.
DEMO_RATERS = SimulatedRaters(
    57,
    criterion_strengths={
        "fit": {"generic": 0.0, "keyword_stuffing": -1.1, "history_aware": 0.7, "style_history_aware": 1.2},
        "quality": {
            "generic": 0.4,
            "keyword_stuffing": -1.6,
            "history_aware": 0.5,
            "style_history_aware": 0.7,
        },
    },
    tie_width=0.35,
    both_bad=0.15,
    seed=20261101,
)
PAGE_TURN = timedelta(seconds=1.2)


def open_demo(db: store.Database) -> Study:
    """Return the demo study; if it does not exist yet, import and launch it.

    It has simulated judgments, and scores by all built-in metrics.
    """
    if DEMO_ID not in {study.study_id for study in store.all_studies(db)}:
        store.save_records(db, demo_records())
    texts = store.output_texts(db, DEMO_ID)
    metrics = missing_metrics(store.metric_scores(db, DEMO_ID), texts)
    if metrics:
        scoring.score_here(db, DEMO_ID, metrics)
    return store.study(db, DEMO_ID)


def demo_records() -> StudyRecords:
    """Return the records of the demo's bundle, with the study live."""
    records = read(DEMO_BUNDLE)
    records.study = replace(records.study, state="live")
    return records


def demo_votes() -> pd.DataFrame:
    """Return the answers of DEMO_RATERS as the bundle's table of judgments; every call returns the same.

    The raters use a temporary store. Since they need no time to answer, ``judged_at`` is set as if each had worked
    through the comparisons in one sitting, on some day in October 2026.
    """
    records = demo_records()
    records.raters, records.assignments, records.judgments = [], [], []
    with TemporaryDirectory() as folder:
        db = store.open_database(Path(folder) / "demo.duckdb")
        try:
            store.save_records(db, records)
            simulate(db, DEMO_ID, DEMO_RATERS)
            long = store.judgments(db, DEMO_ID, texts=True)
            order = {
                criterion.key: place for place, criterion in enumerate(store.design(db, DEMO_ID).criteria)
            }
        finally:
            db.close()
    names = {
        "item_name": "item_id",
        "rater_external_id": "rater",
        "left_system": "left_system",
        "right_system": "right_system",
        "criterion": "criterion",
        "response": "answer",
        "seconds": "seconds",
        "position": "position",
        "rater_source": "rater_source",
    }
    votes = long[list(names)].rename(columns=names).assign(seconds=long["seconds"].round(1))
    votes = votes.assign(place=votes["criterion"].map(order)).sort_values(["rater", "position", "place"])
    votes = votes.drop(columns="place").reset_index(drop=True)
    votes.insert(7, "judged_at", _sittings(votes))
    return votes


def _sittings(votes: pd.DataFrame) -> list[str]:
    """Return the time of each answer, to the second."""
    now: dict[str, datetime] = {}
    times = []
    for rater, seconds in zip(votes["rater"], votes["seconds"], strict=True):
        if rater not in now:
            rng = Random(f"{DEMO_RATERS.seed} {rater}")
            now[rater] = datetime(
                2026, 10, rng.randint(5, 23), rng.randint(7, 20), rng.randrange(60), rng.randrange(60)
            )
        now[rater] += timedelta(seconds=seconds) + PAGE_TURN
        times.append(now[rater].isoformat(timespec="seconds"))
    return times
