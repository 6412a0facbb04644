"""Agreement: which categories there are, beyond what chance, over which units, and that ids do not matter."""

import numpy as np
import pandas as pd
import pytest

from study import analysis
from study.stats.quality.models import RATER_MODELS
from tests.analysis.test_agreement_tables import EVERYTHING, planted
from tests.long_tables import Answer, long_table

LAWS = {"criteria": ["fit"], "coefficients": EVERYTHING}
NUMBERS = ["value", "low", "high", "beyond_rates", "beyond_rates_low", "beyond_rates_high"]


def renamed_outputs(judgments: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """The same answers where in half of the comparisons the other output has the id that comes first."""
    names = sorted(set(judgments["comparison_id"]))
    drawn = np.random.default_rng(seed).random(len(names)) < 0.5
    turned = judgments["comparison_id"].isin([name for name, one in zip(names, drawn, strict=True) if one])
    other = judgments.copy()
    for column in ("system", "condition", "output"):
        one, two = (f"{column}_{side}{'_id' if column == 'output' else ''}" for side in "ab")
        other.loc[turned, [one, two]] = judgments.loc[turned, [two, one]].to_numpy()
    mirror = {"a": "b", "b": "a", "left": "right", "right": "left"}
    for column in ("preference", "side_of_a"):
        other.loc[turned, column] = judgments.loc[turned, column].replace(mirror)
    other["strength"] = judgments["strength"].where(~turned, -judgments["strength"])
    return other


@pytest.mark.parametrize("cluster", ["comparison", "item"])
@pytest.mark.parametrize("scale", ["ordinal", "strength"])
def test_renaming_outputs_changes_no_agreement(scale: str, cluster: str) -> None:
    judgments = planted(12, noise=0.5)
    tables = [
        analysis.agreement_table(one, scale=scale, cluster=cluster, **LAWS)
        for one in (judgments, renamed_outputs(judgments))
    ]
    assert tables[0]["value"].notna().all()
    for name in NUMBERS:
        np.testing.assert_allclose(tables[0][name], tables[1][name], atol=1e-9, err_msg=name)


def test_exchanging_all_outputs_changes_no_agreement() -> None:
    judgments = planted(12, noise=0.5)
    swapped = judgments.rename(
        columns={
            **{
                f"{name}_{one}": f"{name}_{other}"
                for name in ("system", "condition")
                for one, other in ("ab", "ba")
            },
            "output_a_id": "output_b_id",
            "output_b_id": "output_a_id",
        }
    ).assign(
        preference=judgments["preference"].replace({"a": "b", "b": "a"}),
        side_of_a=judgments["side_of_a"].replace({"left": "right", "right": "left"}),
    )
    tables = [analysis.agreement_table(one, **LAWS) for one in (judgments, swapped)]
    for name in NUMBERS:
        np.testing.assert_allclose(tables[0][name], tables[1][name], atol=1e-9, err_msg=name)


def cohen(options: str | None) -> pd.DataFrame:
    """Two raters of 50 pairs, [[20, 5], [10, 15]]; what the design offers, if that is known."""
    answers: list[Answer] = []
    table = (
        [("left", "left")] * 20
        + [("left", "right")] * 5
        + [("right", "left")] * 10
        + [("right", "right")] * 15
    )
    for number, pair in enumerate(table):
        answers += [
            (rater, f"u{number:02}", "A", "B", "left", one) for rater, one in zip("xy", pair, strict=True)
        ]
    return long_table(answers, **({} if options is None else {"options": options}))


@pytest.mark.parametrize("coding", ["separate", "merged"])
def test_categories_are_those_that_could_be_given(coding: str) -> None:
    forced = analysis.agreement_table(
        cohen("left right"), criteria=["fit"], coefficients=EVERYTHING, coding=coding
    ).set_index("statistic")
    for name in (
        "gwet_ac1",
        "brennan_prediger",
        "fleiss_kappa",
        "conger_kappa",
        "gwet_ac2_quadratic",
        "icc_1_1",
        "icc_2_1",
    ):
        assert forced.loc[name, "value"] == pytest.approx(0.4)
    assert forced.loc["gwet_ac1", "beyond_rates"] == pytest.approx(0.205 / 0.505)  # p_e .495
    assert forced.loc["brennan_prediger", "beyond_rates"] == pytest.approx(0.4)
    assert forced.loc["conger_kappa", "beyond_rates"] == pytest.approx(0.4)
    assert forced.loc["krippendorff_alpha_nominal", "beyond_rates"] == pytest.approx(0.4)
    assert set(forced["categories"]) == {"a / b", "b / a"}
    offered = analysis.agreement_table(
        cohen("left tie right both_bad"),
        criteria=["fit"],
        coefficients=["gwet_ac1", "brennan_prediger"],
        coding=coding,
    )
    assert offered["value"].round(3).tolist() == ([0.64, 0.6] if coding == "separate" else [0.6, 0.55])
    assert set(offered["categories"]) == {
        "a / tie / b / both bad" if coding == "separate" else "a / tie or both bad / b"
    }


def test_an_answer_that_the_design_does_not_offer_is_a_category_all_the_same() -> None:
    judgments = pd.concat(
        [
            cohen("left right"),
            long_table(
                [("x", "v", "A", "B", "left", "tie"), ("y", "v", "A", "B", "left", "tie")],
                options="left right",
            ),
        ]
    )
    table = analysis.agreement_table(judgments, criteria=["fit"])
    assert set(table["categories"]) == {"a / tie / b", "b / tie / a"}


def test_models_of_raters_know_only_what_could_be_given() -> None:
    for model in RATER_MODELS:
        found = analysis.model_of_raters(cohen("left right"), criterion="fit", model=model)
        free = analysis.model_of_raters(cohen("left tie right both_bad"), criterion="fit", model=model)
        assert set(found.preferences["preferred_system"]) <= {"A", "B", ""}
        if model == "one_coin":  # a slip has one other answer to fall on, not three
            assert not np.allclose(found.raters["competence"], free.raters["competence"])


def test_two_questions_have_two_answers() -> None:
    """Three raters who choose the same system nine times in ten, whatever the item."""
    rng = np.random.default_rng(0)
    answers: list[Answer] = [
        (
            rater,
            f"i{item:03}",
            *(("A", "B") if item % 2 else ("B", "A")),
            "left",
            ("left" if (rng.random() < 0.9) == bool(item % 2) else "right"),
        )
        for item in range(400)
        for rater in "rst"
    ]
    table = analysis.agreement_table(long_table(answers, options="left right"), criteria=["fit"])
    alpha = table.set_index("statistic").loc["krippendorff_alpha_nominal"]
    assert alpha["value"] == pytest.approx(0.64, abs=0.06)
    assert alpha["low"] > 0.5
    assert alpha["beyond_rates"] == pytest.approx(0, abs=0.08)
    assert alpha["beyond_rates_low"] < 0 < alpha["beyond_rates_high"]


def test_units_follow_from_the_design() -> None:
    judgments = planted(40)
    number = judgments["item_id"].str.removeprefix("item").astype(int)
    options = {"criteria": ["fit"], "coefficients": ["krippendorff_alpha_nominal", "icc_3_1", "conger_kappa"]}

    def over(table: pd.DataFrame, **more: str) -> tuple[str, int, str]:
        found = analysis.agreement_table(table, **options, **more)
        assert found[["low", "beyond_rates_low"]].notna().all(axis=None)
        return found["cluster"].iloc[0], found["n_clusters"].iloc[0], found["estimand"].iloc[0]

    eight = judgments.assign(profile_id="p" + (number % 8).astype(str), source_id=judgments["item_id"])
    assert over(eight) == (
        *("profile", 8),
        "for these 4 raters; generalises to people like these 8 profiles",
    )
    three = judgments.assign(source_id=judgments["item_id"])
    assert over(three) == (
        *("item", 40),
        "for these 3 profiles and 4 raters; generalises to items like these 40 items",
    )
    one_pair = eight[eight["comparison_id"].str.endswith("A:B")].assign(profile_id=None, source_id=None)
    assert over(one_pair)[:2] == ("comparison", 40)
    assert over(eight, cluster="item")[:2] == ("item", 40)
    shared = eight.assign(source_id="s" + (number // 8).astype(str))
    assert over(shared)[2] == "for these 5 sources and 4 raters; generalises to people like these 8 profiles"


def test_where_profiles_differ_intervals_over_profiles_are_wider() -> None:
    """Of 8 profiles half are easy: comparisons of one are alike, and more of them tell little more."""
    parts = [
        planted(12, noise=0.05 if one % 2 else 0.9, seed=one).assign(profile_id=f"p{one}") for one in range(8)
    ]
    for one, part in enumerate(parts):
        for column in ("item_id", "comparison_id", "source_id"):
            part[column] = f"{one} " + part["item_id" if column == "source_id" else column]
    judgments = pd.concat(parts, ignore_index=True)
    widths = [
        np.ptp(analysis.agreement_table(judgments, criteria=["fit"], cluster=cluster).loc[1, ["low", "high"]])
        for cluster in ("by design", "profile", "comparison")
    ]
    assert widths[0] == widths[1] > 2 * widths[2]


def test_a_group_is_held_against_the_rest_over_items_too() -> None:
    judgments = planted(60, noise=0.1)
    noisy = planted(60, noise=1, seed=1)
    mixed = pd.concat(
        [judgments[judgments["profile_id"] != "p0"], noisy[noisy["profile_id"] == "p0"]], ignore_index=True
    )
    options = {"criterion": "fit", "coefficient": "krippendorff_alpha_nominal", "by": "profile"}
    by_item, by_comparison = (
        analysis.agreement_by_group(mixed, cluster=cluster, **options).set_index("group").loc["reader 0"]
        for cluster in ("item", "comparison")
    )
    assert by_item["difference"] == pytest.approx(by_comparison["difference"])
    assert by_item["difference_high"] < 0
    assert by_item["p_adjusted"] < 0.001
    pairs = analysis.agreement_by_group(planted(60, noise=0.5), criterion="fit", by="systems")
    assert set(pairs["cluster"]) == {"source"}
    assert pairs["difference_low"].iloc[1:].notna().all()
