"""Answers of every kind: saved together, undone together, refused when they are none, and read about outputs."""

import json
from collections import Counter

import pytest

from study import store
from study.answers import Shape, cells_of
from study.errors import InvalidInput, NotAllowed
from study.protocol.design import Design
from study.records import Rater
from study.workflows.simulation import SimulatedRaters, simulate
from tests.conftest import CRITERIA, small_study
from tests.tasks import SYSTEMS, design_of_all, save_study_of_all

FLUENCY, FALSE, TRUE = "[7,1,4]", '["yes","no","yes"]', '["yes","yes","yes"]'


@pytest.fixture
def db(empty_db: store.Database) -> store.Database:
    save_study_of_all(empty_db)
    return empty_db


def task_of_all(db: store.Database, rater: Rater) -> store.CurrentTask:
    """Return the rater's next task that shows all outputs of an item; others are skipped."""
    while (task := store.current_task(db, rater)) and task.template != "all":
        store.skip(db, rater, task.assignment_id, task.revisions)
    assert task is not None
    return task


def save(db: store.Database, rater: Rater, task: store.CurrentTask, **answers: str) -> bool:
    return store.record_answers(
        db, rater, task.assignment_id, {key: (task.revisions[key], one) for key, one in answers.items()}
    )


def standing(db: store.Database) -> dict[str, str]:
    with db.reading() as cursor:
        return dict(
            cursor.execute(
                "select question, response from judgment_current where response <> 'skip'"
            ).fetchall()
        )


def test_a_template_makes_a_task_of_each_pair_output_or_item(db: store.Database) -> None:
    records = store.study_records(db, "kinds")
    assert Counter(one.template for one in records.tasks) == {"side": 12, "one": 12, "all": 4}
    shown = records.outputs_of_tasks()
    assert Counter((one.template, len(shown[one.task_id])) for one in records.tasks) == {
        ("side", 2): 12,
        ("one", 1): 12,
        ("all", 3): 4,
    }


def test_raters_meet_templates_by_their_shares(db: store.Database) -> None:
    rater = store.enrol(db, "kinds")
    met = []
    for _ in range(8):
        task = store.current_task(db, rater)
        assert task is not None
        met.append(task.template)
        store.skip(db, rater, task.assignment_id, task.revisions)
    # A skip gives its share back, so that a rater who only skips meets the largest share first.
    assert met.count("all") == 4


def test_a_save_is_one_write_of_all_its_answers_and_undone_as_one(db: store.Database) -> None:
    rater = store.enrol(db, "kinds")
    task = task_of_all(db, rater)
    assert save(db, rater, task, fluency=FLUENCY)
    task = task_of_all(db, rater)
    assert save(db, rater, task, true=FALSE, why='"the middle one"')
    assert standing(db) == {"fluency": FLUENCY, "true": FALSE, "why": '"the middle one"'}
    assert not save(db, rater, task, true=TRUE), "a double click changes nothing"
    last = store.last_judgment(db, rater)
    assert last is not None
    assert store.undo(db, rater, last)
    assert standing(db) == {"fluency": FLUENCY}
    assert save(db, rater, task_of_all(db, rater), true=TRUE)
    assert standing(db) == {"fluency": FLUENCY, "true": TRUE}


def test_a_question_that_an_answer_rules_out_is_neither_asked_nor_taken(db: store.Database) -> None:
    rater = store.enrol(db, "kinds")
    task = task_of_all(db, rater)
    with pytest.raises(InvalidInput, match="'why' is not asked after the answer to 'true'"):
        save(db, rater, task, true=TRUE, why='"nothing is wrong"')
    assert standing(db) == {}
    for answers in ({"fluency": FLUENCY}, {"true": TRUE}, {"rank": "[[1],[0,2]]", "coins": "[10,0,0]"}):
        assert save(db, rater, task_of_all(db, rater), **answers)
    following = store.current_task(db, rater)
    assert following is not None
    assert following.assignment_id != task.assignment_id, "the task is done without it"


