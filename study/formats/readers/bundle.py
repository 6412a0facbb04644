"""Import of a native bundle: study.yaml plus tables of items, outputs, profiles, scores and judgments."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePath

from study.formats.problems import SHOWN, Problems, listed, meant, refuse, shortened
from study.formats.readers import cells
from study.formats.readers.archive import files_of
from study.formats.readers.bundle_answers import ANSWER_FIELDS, read_answers
from study.formats.readers.columns import Field, Fields, Rows, understood
from study.formats.readers.comparisons import drawn_comparisons
from study.formats.readers.material import ITEM_FIELDS, items_of, outputs_of, refuse_repeats
from study.formats.readers.options import ImportOptions
from study.formats.readers.own_exports import unescaped
from study.formats.readers.scores import SCORE_FIELDS, scores_of
from study.formats.readers.settings import read_settings
from study.formats.readers.tabular import TABLE_READERS, FileTable, read_table
from study.formats.readers.verdicts import VERDICT_FIELDS, read_verdicts
from study.formats.readers.votes import VOTE_FIELDS, read_votes
from study.protocol.design import parse_design
from study.protocol.tasks import tasks_of
from study.records import Item, Output, Profile, Study, StudyRecords, stable_id

BUNDLE_FIELDS: dict[str, Fields] = {
    "items": {
        "item_id": Field("your id of the request", required=True),
        **ITEM_FIELDS,
        "prompt": Field("the request", required=True),
        "subjects": Field("what questions ask about one by one: key=label; key=label, or a JSON object"),
    },
    "outputs": {
        "item_id": Field("an item_id of the items", required=True),
        "system": Field("the name of the system", required=True),
        "output": Field("what the system wrote", required=True),
        "condition": Field("the prompt condition, if one system answered under several"),
    },
    "profiles": {
        "profile_id": Field("your id of the person", required=True),
        "content": Field("what is known about the person", required=True, aliases=("profile",)),
        "version_date": Field("when the content was recorded"),
        "external_id": Field("who owns the profile; never shown to raters"),
    },
    "scores": SCORE_FIELDS,
    "judgments": VOTE_FIELDS,
    "answers": ANSWER_FIELDS,
    "verdicts": VERDICT_FIELDS,
}
REQUIRED = ("items", "outputs")
SETTINGS_FILES = ("study.yaml", "study.yml")


def read_bundle(
    source: Path | bytes,
    *,
    name: str | None = None,
    study: Study | None = None,
    options: ImportOptions | None = None,
) -> StudyRecords:
    """Return all records of a study in a folder or zip; ``study`` replaces its study.yaml.

    Raises
    ------
    InvalidInput
        Naming file, line, column and value at fault.
    """
    found, tables = bundle_tables(source, name)
    return bundle_records(study or found, tables, options)


def bundle_records(
    study: Study, tables: Mapping[str, FileTable], options: ImportOptions | None = None
) -> StudyRecords:
    """Return the records in the tables of a bundle."""
    options = options or ImportOptions()
    kind = options.content_kind
    options.progress(0.4, "profiles and items")
    rows = {part: understood(table, BUNDLE_FIELDS[part]) for part, table in tables.items()}
    records = StudyRecords(study)
    if "profiles" in rows:
        records.profiles = _profiles(rows["profiles"], study, kind)
    profile_ids = {profile.name: profile.profile_id for profile in records.profiles}
    records.items = _items(rows["items"], study, profile_ids, kind)
    options.progress(0.6, "outputs and comparisons")
    records.outputs = _outputs(rows["outputs"], records, kind)
    _add_tasks(records, options.pairs_per_item)
    if not records.tasks:
        refuse(tables["outputs"].name, _nothing_to_judge(records))
    if "scores" in rows:
        records.scores = scores_of(rows["scores"], records)
    if "judgments" in tables:
        votes = read_votes(tables["judgments"], known=records, options=options)
        records.raters, records.assignments, records.judgments = (
            votes.raters,
            votes.assignments,
            votes.judgments,
        )
    if "answers" in tables:
        answers = read_answers(tables["answers"], known=records, options=options)
        records.raters += answers.raters
        records.assignments += answers.assignments
        records.judgments += answers.judgments
    if "verdicts" in tables:
        records.verdicts = read_verdicts(tables["verdicts"], known=records, options=options).verdicts
    return records


def _add_tasks(records: StudyRecords, pairs_per_item: int | None) -> None:
    """Add the tasks of the design's templates; without templates, comparisons."""
    templates = parse_design(records.study.design).templates
    pairs = next((one for one in templates if one.outputs == "pairs"), None)
    if pairs or not templates:
        records.add_comparisons(
            drawn_comparisons(records.study, records.items, records.outputs, pairs_per_item)
        )
    if pairs:
        records.tasks = [replace(task, template=pairs.key) for task in records.tasks]
    for template in templates:
        for task, shown in tasks_of(template, records.items, records.outputs) if template != pairs else []:
            records.tasks.append(task)
            records.task_outputs += shown


