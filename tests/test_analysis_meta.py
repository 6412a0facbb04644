"""The calibrated metric on planted data: three facets of quality that three metrics see one each."""

import numpy as np
import pandas as pd
import pytest

from study.analysis.meta import calibrate, recipe_scores
from study.errors import InvalidInput
from study.metrics.meta import normalised, parse_recipe
from tests.long_tables import long_table, score_table

SYSTEMS = ("w", "x", "y", "z")


def planted(n_items: int = 60, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return judgments that follow the sum of three facets, a metric for each facet, and one that is noise.

    Each facet alone explains a third of the variance, so that the sum is far better than any one metric.
    """
    rng = np.random.default_rng(seed)
    facets = rng.normal(size=(3, n_items, len(SYSTEMS)))
    quality = facets.sum(axis=0) + rng.normal(0, 0.5, (n_items, len(SYSTEMS)))
    answers, values = [], {name: {} for name in ("first", "second", "third_low", "noise")}
    for i in range(n_items):
        for j, system in enumerate(SYSTEMS):
            output = f"i{i}:{system}"
            values["first"][output] = 50 + 9 * facets[0, i, j]
            values["second"][output] = facets[1, i, j]
            values["third_low"][output] = -facets[2, i, j]
            values["noise"][output] = rng.normal()
            for k in range(j + 1, len(SYSTEMS)):
                better = "left" if quality[i, j] > quality[i, k] else "right"
                answers.append((f"r{i}", f"i{i}", system, SYSTEMS[k], "left", better))
    judgments = long_table(answers).assign(source_id="s", rater_role="proxy", profile_name="p", tags="{}")
    return judgments, pd.concat([score_table(of, name) for name, of in values.items()])


def fitted(seed: int = 0, **options: object):  # type: ignore[no-untyped-def]
    judgments, scores = planted(seed=seed)
    return calibrate(
        judgments,
        scores,
        criterion="fit",
        metrics=["first", "second", "third_low", "noise"],
        lower_is_better=["third_low"],
        seed=seed,
        n_iterations=8,
        n_resamples=300,
        **options,
    )


@pytest.fixture(scope="module")
def found():  # type: ignore[no-untyped-def]
    return fitted()


def test_the_calibrated_metric_is_better_on_held_out_items_than_the_best_single_one(found):
    calibrated, singles = found.table.iloc[0], found.table.iloc[1:]
    assert calibrated["kind"] == "calibrated"
    assert calibrated["value"] >= singles["value"].max()
    assert calibrated["low"] < calibrated["value"] < calibrated["high"]
    best = singles.iloc[0]
    assert best["train"] == singles["train"].max()
    assert best["difference"] == pytest.approx(calibrated["value"] - best["value"])
    assert best["difference_low"] > 0
    assert (found.table["n_items"] == 18).all()
    weight = singles.set_index("metric")["weight"]
    assert weight.sum() == pytest.approx(1)
    assert weight["noise"] < min(weight[["first", "second", "third_low"]])
    assert (singles["weight_low"] <= singles["weight_high"]).all()


def test_same_seed_same_recipe(found):
    assert fitted().recipe == found.recipe


def test_a_recipe_goes_to_a_file_and_on_to_another_study(found):
    recipe = parse_recipe(found.recipe.to_json())
    assert recipe == found.recipe
    assert recipe.fitted_on["held_out"] == pytest.approx(found.table.iloc[0]["value"], abs=1e-6)
    _, scores = planted(n_items=5, seed=9)
    scores.loc[(scores["metric"] == "first") & (scores["output_id"] == "i0:w"), "value"] = np.nan
    new = recipe_scores(recipe, scores, study_id="new")
    assert len(new) == 20
    lacking = [one for one in new if one.value is None]
    assert [(one.output_id, one.reason) for one in lacking] == [("i0:w", "no score of first")]
    assert all(0 <= one.value <= 1 for one in new if one.value is not None)
    assert {one.signature for one in new} == {recipe.signature}
    with pytest.raises(InvalidInput, match="needs scores of"):
        recipe_scores(recipe, scores[scores["metric"] != "second"], study_id="new")
    other = scores.assign(signature=scores["signature"] + "|other")
    with pytest.raises(InvalidInput, match="was computed as"):
        recipe_scores(recipe, other, study_id="new")


def test_what_is_no_recipe_is_refused(found):
    good = found.recipe.to_json()
    for text in (
        "",
        "[]",
        "{}",
        good.replace("kendall_b", "kendal"),
        good.replace('"weight": ', '"weight": -'),
        good.replace("blindpair", "x"),
    ):
        with pytest.raises(InvalidInput):
            parse_recipe(text)


def test_too_little_data_is_named():
    judgments, scores = planted(n_items=3)
    options = {"criterion": "fit", "seed": 0}
    with pytest.raises(InvalidInput, match="3 judged items"):
        calibrate(judgments, scores, metrics=["first", "second"], **options)
    with pytest.raises(InvalidInput, match="1 metric,"):
        calibrate(judgments, scores, metrics=["first"], **options)
    judgments, scores = planted(n_items=10)
    constant = scores.assign(value=scores["value"].where(scores["metric"] != "second", 1.0))
    with pytest.raises(InvalidInput, match="second has no two different values"):
        calibrate(judgments, constant, metrics=["first", "second"], **options)


def test_normalised_values_stay_between_0_and_1():
    values = np.array([-5.0, 0.0, 2.5, 99.0, np.nan])
    assert normalised(values, 0, 5, False)[:4].tolist() == [0, 0, 0.5, 1]
    assert np.isnan(normalised(values, 0, 5, True)[4])
