import csv
import io
import json
from datetime import datetime
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from study import store
from study.errors import InvalidInput
from study.formats import ANSWER_EXPORTERS, EXPORTERS
from study.formats.dictionary import DICTIONARY, dictionary_markdown
from study.formats.export import csv_bytes, escaped, without_escape
from study.formats.reading import read
from study.formats.writers.long import EXTERNAL_ID, LONG_COLUMNS
from tests.formats.longtables import long_table, merged

FILES = Path(__file__).parents[2] / "study" / "store"
ROWS = b"""pair_id,rater,left_system,right_system,answer,rationale,seconds,judged_at,rater_source,purpose
7,ann@example.org,x,=y,left_2,"=HYPERLINK(""http://x"")",1.25,2026-01-31T10:00:00,imported,main
7,bob@example.org,=y,x,left,,,2026-01-31T10:00:00.5,imported,main
8,ann@example.org,x,=y,tie,'twas a tie,,2026-01-31T10:01:00,imported,main
8,sim,=y,x,both_bad,,,2026-01-31T10:02:00,simulated,main
7,sim,=y,x,skip,,,2026-01-31T10:03:00,simulated,main
8,bob@example.org,x,=y,right,,,2026-01-31T10:04:00,imported,repeat
"""


@pytest.fixture(scope="module")
def judgments() -> pd.DataFrame:
    known = read(
        b"pair_id,item_id,prompt,profile_id,system_a,output_a,system_b,output_b,tag_n\n"
        b"7,i,Say one,p,x,X one,=y,+Y one,a\n8,j,Say two,,x,X two,=y,-Y two,b\n",
        name="p.csv",
    )
    return long_table(merged(known, read(ROWS, name="v.csv", known=known)))


def table(judgments: pd.DataFrame, name: str, **more: bool) -> list[dict[str, str]]:
    data = EXPORTERS[name].write(judgments, **more).data
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def lines(judgments: pd.DataFrame, name: str, **more: bool) -> list[dict[str, object]]:
    return [json.loads(line) for line in EXPORTERS[name].write(judgments, **more).data.splitlines()]


def column(data: bytes, name: str, wanted: str) -> list[object]:
    if name.endswith("parquet"):
        return list(pq.read_table(io.BytesIO(data))[wanted].to_pylist())
    text = data.decode()
    rows = csv.DictReader(io.StringIO(text, newline=""))
    return [row[wanted] for row in (map(json.loads, text.splitlines()) if name.endswith("jsonl") else rows)]


def header(data: bytes, name: str) -> list[str]:
    if name.endswith("parquet"):
        return list(pq.read_table(io.BytesIO(data)).column_names)
    first = data.decode().splitlines()[0]
    return list(json.loads(first)) if name.endswith("jsonl") else first.split(",")


@pytest.mark.parametrize("name", EXPORTERS)
def test_every_exported_column_is_declared_and_in_the_dictionary(judgments: pd.DataFrame, name: str) -> None:
    exporter = EXPORTERS[name]
    for include, more in ((False, []), (True, [EXTERNAL_ID])):
        data = exporter.write(judgments, include_external_ids=include).data
        assert header(data, name) == [*exporter.columns, *more]
    assert {*exporter.columns, EXTERNAL_ID} <= DICTIONARY.keys()
    assert {"simulated", "design_version"} <= set(exporter.columns)


@pytest.mark.parametrize("name", EXPORTERS)
def test_every_export_names_the_version_of_the_design(db: store.Database, name: str) -> None:
    for _ in range(2):
        rater = store.enrol(db, "small")
        task = store.current_task(db, rater)
        assert task is not None
        assert store.record_judgment(db, rater, task.assignment_id, "fit", 0, "left")
        store.new_version(db, "small", store.design(db, "small"))
    data = EXPORTERS[name].write(store.judgments(db, "small", texts=True)).data
    assert sorted(int(version) for version in column(data, name, "design_version")) == [1, 2]


def test_the_dictionary_has_one_sentence_per_column_and_no_column_too_many() -> None:
    exporters = [*EXPORTERS.values(), *ANSWER_EXPORTERS.values()]
    exported = {column for exporter in exporters for column in exporter.columns} | {EXTERNAL_ID}
    assert DICTIONARY.keys() == exported
    assert all(sentence.endswith(".") and "|" not in sentence for sentence in DICTIONARY.values())
    assert len(dictionary_markdown().splitlines()) == len(DICTIONARY) + 2
    with pytest.raises(InvalidInput, match="unknown column 'winer' \\(did you mean 'winner'\\?\\)"):
        dictionary_markdown(["winer"])


def test_the_long_export_has_every_column_of_the_view() -> None:
    with duckdb.connect() as connection:
        connection.execute((FILES / "schema.sql").read_text(encoding="utf-8"))
        view = [row[0] for row in connection.execute("describe judgment_long").fetchall()]
    assert set(LONG_COLUMNS) == {*view, "left_condition", "right_condition"}


@pytest.mark.parametrize("name", EXPORTERS)
def test_no_external_id_leaves_unless_asked(judgments: pd.DataFrame, name: str) -> None:
    assert b"example.org" not in EXPORTERS[name].write(judgments).data
    assert b"example.org" in EXPORTERS[name].write(judgments, include_external_ids=True).data


