"""Answers against gold, and groups against each other: worked figures, other packages, simulations, undefined cases."""

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import balanced_accuracy_score, f1_score

from study.errors import InvalidInput
from study.stats.agreement.chance_corrected import LEAST_DISAGREEMENT
from study.stats.agreement.pairwise_kappa import cohen_kappa
from study.stats.choices.disparity import (
    gap_limits,
    gap_p_value,
    group_shares,
    null_errors,
    null_gap,
    null_gap_of_shares,
    too_few,
    tukey_quantile,
)
from study.stats.choices.gold import chance_levels, class_f1, gold_scores, guess_corrected, simulated_chance
from study.stats.choices.harm import GENERIC, group_flags, group_harm
from study.stats.choices.personal_gold import majority_accuracy, majority_labels, per_user_accuracy
from study.stats.ranking.win_rates import wilson_interval
from study.stats.resampling import Estimate
from study.stats.units import units_of

GOLD, ANSWER = (np.array(["abcd".index(one) for one in row]) for row in ("aaaabbbccd", "aaabbbacda"))
YES, SIZE = np.array([40, 33, 30, 12]), np.array([50, 50, 50, 20])


def table_of(gold, answer, n):
    return np.bincount(gold * n + answer, minlength=n * n).reshape(1, n, n).astype(float)


def test_scores_against_gold():
    found = gold_scores(GOLD, ANSWER, np.arange(10), n_classes=4)
    values = {name: one.value for name, one in found.items()}
    assert values == pytest.approx(
        {"accuracy": 0.6, "macro_f1": 0.5, "weighted_f1": 0.6, "balanced_accuracy": 0.4792}, abs=5e-5
    )
    table = table_of(GOLD, ANSWER, 4)
    assert cohen_kappa(table[0], np.eye(4)).value == pytest.approx(0.4118, abs=5e-5)
    assert LEAST_DISAGREEMENT >= 0


def test_f1_of_mean_precision_and_recall_is_another_number():
    table = table_of(GOLD, ANSWER, 4)[0]
    precision, recall = (np.diag(table) / table.sum(axis=axis) for axis in (0, 1))
    means = precision.mean(), recall.mean()
    assert 2 * means[0] * means[1] / sum(means) == pytest.approx(0.5193, abs=5e-5)


def test_scores_and_intervals_equal_a_loop_over_clusters():
    rng = np.random.default_rng(0)
    gold, cluster = rng.integers(0, 3, 120), np.arange(120) // 8
    answer = np.where(rng.random(120) < 0.6, gold, rng.integers(0, 3, 120))
    found = gold_scores(gold, answer, cluster, n_classes=3)
    scores = {
        "macro_f1": lambda kept: f1_score(gold[kept], answer[kept], average="macro"),
        "weighted_f1": lambda kept: f1_score(gold[kept], answer[kept], average="weighted"),
        "balanced_accuracy": lambda kept: balanced_accuracy_score(gold[kept], answer[kept]),
    }
    for name, score in scores.items():
        left_out = np.array([score(cluster != one) for one in range(15)])
        half = stats.t.ppf(0.975, 14) * np.sqrt(14 / 15 * ((left_out - left_out.mean()) ** 2).sum())
        value = score(np.ones(120, dtype=bool))
        assert (found[name].value, found[name].low) == pytest.approx((value, value - half))
        assert found[name].n_units == 15


def test_a_class_in_neither_is_left_out_and_in_one_is_0():
    each = class_f1(table_of(np.array([0, 0, 1]), np.array([0, 2, 1]), 4))[0]
    assert each == pytest.approx([2 / 3, 1, 0, np.nan], nan_ok=True)
    found = gold_scores([0, 0, 1], [0, 2, 1], [0, 1, 2], n_classes=4)
    assert found["macro_f1"].value == pytest.approx(5 / 9)
    assert gold_scores([], [], [], n_classes=2)["accuracy"].reason == "no answer"
    with pytest.raises(InvalidInput, match="answer code 4"):
        gold_scores([0], [4], [0], n_classes=4)


def test_chance():
    levels = chance_levels([4, 3, 2, 1])
    assert (
        levels["uniform"].accuracy,
        levels["prior"].accuracy,
        levels["majority"].accuracy,
    ) == pytest.approx((0.25, 0.30, 0.4))
    assert levels["uniform"].macro_f1 == pytest.approx(0.2364, abs=5e-5)
    assert levels["majority"].macro_f1 == pytest.approx(0.1429, abs=5e-5)
    many = simulated_chance([4000, 3000, 2000, 1000], n_resamples=200, rng=np.random.default_rng(0))
    assert many.macro_f1 == pytest.approx(levels["uniform"].macro_f1, abs=1e-3)


