"""Every benchmark runs to its end at its smallest size; how fast anything is, is not looked at here."""

import re
from pathlib import Path

import pytest

from tests import programs
from tests.benchmarks.__main__ import BENCHMARKS

ROOT = Path(__file__).parents[1]
CONTRIBUTING = (ROOT / ".github" / "CONTRIBUTING.md").read_text("utf-8")


@pytest.mark.thorough
@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_runs_at_its_smallest_size(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Guided fuzzing has to see the readers before they are imported.
    monkeypatch.setattr(programs, "FORKED", name != "guided")
    done = programs.run("-m", "tests.benchmarks", name, "--smoke")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (done.stdout + done.stderr).strip()
    assert "Traceback" not in done.stderr


def test_contributing_lists_every_benchmark() -> None:
    table = CONTRIBUTING.partition("| benchmark |")[2].partition("\n\n")[0]
    named = re.findall(r"`([a-z]+)`", "".join(line.split("|")[1] for line in table.splitlines()[2:]))
    assert sorted(named) == sorted(BENCHMARKS)
