"""Ids that a spreadsheet changed: 001 became 1, or 1.0."""

import re
from collections.abc import Iterable

OPTION = "--match-ids"
WAY_OUT = f"{OPTION} (on the page: “Match ids that a spreadsheet changed”) takes the one for the other"
_NUMBER = re.compile(r"0*(\d+)(?:\.0+)?")
_FLOAT = re.compile(r"(\d+)\.0+")


class Ids:
    """The ids of a study, which find the original of an id that a spreadsheet changed."""

    def __init__(self, ids: Iterable[str]) -> None:
        self._ids = frozenset(ids)
        self._alike: dict[str, list[str]] = {}
        for one in self._ids:
            if number := _NUMBER.fullmatch(one):
                self._alike.setdefault(number[1], []).append(one)

    def likely(self, given: str) -> str | None:
        """Return the only id that a given one resembles; None if it is an id itself, or resembles none or several.

        >>> ids = Ids(["001", "002", "10", "7", "07"])
        >>> ids.likely("1"), ids.likely("2.0"), ids.likely("10"), ids.likely("7.0"), ids.likely("x")
        ('001', '002', None, None, None)
        """
        number = None if given in self._ids else _NUMBER.fullmatch(given)
        alike = self._alike.get(number[1], []) if number else []
        return alike[0] if len(alike) == 1 else None

    def hint(self, given: str) -> str:
        """Return a hint at the original of a changed id and the remedy; empty if it resembles none."""
        likely = self.likely(given)
        return "" if likely is None else f"; {given!r} looks like {likely!r}, and {WAY_OUT}"

    def matched(self, given: str) -> str:
        """Return the original of a changed id; without one, a whole number without its decimal point."""
        return self.likely(given) or (given if given in self._ids else without_point(given))


def without_point(given: str) -> str:
    """Return a whole number without the decimal point that a spreadsheet added; other texts unchanged.

    >>> without_point("101.0"), without_point("v1.0")
    ('101', 'v1.0')
    """
    number = _FLOAT.fullmatch(given)
    return number[1] if number else given
