"""No command changes a frozen design but the one that makes a new version of it."""

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from typer.main import get_command

from study import cli, store
from study.formats.readers.settings import write_design
from study.protocol.design import Design
from tests.cli.conftest import Run

STUDY = ("--study", "study")
# What a command needs besides the study; FILE is a design, PAIRS material, PEOPLE some other file, OUT a new one.
ARGUMENTS: dict[str, tuple[str, ...]] = {
    "import": ("PAIRS", "--study", "study"),
    "export": ("--format", "long_csv", "--output", "OUT"),
    "checks": ("--attention", "1"),
    "invite": ("PEOPLE",),
    "rater": ("nobody", "--status", "excluded", "--reason", "slow"),
    "simulate": ("--raters", "2"),
    "withdraw": ("--item", "item 0", "--reason", "broken"),
    "reinstate": ("--item", "item 0", "--reason", "mended"),
    "release": ("--minutes", "30"),
    "restore": ("OUT",),
    "reproduce": ("PEOPLE",),
    "archive": ("--output", "OUT"),
    "rebuild": ("PEOPLE",),
    "plan": ("--quantity", "win-rate"),
    "backup": ("--output", "OUT"),
    "analyze metric": ("length",),
    "analyze metric-differences": ("length", "chrf"),
    "analyze personalization": ("--generic", "x"),
    "metrics card": ("--metric", "length"),
    "metrics scores": ("--metric", "length"),
    "metrics run": ("--metric", "length"),
    "metrics meta fit": ("--recipe", "OUT"),
    "metrics meta apply": ("--recipe", "PEOPLE"),
    "judges run": ("--model", "m", "--base-url", "http://127.0.0.1:9/v1"),
    "design import": ("FILE",),
}


def leaves(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield " ".join(path), command
        return
    for name, one in inner.items():
        yield from leaves(one, (*path, name))


ALL = dict(leaves(get_command(cli.app)))  # type: ignore[arg-type]


@pytest.fixture
def launched(run: Run, pairs: Path, database_path: Path) -> Run:
    assert run("import", pairs, *STUDY).code == 0
    assert run("launch", *STUDY).code == 0
    return run


def frozen(path: Path) -> tuple[str, str, list[object]]:
    db = store.open_database(path)
    study, versions = store.study(db, "study"), store.design_versions(db, "study")
    db.close()
    return study.design, study.design_hash, list(versions)


@pytest.mark.thorough
def test_no_command_changes_a_frozen_design(
    launched: Run, pairs: Path, tmp_path: Path, database_path: Path
) -> None:
    (tmp_path / "design.yaml").write_bytes(write_design(Design(overlap=9)))
    (tmp_path / "people.csv").write_text("id\nann\n")
    files = {"PAIRS": pairs, "FILE": tmp_path / "design.yaml", "PEOPLE": tmp_path / "people.csv"}
    before = frozen(database_path)
    assert len(before[2]) == 1
    assert ARGUMENTS.keys() <= ALL.keys()
    for number, name in enumerate(ALL):
        given = ARGUMENTS.get(name, ())
        arguments = [files.get(one, tmp_path / f"out-{number}" if one == "OUT" else one) for one in given]
        takes_study = any("--study" in option.opts for option in ALL[name].params)
        said = launched(*name.split(), *arguments, *(STUDY if takes_study and "--study" not in given else ()))
        assert said.code != 2, f"{name}: {said.err}"  # the arguments were understood
        assert frozen(database_path) == before, name
    assert "its design is frozen" in launched("design", "import", files["FILE"], *STUDY).refused()


def test_a_new_version_follows_and_the_export_names_it(
    launched: Run, tmp_path: Path, database_path: Path
) -> None:
    changed = tmp_path / "design.yaml"
    changed.write_text(launched("design", "export", *STUDY).out.replace("overlap: 3", "overlap: 9"), "utf-8")
    first = frozen(database_path)[2]
    assert "version: 2\n" in launched("design", "import", changed, *STUDY, "--new-version").out
    assert frozen(database_path)[2][:1] == first
    assert launched("simulate", *STUDY, "--raters", "1").code == 0
    long = launched("export", *STUDY, "--format", "long_jsonl", "--population", "simulated").out
    assert long.count('"design_version": 2') == len(long.splitlines()) > 0
