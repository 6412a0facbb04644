"""The outputs in order, best first: all of them, the first few, or the best and the worst; with ties or without."""

from collections.abc import Sequence

import numpy as np

from study.answers.cells import Cell, Value
from study.answers.kind import AnswerKind, Feelings, no_offers
from study.answers.spec import AnswerSpec
from study.errors import InvalidInput


def n_ranked(spec: AnswerSpec, n_outputs: int) -> int:
    """Return how many outputs must be ranked."""
    return n_outputs if spec.most is None else min(int(spec.most), n_outputs)


def _problems(spec: AnswerSpec) -> list[str]:
    if spec.most is not None and not (spec.most.is_integer() and spec.most >= 1):
        return [f"most is {spec.most:g}; give the number of outputs to rank, 1 or more"]
    return []


def _check(spec: AnswerSpec, value: Value, n_outputs: int) -> None:
    groups: list[object] = value if isinstance(value, list) else [None]
    if not all(isinstance(group, list) and group for group in groups):
        raise InvalidInput(f"{value!r} is no list of groups of positions, best first")
    ranked = [one for group in groups if isinstance(group, list) for one in group]
    if any(type(one) is not int or not 0 <= one < n_outputs for one in ranked) or len(set(ranked)) < len(
        ranked
    ):
        raise InvalidInput(f"{value!r} must name positions from 0 to {n_outputs - 1}, each once")
    if not spec.ties and len(groups) < len(ranked):
        raise InvalidInput(f"{value!r} has ties, which this question does not allow")
    wanted = n_ranked(spec, n_outputs)
    if len(ranked) < wanted:
        raise InvalidInput(f"{len(ranked)} of {wanted} outputs are ranked")


def _cells(_spec: AnswerSpec, value: Value, _n_outputs: int) -> list[Cell]:
    assert isinstance(value, list)
    found, before = [], 0
    for group in value:
        rank = before + (len(group) + 1) / 2  # the mean of the places that the tied outputs share
        found += [Cell(position=one, number=rank) for one in group]
        before += len(group)
    return found


def _moved(value: Value, to: Sequence[int]) -> Value:
    assert isinstance(value, list)
    return [[to[one] for one in group] for group in value]


def _simulate(spec: AnswerSpec, feelings: Feelings, _position: int | None, rng: np.random.Generator) -> Value:
    felt = [feelings.felt(one, rng) for one in range(len(feelings.strengths))]
    order = sorted(range(len(felt)), key=lambda one: -felt[one])
    groups: list[list[int]] = []
    for one in order[: n_ranked(spec, len(felt))]:
        if spec.ties and groups and felt[groups[-1][-1]] - felt[one] <= feelings.tie_width:
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


def _words(spec: AnswerSpec) -> str:
    what = "all outputs" if spec.most is None else f"the best {int(spec.most)} outputs"
    return f"{what} in order, {'ties allowed' if spec.ties else 'without ties'}"


ORDER = AnswerKind(
    "A ranking of the outputs",
    "ordinal",
    ("most", "ties"),
    ("task",),
    _problems,
    _check,
    _cells,
    _moved,
    _simulate,
    _words,
    no_offers,
)
