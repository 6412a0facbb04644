"""How much outputs differ: by embeddings from the worker, by a file, by scores; and the queue that follows from it."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from study import store
from study.errors import InvalidInput, NotAllowed
from study.protocol.design import Design, Question
from study.records import MetricScore, StudyRecords, text_content
from study.store.engine import rows
from study.workflows.divergence import compute_embedding_divergence, import_divergence
from tests.conftest import small_study

CRITERION = Question(key="fit", question="?")


def draft(db: store.Database, priority: str, *, n_items: int = 4) -> StudyRecords:
    design = Design(criteria=(CRITERION,), order="priority", priority=priority, overlap=1)
    records = small_study(design=design, n_items=n_items)
    records.study = replace(records.study, state="draft")
    records.tasks = [replace(one, name=f"c{place}") for place, one in enumerate(records.tasks)]
    store.save_records(db, records)
    return records


def order(db: store.Database) -> list[str]:
    """Return the names of the comparisons in the order in which one rater gets them."""
    rater, names = store.enrol(db, "small"), []
    while (task := store.current_task(db, rater)) is not None:
        names.append(store.task_name(db, task.task_id) or "")
        store.record_judgment(db, rater, task.assignment_id, "fit", 0, "left")
    return names


@pytest.mark.slow
@pytest.mark.thorough
def test_embeddings_come_from_the_worker_and_put_the_most_similar_pair_last(empty_db: store.Database) -> None:
    records = draft(empty_db, "embedding", n_items=1)
    texts = [
        "A cat sleeps on the sofa.",
        "A kitten naps on the couch.",
        "Interest rates rose by half a point.",
    ]
    outputs = [
        replace(output, content=text_content(text))
        for output, text in zip(records.outputs, texts, strict=True)
    ]
    with empty_db.writing(forget=True) as cursor:
        cursor.execute("delete from output")
        for output in outputs:
            rows.insert(cursor, output)
    with pytest.raises(NotAllowed, match="orders comparisons by 'embedding', which has no values"):
        store.set_state(empty_db, "small", "live")
    assert compute_embedding_divergence(empty_db, "small") == 3
    values = store.priorities(empty_db, "small", "embedding")
    ids = [output.output_id for output in outputs]
    near = next(one for one in records.comparisons() if {one.output_a_id, one.output_b_id} == set(ids[:2]))
    assert min(values, key=values.__getitem__) == near.task.task_id
    assert all(0 <= value <= 2 for value in values.values())
    (event,) = store.events(empty_db, "small", "divergence_saved")
    assert event.details["signature"].startswith("1 - cosine")
    store.set_state(empty_db, "small", "live")
    assert order(empty_db)[-1] == near.task.name


def test_an_imported_divergence_orders_the_queue_and_replaces_an_earlier_one(
    empty_db: store.Database,
) -> None:
    draft(empty_db, "logprob")
    for sign in (1, -1):
        lines = "".join(f"c{number},{sign * number / 10}\n" for number in range(12))
        file = f"comparison,value\n{lines}".encode()
        assert import_divergence(empty_db, "small", file, "logprobs.csv", "logprob") == 12
    assert store.divergence_measures(empty_db, "small") == ["edit", "logprob"]
    store.set_state(empty_db, "small", "live")
    names = order(empty_db)
    fifths = [int(name[1:]) for name in names]
    assert set(fifths[:3]) == {0, 1, 2}
    assert set(fifths[-2:]) <= {9, 10, 11}


def test_a_metrics_scores_order_the_queue_by_their_difference(empty_db: store.Database) -> None:
    records = draft(empty_db, "log_probability")
    scores = [
        MetricScore("small", output.output_id, "log_probability", -float(place**2), None, "lm|1")
        for place, output in enumerate(records.outputs)
    ]
    store.save_scores(empty_db, scores)
    values = store.priorities(empty_db, "small", "log_probability")
    place = {output.output_id: number for number, output in enumerate(records.outputs)}
    first = records.comparisons()[0]
    difference = abs(place[first.output_a_id] ** 2 - place[first.output_b_id] ** 2)
    assert values[first.task.task_id] == difference
    store.set_state(empty_db, "small", "live")
    best = max(records.comparisons(), key=lambda one: values[one.task.task_id])
    assert best.task.name in order(empty_db)[:3]


@pytest.mark.parametrize(
    ("file", "measure", "sentence"),
    [
        ("comparison,wert\nc1,1\n", "logprob", "the columns are comparison, wert; needed: comparison, value"),
        ("comparison,value\nc1,much\n", "logprob", "d.csv, line 2: value 'much'; give a finite number"),
        ("comparison,value\nc1,inf\n", "logprob", "value 'inf'; give a finite number"),
        ("comparison,value\nc99,1\n", "logprob", "unknown comparison 'c99'"),
        ("comparison,value\nc1,1\nc1,2\n", "logprob", "comparison 'c1' appears twice"),
        ("comparison,value\nc1,1\n", "embedding", "Blindpair computes the measure 'embedding' itself"),
        ("comparison,value\nc1,1\n", " ", "the measure has no name"),
    ],
)
def test_a_wrong_file_is_refused_whole(
    empty_db: store.Database, file: str, measure: str, sentence: str
) -> None:
    draft(empty_db, "edit")
    with pytest.raises(InvalidInput, match=sentence):
        import_divergence(empty_db, "small", file.encode(), "d.csv", measure)
    assert store.divergence_measures(empty_db, "small") == ["edit"]


def test_the_command_line_imports_and_reports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from study import cli

    path = tmp_path / "study.duckdb"
    db = store.open_database(path)
    draft(db, "logprob")
    db.close()
    file = tmp_path / "logprobs.csv"
    file.write_text("comparison,value\n" + "".join(f"c{number},{number}\n" for number in range(12)))

    def run(*arguments: str) -> str:
        with pytest.raises(SystemExit) as ended:
            cli.main([*arguments, "--study", "small", "--db", str(path)])
        said = capsys.readouterr()
        return said.out + (said.err if ended.value.code else "")

    assert "comes from a file" in run("divergence", "--measure", "logprob")
    assert run("divergence", str(file), "--measure", "logprob") == "comparisons: 12\n"
    run("simulate", "--raters", "3")
    report = run("analyze", "priority", "--population", "simulated", "--format", "csv")
    header, *rows = csv.reader(report.splitlines())
    assert header[:10] == [
        "criterion",
        "group",
        "label",
        "comparisons",
        "judged",
        "ties",
        "n",
        "value",
        "low",
        "high",
    ]
    assert [row[:4] for row in rows] == [
        ["fit", "first", "First 20% of the queue", "2"],
        ["fit", "random", "Random 20%, on average", "12"],
        ["fit", "change", "Relative change", "12"],
    ]
    assert "unknown measure 'edits'" in run(
        "analyze", "priority", "--population", "simulated", "--measure", "edits"
    )
