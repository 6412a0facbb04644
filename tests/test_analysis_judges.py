"""Planted judges beside planted people: what was planted comes out, with intervals that hold it."""

import numpy as np
import pandas as pd
import pytest

from study.analysis import judges
from study.analysis.judges.verdicts import judge_answers
from study.errors import InvalidInput

N = 1200


def people(rng: np.random.Generator, n: int = N, n_third: int = 3, right: float = 0.7) -> pd.DataFrame:
    """Return a long table: on each comparison the owner's judgment and those of third-party raters, right so often."""
    owner = np.where(rng.random(n) < 0.5, "a", "b")
    rows = []
    for k in range(n):
        rows.append((k, "owner", "owner", owner[k]))
        for rater in range(n_third):
            same = rng.random() < right
            rows.append((k, f"proxy {rater}", "proxy", owner[k] if same else {"a": "b", "b": "a"}[owner[k]]))
    table = pd.DataFrame(rows, columns=["k", "rater_id", "rater_role", "preference"])
    return table.assign(
        comparison_id="c" + table["k"].astype(str),
        item_id="i" + (table["k"] // 2).astype(str),
        comparison_purpose="main",
        comparison_withdrawn=False,
        purpose="main",
        criterion="fit",
        simulated=False,
        rater_status="active",
        system_a="x",
        system_b="y",
        condition_a="",
        condition_b="",
        output_a_id=table["k"].astype(str) + "x",
        output_b_id=table["k"].astype(str) + "y",
    )


def verdict_rows(
    judge: str, preference: np.ndarray, certainty: np.ndarray, side: str = "left", reason: str | None = None
) -> pd.DataFrame:
    n = len(preference)
    return pd.DataFrame(
        {
            "comparison_id": [f"c{k}" for k in range(n)],
            "comparison_purpose": "main",
            "comparison_withdrawn": False,
            "item_id": [f"i{k // 2}" for k in range(n)],
            "judge": judge,
            "criterion": "fit",
            "side_of_a": side,
            "preference": pd.Series(preference, dtype="object"),
            "certainty": certainty / 100,
            "reason": reason,
            "signature": f"judge|model:{judge}",
        }
    )


def planted(rng: np.random.Generator, owner: np.ndarray, judge: str = "planted") -> pd.DataFrame:
    """Return both orders of a judge that is right 90% at certainty >= 80 and 55% below; it is consistent."""
    certainty = np.where(
        rng.random(len(owner)) < 0.4, rng.integers(80, 101, len(owner)), rng.integers(1, 80, len(owner))
    )
    right = rng.random(len(owner)) < np.where(certainty >= 80, 0.9, 0.55)
    said = np.where(right, owner, np.where(owner == "a", "b", "a"))
    return pd.concat([verdict_rows(judge, said, certainty, side) for side in ("left", "right")])


def owners(judgments: pd.DataFrame) -> np.ndarray:
    return judgments.loc[judgments["rater_role"] == "owner", "preference"].to_numpy()


def test_a_planted_judge_gives_back_its_figures_beside_third_party_people():
    rng = np.random.default_rng(3)
    judgments = people(rng)
    verdicts = planted(rng, owners(judgments))
    table = judges.certainty_table(judgments, verdicts, criterion="fit", reference="owner").set_index("band")
    for band, truth in (("80+", 0.9), ("below 80", 0.55)):
        row = table.loc[band]
        assert row["low"] < truth < row["high"]
        assert row["high"] - row["low"] < 0.1
        assert row["value"] == pytest.approx(truth, abs=0.04)
    assert table.loc["80+", "coverage"] == pytest.approx(0.4, abs=0.04)
    bands = table.iloc[:5]
    assert bands["coverage"].sum() == pytest.approx(1)
    assert bands["n_comparisons"].sum() == table.loc["all", "n_comparisons"] == N
    beside = judges.owner_table(judgments, verdicts, criterion="fit").set_index(["who", "reference"])
    one = beside.loc[("a third-party rater", "owner")]
    assert one["low"] < 0.7 < one["high"]
    most = beside.loc[("the majority of third-party raters", "owner")]
    assert most["low"] < 0.7**3 + 3 * 0.7**2 * 0.3 < most["high"]
    judge = beside.loc[("planted", "owner")]
    assert judge["low"] < 0.4 * 0.9 + 0.6 * 0.55 < judge["high"]
    third = beside.loc[("a third-party rater", "third_party")]
    assert third["low"] < 0.7**2 + 0.3**2 < third["high"]
    assert (beside["n_items"] == N // 2).all()


def test_exact_certainty_table():
    judgments = people(np.random.default_rng(0), n=8, n_third=0)
    owner = owners(judgments)
    wrong = np.where(owner == "a", "b", "a")
    said = np.where(np.arange(8) < 6, owner, wrong)
    certainty = np.array([90, 85, 80, 81, 20, 21, 100, 60])
    table = judges.certainty_table(judgments, verdict_rows("j", said, certainty), criterion="fit").set_index(
        "band"
    )
    assert table["n_comparisons"].tolist() == [1, 1, 1, 1, 4, 5, 3, 8]
    assert table["value"].tolist() == pytest.approx([1, 1, 0, 1, 0.75, 0.8, 2 / 3, 0.75])
    assert table.loc["80+", "coverage"] == 5 / 8
    assert table.loc["80+", "mean_certainty"] == pytest.approx(436 / 5)
    assert table.loc["1-20", "reason"].startswith("too few units")


def test_two_orders_that_differ_are_a_tie_and_are_counted():
    left = verdict_rows(
        "j",
        np.array(["a", "a", "tie", "a", None, None]),
        np.array([90.0, 80, 50, 60, np.nan, np.nan]),
        reason="no choice",
    )
    right = verdict_rows(
        "j",
        np.array(["a", "b", "tie", "tie", "b", None]),
        np.array([70.0, 40, 50, 60, 30, np.nan]),
        "right",
        "no choice",
    )
    both = pd.concat([left, right])
    found = judge_answers(both, "fit")
    assert found.judges == ["j"]
    assert found.sign[0].tolist()[:5] == [1, 0, 0, 0, -1]
    assert np.isnan(found.sign[0, 5])
    assert found.certainty[0].tolist()[:5] == [80, 60, 50, 60, 30]
    table = judges.answer_table(both, criterion="fit").set_index("statistic")
    assert table.loc["flip_rate", ["value", "n"]].tolist() == [2 / 4, 4]
    assert table.loc["first_preferred", ["value", "n"]].tolist() == [pytest.approx(5 / 6), 6]
    assert table.loc["failure_rate", ["value", "n"]].tolist() == [3 / 12, 12]
    assert table.loc["tie_rate", ["value", "n"]].tolist() == [3 / 5, 5]
    failures = judges.failure_table(both, criterion="fit")
    assert failures["failures"].sum() == 3


def test_a_jury_says_what_most_of_its_judges_say():
    rows = [
        verdict_rows(name, np.array(list(said)), np.array([50.0, 60, 70]))
        for name, said in (("x", "aab"), ("y", "aba"), ("z", "bba"))
    ]
    found = judge_answers(pd.concat(rows), "fit")
    assert found.judges[-1] == "jury of 3"
    assert found.sign[-1].tolist() == [1, -1, 1]
    assert found.certainty[-1].tolist() == [50, 60, 70]


def test_a_jury_of_good_judges_beats_each_of_them():
    rng = np.random.default_rng(8)
    judgments = people(rng)
    verdicts = pd.concat([planted(rng, owners(judgments), f"judge {k}") for k in range(5)])
    table = judges.owner_table(judgments, verdicts, criterion="fit")
    value = table[table["reference"] == "owner"].set_index("who")["value"]
    assert value["jury of 5"] > max(value[f"judge {k}"] for k in range(5))


def test_a_test_tells_a_better_variant_from_a_worse_one_and_equals_from_equals():
    rng = np.random.default_rng(5)
    judgments = people(rng, n=400)
    owner = owners(judgments)
    coin = np.where(rng.random(400) < 0.5, "a", "b")
    rows = [
        planted(rng, owner, "persona"),
        verdict_rows("no persona", coin, np.full(400, 50.0)),
        planted(rng, owner, "twin"),
    ]
    table = judges.variant_table(judgments, pd.concat(rows), criterion="fit", reference="owner")
    pair = table.set_index(["first", "second"])
    better = pair.loc[("no persona", "persona")]
    assert better["p_holm"] < 0.001
    assert better["high"] < 0
    assert better["value"] == pytest.approx(better["first_accuracy"] - better["second_accuracy"])
    assert better["p_two_sided"] <= better["p_holm"]
    assert pair.loc[("persona", "twin"), "p_two_sided"] > 0.05
    assert not table[["first", "second"]].isin(["jury of 3"]).any(axis=None), (
        "a jury is no judge of its own members"
    )
    with pytest.raises(InvalidInput, match="reference"):
        judges.variant_table(judgments, rows[0], criterion="fit", reference="owners")


def test_without_owners_or_verdicts_nothing_is_made_up():
    judgments = people(np.random.default_rng(0), n=6)
    proxies = judgments[judgments["rater_role"] == "proxy"]
    verdicts = verdict_rows("j", np.array(["a"] * 6), np.full(6, 50.0))
    table = judges.owner_table(proxies, verdicts, criterion="fit")
    of_owner = table[table["reference"] == "owner"]
    assert of_owner["value"].isna().all()
    assert set(of_owner["reason"]) == {"nobody of this kind judged"}
    none = judges.owner_table(judgments, verdicts.iloc[:0], criterion="fit")
    assert set(none["kind"]) == {"people"}
    assert judges.certainty_table(judgments, verdicts.iloc[:0], criterion="fit").empty
    assert judges.answer_table(verdicts.iloc[:0], criterion="fit").empty
    assert judges.variant_table(judgments, verdicts.iloc[:0], criterion="fit").empty


def test_swapping_the_names_of_outputs_changes_no_figure():
    rng = np.random.default_rng(9)
    judgments = people(rng, n=60)
    verdicts = planted(rng, owners(judgments))
    swap = {"a": "b", "b": "a", "left": "right", "right": "left"}
    other = verdicts.assign(
        preference=verdicts["preference"].map(swap), side_of_a=verdicts["side_of_a"].map(swap)
    )
    turned = judgments.assign(preference=judgments["preference"].map(swap))
    for function in (judges.owner_table, judges.certainty_table):
        one, two = (
            function(*tables, criterion="fit")["value"] for tables in ((judgments, verdicts), (turned, other))
        )
        assert one.tolist() == pytest.approx(two.tolist(), nan_ok=True)


def opposite_owners(n: int = 30) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return two owners who always disagree, a judge that follows each and one that follows the first only."""
    judgments = people(np.random.default_rng(0), n=2 * n, n_third=0)
    own = np.where(np.arange(2 * n) % 2 == 0, "a", "b")
    judgments = judgments.assign(
        preference=own,
        rater_id=np.where(own == "a", "own1", "own2"),
        profile_id=np.where(own == "a", "u1", "u2"),
        source_id="s" + (judgments["k"] // 2).astype(str),
        item_id="i" + judgments["k"].astype(str),
    )
    certain = np.full(2 * n, 90.0)
    said = [
        verdict_rows("per_user", own, certain),
        verdict_rows("majority", np.array(["a"] * (2 * n)), certain),
    ]
    return judgments, pd.concat(said)


def test_every_table_says_the_same_of_a_judge():
    judgments, verdicts = opposite_owners()
    expected = {"per_user": 1.0, "majority": 0.5, "jury of 2": 0.75}
    beside = judges.owner_table(judgments, verdicts, criterion="fit")
    assert (
        beside[beside["reference"] == "owner"].set_index("who")["value"][list(expected)].to_dict() == expected
    )
    certain = judges.certainty_table(judgments, verdicts, criterion="fit", reference="owner")
    assert certain[certain["band"] == "all"].set_index("judge")["value"].to_dict() == expected
    (row,) = judges.variant_table(judgments, verdicts, criterion="fit", reference="owner").to_dict("records")
    assert (row["first"], row["first_accuracy"]) == ("majority", 0.5)
    assert (row["second"], row["second_accuracy"]) == ("per_user", 1.0)
    assert row["value"] == -0.5
    assert row["estimand"].startswith("for these 2 profiles; generalises to sources")


@pytest.mark.parametrize(
    ("ties", "unreadable", "value", "n"),
    [
        ("half", "left_out", (1 + 0.5) / 3, 3),
        ("wrong", "left_out", 1 / 3, 3),
        ("left_out", "left_out", 1 / 2, 2),
        ("half", "wrong", (1 + 0.5) / 4, 4),
        ("half", "tie", (1 + 0.5 + 0.5) / 4, 4),
        ("left_out", "tie", 1 / 2, 2),
    ],
)
def test_ties_and_unreadable_verdicts_are_worth_the_same_everywhere(ties, unreadable, value, n):
    judgments = people(np.random.default_rng(0), n=4, n_third=0).assign(preference="a")
    said = np.array(["a", "tie", "b", None], dtype=object)
    verdicts = pd.concat([verdict_rows(name, said, np.full(4, 90.0)) for name in ("one", "two")])
    options = {"criterion": "fit", "ties": ties, "unreadable": unreadable}
    beside = judges.owner_table(judgments, verdicts, **options).set_index(["who", "reference"])
    certain = judges.certainty_table(judgments, verdicts, reference="owner", **options)
    variants = judges.variant_table(judgments, verdicts, reference="owner", **options)
    for found in (beside.loc[("one", "owner")], certain[certain["band"] == "all"].iloc[0]):
        assert (found["value"], found["n_judgments"]) == (pytest.approx(value), n)
    assert (variants.loc[0, "first_accuracy"], variants.loc[0, "n_judgments"]) == (pytest.approx(value), n)
    for found in (beside.loc[("one", "owner")], certain.iloc[0], variants.iloc[0]):
        assert found["counted_as"].startswith(
            "of those answered" if unreadable == "left_out" else "of all that"
        )
    with pytest.raises(InvalidInput, match="worth of a tie"):
        judges.owner_table(judgments, verdicts, criterion="fit", ties="nothing")


def test_holm_runs_over_planned_contrasts_alone():
    rng = np.random.default_rng(5)
    judgments = people(rng, n=200)
    rows = [planted(rng, owners(judgments), name) for name in ("x", "y", "z")]
    coin = verdict_rows("coin", np.where(rng.random(200) < 0.5, "a", "b"), np.full(200, 50.0))
    verdicts = pd.concat([*rows, coin])
    options = {"criterion": "fit", "reference": "owner"}
    every = judges.variant_table(judgments, verdicts, **options)
    assert len(every) == 6
    members = judges.single_judges(verdicts, criterion="fit")
    planned = judges.planned_contrasts(["x vs coin", "y vs coin"], members)
    table = judges.variant_table(judgments, verdicts, contrasts=planned, **options)
    assert table[["first", "second"]].to_numpy().tolist() == [["x", "coin"], ["y", "coin"]]
    smallest = table["p_two_sided"].min()
    assert table["p_holm"].min() == pytest.approx(2 * smallest)
    assert every["p_holm"].min() >= table["p_holm"].min()
    with pytest.raises(InvalidInput, match="a jury is not tested against its own members"):
        judges.variant_table(judgments, verdicts, contrasts=[("jury of 4", "x")], **options)
    with pytest.raises(InvalidInput, match="two different judges"):
        judges.variant_table(judgments, verdicts, contrasts=[("x", "x")], **options)


def test_raters_of_one_comparison_are_not_independent_of_each_other():
    """Ten raters who all say what their person says are ten answers of one person; a judge is held against persons."""
    rng = np.random.default_rng(1)
    n_people, n_items, n_raters = 8, 6, 10
    taste = rng.random(n_people) < 0.5
    rows = [
        (person * n_items + item, person, rater, "a" if taste[person] else "b")
        for person in range(n_people)
        for item in range(n_items)
        for rater in range(n_raters)
    ]
    base = people(rng, n=1, n_third=0).iloc[[0] * len(rows)].reset_index(drop=True)
    k, person, rater, preference = zip(*rows, strict=True)
    judgments = base.assign(
        comparison_id=[f"c{one}" for one in k],
        item_id=[f"i{one}" for one in k],
        source_id=[f"i{one}" for one in k],
        profile_id=[f"p{one}" for one in person],
        rater_id=[f"r{one}" for one in rater],
        rater_role="proxy",
        preference=preference,
    )
    said = verdict_rows("j", np.array(["a"] * (n_people * n_items)), np.full(n_people * n_items, 50.0))
    said["item_id"] = [f"i{one}" for one in range(n_people * n_items)]
    table = judges.owner_table(judgments, said, criterion="fit").set_index(["who", "reference"])
    row = table.loc[("j", "third_party")]
    assert row["clusters"] == "rater x profile"
    assert row["low"] < 0.5 < row["high"]
    by_item = judges.owner_table(judgments, said, criterion="fit", cluster="item").set_index(
        ["who", "reference"]
    )
    assert (
        by_item.loc[("j", "third_party"), "high"] - by_item.loc[("j", "third_party"), "low"]
        < row["high"] - row["low"]
    )
    flips = judges.answer_table(said, criterion="fit").set_index("statistic")
    assert flips.loc["first_preferred", "clusters"] == "item"
