"""Whatever bytes come in, an import gives records or InvalidInput, never another exception."""

import io
import json
from contextlib import suppress

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st

from study.errors import InvalidInput
from study.formats.reading import read, understand
from study.records import StudyRecords
from tests.examples import examples
from tests.formats.test_formats_bundle import FILES, zipped

KNOWN = read(b"pair_id,item_id,system_a,output_a,system_b,output_b\n7,i,x,X,y,Y\n", name="p.csv")
HEADERS = {
    "pairs": "pair_id,item_id,prompt,profile,tags,system_a,output_a,system_b,output_b",
    "outputs": "item_id,prompt,profile_id,profile,tags,reference,system,output",
    "votes": "pair_id,item_id,rater,left_system,right_system,answer,seconds,confidence,judged_at,position",
    "battles": "question_id,model_a,model_b,winner,judge,conversation_a,conversation_b,tstamp,criterion,side_of_a",
    "battle_votes": "question_id,model_a,model_b,winner,judge,tstamp,side_of_a,turn",
}
FORMATS = st.sampled_from(sorted(HEADERS))
TEXTS = st.text(max_size=12) | st.sampled_from(
    [
        *("x", "y", "7", "i", "left", "model_a", "=1", "", '{"kind":"text","text":"\\ud800"}'),
        '[{"role":"user","content":"Hi"},{"role":"assistant","content":"\\ud800\\u0000"}]',
    ]
)
VALUES = st.recursive(
    TEXTS | st.none() | st.booleans() | st.integers() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS | st.just("kind"), inner, max_size=3),
    max_leaves=6,
)


def try_to_read(data: bytes, name: str, format: str | None) -> None:
    with suppress(InvalidInput):
        assert isinstance(read(data, name=name, format=format, known=KNOWN), StudyRecords)
    with suppress(InvalidInput):
        understand(data, name=name, format=format)


@examples(100)
@given(
    data=st.binary(max_size=200),
    format=FORMATS | st.none(),
    ending=st.sampled_from(["csv", "tsv", "jsonl", "parquet", "zip"]),
)
def test_arbitrary_bytes(data: bytes, format: str | None, ending: str) -> None:
    try_to_read(data, f"f.{ending}", format)


@examples(100)
@given(data=st.binary(max_size=200), format=FORMATS)
def test_arbitrary_bytes_below_a_good_header(data: bytes, format: str) -> None:
    try_to_read(HEADERS[format].encode() + b"\n" + data, "f.csv", format)


@examples(100)
@given(st.data(), FORMATS)
def test_arbitrary_cells_in_json_lines(data: st.DataObject, format: str) -> None:
    row = st.fixed_dictionaries(dict.fromkeys(HEADERS[format].split(","), VALUES))
    rows = data.draw(st.lists(row, min_size=1, max_size=4))
    try_to_read("\n".join(map(json.dumps, rows)).encode(), "f.jsonl", format)


@examples(100)
@given(st.sampled_from(sorted(FILES)), st.binary(max_size=100) | st.text(max_size=60).map(str.encode))
def test_arbitrary_bytes_as_a_file_of_a_bundle(file: str, data: bytes) -> None:
    files: dict[str, str] = {**FILES, file: data.decode("latin-1")}
    try_to_read(zipped(files), "f.zip", None)


@examples(100)
@given(st.integers(0, 2000), st.binary(min_size=1, max_size=8))
def test_a_damaged_zip(place: int, damage: bytes) -> None:
    data = zipped(FILES)
    place %= len(data)
    try_to_read(data[:place] + damage + data[place + len(damage) :], "f.zip", None)


def parquet() -> bytes:
    buffer = io.BytesIO()
    outputs = [{"kind": "text", "text": "a"}, {"kind": "text", "text": "b"}]
    pq.write_table(pa.table({"item": ["1", "1"], "system": ["x", "y"], "output": outputs}), buffer)
    return buffer.getvalue()


@examples(100)
@given(st.integers(0, 5000), st.binary(min_size=1, max_size=4))
def test_a_damaged_parquet_file(place: int, damage: bytes) -> None:
    data = parquet()
    place %= len(data)
    try_to_read(data[:place] + damage + data[place + len(damage) :], "f.parquet", None)
