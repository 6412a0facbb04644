"""What the importers are fuzzed with: well-formed files with nasty cells, damaged ones, and any bytes."""

import gzip
import io
import json
import random
import zipfile
from collections.abc import Callable

import pyarrow as pa
import pyarrow.parquet as pq

from study.formats.readers.settings import read_design, read_settings
from study.formats.reading import read, understand
from study.metrics.meta import parse_recipe
from study.records import StudyRecords

NASTY: tuple[str, ...] = (
    *(
        "",
        " ",
        "0",
        "-1",
        "1e309",
        "nan",
        "NaN",
        "inf",
        "null",
        "true",
        "[]",
        "{}",
        "x" * 3000,
        "\x00",
        "\r",
        "\n",
        '"',
        "'",
    ),
    *(
        "=1+1",
        "@SUM(A1)",
        "+1",
        "-1",
        "\t=1",
        "a\u202eb",
        "\u2066x\u2069",
        "\x1b[31m",
        "\ufeff",
        "\ud7ff",
        "é",
        "🙂",
        "İ",
    ),
    *(
        "'; drop table judgment; --",
        '" or 1=1',
        "$1",
        "?",
        "%s",
        "{0}",
        "../../etc/passwd",
        "/etc/passwd",
        "C:\\x",
        "a/b",
    ),
    *(
        "<script>alert(1)</script>",
        "![x](http://e.org/x.png)",
        "$\\rule{9em}{9em}$",
        "[a](javascript:1)",
        "{{7*7}}",
    ),
    *(
        '{"kind":"text","text":"a"}',
        '{"kind":"text"}',
        '{"kind":"dialogue","turns":[]}',
        '{"kind":"text","text":"\\ud800"}',
    ),
    *(
        "left",
        "right",
        "tie",
        "both_bad",
        "skip",
        "a",
        "b",
        "alpha",
        "beta",
        "2026-11-24T10:00:00",
        "9999-12-31T23:59:59-23:59",
    ),
    *(
        "[" * 3000,
        '{"kind":' * 500,
        "1" * 5000,
        "*x",
        "&a",
        "!!python/object:os.system x",
        "- - -",
        "? :",
        "%TAG ! x",
    ),
)
HEADERS = {
    "pairs": (
        "pair_id",
        "item_id",
        "prompt",
        "profile",
        "tags",
        "system_a",
        "output_a",
        "system_b",
        "output_b",
    ),
    "outputs": ("item_id", "prompt", "profile_id", "profile", "tags", "reference", "system", "output"),
    "votes": (
        *("pair_id", "item_id", "rater", "left_system", "right_system", "answer", "seconds", "confidence"),
        *("judged_at", "position", "criterion", "rationale"),
    ),
    "verdicts": ("pair_id", "item_id", "judge", "system_a", "system_b", "preferred", "certainty", "reason"),
    "scores": ("item_id", "system", "metric", "value", "signature"),
    "battles": (
        *("question_id", "model_a", "model_b", "winner", "judge", "conversation_a", "conversation_b"),
        *("tstamp", "criterion", "side_of_a", "turn"),
    ),
    "battle_votes": ("question_id", "model_a", "model_b", "winner", "judge", "tstamp", "side_of_a"),
}
KNOWN_CELLS = {
    "pair_id": "7",
    "item_id": "i",
    "system_a": "alpha",
    "system_b": "beta",
    "left_system": "alpha",
    "right_system": "beta",
    "system": "alpha",
    "answer": "left",
    "preferred": "alpha",
    "value": "0.5",
    "rater": "r1",
    "metric": "m",
    "output": "text",
    "prompt": "ask",
    "tags": "domain=rail",
    "seconds": "4.5",
    "confidence": "2",
    "judged_at": "2026-11-24T10:00:00",
    "position": "1",
    "criterion": "overall",
    "certainty": "0.7",
    "question_id": "i",
    "model_a": "alpha",
    "model_b": "beta",
    "winner": "model_a",
    "judge": "r1",
    **dict.fromkeys(
        ("conversation_a", "conversation_b"),
        '[{"role": "user", "content": "Hi?"}, {"role": "assistant", "content": "Yes."}]',
    ),
    "tstamp": "1685577600",
    "side_of_a": "left",
    "turn": "1",
}
SETTINGS = (
    "title: A study\nseed: 3\ndesign:\n  overlap: 3\n  criteria:\n  - key: fit\n    question: Which?\n"
    "  checks: {attention: 1}\n  crowd: {platform: prolific}\n"
)


