"""The elicitation before the tasks: the parts that each rater answers, and the profile made of the answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from study.assignment.seats import digest
from study.blinding import A_LEFT, ARRANGEMENTS, shown_in, side_of_a
from study.errors import InvalidInput
from study.protocol.design import Elicitation
from study.records import SIDES, Content, JsonObject, stable_id
from study.responses import TIE
from study.tables import lookup

Kind = Literal["query", "example", "pair"]
Pair = tuple[str, str, str]
"""A task of the elicitation pool: its id, and its outputs a and b."""

MOST_CHARS = 2000
EXCERPT_CHARS = 300


@dataclass(frozen=True, slots=True)
class ElicitationPart:
    """One part of the elicitation; ``outputs`` are in the order of the screen, ``number`` counts its kind from 1."""

    kind: Kind
    number: int
    of: int
    outputs: tuple[str, ...] = ()
    task_id: str | None = None
    arrangement: str = A_LEFT


def elicited_id(study_id: str, rater_id: str) -> str:
    """Return the id of the profile made of a rater's own answers."""
    return stable_id(study_id, "elicited", rater_id)


def parts_of(rules: Elicitation, pool: Sequence[Pair], seed: int, rater_id: str) -> list[ElicitationPart]:
    """Return a rater's parts in order: query, examples, pairs; drawn from the seed and the rater alone.

    Examples are outputs that are in none of the rater's pairs, as long as there are any.

    >>> [part.kind for part in parts_of(Elicitation(examples=1, pairs=1), [("c", "a", "b"), ("d", "e", "f")], 0, "r")]
    ['query', 'example', 'pair']
    """
    drawn = sorted(pool, key=lambda pair: digest(seed, "elicited pair", rater_id, pair[0]))[: rules.pairs]
    in_pairs = {output for pair in drawn for output in pair[1:]}
    outputs = sorted(
        {output for pair in pool for output in pair[1:]},
        key=lambda one: (one in in_pairs, digest(seed, "example", rater_id, one)),
    )[: rules.examples]
    parts = [ElicitationPart("query", 1, 1)]
    parts += [
        ElicitationPart("example", place, len(outputs), (one,)) for place, one in enumerate(outputs, start=1)
    ]
    for place, (task_id, a, b) in enumerate(drawn, start=1):
        arrangement = ARRANGEMENTS[digest(seed, "elicited side", rater_id, task_id) % 2]
        shown = tuple(shown_in(arrangement, (a, b)))
        parts.append(ElicitationPart("pair", place, len(drawn), shown, task_id, arrangement))
    return parts


def checked_part(rules: Elicitation, part: ElicitationPart, given: Mapping[str, object]) -> JsonObject:
    """Return the answers to a part as they are stored.

    Raises
    ------
    InvalidInput
        If something is missing; the message says what the rater should do.
    """
    if part.kind == "query":
        query, need = (_text(given.get(name)) for name in ("query", "need"))
        if not query or not need:
            raise InvalidInput("Please write a few words in both fields.")
        return {"query": query, "need": need}
    if part.kind == "example":
        comment = _text(given.get("comment")) if rules.comments != "off" else ""
        if rules.comments == "required" and not comment:
            raise InvalidInput("Please say first what you like or dislike about it.")
        lookup({"True": 1, "False": 0}, str(given.get("liked")), "answer")
        return {"output_id": part.outputs[0], "liked": given["liked"], "comment": comment or None}
    response = str(given.get("response"))
    lookup(dict.fromkeys((*SIDES, TIE)), response, "answer")
    # Answers of every version are stored with these names.
    return {
        "comparison_id": part.task_id,
        "response": response,
        "side_of_a": side_of_a(part.arrangement),
    }


def profile_content(
    parts: Sequence[ElicitationPart], answers: Sequence[Mapping[str, Any]], texts: Mapping[str, str]
) -> Content:
    """Return the profile made of a rater's answers, as facets.

    Parameters
    ----------
    parts : sequence of ElicitationPart
    answers : sequence of mapping
        From :func:`checked_part`, one per part.
    texts : mapping of str to str
        The text of each output, by its id.
    """
    facets: JsonObject = {}
    lists: dict[str, list[str]] = {"Likes": [], "Dislikes": [], "Prefers": []}
    for part, given in zip(parts, answers, strict=True):
        shown = [f"“{_excerpt(texts[output])}”" for output in part.outputs]
        if part.kind == "query":
            facets |= {"Asks": given["query"], "Needs": given["need"]}
        elif part.kind == "example":
            comment = f" ({given['comment']})" if given["comment"] else ""
            lists["Likes" if given["liked"] else "Dislikes"].append(shown[0] + comment)
        elif given["response"] in SIDES:
            first, second = shown if given["response"] == "left" else shown[::-1]
            lists["Prefers"].append(f"{first} to {second}")
    return {"kind": "facets", "facets": facets | {name: found for name, found in lists.items() if found}}


def _text(value: object) -> str:
    return str(value).strip()[:MOST_CHARS] if isinstance(value, str) else ""


def _excerpt(text: str) -> str:
    """Return a text, or its first words.

    >>> len(_excerpt("word " * 100)) <= EXCERPT_CHARS + 2
    True
    """
    flat = " ".join(text.split())
    return flat if len(flat) <= EXCERPT_CHARS else flat[:EXCERPT_CHARS].rsplit(maxsplit=1)[0] + " …"
