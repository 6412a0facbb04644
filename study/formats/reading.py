"""The entry point of imports: preview a file and take what was understood, or read it without a preview."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath

import pandas as pd

from study.errors import InvalidInput
from study.formats import IMPORTERS
from study.formats.problems import listed, refuse
from study.formats.readers.bundle import BUNDLE_FIELDS, bundle_records, bundle_tables
from study.formats.readers.cells import display_text
from study.formats.readers.columns import TAG_PREFIX, Fields, Rows, lacking_fields, understood
from study.formats.readers.notes import matched_notes, notes_on, notes_on_rows
from study.formats.readers.options import ImportOptions, Progress, new_study
from study.formats.readers.own_exports import unescaped
from study.formats.readers.tabular import FileTable, read_table
from study.formats.readers.unclear import refuse_unclear
from study.formats.readers.verdicts import judge_of_file
from study.records import Study, StudyRecords
from study.tables import lookup
from study.wording import counted

HEAD = 5


@dataclass(frozen=True, slots=True)
class TablePreview:
    """How one table is understood: the column of each field, unused columns, and the first rows."""

    file: str
    columns: dict[str, str]
    ignored: tuple[str, ...]
    head: pd.DataFrame


@dataclass(frozen=True, slots=True)
class UnderstoodFile:
    """A file that was read: its tables by kind, and the study they fill if the file names one.

    ``records`` are those of the file, if they do not depend on an existing study.
    """

    name: str
    format: str
    rows: dict[str, Rows]
    study: Study | None = None
    records: StudyRecords | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """The contents of a file, before anything is written; :func:`taken` gives the records of ``file``."""

    format: str
    title: str
    tables: tuple[TablePreview, ...]
    counts: dict[str, int]
    notes: tuple[str, ...]
    file: UnderstoodFile = field(repr=False, compare=False)

    def counted(self) -> list[str]:
        """Return the non-zero counts in words; every noun forms its plural with an s."""
        return [counted(count, what.removesuffix("s")) for what, count in self.counts.items() if count]


def understand(
    source: Path | str | bytes,
    *,
    name: str | None = None,
    columns: Mapping[str, str] | None = None,
    format: str | None = None,
    study: Study | None = None,
    known: StudyRecords | None = None,
    options: ImportOptions | None = None,
    progress: Progress | None = None,
) -> Preview:
    """Return a preview of a file: every row is checked, but nothing is written.

    Parameters
    ----------
    source, name
        A path, or bytes with their file name.
    columns : mapping of field to column, optional
        For columns with other names: ``{"prompt": "text"}``.
    format : str, optional
        One of IMPORTERS; by default detected from the columns.
    study : Study, optional
        The draft to fill; by default a bundle's own, or one named after the file.
    known : StudyRecords, optional
        The study that votes or verdicts belong to. Without it they are counted but not checked against outputs.

    Raises
    ------
    InvalidInput
        Naming file, line, column and value at fault.
    """
    options = _with_progress(options, progress)
    opened = _open(source, name, columns, format, known, options)
    if not IMPORTERS[opened.format].makes_study(known) and known is None:
        title, counts = opened.name, _added_counts(opened.rows[opened.format], opened.format, options)
        notes = [f"the {opened.format} are not checked yet: name the study that they belong to"]
    else:
        records = _records(opened, columns, study, known, options)
        title, counts, notes = records.study.title, _counts(records), notes_on(records)
        notes += matched_notes(opened.rows, known, options)
        notes += notes_on_rows(opened.rows, records)
        if IMPORTERS[opened.format].makes_study(known):
            opened = replace(opened, records=records)
    options.progress(1.0, "done")
    cleaned = [note for rows in opened.rows.values() for note in rows.table.notes]
    tables = tuple(_table_preview(rows, opened.format) for rows in opened.rows.values())
    return Preview(opened.format, title, tables, counts, (*cleaned, *notes), opened)


def taken(
    file: UnderstoodFile,
    *,
    columns: Mapping[str, str] | None = None,
    known: StudyRecords | None = None,
    options: ImportOptions | None = None,
    progress: Progress | None = None,
) -> StudyRecords:
    """Return the records of a file that :func:`understand` has read; parameters as there.

    Rows that belong to an existing study are matched with ``known`` as it is now, since its raters may have continued
    in the meantime.

    Raises
    ------
    InvalidInput
        Naming file, line, column and value at fault.
    """
    options = _with_progress(options, progress)
    records = replace(file.records) if file.records else _records(file, columns, None, known, options)
    options.progress(1.0, "done")
    return records


def read(
    source: Path | str | bytes,
    *,
    name: str | None = None,
    columns: Mapping[str, str] | None = None,
    format: str | None = None,
    study: Study | None = None,
    known: StudyRecords | None = None,
    options: ImportOptions | None = None,
    progress: Progress | None = None,
) -> StudyRecords:
    """Return the records in a file; parameters as for :func:`understand`.

    Votes give the raters, assignments and judgments to add to ``known``; verdicts give the verdicts.

    Raises
    ------
    InvalidInput
        Naming file, line, column and value at fault.
    """
    options = _with_progress(options, progress)
    opened = _open(source, name, columns, format, known, options)
    records = _records(opened, columns, study, known, options)
    options.progress(1.0, "done")
    return records


def _with_progress(options: ImportOptions | None, progress: Progress | None) -> ImportOptions:
    options = options or ImportOptions()
    return replace(options, progress=progress) if progress else options


def _open(
    source: Path | str | bytes,
    name: str | None,
    columns: Mapping[str, str] | None,
    format: str | None,
    known: StudyRecords | None,
    options: ImportOptions,
) -> UnderstoodFile:
    if isinstance(source, str):
        source = Path(source)
    if isinstance(source, Path) and not source.exists():
        raise InvalidInput(f"there is no file {str(source)!r}")
    name = name or (source.name if isinstance(source, Path) else "upload")
    if format is not None:
        lookup(IMPORTERS, format, "import format")
    options.progress(0.0, f"reading {name}")
    is_folder = isinstance(source, Path) and source.is_dir()
    if format == "bundle" or is_folder or name.lower().endswith(".zip"):
        if columns:
            refuse(name, "the columns of a bundle cannot be mapped; name them as the format requires")
        study, tables = bundle_tables(source, name)
        rows = {part: understood(table, BUNDLE_FIELDS[part]) for part, table in tables.items()}
        return UnderstoodFile(name, "bundle", rows, study)
    table = unescaped(read_table(source, name, lambda part: options.progress(0.5 * part, f"reading {name}")))
    options.progress(0.5, "checking rows")
    told = format is not None
    format = format or _format_of(table, columns, known)
    found = understood(table, _fields(format), columns)
    if not told:
        refuse_unclear(found, format, columns or {}, options)
    return UnderstoodFile(name, format, {format: found})


def _fields(format: str) -> Fields:
    return IMPORTERS[format].fields[format]


def _format_of(table: FileTable, columns: Mapping[str, str] | None, known: StudyRecords | None) -> str:
    """Return the first format whose required fields all have a column; votes come first if a study is named.

    Scores come last, as they require the fewest fields.
    """
    formats = [name for name in IMPORTERS if name != "bundle"]
    if known is not None:
        formats.sort(key=lambda name: not IMPORTERS[name].adds)
    formats.sort(key=lambda name: (name == "scores", name == "ratings"))
    for named in columns or {}:
        if not named.startswith(TAG_PREFIX):
            known_names = {
                known: name
                for name in formats
                for own, entry in _fields(name).items()
                for known in (own, *entry.aliases)
            }
            lookup(known_names, named, "field")
    lacking = {name: _lacking(table, name, columns) for name in formats}
    # A table of ratings has what other formats require, and more that tells it.
    for name in sorted(lacking, key=lambda name: name != "ratings"):
        if not lacking[name]:
            return name
    reasons = "; ".join(f"for {name} it lacks {', '.join(fields)}" for name, fields in lacking.items())
    has = listed(table.frame.columns)
    nearest = _nearest(lacking)
    wanted = ", ".join(f"{field}=COLUMN" for field in lacking[nearest] if not field.startswith("a field"))
    refuse(
        table.name,
        (
            f"the columns match no format: {reasons}. It has: {has}. The closest format is {nearest}; name "
            f"or map: {wanted}"
        ),
    )


def _lacking(table: FileTable, format: str, columns: Mapping[str, str] | None) -> list[str]:
    """Return what is missing for a format to be recognised."""
    lacking = lacking_fields(table, _fields(format), columns)
    telling = () if lacking else IMPORTERS[format].known_by
    found = understood(table, _fields(format), columns).columns if telling else {}
    return lacking + [field for field in telling if field not in found]


def _nearest(lacking: Mapping[str, Sequence[str]]) -> str:
    """Return the format with the largest share of its required fields present, the first of equals."""
    required = {name: sum(field.required for field in _fields(name).values()) for name in lacking}
    return min(lacking, key=lambda name: len(lacking[name]) / required[name])


def _records(
    opened: UnderstoodFile,
    columns: Mapping[str, str] | None,
    study: Study | None,
    known: StudyRecords | None,
    options: ImportOptions,
) -> StudyRecords:
    tables = {part: rows.table for part, rows in opened.rows.items()}
    draft = study or opened.study or new_study(PurePath(opened.name).stem)
    if opened.format == "bundle":
        return bundle_records(draft, tables, options)
    importer = IMPORTERS[opened.format]
    table = tables[opened.format]
    if importer.makes_study(known):
        return importer.read(table, study=draft, columns=columns, options=options)
    if known is None:
        refuse(opened.name, f"{opened.format} belong to an existing study; name it")
    return importer.read(table, known=known, columns=columns, options=options)


def _counts(records: StudyRecords) -> dict[str, int]:
    return {
        "items": len(records.items),
        "profiles": len(records.profiles),
        "systems": len({output.system for output in records.outputs}),
        "outputs": len(records.outputs),
        "comparisons": len(records.comparisons()),
        "tasks": len(records.tasks) - len(records.comparisons()),
        "raters": len(records.raters),
        "judgments": len(records.judgments),
        "scores": len(records.scores),
        "judges": len({verdict.judge for verdict in records.verdicts}),
        "verdicts": len(records.verdicts),
    }


def _added_counts(rows: Rows, format: str, options: ImportOptions) -> dict[str, int]:
    if format == "verdicts":
        default = judge_of_file(rows.table.name, options)
        judges = {default if cell is None else str(cell) for cell in rows.cells("judge")}
        return {"judges": len(judges), "verdicts": len(rows)}
    if format == "scores":
        return {"scores": len(rows) * (1 if "metric" in rows.columns else len(rows.ignored))}
    person = "judge" if format == "battle_votes" else "rater"
    raters = {str(cell) for cell in rows.cells(person) if cell is not None}
    return {"raters": len(raters), "judgments": len(rows)}


def _table_preview(rows: Rows, format: str) -> TablePreview:
    if format == "scores" and "metric" not in rows.columns:  # then every other column is a metric
        rows = Rows(rows.table, rows.columns | {name: name for name in rows.ignored}, ())
    head = pd.DataFrame(
        {field: [display_text(cell) for cell in rows.cells(field)[:HEAD]] for field in rows.columns},
        dtype="str",
    )
    return TablePreview(rows.table.name, rows.columns, rows.ignored, head)
