"""The questions that a table of ratings answers, for the design of a new study made of it."""

import re
from collections.abc import Sequence

from study.answers.scale import MOST
from study.errors import InvalidInput
from study.protocol.design import Design, parse_design

DEFAULT_KEY = "rating"
USUAL_STEPS = (5, 7, 10, MOST)


def design_of_ratings(given: Design, ratings: Sequence[tuple[str, str]]) -> Design:
    """Return a design that asks for the ratings of a file about single outputs; a design of one's own stays as it is.

    Whole numbers from 1 to 11 are read as a scale of 5, 7, 10 or 11 steps, other numbers as numbers.

    Parameters
    ----------
    ratings : sequence of (str, str)
        The question and the value of each rating, as the file gives them.

    Raises
    ------
    InvalidInput
        If a rating is no number, and the design does not ask for it.
    """
    if given.questions != Design().questions:
        return given
    values: dict[str, list[str]] = {}
    for name, value in ratings:
        values.setdefault(name or DEFAULT_KEY, []).append(value)
    keys: dict[str, str] = {}
    for name in values:
        if (other := keys.setdefault(key_of(name), name)) != name:
            raise InvalidInput(
                f"the questions {other!r} and {name!r} differ only in punctuation or case; rename one of them"
            )
    questions = [_question(key, name, values[name]) for key, name in keys.items()]
    settled = given.model_dump(mode="json", exclude={"questions", "templates"})
    return parse_design(settled | {"questions": questions, "templates": [{"key": "each", "outputs": "each"}]})


def _question(key: str, name: str, values: Sequence[str]) -> dict[str, object]:
    try:
        numbers = [float(value) for value in values]
    except ValueError:
        strange = next(value for value in values if not re.fullmatch(r"[-+.\deE]+", value))
        raise InvalidInput(
            f"{name!r} has ratings such as {strange!r}, which are no numbers; give a design with a scale and its labels"
        ) from None
    whole = all(number.is_integer() for number in numbers)
    if whole and min(numbers) >= 1 and max(numbers) <= MOST:
        steps = next(one for one in USUAL_STEPS if one >= max(numbers))
        return {"key": key, "question": f"{name}?", "kind": "scale", "steps": steps}
    decimals = max(len(value.partition(".")[2]) if "e" not in value.lower() else 12 for value in values)
    low, high = min(numbers), max(numbers)
    return {
        "key": key,
        "question": f"{name}?",
        "kind": "number",
        "least": low,
        "most": high if high > low else low + 1,
        "step": 10.0**-decimals,
    }


def key_of(name: str) -> str:
    """Return the key of a question that a file calls by some name.

    >>> key_of("Fit for reader"), key_of("3rd"), key_of("")
    ('fit_for_reader', 'q_3rd', 'rating')
    """
    key = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or DEFAULT_KEY
    return (key if key[0].isalpha() else f"q_{key}")[:40]