@pytest.mark.parametrize(
    ("question", "response", "sentence"),
    [
        ("fluency", "[8,1,1]", "8 is no step of the scale"),
        ("fluency", "[1,1]", "not one value for each of 3 outputs"),
        ("rank", "[[0],[1]]", "2 of 3 outputs are ranked"),
        ("coins", "[5,5,5]", "add up to 10"),
        ("likert", "3", "unknown question 'likert'"),
        ("nothing", "3", "unknown question 'nothing'"),
    ],
)
def test_what_is_no_answer_is_refused_and_nothing_written(
    db: store.Database, question: str, response: str, sentence: str
) -> None:
    rater = store.enrol(db, "kinds")
    task = task_of_all(db, rater)
    with pytest.raises(InvalidInput, match=sentence.replace("[", r"\[")):
        store.record_answers(db, rater, task.assignment_id, {question: (0, response), "true": (0, TRUE)})
    assert standing(db) == {}


def test_answers_are_read_about_outputs_wherever_they_stood(db: store.Database) -> None:
    simulate(db, "kinds", SimulatedRaters(5, seed=3, tie_width=0.3))
    answers = store.answers(db, "kinds")
    records = store.study_records(db, "kinds", answers=True)
    shown, rules = records.outputs_of_tasks(), store.design(db, "kinds")
    system = {one.output_id: one.system for one in records.outputs}
    assignments = {one.assignment_id: one for one in records.assignments}
    expected = Counter[tuple[object, ...]]()
    for one in records.judgments:
        if one.kind == "preference":
            continue
        at = assignments[one.assignment_id]
        outputs = [shown[at.task_id][int(slot)] for slot in at.arrangement]
        for cell in cells_of(rules.question(one.question), one.response, Shape(len(outputs))):
            about = 0 if len(outputs) == 1 else cell.position
            name = None if about is None else system[outputs[about]]
            expected[one.judgment_id, one.question, name, cell.number, cell.text] += 1
    text = answers["option"].astype(object).fillna(answers["words"].astype(object))
    cells = zip(
        answers["judgment_id"], answers["question"], answers["system"], answers["number"], text, strict=True
    )
    found = Counter(tuple(None if cell != cell else cell for cell in row) for row in cells)
    assert found == expected
    assert set(answers["system"].dropna()) == set(SYSTEMS)
    assert store.judgments(db, "kinds")["criterion"].eq("fit").all(), "preferences have a table of their own"
    assert "fit" not in set(answers["question"])


def test_a_skip_is_a_row_without_a_value(db: store.Database) -> None:
    rater = store.enrol(db, "kinds")
    task = task_of_all(db, rater)
    store.skip(db, rater, task.assignment_id, task.revisions, reason="broken")
    skipped = store.answers(db, "kinds").query("template == 'all'")
    assert set(skipped["question"]) == {"fluency", "true", "why", "rank", "coins"}
    assert skipped[["number", "option", "words", "system"]].isna().all(axis=None)
    assert skipped["skip_reason"].eq("broken").all()


def test_a_drafts_tasks_follow_its_templates(empty_db: store.Database) -> None:
    store.save_records(empty_db, small_study("mine", design=Design(criteria=CRITERIA[:1]), systems=SYSTEMS))
    with empty_db.writing(forget=True) as cursor:
        cursor.execute("update study set state = 'draft'")
    before = {one.task_id for one in store.study_records(empty_db, "mine").tasks}
    store.set_design(empty_db, "mine", design_of_all())
    tasks = store.study_records(empty_db, "mine").tasks
    assert {one.task_id for one in tasks if one.template == "side"} == before, "pairs that came in stay"
    store.set_design(empty_db, "mine", Design(criteria=CRITERIA[:1]))
    assert {one.task_id for one in store.study_records(empty_db, "mine").tasks} == before
    store.set_design(empty_db, "mine", design_of_all())
    simulate(empty_db, "mine", SimulatedRaters(1))
    with pytest.raises(NotAllowed, match="template 'all' cannot be taken away"):
        store.set_design(empty_db, "mine", Design(criteria=CRITERIA[:1]))
    assert store.design(empty_db, "mine") == design_of_all()


def test_the_hash_of_a_study_tells_kinds_templates_and_subjects(db: store.Database) -> None:
    before = store.content_hash(db, "kinds")
    assert before.startswith("2:")
    rater = store.enrol(db, "kinds")
    assert save(db, rater, task_of_all(db, rater), fluency=FLUENCY)
    again = store.content_hash(db, "kinds")
    assert again != before
    with db.writing(forget=True) as cursor:
        cursor.execute("update item set subjects = ?", [json.dumps({"plot": "The plot"})])
    assert store.content_hash(db, "kinds") != again
