"""Rater models: published figures, the laws of EM, and what cannot be known."""

from itertools import product

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from study.errors import InvalidInput
from study.stats.quality.labels import Labels, labels, pairwise_labels
from study.stats.quality.models import RATER_MODELS, aggregated_preference, rater_model
from study.stats.quality.rater_report import rater_report
from tests.examples import examples

# Dawid and Skene 1979, table 1: 45 patients, first observer three times, then four more.
PATIENTS = (
    "111 1 1 1 1|333 4 3 3 4|112 2 1 2 2|222 3 1 2 1|222 3 2 2 2|222 3 3 2 2|122 2 1 1 1|333 3 4 3 3|222 2 2 2 3|"
    "232 2 2 2 3|444 4 4 4 4|222 3 3 4 3|111 1 1 1 1|222 3 2 1 2|121 1 1 1 1|111 2 1 1 1|111 1 1 1 1|111 1 1 1 1|"
    "222 2 2 2 1|222 1 3 2 2|222 2 2 2 2|222 2 2 2 1|222 3 2 2 2|221 2 2 2 2|111 1 1 1 1|111 1 1 1 1|232 2 2 2 2|"
    "111 1 1 1 1|111 1 1 1 1|112 1 1 2 1|111 1 1 1 1|333 3 2 3 3|111 1 1 1 1|222 2 2 2 2|222 3 2 3 2|433 4 3 4 3|"
    "221 2 2 3 2|232 3 2 3 3|333 3 4 3 2|111 1 1 1 1|111 1 1 1 1|121 2 1 1 1|232 2 2 2 2|121 1 1 1 1|222 2 2 2 2"
)
MODELS = [name for name in RATER_MODELS if name != "majority_vote"]


def fit(given_: Labels, name: str):
    return rater_model(given_, name, rng=np.random.default_rng(0))


def simulated(rng, n_items=60, n_raters=8, per_item=4, lean=0.0, n_categories=3):
    """Pairwise labels of raters who are right 7 times in 10; the first answers left with probability ``lean``."""
    true = rng.integers(0, n_categories, n_items)
    item = np.repeat(np.arange(n_items), per_item)
    rater = np.argsort(rng.random((n_items, n_raters)), axis=1)[:, :per_item].ravel()
    a_left = rng.random(len(item)) < 0.5
    label = np.where(rng.random(len(item)) < 0.7, true[item], rng.integers(0, n_categories, len(item)))
    leaning = (rater == 0) & (rng.random(len(item)) < lean)
    label = np.where(leaning, np.where(a_left, 0, 2), label)
    names = ("a", "tie", "b", "both bad")[:n_categories]
    made = pairwise_labels(
        item, rater, label, n_items=n_items, n_raters=n_raters, categories=names, a_left=a_left
    )
    return made, true


def without_sides(given_: Labels) -> Labels:
    return pairwise_labels(
        given_.item,
        given_.rater,
        given_.label,
        n_items=given_.n_items,
        n_raters=given_.n_raters,
        categories=given_.categories,
    )


def test_dawid_skene_1979_patients():
    rows = [
        (item, rater, int(digit) - 1)
        for item, patient in enumerate(PATIENTS.split("|"))
        for rater, digits in enumerate(patient.split())
        for digit in digits
    ]
    model = fit(labels(*np.array(rows).T, n_items=45, n_raters=5, categories="1234"), "dawid_skene")
    assert model.prevalence.round(4).tolist() == [0.3996, 0.4220, 0.1118, 0.0667]
    assert round(model.convergence.objective[-1], 6) == -192.890881
    assert model.confusion.round(2).tolist() == [
        [[0.89, 0.11, 0, 0], [0.07, 0.88, 0.05, 0], [0, 0.34, 0.66, 0], [0, 0, 0.56, 0.44]],
        [[0.83, 0.17, 0, 0], [0.05, 0.63, 0.31, 0], [0, 0, 1, 0], [0, 0, 0, 1]],
        [[1, 0, 0, 0], [0.11, 0.79, 0.11, 0], [0, 0.40, 0.20, 0.40], [0, 0, 0.67, 0.33]],
        [[0.94, 0.06, 0, 0], [0.05, 0.84, 0.10, 0], [0, 0, 0.80, 0.20], [0, 0, 0.33, 0.67]],
        [[1, 0, 0, 0], [0.16, 0.73, 0.11, 0], [0, 0.21, 0.79, 0], [0, 0, 0.33, 0.67]],
    ]
    doubtful = np.flatnonzero(model.probability < 0.99)
    assert (doubtful + 1).tolist() == [7, 35, 38]
    assert model.probability[doubtful].round(3).tolist() == [0.981, 0.948, 0.979]
    assert (model.label[doubtful] + 1).tolist() == [1, 2, 3]


