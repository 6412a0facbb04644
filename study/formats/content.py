"""Kinds of content: what a cell of a file may hold, and what each kind must look like."""

import json
import re
from collections.abc import Callable
from typing import Any

from study.records import Content, text_content
from study.tables import lookup

DIRTY = re.compile("[\x00\ud800-\udfff]")
REPLACEMENT = "\ufffd"


def _check_text(fields: Content) -> str | None:
    return None if isinstance(fields.get("text"), str) else "'text' must be a text"


def _check_dialogue(fields: Content) -> str | None:
    turns = fields.get("turns")
    if isinstance(turns, list) and turns and all(map(_is_turn, turns)):
        return None
    return '\'turns\' must be a list of {"role": text, "text": text}'


def _is_turn(turn: object) -> bool:
    return (
        isinstance(turn, dict)
        and turn.keys() == {"role", "text"}
        and all(isinstance(part, str) for part in turn.values())
    )


def _check_ranked_list(fields: Content) -> str | None:
    return None if _are_texts(fields.get("entries")) else "'entries' must be a list of texts"


def _check_facets(fields: Content) -> str | None:
    facets = fields.get("facets")
    if isinstance(facets, dict) and all(
        isinstance(value, str) or _are_texts(value) for value in facets.values()
    ):
        return None
    return "'facets' must give each label a text or a list of texts"


def _are_texts(values: object) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)


# Kind -> (the one field it has beside "kind", what is wrong with a content of the kind or None).
CONTENT_KINDS: dict[str, tuple[str, Callable[[Content], str | None]]] = {
    "text": ("text", _check_text),
    "markdown": ("text", _check_text),
    "dialogue": ("turns", _check_dialogue),
    "ranked_list": ("entries", _check_ranked_list),
    "facets": ("facets", _check_facets),
}

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
    field, check = CONTENT_KINDS[kind]
    if content.keys() != {"kind", field}:
        return (
            f"a content of kind {kind!r} has exactly the fields kind, {field}; "
            f"this one has {', '.join(map(str, content))}"
        )
    fault = check(content)
    return f"in a content of kind {kind!r} {fault}" if fault else None


def plain_content(text: str, kind: str = "text") -> Content:
    """Return the content of a plain string, which is ``text`` or ``markdown``."""
    return text_content(text, lookup(PLAIN_KINDS, kind, "kind of plain text"))


def decoded(cell: str) -> str | Content:
    """Return the object that a cell spells as JSON if it has a known kind, else the cell as it is.

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
    """Return the value with every NUL and lone surrogate replaced by U+FFFD, and how many there were."""
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
