"""The entry point of imports: preview a file, or read all of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

import pandas as pd

from study.errors import InvalidInput
from study.formats import IMPORTERS
from study.formats.bundle import BUNDLE_FIELDS, bundle_records, bundle_tables
from study.formats.cells import display_text
from study.formats.columns import TAG_PREFIX, Fields, Rows, lacking_fields, understood
from study.formats.long import unescaped
from study.formats.notes import matched_notes, notes_on
from study.formats.options import ImportOptions, Progress, new_study
from study.formats.problems import listed, refuse
from study.formats.tabular import Table, read_table
from study.formats.unclear import refuse_unclear
from study.formats.verdicts import judge_of_file
from study.records import Study, StudyRecords
from study.tables import lookup
from study.wording import counted, form

HEAD = 5


@dataclass(frozen=True, slots=True)
class TablePreview:
    """How one table is understood: the column of each field, unused columns, and the first rows."""

    file: str
    columns: dict[str, str]
    ignored: tuple[str, ...]
    head: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Preview:
    """The contents of a file, before anything is written."""

    format: str
    title: str
    tables: tuple[TablePreview, ...]
    counts: dict[str, int]
    notes: tuple[str, ...]

    def counted(self) -> list[str]:
        """Return the non-zero counts in words; every noun forms its plural with an s."""
        return [counted(count, what.removesuffix("s")) for what, count in self.counts.items() if count]


@dataclass(frozen=True, slots=True)
class _Opened:
    """The tables of a file by kind, and the study they fill if the file names one."""

    name: str
    format: str
    rows: dict[str, Rows]
    study: Study | None = None


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
    """Return a preview of a file: every row is checked, nothing is written.

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
    if IMPORTERS[opened.format].adds and known is None:
        title, counts = opened.name, _added_counts(opened.rows[opened.format], opened.format, options)
        notes = [f"the {opened.format} are not checked yet: name the study that they belong to"]
    else:
        records = _records(opened, columns, study, known, options)
        title, counts, notes = records.study.title, _counts(records), notes_on(records)
        notes += matched_notes(opened.rows, known, options)
        notes += _repeats(opened, records)
    options.progress(1.0, "done")
    cleaned = [note for rows in opened.rows.values() for note in rows.table.notes]
    tables = tuple(_table_preview(rows, opened.format) for rows in opened.rows.values())
    return Preview(opened.format, title, tables, counts, (*cleaned, *notes))


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
) -> _Opened:
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
        return _Opened(name, "bundle", rows, study)
    table = unescaped(read_table(source, name, lambda part: options.progress(0.5 * part, f"reading {name}")))
    options.progress(0.5, "checking rows")
    told = format is not None
    format = format or _format_of(table, columns, known)
    found = understood(table, _fields(format), columns)
    if not told:
        refuse_unclear(found, format, columns or {}, options)
    return _Opened(name, format, {format: found})


def _fields(format: str) -> Fields:
    return IMPORTERS[format].fields[format]


def _format_of(table: Table, columns: Mapping[str, str] | None, known: StudyRecords | None) -> str:
    """Return the first format whose required fields all have a column; votes come first if a study is named.

    Scores come last because they require the fewest fields.
    """
    formats = [name for name in IMPORTERS if name != "bundle"]
    if known is not None:
        formats.sort(key=lambda name: not IMPORTERS[name].adds)
    formats.sort(key=lambda name: name == "scores")
    for field in columns or {}:
        if not field.startswith(TAG_PREFIX):
            known_names = {
                known: name
                for name in formats
                for own, entry in _fields(name).items()
                for known in (own, *entry.aliases)
            }
            lookup(known_names, field, "field")
    lacking = {name: lacking_fields(table, _fields(name), columns) for name in formats}
    for name, fields in lacking.items():
        if not fields:
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


def _nearest(lacking: Mapping[str, Sequence[str]]) -> str:
    """Return the format with the largest share of its required fields present, the first of equals."""
    required = {name: sum(field.required for field in _fields(name).values()) for name in lacking}
    return min(lacking, key=lambda name: len(lacking[name]) / required[name])


def _records(
    opened: _Opened,
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
    if not importer.adds:
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
        "comparisons": len(records.comparisons),
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


def _repeats(opened: _Opened, records: StudyRecords) -> list[str]:
    notes = []
    if opened.format == "pairs":
        repeats = len(opened.rows["pairs"]) - len(records.comparisons)
        notes = (
            [
                f"{counted(repeats, 'row')} {form(repeats, 'repeats a pair and adds', 'repeat a pair and add')} nothing"
            ]
            if repeats
            else []
        )
    votes = opened.rows.get("votes") or opened.rows.get("judgments")
    if votes is not None:
        undated = sum(cell is None for cell in votes.cells("judged_at"))
        notes += (
            [f"{counted(undated, 'judgment')} without judged_at: the time of the import is used"]
            if undated
            else []
        )
    battles = opened.rows.get("battles") or opened.rows.get("battle_votes")
    if battles is not None and "side_of_a" not in battles.columns:
        notes.append("the file does not say which output was on the left: model_a is taken as the left one")
    if records.verdicts:
        notes += _judge_notes(opened.rows["verdicts"], records)
    return notes


def _judge_notes(rows: Rows, records: StudyRecords) -> list[str]:
    notes = []
    if "judge" not in rows.columns:
        notes.append(f"the judge is called {records.verdicts[0].judge!r}")
    failed = sum(one.preference is None for one in records.verdicts)
    if failed:
        notes.append(
            f"{counted(failed, 'verdict')} without a preference {form(failed, 'counts as a failure', 'count as failures')}"
        )
    unordered = sum(one.side_of_a == "unknown" for one in records.verdicts)
    if unordered:
        notes.append(
            f"{counted(unordered, 'verdict')} {form(unordered, 'does', 'do')} not say which output the judge was shown first"
        )
    return notes


def _table_preview(rows: Rows, format: str) -> TablePreview:
    if format == "scores" and "metric" not in rows.columns:  # then every other column is a metric
        rows = Rows(rows.table, rows.columns | {name: name for name in rows.ignored}, ())
    head = pd.DataFrame(
        {field: [display_text(cell) for cell in rows.cells(field)[:HEAD]] for field in rows.columns},
        dtype="str",
    )
    return TablePreview(rows.table.name, rows.columns, rows.ignored, head)