label_tables = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 3), st.integers(0, 2), st.booleans()), min_size=1, max_size=40
)


@pytest.mark.parametrize("name", MODELS)
@examples(150)
@given(label_tables)
@example(
    [(0, 0, 1, False), (0, 0, 2, False), (0, 1, 1, False), (1, 0, 0, False)]
)  # a leap without bound falls
def test_em_never_lowers_its_objective_and_gives_probabilities_or_a_reason(name, rows):
    item, rater, label, left = np.array(rows, dtype=int).T
    sides = left > 0 if len(rows) % 2 else None
    model = fit(pairwise_labels(item, rater, label, n_items=7, n_raters=4, a_left=sides), name)
    if model.reason:
        assert np.isnan(model.posterior).all()
        return
    gains = np.diff(model.convergence.objective)
    assert (gains >= -1e-9).all()
    has_label = np.isin(np.arange(7), item)
    assert np.allclose(model.posterior[has_label].sum(axis=1), 1)
    assert np.isnan(model.posterior[~has_label]).all()
    silent = ~np.isin(np.arange(4), rater)
    assert np.isnan(model.competence[silent]).all()
    if name != "glad":
        assert ((model.competence[~silent] > -1e-9) & (model.competence[~silent] < 1 + 1e-9)).all()
    assert (model.label >= 0).tolist() == has_label.tolist()


@pytest.mark.parametrize("name", MODELS)
def test_the_order_of_labels_raters_and_items_changes_nothing(name):
    made, _ = simulated(np.random.default_rng(2), n_items=30)
    rng = np.random.default_rng(1)
    order, items, raters = rng.permutation(len(made.item)), rng.permutation(30), rng.permutation(8)
    moved = Labels(
        items[made.item][order],
        raters[made.rater][order],
        made.label[order],
        30,
        8,
        made.categories,
        made.mirror,
        made.a_left[order],
    )
    # MACE starts at random raters: only from the shares of votes is the run the same one.
    one, other = (
        RATER_MODELS[name].function(given_, **({"n_restarts": 0} if name == "mace" else {}))
        for given_ in (made, moved)
    )
    assert other.posterior[items] == pytest.approx(one.posterior, abs=1e-4)
    assert other.competence[raters] == pytest.approx(one.competence, abs=1e-3)


@pytest.mark.parametrize("sides", [True, False])
@pytest.mark.parametrize("name", MODELS)
def test_which_output_is_called_a_changes_nothing(name, sides):
    made, _ = simulated(np.random.default_rng(3), n_items=30, lean=0.5)
    made = made if sides else without_sides(made)
    renamed = np.random.default_rng(4).random(30) < 0.5
    of_label = renamed[made.item]
    other = Labels(
        made.item,
        made.rater,
        np.where(of_label, made.mirror[made.label], made.label),
        30,
        8,
        made.categories,
        made.mirror,
        None if made.a_left is None else made.a_left ^ of_label,
    )
    one, two = (
        RATER_MODELS[name].function(given_, **({"n_restarts": 0} if name == "mace" else {}))
        for given_ in (made, other)
    )
    back = np.where(renamed[:, None], two.posterior[:, made.mirror], two.posterior)
    assert back == pytest.approx(one.posterior, abs=1e-4)


def brute_force(given_: Labels, model) -> tuple[np.ndarray, float]:
    """Sum the likelihood over every combination of true labels."""
    k = given_.n_categories
    total, by_item = 0.0, np.zeros((given_.n_items, k))
    for truth in product(range(k), repeat=given_.n_items):
        likelihood = np.prod(model.prevalence[list(truth)])
        for item, rater, label, left in zip(
            given_.item, given_.rater, given_.label, given_.a_left, strict=True
        ):
            true = truth[item]
            if not left:
                true, label = given_.mirror[true], given_.mirror[label]
            likelihood *= model.confusion[rater, true, label]
        total += likelihood
        by_item[np.arange(given_.n_items), list(truth)] += likelihood
    return by_item / total, np.log(total)


