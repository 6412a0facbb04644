"""Lookup in the plain dicts through which the project is extended."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import TypeVar

from study.errors import InvalidInput
from study.wording import listed

MOST_NAMES = 60
Entry = TypeVar("Entry")


def lookup(table: Mapping[str, Entry], name: str, what: str = "name") -> Entry:
    """Return ``table[name]``, or raise an InvalidInput that lists the allowed names.

    >>> lookup({"tie": 0}, "tei", "answer")
    Traceback (most recent call last):
    study.errors.InvalidInput: unknown answer 'tei' (did you mean 'tie'?); allowed: tie
    """
    try:
        return table[name]
    except (KeyError, TypeError):
        close = get_close_matches(str(name), table, n=1)
        hint = f" (did you mean {close[0]!r}?)" if close else ""
        raise InvalidInput(
            f"unknown {what} {name!r:.200}{hint}; allowed: {listed(table, MOST_NAMES)}"
        ) from None