def _nothing_to_judge(records: StudyRecords) -> str:
    if not parse_design(records.study.design).templates:
        return "no item has outputs of two systems, so there is nothing to compare"
    return "no template of the design finds enough outputs in any item, so there is nothing to judge"


def bundle_tables(source: Path | bytes, name: str | None = None) -> tuple[Study, dict[str, FileTable]]:
    """Return the study of a bundle, and its tables by name without extension."""
    bundle = name or (source.name if isinstance(source, Path) else "upload")
    files = files_of(source, bundle, _is_wanted)
    settings = [file for file in SETTINGS_FILES if file in files]
    if not settings:
        refuse(
            bundle,
            (f"there is no study.yaml; it contains {listed(sorted(files)) or 'nothing that can be read'}"),
        )
    study = read_settings(files[settings[0]], settings[0])
    for file in files:
        hint = meant(PurePath(file.lower()).stem, list(BUNDLE_FIELDS))
        if hint and not any(_is_part(file, part) for part in BUNDLE_FIELDS):
            refuse(bundle, f"{file} is not part of a bundle{hint}; allowed: {', '.join(BUNDLE_FIELDS)}")
    tables: dict[str, FileTable] = {}
    for part in BUNDLE_FIELDS:
        fitting = [file for file in sorted(files) if _is_part(file, part)]
        if len(fitting) > 1:
            refuse(bundle, f"{' and '.join(fitting)} are both there; keep one of them")
        if fitting:
            tables[part] = unescaped(read_table(files[fitting[0]], fitting[0]))
        elif part in REQUIRED:
            endings = ", ".join(TABLE_READERS)
            refuse(bundle, f"there is no table of {part} ({part} with one of the endings {endings})")
    return study, tables


def _is_wanted(file: str) -> bool:
    return file in SETTINGS_FILES or PurePath(file.lower()).suffix in TABLE_READERS


def _is_part(file: str, part: str) -> bool:
    path = PurePath(file.lower())
    return path.stem == part and path.suffix in TABLE_READERS


def _profiles(rows: Rows, study: Study, kind: str) -> list[Profile]:
    problems = rows.table.problems()
    names = cells.names(rows, "profile_id", problems, required=True)
    refuse_repeats(rows, "profile_id", names, problems)
    contents = cells.contents(rows, "content", problems, kind)
    for line, content in zip(rows.table.lines, contents, strict=True):
        if content is None:
            problems.add(line, rows.column("content"), "the cell is empty; every profile needs a content")
    dates = cells.texts(rows, "version_date", problems)
    owners = cells.names(rows, "external_id", problems)
    problems.stop()
    return [
        Profile(
            stable_id(study.study_id, "profile", name),
            study.study_id,
            name,
            content or {},
            date,
            owner or None,
        )
        for name, content, date, owner in zip(names, contents, dates, owners, strict=True)
    ]


def _items(rows: Rows, study: Study, profile_ids: Mapping[str, str], kind: str) -> list[Item]:
    problems = rows.table.problems()
    names = cells.names(rows, "item_id", problems, required=True)
    refuse_repeats(rows, "item_id", names, problems)
    problems.stop()
    profiles = _looked_up(rows, "profile_id", profile_ids, "profiles", problems)
    ids = [stable_id(study.study_id, "item", name) for name in names]
    items = items_of(rows, study, problems, kind, ids, names, profiles)
    subjects = cells.labels(rows, "subjects", problems)
    problems.stop()
    return [replace(item, subjects=of) for item, of in zip(items, subjects, strict=True)]


def _outputs(rows: Rows, records: StudyRecords, kind: str) -> list[Output]:
    problems = rows.table.problems()
    cells.names(rows, "item_id", problems, required=True)
    item_ids = {item.name: item.item_id for item in records.items}
    items = [found or "" for found in _looked_up(rows, "item_id", item_ids, "items", problems)]
    systems = cells.names(rows, "system", problems, required=True)
    conditions = cells.names(rows, "condition", problems)
    contents = cells.contents(rows, "output", problems, kind)
    problems.stop()
    found = outputs_of(rows, records.study, problems, items, systems, conditions, contents, kind)
    problems.stop()
    return [output for output, _ in found.values()]


def _looked_up(
    rows: Rows, field: str, ids: Mapping[str, str], table: str, problems: Problems
) -> list[str | None]:
    """Return the id for each cell's name; a name missing from the other table is a problem."""
    found = []
    for line, name in zip(rows.table.lines, cells.names(rows, field, problems), strict=True):
        if name and name not in ids:
            hint = meant(name, list(ids)) if problems.count < SHOWN else ""
            problems.add(line, rows.column(field), f"{shortened(name)} is not in the table of {table}{hint}")
        found.append(ids.get(name))
    return found
