from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from statsmodels.stats.multitest import multipletests

from study.errors import InvalidInput
from study.stats.correlation import paired_tests
from study.stats.correlation.paired_tests import mcnemar, sign_flip
from study.stats.multiplicity import ADJUSTMENTS, benjamini_hochberg, holm
from tests.examples import examples

X = np.nan
DARWIN = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]


def test_darwin_fisher_1935():
    found = sign_flip(DARWIN)
    assert found.p_two_sided == 1726 / 32768
    assert found.p_two_sided == pytest.approx(0.05267, abs=5e-6)
    assert found.difference * 15 == pytest.approx(314)
    assert found.n_resamples == 0


def test_three_ways_to_flip_signs_agree(monkeypatch):
    values = np.array(DARWIN)
    counted, enumerated = sign_flip(values), sign_flip(values / 7)
    monkeypatch.setattr(paired_tests, "MOST_ENUMERATED", 0)
    drawn = sign_flip(values / 7, n_resamples=40_000, rng=np.random.default_rng(0))
    assert enumerated.p_greater == pytest.approx(counted.p_greater)
    assert enumerated.p_two_sided == pytest.approx(counted.p_two_sided)
    assert drawn.p_two_sided == pytest.approx(counted.p_two_sided, abs=0.005)
    assert drawn.p_greater == pytest.approx(counted.p_greater, abs=0.005)


@given(hnp.arrays(np.float64, st.integers(2, 8), elements=st.integers(-9, 9)))
def test_sign_flips_equal_scipy(values):
    found = sign_flip(values)
    for alternative, p_value in (("greater", found.p_greater), ("two-sided", found.p_two_sided)):
        peer = stats.permutation_test(
            (values,), np.sum, permutation_type="samples", alternative=alternative, n_resamples=np.inf
        )
        assert p_value == pytest.approx(min(1, peer.pvalue))


pairs = hnp.arrays(np.bool_, st.tuples(st.just(2), st.integers(1, 40)))


@given(pairs)
def test_mcnemar_equals_statsmodels(answers):
    first, second = answers
    table = np.array([[(first & second).sum(), (first & ~second).sum()], [(~first & second).sum(), 0]])
    found = mcnemar(first, second)
    assert found.p_two_sided == pytest.approx(min(1, statsmodels_mcnemar(table, exact=True).pvalue))
    assert found.difference == pytest.approx(first.mean() - second.mean())
    turned = mcnemar(second, first)
    assert turned.p_two_sided == found.p_two_sided


def test_paired_tests_without_data_are_nan_and_malformed_ones_are_named():
    empty = np.zeros(0, dtype=bool)
    assert np.isnan([mcnemar(empty, empty).p_greater, sign_flip([X]).p_greater]).all()
    assert sign_flip([0, 0]).p_two_sided == 1
    with pytest.raises(InvalidInput, match="True or False"):
        mcnemar([1, 0], [1, 1])
    with pytest.raises(InvalidInput, match="numpy Generator"):
        sign_flip(np.linspace(0.1, 1, 30))
    with pytest.raises(InvalidInput, match="lengths differ"):
        mcnemar([True], [True, False])


# Many tests


@examples(20)
@given(hnp.arrays(np.float64, st.integers(1, 12), elements=st.integers(0, 200).map(lambda n: n / 200)))
def test_adjusted_p_values_equal_statsmodels(p_values):
    with patch("gc.collect"):  # statsmodels collects at each call, which takes long in a big process
        by_holm, by_benjamini = (multipletests(p_values, method=name)[1] for name in ("holm", "fdr_bh"))
    assert holm(p_values) == pytest.approx(by_holm)
    assert benjamini_hochberg(p_values) == pytest.approx(by_benjamini)


@pytest.mark.parametrize("name", ADJUSTMENTS)
def test_undefined_tests_do_not_count(name):
    adjust = ADJUSTMENTS[name].function
    found = adjust([0.04, X, 0.01])
    assert np.isnan(found[1])
    assert found[[0, 2]] == pytest.approx(adjust([0.04, 0.01]))
    assert len(adjust([])) == 0
    with pytest.raises(InvalidInput, match=r"P 1\.5"):
        adjust([1.5])
