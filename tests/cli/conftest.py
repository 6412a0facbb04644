"""Running commands in this process, on a database of the test's own."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
import typer.main

from study.cli import main
from tests.templates import Templates, with_demo

# The tree of commands is the same for each command that runs in this process; to build it takes longer than many commands.
typer.main.get_command = cache(typer.main.get_command)


@dataclass(frozen=True)
class Said:
    """What a command left: its exit code and its two streams."""

    code: int
    out: str
    err: str

    def refused(self) -> str:
        """Return the one sentence of a command that was refused."""
        assert (self.code, self.out) == (1, "")
        assert "Traceback" not in self.err
        assert self.err.startswith("Error: ")
        return self.err.removeprefix("Error: ").strip()


Run = Callable[..., Said]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], database_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("BLINDPAIR_DB", str(database_path))

    def run_command(*arguments: str | Path) -> Said:
        with pytest.raises(SystemExit) as caught:
            main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        assert isinstance(caught.value.code, int)
        return Said(caught.value.code, printed.out, printed.err)

    return run_command


@pytest.fixture
def demo(run: Run, templates: Templates, database_path: Path) -> Run:
    """Run commands on a database with the demo, as `init-demo` leaves it."""
    templates.copy(with_demo, database_path)
    return run


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    path = tmp_path / "pairs.csv"
    path.write_text(
        "prompt,system_a,output_a,system_b,output_b,pair_id\nGreet.,x,Hi,y,Hello,p1\nPart.,x,Bye,y,Ciao,p2\n"
    )
    return path


@pytest.fixture
def votes(tmp_path: Path) -> Path:
    path = tmp_path / "votes.csv"
    path.write_text(
        "pair_id,rater,left_system,right_system,answer\np1,w1,x,y,left\np2,w1,y,x,tie\np1,w2,y,x,left\n"
    )
    return path
