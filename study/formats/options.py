"""The choices of an import, and the study it makes."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from study.design import Design
from study.records import Study, stable_id, utc_now

Progress = Callable[[float, str], None]


def say_nothing(fraction: float, text: str) -> None:
    """Take note of no progress."""


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How a file is to be read.

    Parameters
    ----------
    content_kind : {"text", "markdown"}
        What plain strings are.
    pairs_per_item : int, optional
        How many pairs of an item's outputs are compared; None: all.
    now : datetime
        The moment of the import, in UTC; stands in where a judgment has no time.
    progress : callable
        Called with the part done (0 to 1) and what is being done.
    """

    content_kind: str = "text"
    pairs_per_item: int | None = None
    now: datetime = field(default_factory=utc_now)
    progress: Progress = say_nothing


def new_study(
    title: str, *, study_id: str | None = None, seed: int = 0, design: Design | None = None
) -> Study:
    """Return a draft; without an id of its own it gets one that depends on the title alone."""
    design = design or Design()
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
