"""Tables of raters, pairs of raters, repeats and the ceiling are over what comparisons belong to, and say for whom they hold."""

import numpy as np
import pandas as pd
import pytest

from study import analysis
from tests.analysis.test_units import ONE, answered, study


def copied(table: pd.DataFrame, times: int = 3) -> pd.DataFrame:
    """Return the table with each comparison given several times, as of several pairs of systems of one item, answered alike."""
    parts = [
        table.assign(
            comparison_id=table["comparison_id"] + f":{n}", judgment_id=table["judgment_id"] + f":{n}"
        )
        for n in range(times)
    ]
    return pd.concat(parts, ignore_index=True)


def some_answers(n_items: int = 24, raters: int = 4, seed: int = 0, **kinds: int) -> pd.DataFrame:
    table = study(n_items, raters, per_item=raters, **kinds)
    return answered(table, np.random.default_rng(seed).random(len(table)) < 0.7)


def repeated(table: pd.DataFrame, seed: int = 1) -> pd.DataFrame:
    again = table.assign(purpose="repeat", judgment_id=table["judgment_id"] + ":again")
    changed = np.random.default_rng(seed).random(len(again)) < 0.3
    other = np.where(again["preference"] == "a", "b", "a")
    return pd.concat(
        [table, again.assign(preference=np.where(changed, other, again["preference"]))], ignore_index=True
    )


def widths(table: pd.DataFrame, low: str, high: str) -> np.ndarray:
    return (table[high] - table[low]).to_numpy(dtype=np.float64)


def test_copies_of_an_item_do_not_narrow_a_raters_interval() -> None:
    once = some_answers()
    for name in ("agreement", "kappa"):
        one, three = (analysis.rater_table(table, **ONE) for table in (once, copied(once)))
        assert three[name].tolist() == pytest.approx(one[name].tolist())
        assert widths(three, f"{name}_low", f"{name}_high") == pytest.approx(
            widths(one, f"{name}_low", f"{name}_high")
        )
        assert set(three["units"]) == {"24 items"}
        assert set(three["estimand"]) == {"for this rater; generalises to items like these 24 items"}
        assert (three["n_shared"] == 72).all()
    alone = analysis.rater_table(copied(once), **ONE, cluster="comparison")
    assert (widths(alone, "kappa_low", "kappa_high") < 0.7 * widths(three, "kappa_low", "kappa_high")).all()


def test_a_rater_is_over_profiles_where_items_belong_to_them_and_over_items_where_these_are_few() -> None:
    many = analysis.rater_table(some_answers(30, profiles=6), **ONE)
    assert set(many["estimand"]) == {"for this rater; generalises to people like these 6 profiles"}
    few = analysis.rater_table(copied(some_answers(30, profiles=3)), **ONE)
    assert set(few["estimand"]) == {
        "for these 3 profiles and this rater; generalises to items like these 30 items"
    }
    asked = analysis.rater_table(some_answers(30, profiles=6), **ONE, cluster="item")
    assert set(asked["units"]) == {"30 items"}


def test_copies_of_an_item_do_not_narrow_the_kappa_of_two_raters() -> None:
    once = some_answers(40)
    plain, three = (analysis.rater_pairs(table, **ONE) for table in (once, copied(once)))
    assert three["kappa"].tolist() == pytest.approx(plain["kappa"].tolist())
    ratio = widths(three, "kappa_low", "kappa_high") / widths(plain, "kappa_low", "kappa_high")
    # Student's t over 40 items in the place of the normal distribution, and n / (n - 1).
    assert ((ratio > 0.98) & (ratio < 1.1)).all()
    assert set(three["estimand"]) == {"for these 2 raters; generalises to items like these 40 items"}
    assert set(plain["units"]) == {"40 comparisons"}


def test_copies_of_an_item_do_not_narrow_repeats() -> None:
    once, three = (
        analysis.repeats_table(repeated(table, seed=2).sort_values("judgment_id"), **ONE)
        for table in (some_answers(), some_answers())
    )
    assert once.equals(three)
    copies = analysis.repeats_table(
        copied(repeated(some_answers(), seed=2).sort_values("judgment_id")), **ONE
    )
    own, copied_rows = (table[table["rater"] != "all"] for table in (once, copies))
    assert copied_rows["value"].tolist() == pytest.approx(own["value"].tolist())
    assert (widths(copied_rows, "low", "high") > 0.9 * widths(own, "low", "high")).all()
    assert set(copied_rows["estimand"]) <= {
        f"for this rater; generalises to items like these {n} items" for n in range(5, 25)
    }


def test_all_raters_together_are_over_raters_and_profiles() -> None:
    table = repeated(some_answers(30, raters=6, profiles=6))
    together = analysis.repeats_table(table, **ONE).iloc[0]
    assert together["estimand"] == "for people and raters like these 6 profiles and 6 raters"
    few = analysis.repeats_table(repeated(some_answers(30, raters=3, profiles=6)), **ONE).iloc[0]
    assert few["estimand"] == "for these 3 raters; generalises to people like these 6 profiles"
    asked = analysis.repeats_table(table, **ONE, cluster="item").iloc[0]
    assert asked["estimand"] == "for these 6 raters; generalises to items like these 30 items"


@pytest.mark.parametrize("name", ["best_accuracy", "held_out_accuracy"])
def test_copies_of_an_item_do_not_narrow_the_ceiling(name: str) -> None:
    once = some_answers(40)
    one, three, alone = (
        analysis.taste_table(table, **ONE, **options).set_index("statistic").loc[name]
        for table, options in ((once, {}), (copied(once), {}), (copied(once), {"cluster": "comparison"}))
    )
    assert three["value"] == pytest.approx(one["value"])
    assert three["high"] - three["low"] == pytest.approx(one["high"] - one["low"])
    assert (three["units"], alone["units"]) == ("40 items", "120 comparisons")
    assert three["estimand"] == "for these 4 raters; generalises to items like these 40 items"
    assert alone["high"] - alone["low"] < 0.7 * (three["high"] - three["low"])


def test_taste_is_for_these_raters_and_profiles() -> None:
    table = some_answers(36, profiles=6, sources=6)
    found = analysis.taste_table(table, **ONE).set_index("statistic")
    assert found.at["taste_first", "estimand"] == (
        "for these 4 raters and 6 profiles; generalises to sources like these 6 sources"
    )
    few = analysis.taste_table(some_answers(12, profiles=6, sources=2), **ONE).set_index("statistic")
    assert few.at["taste_first", "estimand"].startswith("for these 4 raters and 6 profiles")
