"""Kinds of content: their fields, their text and their display. To add one: a function and a line in CONTENT_KINDS.

A function turns content into blocks; a block is a style class of :mod:`study.ui.rater.components` and a text. Every text is
shown as it is, except in the class ``markdown``, which is formatted.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

from study.records import Content
from study.tables import lookup

Block = tuple[str, str]
CHIP_LENGTH = 32
LONG_WORD = 2_000


@dataclass(frozen=True, slots=True)
class Shape:
    """The values that a field accepts, and their description for use after "must"."""

    fits: Callable[[object], bool]
    words: str


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _are_turns(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_turn, value))


def _is_turn(turn: object) -> bool:
    return (
        isinstance(turn, dict)
        and turn.keys() == {"role", "text"}
        and all(isinstance(part, str) for part in turn.values())
    )


def _are_facets(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(one, str) or _are_texts(one) for one in value.values())


TEXT = Shape(lambda value: isinstance(value, str), "be a text")
TEXTS = Shape(_are_texts, "be a list of texts")
TURNS = Shape(_are_turns, 'be a list of {"role": text, "text": text}')
FACETS = Shape(_are_facets, "give each label a text or a list of texts")


def text(content: Content) -> list[Block]:
    """Draw a text exactly as it is; a text with a very long word may break anywhere, which browsers lay out faster."""
    longest = max(map(len, content["text"].split()), default=0)
    return [("text solid" if longest > LONG_WORD else "text", content["text"])]


def markdown(content: Content) -> list[Block]:
    """Draw markdown without HTML, links, images or maths."""
    return [("markdown", content["text"])]


def dialogue(content: Content) -> list[Block]:
    """Draw the turns of a dialogue."""
    turns: list[Block] = []
    for turn in content["turns"]:
        turns += [("role", turn["role"]), ("turn", turn["text"])]
    return turns


def dialogue_text(content: Content) -> str:
    """Return the turns of a dialogue, one per line."""
    return "\n".join(f"{turn['role']}: {turn['text']}" for turn in content["turns"])


def ranked_list(content: Content) -> list[Block]:
    """Draw a list with its ranks."""
    return [("entry", f"{rank}. {entry}") for rank, entry in enumerate(content["entries"], start=1)]


def ranked_list_text(content: Content) -> str:
    """Return the entries of a list without their ranks, one per line."""
    return "\n".join(content["entries"])


def facets(content: Content) -> list[Block]:
    """Draw labelled facets: short lists as chips, long ones as lines."""
    drawn: list[Block] = []
    for name, value in content["facets"].items():
        drawn.append(("label", name))
        if isinstance(value, str):
            drawn.append(("text", value))
        else:
            short = all(len(entry) <= CHIP_LENGTH for entry in value)
            drawn += [("chip" if short else "line", entry) for entry in value]
    return drawn


def as_json(content: Content) -> str:
    """Return content as JSON."""
    return json.dumps(content, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class ContentKind:
    """A kind of content.

    Attributes
    ----------
    blocks : callable
        Turns valid content into the blocks to draw.
    field : str
        The only field besides "kind".
    shape : Shape
        The values that the field accepts.
    shown_as : str
        A description of the display, for people.
    example : value
        An example of the field.
    text : callable, optional
        Turns valid content into its text for exports and metrics; by default the texts of its blocks, one per line.
    """

    blocks: Callable[[Content], list[Block]]
    field: str
    shape: Shape
    shown_as: str
    example: object
    text: Callable[[Content], str] | None = None


CONTENT_KINDS: dict[str, ContentKind] = {
    "text": ContentKind(
        text, "text", TEXT, "the text as it is, with its line breaks and spaces", "See you on Friday, then."
    ),
    "markdown": ContentKind(
        markdown, "text", TEXT, "formatted, without HTML or remote images", "Bring **two** pens."
    ),
    "dialogue": ContentKind(
        dialogue,
        "turns",
        TURNS,
        "a conversation, turn by turn",
        [{"role": "user", "text": "Any tips?"}, {"role": "assistant", "text": "Start small."}],
        dialogue_text,
    ),
    "ranked_list": ContentKind(
        ranked_list,
        "entries",
        TEXTS,
        "a numbered list, best first",
        ["The Lighthouse Road", "Nine Winters"],
        ranked_list_text,
    ),
    "facets": ContentKind(
        facets,
        "facets",
        FACETS,
        "labels, each with a text or a list of texts",
        {"Reader": "Ilse, 34, bakes bread", "Interests": ["ovens", "cycling"]},
        as_json,
    ),
}


def plain_text(content: Content) -> str:
    """Return the text of content of any kind, as exports and metrics read it.

    >>> plain_text({"kind": "ranked_list", "entries": ["first", "second"]})
    'first\\nsecond'
    """
    kind = lookup(CONTENT_KINDS, content["kind"], "content kind")
    return kind.text(content) if kind.text else "\n".join(shown for _, shown in kind.blocks(content))


def example_of(kind: str) -> Content:
    """Return an example of a kind of content.

    >>> example_of("text")
    {'kind': 'text', 'text': 'See you on Friday, then.'}
    """
    entry = lookup(CONTENT_KINDS, kind, "content kind")
    return {"kind": kind, entry.field: entry.example}
