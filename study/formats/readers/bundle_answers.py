"""Answers of every kind but preferences to raters, assignments and judgments: the table of a bundle."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from study.answers import Shape, checked
from study.errors import InvalidInput
from study.formats.problems import Problems, listed, meant, shortened
from study.formats.readers import cells
from study.formats.readers.columns import Field, Rows, understood
from study.formats.readers.options import ImportOptions
from study.formats.readers.seating import VoteRow, assignments_of, judgments_of, raters_of
from study.formats.readers.tabular import FileTable
from study.formats.readers.votes import PURPOSES, ROLES, SOURCES, VOTE_FIELDS, codes_of_cells
from study.protocol.design import Design, parse_design
from study.protocol.questions import Question
from study.records import Item, StudyRecords, Task
from study.responses import SKIP
from study.tables import lookup
from study.wording import counted

_SHARED = (
    *("rater", "seconds", "confidence", "rationale", "shown_at", "judged_at", "position", "purpose"),
    *("rater_source", "rater_role"),
)
ANSWER_FIELDS: dict[str, Field] = {
    "item_id": Field("an item_id of the items", required=True),
    "template": Field("the key of the template that the task was made from", required=True),
    "shown_systems": Field("the systems shown, in the order of the screen: a list", required=True),
    "shown_conditions": Field("the prompt conditions of these outputs: a list"),
    "question": Field("the key of the question", required=True),
    "answer": Field("the answer as given on screen, as JSON; or skip", required=True),
    **{name: VOTE_FIELDS[name] for name in _SHARED},
}


@dataclass(frozen=True, slots=True)
class _Found:
    """The task of a row, what is asked about it, and how it was shown."""

    task: Task
    arrangement: str
    question: Question
    shape: Shape


def read_answers(table: FileTable, *, known: StudyRecords, options: ImportOptions) -> StudyRecords:
    """Return the raters, assignments and judgments that a table of answers adds to a known study, one row per judgment.

    Raises
    ------
    InvalidInput
        Naming file, line, column and value at fault.
    """
    rows = understood(table, ANSWER_FIELDS)
    problems = table.problems()
    votes = _votes(rows, known, problems, options)
    problems.stop()
    raters, rater_ids = raters_of(votes, rows, known, problems, options.now)
    assignments, assignment_ids = assignments_of(votes, rater_ids, rows, known, problems)
    judgments = judgments_of(votes, assignment_ids, rows, known, problems)
    problems.stop()
    return StudyRecords(known.study, raters=raters, assignments=assignments, judgments=judgments)


def _votes(rows: Rows, known: StudyRecords, problems: Problems, options: ImportOptions) -> list[VoteRow]:
    # In the order of VoteRow's fields.
    parts = zip(
        rows.table.lines,
        cells.names(rows, "rater", problems, required=True),
        codes_of_cells(rows, "rater_source", SOURCES, SOURCES["imported"], problems),
        _found(rows, known, problems),
        codes_of_cells(rows, "purpose", PURPOSES, "main", problems),
        cells.integers(rows, "position", problems),
        cells.texts(rows, "answer", problems),
        cells.integers(rows, "confidence", problems),
        cells.texts(rows, "rationale", problems),
        cells.numbers(rows, "seconds", problems, least=0),
        cells.times(rows, "shown_at", problems),
        [time or options.now for time in cells.times(rows, "judged_at", problems)],
        codes_of_cells(rows, "rater_role", ROLES, "proxy", problems),
        strict=True,
    )
    problems.stop()
    votes = []
    for line, rater, source, found, purpose, position, answer, *rest in parts:
        if found:
            response = _response(line, answer, found, rows, problems)
            place = (found.task, found.arrangement, purpose, position)
            question = found.question
            vote = VoteRow(line, rater, source, *place, question.key, response, *rest)
            votes.append(replace(vote, kind=question.kind))
    return votes


def _found(rows: Rows, known: StudyRecords, problems: Problems) -> Iterator[_Found | None]:
    """Yield each row's task, or None where a problem was noted."""
    design, lookups = parse_design(known.study.design), _Lookups.of(known)
    for line, item, template, systems, conditions, key in zip(
        rows.table.lines,
        cells.names(rows, "item_id", problems, required=True),
        cells.names(rows, "template", problems, required=True),
        cells.lists(rows, "shown_systems", problems, required=True),
        cells.lists(rows, "shown_conditions", problems),
        cells.names(rows, "question", problems, required=True),
        strict=True,
    ):
        if systems is None:
            yield None
            continue
        field = "template"
        try:
            asked = _asked(design, template)
            field = "question"
            question = lookup(asked, key, "question")
            field = "shown_systems"
            yield lookups.found(item, template, _shown(systems, conditions), question)
        except InvalidInput as error:
            problems.add(line, rows.column(field), str(error))
            yield None


