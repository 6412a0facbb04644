import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats import inter_rater

from study.errors import InvalidInput
from study.stats.agreement import pairwise_kappa as module
from study.stats.agreement.coefficients import agreement_value
from study.stats.agreement.pairwise_kappa import cohen_kappa, pair_tables, pairwise_kappa
from study.stats.agreement.ratings import ratings_of_codes, ratings_of_matrix
from study.stats.agreement.reliability import value_counts
from study.stats.agreement.weights import WEIGHTS, linear_weights, quadratic_weights

X = np.nan
SAS = np.array([[0, 4, 1], [0, 8, 0], [0, 1, 5]])
FLEISS_COHEN_EVERITT = np.array([[106, 10, 4], [22, 28, 10], [2, 12, 6]])


def kappa(table, weights=None):
    table = np.asarray(table)
    return cohen_kappa(table, np.eye(len(table)) if weights is None else np.asarray(weights))


@pytest.mark.parametrize(
    ("weights", "value", "error", "low", "high", "null_error", "z"),
    [
        (np.eye(3), 0.4842, 0.1380, 0.2137, 0.7547, 0.1484, 3.2626),
        (linear_weights(np.arange(3.0)), 0.4701, 0.1457, 0.1845, 0.7558, 0.1426, 3.2971),
    ],
    ids=["simple", "linear"],
)
def test_cohen_sas_table_of_statsmodels(weights, value, error, low, high, null_error, z):
    found = kappa(SAS, weights)
    estimate = found.estimate()
    assert (estimate.low, estimate.high) == pytest.approx((low, high), abs=5.1e-5)
    assert (float(found.value), float(found.standard_error)) == pytest.approx((value, error), abs=5.1e-5)
    assert float(found.null_error) == pytest.approx(null_error, abs=5.1e-5)
    assert found.value / found.null_error == pytest.approx(z, abs=5.1e-5)


def test_cohen_1968():
    table = 200 * np.array([[0.44, 0.07, 0.09], [0.05, 0.20, 0.05], [0.01, 0.03, 0.06]])
    weights = 1 - np.array([[0, 1, 3], [1, 0, 6], [3, 6, 0]]) / 6
    found = [kappa(table), kappa(table, weights)]
    assert [float(k.value) for k in found] == pytest.approx([0.4915, 0.3478], abs=5e-5)
    assert found[0].n == 200


def test_fleiss_cohen_everitt_1969():
    weights = [[1, 0, 0.4444], [0, 1, 0.6667], [0.4444, 0.6667, 1]]
    assert float(kappa(FLEISS_COHEN_EVERITT).value) == pytest.approx(0.4286, abs=5e-5)
    weighted = kappa(FLEISS_COHEN_EVERITT, weights)
    assert float(weighted.value) == pytest.approx(0.5071, abs=5e-5)
    assert float(weighted.standard_error) == pytest.approx(0.0570, abs=5e-5)


def test_gwet_abstractors_and_diagnosis():
    found = kappa([[13, 0, 0], [0, 20, 7], [0, 4, 56]])
    assert float(found.value) == pytest.approx(0.7964094, abs=5e-8)
    assert float(found.standard_error) == pytest.approx(0.05891, abs=5e-6)
    diagnosis = [[40, 6, 4, 15], [4, 25, 1, 5], [4, 2, 21, 9], [17, 13, 12, 45]]
    assert float(kappa(diagnosis).value) == pytest.approx(0.43150, abs=5e-6)


@pytest.mark.parametrize(
    ("table", "value"),
    [
        ([[40, 9], [6, 45]], 0.6995),
        ([[80, 10], [5, 5]], 0.3182),
        ([[118, 5], [2, 0]], -0.0234),
        ([[45, 15], [25, 15]], 0.1304),
        ([[25, 35], [5, 35]], 0.2593),
        ([[20, 5], [10, 15]], 0.40),
    ],
)
def test_feinstein_cicchetti_paradox(table, value):
    assert float(kappa(table).value) == pytest.approx(value, abs=5e-5)


tables = hnp.arrays(np.int64, (3, 3), elements=st.integers(0, 12))


@given(tables, st.sampled_from([None, "linear", "quadratic"]))
def test_cohen_kappa_and_its_errors_are_statsmodels(table, wt):
    found = kappa(table, None if wt is None else WEIGHTS[wt](np.arange(3.0)))
    share = table / max(1, table.sum())
    if table.sum() == 0 or ((share.sum(axis=0) > 0) & (share.sum(axis=1) == 1)).any():
        return
    with np.errstate(divide="ignore", invalid="ignore"):
        theirs = inter_rater.cohens_kappa(table, wt=wt)
    assert float(found.value) == pytest.approx(theirs.kappa, abs=1e-9)
    assert float(found.standard_error) ** 2 == pytest.approx(max(0, theirs.var_kappa), abs=1e-9)
    assert float(found.null_error) ** 2 == pytest.approx(max(0, theirs.var_kappa0), abs=1e-9)


