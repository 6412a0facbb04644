"""Each rater against the rest and against oneself, taste and noise, and the noise ceiling."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats
from sklearn.metrics import cohen_kappa_score

from study.errors import InvalidInput
from study.stats.agreement.coefficients import agreement_value
from study.stats.agreement.consistency import (
    consistency,
)
from study.stats.agreement.kappa_over_units import kappa_over_units
from study.stats.agreement.leave_one_out import LEAVE_ONE_OUT, leave_one_out_agreement
from study.stats.agreement.pairwise_kappa import cohen_kappa as large_sample_kappa
from study.stats.agreement.ratings import ratings_of_codes, ratings_of_matrix
from study.stats.agreement.reliability import value_counts
from study.stats.agreement.taste import owners_and_proxies, taste_and_noise
from study.stats.correlation.noise_ceiling import CEILINGS, noise_ceiling
from study.stats.resampling import RESAMPLING
from study.stats.units import units_of

X = np.nan

matrices = hnp.arrays(
    np.float64,
    st.tuples(st.integers(1, 5), st.integers(1, 12)),
    elements=st.sampled_from([X, 0.0, 1.0, 2.0]),
)


def numbers_of(estimate):
    return estimate.value, estimate.low, estimate.high


def is_whole(estimate):
    """Has an interval around it, or a reason for what is nan."""
    known = np.isfinite(numbers_of(estimate))
    assert known.all() == (estimate.reason is None)
    assert not known.all() or estimate.low - 1e-9 <= estimate.value <= estimate.high + 1e-9
    return True


# Leave one out


def written_out(ratings, rater, against):
    """Own answers and, for each, the weight of every answer of the others."""
    own, others = [], []
    for answer, column in zip(ratings[rater], np.delete(ratings, rater, axis=0).T, strict=True):
        counts = np.array([np.sum(column == k) for k in range(3)])
        if not np.isnan(answer) and counts.any():
            chosen = (counts == counts.max()) if against == "majority" else counts
            own.append(int(answer))
            others.append(chosen / chosen.sum())
    return np.array(own, dtype=int), np.array(others).reshape(-1, 3)


@given(matrices, st.sampled_from(["majority", "others"]))
def test_agreement_with_the_rest_is_the_one_written_out(ratings, against):
    coded = ratings_of_matrix(ratings, values=range(3))
    shares = leave_one_out_agreement(coded, "share", against=against)
    kappas = leave_one_out_agreement(coded, "kappa", against=against)
    assert len(shares) == len(kappas) == len(ratings)
    for rater, (share, kappa) in enumerate(zip(shares, kappas, strict=True)):
        own, others = written_out(ratings, rater, against)
        assert is_whole(share)
        assert is_whole(kappa)
        assert share.n_units == kappa.n_units == len(own)
        if not len(own):
            assert share.reason == "no unit that another rater rated too"
            continue
        assert share.value == pytest.approx(others[np.arange(len(own)), own].mean())
        y_true, y_pred = own.repeat(3), np.tile(range(3), len(own))
        if len({*own, *y_pred[others.ravel() > 0]}) > 1:
            peer = cohen_kappa_score(y_true, y_pred, sample_weight=others.ravel())
            assert kappa.value == pytest.approx(peer, abs=1e-9)
        else:
            assert kappa.reason == "all answers are one category"


@pytest.mark.parametrize("name", LEAVE_ONE_OUT)
def test_the_interval_of_a_rater_is_the_jackknife_over_the_units_of_the_rater(name):
    ratings = np.random.default_rng(0).choice([X, 0, 1, 2], p=[0.2, 0.5, 0.2, 0.1], size=(4, 40))

    def found(data):
        return leave_one_out_agreement(ratings_of_matrix(data, values=range(3)), name)[1]

    estimate = found(ratings)
    mine = np.flatnonzero(~np.isnan(ratings[1]) & (~np.isnan(np.delete(ratings, 1, axis=0))).any(axis=0))
    left_out = [found(np.delete(ratings, unit, axis=1)).value for unit in mine]
    n = len(mine)
    half = stats.t.ppf(0.975, n - 1) * np.sqrt((n - 1) * np.var(left_out))
    assert estimate.n_units == n
    assert estimate.high - estimate.value == pytest.approx(half, abs=1e-9)


def test_agreement_with_the_rest_does_not_depend_on_which_output_is_called_a():
    rng = np.random.default_rng(5)
    ratings = rng.choice(3, size=(4, 60), p=[0.7, 0.1, 0.2])
    renamed = np.where(rng.random(60) < 0.5, 2 - ratings, ratings)
    unit, rater = np.tile(np.arange(60), 4), np.repeat(np.arange(4), 60)
    for name in LEAVE_ONE_OUT:
        found = [
            leave_one_out_agreement(
                ratings_of_codes(unit, rater, data.ravel(), 60, 4, range(3), exchangeable=(0, 2)), name
            )
            for data in (ratings, renamed)
        ]
        first, second = ([numbers_of(e) for e in estimates] for estimates in found)
        np.testing.assert_allclose(first, second, rtol=1e-9)


def test_a_rater_who_guesses_stands_out():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 200)
    ratings = np.where(rng.random((6, 200)) < 0.9, truth, 1 - truth)
    ratings[3] = rng.integers(0, 2, 200)
    found = leave_one_out_agreement(ratings_of_matrix(ratings), "kappa")
    assert found[3].high < min(e.low for i, e in enumerate(found) if i != 3)


# Repeats


def repeats_of(table):
    """Return first and second answers of repeats, from how many there are of each two."""
    first, second = np.indices(table.shape).reshape(2, -1)
    return first.repeat(table.ravel()), second.repeat(table.ravel())


def items(n):
    return units_of({"item": np.arange(n)}, asked=True)


def test_repeats_of_one_rater():
    table = np.array([[7, 1, 1], [1, 2, 1], [3, 1, 5]])
    found = consistency(*repeats_of(table), 3, (0, 2), items(22))
    for claim, (count, n) in ((found.share, (14, 22)), (found.flip_rate, (4, 16))):
        share = claim.estimate
        assert share.value == count / n
        assert share.n_units == n
        # The variance of independent repeats, n - 1 in the place of n; Student's t.
        pull = stats.t.ppf(0.975, n - 1) ** 2 / (n - 1)
        middle, half = (
            (share.value + pull / 2) / (1 + pull),
            np.sqrt(pull * (share.value * (1 - share.value) + pull / 4)),
        )
        assert (share.low, share.high) == pytest.approx(
            (middle - half / (1 + pull), middle + half / (1 + pull))
        )
    both = (table + table[::-1, ::-1]) / 2
    first, second = np.indices((3, 3)).reshape(2, -1)
    peer = cohen_kappa_score(first, second, sample_weight=both.ravel())
    assert found.kappa.estimate.value == pytest.approx(peer)


@given(
    hnp.arrays(np.int64, (3, 3), elements=st.integers(0, 6)),
    st.none() | st.just((0, 2)),
)
def test_kappa_over_single_units_has_the_large_sample_variance(table, exchangeable):
    n = int(table.sum())
    found = kappa_over_units(*repeats_of(table), 3, items(n), exchangeable=exchangeable).estimate
    both = table if exchangeable is None else (table + table[::-1, ::-1]) / 2
    peer = large_sample_kappa(both.astype(np.float64), np.eye(3))
    assert found.value == pytest.approx(float(peer.value), nan_ok=True)
    if np.isfinite(found.low) and found.low > -1 and found.high < 1:
        # Fleiss, Cohen and Everitt 1969, eq. 12, times n / (n - 1); of one naming only where both are averaged.
        error = (found.high - found.low) / 2 / stats.t.ppf(0.975, n - 1)
        if exchangeable is None:
            assert error == pytest.approx(float(peer.standard_error) * np.sqrt(n / (n - 1)))
        else:
            turned = kappa_over_units(*repeats_of(table[::-1, ::-1]), 3, items(n), exchangeable=exchangeable)
            assert (found.low, found.high) == pytest.approx((turned.estimate.low, turned.estimate.high))


def test_kappa_over_units_is_the_jackknife_of_many():
    rng = np.random.default_rng(8)
    group = np.arange(1200) % 120
    leaning = rng.random(120)[group]
    first, second = (rng.random((2, 1200)) < leaning).astype(np.int64)
    found = kappa_over_units(first, second, 2, units_of({"item": group})).estimate

    def kappa(kept):
        return cohen_kappa_score(first[kept], second[kept])

    left_out = [kappa(group != one) for one in range(120)]
    half = stats.t.ppf(0.975, 119) * np.sqrt(119 * np.var(left_out))
    assert found.value == pytest.approx(kappa(group >= 0))
    assert found.high - found.value == pytest.approx(half, rel=0.02)


def test_repeats_of_several_raters_are_over_raters_and_items():
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 3, (2, 120))
    named = {"rater": np.arange(120) % 8, "item": np.arange(120) // 8}
    found = consistency(first, second, 3, (0, 2), units_of(named))
    assert found.share.estimate.value == np.mean(first == second)
    assert found.share.units == found.kappa.units == "8 raters x 15 items"
    copies = {kind: np.tile(code, 3) for kind, code in named.items()}
    three = consistency(np.tile(first, 3), np.tile(second, 3), 3, (0, 2), units_of(copies))
    for name in ("share", "kappa", "flip_rate"):
        one, other = getattr(found, name).estimate, getattr(three, name).estimate
        assert other.value == pytest.approx(one.value)
        assert other.high - other.low > 0.9 * (one.high - one.low)


@given(hnp.arrays(np.int64, (3, 3), elements=st.integers(0, 4)))
def test_consistency_has_an_interval_or_a_reason_whatever_a_is_called(table):
    n = int(table.sum())
    found = consistency(*repeats_of(table), 3, (0, 2), items(n))
    turned = consistency(*(2 - one for one in repeats_of(table)), 3, (2, 0), items(n))
    for name in ("share", "kappa", "flip_rate"):
        first, second = getattr(found, name).estimate, getattr(turned, name).estimate
        assert is_whole(first)
        assert numbers_of(first) == pytest.approx(numbers_of(second), abs=1e-9, nan_ok=True)


def test_no_repeat_is_nan_with_a_reason():
    none = np.array([], dtype=np.int64)
    found = consistency(none, none, 3, (0, 2), items(0))
    assert np.isnan(numbers_of(found.share.estimate)).all()
    assert (found.share.estimate.reason, found.kappa.estimate.reason) == ("no repeat", "no repeat")
    assert "preference twice" in found.flip_rate.estimate.reason
    ties = consistency([1] * 5, [1] * 5, 3, (0, 2), items(5))
    assert ties.share.estimate.value == 1
    assert "chance agrees always" in ties.kappa.estimate.reason
    with pytest.raises(
        InvalidInput, match=r"opposite categories \(0, 3\); allowed: two different codes, 0 to 2"
    ):
        consistency(none, none, 3, (0, 3), items(0))
    with pytest.raises(InvalidInput, match="lengths differ"):
        consistency([0], [0, 1], 2, (0, 1), items(1))


# Taste and noise


def pairs_written_out(unit, label, category, wanted):
    """Per unit the share of agreeing pairs of ratings whose labels are as wanted."""
    shares = {}
    for u in range(max(unit, default=-1) + 1):
        mine = [i for i in range(len(unit)) if unit[i] == u]
        pairs = [(i, j) for i in mine for j in mine if i < j and wanted(label[i], label[j])]
        if pairs:
            shares[u] = np.mean([category[i] == category[j] for i, j in pairs])
    return shares


rows = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2), st.integers(0, 2)), max_size=25)


def check_contrast(found, first, second):
    both = [first[u] - second[u] for u in first if u in second]
    for estimate, values in (
        (found.first, list(first.values())),
        (found.second, list(second.values())),
        (found.difference, both),
    ):
        assert is_whole(estimate)
        assert estimate.n_units == len(values)
        expected = np.mean(values) if values else np.nan
        assert estimate.value == pytest.approx(expected, nan_ok=True)


@given(rows)
def test_taste_and_noise_are_the_pairs_written_out(data):
    unit, profile, category = np.array(data, dtype=np.int64).reshape(-1, 3).T
    within = pairs_written_out(unit, profile, category, lambda g, h: g == h)
    between = pairs_written_out(unit, profile, category, lambda g, h: g != h)
    check_contrast(taste_and_noise(unit, profile, category, 3), within, between)


@given(rows)
def test_owners_and_proxies_are_the_pairs_written_out(data):
    unit, role, category = np.array(data, dtype=np.int64).reshape(-1, 3).T
    proxies = pairs_written_out(unit, role, category, lambda g, h: g != 0 and h != 0)
    crossed = pairs_written_out(unit, role, category, lambda g, h: (g == 0) != (h == 0))
    check_contrast(owners_and_proxies(unit, role == 0, category, 3), proxies, crossed)


@pytest.mark.parametrize("method", RESAMPLING)
@pytest.mark.parametrize("differ", [True, False])
def test_intervals_of_taste_cover(method, differ):
    rng = np.random.default_rng(1)
    unit, profile = np.repeat(np.arange(60), 8), np.tile(np.repeat([0, 1], 4), 60)
    alike = 0.8**2 + 0.2**2
    hits = np.zeros(3)
    for _ in range(300):
        preferred = rng.integers(0, 2, (60, 2))
        preferred[:, 1] = preferred[:, int(differ)]
        category = np.where(rng.random(480) < 0.2, 1 - preferred[unit, profile], preferred[unit, profile])
        found = taste_and_noise(unit, profile, category, 2, method=method, n_resamples=400, rng=rng)
        truths = (alike, 0.5, alike - 0.5) if differ else (alike, alike, 0)
        hits += [e.low <= t <= e.high for e, t in zip(astuple_of(found), truths, strict=True)]
    assert (hits / 300 > 0.91).all()
    assert (hits / 300 < 0.985).all()


def astuple_of(contrast):
    return contrast.first, contrast.second, contrast.difference


# Noise ceiling


@given(matrices)
def test_the_ceiling_is_the_one_written_out(ratings):
    counts = value_counts(ratings, values=range(3))
    best, held_out = [], []
    for column in ratings.T:
        given_ = column[~np.isnan(column)].astype(int)
        if len(given_) < 2:
            continue
        best.append(np.bincount(given_).max() / len(given_))
        hits = []
        for i, answer in enumerate(given_):
            others = np.bincount(np.delete(given_, i), minlength=3)
            modes = np.flatnonzero(others == others.max())
            hits.append(np.mean(modes == answer))
        held_out.append(np.mean(hits))
    for name, values in (("best_accuracy", best), ("held_out_accuracy", held_out)):
        estimate = noise_ceiling(counts, name)
        assert is_whole(estimate)
        expected = np.mean(values) if values else np.nan
        assert estimate.value == pytest.approx(expected, nan_ok=True)
        assert estimate.n_units == len(values)


@given(matrices)
def test_the_ceilings_enclose_each_other_and_agreement(ratings):
    counts = value_counts(ratings, values=range(3))
    low, high = (noise_ceiling(counts, name).value for name in ("held_out_accuracy", "best_accuracy"))
    assert np.isnan(low) or low <= high + 1e-12
    assert np.isnan(low) or agreement_value(counts, "percent_agreement") <= high + 1e-12


def test_unknown_names_are_named():
    ratings = ratings_of_matrix([[1, 2], [1, 2]])
    with pytest.raises(InvalidInput, match="unknown reference 'all'; allowed: majority, others"):
        leave_one_out_agreement(ratings, against="all")
    with pytest.raises(InvalidInput, match="unknown noise ceiling 'best'"):
        noise_ceiling(value_counts([[1, 2], [1, 2]]), "best")
    for table in (LEAVE_ONE_OUT, CEILINGS):
        assert all(entry.label and entry.bounds[0] < entry.bounds[1] for entry in table.values())


def test_copies_of_a_unit_in_a_group_do_not_narrow_taste() -> None:
    """Three pairs of systems of one source that are answered alike say no more than one."""
    rng = np.random.default_rng(3)
    unit, profile = np.repeat(np.arange(12), 4), np.tile([0, 0, 1, 1], 12)
    category = rng.integers(0, 2, 48)
    alone = taste_and_noise(unit, profile, category, 2)
    copies = np.concatenate([unit + 12 * copy for copy in range(3)])
    several = taste_and_noise(
        copies,
        np.tile(profile, 3),
        np.tile(category, 3),
        2,
        group=np.tile(np.arange(12), 3),
        group_name="source",
    )
    owner = np.tile([True, False, False, False], 36)
    of_owner = [
        owners_and_proxies(*data, 2, group=group)
        for data, group in (
            ((unit, owner[:48], category), None),
            ((copies, owner, np.tile(category, 3)), np.tile(np.arange(12), 3)),
        )
    ]
    for one, other in ((alone, several), of_owner):
        for part in ("first", "second", "difference"):
            found, grouped = getattr(one, part), getattr(other, part)
            assert (grouped.value, grouped.low, grouped.high) == pytest.approx(
                (found.value, found.low, found.high)
            )
            assert grouped.n_units == found.n_units
    assert "source" in several.first.method