def test_chance_on_ten_items_equals_the_sum_over_all_answers():
    """The mean F1 of a class by its definition: its own items and the others are guessed independently."""
    exact = []
    for n in (4, 3, 2, 1):
        right, wrong = np.arange(n + 1)[:, None], np.arange(11 - n)
        chances = stats.binom.pmf(right, n, 0.25) * stats.binom.pmf(wrong, 10 - n, 0.25)
        exact.append((chances * 2 * right / (n + right + wrong)).sum())
    found = simulated_chance([4, 3, 2, 1], rng=np.random.default_rng(0))
    assert np.mean(exact) == pytest.approx(0.2172, abs=5e-5)
    assert found.macro_f1 == pytest.approx(np.mean(exact), abs=0.004)


def test_accuracy_corrected_for_guessing():
    low, high = wilson_interval(60, 100)
    assert (low, high) == pytest.approx((0.502, 0.691), abs=5e-4)
    found = guess_corrected(Estimate(0.6, low, high, 0.95, 100, 0, "Wilson"), 4)
    assert (found.value, found.low, found.high) == pytest.approx((0.4667, 0.336, 0.587), abs=5e-4)
    assert guess_corrected(Estimate(0.25, 0.2, 0.3, 0.95, 9, 0, ""), 4).value == 0
    with pytest.raises(InvalidInput, match="n_options 1"):
        guess_corrected(found, 1)


def test_one_text_with_opposite_golds():
    # Two users want opposite answers and get them; a crowd's majority agrees with one of the two.
    assert per_user_accuracy([0, 1], [0, 1], [0, 1]).estimate.value == 1.0
    crowd = majority_labels([0, 0, 1], [0, 0, 0], n_items=1, n_labels=2)
    units = units_of({"user": [0, 1]}, asked=True)
    assert majority_accuracy(crowd, [0, 1], [0, 0], units).estimate.value == 0.5


def test_a_tied_majority_is_undefined():
    tied = majority_labels([0, 1], [0, 0], n_items=2, n_labels=2)
    assert tied.tolist() == [-1, -1]
    found = majority_accuracy(tied, [0, 1], [0, 1], units_of({"rater": [0, 1]}, asked=True)).estimate
    assert (np.isnan(found.value), found.reason) == (True, "no item with a majority")
    assert per_user_accuracy([], [], []).estimate.reason == "no answer"


def test_each_user_counts_once():
    gold, answer = [0] * 12, [0] * 10 + [1, 1]
    assert per_user_accuracy(gold, answer, [0] * 10 + [1, 2]).estimate.value == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("groups", "size", "mean"),
    [(2, 100, 0.056), (4, 100, 0.103), (8, 100, 0.142), (8, 30, 0.258), (20, 30, 0.338)],
)
def test_the_gap_of_equal_groups_is_not_0(groups, size, mean):
    found = null_gap_of_shares([size] * groups, 0.5)
    assert found == pytest.approx(mean, abs=5e-4)
    assert null_gap([0.5 / np.sqrt(size)] * groups) == pytest.approx(found, rel=0.02)


def test_the_gap_of_equal_groups_of_different_size_equals_a_simulation():
    rng, n = np.random.default_rng(0), np.array([7, 12, 30])
    shares = rng.binomial(n, 0.3, (40_000, 3)) / n
    assert null_gap_of_shares(n, 0.3) == pytest.approx(np.ptp(shares, axis=1).mean(), abs=0.003)


def test_four_groups():
    shares = YES / SIZE
    found = gap_limits(shares, np.sqrt(shares * (1 - shares) / SIZE))
    assert (found.gap, found.low, found.high) == pytest.approx((0.20, 0, 0.517), abs=5e-4)
    assert null_gap_of_shares(SIZE, YES.sum() / SIZE.sum()) == pytest.approx(0.159, abs=5e-4)
    assert stats.chi2_contingency(np.stack([YES, SIZE - YES])).pvalue == pytest.approx(0.144, abs=5e-4)
    answer = np.concatenate([np.arange(n) < yes for yes, n in zip(YES, SIZE, strict=True)]).astype(int)
    group = np.repeat(np.arange(4), SIZE)
    p = gap_p_value(answer, group, np.arange(170), n_groups=4, n_resamples=4000, rng=np.random.default_rng(0))
    assert p == pytest.approx(0.29, abs=0.02)


