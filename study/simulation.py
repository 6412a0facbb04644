"""Simulated raters with known preferences, who go through the store as people do: enrol, get a task, answer."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np

from study import store
from study.design import Criterion, Design
from study.errors import InvalidInput
from study.records import SIDES, Rater, StudyRecords, stable_id, utc_now
from study.responses import BOTH_BAD, TIE, Option
from study.tables import lookup

Progress = Callable[[float, str], None]
Strengths = Mapping[str, float]

SHORTEST_SECONDS, LONGEST_SECONDS = 4.0, 40.0


@dataclass(frozen=True, slots=True)
class SimulatedRaters:
    """A population of raters whose preferences are known.

    Of a pair they feel ``strength(left) - strength(right) + position_bias`` plus logistic noise. A feeling within
    ``tie_width`` of 0 is a tie (where the criterion has none, its sign decides); beyond it, each further ``noise``
    is one step of the scale.

    Parameters
    ----------
    n_raters : int
        How many enrol; fewer get a task where the places run out.
    strengths : mapping of str to float, optional
        The strength of each system, in logits; by default spread evenly over -1 to 1, in a seeded order.
    criterion_strengths : mapping of str to mapping, optional
        For a criterion of this key, strengths of its own.
    noise : float
        Scale of the logistic noise; at 1 and with no ties, preferences follow Bradley-Terry with these strengths.
    tie_width : float
        The largest feeling that is a tie.
    both_bad : float
        Rate of "both bad" for two outputs of the weakest strength; it falls by e per unit that the better one of a
        pair is stronger.
    position_bias : float
        Added to every feeling; positive is towards the left.
    lapse : float
        Rate of answers given at random among the options.
    seed : int
        With the same seed the same study gets the same answers.
    """

    n_raters: int
    strengths: Strengths | None = None
    criterion_strengths: Mapping[str, Strengths] = field(default_factory=dict)
    noise: float = 1.0
    tie_width: float = 0.0
    both_bad: float = 0.0
    position_bias: float = 0.0
    lapse: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse values that make no sense."""
        if self.n_raters < 1:
            raise InvalidInput(f"n_raters is {self.n_raters}; give 1 or more")
        for name, least, most in (
            ("noise", 1e-9, math.inf),
            ("tie_width", 0, math.inf),
            ("both_bad", 0, 1),
            ("lapse", 0, 1),
            ("position_bias", -math.inf, math.inf),
        ):
            value = getattr(self, name)
            if not (least <= value <= most and math.isfinite(value)):
                raise InvalidInput(f"{name} is {value}; give a number from {least:g} to {most:g}")


@dataclass(frozen=True, slots=True)
class _Setting:
    """What the turns of all raters share; ``outputs`` are a comparison's outputs a and b, ``system_of`` who wrote them."""

    population: SimulatedRaters
    criteria: tuple[Criterion, ...]
    strengths: Mapping[str, Strengths]
    outputs: Mapping[str, tuple[str, str]]
    system_of: Mapping[str, str]


def simulate(
    db: store.Database, study_id: str, population: SimulatedRaters, *, progress: Progress | None = None
) -> int:
    """Enrol the population and let it judge, in turns, until nobody gets a task; return the number of judgments.

    Every answer is committed by itself, as a person's is. For one state of a study, the same population gets the same
    raters, tasks, sides and answers; only ids of assignments and judgments, tokens and times differ between runs.
    Raters for whom no place is left do not enrol.

    Raises
    ------
    InvalidInput
        If a strength is given for an unknown system or criterion, or a system has none.
    NotAllowed
        If the study is closed.
    """
    records = store.study_records(db, study_id)
    setting = _setting(records, store.design(db, study_id).criteria, population)
    names = _free_names(db, study_id, population.n_raters)
    total = _expected_tasks(records, store.design(db, study_id), population) * len(setting.criteria)
    active: list[Rater] = []
    judged = 0
    attributes = {"simulation_seed": population.seed}
    for name in names:
        rater = store.enrol(db, study_id, source="simulated", external_id=name, attributes=attributes)
        count = _turn(db, setting, rater)
        if not count:
            break
        active.append(rater)
        judged += count
    while active:
        counts = [_turn(db, setting, rater) for rater in active]
        active = [rater for rater, count in zip(active, counts, strict=True) if count]
        judged += sum(counts)
        if progress:
            progress(min(judged / max(total, 1), 1.0), "judging")
    return judged


