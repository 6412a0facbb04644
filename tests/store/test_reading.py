"""The coded table that statistics read has the rows and the values of the view that exports read."""

from dataclasses import replace

import pandas as pd
import pytest

from study import store
from study.protocol.design import Design, Question
from study.records import Study
from study.store.engine import rows
from study.store.studies.coding import CODED_COLUMNS, COMPARISON_COLUMNS
from study.store.studies.studies import frozen
from tests.conftest import small_study, undo_last
from tests.store.test_database import answer


@pytest.fixture
def answered(empty_db: store.Database) -> store.Database:
    """Answers of all kinds: graded, tied, both bad, skipped, undone, given again; an owner; an excluded rater."""
    criteria = (
        Question(key="fit", question="Which one suits?", response_format="preference_5"),
        Question(key="odd", question="Which one is odd?", response_format="preference_5"),
    )
    store.save_records(empty_db, small_study(n_items=2, design=Design(criteria=criteria, quota=6)))
    with empty_db.writing() as cursor:
        (owned,) = cursor.execute("select min(profile_id) from profile").fetchall()[0]
    raters = [store.enrol(empty_db, "small"), store.enrol(empty_db, "small", profile_id=owned)]
    for rater in raters:
        for response in ("left_2", "right_1", "tie", "both_bad"):
            answer(empty_db, rater, response)
        task = store.current_task(empty_db, rater)
        assert task is not None
        store.skip(empty_db, rater, task.assignment_id, task.revisions)
        answer(empty_db, rater, "right_2")
        assert undo_last(empty_db, rater)
    answer(empty_db, raters[0], "tie")
    store.set_status(empty_db, raters[1], "excluded", "in haste")
    return empty_db


def test_it_equals_the_view(answered: store.Database) -> None:
    coded, long = store.coded_judgments(answered, "small"), store.judgments(answered, "small")
    assert list(coded.columns) == [*CODED_COLUMNS, *COMPARISON_COLUMNS]
    for name in coded.columns.drop("options"):
        expected, found = (
            column.astype(object).where(column.notna(), None) for column in (long[name], coded[name])
        )
        assert found.tolist() == expected.tolist(), name
    assert set(coded["rater_role"]) == {"owner", "proxy"}
    assert set(coded["rater_status"]) == {"active", "excluded"}
    assert set(coded["preference"].dropna()) == {"a", "b", "tie", "both_bad"}
    assert coded["preference"].isna().any()
    assert "undone" not in set(coded["response"])


def test_it_knows_which_answers_the_design_offered(answered: store.Database) -> None:
    coded = store.coded_judgments(answered, "small")
    assert set(coded["options"]) == {"left_2 left_1 tie right_1 right_2 both_bad"}


def test_what_any_version_of_a_design_offered_could_be_given(empty_db: store.Database) -> None:
    """No new version may offer other answers today; a file of another version of the program may hold one that does."""
    rules = [
        Design(criteria=(Question(key="fit", question="Which?", ties=ties, both_bad=False),))
        for ties in (False, True)
    ]
    store.save_records(empty_db, small_study(n_items=1, design=rules[0]))
    answer(empty_db, store.enrol(empty_db, "small"), "left")
    before = store.data_hashes(empty_db, "small", ["study"])
    assert set(store.coded_judgments(empty_db, "small")["options"]) == {"left right"}
    with empty_db.writing(forget=True) as cursor:
        current = rows.select(cursor, Study, "where study_id = ?", ["small"])[0]
        later = replace(current, design=rules[1].to_json(), design_hash=rules[1].hash())
        rows.insert(cursor, frozen(later, 2))
        cursor.execute("update study set design_hash = ? where study_id = 'small'", [rules[1].hash()])
    assert set(store.coded_judgments(empty_db, "small")["options"]) == {"left right tie"}
    assert store.data_hashes(empty_db, "small", ["study"]) != before  # what pages keep is computed anew


def test_a_study_without_judgments_has_the_columns(empty_db: store.Database) -> None:
    store.save_records(empty_db, small_study())
    coded = store.coded_judgments(empty_db, "small")
    assert list(coded.columns) == [*CODED_COLUMNS, *COMPARISON_COLUMNS]
    assert coded.empty


def test_texts_are_categories(answered: store.Database) -> None:
    kinds = store.coded_judgments(answered, "small").dtypes
    assert {name for name in kinds.index if not isinstance(kinds[name], pd.CategoricalDtype)} == {
        *("simulated", "comparison_withdrawn", "strength", "confidence", "seconds")
    }
