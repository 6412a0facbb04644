"""Simulated raters: what they are asked to prefer is what the store then holds."""

import pandas as pd
import pytest

from study import store
from study.errors import InvalidInput, NotAllowed
from study.protocol.design import Design, Question
from study.workflows.simulation import SimulatedRaters, simulate
from tests.conftest import CRITERIA, SYSTEMS, small_study

ANSWERS = ["rater_external_id", "comparison_id", "criterion", "side_of_a", "position", "response"]


def simulated(db: store.Database, population: SimulatedRaters, study_id: str = "small") -> pd.DataFrame:
    simulate(db, study_id, population)
    return store.judgments(db, study_id, texts=True)


def large_study(db: store.Database, criterion: Question = CRITERIA[0]) -> store.Database:
    design = Design(criteria=(criterion,), overlap=3)
    store.save_records(db, small_study(n_items=30, design=design))
    return db


def preferred_rate(long: pd.DataFrame, system: str, over: str) -> float:
    pairs = long[long["left_system"].isin([system, over]) & long["right_system"].isin([system, over])]
    return float((pairs["preferred_system"] == system).mean())


def test_raters_fill_every_place_and_are_stored_as_simulated(db: store.Database) -> None:
    assert simulate(db, "small", SimulatedRaters(8)) == 12 * 3 * 2
    long = store.judgments(db, "small")
    assert long["simulated"].all()
    assert set(long.groupby("comparison_id")["rater_id"].nunique()) == {3}
    assert {rater.source for rater in store.raters(db, "small")} == {"simulated"}


def test_simulated_raters_take_no_place_of_a_human(db: store.Database) -> None:
    rater = store.enrol(db, "small")
    before = store.progress(db, rater)
    simulate(db, "small", SimulatedRaters(8))
    assert store.progress(db, rater) == before


def test_the_same_population_gives_the_same_answers(db: store.Database) -> None:
    store.save_records(db, small_study("twin"))
    population = SimulatedRaters(5, tie_width=0.3, both_bad=0.2, lapse=0.1, seed=4)
    first = simulated(db, population)[ANSWERS]
    db.forget()
    other = store.open_database(db.path.with_name("other.duckdb"))
    store.save_records(other, small_study())
    second = simulated(other, population)[ANSWERS]
    other.close()
    assert sorted(first.itertuples(index=False)) == sorted(second.itertuples(index=False))


def test_another_seed_gives_other_answers(empty_db: store.Database) -> None:
    responses = []
    for seed in (1, 2):
        store.save_records(empty_db, small_study(f"study-{seed}"))
        responses.append(
            simulated(empty_db, SimulatedRaters(5, seed=seed), f"study-{seed}")["response"].tolist()
        )
    assert responses[0] != responses[1]


def test_a_stronger_system_is_preferred_at_the_bradley_terry_rate(empty_db: store.Database) -> None:
    large_study(empty_db)
    strengths = dict(zip(SYSTEMS, (0.0, 1.0, 3.0), strict=True))
    long = simulated(empty_db, SimulatedRaters(6, strengths=strengths))
    assert preferred_rate(long, SYSTEMS[1], over=SYSTEMS[0]) == pytest.approx(0.73, abs=0.15)
    assert preferred_rate(long, SYSTEMS[2], over=SYSTEMS[0]) == pytest.approx(0.95, abs=0.08)


def test_without_noise_the_stronger_system_always_wins(empty_db: store.Database) -> None:
    large_study(empty_db)
    strengths = {system: float(place) for place, system in enumerate(SYSTEMS)}
    long = simulated(empty_db, SimulatedRaters(3, strengths=strengths, noise=1e-6))
    assert (long["preferred_system"] == long[["left_system", "right_system"]].max(axis=1)).all()


def test_criteria_may_have_strengths_of_their_own(db: store.Database) -> None:
    up = {system: float(place) for place, system in enumerate(SYSTEMS)}
    down = {system: -strength for system, strength in up.items()}
    long = simulated(db, SimulatedRaters(4, strengths=up, criterion_strengths={"quality": down}, noise=1e-6))
    best = long.groupby("criterion")["preferred_system"].agg(lambda names: names.value_counts().idxmax())
    assert best.to_dict() == {"fit": SYSTEMS[2], "quality": SYSTEMS[0]}


def test_position_bias_favours_the_left_whatever_stands_there(empty_db: store.Database) -> None:
    long = simulated(large_study(empty_db), SimulatedRaters(3, position_bias=50))
    assert set(long["response"]) == {"left"}
    assert set(long["preference"]) == {"a", "b"}


def test_a_wide_tie_takes_every_answer(empty_db: store.Database) -> None:
    long = simulated(large_study(empty_db), SimulatedRaters(1, tie_width=1000))
    assert set(long["response"]) == {"tie"}


