"""The tasks that a design's templates make of a study's outputs."""

from collections.abc import Iterable, Sequence
from itertools import combinations

from study.protocol.questions import Template
from study.records import CHECK_SYSTEM, Item, Output, Task, TaskOutput, stable_id

MadeTask = tuple[Task, list[TaskOutput]]


def tasks_of(
    template: Template,
    items: Iterable[Item],
    outputs: Iterable[Output],
    pairs: Sequence[tuple[str, str]] = (),
) -> list[MadeTask]:
    """Return the tasks of a template, item by item; an item with too few outputs has none.

    Parameters
    ----------
    pairs : sequence of (str, str), optional
        The ids of the outputs to compare, for a template of pairs; without them every pair of an item's outputs.
    """
    of_item: dict[str, list[str]] = {}
    for output in outputs:
        if output.system != CHECK_SYSTEM:
            of_item.setdefault(output.item_id, []).append(output.output_id)
    drawn = {tuple(sorted(pair)) for pair in pairs}
    return [
        _task(template, item, shown)
        for item in items
        for shown in _shown(template, sorted(of_item.get(item.item_id, [])))
        if template.outputs != "pairs" or not drawn or shown in drawn
    ]


def _shown(template: Template, ids: list[str]) -> list[tuple[str, ...]]:
    """Return the groups of outputs of one item that are shown at once."""
    match template.outputs:
        case "each":
            return [(one,) for one in ids]
        case "pairs":
            return list(combinations(ids, 2))
        case "all":
            return [tuple(ids)] if len(ids) > 1 else []


def _task(template: Template, item: Item, shown: tuple[str, ...]) -> MadeTask:
    task_id = stable_id(item.study_id, "task", template.key, *shown)
    task = Task(task_id, item.study_id, item.source_id, item.item_id, template=template.key)
    return task, [TaskOutput(task_id, slot, item.study_id, output_id) for slot, output_id in enumerate(shown)]
