"""Laws of the tables on raters (weights, distances, ICC, the rest, ceilings, models); every table has its place here."""

import importlib
import pkgutil
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from study.stats import agreement, quality
from study.stats.agreement.alpha import DISTANCES
from study.stats.agreement.coefficients import AGREEMENT
from study.stats.agreement.icc import ICC, icc, mean_squares
from study.stats.agreement.leave_one_out import LEAVE_ONE_OUT, REFERENCES, leave_one_out_agreement
from study.stats.agreement.ratings import ratings_of_matrix
from study.stats.agreement.reliability import value_counts
from study.stats.agreement.standard_errors import ALPHA_WEIGHTS, LINEARISED
from study.stats.agreement.weights import WEIGHTS
from study.stats.correlation.noise_ceiling import CEILINGS, noise_ceiling
from study.stats.quality.labels import pairwise_labels
from study.stats.quality.models import RATER_MODELS, rater_model
from tests.examples import examples

X = np.nan
HERE = Path(__file__).parent

# Where the laws of each table stand.
PLACES = {
    "AGREEMENT": "test_common.py",
    "COEFFICIENTS": "test_common.py",
    "FLAGS": "test_flags.py",
    **dict.fromkeys(("ALPHA_WEIGHTS", "CEILINGS", "DISTANCES", "ICC", "LEAVE_ONE_OUT"), Path(__file__).name),
    **dict.fromkeys(("RATER_MODELS", "REFERENCES", "WEIGHTS"), Path(__file__).name),
}

# What may be done to the values of a scale without changing the entry.
LINEAR, ORDERED, SCALED = (lambda v: 5 - 2 * v), (lambda v: -(v**3)), (lambda v: 3 * v)
KEEPS_WEIGHTS = {
    "identity": ORDERED,
    "quadratic": LINEAR,
    "linear": LINEAR,
    "ordinal": ORDERED,
    "radical": LINEAR,
    "ratio": SCALED,
    "circular": lambda v: 5 - v,
    "bipolar": LINEAR,
}
FALLS_WITH_DISTANCE = {"quadratic", "linear", "ordinal", "radical", "ratio", "bipolar"}
KEEPS_DISTANCES = {
    "nominal": ORDERED,
    "ordinal": ORDERED,
    "interval": lambda v: 5 - v,
    "ratio": SCALED,
}
MEAN_OF = {"icc_1_k": "icc_1_1", "icc_2_k": "icc_2_1", "icc_3_k": "icc_3_1"}
IGNORES_LEVELS = {"icc_3_1", "icc_3_k"}
SEES_LEVELS = {"icc_1_1", "icc_1_k", "icc_2_1", "icc_2_k"}
UNDEFINED_WITHOUT_VARIATION = {"kappa"}
LEARNS_BY_EM = {"one_coin", "dawid_skene", "mace", "glad"}


def tables_of(*packages):
    """Return every table (an UPPER_CASE dict) of packages by its name."""
    found = {}
    for package in packages:
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            members = vars(importlib.import_module(module.name)).items()
            found |= {name: value for name, value in members if name.isupper() and isinstance(value, dict)}
    return {name: table for name, table in found.items() if not name.startswith("_")}


def test_every_table_on_raters_has_laws():
    found = tables_of(agreement, quality) | {"CEILINGS": CEILINGS}
    assert set(found) == set(PLACES)
    for name, file in PLACES.items():
        text = (HERE / file).read_text()
        assert re.search(rf"parametrize\([^)]*\b{name}\b|\bin {name}\b|\({name}\)", text), name


