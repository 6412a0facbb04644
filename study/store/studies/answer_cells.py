"""The long table of answers of every kind: one row per value that was given, about an output, a subject or the task.

Rows and frame are two steps, as in :mod:`study.store.studies.coding`. A response is read once for all judgments that gave
it, so that a million ratings take as long as their distinct values and a few passes over codes.
"""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pyarrow as pa

from study.answers import Cell, Shape, cells_of
from study.blinding import slot_of
from study.protocol.design import parse_design
from study.protocol.questions import Question
from study.records import DesignVersion
from study.responses import SKIP
from study.store.engine import rows
from study.store.engine.database import Database
from study.store.engine.disclosure import profile_name, viewer_column
from study.store.studies.coding import Rows, arrow
from study.store.studies.studies import design

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd  # not loaded at start-up

ANSWER_COLUMNS = (
    *(
        "judgment_id",
        "assignment_id",
        "task_id",
        "template",
        "task_purpose",
        "task_withdrawn",
        "item_id",
        "item_name",
    ),
    *(
        "source_id",
        "profile_id",
        "profile_name",
        "tags",
        "output_id",
        "system",
        "output_condition",
        "subject",
    ),
    *(
        "question",
        "kind",
        "number",
        "option",
        "words",
        "slot",
        "screen_position",
        "n_outputs",
        "confidence",
        "revision",
    ),
    *("design_version", "skip_reason", "seconds", "judged_at", "position", "purpose", "condition"),
    *("rater_id", "rater_arm", "rater_status", "rater_role", "simulated"),
)

TEXT_COLUMNS = ("rationale", "rater_source", "rater_external_id", "response", "arrangement", "shown_at")

_TASKS = """
    select t.task_id, t.template, t.purpose as task_purpose, t.withdrawn is not null as task_withdrawn, t.item_id,
        i.name as item_name, t.source_id, i.profile_id, {profile_name} as profile_name, i.tags, i.subjects,
        list(s.output_id order by s.slot) filter (s.output_id is not null) as outputs
    from task t left join item i on i.item_id = t.item_id left join (select *, name as profile_name from profile) p on p.profile_id = i.profile_id
    left join task_output s on s.task_id = t.task_id where t.study_id = $study group by all order by t.task_id
"""
_JUDGMENTS = """
    with of_task as (
        select task_id, (row_number() over (order by task_id) - 1)::integer as task from task where study_id = $study
    ), of_rater as (
        select rater_id, (row_number() over (order by rater_id) - 1)::integer as rater from rater where study_id = $study
    )
    select j.judgment_id, j.assignment_id, of_task.task, of_rater.rater, j.question, j.kind, j.response,
        coalesce(j.design_version, 0) as design_version, j.confidence, j.revision, j.skip_reason, j.seconds, j.shown_at,
        j.judged_at,        a.arrangement, a.position, a.purpose, a.condition, a.profile_id as judged_for, {rationale} as rationale
    from judgment j join assignment a on a.assignment_id = j.assignment_id
    join of_task on of_task.task_id = a.task_id join of_rater on of_rater.rater_id = a.rater_id
    where j.study_id = $study and j.kind <> 'preference' and j.response <> 'undone'
      and not exists (
          select 1 from judgment later where later.revision > 0 and later.assignment_id = j.assignment_id
            and later.question = j.question and later.revision > j.revision
      )
    order by j.judged_at, j.judgment_id
"""


def answers(db: Database, study_id: str, *, texts: bool = False) -> "pd.DataFrame":
    """Return the values of all answers but preferences: one row per value, about outputs, never about positions.

    With ``texts``, it includes the raters' reasons and external ids and each response as given on screen, for exports.

    Returns
    -------
    DataFrame
        The columns :data:`ANSWER_COLUMNS`, texts as categories. A skip is one row without a value; ``number`` holds steps,
        numbers, points, mid-ranks, and 1 or 0 for what was offered and chosen or not; ``option`` the key of an option, and
        ``words`` a text.
    """
    return answer_frame(answer_rows(db, study_id), texts=texts)


