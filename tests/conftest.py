"""Fixtures shared by all tests: small studies, and a database in a temporary folder."""

import gc
import os
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from xdist.remote import Producer

from study import store
from study.protocol.design import Design, Question
from study.records import (
    Comparison,
    Item,
    Output,
    Profile,
    Rater,
    Study,
    StudyRecords,
    Task,
    stable_id,
    text_content,
)
from tests import examples, scheduling
from tests.templates import Templates, empty

examples.load_profile()
# Some hundred processes import the program: it is compiled once, whatever a machine's environment says.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Programs that tests start, not tests.
collect_ignore = ["browser/slow_streamlit.py", "benchmarks", "fixtures"]

SYSTEMS = ("alpha-net", "beta-net", "gamma-net")
CRITERIA = (
    Question(key="fit", question="Which one suits this reader better?"),
    Question(key="quality", question="Which one is better written?"),
)


def small_study(
    study_id: str = "small",
    *,
    n_items: int = 4,
    systems: tuple[str, ...] = SYSTEMS,
    design: Design | None = None,
) -> StudyRecords:
    """Return a live study with every pair of systems on each item; half of the items share a source."""
    design = design or Design(criteria=CRITERIA, quota=6, completion_code="SMALL-DONE", min_view_seconds=0.2)
    study = Study(
        study_id,
        f"The {study_id} study",
        design.to_json(),
        design.hash(),
        "live",
        7,
        f"link-{study_id}",
        NOON,
    )
    records = StudyRecords(study)
    for number in range(n_items):
        profile = Profile(
            stable_id(study_id, "profile", number),
            study_id,
            f"reader {number}",
            {"kind": "facets", "facets": {"Interests": ["gardens", "trains"], "Style": "short and dry"}},
            external_id=f"owner-{number}@example.org",
        )
        item = Item(
            stable_id(study_id, "item", number),
            study_id,
            f"item {number}",
            f"source {number // 2}",
            profile.profile_id,
            text_content(f"Write a headline about story {number // 2}."),
            reference=f"The headline of story {number // 2} for reader {number}",
            tags={"domain": "garden" if number % 2 else "rail"},
        )
        outputs = [
            Output(
                stable_id(study_id, "output", number, system),
                study_id,
                item.item_id,
                system,
                "",
                text_content(f"Headline {number}.{place} for story {number // 2}" + " indeed" * place),
            )
            for place, system in enumerate(systems)
        ]
        records.profiles.append(profile)
        records.items.append(item)
        records.outputs.extend(outputs)
        records.add_comparisons(
            Comparison(
                Task(stable_id(study_id, first, second), study_id, item.source_id, item.item_id),
                item.item_id,
                *sorted((first, second)),
            )
            for place, first in enumerate(output.output_id for output in outputs)
            for second in [output.output_id for output in outputs[place + 1 :]]
        )
    return records


def undo_last(db: store.Database, rater: Rater) -> bool:
    """Take back the rater's last answer, whichever it is."""
    last = store.last_judgment(db, rater)
    return last is not None and store.undo(db, rater, last)


NOON = datetime(2026, 11, 1, 12)


def pytest_xdist_auto_num_workers() -> int:
    return scheduling.number_of_workers()


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> scheduling.LongestFirst:
    return scheduling.scheduler(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    scheduling.sort(items)


def pytest_collection_finish() -> None:
    """Keep the garbage collector from what was imported: its rounds through all of that were a fifth of the work."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 50)


@pytest.fixture
def database_path(tmp_path: Path) -> Path:
    return tmp_path / "study.duckdb"


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    return Templates(tmp_path_factory.mktemp("templates"))


def with_small_study(db: store.Database) -> None:
    store.save_records(db, small_study())


@pytest.fixture
def file_to_open(request: pytest.FixtureRequest, templates: Templates, database_path: Path) -> Path:
    """A new database file; the small study is in it already where the test asks for it by ``db``."""
    return templates.copy(with_small_study if "db" in request.fixturenames else empty, database_path)


@pytest.fixture
def empty_db(file_to_open: Path) -> Iterator[store.Database]:
    db = store.open_database(file_to_open)
    yield db
    db.close()


@pytest.fixture
def db(empty_db: store.Database) -> store.Database:
    if not store.all_studies(empty_db):
        with_small_study(empty_db)
    return empty_db
