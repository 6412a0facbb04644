"""Import of ratings made elsewhere: into a study whose design asks for them, or as a study of their own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from study.answers import ANSWERS, Shape, checked, wrapped
from study.answers.scale import label_of, steps
from study.errors import InvalidInput
from study.formats.content import plain_content
from study.formats.problems import Problems, listed, meant, refuse, shortened
from study.formats.readers import cells
from study.formats.readers.columns import Field, Rows, understood
from study.formats.readers.ids import Ids
from study.formats.readers.material import ITEM_FIELDS, PROFILE_FIELD, first_values, items_of, profiles_of
from study.formats.readers.options import ImportOptions
from study.formats.readers.rated_questions import design_of_ratings, key_of
from study.formats.readers.seating import VoteRow, assignments_of, judgments_of, raters_of
from study.formats.readers.tabular import FileTable
from study.formats.readers.votes import SOURCES, codes_of_cells
from study.protocol.design import Design, parse_design
from study.protocol.questions import Question
from study.protocol.tasks import tasks_of
from study.records import Output, RaterSource, Study, StudyRecords, Task, stable_id

RATING_FIELDS: dict[str, Field] = {
    "item_id": Field("your id of the request", required=True, aliases=("item",)),
    "system": Field("the name of the system", required=True, aliases=("model",)),
    "value": Field("the rating; without it every further column holds ratings", aliases=("rating",)),
    "rater": Field("your id of the rater; without it each further column is a rater", aliases=("rater_id",)),
    "question": Field("the key of the question; without it the only one", aliases=("criterion", "aspect")),
    "condition": Field("the prompt condition of the output"),
    "output": Field("what the system wrote, for a new study"),
    "seconds": Field("how long it took"),
    "confidence": Field("how sure the rater was, as a whole number"),
    "rationale": Field("why"),
    "judged_at": Field("when it was answered, in UTC"),
    "rater_source": Field("imported or simulated"),
    **ITEM_FIELDS,
    **PROFILE_FIELD,
}
RATED = tuple(
    name
    for name, kind in ANSWERS.items()
    if kind.level in ("ordinal", "interval") and name in ("scale", "number")
)


@dataclass(frozen=True, slots=True)
class RatingRow:
    """One rating of a file, and its location; ``value`` is as the file gives it."""

    line: int
    column: str
    item: str
    system: str
    condition: str
    rater: str
    question: str
    value: str
    source: RaterSource
    seconds: float | None
    confidence: int | None
    rationale: str | None
    judged_at: datetime


def read_ratings(
    table: FileTable,
    *,
    study: Study | None = None,
    known: StudyRecords | None = None,
    columns: Mapping[str, str] | None = None,
    options: ImportOptions | None = None,
) -> StudyRecords:
    """Return the raters, assignments and judgments in a table of ratings; for a new study, with its items and outputs.

    One row per rating; or a row per output and rater, with a column per question; or a row per output, with a column per
    rater. Empty cells are left out.

    Raises
    ------
    InvalidInput
        Naming file, line, column and value at fault.
    """
    options = options or ImportOptions()
    rows = understood(table, RATING_FIELDS, columns)
    problems = table.problems()
    options.progress(0.6, "ratings")
    ratings = _ratings(rows, problems, options)
    problems.stop()
    if not ratings:
        refuse(table.name, "no cell holds a rating")
    if known is None:
        assert study is not None
        known = _material(rows, ratings, study, problems, options)
        new = replace(known)
    else:
        new = StudyRecords(known.study)
    options.progress(0.8, "judgments")
    votes = _votes(ratings, known, table.name, problems, options)
    new.raters, rater_ids = raters_of(votes, rows, known, problems, options.now)
    new.assignments, assignment_ids = assignments_of(votes, rater_ids, rows, known, problems)
    new.judgments = judgments_of(votes, assignment_ids, rows, known, problems)
    problems.stop()
    return new


def _ratings(rows: Rows, problems: Problems, options: ImportOptions) -> list[RatingRow]:
    parts = zip(
        rows.table.lines,
        cells.names(rows, "item_id", problems, required=True),
        cells.names(rows, "system", problems, required=True),
        cells.names(rows, "condition", problems),
        cells.names(rows, "rater", problems, required="rater" in rows.columns),
        cells.names(rows, "question", problems),
        codes_of_cells(rows, "rater_source", SOURCES, SOURCES["imported"], problems),
        cells.numbers(rows, "seconds", problems, least=0),
        cells.integers(rows, "confidence", problems),
        cells.texts(rows, "rationale", problems),
        [time or options.now for time in cells.times(rows, "judged_at", problems)],
        strict=True,
    )
    problems.stop()
    shared = list(parts)
    found = []
    for column, of_rater, of_question in _columns(rows):
        values = cells.names(Rows(rows.table, {"value": column}, ()), "value", problems)
        for (line, item, system, condition, rater, question, *rest), value in zip(
            shared, values, strict=True
        ):
            if value:
                place = (line, column, item, system, condition)
                found.append(RatingRow(*place, of_rater or rater, of_question or question, value, *rest))
    return found


def _columns(rows: Rows) -> list[tuple[str, str, str]]:
    """Return each column of ratings with its rater and its question, where the column says them."""
    if "value" in rows.columns:
        if "rater" not in rows.columns:
            refuse(rows.table.name, "there is a column of ratings but none for 'rater'; name the raters, too")
        return [(rows.columns["value"], "", "")]
    if not rows.ignored:
        refuse(
            rows.table.name,
            "no column can hold ratings; give rater and value, or a column per question or rater",
        )
    if "rater" in rows.columns:
        return [(name, "", name) for name in rows.ignored]
    return [(name, name, "") for name in rows.ignored]


def _material(
    rows: Rows, ratings: Sequence[RatingRow], study: Study, problems: Problems, options: ImportOptions
) -> StudyRecords:
    """Return the new study that the ratings are about, with the questions that they answer."""
    kind = options.content_kind
    item_names = cells.names(rows, "item_id", problems)
    id_of = {name: stable_id(study.study_id, "item", name) for name in dict.fromkeys(item_names)}
    item_ids = [id_of[name] for name in item_names]
    profiles, profile_ids = profiles_of(rows, study, problems, kind)
    items = items_of(rows, study, problems, kind, item_ids, item_names, profile_ids)
    keys = list(
        zip(
            item_ids,
            cells.names(rows, "system", problems),
            cells.names(rows, "condition", problems),
            strict=True,
        )
    )
    texts = first_values(rows, "output", keys, cells.contents(rows, "output", problems, kind), problems)
    empty = plain_content("", kind)
    outputs = [
        Output(stable_id(study.study_id, "output", *key), study.study_id, *key, texts.get(key, empty))
        for key in dict.fromkeys(keys)
    ]
    problems.stop()
    design = design_of_ratings(parse_design(study.design), [(one.question, one.value) for one in ratings])
    study = replace(study, design=design.to_json(), design_hash=design.hash())
    records = StudyRecords(study, profiles, items, outputs)
    for template in design.in_use():
        for task, shown in tasks_of(template, items, outputs):
            records.tasks.append(task)
            records.task_outputs += shown
    return records


def _votes(
    ratings: Sequence[RatingRow], known: StudyRecords, file: str, problems: Problems, options: ImportOptions
) -> list[VoteRow]:
    """Return the ratings as answers about the study's tasks; those that do not fit are problems."""
    design = parse_design(known.study.design)
    tasks, asked = _tasks(known, design, file), _asked(design)
    items = Ids(name for _, name, _, _ in tasks)
    votes = []
    for one in ratings:
        question = _question(one, asked, problems)
        if question is None:
            continue
        name = items.matched(one.item) if options.match_ids else one.item
        task = tasks.get((question.key, name, one.system, one.condition))
        if task is None:
            _note_unknown(one, question, tasks, items, problems)
            continue
        place = (task, "0", "main", None, question.key, _response(one, question, problems))
        given = (one.confidence, one.rationale, one.seconds, None, one.judged_at)
        votes.append(VoteRow(one.line, one.rater, one.source, *place, *given, kind=question.kind))
    return votes


