"""The left side beside strengths: identification, fits against published cells and peers, win rates without the side."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from study.stats.ranking.answers import A_WON, B_WON, TIED, answers
from study.stats.ranking.model_influence import model_likelihood
from study.stats.ranking.side_adjusted import side_fit
from study.stats.ranking.side_strengths import side_strengths
from study.stats.ranking.sides import side_balance
from study.stats.units import units_of
from tests.stats.side_cells import CELLS, answered, identified

MODELS = ("bradley_terry", "davidson", "rao_kupper", "grounded_rao_kupper", "graded")


def fitted(given, model, *, adjusted=True):
    return side_fit(given, model_likelihood(given, model)[0], adjusted=adjusted)


# Identification: rank [D, 1] = rank D + 1


@pytest.mark.parametrize(
    ("pairs", "r_squared", "inflation", "confounded"),
    [
        ({"AB": 10, "AC": 10}, 1, np.inf, True),
        ({"AB": 10, "BC": 10, "AC": 10}, 0.889, 9, True),  # identified only because strengths add up
        ({"AB": 10, "AC": 10, "BC": 10, "CB": 10}, 0.5, 2, False),
        ({"AB": 10, "BA": 10, "AC": 10, "CA": 10}, 0, 1, False),
    ],
)
def test_r_squared_and_inflation_say_whether_side_and_system_can_be_told_apart(
    pairs, r_squared, inflation, confounded
):
    found = side_balance(*identified(pairs), 3)
    assert found.r_squared == pytest.approx(r_squared, abs=5e-4)
    assert found.inflation == pytest.approx(inflation)
    assert found.confounded is confounded
    design = np.zeros((found.n_judgments, 3))
    a, b, _ = identified(pairs)
    design[np.arange(len(a)), a], design[np.arange(len(a)), b] = 1, -1
    rank, with_constant = (
        np.linalg.matrix_rank(one) for one in (design, np.column_stack([design, np.ones(len(a))]))
    )
    assert np.isfinite(found.inflation) == (with_constant == rank + 1)
    constant = design @ np.linalg.lstsq(design, np.ones(len(a)))[0]
    assert found.r_squared == pytest.approx(constant @ constant / len(a), abs=1e-9)


def test_a_mostly_additive_identification_is_a_warning():
    found = side_balance(*identified({"AB": 20, "BC": 20, "AC": 20, "CA": 1}), 3)
    assert not found.confounded
    assert found.shaky
    assert found.inflation > 5


def test_sides_are_unbalanced_beyond_what_coin_flips_leave():
    rng = np.random.default_rng(4)
    flagged = 0
    for _ in range(400):
        a = rng.integers(0, 4, 120)
        b = (a + rng.integers(1, 4, 120)) % 4
        flagged += side_balance(a, b, rng.choice([-1, 1], 120), 4).unbalanced
    assert 0.02 < flagged / 400 < 0.08
    assert side_balance(*identified({"AB": 70, "BA": 30}), 3).unbalanced
    assert not side_balance(*identified({"AB": 7, "BA": 3}), 3).unbalanced
    large = side_balance(*identified({"AB": 52_000, "BA": 48_000}), 3)
    assert not large.unbalanced  # beyond chance, but too little to move a strength
    assert side_balance(*identified(dict.fromkeys(CELLS, 50)), 3).r_squared == 0


def test_pairs_that_are_hardly_repeated_are_not_called_confounded_for_being_seen_one_way():
    """40 systems, 150 judgments: nearly every pair is seen once, in an order of its own."""
    rng = np.random.default_rng(2)
    pairs = rng.permutation([(i, j) for i in range(40) for j in range(i)])[:150]
    found = side_balance(pairs[:, 0], pairs[:, 1], rng.choice([-1, 1], 150), 40)
    assert found.n_both_ways == 0
    assert not found.one_way
    assert not found.confounded
    often = side_balance(*identified({"AB": 9, "BC": 9, "CA": 9}), 3)
    assert often.inflation == pytest.approx(1)
    assert often.confounded  # in a circle, always the same way round


def test_without_sides_nothing_is_said():
    found = side_balance([0, 1], [1, 2], [0, 0], 3)
    assert np.isnan(found.r_squared)
    assert not found.confounded
    assert not found.unbalanced
    assert np.isnan(found.left_share).all()


# The published cells


def test_davidson_and_beavers_order_effect_on_the_cells_of_the_claims_audit():
    half, plain = fitted(answered(), "bradley_terry"), fitted(answered(), "bradley_terry", adjusted=False)
    assert half.strengths == pytest.approx([0.24026, 0.08010, -0.32036], abs=5e-6)
    assert half.effect == pytest.approx(0.53904, abs=5e-6)
    assert half.effect_error == pytest.approx(0.1223, abs=5e-5)
    assert plain.strengths == pytest.approx([0.22395, 0.07467, -0.29862], abs=5e-6)
    davidson, without = fitted(answered(), "davidson"), fitted(answered(), "davidson", adjusted=False)
    assert davidson.strengths == pytest.approx([0.27465, 0.09156, -0.36621], abs=5e-6)
    assert davidson.effect == pytest.approx(0.61526, abs=5e-6)
    assert np.exp(davidson.shared) == pytest.approx([0.27398], abs=5e-6)
    assert davidson.log_likelihood == pytest.approx(-272.9365, abs=5e-5)
    assert without.strengths == pytest.approx([0.25350, 0.08452, -0.33801], abs=5e-6)
    assert np.exp(without.shared) == pytest.approx([0.26155], abs=5e-6)


def random_answers(seed, n=400, n_systems=4, left=0.6, most_left=0):
    """Answers with a preference for the left; system ``most_left`` stands there in four of five."""
    rng = np.random.default_rng(seed)
    a = rng.integers(0, n_systems, n)
    b = (a + rng.integers(1, n_systems, n)) % n_systems
    side = rng.choice([-1, 1], n)
    chosen = (a == most_left) | (b == most_left)
    side = np.where(chosen, np.where((rng.random(n) < 0.8) == (a == most_left), 1, -1), side)
    lean = 0.3 * (b - a) + left * side + rng.logistic(size=n)
    grade = np.where(np.abs(lean) < 0.4, 0, np.sign(lean) * np.where(np.abs(lean) > 1.5, 2, 1)).astype(int)
    answer = np.where(grade > 0, A_WON, np.where(grade < 0, B_WON, TIED))
    return answers(a, b, answer, grade, [f"S{i}" for i in range(n_systems)], side)


@pytest.mark.parametrize("seed", range(4))
def test_statsmodels_and_scikit_learn_give_the_same_adjusted_strengths(seed):
    given = random_answers(seed)
    found = fitted(given, "bradley_terry")
    design = np.zeros((len(given.first), 4))
    design[np.arange(len(design)), given.first], design[np.arange(len(design)), given.second] = 1, -1
    score = np.array([1, 0, 0.5])[given.answer]
    columns = np.column_stack([design[:, 1:], given.side])
    peer = sm.GLM(score, columns, family=sm.families.Binomial()).fit(tol=1e-12)
    strengths = np.append(0, peer.params[:3])
    assert found.strengths == pytest.approx(strengths - strengths.mean(), abs=1e-7)
    assert found.effect == pytest.approx(peer.params[3], abs=1e-7)
    assert found.effect_error == pytest.approx(peer.bse[3], abs=1e-6)
    twice = np.vstack([columns, columns])
    outcome, weight = np.repeat([1, 0], len(score)), np.concatenate([score, 1 - score])
    logistic = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-10, max_iter=10_000)
    logistic.fit(twice, outcome, sample_weight=weight)
    assert found.effect == pytest.approx(logistic.coef_[0, 3], abs=1e-5)


@pytest.mark.parametrize("model", MODELS)
def test_every_model_is_its_own_without_sides_and_knows_no_naming(model):
    given = random_answers(3)
    plain = model_likelihood(given, model)[1].strengths
    assert fitted(given, model, adjusted=False).strengths == pytest.approx(plain, abs=1e-6)
    turned = answers(
        given.second,
        given.first,
        np.array([B_WON, A_WON, TIED, 3])[given.answer],
        -given.grade,
        given.systems,
        -given.side,
    )
    one, other = fitted(given, model), fitted(turned, model)
    assert one.strengths == pytest.approx(other.strengths, abs=1e-9)
    assert one.effect == pytest.approx(other.effect, abs=1e-9)
    mirrored = answers(given.first, given.second, given.answer, given.grade, given.systems, -given.side)
    assert fitted(mirrored, model).effect == pytest.approx(-one.effect, abs=1e-5)


@pytest.mark.parametrize("model", MODELS)
def test_influence_is_what_leaving_out_a_judgment_does_to_first_order(model):
    given = random_answers(5, n=300)
    found = fitted(given, model)
    for moves, value in (
        (found.of_strengths, found.strengths),
        (found.of_effect, found.effect),
        (found.of_win_rates, found.win_rates),
    ):
        assert np.abs(moves[found.cell].sum(axis=0)).max() < 1e-5
        for place in (0, 17, 101):
            kept = np.arange(len(given.first)) != place
            without = answers(
                given.first[kept],
                given.second[kept],
                given.answer[kept],
                given.grade[kept],
                given.systems,
                given.side[kept],
            )
            name = {
                id(found.of_strengths): "strengths",
                id(found.of_effect): "effect",
                id(found.of_win_rates): "win_rates",
            }[id(moves)]
            moved = value - getattr(fitted(without, model), name)
            assert moves[found.cell[place]] == pytest.approx(moved, abs=0.06 * np.abs(moved).max() + 1e-4)


def test_a_win_rate_without_the_side_is_that_of_both_orders_alike():
    cells = {"AB": (60, 0, 20), "BA": (12, 0, 8)}
    found = fitted(answered(cells, "AB"), "bradley_terry")
    # One pair: the model is saturated, so that the adjusted rate is the mean of the rates in both orders.
    assert found.win_rates[0] == pytest.approx((60 / 80 + 8 / 20) / 2, abs=0.01)
    assert found.win_rates[0] + 0.05 < (60 + 8) / 100
    balanced = fitted(answered(), "bradley_terry")
    assert balanced.win_rates == pytest.approx([0.5825, 0.5275, 0.39], abs=1e-9)


def test_answers_that_follow_the_left_without_exception_have_no_fit():
    found = fitted(answered({"AB": (9, 0, 0), "BA": (9, 0, 0), "AC": (5, 0, 0), "CA": (5, 0, 0)}), "davidson")
    assert "follow the left side without exception" in found.reason
    assert np.isnan(found.strengths).all()


def test_adjusted_claims_reject_true_nulls_about_as_often_as_they_say():
    """Equal systems, one four times in five on the left, a strong preference for the left, 12 raters x 24 items."""
    rejected = plain = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        rater, item = (part.ravel() for part in np.indices((12, 24)))
        side = np.where(rng.random(rater.size) < 0.8, 1, -1)
        lean = (
            0.8 * side
            + rng.normal(0, 0.5, 12)[rater]
            + rng.normal(0, 0.5, 24)[item]
            + rng.logistic(size=rater.size)
        )
        answer = np.where(lean > 0, A_WON, B_WON)
        given = answers(
            np.zeros_like(rater), np.ones_like(rater), answer, np.array([1, -1])[answer], ["A", "B"], side
        )
        units = units_of({"rater": rater, "item": item})
        rejected += side_strengths(given, "bradley_terry", units).win_rates()[0].p_value < 0.05
        wins = np.mean(answer == A_WON)
        plain += abs(wins - 0.5) / np.sqrt(0.25 / rater.size) > 1.96
    assert rejected / 200 <= 0.1
    assert plain / 200 > 0.8


def test_the_effect_is_the_win_rate_of_the_left_between_equal_systems():
    given = random_answers(7, n=6000)
    units = units_of({"rater": np.arange(6000) % 40, "item": np.arange(6000) // 40})
    effect = side_strengths(given, "davidson", units).effect()
    assert effect.estimate.low < effect.estimate.value < effect.estimate.high
    assert 0.55 < expit(effect.estimate.value) < 0.8
    assert effect.p_value < 0.001
