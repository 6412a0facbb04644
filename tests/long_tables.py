"""Long tables for tests of frames and analysis, made from the answers that raters give on screen."""

from collections.abc import Iterable

import pandas as pd

from study.blinding import ARRANGEMENT_OF, unblind

Answer = tuple[str, str, str, str, str, str]
"""Rater, item, system a, system b, side of a, response."""


def long_table(answers: Iterable[Answer], **columns: object) -> pd.DataFrame:
    """Return the long table of answers; ``columns`` set a column for all rows."""
    rows = []
    for number, (rater, item, system_a, system_b, side_of_a, response) in enumerate(answers):
        meaning = unblind(response, ARRANGEMENT_OF[side_of_a])  # type: ignore[index]
        rows.append(
            {
                "judgment_id": f"j{number}",
                "comparison_id": f"{item}:{system_a}:{system_b}",
                "comparison_purpose": "main",
                "comparison_withdrawn": False,
                "item_id": item,
                "source_id": item,
                "profile_id": f"profile of {item}",
                "profile_name": f"reader of {item}",
                "tags": "{}",
                "rater_id": rater,
                "rater_status": "active",
                "rater_role": "proxy",
                "simulated": False,
                "purpose": "main",
                "criterion": "fit",
                "system_a": system_a,
                "system_b": system_b,
                "condition_a": "",
                "condition_b": "",
                "output_a_id": f"{item}:{system_a}",
                "output_b_id": f"{item}:{system_b}",
                "side_of_a": side_of_a,
                "response": response,
                "seconds": 5.0,
                "active_seconds": 5.0,
                "preference": meaning.preference,
                "strength": meaning.strength,
                **columns,
            }
        )
    names = list(rows[0]) if rows else list(long_table([("r", "i", "A", "B", "left", "tie")]))
    return pd.DataFrame(rows, columns=names).astype({"preference": "str"})


def score_table(values: dict[str, float | None], metric: str = "gold") -> pd.DataFrame:
    """Return metric scores by output id, as the store gives them."""
    return pd.DataFrame(
        {
            "output_id": list(values),
            "metric": metric,
            "value": pd.Series(list(values.values()), dtype="float64"),
            "reason": pd.Series(
                [None if one is not None else "no reference" for one in values.values()], dtype="str"
            ),
            "signature": f"{metric}|version:1",
        }
    )


def score_matrix(**metrics: dict[str, float | None]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return scores by output id, a column per metric, and what is known of the metrics, as the store gives them."""
    columns = {name: pd.Series(values, dtype="float64") for name, values in sorted(metrics.items())}
    scores = pd.DataFrame(columns).sort_index()
    scores.index = pd.Index(scores.index.astype(str), dtype="str", name="output_id")
    about = pd.DataFrame(
        {
            "metric": list(scores.columns),
            "signature": [f"{name}|version:1" for name in scores.columns],
            "n_outputs": len(scores),
            "n_undefined": scores.isna().sum().to_numpy(),
            "reason": ["no reference" if one else None for one in scores.isna().any()],
        }
    )
    return scores, about
