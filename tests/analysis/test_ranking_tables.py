"""Tables of the ranking family: known answers, every model and cluster, undefined cases with their reasons."""

import numpy as np
import pandas as pd
import pytest

from study import analysis, frames
from study.errors import InvalidInput
from study.stats.multiplicity import benjamini_hochberg, holm
from study.stats.ranking.sign_test import sign_test
from study.stats.ranking.win_rates import score_p
from tests.analysis.degenerate import DEGENERATE
from tests.llmfao import llmfao
from tests.long_tables import Answer, long_table

ONE = {"criterion": "fit"}
LENGTHS = pd.DataFrame(
    {
        "output_id": [f"i{n}:{system}" for n in range(60) for system in "ABC"],
        "length": [10.0 * (1 + "ABC".index(system)) + n % 7 for n in range(60) for system in "ABC"],
    }
)
FIVE = ("left_2", "left_1", "tie", "right_1", "right_2", "both_bad")


def graded_answers(n_items: int = 40, n_raters: int = 5, seed: int = 2) -> list[Answer]:
    """Return answers on five steps; C is best, and the left is preferred more than its due."""
    rng = np.random.default_rng(seed)
    answers = []
    for item in range(n_items):
        for a, b in (("A", "B"), ("B", "C"), ("A", "C")):
            for rater in range(n_raters):
                side = "left" if rng.random() < 0.5 else "right"
                lean = 0.6 * ("ABC".index(b) - "ABC".index(a)) + rng.logistic()
                lean = (lean if side == "left" else -lean) - 0.4
                step = int(np.clip(np.round(lean * 0.8), -2, 2))
                code = f"left_{-step}" if step < 0 else f"right_{step}" if step > 0 else "tie"
                answers.append(
                    (f"r{rater}", f"i{item}", a, b, side, "both_bad" if rng.random() < 0.05 else code)
                )
    return answers