def test_the_laws_cover_every_entry():
    assert set(KEEPS_WEIGHTS) == set(WEIGHTS) == FALLS_WITH_DISTANCE | {"identity", "circular"}
    assert set(KEEPS_DISTANCES) == set(DISTANCES)
    assert set(MEAN_OF) | set(MEAN_OF.values()) == set(ICC) == IGNORES_LEVELS | SEES_LEVELS
    assert set(LEAVE_ONE_OUT) == UNDEFINED_WITHOUT_VARIATION | {"share"}
    assert set(RATER_MODELS) == LEARNS_BY_EM | {"majority_vote"}
    assert set(AGREEMENT) - LINEARISED == {"percent_agreement", "krippendorff_alpha_ordinal"}


@pytest.mark.parametrize("table", [ICC, LEAVE_ONE_OUT, CEILINGS, RATER_MODELS])
def test_every_entry_has_a_stable_key_a_label_and_a_source(table):
    for name, entry in table.items():
        assert name.isidentifier()
        assert name == name.lower()
        assert any(character.isdigit() for character in entry.source)
        assert entry.bounds[0] < entry.bounds[1]
    assert len({entry.label for entry in table.values()}) == len(table)


# Weights and distances

scales = st.lists(st.integers(1, 9), min_size=2, max_size=6, unique=True).map(
    lambda values: np.sort(np.array(values, dtype=float))
)


def mapped(function, change, scale, *arguments):
    """Return a matrix on a changed scale, its rows and columns in the order of the old one."""
    changed = change(scale)
    order = np.argsort(changed)
    back = np.argsort(order)
    return function(changed[order], *(a[order] for a in arguments))[np.ix_(back, back)]


@pytest.mark.parametrize("name", WEIGHTS)
@examples(25)
@given(scales)
def test_weights_know_no_more_of_the_values_than_the_scale_says(name, scale):
    found = mapped(WEIGHTS[name], KEEPS_WEIGHTS[name], scale)
    np.testing.assert_allclose(found, WEIGHTS[name](scale), atol=1e-9)


@pytest.mark.parametrize("name", sorted(FALLS_WITH_DISTANCE))
@examples(25)
@given(scales)
def test_the_further_apart_two_values_are_the_less_they_agree(name, scale):
    weights = WEIGHTS[name](scale)
    for row, own in zip(weights, range(len(scale)), strict=True):
        assert (np.diff(row[own:]) < 1e-12).all()
        assert (np.diff(row[: own + 1]) > -1e-12).all()


@pytest.mark.parametrize("name", DISTANCES)
@examples(25)
@given(scales, st.data())
def test_distances_are_symmetric_and_0_from_a_value_to_itself(name, scale, data):
    pairable = (
        np.array(data.draw(st.lists(st.integers(1, 9), min_size=len(scale), max_size=len(scale)))) * 1.0
    )
    found = DISTANCES[name](scale, pairable)
    np.testing.assert_allclose(found, found.T)
    np.testing.assert_allclose(np.diag(found), 0)
    assert (found[~np.eye(len(scale), dtype=bool)] > 0).all()
    changed = mapped(DISTANCES[name], KEEPS_DISTANCES[name], scale, pairable)
    np.testing.assert_allclose(changed, found, atol=1e-9)


@pytest.mark.parametrize("name", ALPHA_WEIGHTS)
@examples(25)
@given(scales)
def test_the_weights_of_an_alpha_are_its_distances_turned_round(name, scale):
    distances = DISTANCES[name.removeprefix("krippendorff_alpha_")](scale, np.ones(len(scale)))
    np.testing.assert_allclose(1 - distances / distances.max(), ALPHA_WEIGHTS[name](scale), atol=1e-12)


# Intraclass correlations

complete = hnp.arrays(
    np.float64, st.tuples(st.integers(2, 5), st.integers(2, 8)), elements=st.integers(0, 6).map(float)
)


