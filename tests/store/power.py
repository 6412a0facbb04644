"""Power cuts, simulated: what a folder holds after one, where only what was synced is certain.

Every fsync, rename and removal in the folder is a moment at which the power may go. What a file held at its last fsync is
there; what was written since is there, is not, or is torn. A name that was made or taken away since the folder's last fsync
may have it or not, in the order in which it happened. DuckDB's own writes cannot be seen from here: its file and its log are
taken for synced whenever something else happens (it syncs them at each commit and checkpoint), but for a checkpoint just made,
of which any pages of the file may be lacking, and for the name of its log, which it does not sync.
"""

import os
import stat
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from unittest.mock import patch

from study import store
from study.errors import StudyError
from study.store.engine import file_database
from study.store.engine.file_checkpoint import aside_path
from study.store.engine.file_database import FileDatabase
from tests.conftest import small_study
from tests.store.test_crash import Acknowledged, stored

PAGE = 4096


@dataclass
class Found:
    """What images of the folder held when they were opened."""

    cuts: Counter[str] = field(default_factory=Counter)
    acknowledged: int = 0
    from_copy: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    unopened: list[str] = field(default_factory=list)


class Disk:
    """A folder with a database, of which it is known what is certain to be on disk.

    Parameters
    ----------
    path : Path
        The database file.
    images : Path
        A folder for what power cuts leave.
    wanted : callable
        Says, by the words for a moment, whether the power goes then.
    """

    def __init__(self, path: Path, images: Path, rng: Random, wanted: Callable[[str], bool]) -> None:
        self.path, self.images, self.rng, self.wanted = path, images, rng, wanted
        self.found = Found()
        self.acknowledged: list[Acknowledged] = []
        self._duckdb = {path.name, store.log_path(path).name}
        self._names: dict[str, int] = {}  # as they are
        self._seen: dict[int, bytes] = {}
        self._marks: dict[int, tuple[int, int]] = {}
        self._synced_names: dict[str, int] = {}
        self._synced: dict[int, bytes] = {}
        self._pending: list[tuple[str, int | None]] = []  # names made (with a file) or taken away
        self._before: dict[str, bytes | None] = {}  # DuckDB's files, before a checkpoint just made

    @contextmanager
    def watched(self) -> Iterator[None]:
        """See every fsync, rename and removal in a block."""
        real = {name: getattr(os, name) for name in ("fsync", "rename", "replace", "unlink")}

        def fsync(handle: int) -> None:
            path = Path(f"/proc/self/fd/{handle}").readlink()
            is_folder = stat.S_ISDIR(os.fstat(handle).st_mode)
            if (path if is_folder else path.parent) != self.path.parent:
                real["fsync"](handle)
                return
            self._happens(f"before a sync of {'the folder' if is_folder else path.name}")
            self._sync(None if is_folder else os.fstat(handle).st_ino)
            self._happens(f"after a sync of {'the folder' if is_folder else path.name}")

        def moved(name: str) -> Callable[..., None]:
            def move(source: Path, target: Path | None = None, **more: object) -> None:
                if Path(source).parent != self.path.parent:
                    real[name](*(one for one in (source, target) if one is not None), **more)
                    return
                self._happens(f"before {name} of {Path(source).name}")
                number = Path(source).stat().st_ino
                real[name](*(one for one in (source, target) if one is not None), **more)
                if target is not None:
                    self._change(Path(target).name, number)
                self._change(Path(source).name, None)
                self._happens(f"after {name} of {Path(source).name}")

            return move

        with (
            patch.object(os, "fsync", fsync),
            patch.object(os, "rename", moved("rename")),
            patch.object(os, "replace", moved("replace")),
            patch.object(os, "unlink", moved("unlink")),
        ):
            yield

    def acknowledge(self, answer: Acknowledged) -> None:
        """Note an answer that a rater was told is stored; the power may go right after."""
        self.acknowledged.append(answer)
        self._happens("after an answer")

    def _change(self, name: str, number: int | None) -> None:
        self._pending.append((name, number))
        if number is None:
            self._names.pop(name, None)
        else:
            self._names[name] = number

    def _sync(self, number: int | None) -> None:
        if number is None:
            self._synced_names, self._pending = dict(self._names), []
        elif number in self._seen:
            self._synced[number] = self._seen[number]

    def _look(self) -> None:
        """See what the folder holds now; what changed of DuckDB's files, DuckDB has written and synced."""
        self._before = {}
        there = {entry.name: entry for entry in os.scandir(self.path.parent) if entry.is_file()}
        for name in set(self._names) - set(there):
            if name in self._duckdb:
                self._before[name] = self._seen[self._names[name]]
            self._change(name, None)
        for name, entry in there.items():
            found = entry.stat()
            if self._names.get(name) != found.st_ino:
                self._change(name, found.st_ino)
                self._synced.pop(found.st_ino, None)
                self._marks.pop(found.st_ino, None)
            mark = (found.st_mtime_ns, found.st_size)
            if self._marks.get(found.st_ino) == mark:
                continue
            self._marks[found.st_ino] = mark
            content = Path(entry.path).read_bytes()
            if name in self._duckdb:
                self._before[name] = self._seen.get(found.st_ino)
                self._synced[found.st_ino] = content
            self._seen[found.st_ino] = content

    def _happens(self, what: str) -> None:
        self._look()
        if self.wanted(what):
            self.found.cuts[what] += 1
            self._check(what)

    def _check(self, what: str) -> None:
        """Cut the power now, and hold what an image of the folder opens with against what was acknowledged."""
        folder = self.images / str(self.found.cuts.total())
        folder.mkdir()
        self._write_image(folder)
        self.found.from_copy += aside_path(folder / self.path.name).exists()
        self.found.acknowledged += len(self.acknowledged)
        try:
            db = store.open_database(folder / self.path.name)
        except (StudyError, OSError) as error:
            self.found.unopened.append(f"{what}: {error}")
            return
        assert isinstance(db, FileDatabase)
        held = stored(db)
        db.let_go()
        self.found.lost += [f"{what}: {one}" for one in (Counter(self.acknowledged) - held)]
        twice = Counter(key[:3] for key in held.elements())
        self.found.doubled += [f"{what}: {key}" for key, count in twice.items() if count > 1]

    def _write_image(self, folder: Path) -> None:
        names = dict(self._synced_names)
        kept = self.rng.choice([0, len(self._pending), self.rng.randint(0, len(self._pending))])
        for name, number in self._pending[:kept]:
            if number is None:
                names.pop(name, None)
            else:
                names[name] = number
        for name, number in names.items():
            (folder / name).write_bytes(self._content(number))
        if self._before.get(self.path.name) and self.rng.random() < 0.5 and self.path.name in names:
            self._tear_checkpoint(folder)

    def _content(self, number: int) -> bytes:
        """Return what is on disk of a file: as it was synced last, as it is, or torn."""
        synced, seen = self._synced.get(number, b""), self._seen.get(number, b"")
        if synced == seen:
            return seen
        least = len(synced) if seen.startswith(synced) else 0
        torn = seen[: self.rng.randint(least, len(seen))]
        return self.rng.choice([synced, seen, torn])

    def _tear_checkpoint(self, folder: Path) -> None:
        """Leave some pages of the file as they were before the checkpoint; the log is still there then."""
        before, now = self._before[self.path.name], (folder / self.path.name).read_bytes()
        assert before is not None
        pages = range(0, max(len(before), len(now)), PAGE)
        mixed = [(now if self.rng.random() < 0.5 else before)[at : at + PAGE] for at in pages]
        (folder / self.path.name).write_bytes(b"".join(mixed))
        log = store.log_path(folder / self.path.name)
        if (content := self._before.get(log.name)) is not None:
            log.write_bytes(content)


