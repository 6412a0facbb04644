"""Metric scores computed elsewhere: in a bundle, or for an existing study."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from study.formats.problems import SHOWN, Problems, meant, refuse, shortened
from study.formats.readers import cells
from study.formats.readers.columns import Field, Rows, understood
from study.formats.readers.ids import Ids
from study.formats.readers.options import ImportOptions
from study.formats.readers.tabular import FileTable
from study.records import MetricScore, StudyRecords

SCORE_FIELDS: dict[str, Field] = {
    "item_id": Field("an item_id of the items", required=True),
    "system": Field("the name of the system", required=True),
    "metric": Field("the name of the metric", required=True),
    "value": Field("its value for the output; empty if there is none", required=True),
    "signature": Field("name, version and parameters of the metric"),
    "condition": Field("the prompt condition of the output"),
}
EXTERNAL_FIELDS: dict[str, Field] = {
    "item_id": Field("an item_id, or a source_id if a profile is named", required=True, aliases=("item",)),
    "system": Field("the name of the system", required=True),
    "profile_id": Field("the profile, if item_id names a source", aliases=("profile",)),
    "condition": Field("the prompt condition of the output"),
    "metric": Field("the name of the metric; without it every further column is a metric"),
    "value": Field("its value for the output; empty if there is none", aliases=("score",)),
    "signature": Field("name, version and parameters of the metric"),
}


@dataclass(frozen=True, slots=True)
class _Entry:
    """One value of a file, and its location."""

    line: int
    column: str
    item: str
    system: str
    condition: str
    profile: str
    metric: str
    value: float | None
    signature: str


def read_scores(
    table: FileTable,
    *,
    known: StudyRecords,
    columns: Mapping[str, str] | None = None,
    options: ImportOptions | None = None,
) -> StudyRecords:
    """Return the scores that a table adds to outputs of a known study.

    One row per output and metric (columns ``metric`` and ``value``), or one row per output with a column per metric.

    Raises
    ------
    InvalidInput
        Naming file, line, column and value at fault.
    """
    rows = understood(table, EXTERNAL_FIELDS, columns)
    problems = table.problems()
    one = [field for field in ("metric", "value") if field in rows.columns]
    if len(one) == 1:
        other = {"metric": "value", "value": "metric"}[one[0]]
        refuse(table.name, f"there is a column for {one[0]!r} but none for {other!r}; name both, or neither")
    entries = list(_long(rows, problems) if one else _wide(rows, problems))
    match = options is not None and options.match_ids
    return StudyRecords(known.study, scores=_scores(entries, known, problems, rows, match))


def scores_of(rows: Rows, records: StudyRecords) -> list[MetricScore]:
    """Return the scores in the rows, once per output and metric."""
    problems = rows.table.problems()
    return _scores(list(_long(rows, problems)), records, problems, rows)


def _long(rows: Rows, problems: Problems) -> Iterator[_Entry]:
    parts = zip(
        rows.table.lines,
        [rows.column("metric")] * len(rows),
        *_outputs(rows, problems),
        cells.names(rows, "metric", problems, required=True),
        cells.numbers(rows, "value", problems),
        cells.names(rows, "signature", problems),
        strict=True,
    )
    problems.stop()
    return (_Entry(*part) for part in parts)


def _wide(rows: Rows, problems: Problems) -> Iterator[_Entry]:
    """Yield an entry for each cell of the columns that are not fields: each is a metric."""
    if not rows.ignored:
        refuse(
            rows.table.name,
            "no remaining column can be a metric; give metric and value, or one column per metric",
        )
    outputs = list(zip(rows.table.lines, *_outputs(rows, problems), strict=True))
    signatures = cells.names(rows, "signature", problems)
    found = []
    for metric in rows.ignored:
        column = Rows(rows.table, {metric: metric}, ())
        for (line, item, system, condition, profile), value, signature in zip(
            outputs, cells.numbers(column, metric, problems), signatures, strict=True
        ):
            own = f"{metric}|{signature}" if signature else ""
            found.append(_Entry(line, metric, item, system, condition, profile, metric, value, own))
    problems.stop()
    return iter(found)


def _outputs(rows: Rows, problems: Problems) -> tuple[list[str], list[str], list[str], list[str]]:
    """Return item, system, condition and profile of each row."""
    return (
        cells.names(rows, "item_id", problems, required=True),
        cells.names(rows, "system", problems, required=True),
        cells.names(rows, "condition", problems),
        cells.names(rows, "profile_id", problems),
    )


def _scores(
    entries: list[_Entry], records: StudyRecords, problems: Problems, rows: Rows, match_ids: bool = False
) -> list[MetricScore]:
    output_ids = _output_ids(records)
    item_ids = Ids(item for item, *_ in output_ids)
    systems = sorted({output.system for output in records.outputs})
    first: dict[tuple[str, str], int] = {}
    scores = []
    for entry in entries:
        item = item_ids.matched(entry.item) if match_ids else entry.item
        output_id = output_ids.get((item, entry.profile, entry.system, entry.condition))
        if output_id is None:
            hint = meant(entry.system, systems) if problems.count < SHOWN else ""
            of = f" under condition {shortened(entry.condition)}" if entry.condition else ""
            of += f" for the profile {shortened(entry.profile)}" if entry.profile else ""
            sentence = f"{shortened(entry.system)}{of} has no output for the item {shortened(entry.item)}{item_ids.hint(entry.item) or hint}"
            problems.add(entry.line, rows.column("system"), sentence)
            continue
        seen = first.setdefault((output_id, entry.metric), entry.line)
        if seen != entry.line:
            sentence = (
                f"{shortened(entry.metric)} already has a value for this output on {rows.table.unit} {seen}"
            )
            problems.add(entry.line, entry.column, sentence)
        reason = None if entry.value is not None else "the file gives no value"
        signature = entry.signature or f"{entry.metric}|imported"
        scores.append(
            MetricScore(records.study.study_id, output_id, entry.metric, entry.value, reason, signature)
        )
    problems.stop()
    return scores


def _output_ids(records: StudyRecords) -> dict[tuple[str, str, str, str], str]:
    """Return the outputs by item, profile (empty if the item suffices), system and condition."""
    profiles = {profile.profile_id: profile.name for profile in records.profiles}
    items = {item.item_id: item for item in records.items}
    found = {}
    for output in records.outputs:
        item = items[output.item_id]
        profile = profiles.get(item.profile_id or "", "")
        for name, of in ((item.source_id, profile), (item.name, profile), (item.name, "")):
            if of or name == item.name:
                found[name, of, output.system, output.condition] = output.output_id
    return found
