"""The worker process: what it gives, its errors and warnings, its progress, its death and its end."""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pytest

from study.errors import InvalidInput, NotFound
from study.store import BIG_READS, Read
from study.store.studies.analysis_tables import plain_frame
from study.workers import analysis_worker
from study.workers.analysis_worker import FunctionCall, Rows, TableKey, Worker, WorkerEnded, function_call
from tests.worker import tasks

MODULE = "tests.worker.tasks"
read: list[TableKey] = []


def rows(table: TableKey) -> Rows:
    read.append(table)
    return {
        "": pa.table({"comparison_id": ["c"] * int(table.data_hash), "seconds": [1.5] * int(table.data_hash)})
    }


def task(name: str, *arguments: Any, tells_progress: bool = False, **options: Any) -> FunctionCall:
    return FunctionCall(MODULE, name, arguments, options, tells_progress)


@pytest.fixture(scope="module", autouse=True)
def not_behind_others() -> Iterator[None]:
    """Do not let the processes of these tests stand back behind those of others."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(analysis_worker, "NICENESS", 0)
        yield


@pytest.fixture(scope="module")
def hired() -> Iterator[Worker]:
    """One process for all tests that leave it alive."""
    one = Worker(rows)
    yield one
    one.end()


def lengths(n: int, study_id: str = "small") -> TableKey:
    """Return a table of so many outputs; the worker makes it as it makes that of the lengths of outputs."""
    return TableKey(("here", study_id, "True"), "texts", str(n))


def test_it_computes_on_a_table_that_is_handed_over_once(hired: Worker) -> None:
    read.clear()
    found, process = hired.call(task("rows_and_process", lengths(3)))
    again, _ = hired.call(task("rows_and_process", lengths(3), times=2))
    assert (found, again) == (3, 6)
    assert process == hired.pid != os.getpid()
    assert read == [lengths(3)]


def test_a_newer_table_takes_the_place_of_the_older(hired: Worker) -> None:
    read.clear()
    for n in (4, 5, 4):
        assert hired.call(task("rows_and_process", lengths(n, "changing")))[0] == n
    assert read == [lengths(n, "changing") for n in (4, 5, 4)]


def test_tables_of_another_view_are_others(hired: Worker) -> None:
    read.clear()
    seen = [TableKey(("here", "seen", identities), "texts", "2") for identities in ("True", "False")]
    for one in seen:
        hired.call(task("rows_and_process", one))
    assert read == seen


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("refused", InvalidInput, "no criterion"),
        ("lost", NotFound, "no such thing"),
        ("broken", ZeroDivisionError, "one by none"),
        ("oddly_broken", RuntimeError, "Odd in an analysis"),
        ("unsendable", TypeError, "cannot be sent"),
    ],
)
def test_errors_come_back_as_themselves(hired: Worker, name: str, kind: type[Exception], words: str) -> None:
    before = hired.call(task("printed")), hired.pid
    with pytest.raises(kind, match=words):
        hired.call(task(name))
    assert (hired.call(task("printed")), hired.pid) == before, "the process goes on"


def test_a_cell_that_no_table_can_be_made_of_is_told_as_in_a_small_study(hired: Worker) -> None:
    cells = {"output_id": ["a"], "length": pa.array([None], pa.float64()), "content": ["{not json"]}
    with pytest.raises(ValueError, match="Expecting property name") as here:
        BIG_READS["lengths"].frame({"": pa.table(cells)})
    one, before = Worker(lambda table: {"": pa.table(cells)}), None
    for _ in range(2):
        with pytest.raises(ValueError, match="Expecting property name") as there:
            one.call(task("rows_and_process", TableKey(("here", "small", "True"), "lengths", "1")))
        assert str(there.value) == str(here.value)
        assert one.pid == (before or one.pid)
        before = one.pid
    assert one.call(task("printed")) == "printed"
    assert one.pid == before, "the process goes on"
    one.end()


def test_warnings_are_given_where_the_result_is_wanted(hired: Worker) -> None:
    with pytest.warns(RuntimeWarning, match="few raters"):
        assert hired.call(task("warned")) == "done"
    with pytest.warns(UserWarning, match="OddWarning: 1 and 2"):
        assert hired.call(task("oddly_warned")) == "done"
    with pytest.warns(UserWarning, match="Local: of here alone"):
        assert hired.call(task("locally_warned")) == "done"


def test_progress_is_told_and_reaches_the_end(hired: Worker) -> None:
    parts: list[tuple[float, str]] = []
    assert hired.call(task("told", steps=4, tells_progress=True), lambda *part: parts.append(part)) == 4
    steps = [(step / 4, f"step {step}") for step in range(4)]
    assert [one for one in parts if one in steps] == steps


def test_it_knows_no_secret_of_the_app_and_goes_behind_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in tasks.SECRETS:
        monkeypatch.setenv(name, "secret")
    monkeypatch.setattr(analysis_worker, "NICENESS", 3)
    one = Worker(rows)
    try:
        assert one.call(task("settings")) == []
        assert one.call(task("niceness")) == min(os.nice(0) + 3, 19)
    finally:
        one.end()


class Stopped(BaseException):
    """What Streamlit raises in the place of a step of the bar, when something was clicked."""


def test_what_progress_raises_ends_the_computation_and_the_process() -> None:
    one, processes = Worker(rows), []

    def progress(part: float, text: str) -> None:
        processes.append(one.pid)
        if text == "on and on":
            raise Stopped

    with pytest.raises(Stopped):
        one.call(task("endless", tells_progress=True), progress)
    assert one.pid is None
    with pytest.raises(ProcessLookupError):
        os.kill(processes[-1] or -1, 0)
    assert one.call(task("printed")) == "printed", "the next task starts another"
    one.end()


def test_a_process_that_died_is_started_again(hired: Worker, tmp_path: Path) -> None:
    read.clear()
    hired.call(task("rows_and_process", lengths(2, "lost")))
    first = hired.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    found, second = hired.call(task("rows_and_process", lengths(2, "lost")))
    assert (found, second != first) == (2, True)
    assert read == [lengths(2, "lost")] * 2, "it is handed over again"
    assert hired.call(task("killed", str(tmp_path / "mark"))) == "the second time"


def test_one_that_dies_twice_is_given_up() -> None:
    one = Worker(rows)
    with pytest.raises(WorkerEnded, match="too little memory"):
        one.call(FunctionCall("os", "_exit", (9,), {}))
    one.end()


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> type:
    """Return a class that this process has, and a program that was changed meanwhile does not."""
    module = ModuleType("gone_meanwhile")
    known = type("Known", (str,), {"__module__": module.__name__})
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(module, "Known", known, raising=False)
    return known


@pytest.mark.parametrize("place", ["task", "table"])
def test_what_a_changed_program_does_not_know_is_told_as_that(newer: type, place: str) -> None:
    one, asked = Worker(rows), task("printed", newer())
    if place == "table":
        asked = task("rows_and_process", TableKey((newer(),), "texts", "1"))
    told: list[BaseException] = []

    def ask() -> None:
        try:
            one.call(asked)
        except WorkerEnded as error:
            told.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(30)
    assert [str(error) for error in told] == [
        "The program changed while the app was running (ModuleNotFoundError: No module named 'gone_meanwhile'). "
        "Restart the app; answers are safe."
    ]
    assert one.call(task("printed")) == "printed", "who comes next is not held up"
    one.end()


def test_a_changed_program_is_told_also_where_the_app_was_still_handing_over(newer: type) -> None:
    def read(table: TableKey) -> Rows:
        if table.name == "first":
            return {newer(name): found for name, found in rows(table).items()}
        end = time.monotonic() + 30
        while one.pid is not None and time.monotonic() < end:
            time.sleep(0.01)
        return rows(table)

    one = Worker(read)
    with pytest.raises(WorkerEnded, match="changed while the app was running"):
        one.call(task("rows_and_process", *(TableKey(("here",), name, "1") for name in ("first", "second"))))
    one.end()


def test_an_answer_that_the_app_does_not_know_is_told_as_that(hired: Worker) -> None:
    with pytest.raises(WorkerEnded, match=r"changed while the app was running \(ModuleNotFoundError"):
        hired.call(task("known_there_only"))
    assert hired.call(task("printed")) == "printed"


def test_the_end_lets_go_who_waits_and_nothing_starts_after_it() -> None:
    one, waits, said = Worker(rows), threading.Event(), []

    def wait() -> None:
        waits.set()
        try:
            one.call(task("sleeping"))
        except WorkerEnded as error:
            said.append(str(error))

    thread = threading.Thread(target=wait)
    thread.start()
    waits.wait()
    one.end()
    thread.join(30)
    assert said == ["The app is shutting down; please come back in a moment."]
    assert one.pid is None
    with pytest.raises(WorkerEnded):
        one.call(task("printed"))


def test_it_calls_functions_of_this_program_only() -> None:
    with pytest.raises(TypeError, match="at the top of a module of this program"):
        function_call(os.getpid, (), {})
    with pytest.raises(TypeError, match="<lambda>"):
        function_call(lambda: None, (), {})
    assert function_call(plain_frame, (), {}).name == "plain_frame"


def test_it_ends_when_nobody_is_at_the_other_end(hired: Worker) -> None:
    """As after a kill -9 of the app: what it computes at that moment does not keep it."""
    one = Worker(rows)
    one.call(task("printed"))
    process = one._process
    assert process is not None
    assert process.stdin is not None
    analysis_worker.send(process.stdin, task("sleeping"))
    process.stdin.close()
    assert process.wait(30) == 0
    one.end()


def test_every_big_table_is_read_in_two_steps() -> None:
    assert all(isinstance(one, Read) and one.reads for one in BIG_READS.values())
