"""Conversations in chat-model form (lists of turns with a role), read as dialogues."""

import ast
import json
import re

from study.formats.content import cleaned
from study.records import Content

# A list whose first entry is an object starting with one of these keys, as JSON or as a Python repr.
_STARTS = re.compile(r"""\s*\[\s*\{\s*['"](?:role|content|from|value)['"]\s*:""")
ROLES, TEXTS = ("role", "from"), ("content", "value", "text")
LONGEST = 1_000_000  # characters; no one would read more


def is_conversation(cell: object) -> bool:
    """Return whether a cell is a list of turns, or the text of one.

    >>> is_conversation('[{"role": "user", "content": "Hi?"}]'), is_conversation("[see below]")
    (True, False)
    """
    if isinstance(cell, str):
        return _STARTS.match(cell) is not None
    return isinstance(cell, list) and bool(cell) and all(isinstance(turn, dict) for turn in cell)


def dialogue_of(cell: object) -> Content | None:
    """Return the dialogue in a list of turns or its text; None if it cannot be read.

    >>> dialogue_of("[{'role': 'user', 'content': 'Hi?'}, {'role': 'assistant', 'content': 'Hello.'}]")
    {'kind': 'dialogue', 'turns': [{'role': 'user', 'text': 'Hi?'}, {'role': 'assistant', 'text': 'Hello.'}]}
    """
    turns = _spelled(cell) if isinstance(cell, str) else cell
    if not isinstance(turns, list) or not turns:
        return None
    turns, _ = cleaned(turns)  # escapes in the text may stand for characters that a database rejects
    read = [_turn(turn) for turn in turns]
    return None if None in read else {"kind": "dialogue", "turns": read}


def _spelled(cell: str) -> object:
    if len(cell) > LONGEST:
        return None
    try:
        return json.loads(cell)
    except (ValueError, RecursionError):
        pass
    try:  # a Python repr, as a data frame writes lists into CSV
        return ast.literal_eval(cell.strip())
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        return None


def _turn(turn: object) -> dict[str, str] | None:
    if not isinstance(turn, dict):
        return None
    role = next((turn[name] for name in ROLES if name in turn), None)
    text = next((turn[name] for name in TEXTS if name in turn), None)
    if isinstance(text, list) and all(isinstance(part, dict) and part.get("type") == "text" for part in text):
        text = "\n".join(str(part.get("text", "")) for part in text)
    return {"role": role, "text": text} if isinstance(role, str) and isinstance(text, str) else None
