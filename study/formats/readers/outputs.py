"""Import of a table with one row per output."""

from collections.abc import Mapping

from study.formats.problems import refuse
from study.formats.readers import cells
from study.formats.readers.columns import Field, understood
from study.formats.readers.comparisons import drawn_comparisons
from study.formats.readers.material import ITEM_FIELDS, PROFILE_FIELD, items_of, outputs_of, profiles_of
from study.formats.readers.options import ImportOptions
from study.formats.readers.tabular import FileTable
from study.records import Study, StudyRecords, stable_id

OUTPUT_FIELDS: dict[str, Field] = {
    "item_id": Field("your id of the request", required=True, aliases=("item",)),
    "system": Field("the name of the system", required=True),
    "output": Field("what the system wrote", required=True),
    "condition": Field("the prompt condition, if one system answered under several"),
    **ITEM_FIELDS,
    **PROFILE_FIELD,
}


def read_outputs(
    table: FileTable,
    *,
    study: Study,
    columns: Mapping[str, str] | None = None,
    options: ImportOptions | None = None,
) -> StudyRecords:
    """Return the study in a table of outputs; the outputs of an item are compared with each other.

    Raises
    ------
    InvalidInput
        Naming file, line, column and value at fault.
    """
    options = options or ImportOptions()
    rows = understood(table, OUTPUT_FIELDS, columns)
    problems = table.problems()
    kind = options.content_kind
    item_names = cells.names(rows, "item_id", problems, required=True)
    systems = cells.names(rows, "system", problems, required=True)
    conditions = cells.names(rows, "condition", problems)
    contents = cells.contents(rows, "output", problems, kind)
    problems.stop()
    options.progress(0.6, "profiles and items")
    id_of = {name: stable_id(study.study_id, "item", name) for name in dict.fromkeys(item_names)}
    item_ids = [id_of[name] for name in item_names]
    profiles, profile_ids = profiles_of(rows, study, problems, kind)
    items = items_of(rows, study, problems, kind, item_ids, item_names, profile_ids)
    options.progress(0.7, "outputs")
    found = outputs_of(rows, study, problems, item_ids, systems, conditions, contents, kind)
    problems.stop()
    options.progress(0.8, "comparisons")
    outputs = [output for output, _ in found.values()]
    comparisons = drawn_comparisons(study, items, outputs, options.pairs_per_item)
    if not comparisons:
        refuse(table.name, "no item has outputs of two systems, so there is nothing to compare")
    records = StudyRecords(study, profiles, items, outputs)
    records.add_comparisons(comparisons)
    return records
