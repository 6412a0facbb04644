"""Long tables that hold as good as nothing: each must give nan with a reason, never a traceback, 0 or 1."""

import pandas as pd

from tests.long_tables import Answer, long_table

PAIR = ("A", "B")


def _answers(raters: str, items: str, response: str = "left") -> list[Answer]:
    return [(rater, item, *PAIR, "left", response) for rater in raters for item in items]


DEGENERATE: dict[str, pd.DataFrame] = {
    "no_judgment": long_table([]),
    "one_rater": long_table(_answers("r", "12345")),
    "one_item": long_table([("r", "1", *PAIR, "left", "left"), ("s", "1", *PAIR, "left", "right")]),
    "all_equal": long_table(_answers("rst", "12345")),
    "no_overlap": long_table([(f"r{n}", f"i{n}", *PAIR, "left", ("left", "right")[n % 2]) for n in range(6)]),
    "all_ties": long_table(_answers("rst", "12345", "tie")),
    "all_both_bad": long_table(_answers("rst", "12345", "both_bad")),
    "only_skips": long_table(_answers("rs", "123", "skip")),
    "separated": long_table(
        [
            (rater, item, *pair, "left", "left")
            for rater in "rs"
            for item in "123"
            for pair in (PAIR, ("B", "C"))
        ]
    ),
    "disconnected": long_table(
        [
            (rater, item, *pair, "left", response)
            for rater in "rs"
            for item, response in (("1", "left"), ("2", "right"), ("3", "tie"))
            for pair in (PAIR, ("C", "D"))
        ]
    ),
    "simulated_only": long_table(_answers("rst", "12345"), simulated=True),
    "everyone_excluded": long_table(_answers("rst", "12345"), rater_status="excluded"),
}
