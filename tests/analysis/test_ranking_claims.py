"""What a ranking claims: adjusted for the left side or not at all, open ends in their place, units of the design."""

import itertools

import numpy as np
import pandas as pd
import pytest

from study import analysis
from study.stats.ranking.sides import side_balance
from study.ui.ranking import sentences
from tests.examples import studies
from tests.long_tables import Answer, long_table

ONE = {"criterion": "fit"}
STRENGTH = {"alpha": 0.9, "beta": 0.5, "gamma": 0.0}


def votes(
    stood: dict[tuple[str, str], float],
    left: float = 1.6,
    n_raters: int = 8,
    n_items: int = 30,
    seed: int = 5,
) -> pd.DataFrame:
    """Return votes on three systems of known strength; ``stood`` is how often the first of a pair stands left."""
    rng, rows = np.random.default_rng(seed), []
    for item, (a, b), rater in itertools.product(range(n_items), stood, range(n_raters)):
        side = "left" if rng.random() < stood[a, b] else "right"
        lean = STRENGTH[a] - STRENGTH[b] + (left if side == "left" else -left)
        won = rng.random() < 1 / (1 + np.exp(-lean))
        answer: Answer = (f"r{rater}", f"i{item}", a, b, side, "left" if won == (side == "left") else "right")
        rows.append(answer)
    return long_table(rows, profile_id=None, profile_name=None)


UNBALANCED = votes({("alpha", "beta"): 0.5, ("gamma", "alpha"): 0.9, ("gamma", "beta"): 0.9})
CONFOUNDED = votes({("alpha", "beta"): 1, ("alpha", "gamma"): 1, ("beta", "gamma"): 1}, left=0.4)
EVEN = votes({("alpha", "beta"): 0.5, ("alpha", "gamma"): 0.5, ("beta", "gamma"): 0.5})


