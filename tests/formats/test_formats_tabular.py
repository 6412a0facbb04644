import io
import math
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from study.errors import InvalidInput
from study.formats.readers.tabular import read_table


def cells(data: bytes, name: str = "t.csv") -> dict[str, list[object]]:
    return read_table(data, name).frame.to_dict("list")


def test_csv_cells_are_texts_and_empty_ones_are_missing() -> None:
    assert cells(b"a,b\n007,\n NA ,1.50\n") == {"a": ["007", " NA "], "b": [None, "1.50"]}


def test_a_byte_order_mark_is_no_part_of_the_first_column() -> None:
    assert list(cells("\ufeffitem,x\n1,ä\n".encode())) == ["item", "x"]
    assert list(cells('\ufeff{"item": 1}\n'.encode(), "t.jsonl")) == ["item"]


def test_line_numbers_are_those_of_the_file() -> None:
    assert read_table(b'a,b\n"1\n2",3\n\n,\n4,5\n', "t.csv").lines == [2, 6]
    assert read_table(b'{"a":1}\n\n{"a":2}', "t.jsonl").lines == [1, 3]


def test_texts_keep_commas_quotes_line_ends_and_outer_spaces() -> None:
    assert cells('a,b\r\n" x, ""y""\r\nz ",\u2028é\r\n'.encode()) == {
        "a": [' x, "y"\r\nz '],
        "b": ["\u2028é"],
    }


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_semicolons_and_tabs_separate_cells_too(delimiter: str) -> None:
    assert cells(f"a{delimiter}b\n1,0{delimiter}2\n".encode()) == {"a": ["1,0"], "b": ["2"]}


def test_a_cell_may_be_longer_than_the_csv_modules_own_limit() -> None:
    text = "long " * 50_000
    assert cells(f"a,b\n{text},1\n".encode())["a"] == [text]


def test_json_lines_keep_types_and_missing_fields_are_missing() -> None:
    found = cells(b'{"a": 1, "b": "x"}\n{"b": null, "c": [1]}\n{"a": NaN}\n', "t.jsonl")
    assert found == {"a": [1, None, None], "b": ["x", None, None], "c": [None, [1], None]}


def test_parquet_keeps_types_and_counts_rows(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pd.DataFrame({"n": pd.array([1, None], dtype="Int64"), "x": [math.nan, 0.5]}).to_parquet(path)
    table = read_table(path)
    assert table.frame.to_dict("list") == {"n": [1, None], "x": [None, 0.5]}
    assert (list(table.lines), table.unit, table.name) == ([1, 2], "row", "t.parquet")


def test_nul_and_lone_surrogates_are_replaced_and_counted() -> None:
    table = read_table(
        b'{"a": "x\\u0000y\\ud800", "b": {"k": ["\\udfff"]}, "c\\ud800": "\\ud83d\\ude00"}', "t.jsonl"
    )
    assert table.frame.to_dict("list") == {
        "a": ["x\ufffdy\ufffd"],
        "b": [{"k": ["\ufffd"]}],
        "c\ufffd": ["😀"],
    }
    assert table.notes == ("t.jsonl: 4 NUL or lone surrogate characters were replaced by U+FFFD",)


def test_typed_content_in_a_csv_cell_is_cleaned_too() -> None:
    table = read_table(b'a\n"{""kind"": ""text"", ""text"": ""\\u0000""}"\n', "t.csv")
    assert table.frame["a"].tolist() == [{"kind": "text", "text": "\ufffd"}]
    assert len(table.notes) == 1


def parquet_with_two_equal_names() -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]), buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "name", "sentence"),
    [
        (b"", "t.csv", "t.csv: the file is empty"),
        (b" \n\n", "t.jsonl", "t.jsonl: the file is empty"),
        (b"a,b\n", "t.csv", "t.csv: the file has no rows"),
        (b"a,b\n,\n", "t.csv", "t.csv: the file has no rows"),
        (b"a,b\n1,2\n1,2,3\n", "t.csv", "t.csv, line 3: 3 cells, but the header has 2"),
        (b"a,b\n1\n", "t.csv", "t.csv, line 2: 1 cells, but the header has 2"),
        (
            b"a,b\n1,caf\xe9\n",
            "t.csv",
            "t.csv, line 2: the byte 0xe9 is not UTF-8; save the file as UTF-8 text",
        ),
        (b'{"a":1}\n{"a":"\xff"}', "t.jsonl", "t.jsonl, line 2: the byte 0xff is not UTF-8"),
        ("a,b\n1,2\n".encode("utf-16-le"), "t.csv", "t.csv, line 1: a NUL character"),
        (b"a,b\n1,\x00\n", "t.csv", "t.csv, line 2: a NUL character"),
        (b"a,b,a\n1,2,3\n", "t.csv", "t.csv, line 1: the column 'a' appears twice"),
        (b'a,b\n1,2\n"x,2\n', "t.csv", "t.csv, line 3: the quotes do not match"),
        (b'a,b\n"x"y,2\n', "t.csv", "t.csv, line 2: the quotes do not match"),
        (b'{"a":1}\n{"a":}', "t.jsonl", "t.jsonl, line 2: not JSON (Expecting value)"),
        (b'{"a":1}\n[1]', "t.jsonl", "t.jsonl, line 2: [1] is not an object"),
        (b'{"a":1,"a":2}', "t.jsonl", "t.jsonl, line 1: the field 'a' appears twice"),
        (b'{"a":Infinity}', "t.jsonl", "t.jsonl, line 1: Infinity is not an allowed number"),
        (
            b'{"a":' + b"[" * 100_000,
            "t.jsonl",
            "t.jsonl, line 1: not JSON (it is nested too deeply, or too large)",
        ),
        (
            b'{"a":' + b"1" * 5000 + b"}",
            "t.jsonl",
            "t.jsonl, line 1: not JSON (it is nested too deeply, or too large)",
        ),
        (b"PAR1 no", "t.parquet", "t.parquet: not a readable Parquet file"),
        (parquet_with_two_equal_names(), "t.parquet", "t.parquet: the column 'a' appears twice"),
        (
            b"a",
            "t.xlsx",
            "unknown file ending of t.xlsx: '.xlsx'; allowed: .csv, .tsv, .jsonl, .ndjson, .parquet",
        ),
    ],
)
def test_a_file_that_cannot_be_read_says_where_and_why(data: bytes, name: str, sentence: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_table(data, name)
    assert str(caught.value).startswith(sentence)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"no\.csv cannot be read: No such file"):
        read_table(tmp_path / "no.csv")
