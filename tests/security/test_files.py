"""Hostile files: links and paths that lead out, bombs, and files that are large once they are read."""

import io
import json
import re
import resource
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from study import store
from study.content_kinds import CONTENT_KINDS
from study.errors import InvalidInput, NotAllowed
from study.formats.readers import archive, limits, settings
from study.formats.readers.settings import read_design, read_settings
from study.formats.reading import read, understand
from study.metrics.meta import parse_recipe
from study.protocol.design import parse_design
from study.records import Comparison
from study.tables import lookup
from tests.conftest import small_study
from tests.formats.test_formats_bundle import FILES, zipped
from tests.security.observed import got

MEGABYTE = 1 << 20


def memory_of(action: Callable[[], object]) -> float:
    """Return by how many MB the most memory of this process grew."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    action()
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def parquet(**columns: pa.Array) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer, compression="zstd")
    return buffer.getvalue()


def repeated(text: str, count: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array([0] * count, pa.int32()), pa.array([text]))


@pytest.mark.parametrize(
    "path", ["../items.csv", "/etc/items.csv", "a/../../items.csv", "..\\items.csv", "C:\\items.csv"]
)
def test_a_zip_with_a_path_that_leads_out_is_refused(path: str) -> None:
    with pytest.raises(InvalidInput, match="leads outside it"):
        read(zipped({**FILES, path: "x"}), name="f.zip")


def test_a_zip_with_a_link_is_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo("items.csv")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    with pytest.raises(InvalidInput, match=r"the link 'items\.csv'"):
        read(buffer.getvalue(), name="f.zip")


def test_a_folder_with_a_link_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("item_id,prompt\n1,the password\n")
    folder = tmp_path / "bundle"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text)
    items = next(path for path in folder.iterdir() if path.stem == "items")
    items.unlink()
    items.symlink_to(secret)
    with pytest.raises(InvalidInput, match=f"{items.name} is a link") as caught:
        read(folder)
    assert "password" not in str(caught.value)


def test_nothing_is_written_outside_the_database(tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    db = store.open_database(there / "study.duckdb")
    store.save_records(db, read(zipped(FILES), name="../../../etc/x.zip"))
    db.close()
    written = {path.name for path in tmp_path.iterdir()}
    got(f"beside the database: {written - {'there'} or 'nothing'}")
    assert written == {"there"}


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = zipped({**FILES, "scores.csv": "0" * (40 * MEGABYTE)})
    assert len(bomb) < MEGABYTE

    def refused() -> None:
        with pytest.raises(InvalidInput, match="unpacks to more than"):
            read(bomb, name="f.zip")

    assert memory_of(refused) < 30


def test_a_zip_that_lies_about_its_size_is_refused() -> None:
    data = bytearray(zipped({**FILES, "scores.csv": "0" * MEGABYTE}))
    size = MEGABYTE.to_bytes(4, "little")
    while (place := data.find(size)) >= 0:
        data[place : place + 4] = (10).to_bytes(4, "little")
    with pytest.raises(InvalidInput):
        read(bytes(data), name="f.zip")


def claiming(data: bytes, size: int, claimed: int) -> bytes:
    """Return a zip that claims another size of what it holds, in both places where a zip says it."""
    content, real = bytearray(data), size.to_bytes(4, "little")
    while (place := content.find(real)) >= 0:
        content[place : place + 4] = claimed.to_bytes(4, "little")
    return bytes(content)


@pytest.mark.parametrize("claimed", [10, 1_000_000])
def test_a_bomb_whose_zip_lies_about_its_size_is_not_unpacked(claimed: int) -> None:
    size = 300 * MEGABYTE + 3
    buffer = io.BytesIO(zipped({name: text for name, text in FILES.items() if name != "scores.csv"}))
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as file, file.open("scores.csv", "w") as scores:
        for _ in range(300):
            scores.write(b"0" * MEGABYTE)
        scores.write(b"000")
    bomb = claiming(buffer.getvalue(), size, claimed)
    assert len(bomb) < MEGABYTE

    tracemalloc.start()
    with pytest.raises(InvalidInput, match=r"CRC|not as large"):
        read(bomb, name="f.zip")
    grown = tracemalloc.get_traced_memory()[1] / MEGABYTE
    tracemalloc.stop()
    got(f"{len(bomb):,} bytes that stand for {size:,} took {grown:.0f} MB")
    assert grown < 40


def test_what_a_zip_unpacks_to_is_counted_while_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sizes that the zip claims are not asked for here, as if all of them lied."""
    monkeypatch.setattr(archive, "_refuse_large", only_while_unpacking(archive._refuse_large))
    bundle = {**FILES, "scores.csv": "".join(map(str, range(400_000)))}
    with pytest.raises(InvalidInput, match=r"at most 1,000,000 are read"):
        archive.files_of(zipped(bundle), "f.zip", lambda _: True, most_bytes=1_000_000)


