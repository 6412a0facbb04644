"""The command that imports files."""

import sys
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TextIO

import typer

from study import store
from study.cli.shared import DatabaseOption, note, on_terminal, opened, progress_bar
from study.cli.studies import print_study
from study.errors import InvalidInput
from study.formats import IMPORTERS, ImportOptions, id_from_name, new_study
from study.formats.readers.bundle import bundle_tables
from study.formats.readers.settings import read_design
from study.formats.reading import Preview, taken, understand
from study.protocol.design import Design
from study.records import RECORD_OF_FIELD, MetricScore, Study, StudyRecords, Task, TaskOutput
from study.store import DEFAULT_PATH
from study.wording import counted

CELL_WIDTH = 40
NOUNS = {kind: "score" if kind is MetricScore else kind.__name__.lower() for kind in RECORD_OF_FIELD.values()}


class ContentKind(StrEnum):
    """What plain strings in a file are."""

    text = "text"
    markdown = "markdown"


PathsArgument = Annotated[
    list[Path],
    typer.Argument(metavar="PATH...", help="A bundle (folder or zip), or tables; see data/README.md."),
]
TargetOption = Annotated[
    str | None,
    typer.Option(
        "--study",
        help="The id of the new study, or of the study to add votes or verdicts to.",
        show_default="the file's name",
    ),
]
TitleOption = Annotated[
    str | None, typer.Option(help="The title of the new study.", show_default="the file's name")
]
FileFormatOption = Annotated[
    str | None, typer.Option(help=f"One of {', '.join(IMPORTERS)}.", show_default="detected from the columns")
]
MapOption = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="FIELD=COLUMN",
        help="The column that holds a field, if its name differs; may be repeated.",
    ),
]
ContentOption = Annotated[ContentKind, typer.Option(help="How plain strings in the file are read.")]
PairsOption = Annotated[
    int | None, typer.Option(min=1, help="How many pairs of each item to compare.", show_default="all")
]
JudgeOption = Annotated[
    str | None,
    typer.Option(help="The judge, if the file has no column for it.", show_default="the file's name"),
]
MatchOption = Annotated[
    bool,
    typer.Option("--match-ids", help="Match ids that a spreadsheet changed: 1 or 1.0 for 001."),
]
DesignOption = Annotated[
    Path | None,
    typer.Option(
        exists=True, dir_okay=False, help="A YAML file with the questions and rules of a new study."
    ),
]
DraftOption = Annotated[
    bool, typer.Option("--draft", help="Keep the new study closed to raters until `launch`.")
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before writing.")]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Check and show everything, but write nothing.")
]


@dataclass(frozen=True, slots=True)
class _Choices:
    """The command's options that apply to every file."""

    title: str | None
    format: str | None
    columns: dict[str, str]
    options: ImportOptions
    design: Design | None
    draft: bool
    ask: bool
    dry_run: bool


def import_files(
    paths: PathsArgument,
    study: TargetOption = None,
    title: TitleOption = None,
    format: FileFormatOption = None,
    map: MapOption = None,
    content_kind: ContentOption = ContentKind.text,
    pairs_per_item: PairsOption = None,
    judge: JudgeOption = None,
    match_ids: MatchOption = False,
    design: DesignOption = None,
    draft: DraftOption = False,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
    db: DatabaseOption = DEFAULT_PATH,
) -> None:
    """Import a study, or add votes, verdicts or scores to an existing one.

    Several files go into the same study, one after the other. You see a preview before anything is written. If a file
    has an error, nothing is written. A new study is live at once, unless you give --draft.

    \b
    Examples:
      python -m study import my-bundle/ --dry-run
      python -m study import pairs.jsonl --study llmfao --map system_a=model_x --map prompt=text
      python -m study import votes.csv --study llmfao --map left_system=left --map answer=winner
      python -m study import gpt4.csv --study llmfao --format verdicts --judge GPT-4
    """
    options = ImportOptions(content_kind.value, pairs_per_item, judge, match_ids=match_ids)
    ask = not yes and on_terminal()
    rules = read_design(design.read_bytes(), design.name) if design else None
    choices = _Choices(title, format, _mapping(map or []), options, rules, draft, ask, dry_run)
    with opened(db, create=True) as database:
        for path in paths:
            study = _import_file(database, path, study, choices)
        if not dry_run and study is not None:
            print_study(store.study(database, study))