@pytest.fixture(scope="module")
def judgments() -> pd.DataFrame:
    table = long_table(graded_answers())
    number = table["item_id"].str[1:].astype(int)
    return table.assign(
        source_id="s" + (number // 2).astype(str),
        profile_id="p" + (number % 4).astype(str),
        profile_name="p" + (number % 4).astype(str),
        rater_role=np.where(table["rater_id"] == "r0", "owner", "proxy"),
        tags=['{"tier": "%s"}' % ("long" if n % 2 else "short") for n in number],
    )


CALLS = {
    "ranking": lambda j: analysis.ranking_table(j, **ONE),
    "bootstrap": lambda j: analysis.ranking_table(j, **ONE, method="score_bootstrap"),
    "davidson": lambda j: analysis.ranking_table(j, **ONE, model="davidson"),
    "grounded": lambda j: analysis.ranking_table(j, **ONE, model="grounded_rao_kupper"),
    "graded": lambda j: analysis.ranking_table(j, **ONE, model="graded"),
    "elo": lambda j: analysis.ranking_table(j, **ONE, model="elo"),
    "ridge": lambda j: analysis.ranking_table(j, **ONE, ridge=0.1),
    "models": lambda j: analysis.model_table(j, **ONE),
    "pairs": lambda j: analysis.pair_table(j, **ONE),
    "matrix": lambda j: analysis.win_matrix_table(j, **ONE),
    "position": lambda j: analysis.position_table(j, **ONE),
    "raters": lambda j: analysis.rater_position_table(j, **ONE),
    "effects": lambda j: analysis.effect_table(j, LENGTHS, **ONE),
    "groups": lambda j: analysis.group_table(j, **ONE, by="profile"),
    "held out": lambda j: analysis.conditional_tables(j, **ONE, by="profile")[0],
    "conditional": lambda j: analysis.conditional_tables(j, **ONE, by="profile")[1],
    "sequence": lambda j: analysis.sequence_table(j, **ONE, system="A", opponent="B"),
    "elo orders": lambda j: analysis.elo_order_table(j, **ONE, n_orders=3),
}
# A number, and the column that says why it is undefined.
REASON_OF = {
    "strength": "reason",
    "win_rate": "win_rate_reason",
    "rank_low": "rank_reason",
    "odds": "adjusted_reason",
    "value": "reason",
    "left_win_rate": "reason",
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("case", DEGENERATE.values(), ids=DEGENERATE)
def test_degenerate_judgments_give_reasons_and_no_traceback(case, call) -> None:
    table = call(case)
    for column, reason in REASON_OF.items():
        if column in table:
            why = table[reason if reason in table else "reason"]
            undefined = table[column].isna()
            assert why[undefined].notna().all(), (column, table[undefined].to_dict("records"))
        low = f"{column}_low" if column != "value" else "low"
        if column in table and low in table:
            assert (why[table[low].isna()].notna()).all()
    for column in table.select_dtypes("number"):
        assert not np.isinf(table[column]).any()


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_filter_that_leaves_nothing_gives_no_traceback(judgments: pd.DataFrame, call) -> None:
    call(judgments.assign(rater_status="withdrawn"))


@pytest.mark.parametrize("cluster", frames.CLUSTERS)
@pytest.mark.parametrize("model", [name for name in analysis.PREFERENCE_MODELS if name != "elo"])
def test_every_model_has_intervals_and_ranks_over_every_cluster(
    judgments: pd.DataFrame, model: str, cluster: str
) -> None:
    table = analysis.ranking_table(judgments, **ONE, model=model, cluster=cluster, seed=3)
    assert table["system"].tolist() == ["C", "B", "A"]
    assert (table["strength_low"] < table["strength"]).all()
    assert (table["strength"] < table["strength_high"]).all()
    assert table["strength"].sum() == pytest.approx(0, abs=1e-9)
    assert (table["rank_low"] <= table["rank"]).all()
    assert (table["rank"] <= table["rank_high"]).all()
    assert set(table["clusters"]) == {cluster}
    again = analysis.ranking_table(judgments, **ONE, model=model, cluster=cluster, seed=3)
    pd.testing.assert_frame_equal(table, again)


def test_models_that_the_answers_do_not_allow_have_a_reason(judgments: pd.DataFrame) -> None:
    assert set(analysis.model_reasons(judgments, **ONE).values()) == {None}
    plain = long_table([("r1", "i1", "A", "B", "left", "left"), ("r1", "i2", "A", "B", "left", "right")])
    reasons = analysis.model_reasons(plain, **ONE)
    assert {name for name, reason in reasons.items() if reason} == {"grounded_rao_kupper", "graded"}
    assert set(reasons) == set(analysis.PREFERENCE_MODELS)


def test_a_systems_test_is_that_of_its_interval_where_judgments_are_taken_as_independent(
    judgments: pd.DataFrame,
) -> None:
    for row in analysis.ranking_table(judgments, **ONE, method="model").to_dict("records"):
        assert row["p_value"] == score_p(row["win_rate"], row["n_judgments"])
        assert (row["p_value"] < 0.05) == (not row["win_rate_low"] <= 0.5 <= row["win_rate_high"])
        assert row["wins"] + row["ties"] + row["losses"] == row["n_judgments"]


def test_models_of_the_same_outcomes_are_compared_with_the_best_of_them(judgments: pd.DataFrame) -> None:
    table = analysis.model_table(judgments, **ONE)
    assert (table.groupby("outcomes")["aic_difference"].min() == 0).all()
    assert set(table.loc[table["model"] == "grounded_rao_kupper", "outcomes"]) == {"a, b, tie, both bad"}
    assert len(table[table["model"] == "grounded_rao_kupper"]) == 2
    assert "upper bound" in table.set_index("model").at["ties_as_half", "reason"]


def test_the_worked_example_of_pairs_gives_its_strengths_and_tests() -> None:
    """ORACLES.md, worked examples: pairs (A,B) 7-3-2 ties, (B,C) 6-4-2, (A,C) 8-2-2."""
    answers, rater = [], 0
    for a, b, wins, losses, ties in (("A", "B", 7, 3, 2), ("B", "C", 6, 4, 2), ("A", "C", 8, 2, 2)):
        for code, count in (("left", wins), ("right", losses), ("tie", ties)):
            answers += [(f"r{rater % 5}", f"i{len(answers) + n}", a, b, "left", code) for n in range(count)]
            rater += count
    judgments = long_table(answers)
    # A stood left in every comparison, so that the strengths are not claimed: they stand as unadjusted ones.
    half = analysis.ranking_table(judgments, **ONE, method="model").set_index("system")
    assert half.loc[["A", "B", "C"], "strength_unadjusted"].round(5).tolist() == [0.59596, -0.11954, -0.47642]
    rao = analysis.ranking_table(judgments, **ONE, model="rao_kupper", method="model").set_index("system")
    assert rao.loc[["A", "B", "C"], "strength_unadjusted"].round(5).tolist() == [0.61006, -0.12205, -0.48801]
    assert half["rank"].isna().all()
    theta = analysis.model_table(judgments, **ONE).set_index("model").at["rao_kupper", "value"]
    assert round(theta, 5) == 1.47550
    assert analysis.pair_table(judgments, **ONE)["p_value"].isna().all()
    pairs = analysis.pair_table(judgments.assign(side_of_a=None), **ONE)
    assert pairs[["system", "opponent"]].to_numpy().tolist() == [["A", "C"], ["A", "B"], ["B", "C"]]
    exact = [sign_test(wins, losses) for wins, losses in zip(pairs["wins"], pairs["losses"], strict=True)]
    assert exact == pytest.approx([0.109375, 0.34375, 0.75390625])
    assert holm(exact).tolist() == pytest.approx([0.328125, 0.6875, 0.75390625])
    assert benjamini_hochberg(exact).tolist() == pytest.approx([0.328125, 0.515625, 0.75390625])
    assert pairs["adjusted_p"].tolist() == pytest.approx(holm(pairs["p_value"]).tolist())
    by_rate = analysis.pair_table(judgments.assign(side_of_a=None), **ONE, adjustment="benjamini_hochberg")
    assert by_rate["adjusted_p"].tolist() == pytest.approx(benjamini_hochberg(pairs["p_value"]).tolist())


def test_the_left_is_found_and_so_is_the_length(judgments: pd.DataFrame) -> None:
    table = analysis.effect_table(judgments, LENGTHS, **ONE).set_index(["effect", "raters"])
    assert table.loc["left side"].index.tolist() == ["all", "owner", "proxy"]
    left = table.loc[("left side", "all")]
    assert left["odds_low"] > 1
    position = analysis.position_table(judgments, **ONE).set_index("raters")
    assert position.at["all", "left_win_rate"] == pytest.approx(left["win_rate"])
    assert position.at["all", "n_left"] == left["n_wins"]
    longer = table.loc[("longer output", "all")]
    assert longer["win_rate"] > 0.5  # C is best and longest


def test_a_judgment_without_a_length_is_left_out_of_the_effects(judgments: pd.DataFrame) -> None:
    some = LENGTHS[~LENGTHS["output_id"].isin(["i0:A", "i1:B"])]
    table = analysis.effect_table(judgments, some, **ONE)
    assert table["n_judgments"].iloc[0] == len(judgments) - 2 * 2 * 5


def test_groups_hold_their_own_judgments_and_a_true_difference_is_found(judgments: pd.DataFrame) -> None:
    turned = judgments.copy()
    turned["preference"] = turned["preference"].where(
        turned["rater_role"] == "proxy", turned["preference"].map({"a": "b", "b": "a"}).fillna("tie")
    )
    table = analysis.group_table(turned, **ONE, by="role")
    first = table.sort_values("strength").groupby("group")["system"].last()
    assert first.to_dict() == {"owner": "A", "proxy": "C"}
    held_out, strengths = analysis.conditional_tables(turned, **ONE, by="role", cluster="item")
    assert held_out["low"].iloc[0] > 0
    assert len(strengths) == 6
    same = analysis.conditional_tables(judgments, **ONE, by="tag: tier")[0]
    assert same["low"].iloc[0] < 0 < held_out["low"].iloc[0]
    assert analysis.group_names(judgments) == ["role", "profile", "tag: tier"]
    with pytest.raises(InvalidInput, match="group by 'tag: domain'; allowed: role, profile, tag: tier"):
        analysis.group_table(judgments, **ONE, by="tag: domain")


def test_a_sequence_counts_judgments_or_raters_in_the_order_in_which_they_came() -> None:
    answers = [("r1", f"i{n}", "A", "B", "left", "left") for n in range(8)]
    answers += [("r2", f"i{n}", "A", "B", "right", "left") for n in range(2)]
    judgments = long_table(answers)
    table = analysis.sequence_table(judgments, **ONE, system="A", opponent="B", unit="judgment")
    assert table["n"].tolist() == list(range(1, 11))
    assert table["win_rate"].tolist()[:8] == [1.0] * 8
    assert table["win_rate"].iloc[-1] == 0.8
    assert table["decided_after"].iloc[0] == 7  # study.stats.planning.sequential: seven wins in a row
    raters = analysis.sequence_table(judgments, **ONE, system="A", opponent="B", unit="rater")
    assert raters["win_rate"].tolist() == [1.0, 0.5]
    assert raters["estimand"].iloc[0] == "for raters like these 2 raters, on these items"
    items = analysis.sequence_table(judgments, **ONE, system="A", opponent="B", unit="item")
    assert items["win_rate"].iloc[-1] == pytest.approx((6 + 2 * 0.5) / 8)
    other = analysis.sequence_table(judgments, **ONE, system="B", opponent="A", unit="judgment")
    assert other["win_rate"].tolist() == pytest.approx((1 - table["win_rate"]).tolist())


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"model": "thurstone"}, "unknown model 'thurstone'"),
        ({"method": "jackknife"}, "unknown interval method 'jackknife'"),
        ({"cluster": "city"}, "unknown unit 'city'"),
        ({"sides": "both"}, "unknown choice for the left side 'both'"),
        ({"ridge": 0.1, "model": "davidson"}, "allowed: bradley_terry with sandwich or model"),
    ],
)
def test_what_is_not_possible_is_refused_in_a_sentence(
    judgments: pd.DataFrame, options: dict[str, object], sentence: str
) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        analysis.ranking_table(judgments, **ONE, **options)


