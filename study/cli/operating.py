"""Commands on running the app: pause raters for maintenance, and resume."""

import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from study import store
from study.cli.shared import DatabaseOption, note, opened
from study.errors import DatabaseBusy, InvalidInput
from study.store import DEFAULT_PATH

PATIENCE_SECONDS = 15.0
LOOK_SECONDS = 0.2


class Switch(StrEnum):
    """Whether raters wait."""

    on = "on"
    off = "off"


def maintenance(
    switch: Annotated[
        Switch | None,
        typer.Argument(help="on or off; without it, print the current state.", show_default=False),
    ] = None,
    message: Annotated[
        str | None,
        typer.Option("--message", help="A message to raters instead of the neutral one.", show_default=False),
    ] = None,
    db: DatabaseOption = DEFAULT_PATH,
) -> None:
    """Pause all raters for maintenance, or let them continue; a running app reacts within a second or two.

    Their answers are saved, typed text is kept, and their pages continue by themselves.

    \b
    Example:
      python -m study maintenance on --message "Back at 14:00."
    """
    if message is not None and switch is not Switch.on:
        raise InvalidInput("--message is only for `maintenance on`")
    try:
        with opened(db) as database:
            if switch is Switch.on:
                store.begin_maintenance(database, message)
            elif switch is Switch.off:
                store.end_maintenance(database)
            _say(store.maintenance(database))
    except DatabaseBusy:
        if switch is None or not isinstance(db, Path):
            raise
        _leave_to_the_app(db, message, on=switch is Switch.on)


def _say(found: store.Maintenance | None) -> None:
    if found is None:
        print("off")
    else:
        print(
            f"on since {found.since:%Y-%m-%d %H:%M:%S} UTC" + (f": {found.message}" if found.message else "")
        )


def _leave_to_the_app(path: Path, message: str | None, *, on: bool) -> None:
    """Leave a request next to the database file for the app that has it open, and wait until the app applies it."""
    wish = store.leave_request(path, message, on=on)
    end = time.monotonic() + PATIENCE_SECONDS
    while wish.exists():
        if time.monotonic() > end:
            wish.unlink(missing_ok=True)
            raise DatabaseBusy(
                f"The process that has {path} open did not answer the request within {PATIENCE_SECONDS:.0f} "
                "s, so nothing was changed. Is that process the app?"
            )
        time.sleep(LOOK_SECONDS)
    print("on" if on else "off")
    note("The running app has applied it.")