def answer_rows(db: Database, study_id: str) -> Rows:
    """Return the rows for :func:`answer_frame`."""
    queries = {
        "task": _TASKS.format(profile_name=profile_name("p")),
        "output": "select output_id, system, condition as output_condition from output where study_id = $study order by 1",
        "rater": f"""
            select rater_id, arm as rater_arm, status as rater_status, source = 'simulated' as simulated, profile_id as own,
                source as rater_source, {viewer_column("external_id")} as rater_external_id
            from rater where study_id = $study order by rater_id
        """,
        "judgment": _JUDGMENTS.format(rationale=viewer_column("j.rationale")),
    }
    with db.moment() as cursor:
        found = {name: arrow(cursor, query, study_id) for name, query in queries.items()}
        frozen = rows.select(cursor, DesignVersion, "where study_id = ? order by version", [study_id])
    designs = {0: design(db, study_id).to_json()} | {one.version: one.design for one in frozen}
    found["design"] = pa.table({"version": list(designs), "design": list(designs.values())})
    return found


def answer_frame(found: Rows, *, texts: bool = False) -> "pd.DataFrame":
    """Return the long table made from :func:`answer_rows`."""
    import numpy as np
    import pandas as pd

    judged = {name: rows.coded_column(found["judgment"][name]) for name in found["judgment"].column_names}
    cells, size = _cells(judged, found)
    of_judgment = np.repeat(np.arange(len(judged["task"])), size)
    tasks = {name: rows.coded_column(found["task"][name]) for name in _PLAIN_TASK}
    raters = {name: rows.coded_column(found["rater"][name]) for name in found["rater"].column_names}
    task = judged["task"].to_numpy()[of_judgment]
    rater = judged["rater"].to_numpy()[of_judgment]
    columns = {name: judged[name].take(of_judgment).reset_index(drop=True) for name in _OF_JUDGMENT}
    columns |= {name: column.take(task).reset_index(drop=True) for name, column in tasks.items()}
    columns |= {name: column.take(rater).reset_index(drop=True) for name, column in raters.items()}
    columns |= cells
    columns |= _of_outputs(found, task, cells["slot"].to_numpy())
    own, judged_for = columns.pop("own"), columns.pop("judged_for")
    columns["profile_id"] = _filled(columns["profile_id"], judged_for)
    is_owner = own.astype(object).eq(columns["profile_id"].astype(object)) & own.notna()
    columns["rater_role"] = pd.Series(
        pd.Categorical.from_codes(
            (~is_owner).to_numpy(dtype=bool).astype(np.int8), pd.Index(["owner", "proxy"])
        )
    )
    names = (*ANSWER_COLUMNS, *TEXT_COLUMNS) if texts else ANSWER_COLUMNS
    return pd.DataFrame({name: columns[name] for name in names})


_OF_JUDGMENT = (
    *(
        "judgment_id",
        "assignment_id",
        "question",
        "kind",
        "confidence",
        "revision",
        "design_version",
        "skip_reason",
    ),
    *("seconds", "shown_at", "judged_at", "position", "purpose", "condition", "judged_for", "rationale"),
    *("response", "arrangement"),
)
_PLAIN_TASK = (
    *(
        "task_id",
        "template",
        "task_purpose",
        "task_withdrawn",
        "item_id",
        "item_name",
        "source_id",
        "profile_id",
    ),
    *("profile_name", "tags"),
)


