"""Export as preference pairs, for reward models and direct preference optimization."""

import pandas as pd

from study.formats.export import Exported, cells_of, jsonl_bytes, main_answers, texts_of, versions_of
from study.formats.writers.long import EXTERNAL_ID
from study.wording import counted, form

PREFERENCE_COLUMNS = (
    "prompt",
    "chosen",
    "rejected",
    "profile",
    "pair_id",
    "profile_id",
    "rater_id",
    "margin",
    "criterion",
    "simulated",
    "design_version",
)


def write_preferences(judgments: pd.DataFrame, *, include_external_ids: bool = False) -> Exported:
    """Return one line per answer that prefers an output, excluding ties, both bad, skips, checks and repeats.

    Answers about two identical texts are left out too: there is nothing to prefer.
    """
    answers, notes = main_answers(judgments)
    decided = answers[answers["preference"].isin(["a", "b"])]
    dropped = len(answers) - len(decided)
    if dropped:
        notes = (
            *notes,
            f"{counted(dropped, 'judgment')} without a preferred output {form(dropped, 'is', 'are')} left out (ties, both bad)",
        )
    outputs = [texts_of(cells_of(decided, f"output_{side}")) for side in "ab"]
    differ = [a.strip() != b.strip() for a, b in zip(*outputs, strict=True)]
    same = len(differ) - sum(differ)
    if same:
        what = f"{counted(same, 'judgment')} of two outputs with the same text"
        notes = (*notes, f"{what} {form(same, 'is', 'are')} left out")
        decided = decided[differ]
    prefers_a = [preference == "a" for preference in cells_of(decided, "preference")]
    output_a = texts_of(cells_of(decided, "output_a"))
    output_b = texts_of(cells_of(decided, "output_b"))
    sides = list(zip(output_a, output_b, prefers_a, strict=True))
    columns = {
        "prompt": texts_of(cells_of(decided, "prompt")),
        "chosen": [a if is_a else b for a, b, is_a in sides],
        "rejected": [b if is_a else a for a, b, is_a in sides],
        "profile": texts_of(cells_of(decided, "profile")),
        "pair_id": cells_of(decided, "comparison_id"),
        "profile_id": cells_of(decided, "profile_id"),
        "rater_id": cells_of(decided, "rater_id"),
        "margin": [abs(int(strength)) for strength in cells_of(decided, "strength")],
        "criterion": cells_of(decided, "criterion"),
        "simulated": [bool(cell) for cell in cells_of(decided, "simulated")],
        "design_version": versions_of(decided),
    }
    if include_external_ids:
        columns[EXTERNAL_ID] = cells_of(decided, EXTERNAL_ID)
    return Exported(jsonl_bytes(columns), notes)
