"""The options of an import, and the study it creates."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePath

from study.errors import InvalidInput
from study.protocol.design import Design
from study.records import Study, stable_id, utc_now

STUDY_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
Progress = Callable[[float, str], None]


def say_nothing(fraction: float, text: str) -> None:
    """Ignore progress."""


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How to read a file.

    Parameters
    ----------
    content_kind : {"text", "markdown"}
        How to interpret plain strings.
    pairs_per_item : int, optional
        How many pairs of an item's outputs are compared; None: all.
    now : datetime
        Time of the import, in UTC; used if a judgment has no time.
    judge : str, optional
        The judge in a file of verdicts without a column for it; None: the file's name.
    match_ids : bool
        Whether to correct ids that a spreadsheet changed: 1 and 1.0 for 001.
    progress : callable
        Called with the fraction done (0 to 1) and the current step.
    """

    content_kind: str = "text"
    pairs_per_item: int | None = None
    judge: str | None = None
    now: datetime = field(default_factory=utc_now)
    progress: Progress = say_nothing
    match_ids: bool = False


def id_from_name(name: str) -> str:
    """Return a study id derived from a file name.

    >>> id_from_name("My pairs (2).csv")
    'My-pairs-2'
    """
    return re.sub(r"[^A-Za-z0-9_-]+", "-", PurePath(name).stem).strip("-")[:64] or "study"


def new_study(
    title: str, *, study_id: str | None = None, seed: int = 0, design: Design | None = None
) -> Study:
    """Return a draft; without a given id, its id depends on the title alone.

    Without a design it asks one question, and its completion code is random.

    Raises
    ------
    InvalidInput
        If the id is not 1 to 64 letters, digits, - or _.
    """
    if study_id is not None and not STUDY_ID.fullmatch(study_id):
        raise InvalidInput(f"study id {study_id!r:.80}; allowed: 1 to 64 letters, digits, - and _")
    design = design or Design(completion_code=f"DONE-{secrets.token_hex(3).upper()}")
    return Study(
        study_id=study_id or stable_id("study", title),
        title=title,
        design=design.to_json(),
        design_hash=design.hash(),
        state="draft",
        seed=seed,
        link_token=secrets.token_urlsafe(24),
        created_at=utc_now(),
    )