def only_while_unpacking(refuse: Callable[..., None]) -> Callable[..., None]:
    calls: list[int] = []

    def refuse_later(*arguments: object) -> None:
        calls.append(1)
        if len(calls) > 1:
            refuse(*arguments)

    return refuse_later


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_of_an_unusual_method_is_refused_unread(method: int) -> None:
    """Their pieces can stand for a thousand times as much each."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as file:
        for name, text in FILES.items():
            file.writestr(name, text + " " * 20)
    with pytest.raises(InvalidInput, match="uses an unusual compression"):
        read(buffer.getvalue(), name="f.zip")


@pytest.mark.parametrize(
    "text",
    [
        "design: " + "[" * 200_000,
        "design: " + "{a: [" * 50_000,
        "design:\n" + "- " * 100_000 + "x",
        "? " * 100_000,
        "design: " + "[" * 60 + "]" * 60,
    ],
    ids=["brackets", "braces", "dashes", "questions", "closed"],
)
def test_yaml_that_is_nested_without_end_is_refused_before_it_is_parsed(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The scanner looks a thousand characters ahead, and not through all of them: tokens are counted, not seconds."""
    scanned: list[object] = []
    scan = yaml.scan

    def counting(stream: str) -> Iterator[object]:
        for token in scan(stream):
            scanned.append(token)
            yield token

    monkeypatch.setattr(settings.yaml, "scan", counting)
    monkeypatch.setattr(settings.yaml, "load", lambda *_, **__: pytest.fail("it was parsed"))
    with pytest.raises(InvalidInput, match="nested too deeply"):
        read_settings(text.encode(), "study.yaml")
    assert len(scanned) < 500


def test_a_deep_but_sensible_yaml_is_read() -> None:
    text = "title: x\ndesign:\n  criteria:\n    - key: fit\n      question: 'Which [[[[[{{{{ is it?'\n"
    study = read_settings(text.encode(), "study.yaml")
    got(f"read: {study.title}")
    assert study.title == "x"


def test_three_thousand_groups_are_one_short_sentence(empty_db: store.Database) -> None:
    records = small_study()
    records.study = replace(records.study, state="draft")
    records.outputs = [
        replace(
            one, output_id=f"o{number:05}", system=f"system {number:05}", item_id=records.items[0].item_id
        )
        for number, one in enumerate([records.outputs[0]] * 6000)
    ]
    first = replace(records.tasks[0], item_id=records.items[0].item_id)
    records.tasks, records.task_outputs = [], []
    records.add_comparisons(
        Comparison(
            replace(first, task_id=f"c{number}"),
            records.items[0].item_id,
            f"o{2 * number:05}",
            f"o{2 * number + 1:05}",
        )
        for number in range(3000)
    )
    store.save_records(empty_db, records)
    with pytest.raises(NotAllowed, match=r"never compared.*3,000 in all") as refused:
        store.set_state(empty_db, "small", "live")
    assert len(str(refused.value)) < 500


@pytest.mark.parametrize(
    "ask",
    [
        lambda: lookup({f"name {number}": 0 for number in range(5000)}, "x" * 100_000),
        lambda: parse_design({"criteria": [{"key": 1}] * 5000}),
        lambda: parse_design({f"field {number}": 1 for number in range(5000)}),
    ],
    ids=["names that are allowed", "wrong criteria", "fields that are not there"],
)
def test_no_refusal_lists_thousands_of_things(ask: Callable[[], object]) -> None:
    with pytest.raises(InvalidInput, match="in all") as refused:
        ask()
    got(f"{len(str(refused.value)):,} characters")
    assert len(str(refused.value)) < 30_000


def test_a_parquet_file_that_repeats_a_large_text_is_refused_before_it_is_read() -> None:
    count = 3000
    names = pa.array([str(number) for number in range(count)])
    bomb = parquet(
        pair_id=names,
        system_a=repeated("a", count).cast(pa.string()),
        system_b=repeated("b", count).cast(pa.string()),
        output_a=repeated("x" * MEGABYTE, count),
        output_b=repeated("y", count).cast(pa.string()),
    )
    assert len(bomb) < MEGABYTE

    def refused() -> None:
        with pytest.raises(InvalidInput, match="characters once it is read"):
            read(bomb, name="f.parquet")

    assert memory_of(refused) < 200


def test_a_parquet_file_of_empty_cells_without_end_is_refused_before_it_is_read() -> None:
    none = pa.nulls(200_000, pa.string())
    bomb = parquet(**{f"column {number}": none for number in range(600)})
    with pytest.raises(InvalidInput, match="120,000,000 cells"):
        read(bomb, name="f.parquet")


def test_a_dictionary_in_a_parquet_file_reads_as_what_it_stands_for() -> None:
    data = parquet(
        system_a=repeated("a", 2),
        system_b=pa.array(["b", "c"]),
        output_a=repeated("one", 2),
        output_b=pa.array(["two", "three"]),
        item_id=pa.array(["1", "2"]),
    )
    systems = sorted(output.system for output in read(data, name="f.parquet").outputs)
    got(f"read: {systems}")
    assert systems == ["a", "a", "b", "c"]


def test_json_lines_with_a_field_of_its_own_on_every_line_are_refused() -> None:
    lines = "\n".join(json.dumps({f"field {number}": 1}) for number in range(20_000))

    def refused() -> None:
        with pytest.raises(InvalidInput, match="columns; at most"):
            read(lines.encode(), name="f.jsonl")

    assert memory_of(refused) < 150