def ranked(judgments: pd.DataFrame, **options: object) -> pd.DataFrame:
    return analysis.ranking_table(judgments, **ONE, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("model", [name for name in analysis.PREFERENCE_MODELS if name != "elo"])
def test_unbalanced_sides_are_adjusted_for_and_the_board_as_judged_stands_beside(model: str) -> None:
    judgments = UNBALANCED
    if model == "graded":
        judgments = judgments.assign(strength=judgments["strength"] * np.resize([1, 2], len(judgments)))
    table = ranked(judgments, model=model)
    assert table["system"].tolist() == ["alpha", "beta", "gamma"]
    assert set(table["sides"]) == {"adjusted"}
    assert table["strength"].tolist() == pytest.approx([0.43, 0.03, -0.47], abs=0.3)
    assert table.sort_values("rank_unadjusted")["system"].iloc[0] == "gamma"
    assert 0.65 < table["left_rate"].iloc[0] < 0.95
    assert table["left_rate_low"].iloc[0] < table["left_rate"].iloc[0] < table["left_rate_high"].iloc[0]
    gamma = table.set_index("system").loc["gamma"]
    assert gamma["win_rate"] < 0.5 < gamma["win_rate_unadjusted"]
    assert gamma["win_rate_low"] < gamma["win_rate"] < gamma["win_rate_high"]
    assert gamma["left_share"] > 0.8


def test_a_leader_that_flips_under_adjustment_is_no_claim() -> None:
    table = ranked(UNBALANCED)
    assert not table["first_holds"].any()
    said = analysis.effect_of_side(table)
    assert said is not None
    assert "gamma stood left in" in said
    assert "gamma would be first, so no system is claimed to be the best" in said
    ignored = ranked(UNBALANCED, sides="ignore")
    assert ignored["system"].iloc[0] == "gamma"
    assert not ignored["first_holds"].any()
    assert "Adjusted, another system would be first" in str(analysis.effect_of_side(ignored))


@pytest.mark.parametrize("model", ["bradley_terry", "davidson", "rao_kupper", "elo"])
def test_where_position_explains_the_order_no_rank_is_claimed(model: str) -> None:
    table = ranked(CONFOUNDED, model=model)
    assert table["system"].tolist() == ["alpha", "beta", "gamma"]
    for column in ("rank", "rank_low", "rank_high", "strength", "p_value"):
        assert table[column].isna().all()
    assert table["strength_unadjusted"].notna().all()
    said = str(analysis.effect_of_side(table))
    assert said.startswith(
        "No rank is claimed: preference and position cannot be told apart: 'alpha' stood left in 100%"
    )
    assert "no pair was seen both ways" in said
    assert analysis.scale_notes(table) == []


def test_sides_that_the_assignment_balances_leave_every_figure_as_it_is() -> None:
    table = ranked(EVEN)
    assert set(table["sides"]) == {"balanced"}
    for name in ("strength", "strength_low", "strength_high", "win_rate", "win_rate_low", "rank"):
        other = name.replace("strength", "strength_unadjusted").replace("win_rate", "win_rate_unadjusted")
        np.testing.assert_array_equal(table[name], table["rank_unadjusted" if name == "rank" else other])
    assert analysis.effect_of_side(table) is None
    adjusted = ranked(EVEN, sides="adjust")
    assert set(adjusted["sides"]) == {"adjusted"}
    assert not np.allclose(adjusted["strength"], adjusted["strength_unadjusted"])


def test_a_study_of_this_program_is_never_called_unbalanced() -> None:
    """Each comparison of three systems over 20 items by raters whose sides differ by at most one, as assignments do."""
    rng = np.random.default_rng(0)
    for n_raters in (1, 2, 3, 5):
        rows = []
        for item, (a, b) in itertools.product(range(20), itertools.combinations(range(3), 2)):
            first = rng.integers(2)
            rows += [(item, a, b, 1 if (rater + first) % 2 else -1) for rater in range(n_raters)]
        _, a, b, side = np.array(rows).T
        found = side_balance(a, b, side, 3)
        assert not found.confounded
        assert not found.unbalanced
        if n_raters % 2 == 0:
            assert found.r_squared == 0


def test_confounding_and_shaky_identification_are_told_apart() -> None:
    shaky = votes({("alpha", "beta"): 1, ("beta", "gamma"): 1, ("alpha", "gamma"): 0.95}, left=0.4)
    table = ranked(shaky)
    assert table["side_inflation"].iloc[0] > 5
    assert table["rank"].notna().all()
    assert "mostly by adding up strengths" in str(analysis.effect_of_side(table))


# Open ends


def chain(n_items: int = 4, n_raters: int = 3) -> pd.DataFrame:
    """m1 beats m2 beats m3, always; sides alternate."""
    rows: list[Answer] = []
    for number, (item, (a, b), rater) in enumerate(
        itertools.product(range(n_items), (("m1", "m2"), ("m2", "m3"), ("m1", "m3")), range(n_raters))
    ):
        side = "left" if number % 2 else "right"
        rows.append((f"r{rater}", f"i{item}", a, b, side, side))
    return long_table(rows, profile_id=None, profile_name=None)


def test_a_chain_is_ordered_with_open_ends_and_a_remedy() -> None:
    table = ranked(chain())
    assert table["system"].tolist() == ["m1", "m2", "m3"]
    assert table["rank"].tolist() == [1, 2, 3]
    assert table["open_end"].tolist() == ["upper", "both", "lower"]
    [said] = analysis.scale_notes(table)
    assert said.startswith("m1 won every comparison, so its strength has no upper bound; ")
    assert "m3 lost every comparison, so its strength has no lower bound" in said
    assert "never compared" not in said
    assert "or add a ridge penalty" in said
    assert table["reason"].notna().all()
    sure = ranked(chain(n_items=30, n_raters=8))
    assert sure["rank_low"].tolist() == sure["rank_high"].tolist() == [1, 2, 3]


def test_islands_are_another_sentence_with_another_remedy() -> None:
    rows: list[Answer] = []
    for item, rater, (a, b) in itertools.product(range(6), range(4), (("A", "B"), ("C", "D"))):
        side, other = ("left", "right") if (item + rater) % 2 else ("right", "left")
        rows.append((f"r{rater}", f"i{item}", a, b, side, side if item % 3 else other))
    table = ranked(long_table(rows))
    assert table["rank"].isna().all()
    [first, second] = analysis.scale_notes(table)
    assert "never compared with 'C', 'D', not even through other systems" in first + second
    assert "Add comparisons between the groups, or rank each group by itself" in first
    assert "no upper bound" not in first + second


def test_who_won_everything_is_first_with_a_lower_bound_that_more_units_raise() -> None:
    def board(n_items: int) -> pd.DataFrame:
        rows: list[Answer] = []
        for item, rater in itertools.product(range(n_items), range(8)):
            side, other = ("left", "right") if (item + rater) % 2 else ("right", "left")
            rows += [(f"r{rater}", f"i{item}", "best", name, side, side) for name in ("one", "two")]
            rows.append((f"r{rater}", f"i{item}", "one", "two", side, side if (item + rater) % 3 else other))
            rows.append((f"r{rater}", f"i{item}", "one", "worst", side, side))
        return ranked(long_table(rows, profile_id=None, profile_name=None))

    table = board(12)
    assert table["system"].tolist() == ["best", "one", "two", "worst"]
    assert table["open_end"].iloc[0] == "upper"
    assert table["open_end"].iloc[3] == "lower"
    assert table["strength"].isna().tolist() == [True, False, False, True]
    best, worst = table.iloc[0], table.iloc[3]
    assert np.isfinite(best["strength_low"])
    assert np.isnan(best["strength_high"])
    assert np.isfinite(worst["strength_high"])
    assert np.isnan(worst["strength_low"])
    assert board(6)["strength_low"].iloc[0] < best["strength_low"]
    held = analysis.ranking_table(chain(12, 8), **ONE, ridge=0.1)
    assert held["strength"].notna().all()
    assert held["open_end"].isna().all()


# Units


def test_p_and_interval_of_a_win_rate_are_over_the_same_units() -> None:
    table = ranked(EVEN)
    assert set(table["clusters"]) == {"rater x item"}
    assert set(table["units"]) == {"8 raters x 30 items"}
    assert set(table["estimand"]) == {"for raters and items like these 8 raters and 30 items"}
    apart = (table["win_rate_low"] > 0.5) | (table["win_rate_high"] < 0.5)
    assert ((table["p_value"] < 0.05) == apart).all()
    assert (table["degrees_of_freedom"] >= 1).all()


def test_agreeing_raters_make_no_difference_of_equal_systems() -> None:
    """Two equal systems, 60 comparisons x 3 raters who agree with the majority 92% of the time: 20.8% were P < .05."""
    rejected = 0
    n = studies(100)
    for seed in range(n):
        rng, rows = np.random.default_rng(seed), []
        for item in range(60):
            side, won = rng.choice(["left", "right"]), rng.random() < 0.5
            for rater in range(3):
                for_a = won == (rng.random() < 0.92)
                shown = side if for_a else ("right" if side == "left" else "left")
                rows.append((f"r{rater}", f"i{item}", "A", "B", side, shown))
        table = ranked(long_table(rows, profile_id=None, profile_name=None))
        assert table["p_value"].iloc[0] == pytest.approx(table["p_value"].iloc[1])
        rejected += table["p_value"].iloc[0] < 0.05
    assert rejected <= n / 10


def test_one_kind_that_is_asked_for_gives_the_figures_of_version_0_1_0() -> None:
    """Strengths, limits and ranks of the release on these votes, clustered by rater; its score bootstrap, too."""
    table = ranked(EVEN, cluster="rater", seed=3)
    assert set(table["clusters"]) == {"rater"}
    assert table["strength"].tolist() == pytest.approx(
        [0.32301427329827603, -0.11335126894494152, -0.2096630043533345], rel=1e-12
    )
    assert table["strength_low"].tolist() == pytest.approx(
        [0.15387656606450556, -0.2274332594968268, -0.3394235467075126], rel=1e-12
    )
    assert table["win_rate_low"].tolist() == pytest.approx(
        [0.5576126884220212, 0.4172938638275759, 0.3773175884391561], rel=1e-12
    )
    assert table[["rank_low", "rank_high"]].to_numpy().tolist() == [[1, 1], [2, 3], [2, 3]]
    drawn = ranked(EVEN, cluster="rater", method="score_bootstrap", seed=3)
    assert drawn["strength_low"].tolist() == pytest.approx(
        [0.2109304030917491, -0.19989481885953736, -0.3213701641566459], rel=1e-12
    )


# Pairs and sequences beside the left side


def test_where_position_explains_the_order_no_pair_differs() -> None:
    pairs = analysis.pair_table(CONFOUNDED, **ONE)  # type: ignore[arg-type]
    assert pairs["p_value"].isna().all()
    assert pairs["adjusted_p"].isna().all()
    assert pairs["win_rate"].tolist() == pairs["win_rate_unadjusted"].tolist()
    assert pairs["reason"].str.contains("cannot be told apart").all()
    assert set(pairs["sides"]) == {"confounded"}
    matrix = analysis.win_matrix_table(CONFOUNDED, **ONE)  # type: ignore[arg-type]
    assert matrix["win_rate"].notna().all()
    assert matrix["win_rate_low"].isna().all()
    assert matrix["reason"].str.contains("cannot be told apart").all()
    told = sentences.pairs_answer(pairs)
    assert told.startswith("No difference between systems is claimed: preference and position cannot be told")
    assert sentences.pairs_report(pairs) is None
    ignored = analysis.pair_table(CONFOUNDED, sides="ignore", **ONE)  # type: ignore[arg-type]
    assert ignored["p_value"].isna().all()


def test_a_sequence_claims_nothing_where_position_explains_the_order() -> None:
    found = analysis.sequence_table(CONFOUNDED, system="alpha", opponent="gamma", unit="judgment", **ONE)  # type: ignore[arg-type]
    assert found["win_rate"].notna().all()
    assert found["win_rate_low"].isna().all()
    assert found["decided_after"].isna().all()
    assert found["reason"].str.contains("cannot be told apart").all()
    assert "no difference is claimed" in sentences.sequence_answer(found)
    assert sentences.sequence_report(found) is None


def test_pairs_are_adjusted_for_the_left_side_where_the_ranking_is() -> None:
    """Gamma stood left in 90% of its judgments and is the weakest: observed it wins, adjusted it does not."""
    matrix = analysis.win_matrix_table(UNBALANCED, **ONE).set_index(["system", "opponent"])  # type: ignore[arg-type]
    for strong in ("alpha", "beta"):
        gamma = matrix.loc[("gamma", strong)]
        assert gamma["win_rate_low"] < gamma["win_rate"] < gamma["win_rate_high"]
        assert gamma["win_rate"] < 0.5 < gamma["win_rate_unadjusted"]
        other = matrix.loc[(strong, "gamma")]
        assert other["win_rate"] == pytest.approx(1 - gamma["win_rate"])
        assert other["win_rate_unadjusted"] == pytest.approx(1 - gamma["win_rate_unadjusted"])
    pairs = analysis.pair_table(UNBALANCED, **ONE)  # type: ignore[arg-type]
    assert "gamma" not in set(pairs["system"])
    assert set(pairs["sides"]) == {"adjusted"}
    assert "adjusted for the left side" in str(sentences.pairs_report(pairs))
    ignored = analysis.pair_table(UNBALANCED, sides="ignore", **ONE)  # type: ignore[arg-type]
    assert "gamma" in set(ignored["system"])
    assert "not adjusted for the left side" in str(
        analysis.sequence_table(UNBALANCED, system="alpha", opponent="gamma", **ONE)["method"].iloc[0]  # type: ignore[arg-type]
    )


def test_rates_of_pairs_add_up_to_the_adjusted_rates_of_systems() -> None:
    matrix = analysis.win_matrix_table(UNBALANCED, **ONE)  # type: ignore[arg-type]
    table = ranked(UNBALANCED).set_index("system")["win_rate"]
    for system, rows in matrix.groupby("system"):
        assert np.average(rows["win_rate"], weights=rows["n_judgments"]) == pytest.approx(table[system])


# Units of each system


def few_raters(stood: float = 0.5, n_items: int = 60, seed: int = 1) -> pd.DataFrame:
    """Return votes on three systems where gamma was judged by 3 of 20 raters only."""
    rng, rows = np.random.default_rng(seed), []
    for item in range(n_items):
        for a, b, raters in (("alpha", "beta", range(20)), ("alpha", "gamma", range(3))):
            for rater in raters:
                side = "left" if rng.random() < (stood if b == "gamma" else 0.5) else "right"
                own = [0.62, 0.7, 0.9][rater] if b == "gamma" else 0.5
                won = rng.random() < own
                rows.append(
                    (
                        f"r{rater}",
                        f"i{item}",
                        a,
                        b,
                        side,
                        side if won else "right" if side == "left" else "left",
                    )
                )
    return long_table(rows, profile_id=None, profile_name=None)


@pytest.mark.parametrize("stood", [0.5, 0.85])
def test_a_system_that_few_raters_judged_holds_for_these_raters(stood: float) -> None:
    table = ranked(few_raters(stood)).set_index("system")
    assert set(table["sides"]) == {"balanced" if stood == 0.5 else "adjusted"}
    assert table.at["alpha", "estimand"] == "for raters and items like these 20 raters and 60 items"
    assert table.at["gamma", "estimand"] == "for these 3 raters; generalises to items like these 60 items"
    assert table.at["gamma", "clusters"] == "item"
    assert table.at["gamma", "n_clusters"] == 60
    assert table.at["gamma", "units"] == "60 items"
    assert table.at["gamma", "p_degrees_of_freedom"] == 59
    assert table.at["gamma", "degrees_of_freedom"] == 59
    assert "clustered by item, t" in table.at["gamma", "win_rate_method"]


def test_a_system_with_too_few_units_of_every_kind_has_no_interval() -> None:
    judgments = few_raters(0.85)
    kept = ~judgments["system_b"].eq("gamma") | judgments["item_id"].isin([f"i{i}" for i in range(4)])
    table = ranked(judgments[kept].reset_index(drop=True), sides="adjust").set_index("system")
    gamma = table.loc["gamma"]
    assert np.isnan([gamma["win_rate_low"], gamma["p_value"], gamma["strength_low"]]).all()
    assert "too few units of every kind" in gamma["win_rate_reason"]
    assert "too few units of every kind" in gamma["reason"]
    assert np.isfinite([table.at["alpha", "win_rate_low"], table.at["alpha", "strength_low"]]).all()


def test_judgments_taken_as_independent_say_so() -> None:
    table = ranked(EVEN, method="model")
    assert set(table["clusters"]) == {"judgment"}
    assert table["n_clusters"].tolist() == table["n_judgments"].tolist()