Action = Callable[[bytes, str, StudyRecords], object]
Made = tuple[bytes, str, Action]


def _import(data: bytes, file: str, known: StudyRecords, format: str | None = None) -> StudyRecords:
    adds = format in ("votes", "battle_votes", "verdicts", "scores") or format is None
    understand(data, name=file, format=format, known=known if adds else None)
    return read(data, name=file, format=format, known=known if adds else None)


def _as(format: str | None) -> Action:
    return lambda data, file, known: _import(data, file, known, format)


def _cell(rng: random.Random, field: str, nastiness: float) -> str:
    if rng.random() >= nastiness:
        return KNOWN_CELLS.get(field, "plain")
    return rng.choice(NASTY) + (rng.choice(NASTY) if rng.random() < 0.3 else "")


def _rows(rng: random.Random) -> tuple[str, list[str], list[list[str]]]:
    format = rng.choice(list(HEADERS))
    nastiness = rng.choice((0.0, 0.02, 0.1, 0.5))
    fields = [one for one in HEADERS[format] if rng.random() >= nastiness / 4]
    if rng.random() < nastiness / 2:
        fields += [rng.choice(NASTY), rng.choice(fields or ["x"])]
    rows = [[_cell(rng, one, nastiness) for one in fields] for _ in range(rng.choice((0, 1, 1, 2, 2, 4, 4)))]
    for row in rows:  # a system has two outputs of an item, unless the cell is nasty
        if format == "outputs" and "system" in fields and row[fields.index("system")] == "alpha":
            row[fields.index("system")] = rng.choice(("alpha", "beta", "gamma", "delta"))
    return format, fields, rows


def _mutated(rng: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((0, 0, 0, 1, 2, 8))):
        if not changed:
            break
        place, kind = rng.randrange(len(changed)), rng.randrange(5)
        if kind == 0:
            changed[place] = rng.randrange(256)
        elif kind == 1:
            del changed[place : place + rng.randint(1, 20)]
        elif kind == 2:
            changed[place:place] = rng.choice(NASTY).encode("utf-8", "replace")
        elif kind == 3:
            changed[place:place] = rng.randbytes(rng.randint(1, 8))
        else:
            end = place + rng.randint(1, 40)
            changed[place:place] = changed[place:end]
    return bytes(changed)


def _seldom_mutated(rng: random.Random, data: bytes) -> bytes:
    return _mutated(rng, data) if rng.random() < 0.3 else data


def _csv(rng: random.Random) -> Made:
    format, fields, rows = _rows(rng)
    quote = lambda cell: '"' + cell.replace('"', '""') + '"' if rng.random() < 0.99 else cell  # noqa: E731
    delimiter, file = rng.choice(((",", "f.csv"), (",", "f.csv"), ("\t", "f.tsv")))
    lines = [delimiter.join(map(quote, row)) for row in (fields, *rows)]
    data = rng.choice(("\n", "\r\n")).join(lines).encode("utf-8", "replace")
    return _mutated(rng, data), file, _as(rng.choice((format, None)))


def _jsonl(rng: random.Random) -> Made:
    format, fields, rows = _rows(rng)
    odd: tuple[object, ...] = (
        None,
        True,
        10**400,
        1e308,
        [1, [2]],
        {"kind": "text"},
        {"kind": "facets", "facets": {"a": 1}},
    )
    lines = []
    for row in rows:
        cells = {
            field: rng.choice(odd) if rng.random() < 0.1 else cell
            for field, cell in zip(fields, row, strict=True)
        }
        lines.append(json.dumps(cells))
    return _mutated(rng, "\n".join(lines).encode()), "f.jsonl", _as(rng.choice((format, None)))


def _parquet(rng: random.Random) -> Made:
    format, fields, rows = _rows(rng)
    table = pa.table({field: [row[place] for row in rows] for place, field in enumerate(fields)})
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    return _seldom_mutated(rng, buffer.getvalue()), "f.parquet", _as(rng.choice((format, None)))


def _bundle(rng: random.Random) -> Made:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        for name, text in _bundle_files(rng).items():
            archive.writestr(name, text)
    return _seldom_mutated(rng, buffer.getvalue()), "f.zip", _as(None)