@pytest.mark.parametrize("name", ["dawid_skene", "one_coin", "mace"])
def test_posterior_and_likelihood_are_those_of_summing_over_all_truths(name):
    made, _ = simulated(np.random.default_rng(7), n_items=6, n_raters=3, per_item=3)
    model = fit(made, name)
    if name == "one_coin":  # knows no sides, and its confusion is the same on both
        assert np.allclose(model.confusion, model.confusion[:, made.mirror][:, :, made.mirror])
    assert not np.isnan(model.confusion).any()
    posterior, log_likelihood = brute_force(made, model)
    assert model.posterior == pytest.approx(posterior, abs=1e-6)
    assert model.convergence.objective[-1] == pytest.approx(log_likelihood, abs=1e-6)


@pytest.mark.parametrize("name", ["dawid_skene", "mace"])
def test_no_nearby_parameters_are_more_likely(name):
    """The fit is a maximum: 200 random small moves within the model do not raise the likelihood."""
    from study.stats.quality.confusion_em import incidence, label_posterior

    made, _ = simulated(np.random.default_rng(9), n_items=50)
    model = fit(made, name)
    counts, rng = incidence(made), np.random.default_rng(0)
    best = model.convergence.objective[-1]
    for _ in range(200):
        if name == "dawid_skene":
            moved = model.confusion * np.exp(rng.normal(0, 0.05, model.confusion.shape))
            moved /= moved.sum(axis=2, keepdims=True)
        else:
            guesses = np.stack([model.confusion[:, (j + 1) % 3, j] for j in range(3)], axis=1)
            guesses = guesses * np.exp(rng.normal(0, 0.05, guesses.shape))
            moved = guesses[:, None, :] + (1 - guesses.sum(axis=1))[:, None, None] * np.eye(3)
        assert label_posterior(counts, model.prevalence, moved)[1] <= best + 1e-4


@pytest.mark.parametrize("name", MODELS)
def test_raters_and_labels_are_recovered(name):
    rng = np.random.default_rng(5)
    n_items, accuracies = 800, np.array([0.95, 0.9, 0.8, 0.7, 0.6, 0.4])
    true = rng.integers(0, 3, n_items)
    item, rater = np.repeat(np.arange(n_items), 6), np.tile(np.arange(6), n_items)
    wrong = (true[item] + rng.integers(1, 3, len(item))) % 3
    label = np.where(rng.random(len(item)) < accuracies[rater], true[item], wrong)
    made = pairwise_labels(item, rater, label, n_items=n_items, n_raters=6)
    model = fit(made, name)
    assert model.caution is None
    assert (model.label == true).mean() > (fit(made, "majority_vote").label == true).mean() - 0.005
    assert (np.argsort(-model.competence) == np.arange(6)).all()
    if name in ("dawid_skene", "one_coin"):
        assert model.competence == pytest.approx(accuracies, abs=0.06)


def test_a_rater_who_prefers_left_is_found_and_discounted():
    made, true = simulated(np.random.default_rng(6), n_items=1500, lean=0.9)
    model = fit(made, "dawid_skene")
    assert model.position_bias[0] > 0.7
    assert np.abs(model.position_bias[1:]).max() < 0.15
    assert model.competence[0] < model.competence[1:].min()
    assert (model.label == true).mean() >= (fit(made, "majority_vote").label == true).mean()
    assert fit(without_sides(made), "dawid_skene").position_bias is None


def test_harder_items_are_found_harder():
    rng = np.random.default_rng(8)
    hard = np.arange(300) < 150
    item, rater = np.repeat(np.arange(300), 10), np.tile(np.arange(10), 300)
    right = rng.random(3000) < np.where(hard, 0.55, 0.9)[item]
    model = fit(labels(item, rater, right.astype(int), n_items=300, n_raters=10, categories="ny"), "glad")
    assert model.difficulty[hard].mean() > model.difficulty[~hard].mean() + 0.5


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([], "no label"),
        ([(0, 0, 1), (1, 0, 0)], "1 rater"),
        ([(0, 0, 1), (1, 1, 0)], "no item was labelled by two raters"),
        ([(0, 0, 1), (0, 1, 1), (1, 0, 1)], "all labels are equal"),
    ],
)
def test_what_cannot_be_known_is_nan_with_a_reason(name, rows, reason):
    table = np.array(rows, dtype=int).reshape(-1, 3)
    model = fit(pairwise_labels(*table.T, n_items=3, n_raters=2), name)
    assert reason in model.reason
    assert np.isnan(model.posterior).all()
    assert np.isnan(model.competence).all()
    assert np.isnan(aggregated_preference(model).preference).all()


