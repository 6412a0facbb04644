"""Rows to the material of a study: each profile, item and output once; contradictions are problems."""

import json
from collections.abc import Hashable, Iterable, Sequence
from typing import TypeVar

from study.content_kinds import plain_text
from study.formats.content import plain_content
from study.formats.problems import Problems, shortened
from study.formats.readers import cells
from study.formats.readers.columns import Field, Rows
from study.records import Content, Item, Output, Profile, Study, stable_id

Value = TypeVar("Value")

ITEM_FIELDS: dict[str, Field] = {
    "prompt": Field("the request"),
    "source_id": Field("what several items have in common, such as the story that several readers get"),
    "profile_id": Field("your id of the person the outputs were made for"),
    "reference": Field("a reference answer, or a list of several"),
    "tags": Field("name=value; name=value, or a JSON object; a column tag_NAME is the tag NAME"),
}
PROFILE_FIELD = {"profile": Field("what is known about the person the outputs were made for")}


def first_values(
    rows: Rows, field: str, keys: Sequence[Hashable], values: Sequence[Value | None], problems: Problems
) -> dict[Hashable, Value]:
    """Return each key's first value; a different value in a later row is a problem naming both rows."""
    first: dict[Hashable, tuple[Value, int]] = {}
    for key, value, line in zip(keys, values, rows.table.lines, strict=True):
        if value is None or value == "":
            continue
        seen, seen_line = first.setdefault(key, (value, line))
        if seen is not value and seen != value:
            sentence = _contradiction(rows, field, value, seen, seen_line)
            problems.add(line, rows.column(field), sentence)
    return {key: value for key, (value, _) in first.items()}


def _contradiction(rows: Rows, field: str, value: object, seen: object, seen_line: int) -> str:
    where = f"{rows.table.unit} {seen_line}"
    if field == "profile_id":
        return (
            f"the same item has another profile on {where}; a request for another profile is another item: "
            "give it a separate item_id, and give both the same source_id"
        )
    of = "profile" if field == "profile" else "item"
    return f"{_shown(value)} contradicts {where}, which says {_shown(seen)} of the same {of}"


def _shown(value: object) -> str:
    return shortened(plain_text(value) if isinstance(value, dict) and "kind" in value else value)


def refuse_repeats(rows: Rows, field: str, values: Iterable[str], problems: Problems) -> None:
    """Note every value that already occurred in an earlier row."""
    first: dict[str, int] = {}
    for value, line in zip(values, rows.table.lines, strict=True):
        seen = first.setdefault(value, line)
        if value and seen != line:
            sentence = (
                f"{shortened(value)} already appears on {rows.table.unit} {seen}; give each row a "
                "different id"
            )
            problems.add(line, rows.column(field), sentence)


def profiles_of(
    rows: Rows, study: Study, problems: Problems, kind: str
) -> tuple[list[Profile], list[str | None]]:
    """Return the profiles in the rows, and each row's profile id (None if it has no profile).

    A profile without an id in the file is identified by its content and named by its number.
    """
    given = cells.names(rows, "profile_id", problems)
    found = cells.contents(rows, "profile", problems, kind)
    ids: list[str | None] = []
    name_of: dict[str, str] = {}
    id_of: dict[tuple[str, str], str] = {}
    for name, content in zip(given, found, strict=True):
        if not name and content is None:
            ids.append(None)
            continue
        key = ("profile", name) if name else ("profile content", _canonical(content))
        if key not in id_of:
            id_of[key] = stable_id(study.study_id, *key)
            name_of[id_of[key]] = name or str(len(id_of))
        ids.append(id_of[key])
    content_of = first_values(rows, "profile", ids, found, problems)
    empty = plain_content("", kind)
    profiles = [
        Profile(profile_id, study.study_id, name, content_of.get(profile_id, empty))
        for profile_id, name in name_of.items()
    ]
    return profiles, ids


def items_of(
    rows: Rows,
    study: Study,
    problems: Problems,
    kind: str,
    item_ids: Sequence[str],
    item_names: Sequence[str],
    profile_ids: Sequence[str | None],
) -> list[Item]:
    """Return the items in the rows, in the order of their first appearance."""
    prompts = first_values(rows, "prompt", item_ids, cells.contents(rows, "prompt", problems, kind), problems)
    sources = first_values(rows, "source_id", item_ids, cells.names(rows, "source_id", problems), problems)
    references = first_values(
        rows, "reference", item_ids, cells.references(rows, "reference", problems), problems
    )
    profile_of = first_values(rows, "profile_id", item_ids, profile_ids, problems)
    row_tags = [found or None for found in cells.tags(rows, problems)]
    tags_of = first_values(rows, "tags", item_ids, row_tags, problems)
    empty = plain_content("", kind)
    return [
        Item(
            item_id=item_id,
            study_id=study.study_id,
            name=name,
            source_id=sources.get(item_id, name),
            profile_id=profile_of.get(item_id),
            content=prompts.get(item_id, empty),
            reference=references.get(item_id),
            tags=tags_of.get(item_id, {}),
        )
        for item_id, name in dict(zip(item_ids, item_names, strict=True)).items()
    ]


def outputs_of(
    rows: Rows,
    study: Study,
    problems: Problems,
    item_ids: Sequence[str],
    systems: Sequence[str],
    conditions: Sequence[str],
    contents: Sequence[Content | None],
    kind: str,
    *,
    side: str = "",
    known: dict[tuple[str, str, str], tuple[Output, int]] | None = None,
) -> dict[tuple[str, str, str], tuple[Output, int]]:
    """Return the output of every (item, system, condition), with the line of its first appearance.

    One row per output: a second one is a problem. In rows of pairs (``side`` is the suffix of the column names) the
    same output may appear again with the same text; ``known`` holds the outputs of the other side.
    """
    found = known if known is not None else {}
    empty = plain_content("", kind)
    for key, content, line in zip(
        zip(item_ids, systems, conditions, strict=True), contents, rows.table.lines, strict=True
    ):
        content = content or empty
        if key not in found:
            output_id = stable_id(study.study_id, "output", *key)
            found[key] = (Output(output_id, study.study_id, *key, content), line)
        elif not side or found[key][0].content != content:
            problems.add(
                line, rows.column(f"output{side}"), _second_output(rows, key, found[key], bool(side))
            )
    return found


def _second_output(rows: Rows, key: tuple[str, str, str], first: tuple[Output, int], is_pair: bool) -> str:
    of = f"system {shortened(key[1])}" + (f" under condition {shortened(key[2])}" if key[2] else "")
    what = "another text" if is_pair else "an output"
    advice = (
        "give the rows an item_id or a condition" if is_pair else "give one of them a different condition"
    )
    return (
        f"{of} has {what} for the same item on {rows.table.unit} {first[1]}; "
        f"an item has one output per system and condition: {advice}"
    )


def _canonical(content: Content | None) -> str:
    return json.dumps(content, sort_keys=True, ensure_ascii=False)