def _cells(judged: "Mapping[str, pd.Series]", found: Rows) -> "tuple[dict[str, pd.Series], np.ndarray]":
    """Return the columns of all cells, and the number of cells of each judgment.

    Judgments with the same question, version, response, arrangement and subjects are read once.
    """
    import numpy as np
    import pandas as pd

    shapes, shape_of_task = _coded(
        [json.dumps(list(json.loads(one or "{}"))) for one in found["task"]["subjects"].to_pylist()]
    )
    parts = [_coded(judged[name]) for name in ("question", "design_version", "response", "arrangement")]
    parts.append((shapes, shape_of_task[judged["task"].to_numpy()]))
    key = np.zeros(len(judged["task"]), dtype=np.int64)
    for values, codes in parts:
        key = key * max(len(values), 1) + codes
    _, first, which = np.unique(key, return_index=True, return_inverse=True)
    designs = dict(zip(*(found["design"][name].to_pylist() for name in ("version", "design")), strict=True))
    questions = _Questions(designs)
    read = [_read(questions, *(values[codes[place]] for values, codes in parts)) for place in first]
    flat = [cell for cells in read for cell in cells]
    size = np.array([len(cells) for cells in read], dtype=np.int64)
    start = np.concatenate([[0], np.cumsum(size)[:-1]]) if len(size) else size
    n_cells = size[which] if len(which) else size
    within = np.arange(int(n_cells.sum())) - np.repeat(np.cumsum(n_cells) - n_cells, n_cells)
    at = np.repeat(start[which] if len(which) else start, n_cells) + within
    columns: dict[str, list[object]] = {
        "slot": [cell[0] for cell in flat],
        "screen_position": [cell[1].position for cell in flat],
        "n_outputs": [cell[2] for cell in flat],
        "number": [cell[1].number for cell in flat],
    }
    made = {name: pd.Series(np.array(values, dtype=float)[at]) for name, values in columns.items()}
    said = {
        "subject": [cell.subject for _, cell, _ in flat],
        "option": [None if cell.in_words else cell.text for _, cell, _ in flat],
        "words": [cell.text if cell.in_words else None for _, cell, _ in flat],
    }
    for name, texts in said.items():
        made[name] = pd.Series(texts, dtype=object).astype("category").take(at).reset_index(drop=True)
    return made, n_cells


class _Questions:
    """The questions of every version of a design, read once."""

    def __init__(self, designs: Mapping[int, str]) -> None:
        self._designs = designs
        self._known: dict[tuple[int, str], Question] = {}

    def of(self, version: int, key: str) -> Question:
        """Return a question as a version of the design asked it; of an unknown version, as the newest does."""
        if (version, key) not in self._known:
            text = self._designs.get(version) or self._designs[0]
            self._known[version, key] = parse_design(text).question(key)
        return self._known[version, key]


def _read(
    questions: _Questions, question: str, version: int, response: str, arrangement: str, subjects: str
) -> list[tuple[float, Cell, int]]:
    """Return each cell of a response with its slot and the number of outputs; one without a value for a skip."""
    n_outputs = len(arrangement)
    if response == SKIP:
        return [(float("nan"), Cell(), n_outputs)]
    asked = questions.of(int(version), question)
    cells = cells_of(asked, response, Shape(n_outputs, tuple(json.loads(subjects))))
    return [(slot_of(arrangement, cell.position), cell, n_outputs) for cell in cells] or [
        (float("nan"), Cell(), n_outputs)
    ]


def _coded(values: object) -> "tuple[list[str], np.ndarray]":
    """Return the distinct values and the code of each."""
    import pandas as pd

    codes, names = pd.factorize(pd.Series(values))
    return list(names), codes


def _of_outputs(found: Rows, task: "np.ndarray", slot: "np.ndarray") -> "dict[str, pd.Series]":
    """Return the output that each cell is about, and its system and condition; missing if it is about none."""
    import numpy as np

    shown = found["task"]["outputs"].to_pylist()
    start = np.cumsum([0, *(len(ids) for ids in shown)])
    ids = [one for outputs in shown for one in outputs]
    place = {one: number for number, one in enumerate(found["output"]["output_id"].to_pylist())}
    known = np.array([place[one] for one in ids] or [0])
    about = ~np.isnan(slot)
    at = np.where(about, known[np.where(about, start[task] + np.nan_to_num(slot), 0).astype(np.int64)], -1)
    return {
        name: _taken(rows.coded_column(found["output"][name]), at) for name in found["output"].column_names
    }


def _taken(column: "pd.Series", at: "np.ndarray") -> "pd.Series":
    """Return the values at some places; missing at -1."""
    import numpy as np
    import pandas as pd

    codes = np.append(column.cat.codes.to_numpy(), -1)
    return pd.Series(pd.Categorical.from_codes(codes[at], column.cat.categories))


def _filled(column: "pd.Series", others: "pd.Series") -> "pd.Series":
    """Return a column with missing cells taken from another one."""
    if not others.notna().any():
        return column
    return column.astype(object).where(column.notna(), others.astype(object)).astype("category")
