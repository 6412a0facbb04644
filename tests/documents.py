"""The documents of the project, and what they name: paths, links, commands."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
GUIDE = ROOT / "study" / "guide"
DOCUMENTS = {
    path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
    for path in (
        ROOT / "README.md",
        ROOT / "data" / "README.md",
        ROOT / "study" / "README.md",
        *sorted(GUIDE.glob("*.md")),
        *sorted((ROOT / ".github").glob("*.md")),
    )
}
# The documents whose commands are run, in the order of a study.
WITH_COMMANDS = ("README.md", "study/guide/running-a-study.md")
FOLDERS = ("study", "tests", "pages", "data", ".github", ".ci", ".streamlit")
# Written by the program or by whoever runs it, and in no checkout.
MADE = re.compile(r"data/(backups|blindpair)|\.streamlit/secrets\.toml")


def lines_of_commands(name: str) -> list[str]:
    """Return the commands that a document prints as examples, without ``python -m study``."""
    return re.findall(r"^    python -m study (.+)$", DOCUMENTS[name], re.MULTILINE)


def paths_in(text: str) -> Iterator[str]:
    """Yield every path in the repository that a text names as code, with the name in the file if there is one."""
    for code in re.findall(r"`([^`\n]+)`", text):
        if re.match(
            rf"({'|'.join(map(re.escape, FOLDERS))})/[\w./-]*(:\w+(\.\w+)?)?$", code
        ) and not MADE.match(code):
            yield code


def links_in(text: str) -> list[str]:
    """Return the targets of links and pictures within the repository."""
    return [one for one in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in one]


def headings_of(text: str) -> set[str]:
    """Return the anchors of a document's headings, as GitHub makes them."""
    found = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in found}
