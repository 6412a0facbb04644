"""How a judge's prompt describes the person: not at all, by key attributes, all of them, prose, or the raw history."""

import re
from collections.abc import Callable, Mapping, Sequence

from study.content_kinds import plain_text
from study.records import Content
from study.tables import lookup

# Attributes about what a person did, not about what the person is like.
HISTORY = re.compile(
    r"histor|recent|past|previous|\bread\b|posts?\b|reviews?\b|purchases?\b|watched|liked", re.IGNORECASE
)
N_KEY = 2

Facets = Mapping[str, str | list[str]]


def persona_text(content: Content | None, persona: str, attributes: Sequence[str] = ()) -> str:
    """Return the prompt's text about a person, ending with a newline; empty if there is none.

    Parameters
    ----------
    content : dict or None
        The profile's content.
    persona : str
        A key of :data:`PERSONAS`.
    attributes : sequence of str
        The key attributes; if empty, the first two that are not history.

    Examples
    --------
    >>> profile = {"kind": "facets", "facets": {"Age": "34", "Likes": ["bread", "bikes"], "Recently read": ["A", "B"]}}
    >>> persona_text(profile, "prose").splitlines()
    ['The person:', '<person>', 'Age: 34. Likes: bread, bikes.', '</person>']
    """
    text = lookup(PERSONAS, persona, "persona")[0](content or {}, attributes).strip()
    return f"The person:\n<person>\n{text}\n</person>\n" if text else ""


def _nothing(content: Content, attributes: Sequence[str]) -> str:
    return ""


def _key(content: Content, attributes: Sequence[str]) -> str:
    facets = _facets(content)
    if facets is None:
        return _first_sentence(plain_text(content)) if content else ""
    wanted = attributes or [name for name in facets if not HISTORY.search(name)][:N_KEY]
    return _lines({name: facets[name] for name in wanted if name in facets})


def _everything(content: Content, attributes: Sequence[str]) -> str:
    facets = _facets(content)
    return _lines(facets) if facets is not None else plain_text(content) if content else ""


def _prose(content: Content, attributes: Sequence[str]) -> str:
    facets = _facets(content)
    if facets is None:
        return plain_text(content) if content else ""
    return " ".join(
        f"{name}: {_joined(value, ', ').rstrip('.')}."
        for name, value in facets.items()
        if not HISTORY.search(name)
    )


def _history(content: Content, attributes: Sequence[str]) -> str:
    return _lines({name: value for name, value in (_facets(content) or {}).items() if HISTORY.search(name)})


PERSONAS: dict[str, tuple[Callable[[Content, Sequence[str]], str], str]] = {
    "none": (_nothing, "Nothing about the person (control)"),
    "key": (_key, "Key attributes"),
    "all": (_everything, "All attributes and the history"),
    "prose": (_prose, "The profile in natural language, without the history"),
    "history": (_history, "The raw history alone"),
}


def _facets(content: Content) -> Facets | None:
    facets = content.get("facets")
    return facets if isinstance(facets, dict) else None


def _lines(facets: Facets) -> str:
    return "\n".join(
        f"{name}:\n{_joined(value, chr(10), '- ')}" if isinstance(value, list) else f"{name}: {value}"
        for name, value in facets.items()
    )


def _joined(value: object, separator: str, before: str = "") -> str:
    return separator.join(f"{before}{one}" for one in value) if isinstance(value, list) else str(value)


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.!?])\s", text.strip(), maxsplit=1)[0]