def judge_while_power_goes(disk: Disk, *, rounds: int) -> Found:
    """Have raters judge, the tables written, checkpoints made, and the process killed and started again, all watched."""
    rng = disk.rng
    with disk.watched(), patch.object(file_database, "SOON_SECONDS", 3600.0):
        db = store.open_database(disk.path)
        store.save_records(db, small_study(n_items=12))
        rater = store.enrol(db, "small")
        for number in range(rounds):
            task = store.current_task(db, rater)
            if task is None:
                rater = store.enrol(db, "small")
                continue
            for criterion, revision in task.revisions.items():
                if criterion in task.answers:
                    continue
                response = rng.choice(["left", "right", "tie"])
                if store.record_judgment(db, rater, task.assignment_id, criterion, revision, response):
                    disk.acknowledge((task.assignment_id, criterion, revision, response))
            last = store.last_judgment(db, rater)
            if last and number % 6 == 5 and store.undo(db, rater, last):
                disk.acknowledge((task.assignment_id, criterion, revision + 1, "undone"))
            if number % 3 == 1:
                stored(db)  # who reads has the tables written
            if number % 4 == 2:
                db.checkpoint()
            if number % 5 == 3:
                assert isinstance(db, FileDatabase)
                db.let_go()
                db = store.open_database(disk.path)
                rater = store.rater_by_token(db, rater.token)
        db.close()
    return disk.found


def some_of_each(most: int, *, every: int = 1) -> Callable[[str], bool]:
    """Return what wants the first of each kind of moment, and every so many-th, up to a number of each."""
    times: Counter[str] = Counter()
    taken: Counter[str] = Counter()

    def wanted(what: str) -> bool:
        times[what] += 1
        if taken[what] >= most or (times[what] - 1) % every:
            return False
        taken[what] += 1
        return True

    return wanted