def test_votes_in_equal_parts_give_no_preference():
    made = pairwise_labels([0, 0, 1, 1, 2], [0, 1, 0, 1, 0], [0, 2, 0, 0, 1], n_items=4, n_raters=2)
    together = aggregated_preference(fit(made, "majority_vote"))
    assert together.preference == pytest.approx([np.nan, 1, 0, np.nan], nan_ok=True)
    assert together.probability == pytest.approx([np.nan, 1, 1, np.nan], nan_ok=True)
    assert together.score == pytest.approx([0, 1, 0, np.nan], nan_ok=True)


def test_both_bad_is_no_preference_of_either_output():
    bad = pairwise_labels(
        [0, 0], [0, 1], [3, 3], n_items=1, n_raters=2, categories=("a", "tie", "b", "both bad")
    )
    together = aggregated_preference(fit(bad, "majority_vote"))
    assert np.isnan(together.preference[0])
    assert together.score[0] == 0


def test_the_models_are_told_apart_by_key_label_and_source():
    assert len({entry.label for entry in RATER_MODELS.values()}) == len(RATER_MODELS)
    assert all(any(c.isdigit() for c in entry.source) for entry in RATER_MODELS.values())
    with pytest.raises(InvalidInput, match="unknown rater model 'glod'"):
        fit(simulated(np.random.default_rng(0))[0], "glod")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"categories": ("a", "tie")}, "allowed: a and b"),
        ({"categories": ("a", "b", "neither")}, "allowed: a and b"),
        ({"a_left": [1, 0]}, "a_left is int64"),
        ({"a_left": [True]}, "lengths differ"),
    ],
)
def test_labels_that_are_not_allowed_are_refused(arguments, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        pairwise_labels([0, 0], [0, 1], [0, 1], n_items=1, n_raters=2, **arguments)


# Rater report


def test_a_report_says_how_right_biased_steady_and_fast_a_rater_is():
    item, rater = [0, 0, 0, 1, 1, 1, 0], [0, 1, 2, 0, 1, 2, 0]
    label = [0, 0, 2, 1, 2, 2, 2]
    left = [True, False, True, True, True, False, False]
    made = pairwise_labels(item, rater, label, n_items=2, n_raters=4, a_left=left)
    reports = rater_report(made, seconds=[1, 2, np.nan, 3, 4, np.nan, 9], repeats=[[0, 6]])
    # Rater 0 on item 0: the others are split in a and b, so each of its two labels is half right; on item 1 wrong.
    assert reports[0].accuracy.value == pytest.approx(1 / 3)
    assert (reports[0].n_judgments, reports[0].accuracy.n_units) == (3, 3)
    assert reports[0].left_wins.value == 1
    assert reports[0].left_p == 0.5
    assert reports[0].flips.value == 1
    assert (reports[0].median_seconds, reports[0].share_fast) == (3, pytest.approx(1 / 3))
    assert reports[1].flips.reason == "no repeated judgment"
    assert np.isnan(reports[2].median_seconds)
    assert reports[3].accuracy.reason == "no judgment to compare with"
    assert np.isnan(reports[3].left_p)


def test_a_report_against_a_model_uses_its_probabilities():
    made, _ = simulated(np.random.default_rng(0))
    model = fit(made, "dawid_skene")
    report = rater_report(made, model=model)[2]
    own = made.rater == 2
    expected = model.posterior[made.item[own], made.label[own]].mean()
    assert report.accuracy.value == pytest.approx(expected)
    with pytest.raises(InvalidInput, match="allowed: \\(6, 3\\)"):
        rater_report(simulated(np.random.default_rng(0), n_items=6)[0], model=model)


def test_a_repeat_of_another_person_is_refused():
    made = pairwise_labels([0, 0], [0, 1], [0, 1], n_items=1, n_raters=2)
    with pytest.raises(InvalidInput, match="allowed: two judgments of one rater and item"):
        rater_report(made, repeats=[[0, 1]])


class Stopped(Exception):
    pass


@pytest.mark.parametrize("name", MODELS)
def test_a_fit_tells_its_steps_and_can_be_stopped(name):
    given_, *_ = simulated(np.random.default_rng(3))
    told: list[int] = []
    whole = rater_model(given_, name, rng=np.random.default_rng(0), watch=told.append)
    assert max(told) >= 2
    np.testing.assert_array_equal(whole.posterior, fit(given_, name).posterior)

    heard: list[int] = []

    def stop(steps: int) -> None:
        heard.append(steps)
        if len(heard) == 2:
            raise Stopped

    with pytest.raises(Stopped):
        rater_model(given_, name, rng=np.random.default_rng(0), watch=stop)
    assert len(heard) == 2
