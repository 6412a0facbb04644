"""Judged cells (first, second: first wins, ties, second wins), the first on the left; from the claims audit."""

import numpy as np

from study.stats.ranking.answers import A_WON, B_WON, TIED, Answers, answers

CELLS = {
    "AB": (30, 6, 14),
    "BA": (26, 6, 18),
    "AC": (36, 5, 9),
    "CA": (22, 8, 20),
    "BC": (33, 5, 12),
    "CB": (24, 4, 22),
}


def answered(cells: dict[str, tuple[int, int, int]] = CELLS, systems: str = "ABC") -> Answers:
    """Return the answers of cells, the first system of each on the left."""
    rows = [
        (systems.index(first), systems.index(second), code)
        for (first, second), counts in cells.items()
        for code, count in zip((A_WON, TIED, B_WON), counts, strict=True)
        for _ in range(count)
    ]
    a, b, answer = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    return answers(a, b, answer, np.array([1, -1, 0, 0])[answer], list(systems), np.ones(len(a), dtype=int))


def identified(pairs: dict[str, int], systems: str = "ABC") -> tuple[list[int], list[int], list[int]]:
    """Return a, b and side of judgments by pair, the first on the left."""
    rows = [(systems.index(one), systems.index(other)) for (one, other), n in pairs.items() for _ in range(n)]
    return [one for one, _ in rows], [other for _, other in rows], [1] * len(rows)
