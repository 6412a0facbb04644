"""The pictures of a rater's steps that data/demo/steps/README.md shows: which there are, and how one is taken."""

import io
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from tests.browser.conftest import settle

FOLDER = Path(__file__).parents[2] / "data" / "demo" / "steps"
WIDTHS = {390: 844, 1280: 800}  # a phone and a desktop: width and height in pixels
MOST_BYTES = 60_000
COLOURS = 96
PICTURES = (
    "consent",
    "screening",
    "demographics",
    "query",
    "example",
    "which",
    "profile",
    "instructions",
    "practice",
    "feedback",
    "pair",
    "skip",
    "second-device",
    "closing",
    "finish",
    "screen-out",
    "withdraw",
    "erased",
)


def take(page: Page, name: str, folder: Path) -> None:
    """Write the two pictures of a step; nothing may stand beyond the right edge."""
    assert name in PICTURES
    folder.mkdir(exist_ok=True, parents=True)
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        settle(page)
        page.mouse.move(width - 2, height - 2)
        page.wait_for_timeout(500)
        small(page.screenshot(), folder / f"{name}-{width}.png")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name


def small(png: bytes, path: Path) -> None:
    """Write a picture with few colours, which text needs."""
    with Image.open(io.BytesIO(png)) as picture:
        few = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        few.save(path, optimize=True)
