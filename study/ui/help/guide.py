"""The guide's pages in the app: their order, and their markdown adapted to Streamlit."""

import re
from pathlib import Path

from study.tables import lookup
from study.ui.shared.heading import anchor, help_address

FOLDER = Path(__file__).parents[2] / "guide"
DATA = FOLDER.parents[1] / "data" / "README.md"
ORDER = (
    *("pages", "running-a-study", "data", "statistics", "corrections", "glossary", "commands"),
    *("privacy", "deployment", "durability", "changelog"),
)
# On a phone a wide table scrolls by itself instead of moving the page.
CSS = """
<style>
[data-testid="stMain"] [data-testid="stMarkdownContainer"] table { display: block; overflow-x: auto; }
</style>
"""
LINK = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")
CODE = re.compile(r"(`[^`]*`)")
SPECIAL = re.compile(r"[$~]|:(?=[a-z])")
"Text that Streamlit would read as a formula, as strikethrough, or as the name of an icon or colour."


def topics() -> dict[str, str]:
    """Return the titles of the guide's pages by name, in the order of :data:`ORDER`, with the others last."""
    names = sorted(files(), key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name))
    return {name: page_text(name).partition("\n")[0].removeprefix("# ") for name in names}


def files() -> dict[str, Path]:
    """Return the file of each page: the guide's pages, and the dictionary of all columns."""
    return {path.stem: path for path in FOLDER.glob("*.md")} | {"data": DATA}


def page_text(topic: str) -> str:
    """Return the markdown of a page of the guide.

    Raises
    ------
    InvalidInput
        If there is no such page.
    """
    return lookup(files(), topic, "page of the guide").read_text("utf-8")


def headings(markdown: str) -> list[str]:
    """Return the second-level headings, for the table of contents."""
    return re.findall(r"^## (.+)$", markdown, re.MULTILINE)


def contents_line(markdown: str) -> str:
    """Return links to the headings of a page, in one line."""
    return " · ".join(f"[{heading}](#{anchor(heading)})" for heading in headings(markdown))


def shown(markdown: str) -> str:
    """Return a page adapted to Streamlit: without title and pictures, with links between pages leading to this page.

    >>> print(shown("# Title\\n\\nIt costs $5: see [Words](glossary.md#tie) and [a file](deployment/x.env).\\n"))
    It costs \\$5: see [Words](help?topic=glossary#tie) and a file.
    """
    lines = [line for line in markdown.splitlines()[1:] if not line.startswith("![")]
    return "\n".join(line if line.startswith("    ") else _line(line) for line in lines).strip()


def _line(line: str) -> str:
    linked = LINK.sub(lambda found: _link(found[1], found[2]), line)
    parts = CODE.split(linked)
    return "".join(
        part if part.startswith("`") else SPECIAL.sub(lambda found: "\\" + found[0], part) for part in parts
    )


def _link(label: str, target: str) -> str:
    """Return a link within the app; only the label if the target is a file outside the guide."""
    if target.startswith(("https://", "#")):
        return f"[{label}]({target})"
    path, _, part = target.partition("#")
    topic = next((name for name, file in files().items() if file == (FOLDER / path).resolve()), None)
    return f"[{label}]({help_address(topic, part)})" if topic else label