def _import_file(db: store.Database, path: Path, study_id: str | None, choices: _Choices) -> str | None:
    """Import one file and return the id of its study."""
    known = None
    if study_id is not None and study_id in {study.study_id for study in store.all_studies(db)}:
        known = store.study_records(db, study_id, answers=True)
    target = None if known else _draft(path, study_id, choices)
    with progress_bar() as progress:
        preview = understand(
            path,
            columns=choices.columns,
            format=choices.format,
            study=target,
            known=known,
            options=choices.options,
            progress=progress,
        )
    _show(preview, sys.stdout if choices.dry_run else sys.stderr)
    adds = not IMPORTERS[preview.format].makes_study(known)
    if adds and known is None and study_id is not None:
        store.study(db, study_id)  # raises, and lists the existing studies
    if known is not None and not adds:
        raise InvalidInput(f"a study with the id {study_id!r} already exists; choose another id with --study")
    if choices.dry_run:
        return study_id
    if choices.ask:
        typer.confirm("Import this?", abort=True, err=True)
    with progress_bar() as progress:
        records = taken(
            preview.file, columns=choices.columns, known=known, options=choices.options, progress=progress
        )
    if not adds:
        records.study = replace(records.study, state="draft" if choices.draft else "live")
    store.save_records(db, records, new_study=not adds)
    note(_counted(records))
    return records.study.study_id


def _draft(path: Path, study_id: str | None, choices: _Choices) -> Study:
    """Return the new study: named by the options, else by the bundle, else by the file."""
    if path.is_dir() or path.suffix.lower() == ".zip" or choices.format == "bundle":
        own, _ = bundle_tables(path)
        return replace(own, study_id=study_id or own.study_id, title=choices.title or own.title)
    return new_study(
        choices.title or path.stem, study_id=study_id or id_from_name(path.name), design=choices.design
    )


def _mapping(pairs: list[str]) -> dict[str, str]:
    columns = {}
    for pair in pairs:
        field, separator, column = pair.partition("=")
        if not (separator and field and column):
            raise typer.BadParameter(
                f"{pair!r} is not FIELD=COLUMN, such as prompt=text", param_hint="'--map'"
            )
        columns[field.strip()] = column.strip()
    return columns


def _show(preview: Preview, stream: TextIO) -> None:
    print(f"{preview.title}: {IMPORTERS[preview.format].label}\n{', '.join(preview.counted())}", file=stream)
    for table in preview.tables:
        print(f"\n{table.file}, as understood (field = column):", file=stream)
        print("  " + ", ".join(f"{field} = {column}" for field, column in table.columns.items()), file=stream)
        if table.ignored:
            print(f"  not used: {', '.join(table.ignored)}", file=stream)
        head = table.head.map(_short)
        print(head.to_string(index=False), file=stream)
    for sentence in preview.notes:
        print(f"Note: {sentence}", file=stream)


def _short(cell: object) -> str:
    text = " ".join(str(cell).split())
    return text if len(text) <= CELL_WIDTH else text[: CELL_WIDTH - 1] + "…"


def _counted(records: StudyRecords) -> str:
    pairs = {len(shown) for shown in records.outputs_of_tasks().values()} == {2}
    nouns = NOUNS | {Task: "comparison" if pairs else "task"}
    counts = [
        counted(len(found), nouns[kind])
        for kind, found in records.tables()
        if found and kind is not TaskOutput
    ]
    return f"Imported {', '.join(counts)}."
