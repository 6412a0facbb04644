"""Tables of metric scores by themselves, and the card."""

import json
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from study import analysis

SYSTEMS = ("alpha", "beta", "gamma")


def scores(metric: str, values: Sequence[Sequence[float | None]]) -> pd.DataFrame:
    """Return scores, a row of ``values`` per item and a column per system."""
    rows = [
        {
            "output_id": f"{item}:{system}",
            "item_id": f"i{item}",
            "source_id": "s",
            "system": system,
            "condition": "",
            "metric": metric,
            "value": np.nan if value is None else value,
            "reason": "no reference" if value is None else None,
            "signature": f"{metric}|1",
        }
        for item, row in enumerate(values)
        for system, value in zip(SYSTEMS, row, strict=True)
    ]
    return pd.DataFrame(rows).astype({"reason": "str"})


def test_a_system_s_scores_are_summed_up_with_what_has_none() -> None:
    of_metric = scores("m", [(1, 5, None), (2, 6, None), (6, 7, 3)])
    table = analysis.score_table(of_metric, cluster="item").set_index("system")
    alpha = table.loc["alpha"]
    assert (alpha["mean"], alpha["median"], alpha["minimum"], alpha["maximum"]) == (3, 2, 1, 6)
    assert alpha["sd"] == pytest.approx(np.std([1, 2, 6], ddof=1))
    # Over items, one output each, it is the t interval of a mean: 3 -+ 4.3027 x sd / sqrt(3).
    assert alpha["mean_high"] - 3 == pytest.approx(4.302653 * alpha["sd"] / np.sqrt(3), rel=1e-5)
    gamma = table.loc["gamma"]
    assert (gamma["n_outputs"], gamma["n_unscored"], gamma["reason"]) == (1, 2, "no reference")
    assert np.isnan(gamma["mean_low"])
    few = analysis.score_table(of_metric).set_index("system").loc["alpha"]
    assert np.isnan(few["mean_low"])
    assert (few["mean"], few["estimand"]) == (3, "for this source only; too few to generalise")


def test_a_metric_without_any_score_is_undefined() -> None:
    row = analysis.score_table(scores("m", [(None, None, None)])).iloc[0]
    assert np.isnan(row["mean"])
    assert (row["n_outputs"], row["reason"]) == (0, "no reference")


def test_within_items_an_effect_of_items_does_not_count() -> None:
    # Within every item the two metrics order systems against each other; items differ in both alike.
    rng = np.random.default_rng(1)
    base = [(item * 10 + 1, item * 10 + 2, item * 10 + 3 + rng.random()) for item in range(12)]
    both = pd.concat([scores("one", base), scores("two", [row[::-1] for row in base])])
    within = analysis.metric_correlations(both, seed=1).iloc[0]
    options = {"level": "pooled", "coefficient": "pearson", "seed": 1}
    pooled = analysis.metric_correlations(both, **options).iloc[0]
    assert (within["value"], within["n_outputs"], within["n_items"]) == (-1, 36, 12)
    assert pooled["low"] > 0.8
    again = analysis.metric_correlations(both, **options).iloc[0]
    assert (pooled["low"], pooled["high"]) == (again["low"], again["high"])


def test_conditions_of_a_system_are_not_mixed() -> None:
    one = scores("one", [(1, 2, 3), (1, 2, 3)])
    both = pd.concat([one, one.assign(metric="two"), one.assign(metric="one", condition="bare", value=9.0)])
    assert analysis.metric_correlations(both, seed=1).iloc[0]["n_outputs"] == 6


def test_a_card_says_what_it_rests_on_and_is_json() -> None:
    of_metric = scores("m", [(1, 2, None), (3, 1, 2)])
    texts = pd.DataFrame(
        {
            "output_id": [*of_metric["output_id"], "2:alpha"],
            "item_id": [*of_metric["item_id"], "i2"],
            "reference": pd.Series(["r"] * 3 + ["q"] * 3 + [None], dtype="str"),
        }
    )
    judged = pd.DataFrame(
        {
            "metric": ["m", "other"],
            "level": "system",
            "value": [np.nan, 1.0],
            "low": np.nan,
            "reason": "no judgment",
        }
    )
    card = analysis.metric_card(
        "m",
        {"label": "M | m", "source": "made up"},
        of_metric,
        texts,
        {"fit": judged},
        population="simulated",
    )
    assert card["outputs"] == {"scored": 5, "not_scored": {"no reference": 1}, "without_entry": 1}
    assert card["references"] == {"items": 3, "items_with_a_reference": 2, "different_references": 2}
    assert card["correlation_with_humans"]["fit"] == [
        {"level": "system", "value": None, "low": None, "reason": "no judgment"}
    ]
    json.dumps(card, allow_nan=False)
    text = analysis.card_markdown(card)
    assert text.startswith("# M \\| m\n")
    assert "| system | undefined | undefined | no judgment |" in text
    assert "The judgments are by simulated raters." in text