def _bundle_files(rng: random.Random) -> dict[str, bytes]:
    files = {
        "study.yaml": SETTINGS.replace("A study", f"A study {rng.randrange(10**9)}").encode(),
        "items.csv": b"item_id,profile_id,prompt,tags\n1,p,Ask,k=v\n",
        "profiles.csv": b"profile_id,content\np,likes tea\n",
        "outputs.csv": b"item_id,system,output\n1,x,one\n1,y,two\n",
    }
    if rng.random() < 0.6:
        name = rng.choice(list(files))
        files[name] = _mutated(rng, files[name])
    if rng.random() < 0.1:
        files[
            rng.choice(("../up.csv", "/abs.csv", "a\\b.csv", "sub/items.csv", "scores.csv", "judgments.csv"))
        ] = b"x,y\n1,2\n"
    if rng.random() < 0.02:
        files["big.csv"] = b"0" * 5_000_000
    return files


def _whole_study(rng: random.Random) -> Made:
    """Return a bundle of a whole study with votes and scores, whose texts are nasty and whose form is right."""
    text = lambda: rng.choice([one for one in NASTY if one.strip()]) + " text"  # noqa: E731
    items, systems = range(rng.randint(1, 4)), ("x", "y", "z")[: rng.randint(2, 3)]
    tables: dict[str, list[dict[str, object]]] = {
        "items": [{"item_id": f"i{one}", "profile_id": "p", "prompt": text()} for one in items],
        "profiles": [{"profile_id": "p", "content": text()}],
        "outputs": [
            {"item_id": f"i{one}", "system": system, "output": text()} for one in items for system in systems
        ],
        "judgments": [
            {
                **{"item_id": f"i{one}", "rater": f"r{rater}", "left_system": "x", "right_system": "y"},
                **{"criterion": "fit", "answer": rng.choice(("left", "right", "tie")), "rationale": text()},
            }
            for one in items
            for rater in range(rng.randint(1, 3))
        ],
        "scores": [
            {"item_id": f"i{one}", "system": "x", "metric": "m", "value": rng.random(), "signature": "m|1"}
            for one in items
        ],
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("study.yaml", SETTINGS.replace("A study", f"A study {rng.randrange(10**9)}"))
        for name, rows in tables.items():
            archive.writestr(f"{name}.jsonl", "\n".join(map(json.dumps, rows)))
    return buffer.getvalue(), "f.zip", _as(None)


def _settings(rng: random.Random) -> Made:
    text = SETTINGS
    for _ in range(rng.randint(0, 3)):
        lines = text.split("\n")
        place = rng.randrange(len(lines))
        lines[place] = rng.choice(
            (
                lines[place] + rng.choice(NASTY),
                rng.choice(NASTY),
                f"  {rng.choice(NASTY)}: {rng.choice(NASTY)}",
            )
        )
        text = "\n".join(lines)
    reader = rng.choice((read_settings, read_design))
    return (
        _mutated(rng, text.encode("utf-8", "replace")),
        "study.yaml",
        lambda data, file, known: reader(data, file),
    )


def _recipe(rng: random.Random) -> Made:
    odd = (*NASTY[:20], None, -1, float("inf"), 10**400, [], {}, True)
    part: dict[str, object] = {
        "metric": "length",
        "signature": "s",
        "low": 0,
        "high": 9,
        "inverted": False,
        "weight": 1,
    }
    recipe: dict[str, object] = {
        "format": "blindpair-meta-metric",
        "name": "m",
        "criterion": "fit",
        "coefficient": "pearson",
        "level": "pooled",
        "fitted_on": {},
    }
    for cells in (part, recipe):
        if rng.random() < 0.3:
            cells[rng.choice(list(cells))] = rng.choice(odd)
    text = json.dumps({**recipe, "parts": [part]})
    return (
        _mutated(rng, text.encode()),
        "recipe.json",
        lambda data, file, known: parse_recipe(data.decode("utf-8", "replace")),
    )


def _bytes(rng: random.Random) -> Made:
    data = rng.randbytes(rng.randint(0, 300))
    if rng.random() < 0.1:
        data = gzip.compress(data)
    return (
        data,
        rng.choice(("f.csv", "f.tsv", "f.jsonl", "f.ndjson", "f.parquet", "f.zip", "f.exe")),
        _as(rng.choice((None, *HEADERS))),
    )


# Of this way in, everything is saved.
WHOLE = "whole study (zip)"
MAKERS: dict[str, Callable[[random.Random], Made]] = {
    WHOLE: _whole_study,
    "CSV": _csv,
    "JSON lines": _jsonl,
    "Parquet": _parquet,
    "bundle (zip)": _bundle,
    "YAML": _settings,
    "recipe (JSON)": _recipe,
    "any bytes": _bytes,
}
