"""Simulated raters with known preferences, who use the store like people: enrol, get a task, answer."""

import math
from collections.abc import Callable, Sequence
from datetime import timedelta

import numpy as np

from study import store
from study.errors import InvalidInput
from study.protocol.design import Design, Question
from study.protocol.questions import is_met
from study.records import ACTIVE, CHECK_SYSTEM, Rater, StudyRecords, utc_now
from study.tables import lookup
from study.workflows.simulation.answers import (
    SimulatedPerson,
    SimulationState,
    answer_of,
    other_answer_of,
    rng_of,
    with_profile,
)
from study.workflows.simulation.population import HONEST, KINDS, SimulatedRaters, Strengths

__all__ = ["HONEST", "KINDS", "SimulatedRaters", "simulate"]

Progress = Callable[[float, str], None]

SHORTEST_SECONDS, LONGEST_SECONDS = 4.0, 40.0
HURRIED_SECONDS = 2.5  # the median of a careless rater; others take 11
TURNS_PER_COMMIT = 50


def simulate(
    db: store.Database, study_id: str, population: SimulatedRaters, *, progress: Progress | None = None
) -> int:
    """Enrol the population and let it judge, in turns, until no rater gets a task; return the number of judgments.

    The raters use the store as people do, except that their answers are committed in batches. Drop-outs leave with an
    open comparison; in the end their leases are ended and others take the places. For the same state of a study, the
    same population gets the same raters, tasks, sides and answers; only ids of assignments and judgments, tokens and
    times differ between runs. Raters do not enrol if no place is left for them.

    Raises
    ------
    InvalidInput
        If a strength is given for an unknown system or criterion, or a system has none.
    NotAllowed
        If the study is closed.
    """
    records = store.study_records(db, study_id)
    details = {"raters": population.n_raters, "seed": population.seed}
    store.log_action(db, "simulated", study_id, details)
    setting = _setting(records, store.design(db, study_id).questions, population)
    total = _expected_tasks(records, store.design(db, study_id), population) * len(setting.questions)
    people, judged = _enrolled(db, study_id, setting)
    active = people
    while active:
        counts = _round(db, setting, active)
        active = [person for person, count in zip(active, counts, strict=True) if count]
        judged += sum(counts)
        if progress:
            progress(min(judged / max(total, 1), 1.0), "judging")
        if not active:
            with db.batch():
                for person in people:
                    if person.has_left():
                        store.release(db, person.rater)
            # Raters below their quota take the places of drop-outs and of raters who failed too many checks.
            counts = _round(db, setting, [person for person in people if not person.has_left()])
            judged += sum(counts)
            active = [person for person in people if not person.has_left()] if sum(counts) else []
    return judged


def _enrolled(
    db: store.Database, study_id: str, setting: SimulationState
) -> tuple[list[SimulatedPerson], int]:
    """Enrol raters, each with a first task, as long as there are places; return them, and the number of answers."""
    population = setting.population
    people: list[SimulatedPerson] = []
    judged = 0
    names = _free_names(db, study_id, population.n_raters)
    for start in range(0, len(names), TURNS_PER_COMMIT):
        with db.batch():
            for name, kind in zip(
                names[start:], population.kinds()[start : start + TURNS_PER_COMMIT], strict=False
            ):
                attributes = {"simulation_seed": population.seed, "simulation_kind": kind}
                rater = store.enrol(db, study_id, source="simulated", external_id=name, attributes=attributes)
                rater = with_profile(db, population, rater)
                person = SimulatedPerson(
                    rater, kind, _leaves_after(db, setting, rater) if kind == KINDS[0] else None
                )
                count = _turn(db, setting, person)
                if not count:
                    return people, judged
                people.append(person)
                judged += count
    return people, judged


def _leaves_after(db: store.Database, setting: SimulationState, rater: Rater) -> int:
    most = store.progress(db, rater).total
    return int(rng_of(setting.population, rater, "leaves").integers(1, max(most, 2)))


def _round(db: store.Database, setting: SimulationState, people: Sequence[SimulatedPerson]) -> list[int]:
    """Let each person judge one comparison; return their numbers of answers."""
    counts: list[int] = []
    for start in range(0, len(people), TURNS_PER_COMMIT):
        with db.batch():
            counts += [_turn(db, setting, person) for person in people[start : start + TURNS_PER_COMMIT]]
    return counts


