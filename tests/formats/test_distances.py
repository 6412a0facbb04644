"""Distances between texts from a file, in the place of a metric's; references of which there are several."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from study.errors import InvalidInput
from study.formats.readers.distances import read_distances
from study.formats.reading import read
from study.metrics import METRICS, pair_scores
from study.metrics.jobs import text_columns
from study.metrics.personalization import reader_texts, with_given
from study.records import references_of, several_references
from study.stats.personalization.perseval import perseval

FILE = "distances.csv"
ROWS = """item,system,profile_1,profile_2,distance
d0,,u0,u1,0.8
d0,M,u0,u1,0.4
d0,M,u1,u0,0.5
d0,M,u0,,0.9
d0,M,u1,u1,0.1
"""
IDS = {"u0": "p0", "u1": "p1"}


def texts() -> pd.DataFrame:
    """Return two readers' texts of two documents."""
    rows = [
        (
            f"o{document}{reader}",
            f"i{document}{reader}",
            f"p{reader}",
            f"d{document}",
            f"output {document} {reader}",
        )
        for document in range(2)
        for reader in range(2)
    ]
    frame = pd.DataFrame(rows, columns=["output_id", "item_id", "profile_id", "source_id", "text"])
    cell = frame["text"].map(lambda text: json.dumps({"kind": "text", "text": text}))
    return frame.assign(
        system="M", condition="", content=cell, reference="wanted " + frame["text"], profile=None, prompt=cell
    )


def test_what_a_file_gives_stands_in_the_place_of_the_metric() -> None:
    readers = reader_texts(texts())
    metric = METRICS["edit_distance_normalised"]
    before = readers.distances(pair_scores(metric, readers.pairs), metric)
    after = with_given(before, readers, read_distances(ROWS.encode(), FILE), IDS)
    seat = [readers.seats["d0", profile] for profile in ("p0", "p1")]
    assert after.expected_pairs[0, seat[0], seat[1]] == after.expected_pairs[0, seat[1], seat[0]] == 0.8
    assert after.output_pairs[0, 0, seat[0], seat[1]] == 0.4
    assert after.output_pairs[0, 0, seat[1], seat[0]] == 0.5
    assert after.output_document[0, 0, seat[0]] == 0.9
    assert after.accuracy[0, 0, seat[1]] == 0.1
    assert after.accuracy[0, 0, seat[0]] == before.accuracy[0, 0, seat[0]]
    np.testing.assert_array_equal(after.output_pairs[:, 1], before.output_pairs[:, 1])
    assert perseval(after)[0, 0] != perseval(before)[0, 0]
    assert perseval(after)[0, 1] == perseval(before)[0, 1]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("d0,M,u0,u1,1.5", "line 2.*give a number from 0 to 1"),
        ("d0,M,u0,u1,", "the cell is empty"),
        ("d0,M,,u1,0.5", "the cell is empty; every row needs a value"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(row: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=f"(?s){message}"):
        read_distances(f"item,system,profile_1,profile_2,distance\n{row}\n".encode(), FILE)


def test_a_pair_is_given_once() -> None:
    twice = ROWS + "d0,M,u0,u1,0.7\n"
    with pytest.raises(InvalidInput, match="a second distance"):
        read_distances(twice.encode(), FILE)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("d7,M,u0,u1,0.5", "line 2: unknown item"),
        ("d0,N,u0,u1,0.5", "line 2: unknown system 'N'"),
        ("d0,M,u9,u1,0.5", "line 2: unknown profile 'u9'"),
        ("d0,,u0,u0,0.5", "line 2: a text that 'u0' expects and itself"),
    ],
)
def test_a_line_that_names_what_is_not_there_is_refused(row: str, message: str) -> None:
    readers = reader_texts(texts())
    metric = METRICS["jsd"]
    distances = readers.distances(pair_scores(metric, readers.pairs), metric)
    given = read_distances(f"item,system,profile_1,profile_2,distance\n{row}\n".encode(), FILE)
    with pytest.raises(InvalidInput, match=message):
        with_given(distances, readers, given, IDS)


@pytest.mark.parametrize(
    "cell", ['["one text", "another"]', ["one text", "another"], several_references(["one text", "another"])]
)
def test_a_list_of_references_comes_in_as_several(cell: object, tmp_path: Path) -> None:
    row = {"item": "1", "system": "A", "output": "x", "prompt": "p", "reference": cell}
    path = tmp_path / "outputs.jsonl"
    path.write_text("".join(json.dumps(row | {"system": name}) + "\n" for name in "AB"), "utf-8")
    (item,) = read(path).items
    assert references_of(item.reference or "") == ("one text", "another")


@pytest.mark.parametrize(
    ("cell", "reference"),
    [
        ("[sic] a text", "[sic] a text"),
        ('["only one"]', "only one"),
        ("[1, 2]", "[1, 2]"),
        ("plain", "plain"),
    ],
)
def test_what_is_no_list_of_texts_stays_a_text(cell: str, reference: str, tmp_path: Path) -> None:
    path = tmp_path / "outputs.csv"
    pd.DataFrame(
        {"item": ["1", "1"], "system": ["A", "B"], "output": ["x", "y"], "prompt": "p", "reference": cell}
    ).to_csv(path, index=False)
    (item,) = read(path).items
    assert item.reference == reference
    assert references_of(reference) == (reference,)


def test_of_several_references_the_first_is_what_the_reader_expects() -> None:
    frame = texts()
    several = frame.assign(
        reference=[several_references([one, "something else"]) for one in frame["reference"]]
    )
    assert reader_texts(several).pairs == reader_texts(frame).pairs
    assert text_columns(several, ["reference"])["reference"][0].startswith('{"references"')
