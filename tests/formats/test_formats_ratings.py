"""Ratings made elsewhere: as a study of their own, into a study that asks for them, and refused where they do not fit."""

import pytest

from study.errors import InvalidInput
from study.formats import new_study
from study.formats.problems import Unclear
from study.formats.reading import read, understand
from study.protocol.design import parse_design
from study.records import StudyRecords
from tests.tasks import design_of_all, study_of_all

LONG = b"item,system,rater,question,value\ni1,A,r1,Fluency,4\ni1,B,r1,Fluency,2\ni1,A,r2,Fluency,5\ni1,A,r1,Truth,0.5\n"
BY_QUESTION = b"item,system,rater,Fluency,Truth\ni1,A,r1,4,0.5\ni1,B,r1,2,\ni1,A,r2,5,\n"
BY_RATER = b"item,system,r1,r2\ni1,A,4,5\ni1,B,2,\n"


def given(records: StudyRecords) -> set[tuple[str, str, str, str]]:
    """Return system, rater, question and response of each judgment."""
    shown, system = records.outputs_of_tasks(), {one.output_id: one.system for one in records.outputs}
    rater = {one.rater_id: str(one.external_id) for one in records.raters}
    of = {one.assignment_id: one for one in records.assignments}
    return {
        (
            system[shown[of[one.assignment_id].task_id][0]],
            rater[of[one.assignment_id].rater_id],
            one.question,
            one.response,
        )
        for one in records.judgments
    }


FLUENCY = {("A", "r1", "fluency", "4"), ("B", "r1", "fluency", "2"), ("A", "r2", "fluency", "5")}


@pytest.mark.parametrize("data", [LONG, BY_QUESTION])
def test_long_and_wide_ratings_make_the_same_study(data: bytes) -> None:
    records = read(data, name="r.csv", format="ratings")
    assert given(records) == FLUENCY | {("A", "r1", "truth", "0.5")}
    fluency, truth = parse_design(records.study.design).questions
    assert (fluency.kind, fluency.steps) == ("scale", 5)
    assert (truth.kind, truth.step) == ("number", 0.1)
    assert len(records.outputs) == len(records.tasks) == 2
    assert {one.kind for one in records.judgments} == {"scale", "number"}
    assert {one.arrangement for one in records.assignments} == {"0"}


def test_without_a_column_for_raters_each_column_is_one() -> None:
    records = read(BY_RATER, name="r.csv", format="ratings")
    assert given(records) == {(system, rater, "rating", value) for system, rater, _, value in FLUENCY}


def test_a_table_with_raters_and_values_is_known_as_ratings_and_others_are_asked_about() -> None:
    assert understand(LONG, name="r.csv").format == "ratings"
    with pytest.raises(Unclear) as caught:
        understand(BY_RATER, name="r.csv")
    assert list(caught.value.answers) == ["scores", "ratings"]


def test_ratings_join_a_study_that_asks_for_them() -> None:
    known = study_of_all()
    study = read(
        b"item,system,rater,value\nx,A,r,1\n", name="r.csv", study=new_study("r", design=design_of_all())
    )
    assert [one.question for one in study.judgments] == ["likert"], "a design of one's own says what is asked"
    tasks = read_into(known, "item 0,alpha-net,w1,likert,Well\nitem 0,beta-net,w1,,2\n")
    assert sorted(one.response for one in tasks.judgments) == ["2", "4"]
    assert len(tasks.raters) == 1
    assert [one.position for one in tasks.assignments] == [0, 1]
    assert not tasks.outputs


def read_into(known: StudyRecords, rows: str) -> StudyRecords:
    from study.protocol.tasks import tasks_of

    template = design_of_all().template("one")
    whole = StudyRecords(known.study, known.profiles, known.items, known.outputs)
    for task, shown in tasks_of(template, known.items, known.outputs):
        whole.tasks.append(task)
        whole.task_outputs += shown
    return read(
        f"item,system,rater,question,value\n{rows}".encode(), name="r.csv", known=whole, format="ratings"
    )


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (
            "item 0,alpha-net,w1,likert,6",
            "line 2, column 'value': 6 is no step of the scale; allowed: 1 to 5",
        ),
        ("item 0,alpha-net,w1,likert,often", "line 2, column 'value': 'often' is no step of the scale"),
        ("item 0,alpha-net,w1,likert,2.5", "line 2, column 'value': 2.5 is no step of the scale"),
        (
            "item 0,alfa-net,w1,likert,3",
            "'alfa-net' has no output for the item 'item 0' that is rated on 'likert' (did you",
        ),
        ("item 99,alpha-net,w1,likert,3", "'alpha-net' has no output for the item 'item 99'"),
        ("item 0,alpha-net,w1,likeable,3", "the study asks for no rating 'likeable'"),
        ("item 0,alpha-net,,likert,3", "line 2, column 'rater': the cell is empty"),
        (
            "item 0,alpha-net,w1,likert,3\nitem 0,alpha-net,w1,likert,4",
            "has judged this task on 'likert' on line 2; give one judgment per rater, task and question",
        ),
        ("item 0,alpha-net,w1,likert,", "no cell holds a rating"),
    ],
)
def test_a_rating_that_does_not_fit_is_named(row: str, sentence: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_into(study_of_all(), f"{row}\n")
    assert sentence in str(caught.value)


def test_a_study_that_asks_nothing_about_single_outputs_has_no_place_for_ratings() -> None:
    from tests.conftest import small_study

    with pytest.raises(InvalidInput, match=r"asks nothing about single outputs.*outputs: each"):
        read(LONG, name="r.csv", known=small_study(), format="ratings")


def test_ratings_in_words_need_a_design() -> None:
    with pytest.raises(
        InvalidInput, match="'Fluency' has ratings such as 'good', which are no numbers; give a design"
    ):
        read(LONG.replace(b",4\n", b",good\n"), name="r.csv")


def test_the_link_of_an_imported_rater_cannot_be_computed_from_the_file() -> None:
    first, second = (read(LONG, name="r.csv") for _ in range(2))
    assert [one.rater_id for one in first.raters] == [one.rater_id for one in second.raters]
    assert not {one.token for one in first.raters} & {one.token for one in second.raters}


def test_an_unknown_source_of_a_rater_is_refused() -> None:
    file = b"item_id,system,rater,value,rater_source\ni1,x,w1,3,robot\ni1,y,w1,4,robot\n"
    with pytest.raises(InvalidInput, match="'robot' is not a known rater_source"):
        read(file, name="r.csv", format="ratings")
