"""Counts in words, with the nouns and verbs that belong to them, and lists that stay short."""

from collections.abc import Iterable


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


def listed(names: Iterable[object], most: int = 30, between: str = ", ") -> str:
    """Return the first few of many names, and how many there are: what a message says stays short, whoever fills it.

    >>> listed(["a", "b", "c"], most=2), listed([])
    ('a, b, ... (3 in all)', '')
    """
    texts = [str(name) for name in names]
    shown = between.join(texts[:most])
    return shown if len(texts) <= most else f"{shown}{between}... ({len(texts):,} in all)"
