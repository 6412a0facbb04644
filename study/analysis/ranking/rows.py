"""Rows to tables: undefined values have a reason, and a table without rows says why."""

from collections.abc import Sequence

import pandas as pd

from study.stats.claims import Claim

NO_JUDGMENT = "no judgment"
UNIT_COLUMNS = ("clusters", "n_clusters", "units", "degrees_of_freedom", "estimand")
"""The units of an interval and a test: kinds, the number of the fewest and of each, and the population."""


def unit_columns(claim: Claim) -> tuple[object, ...]:
    """Return the cells of :data:`UNIT_COLUMNS` of a claim."""
    return (claim.kinds, claim.estimate.n_units, claim.units, claim.degrees_of_freedom, claim.estimand)


def table_of(
    rows: Sequence[tuple[object, ...]], columns: Sequence[str], why_empty: str | None = None
) -> pd.DataFrame:
    """Return a table; without rows, one with an undefined row, with the reason if there is one.

    >>> table_of([], ["system", "value", "n", "reason"], NO_JUDGMENT).to_dict("records")
    [{'system': None, 'value': nan, 'n': 0, 'reason': 'no judgment'}]
    """
    texts = {name: "str" for name in columns if name.endswith("reason")}
    if rows or why_empty is None:
        return pd.DataFrame(rows, columns=list(columns)).astype(texts)
    empty: dict[str, object] = {}
    for name in columns:
        if name.endswith("reason"):
            empty[name] = why_empty
        elif name.startswith("n_") or name in ("n", "wins", "ties", "losses"):
            empty[name] = 0
        else:
            empty[name] = None if name in NAMES else float("nan")
    return pd.DataFrame([empty])


NAMES = {
    *("system", "opponent", "model", "group", "raters", "effect", "unit", "clusters", "adjustment"),
    *("method", "rank_method", "win_rate_method", "adjusted_method", "p_method"),
    *("open_end", "units", "estimand", "sides", "first_holds"),
}