def test_the_longer_answer_of_the_llmfao_study_wins_41_percent_of_untied_votes() -> None:
    """ORACLES.md, LLMFAO: the longer answer (characters; lengths differ) wins 41.0% of untied votes."""
    votes = pd.read_csv(llmfao("crowd-comparisons.csv"), dtype=str)
    pairs = pd.read_json(llmfao("pairs-crowd.jsonl"), lines=True, dtype=False)
    answers = zip(
        *(votes[column] for column in ("worker", "prompt", "model_x", "model_y")),
        ["left"] * len(votes),
        votes["winner"],
        strict=True,
    )
    texts = {
        f"{prompt}:{system}": text
        for side in "xy"
        for prompt, system, text in zip(
            pairs["prompt"].astype(str), pairs[f"model_{side}"], pairs[f"result_{side}"], strict=True
        )
    }
    lengths = pd.DataFrame(
        {"output_id": list(texts), "length": [float(len(text)) for text in texts.values()]}
    )
    table = analysis.effect_table(long_table(answers), lengths, **ONE).set_index("effect")
    assert round(table.at["longer output", "win_rate"], 3) == 0.410
    assert table.at["longer output", "odds_low"] < table.at["longer output", "odds"]
    assert table.at["left side", "n_judgments"] == 8931