def test_where_ties_are_not_allowed_there_is_none(empty_db: store.Database) -> None:
    criterion = CRITERIA[0].model_copy(update={"ties": False, "both_bad": False})
    long = simulated(
        large_study(empty_db, criterion), SimulatedRaters(1, tie_width=1000, both_bad=1, lapse=0.2)
    )
    assert set(long["response"]) == {"left", "right"}


def test_both_bad_comes_with_the_weakest_pair_first(empty_db: store.Database) -> None:
    strengths = dict(zip(SYSTEMS, (-5.0, -5.0, 50.0), strict=True))
    long = simulated(large_study(empty_db), SimulatedRaters(1, strengths=strengths, both_bad=1))
    weak = ~(long["left_system"].eq(SYSTEMS[2]) | long["right_system"].eq(SYSTEMS[2]))
    assert long["response"].eq("both_bad").equals(weak)


def test_lapses_use_every_option(empty_db: store.Database) -> None:
    strengths = dict.fromkeys(SYSTEMS, 0.0)
    population = SimulatedRaters(3, strengths=strengths, position_bias=50, lapse=1)
    assert set(simulated(large_study(empty_db), population)["response"]) == {
        "left",
        "right",
        "tie",
        "both_bad",
    }


@pytest.mark.parametrize("response_format", ["preference_5", "preference_7"])
def test_a_scale_of_steps_is_used_whole(empty_db: store.Database, response_format: str) -> None:
    criterion = CRITERIA[0].model_copy(update={"response_format": response_format})
    strengths = {system: 2.0 * place for place, system in enumerate(SYSTEMS)}
    population = SimulatedRaters(3, strengths=strengths, tie_width=0.5)
    long = simulated(large_study(empty_db, criterion), population)
    codes = {option.code for option in criterion.preference_options()} - {"both_bad"}
    assert set(long["response"]) == codes


def test_answers_take_plausible_time(db: store.Database) -> None:
    seconds = simulated(db, SimulatedRaters(4))["seconds"]
    assert seconds.between(4, 45).all()
    assert seconds.nunique() > 10


def test_raters_for_whom_there_is_no_place_do_not_stay(db: store.Database) -> None:
    simulate(db, "small", SimulatedRaters(8))
    n_raters = len(store.raters(db, "small"))
    assert simulate(db, "small", SimulatedRaters(50)) == 0
    assert len(store.raters(db, "small")) <= n_raters + 1


def test_names_go_on_where_raters_are_there_already(db: store.Database) -> None:
    simulate(db, "small", SimulatedRaters(2))
    simulate(db, "small", SimulatedRaters(2))
    assert [rater.external_id for rater in store.raters(db, "small")] == [
        "sim-01",
        "sim-02",
        "sim-03",
        "sim-04",
    ]


def test_progress_is_told_up_to_the_end(db: store.Database) -> None:
    told: list[float] = []
    simulate(db, "small", SimulatedRaters(8), progress=lambda fraction, text: told.append(fraction))
    assert told == sorted(told)
    assert told[-1] == 1.0


@pytest.mark.parametrize(
    ("population", "sentence"),
    [
        ({"strengths": {"alpha-nett": 1.0}}, "unknown system 'alpha-nett'.*did you mean 'alpha-net'"),
        ({"strengths": {"alpha-net": 1.0}}, "no strength is given for beta-net, gamma-net"),
        ({"strengths": dict.fromkeys(SYSTEMS, float("nan"))}, "is nan; give a finite number"),
        ({"criterion_strengths": {"style": {}}}, "unknown criterion 'style'; allowed: fit, quality"),
    ],
)
def test_strengths_that_do_not_fit_the_study_are_refused_before_anybody_enrols(
    db: store.Database, population: dict[str, object], sentence: str
) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        simulate(db, "small", SimulatedRaters(2, **population))
    assert store.raters(db, "small") == []


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ({"n_raters": 0}, "n_raters is 0"),
        ({"n_raters": 1, "noise": 0.0}, "noise is 0.0"),
        ({"n_raters": 1, "lapse": 1.5}, "lapse is 1.5; give a number from 0 to 1"),
        ({"n_raters": 1, "tie_width": float("nan")}, "tie_width is nan"),
        ({"n_raters": 1, "position_bias": float("inf")}, "position_bias is inf"),
    ],
)
def test_a_population_that_makes_no_sense_is_refused(value: dict[str, float], sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        SimulatedRaters(**value)


def test_a_closed_study_takes_no_simulated_raters(db: store.Database) -> None:
    store.set_state(db, "small", "closed")
    with pytest.raises(NotAllowed):
        simulate(db, "small", SimulatedRaters(1))
