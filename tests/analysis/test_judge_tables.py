"""Judges beside the crowd: by hand, both orders, failures, degenerate judgments."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from study import analysis
from study.analysis.judges.crowd import STATISTICS
from tests.analysis.degenerate import DEGENERATE
from tests.long_tables import long_table

ONE: dict[str, Any] = {"criterion": "fit", "seed": 3}
Said = tuple[str, str, str | None]


def verdict_table(said: list[Said], judge: str = "gpt") -> pd.DataFrame:
    """Return verdicts (comparison, side of a, preference) as the store gives them."""
    frame = pd.DataFrame(said, columns=["comparison_id", "side_of_a", "preference"])
    frame = frame.assign(
        judge=judge, criterion="fit", signature=f"{judge}|v:1", certainty=np.nan, reason=None
    )
    return frame.astype(
        dict.fromkeys(("comparison_id", "side_of_a", "preference", "judge", "criterion"), "category")
    )


def crowd(*votes: str) -> pd.DataFrame:
    """Return judgments, a comparison per text of votes: a, b, t."""
    code = {"a": "left", "b": "right", "t": "tie"}
    return long_table(
        [
            (f"r{rater}", f"i{item}", "A", "B", "left", code[vote])
            for item, text in enumerate(votes)
            for rater, vote in enumerate(text)
        ]
    )


def rows(judgments: pd.DataFrame, verdicts: pd.DataFrame) -> pd.DataFrame:
    return analysis.judge_table(judgments, verdicts, **ONE).set_index("statistic")


def test_agreement_with_the_majority_is_as_counted_by_hand() -> None:
    judgments = crowd("aab", "bbt", "aabb", "tta", "aaa")
    said = [("a", 0), ("a", 1), ("tie", 2), ("a", 3), ("a", 4)]
    verdicts = verdict_table([(f"i{n}:A:B", "left", preference) for preference, n in said])
    found = rows(judgments, verdicts)
    assert found.loc["agreement_untied", ["value", "n"]].tolist() == [2 / 3, 3]
    assert found.loc["agreement_three_way", ["value", "n"]].tolist() == [3 / 5, 5]
    # Votes without ties on untied verdicts: aab, bb, a, aaa; met: 2 + 0 + 1 + 3 of 9.
    assert found.loc["vote_agreement", ["value", "n"]].tolist() == [6 / 9, 9]
    assert found.loc["tie_rate", ["value", "n"]].tolist() == [1 / 5, 5]
    assert found.loc["failure_rate", ["value", "n"]].tolist() == [0, 5]
    assert found.at["failure_rate", "high"] > 0.3
    assert list(found.index) == list(STATISTICS)


def test_orders_that_differ_are_a_tie_and_count_as_flips() -> None:
    judgments = crowd("aa", "aa", "tt")
    said: list[Said] = [
        *(("i0:A:B", "left", "a"), ("i0:A:B", "right", "a")),
        *(("i1:A:B", "left", "a"), ("i1:A:B", "right", "b")),
        *(("i2:A:B", "left", "tie"), ("i2:A:B", "right", "a")),
    ]
    found = rows(judgments, verdict_table(said))
    assert found.loc["flip_rate", ["value", "n"]].tolist() == [2 / 3, 3]
    assert found.loc["tie_rate", ["value", "n"]].tolist() == [2 / 3, 3]
    assert found.loc["agreement_three_way", ["value", "n"]].tolist() == [2 / 3, 3]
    # Five untied verdicts; shown first is preferred in i0 left, i1 left, i1 right.
    assert found.loc["first_preferred", ["value", "n"]].tolist() == [3 / 5, 5]


def test_failures_are_counted_and_left_out_of_the_rest() -> None:
    judgments = crowd("aa", "bb", "aa")
    said: list[Said] = [
        ("i0:A:B", "unknown", "a"),
        ("i1:A:B", "unknown", None),
        ("elsewhere", "unknown", "b"),
    ]
    found = rows(judgments, verdict_table(said))
    assert found.loc["failure_rate", ["value", "n"]].tolist() == [1 / 2, 2]
    assert found.loc["agreement_three_way", ["value", "n"]].tolist() == [1, 1]
    assert found.at["first_preferred", "reason"] == "no untied verdict says which output came first"
    assert found.at["flip_rate", "reason"] == "no comparison was asked in both orders"


def test_kappa_does_not_depend_on_which_output_is_called_a() -> None:
    judgments = crowd("aaa", "bbb", "ttt", "aab", "bba")
    said: list[Said] = [(f"i{n}:A:B", "left", one) for n, one in enumerate(("a", "b", "a", "a", "tie"))]
    swap = {"a": "b", "b": "a", "tie": "tie"}
    swapped_votes = crowd("bbb", "aaa", "ttt", "bba", "aab")
    swapped = [(comparison, side, swap[str(one)]) for comparison, side, one in said]
    first, second = rows(judgments, verdict_table(said)), rows(swapped_votes, verdict_table(swapped))
    assert first.at["kappa", "value"] == pytest.approx(second.at["kappa", "value"])
    assert 0 < first.at["kappa", "value"] < 1


def test_a_judge_that_says_what_people_say_orders_systems_as_they_do() -> None:
    rng = np.random.default_rng(2)
    answers = [
        (f"r{rater}", f"i{item}", a, b, "left", "right" if rng.random() < 0.7 else "left")
        for item in range(30)
        for a, b in (("A", "B"), ("B", "C"), ("A", "C"), ("C", "D"))
        for rater in range(3)
    ]
    judgments = long_table(answers)
    first = judgments.groupby("comparison_id").first()
    verdicts = verdict_table([(str(key), "unknown", str(row["preference"])) for key, row in first.iterrows()])
    found = rows(judgments, verdicts)
    assert found.loc["strength_spearman", ["value", "n"]].tolist() == [1, 4]
    points = analysis.judge_points(judgments, verdicts, judge="gpt", criterion="fit")
    assert points["system"].tolist() == ["D", "C", "B", "A"]
    assert points["judge"].is_monotonic_decreasing
    assert (points["judge_low"] < points["judge"]).all()


def test_each_judge_has_its_own_rows() -> None:
    judgments = crowd("aa", "bb")
    two = [verdict_table([("i0:A:B", "left", "a")], judge) for judge in ("x", "y")]
    both = pd.concat([frame.astype(str) for frame in two], ignore_index=True)
    assert analysis.judges_of(both, "fit") == ["x", "y"]
    assert analysis.judges_of(both, "other") == []
    assert set(analysis.judge_table(judgments, both, **ONE)["judge"]) == {"x", "y"}


@pytest.mark.parametrize("name", DEGENERATE)
def test_degenerate_judgments_give_reasons_and_no_traceback(name: str) -> None:
    said: list[Said] = [(f"{item}:A:B", "left", "a") for item in "12345"]
    for verdicts in (verdict_table(said), verdict_table([(one, side, None) for one, side, _ in said])):
        found = analysis.judge_table(DEGENERATE[name], verdicts, **ONE)
        assert found.loc[found["value"].isna(), "reason"].notna().all()
        assert found.loc[found["low"].isna(), "reason"].notna().all()
        points = analysis.judge_points(DEGENERATE[name], verdicts, judge="gpt", criterion="fit")
        assert points.loc[points["crowd"].isna() | points["judge"].isna(), "reason"].notna().all()


def people_of_profiles(n_profiles: int = 8, n_items: int = 6) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return judgments of which all that are about one person are alike, and a judge that always says a."""
    answers = [
        (f"r{rater}", f"i{profile}-{item}", "A", "B", "left", "left" if profile % 2 else "right")
        for profile in range(n_profiles)
        for item in range(n_items)
        for rater in range(3)
    ]
    judgments = long_table(answers)
    profile = judgments["item_id"].astype(str).str.extract(r"i(\d+)-")[0]
    verdicts = verdict_table([(one, "left", "a") for one in judgments["comparison_id"].astype(str).unique()])
    return judgments.assign(profile_id="p" + profile), verdicts


