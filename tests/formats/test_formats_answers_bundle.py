"""Answers of every kind go into a bundle and come back as they were given."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from study import store
from study.errors import InvalidInput
from study.formats.reading import read
from study.formats.tiers import Tier
from study.records import StudyRecords
from study.workflows.exporting import Wanted, exported_file
from study.workflows.simulation import SimulatedRaters, simulate
from tests.tasks import QUESTIONS, TEMPLATES, study_of_all

PER_SUBJECT = {
    **{"key": "aspects", "question": "How good is each?", "kind": "scale", "steps": 3},
    "about": "each_output_and_subject",
}
ORDER = ["item_name", "template", "rater", "question", "system", "subject", "option"]
KEPT = [
    *("item_name", "template", "task_purpose", "system", "output_condition", "subject", "question", "kind"),
    *("number", "option", "words", "screen_position", "n_outputs", "confidence", "rationale"),
    *("seconds", "shown_at", "judged_at", "position", "purpose", "rater_role", "simulated", "response"),
]


@pytest.fixture
def judged(empty_db: store.Database) -> store.Database:
    """Return a store with a study of all kinds that simulated raters have judged."""
    templates = [*TEMPLATES[:2], {**TEMPLATES[2], "questions": [*TEMPLATES[2]["questions"], "aspects"]}]
    records = study_of_all(3, questions=[*QUESTIONS, PER_SUBJECT], templates=templates, confidence=True)
    records.items = [replace(one, subjects={"tone": "Tone", "facts": "Facts"}) for one in records.items]
    store.save_records(empty_db, records)
    simulate(empty_db, "kinds", SimulatedRaters(6, seed=5, tie_width=0.3))
    return empty_db


@pytest.fixture
def back(tmp_path: Path) -> Iterator[store.Database]:
    """Return another store."""
    db = store.open_database(tmp_path / "back.duckdb")
    yield db
    db.close()


def come_back(judged: store.Database, back: store.Database, tier: Tier) -> tuple[str, ...]:
    """Export a bundle, import it into another store, and return the notes."""
    made = exported_file(judged, Wanted("kinds", "bundle", tier, "simulated"))
    store.save_records(back, read(made.data, name="kinds.zip"))
    return made.notes


def by_rater(db: store.Database) -> pd.DataFrame:
    """Return the answers with raters numbered by what they were given, which names do not decide."""
    found = store.answers(db, "kinds", texts=True)
    found["rater"] = (
        found["rater_id"]
        .astype(object)
        .map({one.rater_id: one.external_id or one.rater_id for one in store.raters(db, "kinds")})
    )
    return found


def test_a_bundle_gives_every_answer_back(judged: store.Database, back: store.Database) -> None:
    before = store.answers(judged, "kinds", texts=True).assign(
        rater=lambda all: all["rater_id"].astype(object)
    )
    assert set(before["question"].unique()) == {
        "likert",
        "fluency",
        "true",
        "why",
        "rank",
        "coins",
        "aspects",
    }
    come_back(judged, back, "internal")
    after = by_rater(back)
    assert len(after) == len(before) > 150
    before, after = (
        frame.sort_values(ORDER, key=lambda cells: cells.astype(str), ignore_index=True)
        for frame in (before, after)
    )
    pd.testing.assert_frame_equal(
        after[[*KEPT, "rater"]].astype(object), before[[*KEPT, "rater"]].astype(object), check_dtype=False
    )
    assert (
        store.judgments(back, "kinds")["response"].tolist()
        == store.judgments(judged, "kinds")["response"].tolist()
    )
    assert [one.subjects for one in store.study_records(back, "kinds").items] == [
        {"tone": "Tone", "facts": "Facts"}
    ] * 3
    again = exported_file(back, Wanted("kinds", "bundle", "internal", "simulated"))
    assert len(read(again.data, name="kinds.zip").judgments) == len(read_of(judged).judgments)


def read_of(db: store.Database) -> StudyRecords:
    """Return what a bundle of a study holds."""
    return read(exported_file(db, Wanted("kinds", "bundle", "internal", "simulated")).data, name="k.zip")


def test_the_public_bundle_withholds_what_raters_wrote(judged: store.Database, back: store.Database) -> None:
    words = set(store.answers(judged, "kinds")["words"].dropna())
    assert words
    notes = come_back(judged, back, "public")
    assert any("in words are withheld" in note for note in notes)
    found = store.answers(back, "kinds", texts=True)
    assert "why" not in set(found["question"])
    assert found["words"].isna().all()
    pairs = store.judgments(judged, "kinds"), store.judgments(back, "kinds")
    others = store.answers(judged, "kinds").query("question != 'why'"), found
    gaps = [
        other["judged_at"].min() - pair["judged_at"].min() for pair, other in zip(pairs, others, strict=True)
    ]
    assert gaps[0] == gaps[1]  # all tables are shifted by as much
    assert found["number"].sum() == store.answers(judged, "kinds").query("question != 'why'")["number"].sum()


def changed(judged: store.Database, change: Callable[[dict[str, object]], object]) -> bytes:
    """Return the bundle with one row of answers changed."""
    made = exported_file(judged, Wanted("kinds", "bundle", "internal", "simulated")).data
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(made)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "answers.jsonl":
                rows = [json.loads(line) for line in data.splitlines()]
                change(next(row for row in rows if row["question"] == "rank"))
                data = "\n".join(map(json.dumps, rows)).encode()
            new.writestr(name, data)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("item_id", "nowhere", "'nowhere' is not in the table of items"),
        ("template", "every", "column 'template': unknown template 'every'"),
        ("question", "ranking", "column 'question': unknown question 'ranking' .*allowed: fluency"),
        ("shown_systems", ["alpha-net", "beta-net"], "2 systems and 3 conditions; give as many"),
        ("shown_systems", ["alpha-net", "beta-net", "delta"], "no output of 'delta'"),
        ("answer", "[1,2]", "column 'answer'"),
        ("answer", "first", "column 'answer'"),
        ("shown_systems", "[", "give a list such as"),
        ("shown_systems", None, "the cell is empty"),
    ],
)
def test_a_wrong_cell_is_named(judged: store.Database, field: str, value: object, said: str) -> None:
    with pytest.raises(InvalidInput, match=rf"answers\.jsonl, line \d+.*{said}"):
        read(changed(judged, lambda row: row.update({field: value})), name="kinds.zip")
