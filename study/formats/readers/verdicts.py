"""Import of verdicts: the preferences of automatic judges on known comparisons."""

from collections.abc import Mapping
from pathlib import PurePath

from study.blinding import A_LEFT, A_RIGHT, UNKNOWN
from study.formats.problems import Problems, listed, meant, shortened
from study.formats.readers import cells
from study.formats.readers.columns import Field, Rows, understood
from study.formats.readers.options import ImportOptions
from study.formats.readers.pairing import PLACES, Pairing, Place, paired, pairing_of, pairs_named
from study.formats.readers.tabular import FileTable
from study.formats.readers.votes import codes_of_cells
from study.protocol.design import parse_design
from study.records import Comparison, StudyRecords, Verdict
from study.responses import BOTH_BAD, TIE

VERDICT_FIELDS: dict[str, Field] = {
    "preferred": Field(
        "the preferred system; or left, right, a, b, tie or both_bad; empty if the judge failed",
        required=True,
        aliases=("preference", "winner", "verdict", "preferred_system"),
    ),
    "judge": Field("the name of the judge; without it the one name given for the file"),
    "pair_id": Field("your id of the pair", aliases=("comparison_name", "comparison_id")),
    "item_id": Field("your id of the request, if pairs have no id", aliases=("item", "question_id")),
    "left_system": Field("the system that the judge was shown first"),
    "right_system": Field("the system that the judge was shown second"),
    "left_condition": Field("the prompt condition of the left output"),
    "right_condition": Field("the prompt condition of the right output"),
    "system_a": Field("one system, if the order is not known or given in first_system", aliases=("model_a",)),
    "system_b": Field("the other system", aliases=("model_b",)),
    "condition_a": Field("the prompt condition of the output of system_a"),
    "condition_b": Field("the prompt condition of the output of system_b"),
    "first_system": Field("the system that the judge was shown first; without it the left one"),
    "criterion": Field("the key of the criterion; without it the first one of the study"),
    "certainty": Field("how sure the judge was, from 0 to 1", aliases=("confidence",)),
    "reason": Field("why, or why there is no preference"),
    "signature": Field("name, version and parameters of the judge"),
}
UNORDERED: tuple[Place, Place] = (("system_a", "condition_a"), ("system_b", "condition_b"))
CODES: dict[str, str] = {
    "left": "first",
    "a": "first",
    "model_a": "first",
    "right": "second",
    "b": "second",
    "model_b": "second",
    "tie": TIE,
    "both_bad": BOTH_BAD,
    "both bad": BOTH_BAD,
    "tie (bothbad)": BOTH_BAD,
}
NO_PREFERENCE = "the file gives no preference"


Named = tuple[Comparison, str | None]


def read_verdicts(
    table: FileTable,
    *,
    known: StudyRecords,
    columns: Mapping[str, str] | None = None,
    options: ImportOptions | None = None,
) -> StudyRecords:
    """Return the verdicts that a table adds to a known study: one per comparison, judge, criterion and order.

    Raises
    ------
    InvalidInput
        Naming file, line, column and value at fault.
    """
    options = options or ImportOptions()
    rows = understood(table, VERDICT_FIELDS, columns)
    problems = table.problems()
    options.progress(0.6, "verdicts")
    by_system = any(place in rows.columns for place, _ in (*PLACES, *UNORDERED))
    ordered = any(place in rows.columns for place, _ in PLACES)
    found: list[Named | None] = []
    match = options.match_ids
    if by_system:
        found += paired(rows, known, problems, PLACES if ordered else UNORDERED, match_ids=match)
    else:
        found += [(one, None) if one else None for one in pairs_named(rows, known, problems, match_ids=match)]
    problems.stop()
    options.progress(0.8, "preferences")
    verdicts = _verdicts(rows, known, [one for one in found if one], ordered, options, problems)
    _refuse_repeats(rows, verdicts, problems)
    problems.stop()
    return StudyRecords(known.study, verdicts=verdicts)


def judge_of_file(name: str, options: ImportOptions) -> str:
    """Return the judge of a file without a column for it: the given name, else the file's."""
    return options.judge or PurePath(name).stem