@given(
    hnp.arrays(
        np.float64,
        st.tuples(st.integers(1, 5), st.integers(0, 20)),
        elements=st.sampled_from([X, 0.0, 1.0, 2.0]),
    ),
    st.sampled_from([None, "linear", "quadratic"]),
)
def test_pairwise_kappas_are_scikit_learns_one_by_one(ratings, kind):
    weights = WEIGHTS[kind or "identity"]
    found = pairwise_kappa(ratings_of_matrix(ratings, values=range(3)), weights=weights)
    for g in range(len(ratings)):
        for h in range(len(ratings)):
            both = ~np.isnan(ratings[g]) & ~np.isnan(ratings[h])
            first, second = ratings[g, both].astype(int), ratings[h, both].astype(int)
            assert found.n[g, h] == both.sum()
            if len({*first, *second}) < 2:
                assert np.isnan(found.value[g, h])
                assert found.estimate(g, h).reason
            else:
                peer = cohen_kappa_score(first, second, labels=[0, 1, 2], weights=kind)
                assert found.value[g, h] == pytest.approx(peer, abs=1e-9)


@pytest.mark.parametrize("share", [0.9, 0.02])
def test_dense_sparse_and_chunked_products_count_the_same(share, monkeypatch):
    rng = np.random.default_rng(0)
    ratings = np.where(rng.random((6, 500)) < share, rng.integers(0, 3, (6, 500)), X)
    coded = ratings_of_matrix(ratings, values=range(3))
    expected = np.zeros((6, 6, 3, 3))
    for g, h, k, m in np.ndindex(expected.shape):
        expected[g, h, k, m] = np.sum((ratings[g] == k) & (ratings[h] == m))
    np.testing.assert_array_equal(pair_tables(coded), expected)
    monkeypatch.setattr(module, "CHUNK_BYTES", 4 * 18 * 7)
    monkeypatch.setattr(module, "DENSE_SHARE", 0)
    np.testing.assert_array_equal(pair_tables(coded), expected)


def test_scotts_pi_is_fleiss_kappa_of_two_raters():
    ratings = np.random.default_rng(0).integers(0, 3, (2, 40))
    table = np.array([[np.sum((ratings[0] == k) & (ratings[1] == m)) for m in range(3)] for k in range(3)])
    symmetric = kappa((table + table.T) / 2)
    assert agreement_value(value_counts(ratings), "fleiss_kappa") == pytest.approx(float(symmetric.value))


def test_kappas_do_not_depend_on_which_output_is_called_a():
    rng = np.random.default_rng(5)
    ratings = rng.choice(3, size=(4, 60), p=[0.7, 0.1, 0.2])
    renamed = np.where(rng.random(60) < 0.5, 2 - ratings, ratings)
    unit, rater = np.tile(np.arange(60), 4), np.repeat(np.arange(4), 60)
    first, second = (
        pairwise_kappa(
            ratings_of_codes(unit, rater, data.ravel(), 60, 4, range(3), exchangeable=(0, 2)),
            weights=quadratic_weights,
        )
        for data in (ratings, renamed)
    )
    np.testing.assert_allclose(first.value, second.value, rtol=1e-12)
    np.testing.assert_allclose(first.standard_error, second.standard_error, rtol=1e-12, atol=1e-9)
    fixed = (
        pairwise_kappa(ratings_of_matrix(ratings)).value - pairwise_kappa(ratings_of_matrix(renamed)).value
    )
    assert np.abs(fixed).max() > 1e-3


def test_the_standard_error_with_exchangeable_categories_is_the_spread_over_studies():
    rng = np.random.default_rng(1)
    found = []
    for _ in range(400):
        truth = rng.choice(3, 150, p=[0.6, 0.2, 0.2])
        data = np.where(rng.random((2, 150)) < 0.6, truth, rng.integers(0, 3, (2, 150)))
        unit, rater = np.tile(np.arange(150), 2), np.repeat([0, 1], 150)
        coded = ratings_of_codes(unit, rater, data.ravel(), 150, 2, range(3), exchangeable=(0, 2))
        kappas = pairwise_kappa(coded)
        found.append((kappas.value[0, 1], kappas.standard_error[0, 1]))
    values, errors = np.array(found).T
    assert errors.mean() == pytest.approx(values.std(), rel=0.1)


def test_undefined_kappas_are_nan_with_a_reason():
    found = pairwise_kappa(ratings_of_matrix([[1, 1, X, X], [1, 1, X, 2], [X, X, 1, 2]]))
    assert np.isnan(found.value[0, 1])
    assert "chance agrees always" in found.estimate(0, 1).reason
    assert found.estimate(0, 2).reason == "no unit rated by both"
    perfect = found.estimate(1, 1)
    assert perfect.value == 1
    assert np.isnan(perfect.low)
    assert "do not vary" in perfect.reason
    low, high = found.limits()
    assert np.isnan(low[0]).all()
    assert np.isnan(high[1, 1])
    assert pairwise_kappa(ratings_of_matrix(np.empty((0, 0)))).value.shape == (0, 0)


def test_limits_are_those_of_each_estimate():
    found = pairwise_kappa(ratings_of_matrix(np.random.default_rng(0).integers(0, 3, (4, 30))))
    low, high = found.limits(0.9)
    for pair in ((0, 1), (2, 3), (3, 0)):
        estimate = found.estimate(*pair, confidence_level=0.9)
        assert (low[pair], high[pair]) == (estimate.low, estimate.high)
    with pytest.raises(InvalidInput, match="confidence_level 95"):
        found.limits(95)
