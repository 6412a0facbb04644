"""Counts in words, with the nouns and verbs that belong to them."""

from collections.abc import Sequence


def counted(n: int, noun: str, nouns: str | None = None) -> str:
    """Return a number with its noun, in the singular for one; ``nouns`` is the plural where an s does not make it.

    >>> counted(1, "rater"), counted(1368, "judgment"), counted(0, "reply", "replies")
    ('1 rater', '1,368 judgments', '0 replies')
    """
    return f"{n:,} {form(n, noun, nouns or f'{noun}s')}"


def form(n: int, one: str, many: str) -> str:
    """Return the form of a word that belongs to a number.

    >>> form(1, "was", "were"), form(0, "was", "were")
    ('was', 'were')
    """
    return one if n == 1 else many


def listed(names: Sequence[str], last: str = "and") -> str:
    """Return names in a row, with a word before the last one.

    >>> listed(["raters"]), listed(["people", "raters", "items"])
    ('raters', 'people, raters and items')
    """
    return f" {last} ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
