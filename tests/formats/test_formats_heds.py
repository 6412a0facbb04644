"""The Human Evaluation Datasheet says what the study says, and marks what it cannot know."""

from dataclasses import replace
from datetime import date

import pytest

from study import store
from study.formats.writers.heds import TO_FILL
from study.protocol.design import Design
from study.workflows.demo import open_demo
from study.workflows.exporting import Wanted, exported_file
from tests.conftest import CRITERIA, small_study

SECTIONS = (
    "## 1. Main reference and supplementary resources",
    "## 2. Evaluated systems",
    "## 3. Sample of outputs, evaluators and experimental design",
    "## 4. Definition and operationalisation of quality criteria",
    "## 5. Ethics",
)


def datasheet(db: store.Database, study_id: str, tier: str = "public", population: str = "human") -> str:
    return exported_file(db, Wanted(study_id, "heds", tier, population)).data.decode()  # type: ignore[arg-type]


def test_the_datasheet_of_the_demo_has_its_numbers(empty_db: store.Database) -> None:
    open_demo(empty_db)
    text = datasheet(empty_db, "demo", population="simulated")
    places = [text.index(section) for section in SECTIONS]
    assert places == sorted(places)
    for said in (
        "generic (38), history\\_aware (38), keyword\\_stuffing (38), style\\_history\\_aware (38)",
        "38 items of 12 sources for 12 profiles; 228 comparisons",
        "Number of evaluators: 57; how they came: simulated (57)",
        "Judgments: 1,368 to main comparisons",
        "Evaluators per comparison: 3 aimed at; 3 reached",
        "### fit",
        "### quality",
    ):
        assert said in text
    assert text.count(TO_FILL) > 20


def test_the_datasheet_follows_the_design(empty_db: store.Database) -> None:
    design = Design(
        criteria=CRITERIA,
        contact="ann@example.org",
        analysis_plan="Bradley-Terry, two-sided.",
        consent="You <b>agree</b>.\n# Really",
        retention_until=date(2028, 1, 31),
    )
    store.save_records(empty_db, small_study(design=design))
    text = datasheet(empty_db, "small")
    assert '"Bradley-Terry, two-sided."' in text
    assert "kept until 2028-01-31, then answers stay" in text
    assert '"You \\<b\\>agree\\</b\\>. \\# Really"' in text
    assert "ann@example.org" not in text
    assert "ann@example.org" in datasheet(empty_db, "small", "internal")
    assert "Number of evaluators: 0" in text


@pytest.mark.parametrize("title", ["A | B", "# Title\n\n## 9. Fake", "`x`"])
def test_a_title_stays_a_title(empty_db: store.Database, title: str) -> None:
    records = small_study()
    records.study = replace(records.study, title=title)
    store.save_records(empty_db, records)
    lines = datasheet(empty_db, "small").splitlines()
    assert [line for line in lines if line.startswith("## ")] == list(SECTIONS)
