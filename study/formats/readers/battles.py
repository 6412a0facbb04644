"""Import of battles as arenas publish them: two models, the winner, the judge, and both conversations."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from study.errors import InvalidInput
from study.formats.problems import Problems, shortened
from study.formats.readers import cells
from study.formats.readers.columns import Field, Rows, understood
from study.formats.readers.conversations import dialogue_of
from study.formats.readers.options import ImportOptions
from study.formats.readers.pairs import read_pairs
from study.formats.readers.tabular import FileTable
from study.formats.readers.votes import codes_of_cells, read_votes
from study.protocol.design import Design, Question, parse_design
from study.records import Content, Side, Study, StudyRecords, text_content
from study.responses import BOTH_BAD, TIE

BATTLE_VOTE_FIELDS: dict[str, Field] = {
    "model_a": Field("one system", required=True, aliases=("system_a",)),
    "model_b": Field("the other system", required=True, aliases=("system_b",)),
    "winner": Field("model_a, model_b, tie or tie (bothbad)", required=True),
    "judge": Field("the person who judged", required=True, aliases=("rater", "rater_id")),
    "pair_id": Field("your id of the pair"),
    "question_id": Field("your id of the request", aliases=("item_id", "item")),
    "criterion": Field("the key of the criterion; without it the first one of the study"),
    "side_of_a": Field("left or right: the side on which model_a was shown; without it left"),
    "tstamp": Field("when it was judged, in seconds since 1970 or as a time", aliases=("judged_at",)),
    "turn": Field("which turn of the conversation was judged"),
    "simulated": Field("true if the judge is a simulated rater"),
}
BATTLE_FIELDS: dict[str, Field] = {
    **BATTLE_VOTE_FIELDS,
    "conversation_a": Field("what was said with model_a: a list of turns", required=True),
    "conversation_b": Field("what was said with model_b", required=True),
}
WINNERS = {
    **dict.fromkeys(("model_a", "a"), "a"),
    **dict.fromkeys(("model_b", "b"), "b"),
    "tie": TIE,
    **dict.fromkeys(("tie (bothbad)", "both_bad", "both bad", "bothbad"), BOTH_BAD),
}
SIDES: dict[str, Side] = {"left": "left", "right": "right"}
TRUTHS = {"true": "simulated", "false": "imported", "1": "simulated", "0": "imported"}
ASSISTANTS = {"assistant", "gpt", "model", "bot"}


def read_battles(
    table: FileTable,
    *,
    study: Study,
    columns: Mapping[str, str] | None = None,
    options: ImportOptions | None = None,
) -> StudyRecords:
    """Return the study described by battles with conversations, including the judgments of their judges.

    The turns that both models received before their first answer are the prompt; the remaining turns are the outputs.

    Raises
    ------
    InvalidInput
        Naming file, line, column and value at fault.
    """
    options = options or ImportOptions()
    rows = understood(table, BATTLE_FIELDS, columns)
    problems = table.problems()
    prompts, a, b = _conversations(rows, problems)
    problems.stop()
    study = _with_criteria(study, cells.names(rows, "criterion", problems))
    made = {
        "prompt": prompts,
        "system_a": rows.cells("model_a"),
        "output_a": a,
        "system_b": rows.cells("model_b"),
        "output_b": b,
    }
    if "question_id" in rows.columns:
        made["item_id"] = _items(rows, problems)
    records = read_pairs(_table(table, made), study=study, options=options)
    judged = _judged(rows, records, options, problems)
    records.raters, records.assignments, records.judgments = (
        judged.raters,
        judged.assignments,
        judged.judgments,
    )
    return records


def read_battle_votes(
    table: FileTable,
    *,
    known: StudyRecords,
    columns: Mapping[str, str] | None = None,
    options: ImportOptions | None = None,
) -> StudyRecords:
    """Return the raters, assignments and judgments that battles judged by people add to a known study.

    Raises
    ------
    InvalidInput
        Naming file, line, column and value at fault.
    """
    rows = understood(table, BATTLE_VOTE_FIELDS, columns)
    return _judged(rows, known, options or ImportOptions(), table.problems())


def _judged(rows: Rows, known: StudyRecords, options: ImportOptions, problems: Problems) -> StudyRecords:
    """Return battles as :func:`read_votes` reads them, after turning winners into answers on sides."""
    winners = codes_of_cells(rows, "winner", WINNERS, None, problems)
    sides = codes_of_cells(rows, "side_of_a", SIDES, "left", problems)
    sources = codes_of_cells(rows, "simulated", TRUTHS, "imported", problems)
    a, b = (_outputs(rows, name, known, problems) for name in ("model_a", "model_b"))
    times = [_time(cell, line, rows, problems) for cell, line in _lined(rows, "tstamp")]
    problems.stop()
    made: dict[str, Sequence[object]] = {
        "rater": rows.cells("judge"),
        "rater_source": list(sources),
        "answer": [_answer(winner, side) for winner, side in zip(winners, sides, strict=True)],
        "judged_at": times,
    }
    for place, name in enumerate(("system", "condition")):
        pairs = [(x[place], y[place]) for x, y in zip(a, b, strict=True)]
        made[f"left_{name}"] = [x if side == "left" else y for (x, y), side in zip(pairs, sides, strict=True)]
        made[f"right_{name}"] = [
            y if side == "left" else x for (x, y), side in zip(pairs, sides, strict=True)
        ]
    for field in ("pair_id", "criterion"):
        if field in rows.columns:
            made[field] = rows.cells(field)
    if "question_id" in rows.columns:
        made["item_id"] = _items(rows, problems)
    return read_votes(_table(rows.table, made), known=known, options=options)


def _table(table: FileTable, made: Mapping[str, Sequence[object]]) -> FileTable:
    return replace(table, frame=pd.DataFrame(made, dtype=object), notes=())


def _answer(winner: str, side_of_a: Side) -> str:
    if winner not in ("a", "b"):
        return winner
    return "left" if (winner == "a") == (side_of_a == "left") else "right"


def _lined(rows: Rows, field: str) -> list[tuple[object, int]]:
    return list(zip(rows.cells(field), rows.table.lines, strict=True))


def _time(cell: Any, line: int, rows: Rows, problems: Problems) -> str | None:
    """Return a time as ISO 8601; a number is seconds since 1970."""
    if cell is None:
        return None
    try:
        seconds = float(cell)
    except (TypeError, ValueError):
        return str(cell)
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        what = "give seconds since 1970, or a time such as 2026-01-31T14:05:00"
        problems.add(line, rows.column("tstamp"), f"{shortened(cell)} is not valid: {what}")
        return None


def _outputs(rows: Rows, field: str, known: StudyRecords, problems: Problems) -> list[tuple[str, str]]:
    """Return system and condition of each model; our own export writes both as ``system (condition)``."""
    systems = {output.system for output in known.outputs}
    under = {
        f"{output.system} ({output.condition})": (output.system, output.condition)
        for output in known.outputs
        if output.condition
    }
    names = cells.names(rows, field, problems, required=True)
    return [(name, "") if name in systems else under.get(name, (name, "")) for name in names]


def _items(rows: Rows, problems: Problems) -> list[str]:
    """Return each row's item name: its request, plus the turn if one request has several."""
    names = cells.names(rows, "question_id", problems, required=True)
    turns = cells.names(rows, "turn", problems)
    of = Counter(name for name, _ in set(zip(names, turns, strict=True)))
    return [
        f"{name} (turn {turn})" if of[name] > 1 and turn not in ("", "1") else name
        for name, turn in zip(names, turns, strict=True)
    ]