@examples(20)
@given(complete)
def test_mean_squares_are_statsmodels(ratings):
    rater, unit = np.indices(ratings.shape).reshape(2, -1)
    table = pd.DataFrame({"rating": ratings.ravel(), "rater": rater, "unit": unit})
    if np.ptp(ratings) == 0:
        return
    with np.errstate(divide="ignore", invalid="ignore"):
        peer = anova_lm(ols("rating ~ C(unit) + C(rater)", table).fit())["mean_sq"]
    found = mean_squares(ratings)
    ours = [found.units, found.raters, found.residual]
    assert ours == pytest.approx(peer[["C(unit)", "C(rater)", "Residual"]].tolist(), abs=1e-9)


@pytest.mark.parametrize("name", MEAN_OF)
@examples(25)
@given(complete)
def test_the_mean_of_raters_is_as_reliable_as_spearman_and_brown_say(name, ratings):
    mean, one = icc(ratings, name), icc(ratings, MEAN_OF[name])
    k = len(ratings)
    if np.isfinite([mean.value, one.value]).all() and 1 + (k - 1) * one.value > 1e-6:
        assert mean.value == pytest.approx(k * one.value / (1 + (k - 1) * one.value), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("name", ICC)
def test_an_icc_knows_of_the_levels_of_raters_what_its_definition_says(name):
    rng = np.random.default_rng(0)
    ratings = rng.normal(size=30) + rng.normal(0, 0.5, (4, 30))
    before, after = icc(ratings, name), icc(ratings + np.arange(4.0)[:, None], name)
    if name in IGNORES_LEVELS:
        assert after.value == pytest.approx(before.value)
    else:
        assert after.value < before.value - 0.05


@pytest.mark.parametrize("name", ICC)
@examples(25)
@given(hnp.arrays(np.float64, st.integers(2, 8), elements=st.integers(0, 6).map(float)))
def test_an_icc_of_equal_raters_is_1_or_undefined(name, answers):
    found = icc(np.tile(answers, (3, 1)), name)
    assert found.value == pytest.approx(1) if np.ptp(answers) else np.isnan(found.value)
    assert found.reason


# Each rater and the rest

matrices = hnp.arrays(
    np.float64,
    st.tuples(st.integers(2, 5), st.integers(1, 10)),
    elements=st.sampled_from([X, 0.0, 1.0, 2.0]),
)
RENAMED = np.array([2.0, 0.0, 1.0])


def renamed(ratings):
    return np.where(np.isnan(ratings), X, RENAMED[np.nan_to_num(ratings).astype(int)])


def with_the_rest(ratings, name, against="majority"):
    found = leave_one_out_agreement(ratings_of_matrix(ratings, values=range(3)), name, against=against)
    return np.array([(e.value, e.low, e.high) for e in found])


@pytest.mark.parametrize("against", REFERENCES)
@pytest.mark.parametrize("name", LEAVE_ONE_OUT)
@examples(25)
@given(matrices, st.randoms(use_true_random=False))
def test_agreement_with_the_rest_knows_no_order_and_no_names(name, against, ratings, random):
    raters, units = list(range(len(ratings))), list(range(ratings.shape[1]))
    random.shuffle(raters)
    random.shuffle(units)
    first = with_the_rest(ratings, name, against)
    again = with_the_rest(renamed(ratings[np.ix_(raters, units)]), name, against)
    np.testing.assert_allclose(again, first[raters], atol=1e-9)
    low, high = LEAVE_ONE_OUT[name].bounds
    known = first[~np.isnan(first)]
    assert ((known >= low - 1e-9) & (known <= high + 1e-9)).all()


@pytest.mark.parametrize("against", REFERENCES)
@pytest.mark.parametrize("name", LEAVE_ONE_OUT)
@examples(25)
@given(matrices)
def test_units_that_one_rater_judged_say_nothing_on_the_rest(name, against, ratings):
    once = np.full((len(ratings), 1), X)
    once[0] = 1
    both = [with_the_rest(data, name, against) for data in (ratings, np.hstack([ratings, once]))]
    np.testing.assert_allclose(both[0], both[1], atol=1e-12)


@pytest.mark.parametrize("against", REFERENCES)
@pytest.mark.parametrize("name", LEAVE_ONE_OUT)
def test_who_says_what_all_say_agrees_with_the_rest(name, against):
    assert (with_the_rest(np.tile([0.0, 1, 2, 1], (3, 1)), name, against)[:, 0] == 1).all()
    found = with_the_rest(np.ones((3, 4)), name, against)[:, 0]
    assert np.isnan(found).all() if name in UNDEFINED_WITHOUT_VARIATION else (found == 1).all()


@pytest.mark.parametrize("name", REFERENCES)
@examples(25)
@given(
    hnp.arrays(np.float64, st.tuples(st.integers(1, 6), st.just(3)), elements=st.integers(0, 4).map(float))
)
def test_a_reference_is_the_shares_of_what_was_said(name, others):
    found = REFERENCES[name](others)
    np.testing.assert_allclose(found.sum(axis=1), others.any(axis=1))
    assert (found[others == 0] == 0).all()
    np.testing.assert_allclose(REFERENCES[name](others[:, [2, 0, 1]]), found[:, [2, 0, 1]])
    np.testing.assert_allclose(REFERENCES[name](3 * others), found)
    unanimous = (others > 0).sum(axis=1) == 1
    np.testing.assert_array_equal(found[unanimous], (others > 0)[unanimous])


# The noise ceiling


def ceiling(ratings, name):
    found = noise_ceiling(value_counts(ratings, values=range(3)), name)
    return found.value, found.low, found.high


@pytest.mark.parametrize("name", CEILINGS)
@examples(25)
@given(matrices, st.randoms(use_true_random=False))
def test_a_ceiling_knows_no_order_no_names_and_no_units_rated_once(name, ratings, random):
    raters, units = list(range(len(ratings))), list(range(ratings.shape[1]))
    random.shuffle(raters)
    random.shuffle(units)
    once = np.full((len(ratings), 1), X)
    once[0] = 1
    first = ceiling(ratings, name)
    again = ceiling(np.hstack([renamed(ratings[np.ix_(raters, units)]), once]), name)
    assert again == pytest.approx(first, abs=1e-9, nan_ok=True)
    assert np.isnan(first[0]) or 0 <= first[0] <= 1


@pytest.mark.parametrize("name", CEILINGS)
def test_raters_who_agree_leave_no_noise(name):
    assert ceiling(np.tile([0.0, 1, 2], (4, 1)), name)[0] == 1


# Models of raters


@pytest.mark.parametrize("name", RATER_MODELS)
@examples(8)
@given(st.lists(st.integers(0, 2), min_size=4, max_size=12).filter(lambda said: len(set(said)) == 3))
def test_what_all_raters_say_is_what_the_model_says(name, said):
    item, rater = np.repeat(np.arange(len(said)), 4), np.tile(np.arange(4), len(said))
    given_ = pairwise_labels(item, rater, np.repeat(said, 4), n_items=len(said), n_raters=4)
    model = rater_model(given_, name, rng=np.random.default_rng(0))
    assert model.label.tolist() == said
    assert model.posterior.sum(axis=1) == pytest.approx(1)
    assert (model.probability > 0.9).all()
    assert np.ptp(model.competence) < 1e-6


@pytest.mark.parametrize("name", RATER_MODELS)
def test_a_model_names_a_label_for_every_item_and_counts_every_label(name):
    rng = np.random.default_rng(1)
    item, rater = np.repeat(np.arange(20), 3), np.tile(np.arange(3), 20)
    given_ = pairwise_labels(item, rater, rng.integers(0, 3, 60), n_items=21, n_raters=4)
    model = rater_model(given_, name, rng=rng)
    assert (model.label[:20] >= 0).all()
    assert model.label[20] == -1
    assert model.n_labels.tolist() == [20, 20, 20, 0]
    assert np.isnan(model.competence[3])
    assert np.isfinite(model.competence[:3]).all()
