from dataclasses import replace

from study import store
from study.records import StudyRecords, Verdict
from tests.conftest import small_study

RECORDS = small_study()


def verdict(place: int = 0, preference: str | None = "a", **other: object) -> Verdict:
    compared = RECORDS.tasks[place].task_id
    one = Verdict("small", compared, "gpt", "fit", "01", preference, 0.9, None, "gpt|v:1")
    return replace(one, **other) if other else one  # type: ignore[arg-type]


def test_verdicts_are_read_beside_their_comparison(db: store.Database) -> None:
    failed = verdict(1, None, certainty=None, reason="no answer")
    store.save_verdicts(db, [verdict(), failed])
    frame = store.verdicts(db, "small").set_index("comparison_id")
    systems = {output.output_id: output.system for output in RECORDS.outputs}
    comparison = RECORDS.comparisons()[0]
    row = frame.loc[comparison.task.task_id]
    assert row[["system_a", "system_b"]].tolist() == [
        systems[comparison.output_a_id],
        systems[comparison.output_b_id],
    ]
    assert row[["judge", "criterion", "side_of_a", "preference", "certainty"]].tolist() == [
        *("gpt", "fit", "left", "a", 0.9)
    ]
    assert frame["preference"].isna().sum() == 1
    assert frame["reason"].dropna().tolist() == ["no answer"]
    assert frame["judge"].dtype == "category"


def test_a_study_without_verdicts_has_an_empty_table(db: store.Database) -> None:
    assert store.verdicts(db, "small").empty
    store.save_verdicts(db, [])
    assert store.verdicts(db, "small").columns[0] == "comparison_id"


def test_a_later_verdict_takes_the_place_of_the_earlier(db: store.Database) -> None:
    before = store.data_hash(db, "small")
    store.save_verdicts(db, [verdict(), verdict(arrangement="10"), verdict(arrangement="?")])
    store.save_verdicts(db, [verdict(), verdict(preference="b"), verdict(judge="other")])
    frame = store.verdicts(db, "small")
    found = frame.set_index(["judge", "side_of_a"])["preference"].to_dict()
    assert found == {
        ("gpt", "left"): "b",
        ("gpt", "right"): "a",
        ("gpt", "unknown"): "a",
        ("other", "left"): "a",
    }
    assert store.data_hash(db, "small") != before


def test_verdicts_are_imported_again_without_harm(db: store.Database) -> None:
    for preference in ("a", "tie"):
        records = StudyRecords(store.study(db, "small"), verdicts=[verdict(preference=preference)])
        store.save_records(db, records, new_study=False)
    assert store.verdicts(db, "small")["preference"].tolist() == ["tie"]
