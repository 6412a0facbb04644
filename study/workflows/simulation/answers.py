"""The answers of a simulated rater, by the strengths of the systems or by the rater's kind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from study import store
from study.answers import Feelings, Shape, simulated
from study.blinding import mirror, passes, shown_in
from study.protocol.design import Question
from study.records import SIDES, Rater, stable_id
from study.responses import BOTH_BAD, TIE
from study.workflows.simulation.population import SimulatedRaters, Strengths

SLIP = 0.02  # rate at which an honest rater fails an attention or gold check
HEED = 2.5  # logits by which an honest rater prefers the output for the profile
LEFT = 0.95  # rate of left answers of a one-sided rater
NEITHER = (TIE, BOTH_BAD)


@dataclass(frozen=True, slots=True)
class SimulationState:
    """The shared state of all turns; ``outputs`` are a comparison's outputs a and b, ``system_of`` gives their systems.

    ``checks`` holds purpose and expected answer of each comparison that is not a main one; ``given`` the first answers.
    """

    population: SimulatedRaters
    questions: tuple[Question, ...]
    strengths: Mapping[str, Strengths]
    outputs: Mapping[str, Sequence[str]]
    system_of: Mapping[str, str]
    checks: Mapping[str, tuple[str, str | None]]
    subjects: Mapping[str, tuple[str, ...]]
    given: dict[tuple[str, str, str], str] = field(default_factory=dict)


@dataclass(slots=True)
class SimulatedPerson:
    """A simulated rater at work; ``leaves_after`` is how many comparisons a drop-out judges."""

    rater: Rater
    kind: str
    leaves_after: int | None = None
    judged: int = 0

    def has_left(self) -> bool:
        """Return whether a drop-out has judged all the comparisons that it will."""
        return self.leaves_after is not None and self.judged >= self.leaves_after


def answer_of(
    setting: SimulationState,
    person: SimulatedPerson,
    task: store.CurrentTask,
    criterion: Question,
    rng: np.random.Generator,
) -> str:
    """Return the answer of a rater of this kind to a criterion."""
    population, key = setting.population, (person.rater.rater_id, task.task_id, criterion.key)
    codes = [option.code for option in criterion.preference_options()]
    before = setting.given.get(key)
    if person.kind == "careless":
        answer = codes[rng.integers(len(codes))]
    elif person.kind == "one_sided":
        answer = _plain(criterion, SIDES[0] if rng.random() < LEFT else SIDES[1])
    elif task.task_id in setting.checks:
        answer = _answer_to_check(setting, person, task, criterion, rng)
    elif before and population.flip is not None:
        answer = before if rng.random() < population.flip else mirror(before)
    else:
        answer = simulated(criterion, _feelings(setting, task, criterion), _shape(setting, task), rng)
    return answer


def other_answer_of(
    setting: SimulationState,
    person: SimulatedPerson,
    task: store.CurrentTask,
    question: Question,
    rng: np.random.Generator,
) -> str:
    """Return the answer of a rater of this kind to a question that is no preference; the careless answer by chance."""
    feelings = _feelings(setting, task, question)
    if person.kind == "careless":
        feelings = replace(feelings, strengths=tuple(rng.normal(size=len(feelings.strengths))), lapse=1.0)
    return simulated(question, feelings, _shape(setting, task), rng)


def _shape(setting: SimulationState, task: store.CurrentTask) -> Shape:
    return Shape(len(task.arrangement), setting.subjects[task.task_id])


def _feelings(setting: SimulationState, task: store.CurrentTask, question: Question) -> Feelings:
    """Return what is felt about the outputs on screen; an output made for a check feels like the weakest system."""
    population, strengths = setting.population, setting.strengths[question.key]
    weakest, strongest = min(strengths.values()), max(strengths.values())
    shown = shown_in(task.arrangement, setting.outputs[task.task_id])
    return Feelings(
        tuple(strengths.get(setting.system_of[output], weakest) for output in shown),
        weakest,
        strongest,
        population.noise,
        population.tie_width,
        population.position_bias,
        population.lapse,
        population.both_bad,
    )


def _answer_to_check(
    setting: SimulationState,
    person: SimulatedPerson,
    task: store.CurrentTask,
    criterion: Question,
    rng: np.random.Generator,
) -> str:
    """Answer a check: right except for slips; only raters who heed the profile recognise a wrong-profile output."""
    purpose, expected = setting.checks[task.task_id]
    if expected is None:
        return _plain(criterion, SIDES[rng.integers(2)])
    right = next(code for code in (*SIDES, *NEITHER) if passes(expected, code, task.arrangement))
    wrong = SIDES[1] if right == SIDES[0] else SIDES[0]
    if purpose == "wrong_profile":
        heed = 0.0 if person.kind == "profile_blind" else HEED
        return _plain(criterion, right if heed + rng.logistic() > 0 else wrong)
    return _plain(criterion, wrong if rng.random() < SLIP else right)


def with_profile(db: store.Database, population: SimulatedRaters, rater: Rater) -> Rater:
    """Answer the elicitation at random, if the design has one; return the rater with the resulting profile."""
    if store.design(db, rater.study_id).elicitation is None:
        return rater
    while (task := store.elicitation_task(db, rater)) is not None:
        rng = rng_of(population, rater, "told", str(task.place))
        given = {
            "query": f"What {rater.external_id} asks for",
            "need": f"What {rater.external_id} needs",
            "liked": bool(rng.random() < 0.5),
            "comment": "A simulated comment",
            "response": (*SIDES, TIE)[rng.integers(3)],
        }
        store.record_elicited(db, rater, task.place, given)
    return store.finish_elicitation(db, rater)


def _plain(criterion: Question, code: str) -> str:
    """Return a criterion's weakest option for left, right, tie or both bad; if it has none, the weakest of all."""
    fitting = [option for option in criterion.preference_options() if code in (option.side, option.code)]
    return min(fitting or criterion.preference_options(), key=lambda option: option.strength).code


def rng_of(population: SimulatedRaters, rater: Rater, *parts: str) -> np.random.Generator:
    """Return a separate generator for each answer, so that it does not depend on the order of the others."""
    return np.random.default_rng(int(stable_id(population.seed, rater.external_id, *parts), 16))
