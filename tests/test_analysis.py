"""Tables of analysis: known answers, undefined cases with their reasons, the real study."""

from itertools import combinations

import evalica
import numpy as np
import pandas as pd
import pytest

from study import analysis, frames
from tests.llmfao import llmfao
from tests.long_tables import Answer, long_table

ALL = {"criteria": ["fit"]}
ONE = {"criterion": "fit"}


def study_answers(n_items: int = 12, n_raters: int = 4, seed: int = 1) -> list[Answer]:
    """Return answers on three systems, of which C is best and A is worst, on random sides."""
    rng = np.random.default_rng(seed)
    answers = []
    for item in range(n_items):
        for a, b in combinations("ABC", 2):
            for rater in range(n_raters):
                draw, side = rng.random(), rng.choice(["left", "right"])
                preferred = "tie" if draw < 0.15 else "b" if draw < 0.75 else "a"
                screen = {"a": side, "b": "right" if side == "left" else "left", "tie": "tie"}[preferred]
                answers.append((f"r{rater}", f"i{item}", a, b, str(side), str(screen)))
    return answers


def reasons(table: pd.DataFrame, column: str = "value", reason: str = "reason") -> list[str]:
    """Return the reasons of undefined numbers, after checking that each has one."""
    undefined = table[table[column].isna()]
    assert undefined[reason].notna().all()
    return undefined[reason].tolist()


def test_raters_who_agree_on_every_output_but_see_mirrored_sides_have_alpha_one() -> None:
    preferred = ["a", "b", "b", "a", "tie", "b"]
    answers = []
    for item, one in enumerate(preferred):
        answers.append(("r1", f"i{item}", "A", "B", "left", {"a": "left", "b": "right"}.get(one, one)))
        answers.append(("r2", f"i{item}", "A", "B", "right", {"a": "right", "b": "left"}.get(one, one)))
    table = analysis.agreement_table(long_table(answers), **ALL)
    assert table["value"].tolist() == [1.0] * 5
    assert table["n_units"].tolist() == [6] * 5


def test_agreement_is_as_computed_by_hand() -> None:
    answers = [
        *(
            ("r1", f"i{n}", "A", "B", "left", code)
            for n, code in enumerate(("left", "left", "right", "right"))
        ),
        *(
            ("r2", f"i{n}", "A", "B", "left", code)
            for n, code in enumerate(("left", "right", "right", "right"))
        ),
    ]
    table = analysis.agreement_table(long_table(answers), **ALL).set_index("statistic")
    assert table.at["percent_agreement", "value"] == 0.75
    # 8 ratings, 3 of a and 5 of b; under both namings 4 of each: 1 - 7 * 2 / (2 * 4 * 4)
    assert table.at["krippendorff_alpha_nominal", "value"] == pytest.approx(1 - 7 * 2 / 32)
    assert table.loc["percent_agreement", ["n_units", "n_ratings", "n_raters"]].tolist() == [4, 8, 2]


def test_each_criterion_has_its_own_rows() -> None:
    judgments = pd.concat(
        [long_table(study_answers()), long_table(study_answers(seed=2), criterion="quality")]
    )
    table = analysis.agreement_table(judgments, criteria=["fit", "quality"])
    assert table["criterion"].tolist() == ["fit"] * 5 + ["quality"] * 5
    assert (table["low"] < table["value"]).all()
    assert (table["value"] < table["high"]).all()


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ([], "no unit was rated by two raters"),
        ([("r1", "i1", "A", "B", "left", "left"), ("r1", "i2", "A", "B", "left", "right")], "two raters"),
        ([("r1", "i1", "A", "B", "left", "left"), ("r2", "i2", "A", "B", "left", "right")], "two raters"),
    ],
    ids=["empty", "one rater", "no overlap"],
)
def test_agreement_without_overlap_is_undefined_with_the_reason(answers: list[Answer], sentence: str) -> None:
    table = analysis.agreement_table(long_table(answers), **ALL)
    assert len(reasons(table)) == 5
    assert all(sentence in reason for reason in reasons(table))


def test_all_ties_leave_alpha_undefined_and_agreement_whole() -> None:
    answers = [(rater, f"i{n}", "A", "B", "left", "tie") for rater in ("r1", "r2") for n in range(3)]
    table = analysis.agreement_table(long_table(answers), **ALL)
    assert table["value"].tolist()[0] == 1.0
    assert all("all ratings are equal" in reason for reason in reasons(table))
    assert len(reasons(table)) == 2


