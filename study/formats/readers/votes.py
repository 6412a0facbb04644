"""Import of judgments made elsewhere, on known outputs."""

from collections.abc import Mapping
from typing import TypeVar

from study.formats.problems import Problems, meant, shortened
from study.formats.readers import cells
from study.formats.readers.columns import Field, Rows, understood
from study.formats.readers.ids import Ids
from study.formats.readers.options import ImportOptions
from study.formats.readers.pairing import paired
from study.formats.readers.seating import VoteRow, assignments_of, judgments_of, raters_of
from study.formats.readers.tabular import FileTable
from study.protocol.design import parse_design
from study.records import RaterSource, StudyRecords
from study.responses import BOTH_BAD, OPTIONS, SKIP

Code = TypeVar("Code", bound=str)

VOTE_FIELDS: dict[str, Field] = {
    "rater": Field("your id of the rater", required=True, aliases=("rater_id",)),
    "answer": Field("what the rater answered", required=True, aliases=("response",)),
    "left_system": Field("the system on the left, or shown first", required=True),
    "right_system": Field("the system on the right", required=True),
    "pair_id": Field("your id of the pair", aliases=("comparison_name",)),
    "item_id": Field("your id of the request, if pairs have no id", aliases=("item",)),
    "left_condition": Field("the prompt condition of the left output"),
    "right_condition": Field("the prompt condition of the right output"),
    "criterion": Field("the key of the criterion; without it the first one of the study"),
    "seconds": Field("how long it took"),
    "confidence": Field("how sure the rater was, as a whole number"),
    "rationale": Field("why"),
    "shown_at": Field("when the pair was shown, in UTC"),
    "judged_at": Field("when it was answered, in UTC"),
    "position": Field("the place of the pair in the rater's order, from 0"),
    "purpose": Field("main, repeat or check"),
    "rater_source": Field("imported or simulated"),
    "rater_role": Field("owner if the rater judges outputs for their own profile, else proxy"),
}
ANSWERS: dict[str, str] = {
    **{code: code for code in OPTIONS},
    SKIP: SKIP,
    "tie (bothbad)": BOTH_BAD,
    "both bad": BOTH_BAD,
}
ROLES = {role: role for role in ("proxy", "owner")}
PURPOSES = {purpose: purpose for purpose in ("main", "repeat", "check")}
# A rater with source "link" who comes back through an exported file counts as imported.
SOURCES: dict[str, RaterSource] = {"imported": "imported", "simulated": "simulated", "link": "imported"}


def read_votes(
    table: FileTable,
    *,
    known: StudyRecords,
    columns: Mapping[str, str] | None = None,
    options: ImportOptions | None = None,
) -> StudyRecords:
    """Return the raters, assignments and judgments that a table of votes adds to a known study.

    A rater judges a pair at most once per criterion; raters and assignments already in ``known`` are not added again.

    Raises
    ------
    InvalidInput
        Naming file, line, column and value at fault.
    """
    options = options or ImportOptions()
    rows = understood(table, VOTE_FIELDS, columns)
    problems = table.problems()
    options.progress(0.6, "votes")
    votes = _votes(rows, known, problems, options)
    options.progress(0.8, "judgments")
    raters, rater_ids = raters_of(votes, rows, known, problems, options.now)
    assignments, assignment_ids = assignments_of(votes, rater_ids, rows, known, problems)
    judgments = judgments_of(votes, assignment_ids, rows, known, problems)
    problems.stop()
    return StudyRecords(known.study, raters=raters, assignments=assignments, judgments=judgments)


def _votes(rows: Rows, known: StudyRecords, problems: Problems, options: ImportOptions) -> list[VoteRow]:
    criteria = {one.key: one.key for one in parse_design(known.study.design).criteria}
    # In the order of VoteRow's fields.
    parts = zip(
        rows.table.lines,
        _raters(rows, known, problems, options.match_ids),
        codes_of_cells(rows, "rater_source", SOURCES, SOURCES["imported"], problems),
        paired(rows, known, problems, match_ids=options.match_ids),
        codes_of_cells(rows, "purpose", PURPOSES, "main", problems),
        cells.integers(rows, "position", problems),
        codes_of_cells(rows, "criterion", criteria, next(iter(criteria)), problems),
        codes_of_cells(rows, "answer", ANSWERS, None, problems),
        cells.integers(rows, "confidence", problems),
        cells.texts(rows, "rationale", problems),
        cells.numbers(rows, "seconds", problems, least=0),
        cells.times(rows, "shown_at", problems),
        [time or options.now for time in cells.times(rows, "judged_at", problems)],
        codes_of_cells(rows, "rater_role", ROLES, "proxy", problems),
        strict=True,
    )
    problems.stop()
    return [
        VoteRow(line, rater, source, found[0].task, found[1], *rest)
        for line, rater, source, found, *rest in parts
        if found
    ]


def _raters(rows: Rows, known: StudyRecords, problems: Problems, match: bool) -> list[str]:
    names = cells.names(rows, "rater", problems, required=True)
    if not match:
        return names
    ids = Ids(rater.external_id for rater in known.raters if rater.external_id is not None)
    return [ids.matched(name) for name in names]


def codes_of_cells(
    rows: Rows, field: str, allowed: Mapping[str, Code], default: Code | None, problems: Problems
) -> list[Code]:
    """Return the code of each cell; case is ignored, and an empty cell gives the default."""
    codes: list[Code] = []
    for line, name in zip(rows.table.lines, cells.names(rows, field, problems), strict=True):
        code = allowed.get(name.lower()) if name else default
        if code is None:
            hint = meant(name.lower(), list(allowed))
            what = f"{shortened(name)} is not a known {field}{hint}" if name else "the cell is empty"
            problems.add(line, rows.column(field), f"{what}; allowed: {', '.join(allowed)}")
        else:
            codes.append(code)
    return codes
