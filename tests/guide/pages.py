"""The pages of the guide that are written from the program."""

from collections.abc import Callable
from pathlib import Path

from tests.guide.commands import commands_page
from tests.guide.corrections import corrections_page
from tests.guide.statistics import statistics_page

GUIDE = Path(__file__).parents[2] / "study" / "guide"
PAGES: dict[str, Callable[[], str]] = {
    "commands": commands_page,
    "corrections": corrections_page,
    "statistics": statistics_page,
}


def write() -> None:
    """Write all of them."""
    for name, make in PAGES.items():
        (GUIDE / f"{name}.md").write_text(make(), "utf-8")
