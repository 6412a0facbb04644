"""Break a copy of the product one way at a time, and see whether the test that is named for it fails."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.mutations.mutation import Mutation

ROOT = Path(__file__).parents[2]
COPIED = (
    "app.py",
    "pages",
    "study",
    "tests",
    "data",
    "pyproject.toml",
    "README.md",
    "LICENSE",
    ".github",
    "requirements.txt",
    ".streamlit",
    ".ci",
)
LEFT_OUT = ("__pycache__", "*.duckdb*", "backups", "screenshots")
PATIENCE = 180.0
PASSED, FAILED = 0, 1


@dataclass(frozen=True, slots=True)
class Run:
    """What became of a mutation: whether its test failed, what else happened, and how long it took."""

    mutation: Mutation
    outcome: str
    seconds: float

    @property
    def is_caught(self) -> bool:
        """Whether the test failed, and not for want of time."""
        return self.outcome == "caught"


def copied(folder: Path) -> Path:
    """Copy the product and its tests into a folder."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns(*LEFT_OUT))
        elif source.exists():
            shutil.copy(source, folder / name)
    return folder


def exit_code_of(folder: Path, tests: Iterable[str], patience: float) -> int | None:
    """Run tests in a copy; return pytest's exit code, None where the time was not enough."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "pytest",
            "-n",
            "0",
            "-p",
            "no:cacheprovider",
            "-x",
            "-q",
            "--no-header",
            *tests,
        ],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder), "HYPOTHESIS_PROFILE": "full"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return process.wait(patience)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)  # with the programs that the tests started
        process.wait()
        return None


def tried(folder: Path, mutation: Mutation, patience: float = PATIENCE) -> Run:
    """Break the copy, run the test that is to see it, and put the copy right again."""
    path = folder / mutation.file
    text = path.read_text("utf-8")
    begun = time.monotonic()
    try:
        _write(path, mutation.applied_to(text))
        code = exit_code_of(folder, [mutation.caught_by], patience)
    finally:
        _write(path, text)
    words = {FAILED: "caught", PASSED: "SURVIVED", None: f"NOT CAUGHT in {patience:.0f} s"}
    return Run(mutation, words.get(code, f"BROKEN: pytest ended with {code}"), time.monotonic() - begun)


def _write(path: Path, text: str) -> None:
    """Write a source such that Python does not take its compiled older one for it."""
    before = path.stat().st_mtime
    path.write_text(text, "utf-8")
    os.utime(path, (before + 2, before + 2))
