"""The scores of a bundle: values of automatic metrics for single outputs."""

from study.formats import cells
from study.formats.columns import Field, Rows
from study.formats.problems import SHOWN, meant, shortened
from study.records import MetricScore, StudyRecords

SCORE_FIELDS: dict[str, Field] = {
    "item_id": Field("an item_id of the items", required=True),
    "system": Field("the name of the system", required=True),
    "metric": Field("the name of the metric", required=True),
    "value": Field("its value for the output; empty where it has none", required=True),
    "signature": Field("name, version and parameters of the metric"),
    "condition": Field("the prompt condition of the output"),
}


def scores_of(rows: Rows, records: StudyRecords) -> list[MetricScore]:
    """Return the scores that rows give to known outputs, each output and metric once."""
    problems = rows.table.problems()
    items = cells.names(rows, "item_id", problems, required=True)
    systems = cells.names(rows, "system", problems, required=True)
    metrics = cells.names(rows, "metric", problems, required=True)
    values = cells.numbers(rows, "value", problems)
    signatures = cells.names(rows, "signature", problems)
    conditions = cells.names(rows, "condition", problems)
    problems.stop()
    name_of = {item.item_id: item.name for item in records.items}
    output_ids = {(name_of[one.item_id], one.system, one.condition): one.output_id for one in records.outputs}
    first: dict[tuple[str, str], int] = {}
    scores = []
    for line, item, system, condition, metric, value, signature in zip(
        rows.table.lines, items, systems, conditions, metrics, values, signatures, strict=True
    ):
        output_id = output_ids.get((item, system, condition))
        if output_id is None:
            known = sorted({found for _, found, _ in output_ids}) if problems.count < SHOWN else []
            of = f" under condition {shortened(condition)}" if condition else ""
            sentence = (
                f"{shortened(system)}{of} has no output for the item {shortened(item)}{meant(system, known)}"
            )
            problems.add(line, rows.column("system"), sentence)
            continue
        seen = first.setdefault((output_id, metric), line)
        if seen != line:
            sentence = f"{shortened(metric)} stands for this output on {rows.table.unit} {seen} already"
            problems.add(line, rows.column("metric"), sentence)
        reason = None if value is not None else "the file gives no value"
        scores.append(
            MetricScore(
                records.study.study_id, output_id, metric, value, reason, signature or f"{metric}|imported"
            )
        )
    problems.stop()
    return scores
