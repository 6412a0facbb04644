"""Where the LLMFAO study is found, and how its columns are named. Required in CI, skipped with a reason elsewhere."""

import os
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "shared" / "data" / "llmfao"
PAIRS = {
    "pair_id": "id",
    "item_id": "prompt",
    "prompt": "text",
    "system_a": "model_x",
    "output_a": "result_x",
    "system_b": "model_y",
    "output_b": "result_y",
}
VOTES = {
    "pair_id": "id",
    "rater": "worker",
    "left_system": "model_x",
    "right_system": "model_y",
    "answer": "winner",
}
VERDICTS = {
    "pair_id": "id",
    "left_system": "model_x",
    "right_system": "model_y",
    "preferred": "winner",
}


def llmfao(name: str) -> Path:
    """Return a file of the study; skip the test where it is not there, fail in CI."""
    path = FOLDER / name
    if not path.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"the LLMFAO study is required in CI and is not in {FOLDER}")
        pytest.skip(f"the LLMFAO study is not in {FOLDER}")
    return path


def mapped(columns: dict[str, str]) -> list[str]:
    """Return a column map as options of the command line."""
    return [part for field, column in columns.items() for part in ("--map", f"{field}={column}")]