def _asked(design: Design, template: str) -> dict[str, Question]:
    """Return the questions of a template but for preferences."""
    return {one.key: one for one in design.questions_of(template) if not one.is_preference}


def _shown(systems: list[str], conditions: list[str] | None) -> list[tuple[str, str]]:
    """Return what was shown, by position."""
    given = conditions or [""] * len(systems)
    if len(given) != len(systems):
        raise InvalidInput(
            f"{counted(len(systems), 'system')} and {counted(len(given), 'condition')}; give as many"
        )
    return list(zip(systems, given, strict=True))


@dataclass(frozen=True, slots=True)
class _Lookups:
    """The tasks of a study, by item (its name), template and the ids of the outputs."""

    items: Mapping[str, Item]
    outputs: Mapping[tuple[str, str, str], str]
    tasks: Mapping[tuple[str, str, frozenset[str]], tuple[Task, list[str]]]

    @classmethod
    def of(cls, known: StudyRecords) -> "_Lookups":
        """Return the lookups of a study's records."""
        shown = known.outputs_of_tasks()
        return cls(
            {one.name: one for one in known.items},
            {(one.item_id, one.system, one.condition): one.output_id for one in known.outputs},
            {
                (one.item_id or "", one.template, frozenset(shown[one.task_id])): (one, shown[one.task_id])
                for one in known.tasks
                if one.purpose == "main"
            },
        )

    def found(self, name: str, template: str, shown: Sequence[tuple[str, str]], question: Question) -> _Found:
        """Return the task of a row.

        Raises
        ------
        InvalidInput
            If the study has no such item, output or task.
        """
        if name not in self.items:
            raise InvalidInput(
                f"the item {shortened(name)} is not in the table of items{meant(name, list(self.items))}"
            )
        item = self.items[name]
        ids = [self.outputs.get((item.item_id, *one)) for one in shown]
        for (system, condition), found in zip(shown, ids, strict=True):
            if found is None:
                under = f" under condition {shortened(condition)}" if condition else ""
                raise InvalidInput(f"the item {shortened(name)} has no output of {shortened(system)}{under}")
        task, by_slot = self.tasks.get(
            (item.item_id, template, frozenset(one or "" for one in ids)), (None, [])
        )
        if task is None or len(by_slot) != len(ids):
            raise InvalidInput(
                f"template {template!r} shows no task of {listed([system for system, _ in shown], 5) or 'nothing'} "
                f"for the item {shortened(name)}"
            )
        arrangement = "".join(str(by_slot.index(one or "")) for one in ids)
        return _Found(task, arrangement, question, Shape(len(ids), tuple(item.subjects)))


def _response(line: int, answer: str | None, found: _Found, rows: Rows, problems: Problems) -> str:
    """Return the answer as the study stores it."""
    if answer == SKIP:
        return SKIP
    try:
        return checked(found.question, _as_json(answer), found.shape)
    except InvalidInput as error:
        problems.add(line, rows.column("answer"), str(error))
        return ""


def _as_json(answer: str | None) -> str:
    """Return the text of an answer: JSON, or words as they are.

    >>> _as_json("[1,2]"), _as_json("good")
    ('[1,2]', '"good"')
    """
    try:
        json.loads(answer or "")
    except (ValueError, RecursionError):
        return json.dumps(answer or "", ensure_ascii=False)
    return answer or ""