def test_a_table_of_too_many_columns_is_refused() -> None:
    header = ",".join(f"c{number}" for number in range(limits.MOST_COLUMNS + 1))
    with pytest.raises(InvalidInput, match="columns; at most"):
        read(f"{header}\n{header}\n".encode(), name="f.csv")


def test_fields_that_are_there_twice_are_found_in_one_pass() -> None:
    row = "{" + ",".join(f'"{number}": 1' for number in range(50_000)) + ', "49999": 2}'
    with pytest.raises(InvalidInput, match="'49999' appears twice"):
        read(f'{{"prompt": {row}}}'.encode(), name="f.jsonl")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"title: &a [x]\nseed: *a", "alias"),
        (b"a: &a [x,x,x]\nb: &b [*a,*a,*a]\ntitle: [*b,*b]", "alias"),
        (b"title: !!python/object/apply:os.system ['touch /tmp/owned']", "title"),
        (b"[" * 5000, "nested too deeply|not YAML"),
        (b"title: x\n" * 200_000, "bytes; at most"),
        (b"title: x\nmerge: {<<: {a: 1}}", "setting"),
        (b"\xff\xfe\x00t", "NUL|UTF-8"),
    ],
)
def test_hostile_yaml_gets_a_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        read_settings(data, "study.yaml")
    with pytest.raises(InvalidInput):
        read_design(data, "design.yaml")
    assert not Path("/tmp/owned").exists()


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "{" * 10, "null", "3", '{"format": "blindpair-meta-metric"}', "\x00"]
)
def test_a_hostile_recipe_gets_a_sentence(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_recipe(text)


@pytest.mark.parametrize(
    "change", [{"name": 3}, {"coefficient": []}, {"level": {}}, {"parts": [[]]}, {"criterion": None}]
)
def test_a_recipe_of_wrong_types_gets_a_sentence(change: dict[str, object]) -> None:
    part = {"metric": "length", "signature": "s", "low": 0, "high": 1, "inverted": False, "weight": 1}
    recipe = {
        "format": "blindpair-meta-metric",
        "name": "m",
        "criterion": "fit",
        "coefficient": "pearson",
        "level": "pooled",
        "fitted_on": {},
        "parts": [part],
    }
    with pytest.raises(InvalidInput):
        parse_recipe(json.dumps({**recipe, **change}))
    for weight in ("Infinity", "NaN", "1e999"):
        with pytest.raises(InvalidInput):
            parse_recipe(json.dumps(recipe).replace('"weight": 1', f'"weight": {weight}'))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("f.csv", b'"' + b"x" * MEGABYTE),
        ("f.csv", b"a,b\n" + b"\xc3\x28,1\n"),
        ("f.csv", b"\x00" * 100),
        ("f.jsonl", b"[" * 100_000),
        ("f.jsonl", b'{"a": ' * 50_000),
        ("f.jsonl", b'{"a": 1' + b"0" * 100_000 + b"}"),
        ("f.parquet", b"PAR1" + b"\xff" * 100 + b"PAR1"),
        ("f.zip", b"PK\x03\x04" + b"\xff" * 200),
        ("f.exe", b"MZ"),
        ("\u202egpj.csv", b""),
    ],
)
def test_a_malformed_file_gets_a_sentence(name: str, data: bytes) -> None:
    with pytest.raises(InvalidInput) as caught:
        understand(data, name=name)
    assert len(str(caught.value)) < 2000


IMAGES = {
    "a PNG": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\xff\xff\x00\x00\xff\xff\x08\x02\x00\x00\x00",
    "a JPEG with EXIF": b"\xff\xd8\xff\xe1\x00\x18Exif\x00\x00alpha-net was here",
    "a GIF": b"GIF89a\xff\xff\xff\xff\x80\x00\x00",
    "an SVG": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
}


@pytest.mark.parametrize("name", IMAGES)
@pytest.mark.parametrize("file", ["x.png", "x.csv", "x.zip", "x"])
def test_an_image_is_refused_unread(name: str, file: str) -> None:
    with pytest.raises(InvalidInput):
        read(IMAGES[name], name=file)
    bundle = read(zipped({**FILES, "picture.png": IMAGES[name].decode("latin-1")}), name="f.zip")
    assert bundle.outputs == read(zipped(FILES), name="f.zip").outputs, "left out of a bundle"


def test_no_content_is_an_image_and_nothing_decodes_one() -> None:
    """What is never decoded needs no defence against bombs and EXIF; who adds such a kind finds this test."""
    assert "image" not in CONTENT_KINDS
    root = Path(__file__).parents[2]
    users = [
        path.name
        for path in (*(root / "study").rglob("*.py"), *(root / "pages").rglob("*.py"))
        if re.search(r"^\s*(from|import) (PIL|cv2|imageio)\b|\bst\.image\(", path.read_text("utf-8"), re.M)
    ]
    got(f"kinds of content: {', '.join(CONTENT_KINDS)}; code that decodes images: {users or 'none'}")
    assert users == []