def _tasks(known: StudyRecords, design: Design, file: str) -> dict[tuple[str, str, str, str], Task]:
    """Return the tasks of one output, by question, item (its name), system and condition."""
    items = {item.item_id: item.name for item in known.items}
    outputs = {output.output_id: output for output in known.outputs}
    shown = known.outputs_of_tasks()
    templates = {one.key: design.questions_of(one.key) for one in design.in_use() if one.outputs == "each"}
    if not templates:
        refuse(
            file,
            "the study asks nothing about single outputs, so ratings have no place in it; add a template with "
            "`outputs: each` and a question of the kind scale or number to its design",
        )
    found = {}
    for task in known.tasks:
        for question in templates.get(task.template, ()):
            output = outputs[shown[task.task_id][0]]
            place = (question.key, items[output.item_id], output.system, output.condition)
            found[place] = task
    return found


def _asked(design: Design) -> dict[str, Question]:
    """Return the questions that ask for ratings of single outputs."""
    return {
        question.key: question
        for template in design.in_use()
        if template.outputs == "each"
        for question in design.questions_of(template.key)
        if question.kind in RATED
    }


def _question(one: RatingRow, asked: Mapping[str, Question], problems: Problems) -> Question | None:
    if not one.question and len(asked) == 1:
        return next(iter(asked.values()))
    for name in (one.question, key_of(one.question)):
        if name in asked:
            return asked[name]
    what = (
        f"the study asks for no rating {shortened(one.question)}"
        if one.question
        else "the row names no question"
    )
    sentence = f"{what}{meant(one.question, list(asked))}; it asks: {listed(asked, 5) or 'for none'}"
    problems.add(one.line, one.column, sentence)
    return None


def _response(one: RatingRow, question: Question, problems: Problems) -> str:
    """Return the rating as the study stores it; a step may be given by its label."""
    labels = (
        {label_of(question, step).lower(): step for step in range(1, steps(question) + 1)}
        if question.kind == "scale"
        else {}
    )
    value: object = labels.get(one.value.lower())
    if value is None:
        try:
            value = float(one.value)
        except ValueError:
            value = one.value
        value = int(value) if isinstance(value, float) and value.is_integer() else value
    try:
        return checked(question, wrapped(question, [value], Shape(1)), Shape(1))
    except InvalidInput as error:
        problems.add(one.line, one.column, str(error))
        return ""


def _note_unknown(
    one: RatingRow,
    question: Question,
    tasks: Mapping[tuple[str, str, str, str], Task],
    items: Ids,
    problems: Problems,
) -> None:
    systems = sorted({system for key, _, system, _ in tasks if key == question.key})
    of = f" under condition {shortened(one.condition)}" if one.condition else ""
    hint = items.hint(one.item) or meant(one.system, systems)
    sentence = f"{shortened(one.system)}{of} has no output for the item {shortened(one.item)} that is rated on {question.key!r}{hint}"
    problems.add(one.line, one.column, sentence)
