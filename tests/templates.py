"""Databases that many tests begin with, made once per process and copied: empty, with the small study, with the demo."""

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from study import store
from study.workflows.demo import open_demo

Fill = Callable[[store.Database], object]


def empty(db: store.Database) -> None:
    """Leave a new database as it is."""


def with_demo(db: store.Database) -> None:
    """Open the demo study, with its simulated judgments."""
    open_demo(db)


class Templates:
    """Databases in a folder, each made when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made = cache(self._make)

    def copy(self, fill: Fill, target: Path) -> Path:
        """Copy the database that ``fill`` filled to a path, along with the files next to it."""
        original = self._made(fill)
        _copy(original, target)
        return target

    def copy_of(self, name: str, target: Path, make: Callable[[], object]) -> None:
        """Make a database at a place; from the second time on, copy the one that was made."""
        kept = self._folder / name / target.name
        if kept.exists():
            _copy(kept, target)
        else:
            make()
            _copy(target, kept)

    def _make(self, fill: Fill) -> Path:
        path = Path(mkdtemp(dir=self._folder)) / "template.duckdb"
        db = store.open_database(path)
        fill(db)
        db.close()
        return path


def _copy(source: Path, target: Path) -> None:
    """Copy a closed database and the files next to it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    for file in source.parent.glob(f"{source.name}*"):
        shutil.copyfile(file, target.with_name(target.name + file.name.removeprefix(source.name)))
