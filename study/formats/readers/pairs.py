"""Import of a table with one row per pair of outputs."""

import json
from collections.abc import Mapping, Sequence

from study.formats.problems import Problems, refuse, shortened
from study.formats.readers import cells
from study.formats.readers.columns import Field, Rows, understood
from study.formats.readers.comparisons import comparison_of
from study.formats.readers.material import ITEM_FIELDS, PROFILE_FIELD, items_of, outputs_of, profiles_of
from study.formats.readers.options import ImportOptions
from study.formats.readers.tabular import FileTable
from study.records import Comparison, Output, Study, StudyRecords, stable_id

PAIR_FIELDS: dict[str, Field] = {
    "system_a": Field("the name of one system", required=True, aliases=("model_a",)),
    "output_a": Field("what it wrote", required=True),
    "system_b": Field("the name of the other system", required=True, aliases=("model_b",)),
    "output_b": Field("what it wrote", required=True),
    "pair_id": Field("your id of the pair"),
    "item_id": Field(
        "your id of the request; without it the same prompt and profile are the same item", aliases=("item",)
    ),
    "condition_a": Field("the prompt condition of the first output"),
    "condition_b": Field("the prompt condition of the second output"),
    **ITEM_FIELDS,
    **PROFILE_FIELD,
}
SIDES_OF_ROW = ("_a", "_b")

Key = tuple[str, str, str]


def read_pairs(
    table: FileTable,
    *,
    study: Study,
    columns: Mapping[str, str] | None = None,
    options: ImportOptions | None = None,
) -> StudyRecords:
    """Return the study in a table of pairs, with one comparison per row.

    The same output may appear in many rows, with the same text. A row that repeats a pair adds nothing.

    Raises
    ------
    InvalidInput
        Naming file, line, column and value at fault.
    """
    options = options or ImportOptions()
    rows = understood(table, PAIR_FIELDS, columns)
    problems = table.problems()
    kind = options.content_kind
    profiles, profile_ids = profiles_of(rows, study, problems, kind)
    item_ids, item_names = _items(rows, study, problems, profile_ids)
    items = items_of(rows, study, problems, kind, item_ids, item_names, profile_ids)
    options.progress(0.7, "outputs")
    keys: dict[str, list[Key]] = {}
    found: dict[Key, tuple[Output, int]] = {}
    for side in SIDES_OF_ROW:
        systems = cells.names(rows, f"system{side}", problems, required=True)
        conditions = cells.names(rows, f"condition{side}", problems)
        contents = cells.contents(rows, f"output{side}", problems, kind)
        keys[side] = list(zip(item_ids, systems, conditions, strict=True))
        outputs_of(
            rows, study, problems, item_ids, systems, conditions, contents, kind, side=side, known=found
        )
    problems.stop()
    options.progress(0.8, "comparisons")
    records = StudyRecords(study, profiles, items, [output for output, _ in found.values()])
    records.add_comparisons(_comparisons(rows, records, problems, keys["_a"], keys["_b"], found))
    problems.stop()
    return records


def _items(
    rows: Rows, study: Study, problems: Problems, profile_ids: Sequence[str | None]
) -> tuple[list[str], list[str]]:
    """Return each row's item id and name; without a column item_id, the prompt and the profile identify the item."""
    if "item_id" in rows.columns:
        names = cells.names(rows, "item_id", problems, required=True)
        id_of = {name: stable_id(study.study_id, "item", name) for name in dict.fromkeys(names)}
        return [id_of[name] for name in names], names
    if "prompt" not in rows.columns:
        refuse(rows.table.name, "there is no column for 'prompt' or 'item_id'; give one of them")
    numbers: dict[str, str] = {}
    ids = []
    for line, prompt, profile_id in zip(rows.table.lines, rows.cells("prompt"), profile_ids, strict=True):
        if prompt is None:
            problems.add(line, rows.column("prompt"), "the cell is empty; every row needs a value here")
        text = json.dumps(prompt, sort_keys=True, default=str)
        item_id = stable_id(study.study_id, "item of prompt", text, profile_id or "")
        numbers.setdefault(item_id, str(len(numbers) + 1))
        ids.append(item_id)
    return ids, [numbers[item_id] for item_id in ids]


def _comparisons(
    rows: Rows,
    records: StudyRecords,
    problems: Problems,
    keys_a: list[Key],
    keys_b: list[Key],
    found: dict[Key, tuple[Output, int]],
) -> list[Comparison]:
    names = cells.names(rows, "pair_id", problems, required="pair_id" in rows.columns)
    items = {item.item_id: item for item in records.items}
    first: dict[str, tuple[Comparison, int]] = {}
    for line, name, key_a, key_b in zip(rows.table.lines, names, keys_a, keys_b, strict=True):
        if key_a == key_b:
            sentence = (
                f"{shortened(key_a[1])} is compared with itself; a pair needs two systems, or two conditions"
            )
            problems.add(line, rows.column("system_b"), sentence)
            continue
        one, other = found[key_a][0], found[key_b][0]
        comparison = comparison_of(records.study, items[one.item_id], one, other, name or None)
        seen, seen_line = first.setdefault(comparison.task.task_id, (comparison, line))
        if seen != comparison:
            sentence = (
                f"{shortened(name)} is another pair on {rows.table.unit} {seen_line}; give each pair "
                "a different id"
            )
            problems.add(line, rows.column("pair_id"), sentence)
    return [comparison for comparison, _ in first.values()]
