import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from study.errors import InvalidInput
from study.stats.correlation.kendall_test import kendall_test

X = np.nan


def test_scipy_kendalltau_example():
    found = kendall_test([12, 2, 1, 12, 2], [1, 4, 7, 1, 0])
    assert found.tau_b == pytest.approx(-0.471405, abs=5e-7)
    assert found.p_two_sided == pytest.approx(0.282745, abs=5e-7)
    assert (found.n, found.reason) == (5, None)


@given(
    st.integers(3, 12).flatmap(
        lambda n: hnp.arrays(np.float64, (2, n), elements=st.integers(0, 4).map(float) | st.just(X))
    )
)
def test_kendall_test_with_ties_and_gaps_equals_scipy(scores):
    found = kendall_test(*scores)
    assert found.n == (~np.isnan(scores).any(axis=0)).sum()
    if np.isnan(found.tau_b):
        assert found.reason
        assert np.isnan(found.p_two_sided)
        return
    both = scores[:, ~np.isnan(scores).any(axis=0)]
    peer = stats.kendalltau(*both)
    assert found.tau_b == pytest.approx(peer.statistic)
    assert found.p_two_sided == pytest.approx(peer.pvalue)


@given(st.integers(2, 40).flatmap(lambda n: st.permutations(range(n))))
def test_kendall_test_without_ties_equals_scipy(order):
    found = kendall_test(range(len(order)), order)
    method = "exact" if len(order) <= 33 else "asymptotic"
    peer = stats.kendalltau(range(len(order)), order, method=method)
    assert found.p_two_sided == pytest.approx(peer.pvalue)
    assert ("exact" in found.method) == (method == "exact")


def test_four_systems_in_the_same_order_may_be_chance():
    """The least P that four systems can reach is 2 in 4!."""
    assert kendall_test([1, 2, 3, 4], [0.1, 0.2, 0.3, 0.4]).p_two_sided == pytest.approx(1 / 12)
    turned = kendall_test([1, 2, 3, 4], [4, 3, 2, 1])
    assert (turned.tau_b, turned.p_two_sided) == (-1, pytest.approx(1 / 12))


def test_kendall_test_says_why_it_is_undefined():
    assert kendall_test([1, 1, 1], [1, 2, 3]).reason == "a side is constant"
    assert kendall_test([1, X], [1, 2]).reason == "1 unit; at least 2 are needed"
    assert np.isnan(kendall_test([], []).p_two_sided)
    with pytest.raises(InvalidInput, match="lengths differ"):
        kendall_test([1, 2], [1])
