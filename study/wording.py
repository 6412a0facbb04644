"""Numbers and names as text: counts with their nouns, P values, shares, lists, unique labels."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import isnan

_P_COLUMN = re.compile(r"(^|_)p(_|$)")
_SHARE_COLUMN = re.compile(r"(^|_)(rate|share|coverage)(_low|_high)?$")


def counted(n: int, noun: str, nouns: str | None = None) -> str:
    """Return a number with its noun, in the singular for one; ``nouns`` is the plural if adding an s is not enough.

    >>> counted(1, "rater"), counted(1368, "judgment"), counted(0, "reply", "replies")
    ('1 rater', '1,368 judgments', '0 replies')
    """
    return f"{n:,} {form(n, noun, nouns or f'{noun}s')}"


def form(n: int, one: str, many: str) -> str:
    """Return the singular or the plural form of a word, as the number requires.

    >>> form(1, "was", "were"), form(0, "was", "were")
    ('was', 'were')
    """
    return one if n == 1 else many


def in_a_row(names: Sequence[str], last: str = "and") -> str:
    """Return names joined by commas, with a word before the last one.

    >>> in_a_row(["raters"]), in_a_row(["people", "raters", "items"])
    ('raters', 'people, raters and items')
    """
    return f" {last} ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def p_text(p: float) -> str:
    """Return a P value for a table: three digits, and never 0.

    >>> p_text(0.0312), p_text(0.00004), p_text(1.0), p_text(float("nan"))
    ('.031', '< .001', '1.000', 'undefined')
    """
    if isnan(p):
        return "undefined"
    return "< .001" if p < 0.001 else f"{p:.3f}".removeprefix("0")


def p_sentence(p: float) -> str:
    """Return a P value for use in a sentence.

    >>> p_sentence(0.0312), p_sentence(0.00004), p_sentence(float("nan"))
    ('P = .031', 'P < .001', 'P undefined')
    """
    shown = p_text(p)
    return f"P = {shown}" if shown[0] in ".1" else f"P {shown}"


def holds_p(column: str) -> bool:
    """Return whether a column with this name holds P values.

    >>> [name for name in ("p_value", "adjusted_p", "p_holm", "left_p", "n_pairs", "places") if holds_p(name)]
    ['p_value', 'adjusted_p', 'p_holm', 'left_p']
    """
    return _P_COLUMN.search(column) is not None


def holds_share(column: str) -> bool:
    """Return whether a column with this name holds shares or ends of their intervals, which are shown within 0 and 1.

    >>> [name for name in ("win_rate", "win_rate_high", "share_fast", "left_rate", "strength_low") if holds_share(name)]
    ['win_rate', 'win_rate_high', 'left_rate']
    """
    return _SHARE_COLUMN.search(column) is not None


def share_text(value: float, low: float = float("nan"), high: float = float("nan")) -> str:
    """Return a share in percent, with its interval if it has one; both ends are kept within 0 to 100%.

    >>> share_text(0.7123, 0.68, 0.744), share_text(0.98, 0.91, 1.04), share_text(0.5)
    ('71% [68, 74]', '98% [91, 100]', '50%')
    >>> share_text(float("nan"))
    'undefined'
    """
    if isnan(value):
        return "undefined"
    shown = f"{100 * value:.0f}%"
    if isnan(low) or isnan(high):
        return shown
    ends = (f"{100 * min(max(end, 0), 1):.0f}" for end in (low, high))
    return f"{shown} [{', '.join(ends)}]"


def listed(names: Iterable[object], most: int = 30, between: str = ", ") -> str:
    """Return the first few of many names and their number, so that messages stay short.

    >>> listed(["a", "b", "c"], most=2), listed([])
    ('a, b, ... (3 in all)', '')
    """
    texts = [str(name) for name in names]
    shown = between.join(texts[:most])
    return shown if len(texts) <= most else f"{shown}{between}... ({len(texts):,} in all)"


def unique_labels(labels: Mapping[str, str]) -> dict[str, str]:
    """Return labels by key; a label that occurs more than once is followed by its key.

    >>> unique_labels({"a1": "My study", "b2": "My study", "c3": "Another"})
    {'a1': 'My study · a1', 'b2': 'My study · b2', 'c3': 'Another'}
    """
    shown = dict(labels)
    while repeated := {label for label, count in Counter(shown.values()).items() if count > 1}:
        shown = {key: f"{label} · {key}" if label in repeated else label for key, label in shown.items()}
    return shown
