"""Shares, odds and tests of choices with clusters: worked figures, other packages, laws, undefined cases."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import StratifiedTable, Table2x2
from statsmodels.stats.proportion import confint_proportions_2indep

from study.errors import InvalidInput
from study.stats.choices.rao_scott import adjusted_wald, rao_scott
from study.stats.choices.two_by_two import (
    clustered_odds_ratio,
    exact_odds_ratio,
    mantel_haenszel,
    risk_ratio,
    share_difference,
)
from study.stats.claims import claimed_share
from study.stats.effects import odds_ratio
from study.stats.units import units_of
from tests.examples import examples
from tests.stats.test_rating_means import error_of

# Options by rater; the first three raters saw system a, the others b.
OPTION = np.array(
    ["xyz".index(one) for row in ("xxxy", "xyyz", "yyyx", "zzzy", "zzxz", "yzzz") for one in row]
)
RATER = np.repeat(np.arange(6), 4)
SYSTEM = RATER // 3
TABLE = [[109, 96], [79, 126]]


def raters(code=RATER, **options):
    return units_of({"rater": code}, asked=True, **options)


def chosen(seed, n_raters=40, n_each=25, n_options=3):
    """Raters of two systems with a taste of their own and no difference between systems."""
    rng = np.random.default_rng(seed)
    taste = np.exp(rng.normal(0, 0.8, (n_raters, n_options)))
    taste /= taste.sum(axis=1, keepdims=True)
    rater = np.repeat(np.arange(n_raters), n_each)
    option = (rng.random(len(rater))[:, None] > np.cumsum(taste, axis=1)[rater]).sum(axis=1)
    return np.minimum(option, n_options - 1), rater % 2, rater


def test_a_clustered_share_on_the_logit_scale():
    # R survey, svyciprop(method = "logit").
    claim = claimed_share(OPTION == 0, None, raters(), limits="logit", floor=False)
    found = claim.estimate
    assert (found.value, found.low, found.high) == pytest.approx((0.25, 0.0671, 0.6069), abs=5e-5)
    error = (np.log(found.high / (1 - found.high)) + np.log(3)) / stats.t.ppf(0.975, 5) * 0.25 * 0.75
    assert error == pytest.approx(0.1118, abs=5e-5)


@given(st.integers(0, 500))
@examples(20)
def test_a_logit_interval_excludes_what_its_test_rejects(seed):
    option, _, rater = chosen(seed, 10, 6)
    claim = claimed_share(option == 0, None, raters(rater), limits="logit", floor=False, null=0.4)
    outside = claim.estimate.low > 0.4 or claim.estimate.high < 0.4
    assert outside == (claim.p_value < 0.05)
    other = claimed_share(option != 0, None, raters(rater), limits="logit", floor=False, null=0.6)
    assert (other.estimate.low, other.p_value) == pytest.approx((1 - claim.estimate.high, claim.p_value))


def test_units_of_one_mind_have_exact_limits_on_either_scale():
    for limits in ("logit", "score"):
        found = claimed_share(np.ones(24), None, raters(), limits=limits).estimate
        assert (found.low, found.high) == pytest.approx((0.025 ** (1 / 6), 1))


def test_the_clustered_odds_ratio_of_the_toy():
    found = clustered_odds_ratio(OPTION == 0, SYSTEM, raters())
    assert found.claim.estimate.value == pytest.approx(2.0614, abs=5e-5)
    # statsmodels GEE has no G / (G - 1).
    assert error_of(found.claim) * np.sqrt(5 / 6) == pytest.approx(1.0521, abs=5e-5)
    woolf = odds_ratio(5, 7, 1, 11)
    assert np.log(woolf.high / woolf.value) / 1.959964 == pytest.approx(1.197, abs=5e-4)
    assert found.ratio.value == pytest.approx(woolf.value)


def test_the_clustered_odds_ratio_equals_estimating_equations():
    option, system, rater = chosen(1)
    design = np.column_stack([np.ones(len(rater)), system == 0]).astype(float)
    options = {"groups": rater, "family": sm.families.Binomial()}
    fit = sm.GEE((option == 1).astype(float), design, **options).fit()
    found = clustered_odds_ratio(option == 1, system, raters(rater))
    assert found.claim.estimate.value == pytest.approx(fit.params[1])
    assert error_of(found.claim) == pytest.approx(fit.bse[1] * np.sqrt(40 / 39))
    swapped = clustered_odds_ratio(option == 1, 1 - system, raters(rater))
    assert swapped.ratio.value == pytest.approx(1 / found.ratio.value)
    assert swapped.claim.p_value == pytest.approx(found.claim.p_value)


def test_an_empty_cell_has_one_exact_limit():
    found = exact_odds_ratio([[5, 0], [3, 4]])
    assert (found.low, found.high) == (pytest.approx(0.573, abs=5e-4), np.inf)
    assert np.isnan(found.value)
    assert exact_odds_ratio([[0, 5], [4, 3]]).low == 0
    assert exact_odds_ratio(TABLE).p_value == pytest.approx(0.00399, abs=5e-6)
    nothing = exact_odds_ratio([[0, 0], [3, 4]])
    assert np.isnan([nothing.low, nothing.high]).all()
    assert "row or a column is empty" in nothing.reason
    clustered = clustered_odds_ratio([1, 1, 1, 0], [0, 0, 1, 1], raters([0, 1, 2, 3]))
    assert "is 0" in clustered.ratio.reason


def test_two_shares():
    ratio = odds_ratio(109, 96, 79, 126)
    assert (ratio.value, ratio.low, ratio.high) == pytest.approx((1.81092, 1.2225, 2.6825), abs=5e-5)
    assert ratio.p_value == pytest.approx(0.00305, abs=5e-6)
    risks, gap = risk_ratio(TABLE), share_difference(TABLE)
    assert (risks.value, risks.low, risks.high) == pytest.approx((1.3797, 1.1124, 1.7114), abs=5e-5)
    assert (gap.value, gap.low, gap.high) == pytest.approx((0.14634, 0.0499, 0.2390), abs=5e-5)
    assert Table2x2(np.array(TABLE)).riskratio_confint() == pytest.approx((risks.low, risks.high))
    assert confint_proportions_2indep(109, 205, 79, 205, method="newcomb") == pytest.approx(
        (gap.low, gap.high)
    )
    independent = units_of({"answer": np.arange(410)}, asked=True)
    answer, group = np.repeat([1, 0, 1, 0], [109, 96, 79, 126]), np.repeat([0, 1], 205)
    test = rao_scott(answer, group, independent, n_options=2, n_groups=2)
    assert test.naive_chi_square == pytest.approx(8.8413, abs=5e-5)
    assert test.naive_p == pytest.approx(0.00294, abs=1e-5)
    assert test.p_value == pytest.approx(test.naive_p, rel=0.08)


def test_strata():
    found = mantel_haenszel([[[10, 5], [4, 11]], [[6, 9], [3, 12]]])
    assert (found.value, found.low, found.high) == pytest.approx((3.8723, 1.2564, 11.9353), abs=5e-5)
    assert found.p_value == pytest.approx(0.01708, abs=5e-6)
    rng = np.random.default_rng(0)
    tables = rng.integers(1, 20, (5, 2, 2))
    ours, theirs = mantel_haenszel(tables), StratifiedTable(tables.transpose(1, 2, 0).astype(float))
    assert ours.value == pytest.approx(theirs.oddsratio_pooled)
    assert (ours.low, ours.high) == pytest.approx(theirs.oddsratio_pooled_confint())
    assert ours.p_value == pytest.approx(theirs.test_null_odds().pvalue)
    assert mantel_haenszel(tables[:, ::-1]).value == pytest.approx(1 / ours.value)
    assert "no finite common" in mantel_haenszel([[[3, 0], [0, 2]]]).reason


def test_rao_and_scott_equal_svychisq():
    # R survey, svychisq(statistic = "F"), and "adjWald".
    found = rao_scott(OPTION, SYSTEM, raters(), n_options=3, n_groups=2)
    assert found.naive_chi_square == pytest.approx(11.067, abs=5e-4)
    assert found.naive_p == pytest.approx(0.0040, abs=5e-5)
    assert (found.f, found.df1, found.df2) == pytest.approx((6.3115, 1.7931, 8.9655), abs=5e-5)
    assert found.p_value == pytest.approx(0.02135, abs=5e-6)
    assert found.estimand == "for raters like these 6 raters"
    f, df1, df2, p = adjusted_wald(OPTION, SYSTEM, raters(), n_options=3, n_groups=2)
    assert (f, df1, df2) == pytest.approx((34, 2, 4))
    assert p == pytest.approx(0.0031, abs=5e-5)


def test_options_and_groups_in_any_order_and_unused_ones_change_nothing():
    one = rao_scott(OPTION, SYSTEM, raters(), n_options=3, n_groups=2)
    other = rao_scott(np.array([4, 0, 2])[OPTION], 2 - SYSTEM, raters(5 - RATER), n_options=6, n_groups=3)
    assert (other.f, other.df1, other.df2) == pytest.approx((one.f, one.df1, one.df2))
    wald = adjusted_wald(np.array([4, 0, 2])[OPTION], 2 - SYSTEM, raters(), n_options=6, n_groups=3)
    assert wald == pytest.approx(adjusted_wald(OPTION, SYSTEM, raters(), n_options=3, n_groups=2))


def test_clusters_hold_the_size_of_the_test():
    found = []
    for seed in range(150):
        option, system, rater = chosen(seed)
        found.append(rao_scott(option, system, raters(rater), n_options=3, n_groups=2))
    assert np.mean([one.p_value < 0.05 for one in found]) < 0.1
    assert np.mean([one.naive_p < 0.05 for one in found]) > 0.3


def test_what_cannot_be_tested_says_why():
    same = rao_scott(np.zeros(24, dtype=int), SYSTEM, raters(), n_options=3, n_groups=2)
    assert "fewer than two options" in same.reason
    alone = rao_scott(OPTION, SYSTEM, raters(np.zeros(24, dtype=int)), n_options=3, n_groups=2)
    assert "1 rater" in alone.reason
    assert np.isnan(adjusted_wald(OPTION, SYSTEM, raters(RATER // 3), n_options=3, n_groups=2)[0])
    assert "without yes" in risk_ratio([[0, 3], [2, 2]]).reason
    assert "without answers" in share_difference([[0, 0], [2, 2]]).reason
    for table in ([[1, 2, 3]], [[1, -1], [1, 1]], [[0.5, 1], [1, 1]]):
        with pytest.raises(InvalidInput, match="whole counts"):
            risk_ratio(table)
    with pytest.raises(InvalidInput, match="n_strata, 2, 2"):
        mantel_haenszel(np.ones((2, 3, 2)))
    with pytest.raises(InvalidInput, match="option code 3"):
        rao_scott(OPTION + 1, SYSTEM, raters(), n_options=3, n_groups=2)
