"""Manifests hold every digit, and the first difference is named."""

import json
from typing import Any

import pandas as pd
import pytest

from study.errors import InvalidInput
from study.workflows.manifests import differences, manifest, manifest_bytes, other_versions, read_manifest

STUDY = {"study_id": "s", "data_hash": "d", "design_hash": "e", "design_version": 1, "seed": 3}
RECIPE = {"kind": "command", "arguments": ["analyze", "ranking"]}
TABLE = pd.DataFrame(
    {
        "name": ["a", None],
        "value": [0.1 + 0.2, float("nan")],
        "n": [3, 4],
        "at": [pd.Timestamp(2026, 1, 2), pd.NaT],
        "yes": [True, False],
        "far": [float("inf"), -1e-300],
    }
)


def made(result: pd.DataFrame | bytes = TABLE, **study: Any) -> dict[str, Any]:
    return read_manifest(manifest_bytes(manifest(STUDY | study, RECIPE, result)), "m.json")


def test_a_manifest_holds_all_digits_and_no_difference_to_itself() -> None:
    content = made()
    assert content["result"]["rows"][0] == ["a", 0.30000000000000004, 3, "2026-01-02T00:00:00", True, "inf"]
    assert content["result"]["rows"][1] == [None, None, 4, None, False, -1e-300]
    assert list(differences(content, made())) == other_versions(content, made()) == []


def test_the_last_digit_counts_and_is_named_with_row_and_column() -> None:
    changed = TABLE.assign(value=[0.3, float("nan")])
    found = [str(one) for one in differences(made(), made(changed))]
    assert found == ["row 1, column 'value': 0.30000000000000004 in the manifest, 0.3 now"]


@pytest.mark.parametrize(
    ("now", "where"),
    [
        (made(data_hash="x"), "study, data hash"),
        (made(design_hash="x"), "study, design hash"),
        (made(seed=4), "study, seed"),
        (made(TABLE.iloc[:1]), "number of rows"),
        (made(TABLE.drop(columns="n")), "columns of the table"),
        (made(TABLE.assign(yes=[1, 0])), "row 1, column 'yes'"),
        (made(b"x"), "kind of result"),
    ],
)
def test_the_first_difference_is_named(now: dict[str, Any], where: str) -> None:
    assert next(iter(differences(made(), now))).where == where


def test_the_first_line_of_a_file_that_differs_is_named() -> None:
    found = list(differences(made(b"a\nb\nc\n"), made(b"a\nB\nc\n")))
    assert [one.where for one in found] == ["line 2 of the file, SHA-256 of the whole"]
    assert next(iter(differences(made(b"a\n"), made(b"a\nb")))).where.startswith("line 2")


def test_other_versions_are_said_and_are_no_difference() -> None:
    older = json.loads(json.dumps(made()))
    older["libraries"]["numpy"] = "1.0"
    older["program"]["version"] = "0.0.1"
    assert list(differences(older, made())) == []
    assert [one.where for one in other_versions(older, made())] == [
        "version of blindpair",
        "version of numpy",
    ]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"{", "m.json: not JSON"),
        (b"[]", "'manifest' is 'list'"),
        (b'{"manifest": "other/2"}', "'manifest' is 'other/2', not 'blindpair-manifest/1'"),
        (b'{"manifest": "blindpair-manifest/1"}', "lacks the part 'program'"),
    ],
)
def test_what_is_no_manifest_is_refused(data: bytes, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence.replace("(", "\\(")):
        read_manifest(data, "m.json")


@pytest.mark.parametrize(
    ("part", "value", "sentence"),
    [
        ("columns", 5, "columns of the result"),
        ("columns", [5], "columns of the result"),
        ("rows", "none", "rows of the result"),
        ("rows", [[1, 2], [1]], "rows of the result"),
        ("lines", {}, "lines of the result"),
    ],
)
def test_a_result_of_another_shape_is_refused(part: str, value: object, sentence: str) -> None:
    broken = json.loads(json.dumps(made()))
    broken["result"][part] = value
    with pytest.raises(InvalidInput, match=f"m.json: the {sentence}"):
        read_manifest(json.dumps(broken).encode(), "m.json")