def test_limits_of_the_gap_cover_it_also_where_groups_do_not_differ():
    rng, held = np.random.default_rng(0), {0.0: 0, 0.2: 0}
    group, rater = np.repeat(np.arange(8), 50), np.arange(400)
    units = units_of({"rater": rater})
    for gap in held:
        truth = 0.5 + np.linspace(-gap / 2, gap / 2, 8)
        for _ in range(100):
            answer = (rng.random(400) < truth[group]).astype(int)
            shares = group_shares(answer, group, rater, units, n_groups=8)
            found = gap_limits(shares.share, shares.error, shares.degrees_of_freedom)
            held[gap] += found.low <= gap <= found.high
    assert min(held.values()) >= 90


def test_shares_of_groups_over_raters_and_groups_that_are_too_few():
    rng = np.random.default_rng(1)
    rater = np.repeat(np.arange(24), 10)
    group = np.minimum(rater // 10, 2)
    level = rng.normal(0, 2, 24)[rater]
    answer = (rng.random(240) < 1 / (1 + np.exp(-level))).astype(int)
    found = group_shares(answer, group, rater, units_of({"rater": rater}), n_groups=3)
    assert found.too_few.tolist() == [False, False, True]
    assert np.isnan(found.share[2])
    assert found.n_raters.tolist() == [10, 10, 4]
    assert (found.error[:2] > np.sqrt(found.share * (1 - found.share) / found.n_answers)[:2]).all()
    limits = gap_limits(found.share, found.error, found.degrees_of_freedom)
    assert limits.low <= limits.gap <= limits.high
    assert null_gap(null_errors(found)) > null_gap_of_shares([100, 100], 0.5)
    assert too_few([30, 29], [5, 50]).tolist() == [False, True]
    p = gap_p_value(answer, group, rater, n_groups=3, n_resamples=200, rng=rng)
    assert 0 < p <= 1
    assert np.isnan(gap_p_value(answer, group, rater % 3, n_groups=3, n_resamples=9, rng=rng))


def test_a_gap_of_less_than_two_groups_is_undefined():
    assert "fewer than two groups" in gap_limits([0.5, np.nan], [0.1, np.nan]).reason
    assert "without variation" in gap_limits([0.5, 1.0], [0.1, 0.0]).reason
    assert np.isnan(null_gap([0.1]))
    assert tukey_quantile(4, np.inf) == pytest.approx(2.569, abs=5e-4)
    with pytest.raises(InvalidInput, match="two groups or more"):
        null_gap_of_shares([10], 0.5)


def test_harmed_and_envious_groups():
    found = group_flags([[4.0, 3.2], [3.6, 3.1]], [3.5, 3.4])
    assert found.harmed.tolist() == [False, True]
    assert found.envious.tolist() == [False, True]
    assert found.envied.tolist() == [1, 0]
    assert group_flags([[3.0, np.nan], [np.nan, 2.0]], [1.0, 1.0]).envied.tolist() == [-1, -1]
    with pytest.raises(InvalidInput, match="a row and a column per group"):
        group_flags([[1.0, 2.0]], [1.0])


def test_harm_is_the_paired_difference_with_holm_over_groups():
    rng = np.random.default_rng(0)
    rater, own = np.repeat(np.arange(20), 2), np.tile([True, False], 20)
    group = rater // 10
    value = rng.normal(3, 1, 20)[rater] + rng.normal(0, 0.3, 40) + np.where(own & (group == 1), -0.8, 0)
    made_for = np.where(own, group, GENERIC)
    found = group_harm(value, group, made_for, units_of({"rater": rater}), n_groups=3)
    for one in (0, 1):
        here = group == one
        plain = stats.ttest_rel(value[here & own], value[here & ~own])
        assert found[one].gain.p_value == pytest.approx(plain.pvalue)
        assert found[one].gain.estimate.value == pytest.approx(
            (value[here & own] - value[here & ~own]).mean()
        )
    assert found[1].p_holm == pytest.approx(2 * found[1].gain.p_value)
    assert np.isnan(found[2].gain.estimate.value)
    assert found[2].gain.estimate.reason
