"""The errors in a design, in plain sentences: the place, the value, the allowed values."""

from collections.abc import Mapping
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails


def sentences(error: ValidationError, whole: type[BaseModel]) -> list[str]:
    """Return a sentence for each wrong field of ``whole``."""
    return [_sentence(detail, whole) for detail in _own_errors(error)]


def _own_errors(error: ValidationError) -> list[ErrorDetails]:
    """Return the errors, except for lists that are too short only because their entries are wrong."""
    found = error.errors()
    places = [one["loc"] for one in found]
    return [
        one
        for one in found
        if one["type"] != "too_short"
        or not any(place[: len(one["loc"])] == one["loc"] != place for place in places)
    ]


def _sentence(detail: ErrorDetails, whole: type[BaseModel]) -> str:
    where = ".".join(str(part) for part in detail["loc"]) or "design"
    if detail["type"] == "extra_forbidden":
        fields = ", ".join(_part_at(whole, detail["loc"][:-1]).model_fields)
        return f"design field '{where}': there is no such field; allowed: {fields}"
    value = detail["input"]
    shown = f" (got {value!r:.80})" if not isinstance(value, dict) else ""
    words = _plain(detail["type"], detail.get("ctx", {})) or detail["msg"].removeprefix("Value error, ")
    if detail["type"] == "model_type":
        words = f"give a mapping; its fields: {', '.join(_part_at(whole, detail['loc']).model_fields)}"
    return f"design field '{where}': {words}{shown}"


def _plain(kind: str, bounds: Mapping[str, object]) -> str | None:
    """Return the allowed values in plain words, for errors that the validator describes by Python types."""
    words = {
        "bool": "allowed: true, false",
        "tuple": "give a list",
        "dict": "give a mapping",
        "string": "give a text",
        "int": "give a whole number",
        "float": "give a number",
    }
    if kind == "missing":
        return "this field is required"
    if kind == "finite_number":
        return "give a finite number"
    if kind == "too_short":
        return f"give at least {bounds['min_length']}"
    if kind == "too_long":
        return f"give at most {bounds['max_length']}"
    return words.get(kind.split("_")[0]) if kind.endswith(("_type", "_parsing", "_from_float")) else None


def _part_at(whole: type[BaseModel], place: tuple[int | str, ...]) -> type[BaseModel]:
    """Return the class of the part of a design at a place, such as ("criteria", 0)."""
    part = whole
    for name in place:
        if isinstance(name, str) and name in part.model_fields:
            inner = _part_in(part.model_fields[name].annotation)
            part = inner or part
    return part


def _part_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for one in get_args(annotation) if (found := _part_in(one))), None)
