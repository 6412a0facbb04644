"""The kinds of content that a cell of a file may hold."""

import json
import re
from typing import Any

from study.content_kinds import CONTENT_KINDS, example_of
from study.records import Content, text_content
from study.tables import lookup

DIRTY = re.compile("[\x00\ud800-\udfff]")
REPLACEMENT = "\ufffd"


PLAIN_KINDS = {"text": "text", "markdown": "markdown"}


def content_fault(content: Content) -> str | None:
    """Return what is wrong with a typed content, or None.

    >>> content_fault({"kind": "text", "text": "hello"})
    >>> content_fault({"kind": "text", "words": "hello"})
    "a content of kind 'text' has exactly the fields kind, text; this one has kind, words"
    """
    kind = content.get("kind")
    if not isinstance(kind, str) or kind not in CONTENT_KINDS:
        return f"an object here needs a 'kind', one of: {', '.join(CONTENT_KINDS)}"
    field, shape = CONTENT_KINDS[kind].field, CONTENT_KINDS[kind].shape
    if content.keys() != {"kind", field}:
        return (
            f"a content of kind {kind!r} has exactly the fields kind, {field}; "
            f"this one has {', '.join(map(str, content))}"
        )
    return (
        None if shape.fits(content[field]) else f"in a content of kind {kind!r} {field!r} must {shape.words}"
    )


def plain_content(text: str, kind: str = "text") -> Content:
    """Return the content of a plain string, which is ``text`` or ``markdown``."""
    return text_content(text, lookup(PLAIN_KINDS, kind, "kind of plain text"))


def decoded(cell: str) -> str | Content:
    """Return the object that a cell holds as JSON if its kind is known, else the cell unchanged.

    >>> decoded('{"kind": "ranked_list", "entries": ["a"]}')
    {'kind': 'ranked_list', 'entries': ['a']}
    >>> decoded('{"not": "ours"}')
    '{"not": "ours"}'
    """
    try:
        value = json.loads(cell)
    except (ValueError, RecursionError):
        return cell
    if isinstance(value, dict) and isinstance(value.get("kind"), str) and value["kind"] in CONTENT_KINDS:
        return value
    return cell


def cleaned(value: Any) -> tuple[Any, int]:
    """Return the value with NULs and lone surrogates replaced by U+FFFD, and the number of replacements."""
    if isinstance(value, str):
        if value.isascii() and "\x00" not in value:
            return value, 0
        return DIRTY.subn(REPLACEMENT, value)
    if isinstance(value, list):
        parts = [cleaned(part) for part in value]
        return [part for part, _ in parts], sum(count for _, count in parts)
    if isinstance(value, dict):
        keys, key_count = cleaned(list(value))
        values, value_count = cleaned(list(value.values()))
        return dict(zip(keys, values, strict=True)), key_count + value_count
    return value, 0


def kinds_markdown() -> str:
    """Return the kinds of content as a Markdown table, as in ``data/README.md``."""
    rows = [
        f"| `{kind}` | {entry.shown_as} | `{json.dumps(example_of(kind), ensure_ascii=False)}` |"
        for kind, entry in CONTENT_KINDS.items()
    ]
    return "\n".join(["| kind | shown as | example |", "|---|---|---|", *rows])