def _conversations(rows: Rows, problems: Problems) -> tuple[list[Content], list[Content], list[Content]]:
    """Return each row's prompt, and the output of each model."""
    prompts, outputs = [], {"a": [], "b": []}  # type: ignore[var-annotated]
    read: dict[str, Content | None] = {}
    for place, line in enumerate(rows.table.lines):
        found = {}
        for side in ("a", "b"):
            cell = rows.cells(f"conversation_{side}")[place]
            key = cell if isinstance(cell, str) else repr(cell)
            if key not in read:
                read[key] = dialogue_of(cell)
            turns = (read[key] or {}).get("turns", [])
            asked = next((n for n, turn in enumerate(turns) if turn["role"].lower() in ASSISTANTS), None)
            if asked is None:
                sentence = (
                    f"{shortened(cell)} is not a conversation with an answer; give a list of {{role, "
                    "content}"
                )
                problems.add(line, rows.column(f"conversation_{side}"), sentence)
            found[side] = (turns, asked or 0)
        (turns_a, asked_a), (turns_b, asked_b) = found["a"], found["b"]
        shared = asked_a if turns_a[:asked_a] == turns_b[:asked_b] else 0
        prompts.append(_prompt(turns_a[:shared]))
        for side, turns in (("a", turns_a), ("b", turns_b)):
            outputs[side].append({"kind": "dialogue", "turns": turns[shared:]})
    return prompts, outputs["a"], outputs["b"]


def _prompt(turns: list[dict[str, str]]) -> Content:
    if len(turns) > 1:
        return {"kind": "dialogue", "turns": turns}
    return text_content(turns[0]["text"] if turns else "")


def _with_criteria(study: Study, keys: list[str]) -> Study:
    """Return the study with a question per criterion named in the file, unless it has its own questions."""
    design = parse_design(study.design)
    known = [one.key for one in design.criteria]
    named = [key for key in dict.fromkeys(key.lower() for key in keys) if key]
    if design.criteria != Design().criteria or not set(named) - set(known):
        return study
    question = design.criteria[0].question
    try:
        criteria = tuple(Question(key=key, question=f"{question} ({key})") for key in named)
    except ValueError as error:
        raise InvalidInput(
            f"the criteria {', '.join(map(repr, named))} are not valid keys: {error}"
        ) from None
    design = design.model_copy(update={"questions": criteria})
    return replace(study, design=design.to_json(), design_hash=design.hash())
