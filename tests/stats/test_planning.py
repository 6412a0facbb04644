"""Plans against closed forms and known truth; confidence sequences under optional stopping."""

import numpy as np
import pytest
from scipy import stats

from study.errors import InvalidInput
from study.stats.planning.planned_studies import Assumptions, StudySize, item_correlation
from study.stats.planning.plans import QUANTITIES, plan, smallest_plan
from study.stats.planning.sequential import win_rate_sequence
from study.stats.ranking.win_rates import wilson_interval
from tests.examples import studies

EFFECTS = {"win_rate": 0.62, "bt_difference": 0.6, "alpha": 0.4, "correlation": 0.4}
ALIKE = {"rater_sd": 0.0, "item_sd": 0.0}


def test_the_effects_cover_every_quantity():
    assert set(EFFECTS) == set(QUANTITIES)


def test_raters_are_as_many_as_the_judgments_need():
    assert StudySize(100, 3, 30).n_raters == 10
    assert StudySize(100, 3, 31).n_raters == 10
    assert StudySize(4, 5, 100).n_raters == 5


def test_power_of_a_win_rate_with_equal_raters_is_the_binomial_one():
    """160 untied judgments, one by each rater: power of the score test, exactly."""
    size = StudySize(160, 1, 1)
    found = plan("win_rate", size, Assumptions(0.6, tie_rate=0, **ALIKE), n_simulations=2000)
    wins = np.arange(161)
    excluding = np.array([wilson_interval(k, 160)[0] > 0.5 for k in wins])
    exact = stats.binom.pmf(wins, 160, 0.6)[excluding].sum()
    assert found.power.value == pytest.approx(exact, abs=4 * found.power.error + 0.01)
    assert found.half_width.value == pytest.approx(1.96 * np.sqrt(0.24 / 160), rel=0.02)
    assert found.truth == pytest.approx(0.6)


def test_differing_raters_cost_precision_and_ties_save_it():
    size = StudySize(200, 2, 40)
    alike = plan("win_rate", size, Assumptions(0.6, **ALIKE), n_simulations=200)
    differing = plan("win_rate", size, Assumptions(0.6, rater_sd=1.0, item_sd=0.0), n_simulations=200)
    tied = plan("win_rate", size, Assumptions(0.6, tie_rate=0.6, **ALIKE), n_simulations=200)
    assert tied.half_width.value < alike.half_width.value < differing.half_width.value


@pytest.mark.slow
@pytest.mark.parametrize("quantity", QUANTITIES)
def test_planned_intervals_cover(quantity):
    found = plan(quantity, StudySize(150, 3, 15), Assumptions(EFFECTS[quantity]), n_simulations=studies(600))
    assert 0.925 <= found.coverage.value <= 0.975
    assert found.n_undefined == 0


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_the_same_seed_gives_the_same_plan_and_more_items_more_precision(quantity):
    world = Assumptions(EFFECTS[quantity])
    small = plan(quantity, StudySize(60, 3, 15), world, n_simulations=60)
    assert small == plan(quantity, StudySize(60, 3, 15), world, n_simulations=60)
    large = plan(quantity, StudySize(240, 3, 15), world, n_simulations=60)
    assert large.half_width.value < small.half_width.value
    assert large.power.value >= small.power.value


def test_power_without_an_effect_is_half_of_what_the_level_leaves():
    found = plan("win_rate", StudySize(120, 2, 10), Assumptions(0.5), n_simulations=1500)
    assert found.power.value == pytest.approx(0.025, abs=0.015)


def test_the_smallest_study_reaches_its_target_and_a_smaller_one_does_not():
    world = Assumptions(0.6, tie_rate=0, **ALIKE)
    found = smallest_plan("win_rate", StudySize(1, 1, 1), world, half_width=0.05, n_simulations=100)
    assert found.half_width.value <= 0.05
    assert found.size.n_items == pytest.approx(1.96**2 * 0.24 / 0.05**2, rel=0.06)


def test_a_target_out_of_reach_is_said():
    world = Assumptions(0.6, rater_sd=1.0)
    size = StudySize(1, 25_000, 50_000)
    found = smallest_plan("win_rate", size, world, half_width=0.001, n_simulations=2)
    assert "not reached" in found.reason
    assert found.size.n_judgments <= 100_000


