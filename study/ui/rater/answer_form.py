"""Questions that are answered together and saved at once: how the browser draws them, and the responses made of a press."""

from collections.abc import Iterable, Mapping

from study.answers import Shape, kind_of, places_of, wrapped
from study.answers.choice import LETTERS
from study.answers.number import bounds as number_bounds
from study.answers.number import step_of
from study.answers.order import n_ranked
from study.answers.points import total_of
from study.answers.several import bounds as several_bounds
from study.answers.text import MOST_CHARS
from study.protocol.questions import Question, asked_after
from study.records import JsonObject


def is_one_press(questions: list[Question], shape: Shape) -> bool:
    """Return whether a screen is answered by a single press: one question about one thing, with a value to choose."""
    (first, *others) = questions
    return (
        not others
        and first.kind != "several"
        and len(places_of(first, shape)) == 1
        and bool(kind_of(first).offers(first, shape.n_outputs))
    )


def drawn(questions: Iterable[Question], shape: Shape, subjects: Mapping[str, str]) -> tuple[JsonObject, ...]:
    """Return what the browser draws of a form, for JSON; keys of questions stay on the server."""
    listed = list(questions)
    names = {question.key: f"q{place}" for place, question in enumerate(listed)}
    return tuple(
        {
            "name": names[question.key],
            "title": question.question,
            "help": question.help,
            "required": question.required,
            "kind": question.kind,
            "rows": [
                _row(position, subject, shape, subjects) for position, subject in places_of(question, shape)
            ],
            "offers": _offers(question, shape),
            "shownIf": _condition(question, names),
            **_settings(question, shape),
        }
        for question in listed
    )


def responses(
    questions: Iterable[Question], shape: Shape, sent: Mapping[str, object], given: Mapping[str, str]
) -> dict[str, str]:
    """Return the response to each question of a form that is asked, by its key; the store checks them.

    Parameters
    ----------
    sent : mapping of str to object
        The values of each question's rows, by its name in :func:`drawn`.
    given : mapping of str to str
        The responses to earlier questions.
    """
    found: dict[str, str] = {}
    for place, question in enumerate(questions):
        if not asked_after([question], {**given, **found}):
            continue
        values, rows = sent.get(f"q{place}"), places_of(question, shape)
        cells = list(values) if isinstance(values, list) and len(values) == len(rows) else [None] * len(rows)
        found[question.key] = wrapped(question, [_value(question, cell, shape) for cell in cells], shape)
    return found


def _value(question: Question, value: object, shape: Shape) -> object:
    """Return a row's value as it is stored: points by output are a list."""
    if question.kind == "points" and question.of == "outputs" and isinstance(value, Mapping):
        return [value.get(str(place), 0) for place in range(shape.n_outputs)]
    return value


def _row(position: int | None, subject: str | None, shape: Shape, subjects: Mapping[str, str]) -> str:
    letter = LETTERS[position] if position is not None and shape.n_outputs > 1 else ""
    return " · ".join(part for part in (letter, subjects.get(subject, subject) if subject else "") if part)


def _offers(question: Question, shape: Shape) -> list[list[object]]:
    """Return what can be chosen: value, label, keys. Orders and points name the outputs by their letters."""
    if question.kind == "order" or (question.kind == "points" and question.of == "outputs"):
        return [[place, LETTERS[place]] for place in range(shape.n_outputs)]
    if question.kind == "points":
        return [[key, label] for key, label in question.option_labels.items()]
    return [[one.value, one.label, *one.keys] for one in kind_of(question).offers(question, shape.n_outputs)]


def _condition(question: Question, names: Mapping[str, str]) -> list[object] | None:
    condition = question.shown_if
    if condition is None or condition.question not in names:
        return None
    return [names[condition.question], [str(one) for one in condition.answers]]


def _settings(question: Question, shape: Shape) -> JsonObject:
    match question.kind:
        case "number":
            low, high = number_bounds(question)
            return {"low": low, "high": high, "step": step_of(question), "unit": question.unit}
        case "several":
            least, most = several_bounds(question, len(_offers(question, shape)))
            return {"least": least, "most": most}
        case "text":
            return {"least": question.min_chars, "most": MOST_CHARS}
        case "order":
            return {"most": n_ranked(question, shape.n_outputs), "ties": question.ties}
        case "points":
            return {"total": total_of(question)}
    return {}