def _setting(records: StudyRecords, criteria: tuple[Criterion, ...], population: SimulatedRaters) -> _Setting:
    systems = sorted({output.system for output in records.outputs})
    return _Setting(
        population,
        criteria,
        _strengths(population, systems, [criterion.key for criterion in criteria]),
        {one.comparison_id: (one.output_a_id, one.output_b_id) for one in records.comparisons},
        {output.output_id: output.system for output in records.outputs},
    )


def _turn(db: store.Database, setting: _Setting, rater: Rater) -> int:
    """Let a rater judge the comparison they get; return the number of answers, 0 where they get none."""
    task = store.current_task(db, rater)
    if task is None:
        return 0
    a, b = (setting.system_of[output] for output in setting.outputs[task.comparison_id])
    left, right = (a, b) if task.side_of_a == SIDES[0] else (b, a)
    count = 0
    for criterion in setting.criteria:
        rng = _rng(setting.population, rater, task.comparison_id, criterion.key)
        strengths = setting.strengths[criterion.key]
        weakest = min(strengths.values())
        answer = _answer(setting.population, criterion, strengths[left], strengths[right], weakest, rng)
        count += _record(db, rater, task, criterion.key, answer, rng)
    return count


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
                f"criterion {key!r}: no strength is given for {', '.join(lacking)}; give one to each"
            )
        found[key] = given or default
    return found


def _free_names(db: store.Database, study_id: str, count: int) -> list[str]:
    """Return names sim-01, sim-02 and so on that no rater of the study has."""
    taken = {rater.external_id for rater in store.raters(db, study_id)}
    names = (f"sim-{number:02}" for number in range(1, len(taken) + count + 1))
    return [name for name in names if name not in taken][:count]


def _expected_tasks(records: StudyRecords, design: Design, population: SimulatedRaters) -> int:
    comparisons = sum(comparison.purpose == "main" for comparison in records.comparisons)
    each = min(comparisons, design.quota or comparisons)
    return min(comparisons * design.overlap, population.n_raters * each)


def _rng(population: SimulatedRaters, rater: Rater, *parts: str) -> np.random.Generator:
    """Return a generator of its own for each answer, so that it does not depend on the order of the others."""
    return np.random.default_rng(int(stable_id(population.seed, rater.external_id, *parts), 16))


def _answer(
    population: SimulatedRaters,
    criterion: Criterion,
    left: float,
    right: float,
    weakest: float,
    rng: np.random.Generator,
) -> str:
    """Return the code of the answer that a rater gives to outputs of these strengths."""
    options = criterion.options()
    codes = [option.code for option in options]
    lapses, finds_bad = rng.random(2) < (
        population.lapse,
        population.both_bad * math.exp(weakest - max(left, right)),
    )
    if lapses:
        return codes[rng.integers(len(codes))]
    if finds_bad and BOTH_BAD in codes:
        return BOTH_BAD
    feeling = left - right + population.position_bias + rng.logistic(scale=population.noise)
    if abs(feeling) <= population.tie_width and TIE in codes:
        return TIE
    return _step(options, feeling, population)


def _step(options: Sequence[Option], feeling: float, population: SimulatedRaters) -> str:
    side = SIDES[0] if feeling > 0 else SIDES[1]
    codes = {option.strength: option.code for option in options if option.side == side}
    beyond = max(abs(feeling) - population.tie_width, 0.0)
    return codes[min(1 + int(beyond / population.noise), max(codes))]


def _record(
    db: store.Database, rater: Rater, task: store.Task, criterion: str, answer: str, rng: np.random.Generator
) -> bool:
    seconds = round(float(np.clip(rng.lognormal(math.log(11), 0.5), SHORTEST_SECONDS, LONGEST_SECONDS)), 1)
    return store.record_judgment(
        db,
        rater,
        task.assignment_id,
        criterion,
        task.revisions[criterion],
        answer,
        shown_at=utc_now() - timedelta(seconds=seconds),
    )
