"""Every mutation still applies, and names a test that is there; the runs are by hand (``python -m tests.mutations``)."""

import ast
from pathlib import Path

import pytest

from tests.mutations.mutation import Mutation
from tests.mutations.running import tried
from tests.mutations.table import MUTATIONS

ROOT = Path(__file__).parents[1]


def functions_of(path: Path) -> set[str]:
    return {
        node.name
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: one.name)
def test_a_mutation_applies_once_and_its_test_is_there(mutation: Mutation) -> None:
    text = (ROOT / mutation.file).read_text("utf-8")
    broken = mutation.applied_to(text)
    assert broken != text
    if mutation.file.endswith(".py"):
        ast.parse(broken)
    file, _, test = mutation.caught_by.partition("::")
    assert test in functions_of(ROOT / file)


def test_there_are_many_and_each_has_a_name_of_its_own() -> None:
    assert len({one.name for one in MUTATIONS}) == len(MUTATIONS) >= 30


@pytest.mark.parametrize(("old", "times"), [("nothing of this", 0), ("a", 3)])
def test_what_does_not_stand_there_once_is_refused(old: str, times: int) -> None:
    mutation = Mutation("planted", "x.py", old, "b", "tests/test_x.py::test_x")
    with pytest.raises(ValueError, match=f"stands {times} times in x.py"):
        mutation.applied_to("a = a + a")


@pytest.mark.parametrize(
    ("new", "patience", "outcome"),
    [
        ("VALUE = 2", 120, "caught"),
        ("VALUE = 1  # as before", 120, "SURVIVED"),
        pytest.param("while True: pass", 4, "NOT CAUGHT in 4 s", marks=pytest.mark.thorough),
        ("VALUE =", 120, "BROKEN"),
    ],
)
def test_only_a_test_that_fails_has_caught_something(
    tmp_path: Path, new: str, patience: float, outcome: str
) -> None:
    (tmp_path / "value.py").write_text("VALUE = 1\n")
    (tmp_path / "test_value.py").write_text(
        "from value import VALUE\n\n\ndef test_it():\n    assert VALUE == 1\n"
    )
    mutation = Mutation("planted", "value.py", "VALUE = 1", new, "test_value.py::test_it")
    run = tried(tmp_path, mutation, patience)
    assert run.outcome.startswith(outcome)
    assert run.is_caught == (outcome == "caught")
    assert (tmp_path / "value.py").read_text() == "VALUE = 1\n"
