from pathlib import Path

import pytest

from study.errors import InvalidInput
from study.formats import IMPORTERS, new_study, reading
from study.formats.reading import read, taken, understand

OUTPUTS = b"Item,SYSTEM,output,note\n1,x,a,n\n1,y,b,n\n"
PAIRS = b"prompt,system_a,output_a,system_b,output_b\none,x,X,y,Y\n"
VOTES = b"item,rater,left_system,right_system,answer\n1,r,x,y,left\n"


def test_every_table_importer_names_the_fields_of_its_table() -> None:
    assert list(IMPORTERS) == [
        *("bundle", "pairs", "outputs", "votes", "battles", "battle_votes", "verdicts"),
        *("ratings", "scores"),
    ]
    for name, importer in IMPORTERS.items():
        assert importer.label
        assert name == "bundle" or name in importer.fields


@pytest.mark.parametrize(("data", "format"), [(OUTPUTS, "outputs"), (PAIRS, "pairs"), (VOTES, "votes")])
def test_the_columns_say_the_format(data: bytes, format: str) -> None:
    assert understand(data, name="t.csv").format == format


def test_where_a_study_is_named_a_table_of_pairs_and_votes_is_votes() -> None:
    data = (
        b"pair_id,prompt,system_a,output_a,system_b,output_b,rater,left_system,right_system,answer\n"
        b"7,one,x,X,y,Y,r,x,y,left\n7,one,x,X,y,Y,s,x,y,tie\n"
    )
    known = read(data, name="t.csv")
    assert (len(known.tasks), known.judgments) == (1, [])
    assert len(read(data, name="t.csv", known=known).judgments) == 2


def test_a_preview_shows_columns_first_rows_and_what_is_not_used() -> None:
    preview = understand(OUTPUTS, name="my study.csv")
    table = preview.tables[0]
    assert preview.title == "my study"
    assert table.columns == {"item_id": "Item", "system": "SYSTEM", "output": "output"}
    assert table.ignored == ("note",)
    assert table.head.to_dict("list") == {"item_id": ["1", "1"], "system": ["x", "y"], "output": ["a", "b"]}


def test_progress_grows_from_nothing_to_all() -> None:
    seen: list[float] = []
    for call in (understand, read):
        call(PAIRS, name="t.csv", progress=lambda part, text: seen.append(part))
        assert seen[0] == 0
        assert seen == sorted(seen)
        assert seen.pop() == 1
        seen.clear()


def test_a_path_may_be_a_text(tmp_path: Path) -> None:
    path = tmp_path / "o.csv"
    path.write_bytes(OUTPUTS)
    assert read(str(path)).items == read(path).items


@pytest.mark.parametrize(
    ("data", "more", "sentence"),
    [
        (
            b"a,b\n1,2\n",
            {},
            "t.csv: the columns match no format: for pairs it lacks system_a, output_a, system_b, output_b; for outputs "
            "it lacks item_id, system, output; for votes it lacks rater, answer, left_system, right_system; "
            "for battles it lacks model_a, model_b, winner, judge, conversation_a, conversation_b; for battle_votes it lacks "
            "model_a, model_b, winner, judge; for verdicts it lacks preferred; for ratings it lacks item_id, system; for scores it lacks item_id, system. It has: a, b. The closest format is pairs; name or map: system_a=COLUMN, output_a=COLUMN, system_b=COLUMN, output_b=COLUMN",
        ),
        (
            OUTPUTS,
            {"columns": {"prompt": "nte"}},
            "t.csv has no column 'nte' (did you mean 'note'?), which you named for the field 'prompt'; "
            "it has: Item, SYSTEM, output, note",
        ),
        (
            OUTPUTS,
            {"columns": {"promt": "note"}},
            "unknown field 'promt' (did you mean 'prompt'?); allowed: ",
        ),
        (
            OUTPUTS,
            {"format": "output"},
            "unknown import format 'output' (did you mean 'outputs'?); allowed: bundle, pairs",
        ),
    ],
)
def test_a_file_that_is_not_understood_says_what_it_has_and_what_is_allowed(
    data: bytes, more: dict[str, object], sentence: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(data, name="t.csv", **more)  # type: ignore[arg-type]
    assert str(caught.value).startswith(sentence)


def test_a_file_that_is_not_there_is_said() -> None:
    with pytest.raises(InvalidInput, match=r"there is no file '/no/such\.csv'"):
        read("/no/such.csv")


@pytest.mark.parametrize(
    ("header", "hint"),
    [
        (
            "prompt,response_a,response_b,model_a,model_b",
            "The closest format is pairs; name or map: output_a=COLUMN, output_b=COLUMN",
        ),
        ("sys,item_id,output", "The closest format is outputs; name or map: system=COLUMN"),
    ],
)
def test_a_file_that_fits_no_format_is_told_the_columns_of_the_nearest(header: str, hint: str) -> None:
    cells = ",".join("x" for _ in header.split(","))
    with pytest.raises(InvalidInput, match=hint):
        read(f"{header}\n{cells}\n".encode(), name="t.csv")


@pytest.mark.parametrize("data", [OUTPUTS, PAIRS], ids=["outputs", "pairs"])
def test_what_was_looked_at_is_taken_without_reading_it_again(
    data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = new_study("t")
    expected = read(data, name="t.csv", study=study)
    preview = understand(data, name="t.csv", study=study)
    for name in ("read_table", "understood", "_records"):
        monkeypatch.delattr(reading, name)
    assert taken(preview.file) == expected


def test_votes_that_were_looked_at_are_matched_with_the_study_as_it_is_when_they_are_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = b"pair_id,rater,left_system,right_system,answer\n7,r,x,y,left\n"
    pairs = PAIRS.replace(b"prompt,", b"pair_id,prompt,").replace(b"\none,", b"\n7,one,")
    known = read(pairs, name="t.csv")
    preview = understand(data, name="v.csv", known=known)
    monkeypatch.delattr(reading, "read_table")
    expected = taken(preview.file, known=known)
    assert len(expected.judgments) == 1
    known.tasks.clear()
    known.task_outputs.clear()
    with pytest.raises(InvalidInput, match=r"v\.csv"):
        taken(preview.file, known=known)
