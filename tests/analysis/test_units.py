"""Every test and interval of a judgment is over the units that the design says, and tells to whom it generalises."""

import numpy as np
import pandas as pd
import pytest

from study import analysis, frames
from study.errors import InvalidInput
from study.frames.comparison_units import units_without_raters
from study.stats.units import Units
from tests.cases import cases
from tests.examples import studies
from tests.long_tables import Answer, long_table

ONE = {"criterion": "fit"}


def study(n_items: int, raters: int, per_item: int = 3, profiles: int = 0, sources: int = 0) -> pd.DataFrame:
    """Two systems on items of profiles, of so many sources; judgments are all ties until someone answers."""
    answers: list[Answer] = [
        (f"r{(item * per_item + turn) % raters}", f"i{item}", "A", "B", ("left", "right")[turn % 2], "tie")
        for item in range(n_items)
        for turn in range(per_item)
    ]
    table = long_table(answers)
    item = table["item_id"].str[1:].astype(int)
    profile = (
        "p" + (item % profiles).astype(str) if profiles else pd.Series(None, index=item.index, dtype="str")
    )
    source = "s" + (item // profiles).astype(str) if sources else table["item_id"]
    return table.assign(profile_id=profile, profile_name=profile, source_id=source)


def answered(table: pd.DataFrame, first_wins: np.ndarray) -> pd.DataFrame:
    """Return the table with preferences: a where the first system wins."""
    return table.assign(preference=np.where(first_wins, "a", "b"))


def units(table: pd.DataFrame, cluster: str | None = None) -> Units:
    return frames.units(frames.select(table, **ONE), cluster)


def test_units_follow_from_the_design() -> None:
    assert units(study(60, 12)).label == "rater x item"
    assert units(study(60, 12, profiles=10)).label == "rater x profile"
    assert units(study(60, 12, profiles=10, sources=6)).label == "rater x profile x source"
    owners = study(60, 10, per_item=1, profiles=10)
    assert units(owners).label == "profile"
    elicited = study(60, 10, per_item=1, profiles=10, sources=6)
    assert units(elicited).label == "profile x source"


@pytest.mark.parametrize("cluster", [None, "source"])
def test_what_has_no_source_is_of_its_item_with_raters_and_without(cluster: str | None) -> None:
    table = study(60, 3, profiles=4, sources=15)
    table.loc[table["source_id"].isin(["s0", "s1", "s2"]), "source_id"] = None
    rows = frames.select(table, **ONE).judgments
    of_judgments, of_comparisons = units(table, cluster), units_without_raters(rows, cluster)
    assert of_judgments.counts == of_comparisons.counts == (12 + 3 * 4,)
    assert of_judgments.kinds == of_comparisons.kinds == ("source",)
    pairs = np.column_stack([*of_judgments.codes, *of_comparisons.codes])
    assert len(np.unique(pairs, axis=0)) == 24


def test_fewer_than_five_of_a_kind_are_these_only() -> None:
    few = units(study(60, 3, profiles=10))
    assert (few.label, few.fixed) == ("profile", (("rater", 3),))
    both = units(study(60, 3, profiles=4))
    assert (both.label, both.fixed) == ("item", (("rater", 3), ("profile", 4)))
    people = units(study(60, 12, profiles=3))
    assert (people.label, people.fixed) == ("rater x item", (("profile", 3),))
    nobody = analysis.pair_table(answered(study(4, 3, profiles=2), np.arange(12) % 3 > 0), **ONE).iloc[0]
    assert np.isnan([nobody["win_rate_low"], nobody["p_value"]]).all()
    assert nobody["win_rate"] == pytest.approx(2 / 3)
    assert "too few" in nobody["reason"]
    assert nobody["estimand"] == "for these 3 raters and 2 profiles only; too few to generalise"


def test_units_can_be_named_and_what_is_not_there_is_refused() -> None:
    table = study(60, 12, profiles=10)
    assert units(table, "rater").label == "rater"
    assert units(table, "rater,item").label == "rater x item"
    assert units(study(60, 3, profiles=10), "rater").counts == (3,)
    with pytest.raises(
        InvalidInput,
        match="unknown unit 'raters'",
    ):
        units(table, "raters")
    with pytest.raises(InvalidInput, match="each once"):
        units(table, "rater,rater")
    with pytest.raises(InvalidInput, match="no judgment has a profile; allowed: rater, item, source"):
        units(study(60, 12), "profile")


def test_select_boxes_list_what_makes_sense() -> None:
    listed = frames.possible_units(frames.select(study(60, 12, profiles=10), **ONE))
    assert listed[0] == frames.BY_DESIGN
    assert {"rater", "item", "profile", "rater x profile"} <= set(listed)
    assert "source" not in listed  # each source is one item
    assert "item x profile" not in listed  # each item belongs to one profile
    assert "profile" not in frames.possible_units(frames.select(study(60, 12), **ONE))


def majority(rng: np.random.Generator, table: pd.DataFrame, agreement: float) -> pd.DataFrame:
    """Return answers of raters who agree with what most would say of the comparison; the systems are equal."""
    item = pd.factorize(table["item_id"])[0]
    most = rng.random(item.max() + 1) < 0.5
    return answered(table, (rng.random(len(item)) < agreement) == most[item])


@pytest.mark.parametrize("profiles", cases([0, 20], [20]))
def test_equal_systems_differ_in_about_one_study_of_twenty(profiles: int) -> None:
    """Judgments of a comparison taken as independent reject 21% of these studies, and 79% of intervals hold a half."""
    rng = np.random.default_rng(3)
    table = study(60, 12, profiles=profiles)
    rejected, held = [], []
    for _ in range(studies(200)):
        row = analysis.pair_table(majority(rng, table, 0.92), **ONE).iloc[0]
        rejected.append(row["p_value"] < 0.05)
        held.append(row["win_rate_low"] <= 0.5 <= row["win_rate_high"])
    assert np.mean(rejected) < 0.09
    assert np.mean(held) > 0.91


def test_test_and_interval_of_a_pair_are_over_the_same_units() -> None:
    table = majority(np.random.default_rng(1), study(60, 12, profiles=10), 0.92)
    row = analysis.pair_table(table, **ONE).iloc[0]
    assert (row["clusters"], row["n_clusters"], row["units"]) == (
        "rater x profile",
        10,
        "12 raters x 10 profiles",
    )
    assert row["estimand"] == "for people and raters like these 10 profiles and 12 raters"
    assert "rater x profile" in row["method"]
    matrix = analysis.win_matrix_table(table, **ONE)
    one, other = matrix.iloc[0], matrix.iloc[1]
    assert one["win_rate_low"] == pytest.approx(1 - other["win_rate_high"])
    by_item = analysis.pair_table(table, **ONE, cluster="item").iloc[0]
    assert by_item["units"] == "60 items"
    assert by_item["p_value"] != row["p_value"]


def test_all_of_one_mind_is_told_by_the_number_of_units() -> None:
    row = analysis.pair_table(answered(study(60, 12, profiles=10), np.ones(180, dtype=bool)), **ONE).iloc[0]
    assert row["p_value"] == pytest.approx(2 * 0.5**10)
    assert 0.6 < row["win_rate_low"] < row["win_rate_high"] == 1


def test_the_left_side_is_tested_over_the_units_of_its_interval() -> None:
    """Raters who each stick to a side: by judgments the left would differ in most studies."""
    rng = np.random.default_rng(5)
    table = study(60, 12, profiles=10)
    rater = pd.factorize(table["rater_id"])[0]
    rejected = []
    for _ in range(60):
        left = rng.random(len(rater)) < rng.choice([0.2, 0.8], 12)[rater]
        answers = answered(table, left == (table["side_of_a"] == "left"))
        rejected.append(analysis.position_table(answers, **ONE).iloc[0]["p_value"] < 0.05)
    assert np.mean(rejected) < 0.15


def test_one_raters_side_is_tested_over_items_where_items_come_back() -> None:
    once = study(30, 1, per_item=1)
    alone = analysis.rater_position_table(answered(once, np.arange(30) % 3 > 0), **ONE).iloc[0]
    assert alone["method"] == "exact binomial test and interval (Clopper-Pearson), judgments independent"
    assert alone["estimand"] == "for this rater, and for judgments like these"
    again = study(10, 1, per_item=3)
    found = analysis.rater_position_table(answered(again, np.arange(30) % 3 > 0), **ONE).iloc[0]
    assert found["units"] == "10 items"


def test_a_command_says_to_whom_its_numbers_generalise() -> None:
    table = majority(np.random.default_rng(1), study(60, 3, profiles=10), 0.92)
    lines = frames.estimand_lines(analysis.pair_table(table, **ONE))
    assert lines == ["Numbers hold for these 3 raters; they generalise to people like these 10 profiles."]
    assert frames.estimand_lines(pd.DataFrame({"value": [1.0]})) == []


def test_a_group_of_one_profile_is_of_this_profile_and_over_raters_and_items() -> None:
    table = majority(np.random.default_rng(1), study(120, 12, profiles=10), 0.92)
    groups = analysis.group_table(table, **ONE, by="profile")
    assert set(groups["units"]) == {"6 raters x 12 items"}
    assert groups["estimand"].iloc[0] == (
        "for this profile; generalises to raters and items like these 6 raters and 12 items"
    )
    whole = analysis.group_table(table, **ONE, by="profile", cluster="rater")
    assert set(whole["units"]) == {"6 raters"}
