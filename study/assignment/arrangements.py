"""Arrangements: which output stands where on the screen, balanced over the raters of a task.

The arrangements of k outputs are the rows of a Williams square (Williams 1949, doi:10.1071/CH9490149): each output stands at
each position once, and follows each other output once. An odd k needs two squares, the second one with its rows reversed.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache

MOST_OUTPUTS = 10


@cache
def arrangements(n_outputs: int) -> tuple[str, ...]:
    """Return the arrangements of some outputs, each as the slots by position.

    >>> arrangements(2), arrangements(3)
    (('01', '10'), ('012', '120', '201', '210', '021', '102'))
    >>> arrangements(4)
    ('0132', '1203', '2310', '3021')
    """
    n = n_outputs
    first = [0, *(place // 2 + 1 if place % 2 == 0 else n - place // 2 - 1 for place in range(n - 1))]
    square = ["".join(str((slot + row) % n) for slot in first) for row in range(n)]
    mirrors = [row[::-1] for row in square] if n % 2 and n > 1 else []
    return (*square, *mirrors)


def least_used(n_outputs: int, used: Sequence[int], held: Iterable[str], lot: int) -> str:
    """Return the arrangement for a task's next rater.

    It is the one that the task's raters have had least often (for an odd number of outputs, one of the first square before
    its mirror); then the one that puts outputs where this rater has seen them least often; then one by lot.

    Parameters
    ----------
    n_outputs : int
    used : sequence of int, shape (n_arrangements,)
        How many raters of the task have each of :func:`arrangements`.
    held : iterable of str
        The rater's own arrangements, of any length.
    lot : int

    >>> least_used(2, [1, 1], ["01", "01", "10"], lot=0)
    '10'
    """
    rows = arrangements(n_outputs)
    open_rows = [row for row, count in zip(rows, used, strict=True) if count == min(used)]
    open_rows = [row for row in open_rows if row in rows[:n_outputs]] or open_rows
    if len(open_rows) == 1:
        return open_rows[0]
    seen = Counter(one for one in held if len(one) == n_outputs)
    cost = {row: sum(count * _same_places(row, one) for one, count in seen.items()) for row in open_rows}
    best = [row for row in open_rows if cost[row] == min(cost.values())]
    return best[lot % len(best)]


def _same_places(one: str, other: str) -> int:
    return sum(a == b for a, b in zip(one, other, strict=True))