def _setting(
    records: StudyRecords, questions: tuple[Question, ...], population: SimulatedRaters
) -> SimulationState:
    systems = sorted({output.system for output in records.outputs} - {CHECK_SYSTEM})
    return SimulationState(
        population,
        questions,
        _strengths(population, systems, [question.key for question in questions]),
        records.outputs_of_tasks(),
        {output.output_id: output.system for output in records.outputs},
        {one.task_id: (one.purpose, one.expected) for one in records.tasks if one.purpose != "main"},
        _subjects(records),
    )


def _turn(db: store.Database, setting: SimulationState, person: SimulatedPerson) -> int:
    """Let a rater judge their next comparison; return the number of answers, 0 if they get none or leave."""
    rater = person.rater
    if store.rater_by_token(db, rater.token).status != ACTIVE:
        return 0
    task = store.current_task(db, rater)
    if task is None or person.has_left():
        return 0
    count = 0
    given = dict(task.answers)
    for question in setting.questions:
        if question.key in given or question.key not in task.revisions:
            continue
        if question.shown_if and not is_met(question.shown_if, given):
            continue
        key = rater.rater_id, task.task_id, question.key
        again = ("again",) if key in setting.given else ()
        rng = rng_of(setting.population, rater, task.task_id, question.key, *again)
        answer = (answer_of if question.is_preference else other_answer_of)(
            setting, person, task, question, rng
        )
        setting.given.setdefault(key, answer)
        given[question.key] = answer
        count += _record(db, person, task, question.key, answer, rng)
    person.judged += 1
    return count


def _subjects(records: StudyRecords) -> dict[str, tuple[str, ...]]:
    subjects = {item.item_id: tuple(item.subjects) for item in records.items}
    return {task.task_id: subjects.get(task.item_id or "", ()) for task in records.tasks}


def _strengths(
    population: SimulatedRaters, systems: Sequence[str], criteria: Sequence[str]
) -> dict[str, Strengths]:
    """Return the strengths of all systems for each criterion."""
    for key in population.criterion_strengths:
        lookup(dict.fromkeys(criteria), key, "criterion")
    spread = np.linspace(-1, 1, len(systems)) if len(systems) > 1 else np.zeros(1)
    order = np.random.default_rng(population.seed).permutation(len(systems))
    default = {system: float(spread[place]) for system, place in zip(systems, order, strict=False)}
    found = {}
    for key in criteria:
        given = population.criterion_strengths.get(key, population.strengths)
        for system, value in (given or {}).items():
            lookup(dict.fromkeys(systems), system, "system")
            if not math.isfinite(value):
                raise InvalidInput(f"the strength of {system!r} is {value}; give a finite number")
        lacking = [system for system in systems if given and system not in given]
        if lacking:
            raise InvalidInput(
                f"criterion {key!r}: no strength is given for {', '.join(lacking)}; give each system one"
            )
        found[key] = given or default
    return found


def _free_names(db: store.Database, study_id: str, count: int) -> list[str]:
    """Return unused rater names of the form sim-01, sim-02."""
    taken = {rater.external_id for rater in store.raters(db, study_id)}
    names = (f"sim-{number:02}" for number in range(1, len(taken) + count + 1))
    return [name for name in names if name not in taken][:count]


def _expected_tasks(records: StudyRecords, design: Design, population: SimulatedRaters) -> int:
    comparisons = sum(task.purpose == "main" for task in records.tasks)
    each = min(comparisons, design.quota or comparisons)
    return min(comparisons * design.overlap, population.n_raters * each)


def _record(
    db: store.Database,
    person: SimulatedPerson,
    task: store.CurrentTask,
    criterion: str,
    answer: str,
    rng: np.random.Generator,
) -> bool:
    hurried = person.kind == "careless"
    time = rng.lognormal(math.log(HURRIED_SECONDS if hurried else 11), 0.5)
    shortest = HURRIED_SECONDS / 3 if hurried else SHORTEST_SECONDS
    seconds = round(float(np.clip(time, shortest, LONGEST_SECONDS)), 1)
    return store.record_judgment(
        db,
        person.rater,
        task.assignment_id,
        criterion,
        task.revisions[criterion],
        answer,
        shown_at=utc_now() - timedelta(seconds=seconds),
    )