def test_intervals_are_over_people_where_items_belong_to_people() -> None:
    judgments, verdicts = people_of_profiles()
    found = rows(judgments, verdicts).loc["agreement_untied"]
    assert (found["value"], found["n"], found["n_items"]) == (0.5, 48, 48)
    assert (found["clusters"], found["units"]) == ("profile", "8 profiles")
    assert found["estimand"] == "for these 3 raters; generalises to people like these 8 profiles"
    assert rows(judgments, verdicts).at["tie_rate", "estimand"] == "for people like these 8 profiles"
    points = analysis.judge_points(judgments, verdicts, judge=verdicts["judge"].iloc[0], criterion="fit")
    assert set(points["estimand"]) == {found["estimand"]}
    by_item = analysis.judge_table(judgments, verdicts, cluster="item", **ONE).set_index("statistic")
    narrow = by_item.loc["agreement_untied"]
    assert narrow["units"] == "48 items"
    assert found["high"] - found["low"] > 2 * (narrow["high"] - narrow["low"])


def test_strengths_of_few_systems_have_no_interval() -> None:
    judgments = long_table(
        [
            (f"r{rater}", f"i{item}", a, b, "left", "left")
            for item in range(8)
            for a, b in (("A", "B"), ("B", "C"), ("A", "C"))
            for rater in range(2)
        ]
        + [("r9", "i0", a, b, "left", "right") for a, b in (("A", "B"), ("B", "C"), ("A", "C"))]
    )
    verdicts = verdict_table(
        [
            (str(one), "left", "b" if str(one).startswith("i0:") else "a")
            for one in judgments["comparison_id"].unique()
        ]
    )
    found = rows(judgments, verdicts).loc["strength_spearman"]
    assert found["value"] == 1.0
    assert np.isnan(found["low"])
    assert found["reason"] == "3 systems are too few to say: at least 5 are needed"
