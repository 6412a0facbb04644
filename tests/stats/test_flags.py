"""Each rule of the flags finds what it is for, says what it looked at, and leaves the others alone."""

from dataclasses import replace

import numpy as np
import pytest

from study.stats.quality.flags import FLAGS, RaterAnswers, least_seconds

N_RATERS, N_ANSWERS = 12, 24


def honest(seed: int = 0) -> RaterAnswers:
    rng = np.random.default_rng(seed)
    rater = np.repeat(np.arange(N_RATERS), N_ANSWERS)
    left = np.tile([1.0, 0.0], N_RATERS * N_ANSWERS // 2)
    return RaterAnswers(
        N_RATERS,
        rater,
        (left == 0).astype(np.int64),
        left,
        rng.lognormal(2.4, 0.4, len(rater)),
        (np.arange(len(rater)) % 3 > 0).astype(np.float64),
        np.zeros(N_RATERS, np.int64),
        np.full(N_RATERS, 4),
        np.zeros(N_RATERS, np.int64),
        np.full(N_RATERS, 4),
    )


def of_first(answers: RaterAnswers, values: np.ndarray, new: object) -> np.ndarray:
    return np.where(answers.rater == 0, new, values)


PLANTED = {
    "too_fast": lambda one: {"seconds": of_first(one, one.seconds, 1.5)},
    "straight_lining": lambda one: {"response": of_first(one, one.response, 0)},
    "one_sided": lambda one: {"left": of_first(one, one.left, 1.0)},
    "failed_checks": lambda one: {"failed": np.eye(1, N_RATERS, dtype=np.int64)[0] * 2},
    "high_flip_rate": lambda one: {"flipped": np.eye(1, N_RATERS, dtype=np.int64)[0] * 4},
    "low_agreement": lambda one: {
        "agreed": of_first(one, one.agreed, (np.arange(len(one.rater)) % 5 == 0) * 1.0)
    },
}


def test_every_rule_is_tried() -> None:
    assert set(PLANTED) == set(FLAGS)


@pytest.mark.parametrize("name", FLAGS)
def test_honest_raters_are_not_flagged(name: str) -> None:
    assert not FLAGS[name].function(honest()).flagged.any()


@pytest.mark.parametrize("name", FLAGS)
def test_the_planted_rater_is_flagged_and_no_other(name: str) -> None:
    answers = honest()
    found = FLAGS[name].function(replace(answers, **PLANTED[name](answers)))
    assert found.flagged.tolist() == [True] + [False] * (N_RATERS - 1)
    assert np.isfinite(found.value).all()
    assert (found.n >= 4).all()


@pytest.mark.parametrize("name", FLAGS)
def test_who_answered_nothing_is_not_flagged_and_has_no_value(name: str) -> None:
    answers = honest()
    some = answers.rater != 0
    nothing = np.where(np.arange(N_RATERS) == 0, 0, 4)
    found = FLAGS[name].function(
        replace(
            answers,
            rater=answers.rater[some],
            response=answers.response[some],
            left=answers.left[some],
            seconds=answers.seconds[some],
            agreed=answers.agreed[some],
            checks=nothing,
            repeats=nothing,
        )
    )
    assert not found.flagged.any()
    assert np.isnan(found.value[0])
    assert found.n[0] == 0


def test_a_slip_on_one_check_is_no_flag() -> None:
    answers = replace(honest(), failed=np.ones(N_RATERS, np.int64))
    assert not FLAGS["failed_checks"].function(answers).flagged.any()


@pytest.mark.parametrize("name", FLAGS)
def test_without_a_rater_nobody_is_flagged(name: str) -> None:
    none, whole = np.zeros(0), np.zeros(0, np.int64)
    nobody = RaterAnswers(0, whole, whole, none, none, none, whole, whole, whole, whole)
    assert FLAGS[name].function(nobody).flagged.tolist() == []


def test_raters_who_are_all_too_fast_are_all_flagged() -> None:
    """Five raters at a second an answer: none is fast beside the others, and nobody looked."""
    one = honest()
    hurried = replace(one, seconds=np.where(one.rater < 5, 1.0, np.nan))
    found = FLAGS["too_fast"].function(hurried)
    assert found.flagged.tolist() == [True] * 5 + [False] * (N_RATERS - 5)
    assert found.value[:5].tolist() == [1.0] * 5


def test_what_is_too_fast_depends_on_the_length_of_what_was_shown() -> None:
    one = honest()
    steady = replace(one, seconds=np.full(len(one.rater), 8.0))
    for characters, flagged in ((400.0, False), (4000.0, True), (np.nan, False)):
        shown = replace(steady, least=least_seconds(np.full(len(one.rater), characters)))
        assert FLAGS["too_fast"].function(shown).flagged.all() == flagged
    half = np.where(np.arange(len(one.rater)) % 2, 4000.0, 400.0)
    assert not FLAGS["too_fast"].function(replace(steady, least=least_seconds(half))).flagged.any()


def test_the_rule_says_its_parameters() -> None:
    for part in ("a third", "2 s", "600 words a minute", "60 characters a second"):
        assert part in FLAGS["too_fast"].sentence