def test_the_long_export_speaks_of_outputs_and_of_sides(judgments: pd.DataFrame) -> None:
    rows = table(judgments, "long_csv")
    assert len(rows) == len(judgments)
    first = rows[0]
    assert (first["left_system"], first["right_system"], first["response"]) == ("x", "'=y", "left_2")
    assert first["preferred_system"] == "x"
    assert int(first["strength"]) == (2 if first["system_a"] == "x" else -2)
    assert (first["seconds"], first["judged_at"]) == ("1.25", "2026-01-31T10:00:00")
    assert (rows[4]["preference"], rows[4]["strength"], rows[4]["simulated"]) == ("", "", "true")


def test_the_three_long_exports_hold_the_same(judgments: pd.DataFrame) -> None:
    from_csv = table(judgments, "long_csv")
    from_lines = lines(judgments, "long_jsonl")
    from_parquet = pq.read_table(io.BytesIO(EXPORTERS["long_parquet"].write(judgments).data)).to_pylist()
    for one, other, third in zip(from_csv, from_lines, from_parquet, strict=True):
        for column in LONG_COLUMNS:
            value = third[column].isoformat() if isinstance(third[column], datetime) else third[column]
            assert value == other[column]
            shown = str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
            assert without_escape(one[column]) == shown


def test_battles_are_on_outputs_and_in_the_arena_spelling(judgments: pd.DataFrame) -> None:
    exported = EXPORTERS["battles_csv"].write(judgments)
    rows = table(judgments, "battles_csv")
    assert exported.notes == (
        "1 judgment of checks and repeats is left out",
        "1 judgment without an answer (skipped) is left out",
    )
    preferred = [
        without_escape(row[row["winner"]]) if row["winner"].startswith("model") else row["winner"]
        for row in rows
    ]
    assert preferred == ["x", "=y", "tie", "tie (bothbad)"]
    first = rows[0]
    assert (first["question_id"], first["turn"], first["anony"], first["language"]) == (
        "i",
        "1",
        "true",
        "unknown",
    )
    assert float(first["tstamp"]) == 1769853600.0
    shown = {
        without_escape(first[f"model_{side}"]): json.loads(first[f"conversation_{side}"]) for side in "ab"
    }
    assert shown["=y"] == [{"role": "user", "content": "Say one"}, {"role": "assistant", "content": "+Y one"}]


def test_preferences_are_chosen_and_rejected_texts(judgments: pd.DataFrame) -> None:
    exported = EXPORTERS["preferences_jsonl"].write(judgments)
    rows = lines(judgments, "preferences_jsonl")
    assert exported.notes[-1] == "2 judgments without a preferred output are left out (ties, both bad)"
    assert [(row["prompt"], row["chosen"], row["rejected"], row["margin"]) for row in rows] == [
        ("Say one", "X one", "+Y one", 2),
        ("Say one", "+Y one", "X one", 1),
    ]
    assert rows[0]["pair_id"] == judgments["comparison_id"][0]
    assert [row["simulated"] for row in rows] == [False, False]


def test_a_system_under_a_condition_is_a_model_of_its_own_in_battles() -> None:
    known = read(b"item,system,condition,output\n1,x,bare,a\n1,x,rich,b\n", name="o.csv")
    header = b"item,rater,answer,left_system,left_condition,right_system,right_condition\n"
    votes = read(header + b"1,r,left,x,rich,x,bare\n", name="v.csv", known=known)
    row = table(long_table(merged(known, votes)), "battles_csv")[0]
    assert row[row["winner"]] == "x (rich)"
    row = table(long_table(merged(known, votes)), "long_csv")[0]
    assert (row["left_condition"], row["right_condition"]) == ("rich", "bare")


def test_no_judgments_give_a_header_and_no_rows(judgments: pd.DataFrame) -> None:
    none = judgments.iloc[:0]
    assert table(none, "long_csv") == table(none, "battles_csv") == lines(none, "preferences_jsonl") == []
    assert EXPORTERS["long_csv"].write(none).data.decode().strip() == ",".join(LONG_COLUMNS)


def test_judgments_without_a_needed_column_are_refused(judgments: pd.DataFrame) -> None:
    with pytest.raises(InvalidInput, match="the judgments have no column 'prompt'; they have judgment_id"):
        EXPORTERS["battles_csv"].write(judgments.drop(columns="prompt"))


@pytest.mark.parametrize("name", EXPORTERS)
def test_file_names_and_types_are_given(name: str) -> None:
    exporter = EXPORTERS[name]
    assert exporter.file_name.endswith(name.rpartition("_")[2])
    assert exporter.label
    assert "/" in exporter.mime


CELLS = st.text(max_size=8) | st.text(alphabet="'=+-@\t\r\n,\"a", max_size=6)


@given(st.lists(CELLS, min_size=1, max_size=5))
def test_no_csv_cell_looks_like_a_formula_and_each_comes_back(cells: list[str]) -> None:
    data = csv_bytes({"a": cells, "b": ["x"] * len(cells)})
    rows = list(csv.reader(io.StringIO(data.decode(), newline=""), strict=True))[1:]
    assert not any(row[0].startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows)
    assert [without_escape(row[0]) for row in rows] == cells
    assert [without_escape(escaped(cell)) for cell in cells] == cells