def test_a_study_without_intervals_has_no_power_and_a_reason():
    found = plan("alpha", StudySize(20, 1, 10), Assumptions(0.5), n_simulations=10)
    assert found.power.value == 0
    assert np.isnan(found.half_width.value)
    assert found.n_undefined == 10
    assert found.reason == "no unit was rated by two raters"


@pytest.mark.parametrize(
    ("quantity", "effect", "sentence"),
    [
        ("win_rate", 1.0, "win rate 1.0"),
        ("alpha", 1.0, "alpha 1.0"),
        ("correlation", -1.0, "correlation -1.0"),
        ("kappa", 0.5, "unknown quantity 'kappa'"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(quantity, effect, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        plan(quantity, StudySize(20, 2, 10), Assumptions(effect), n_simulations=2)


@pytest.mark.parametrize(
    "arguments", [{}, {"power": 0.8, "half_width": 0.1}, {"power": 1.0}, {"half_width": 0.0}]
)
def test_a_search_needs_one_possible_target(arguments):
    with pytest.raises(InvalidInput, match="allowed"):
        smallest_plan("win_rate", StudySize(20, 2, 10), Assumptions(0.6), n_simulations=2, **arguments)


def test_an_item_correlation_of_constants_is_undefined():
    estimate = item_correlation(np.arange(5.0), np.full(5, 0.3), 0.95)
    assert np.isnan([estimate.value, estimate.low]).all()
    assert estimate.reason


# Confidence sequences


@pytest.mark.parametrize(
    ("rate", "tie_rate"), [(0.5, 0.0), (0.62, 0.3), (0.97, 0.0)], ids=["even", "ties", "extreme"]
)
def test_a_confidence_sequence_holds_at_every_look(rate, tie_rate):
    """Stopping at the worst moment of 1,500, in at most 5% of studies the truth has ever been left out."""
    rng = np.random.default_rng(3)
    untied = (rate - tie_rate / 2) / (1 - tie_rate)
    n, left_out = studies(400), 0
    for _ in range(n):
        won = (rng.random(1500) < untied).astype(float)
        wins = np.where(rng.random(1500) < tie_rate, 0.5, won)
        left_out += win_rate_sequence(wins).first_excluding(rate) is not None
    assert left_out / n <= 0.05


def test_a_fixed_interval_looked_at_often_does_not_hold():
    """Why a sequence is needed: Wilson's interval, looked at every 10 judgments, leaves out the truth far too often."""
    rng = np.random.default_rng(3)
    looks = np.arange(10, 1501, 10)
    wrong = 0
    for _ in range(200):
        won = np.cumsum(rng.random(1500) < 0.5)[looks - 1]
        wrong += any(
            not low <= 0.5 <= high
            for low, high in (wilson_interval(w, n) for w, n in zip(won, looks, strict=True))
        )
    assert wrong / 200 > 0.2


def test_a_sequence_has_limits_around_its_mean_and_narrows():
    wins = (np.random.default_rng(0).random(4000) < 0.6).astype(float)
    sequence = win_rate_sequence(wins)
    assert (sequence.low <= sequence.mean).all()
    assert (sequence.mean <= sequence.high).all()
    assert (sequence.high - sequence.low)[-1] < 0.08
    assert sequence.first_excluding(0.5) is not None
    mirrored = win_rate_sequence(1 - wins)
    assert mirrored.low == pytest.approx(1 - sequence.high)
    wider = win_rate_sequence(wins, confidence_level=0.99)
    assert (wider.low <= sequence.low).all()


def test_an_edge_of_a_sequence_is_where_the_wealth_of_a_bettor_reaches_its_bound():
    """10 wins of 14 against the mixture's integral, done numerically."""
    wins = np.array([1.0] * 10 + [0.0] * 4)
    low = win_rate_sequence(wins).low[-1]
    q = (np.sin(np.linspace(0, np.pi / 2, 200_001)) ** 2)[1:-1]  # quantiles of Beta(1/2, 1/2)
    wealth = np.mean(q**10 * (1 - q) ** 4) / (low**10 * (1 - low) ** 4)
    assert wealth == pytest.approx(20, rel=1e-3)


def test_an_empty_sequence_is_empty_and_a_wrong_win_is_named():
    assert len(win_rate_sequence([]).low) == 0
    with pytest.raises(InvalidInput, match="win 2 at position 1"):
        win_rate_sequence([1, 2])
    with pytest.raises(InvalidInput, match="win nan at position 0"):
        win_rate_sequence([np.nan])