def test_the_best_system_stands_first() -> None:
    table = analysis.ranking_table(long_table(study_answers()), **ONE)
    assert table["system"].tolist() == ["C", "B", "A"]
    assert table["strength"].sum() == pytest.approx(0)
    assert (table["strength_low"] < table["strength"]).all()
    assert (table["win_rate_low"] < table["win_rate"]).all()
    assert table["n_comparisons"].tolist() == [24, 24, 24]
    assert table["n_judgments"].tolist() == [96, 96, 96]
    assert table["n_raters"].tolist() == [4, 4, 4]
    assert table["n_clusters"].tolist() == [
        12,
        12,
        12,
    ]  # 4 raters are too few for a claim on raters: people stay
    assert table["estimand"].str.startswith("for these 4 raters; generalises to").all()


def test_intervals_can_be_over_items() -> None:
    judgments = long_table(study_answers(n_raters=1))
    over_raters, over_items = (
        analysis.ranking_table(judgments, **ONE, cluster=one) for one in ("rater", "item")
    )
    assert over_raters["strength_low"].isna().all()
    assert over_raters["reason"].notna().all()
    assert over_items["n_clusters"].tolist() == [12, 12, 12]
    assert over_items["strength_low"].notna().all()
    assert over_items["strength"].tolist() == over_raters["strength"].tolist()


def test_systems_that_cannot_be_compared_have_no_strength_but_a_reason() -> None:
    apart = [
        *(("r1", f"i{n}", "A", "B", "left", code) for n, code in enumerate(("left", "right"))),
        *(("r2", f"i{n}", "C", "D", "left", code) for n, code in enumerate(("left", "right"))),
    ]
    table = analysis.ranking_table(long_table(apart), **ONE)
    assert len(reasons(table, "strength")) == 4
    assert (table["win_rate"] == 0.5).all()


@pytest.mark.parametrize(
    "answers", [[], [("r1", "i1", "A", "B", "left", "left")]], ids=["empty", "one judgment"]
)
def test_hardly_any_judgment_gives_tables_and_no_traceback(answers: list[Answer]) -> None:
    judgments = long_table(answers)
    ranking = analysis.ranking_table(judgments, **ONE)
    assert len(reasons(ranking, "strength")) == len(ranking) == max(1, 2 * len(answers))
    assert len(analysis.win_matrix_table(judgments, **ONE)) == 2 * len(answers)


def test_the_win_matrix_counts_each_pair_from_both_ends() -> None:
    answers = [
        *(("r1", "i1", "A", "B", "left", code) for code in ("left", "left", "right")),
        ("r1", "i1", "A", "B", "right", "both_bad"),
        ("r1", "i2", "B", "C", "left", "left"),
    ]
    matrix = analysis.win_matrix_table(long_table(answers), **ONE).set_index(["system", "opponent"])
    assert matrix.loc[("A", "B"), ["wins", "ties", "losses", "n_judgments", "win_rate"]].tolist() == [
        2,
        1,
        1,
        4,
        0.625,
    ]
    assert matrix.at[("B", "A"), "win_rate"] == 0.375
    assert matrix.at[("A", "C"), "reason"] == "never compared"
    assert np.isnan(matrix.at[("A", "C"), "win_rate"])


def test_the_llmfao_study_gives_its_published_agreement_and_evalicas_strengths() -> None:
    votes = pd.read_csv(llmfao("crowd-comparisons.csv"), dtype=str)
    judgments = long_table(
        zip(
            *(votes[column] for column in ("worker", "prompt", "model_x", "model_y")),
            ["left"] * len(votes),
            votes["winner"],
            strict=True,
        ),
        comparison_purpose="main",
    ).assign(comparison_id=votes["id"])
    table = analysis.agreement_table(judgments, **ALL).set_index("statistic")
    assert round(table.at["krippendorff_alpha_nominal", "value"], 3) == 0.291
    assert table.at["krippendorff_alpha_nominal", "n_raters"] == 124
    table = analysis.ranking_table(judgments, **ONE).set_index("system")
    ranking = table["strength_unadjusted"]  # the sides of these votes are not balanced
    assert (len(judgments), len(ranking)) == (8931, 59)
    winner = {"left": evalica.Winner.X, "right": evalica.Winner.Y, "tie": evalica.Winner.Draw}
    fit = evalica.bradley_terry(
        votes["model_x"],
        votes["model_y"],
        votes["winner"].map(winner),
        tie_weight=0.5,
        tolerance=1e-12,
        limit=10_000,
    )
    expected = np.log(fit.scores) - np.log(fit.scores).mean()
    np.testing.assert_allclose(ranking, expected[ranking.index], atol=1e-6)


def test_populations_are_kept_apart_in_every_table() -> None:
    human = long_table(study_answers())
    simulated = long_table(study_answers(seed=9), simulated=True)
    both = pd.concat([human, simulated], ignore_index=True)
    for table in (analysis.agreement_table(both, **ALL), analysis.agreement_table(human, **ALL)):
        assert table["n_ratings"].iloc[0] == len(human)
    pd.testing.assert_frame_equal(analysis.ranking_table(both, **ONE), analysis.ranking_table(human, **ONE))
    assert frames.default_population(both) == "human"