def _verdicts(
    rows: Rows,
    known: StudyRecords,
    found: list[Named],
    ordered: bool,
    options: ImportOptions,
    problems: Problems,
) -> list[Verdict]:
    pairing = pairing_of(known)
    criteria = {one.key: one.key for one in parse_design(known.study.design).criteria}
    default_judge = judge_of_file(rows.table.name, options)
    parts = zip(
        rows.table.lines,
        found,
        cells.names(rows, "preferred", problems),
        cells.names(rows, "first_system", problems),
        cells.names(rows, "judge", problems),
        codes_of_cells(rows, "criterion", criteria, next(iter(criteria)), problems),
        cells.numbers(rows, "certainty", problems, least=0, most=1),
        cells.texts(rows, "reason", problems),
        cells.names(rows, "signature", problems),
        strict=True,
    )
    problems.stop()
    verdicts = []
    for line, named, preferred, first, own_judge, criterion, certainty, reason, signature in parts:
        comparison, _ = named
        judge = own_judge or default_judge
        preference = _preference(rows, line, named, preferred, pairing, problems)
        verdicts.append(
            Verdict(
                study_id=known.study.study_id,
                task_id=comparison.task.task_id,
                judge=judge,
                question=criterion,
                arrangement=_order(rows, line, named, first, ordered, pairing, problems),
                answer=preference,
                certainty=certainty,
                reason=reason or (None if preference else NO_PREFERENCE),
                signature=signature or f"{judge}|imported",
            )
        )
    return verdicts


def _preference(
    rows: Rows, line: int, named: Named, preferred: str, pairing: Pairing, problems: Problems
) -> str | None:
    """Return a, b, tie or both_bad; a system's name takes precedence over an equal code."""
    if not preferred:
        return None
    comparison, arrangement = named
    a, b = _systems(comparison, pairing)
    if a != b and preferred in (a, b):
        return "a" if preferred == a else "b"
    code = CODES.get(preferred.lower())
    if code in (TIE, BOTH_BAD):
        return code
    if code is not None and arrangement is not None:
        return "a" if (code == "first") == (arrangement == A_LEFT) else "b"
    codes = CODES if arrangement is not None else (TIE, BOTH_BAD)
    allowed = [*sorted({a, b}), *codes]
    sentence = (
        f"{shortened(preferred)} is neither a system of this pair nor a code{meant(preferred, allowed)}"
    )
    problems.add(line, rows.column("preferred"), f"{sentence}; allowed: {listed(allowed)}")
    return None


def _order(
    rows: Rows,
    line: int,
    named: Named,
    first: str,
    ordered: bool,
    pairing: Pairing,
    problems: Problems,
) -> str:
    """Return the arrangement in which the judge was shown the outputs: the first one is on the left."""
    comparison, arrangement = named
    if not first:
        return arrangement if ordered and arrangement else UNKNOWN
    a, b = _systems(comparison, pairing)
    if a == b or first not in (a, b):
        sentence = (
            f"{shortened(first)} does not say which output came first; allowed: {listed(sorted({a, b}))}"
        )
        if a == b:
            sentence = "both outputs are of one system; give left_system, left_condition and right_condition"
        problems.add(line, rows.column("first_system"), sentence)
    return A_LEFT if first == a else A_RIGHT


def _systems(comparison: Comparison, pairing: Pairing) -> tuple[str, str]:
    return pairing.outputs[comparison.output_a_id].system, pairing.outputs[comparison.output_b_id].system


def _refuse_repeats(rows: Rows, verdicts: list[Verdict], problems: Problems) -> None:
    first: dict[tuple[str, str, str, str], int] = {}
    for line, one in zip(rows.table.lines, verdicts, strict=True):
        key = (one.task_id, one.judge, one.question, one.arrangement)
        earlier = first.setdefault(key, line)
        if earlier != line:
            order = "without an order" if one.arrangement == UNKNOWN else "in this order"
            sentence = (
                f"{shortened(one.judge)} has judged this pair on {one.question!r} {order} "
                f"on {rows.table.unit} {earlier}"
            )
            problems.add(line, rows.column("judge"), sentence)
