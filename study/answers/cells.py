"""Cells: the single values in an answer, by the position on screen and the subject that they are about."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from study.answers.spec import AnswerSpec
from study.errors import InvalidInput
from study.wording import listed

Value = object
"""A JSON value: what was answered about one place, or None."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One value in an answer.

    ``position`` is the output's place on screen, None if the value is about no single output. ``text`` is the key of an option,
    the label of a mark, or the rater's own words, as ``in_words`` says.
    """

    position: int | None = None
    subject: str | None = None
    number: float | None = None
    text: str | None = None
    in_words: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """What a question is asked about: the number of outputs on screen, and the keys of the item's subjects."""

    n_outputs: int
    subjects: tuple[str, ...] = ()


Place = tuple[int | None, str | None]
"""A position, or None for the task, and a subject, or None."""


def places_of(spec: AnswerSpec, shape: Shape) -> list[Place]:
    """Return what a question asks about, in the order of the screen.

    >>> places_of(AnswerSpec(kind="scale", about="each_output"), Shape(2))
    [(0, None), (1, None)]
    """
    positions = range(shape.n_outputs) if spec.about.startswith("each_output") else (None,)
    subjects = shape.subjects if spec.about.endswith("subject") else (None,)
    return [(position, subject) for position in positions for subject in subjects]


def wrapped(spec: AnswerSpec, values: Sequence[Value], shape: Shape) -> str:
    """Return the response that holds a value for each of :func:`places_of`, as JSON.

    >>> wrapped(AnswerSpec(kind="scale", about="each_output_and_subject"), [1, 2, 3, 4], Shape(2, ("s", "t")))
    '[{"s":1,"t":2},{"s":3,"t":4}]'
    """
    left = iter(values)

    def of_one() -> Value:
        return {one: next(left) for one in shape.subjects} if spec.about.endswith("subject") else next(left)

    many = [of_one() for _ in range(shape.n_outputs)] if spec.about.startswith("each_output") else of_one()
    return json.dumps(many, ensure_ascii=False, separators=(",", ":"))


def unwrapped(spec: AnswerSpec, response: str, shape: Shape) -> list[tuple[Place, Value]]:
    """Return each place of a response with its value; the inverse of :func:`wrapped`.

    Raises
    ------
    InvalidInput
        If the response is not JSON, or does not fit what the question is about.
    """
    try:
        found = json.loads(response)
    except ValueError:
        raise InvalidInput(f"the answer {response[:60]!r} is not JSON") from None
    return list(_unwrapped(spec, found, shape))


def _unwrapped(spec: AnswerSpec, found: Value, shape: Shape) -> Iterator[tuple[Place, Value]]:
    if not spec.about.startswith("each_output"):
        yield from _of_subjects(spec, found, None, shape)
        return
    if not isinstance(found, list) or len(found) != shape.n_outputs:
        raise InvalidInput(
            f"the answer {str(found)[:60]} has not one value for each of {shape.n_outputs} outputs"
        )
    for position, one in enumerate(found):
        yield from _of_subjects(spec, one, position, shape)


def _of_subjects(
    spec: AnswerSpec, found: Value, position: int | None, shape: Shape
) -> Iterator[tuple[Place, Value]]:
    if not spec.about.endswith("subject"):
        yield (position, None), found
        return
    if not isinstance(found, dict) or set(found) != set(shape.subjects):
        raise InvalidInput(
            f"the answer {str(found)[:60]} has not one value for each subject ({listed(shape.subjects, 5)})"
        )
    for subject in shape.subjects:
        yield (position, subject), found[subject]
