"""How much Elo ratings depend on the order of the judgments."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from study import frames
from study.stats.ranking.elo import elo, elo_orders
from study.wording import counted

ELO_COLUMNS = (
    *("system", "rating", "mean", "mean_low", "mean_high", "spread", "rank_low", "rank_high"),
    *("n_orders", "n_judgments", "method", "reason"),
)


def elo_order_table(
    judgments: pd.DataFrame,
    *,
    criterion: str,
    subset: frames.Subset = frames.HUMAN,
    n_orders: int = 100,
    seed: int = 0,
    progress: Callable[[float, str], None] | None = None,
) -> pd.DataFrame:
    """Return Elo ratings over random orders of the same judgments, the highest mean first.

    Parameters
    ----------
    judgments, criterion, subset
        As in :func:`study.analysis.ranking_table`.
    n_orders : int
    seed : int
    progress : callable, optional
        Called with the fraction done and a text, many times a second.

    Returns
    -------
    DataFrame
        With the columns :data:`ELO_COLUMNS`: ``rating`` is in the order of arrival; ``mean_low`` and ``mean_high``
        are the lowest and highest rating over orders, not a confidence interval.
    """
    selection = frames.select(judgments, criterion=criterion, subset=subset)
    judged = frames.system_preferences(selection)

    def tell(part: float) -> None:
        if progress is not None:
            progress(part, f"{n_orders} random orders of {counted(len(judged.a), 'judgment')}")

    plain = elo(judged)
    found = elo_orders(judged, rng=np.random.default_rng(abs(seed)), n_orders=n_orders, progress=tell)
    played = np.bincount(np.concatenate([judged.a, judged.b]), minlength=len(judged.systems))
    method = f"Elo, K {found.k:g}, least and greatest over {n_orders} random orders (seed {seed})"
    columns = (
        plain.ratings,
        found.mean,
        found.low,
        found.high,
        found.spread,
        found.rank_low,
        found.rank_high,
    )
    rows = [
        (system, *(column[i] for column in columns), n_orders, int(played[i]), method, found.warning)
        for i, system in enumerate(judged.systems)
    ]
    table = pd.DataFrame(rows, columns=list(ELO_COLUMNS))
    return table.sort_values(["mean", "system"], ascending=[False, True], ignore_index=True)
