"""The prompts of judges: files with placeholders for persona, request, outputs and question."""

import string
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from study.errors import InvalidInput, NotFound
from study.tables import lookup

FOLDER = Path(__file__).with_name("prompts")
TEMPLATES: dict[str, str] = {
    "pairwise": "Two outputs, one must be chosen",
    "pairwise_ties": "Two outputs, ties allowed",
    "pointwise": "One output, points from 1 to 10",
}
PLACES = ("persona", "request", "first", "second", "question")


@dataclass(frozen=True, slots=True)
class Template:
    """The text of a prompt with placeholders such as ``$request``; the text's hash is part of a judge's signature."""

    name: str
    text: str

    @property
    def hash(self) -> str:
        """The first twelve digits of the text's SHA-256."""
        return sha256(self.text.encode()).hexdigest()[:12]

    @property
    def pairwise(self) -> bool:
        """Whether two outputs are shown."""
        return "$second" in self.text or "${second}" in self.text

    @property
    def ties(self) -> bool:
        """Whether the judge may answer that neither is better."""
        return "[[C]]" in self.text

    def filled(self, values: Mapping[str, str]) -> str:
        """Return the prompt; placeholders inside the inserted values are not replaced."""
        return string.Template(self.text).substitute(values)


def template(name: str) -> Template:
    """Return a template of :data:`TEMPLATES`, or one from a file path.

    Raises
    ------
    NotFound
        If there is no such file.
    InvalidInput
        If the file lacks a placeholder or has an unknown one.
    """
    if name in TEMPLATES:
        return Template(name, (FOLDER / f"{name}.md").read_text("utf-8"))
    path = Path(name)
    if not path.suffix:
        lookup(TEMPLATES, name, "template")
    if not path.is_file():
        raise NotFound(f"there is no template file {name!r}; the built-in ones are: {', '.join(TEMPLATES)}")
    return _checked(Template(path.stem, path.read_text("utf-8")))


def _checked(found: Template) -> Template:
    parsed = string.Template(found.text)
    if not parsed.is_valid():
        raise InvalidInput(
            f"template {found.name}: a $ is not followed by the name of a placeholder; write $$ for $"
        )
    there = set(parsed.get_identifiers())
    unknown, missing = sorted(there - set(PLACES)), sorted({"first", "question"} - there)
    if unknown or missing:
        wrong = f"${unknown[0]} is not a placeholder" if unknown else f"${missing[0]} is missing"
        raise InvalidInput(
            f"template {found.name}: {wrong}; placeholders are: {', '.join('$' + one for one in PLACES)}"
        )
    return found
