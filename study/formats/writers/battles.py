"""Export as a battle table, with the columns that arena leaderboards read."""

import json
from datetime import UTC

import pandas as pd

from study.formats.content import decoded
from study.formats.export import Exported, cells_of, csv_bytes, main_answers, texts_of, versions_of
from study.formats.writers.long import EXTERNAL_ID
from study.records import Content

BATTLE_COLUMNS = (
    "question_id",
    "model_a",
    "model_b",
    "winner",
    "judge",
    "conversation_a",
    "conversation_b",
    "turn",
    "anony",
    "language",
    "tstamp",
    "criterion",
    "side_of_a",
    "simulated",
    "design_version",
)
Text = Content | str | None
WINNERS = {"a": "model_a", "b": "model_b", "tie": "tie", "both_bad": "tie (bothbad)"}


def write_battles(judgments: pd.DataFrame, *, include_external_ids: bool = False) -> Exported:
    """Return one battle per answer to the study's own comparisons, excluding skips, checks and repeats.

    Models a and b are outputs a and b, never screen sides. A system with a condition is named ``system (condition)``.
    """
    answers, notes = main_answers(judgments)
    prompts = cells_of(answers, "prompt")
    count = len(answers)
    columns = {
        "question_id": cells_of(answers, "item_name"),
        "model_a": _models(answers, "a"),
        "model_b": _models(answers, "b"),
        "winner": [WINNERS[preference] for preference in cells_of(answers, "preference")],
        "judge": cells_of(answers, "rater_id"),
        "conversation_a": _conversations(prompts, cells_of(answers, "output_a")),
        "conversation_b": _conversations(prompts, cells_of(answers, "output_b")),
        "turn": [1] * count,
        "anony": [True] * count,
        "language": ["unknown"] * count,
        "tstamp": [time.replace(tzinfo=UTC).timestamp() for time in cells_of(answers, "judged_at")],
        "criterion": cells_of(answers, "criterion"),
        "side_of_a": cells_of(answers, "side_of_a"),
        "simulated": [bool(cell) for cell in cells_of(answers, "simulated")],
        "design_version": versions_of(answers),
    }
    if include_external_ids:
        columns[EXTERNAL_ID] = cells_of(answers, EXTERNAL_ID)
    return Exported(csv_bytes(columns), notes)


def _models(answers: pd.DataFrame, side: str) -> list[str]:
    systems = cells_of(answers, f"system_{side}")
    conditions = cells_of(answers, f"condition_{side}")
    return [
        f"{system} ({condition})" if condition else system
        for system, condition in zip(systems, conditions, strict=True)
    ]


def _conversations(prompts: list[Text], outputs: list[Text]) -> list[str]:
    pairs = [(_key(prompt), _key(output)) for prompt, output in zip(prompts, outputs, strict=True)]
    written = {pair: _conversation(*pair) for pair in dict.fromkeys(pairs)}
    return [written[pair] for pair in pairs]


def _key(cell: Text) -> str:
    return json.dumps(cell, ensure_ascii=False) if isinstance(cell, dict) else cell or ""


def _conversation(prompt: str, output: str) -> str:
    """Return prompt and output as turns; an empty prompt is left out before a dialogue that begins with the request."""
    asked, answered = _turns(prompt, "user"), _turns(output, "assistant")
    whole = answered[0]["role"] != "assistant" and asked == [{"role": "user", "content": ""}]
    return json.dumps(answered if whole else asked + answered, ensure_ascii=False)


def _turns(cell: str, role: str) -> list[dict[str, str]]:
    content = decoded(cell) if cell.startswith("{") else cell
    if isinstance(content, dict) and content["kind"] == "dialogue":
        return [{"role": turn["role"], "content": turn["text"]} for turn in content["turns"]]
    return [{"role": role, "content": texts_of([content])[0]}]
