"""Scores from elsewhere: a row per metric or a column per metric."""

import pytest

from study import store
from study.errors import InvalidInput
from study.formats.reading import read, understand
from study.records import StudyRecords
from tests.conftest import small_study

LONG = b"item_id,system,metric,value,signature\n"


@pytest.fixture
def known() -> StudyRecords:
    return small_study()


def scored(known: StudyRecords, data: bytes, **options: object) -> dict[tuple[str, str, str], object]:
    found = read(data, name="s.csv", known=known, **options)  # type: ignore[arg-type]
    outputs = {one.output_id: one for one in known.outputs}
    items = {one.item_id: one.name for one in known.items}
    return {
        (items[outputs[one.output_id].item_id], outputs[one.output_id].system, one.metric): (
            one.value,
            one.reason,
            one.signature,
        )
        for one in found.scores
    }


def test_a_row_per_metric(known: StudyRecords) -> None:
    data = LONG + b"item 0,alpha-net,clip,0.5,clip|v1\nitem 1,beta-net,clip,,\n"
    assert scored(known, data) == {
        ("item 0", "alpha-net", "clip"): (0.5, None, "clip|v1"),
        ("item 1", "beta-net", "clip"): (None, "the file gives no value", "clip|imported"),
    }
    assert understand(data, name="s.csv", known=known).format == "scores"


def test_a_column_per_metric(known: StudyRecords) -> None:
    data = b"item,system,fid,reward,signature\nitem 2,gamma-net,1.5,-2,v3\n"
    assert scored(known, data) == {
        ("item 2", "gamma-net", "fid"): (1.5, None, "fid|v3"),
        ("item 2", "gamma-net", "reward"): (-2.0, None, "reward|v3"),
    }
    preview = understand(data, name="s.csv", known=known)
    assert (preview.format, preview.counts["scores"]) == ("scores", 2)
    assert list(preview.tables[0].head) == ["item_id", "system", "signature", "fid", "reward"]


def test_a_source_and_a_profile_name_an_item(known: StudyRecords) -> None:
    data = (
        b"item,profile,system,metric,value\nsource 1,reader 3,alpha-net,m,1\nitem 0,reader 0,alpha-net,m,2\n"
    )
    assert set(scored(known, data)) == {("item 3", "alpha-net", "m"), ("item 0", "alpha-net", "m")}


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (LONG + b"item 0,alfa-net,m,1,\n", "s.csv, line 2, column 'system': 'alfa-net' has no output"),
        (LONG + b"item 9,alpha-net,m,1,\n", "no output for the item 'item 9'"),
        (LONG + b"item 0,alpha-net,m,high,\n", "line 2, column 'value'"),
        (
            LONG + b"item 0,alpha-net,m,1,\nitem 0,alpha-net,m,2,\n",
            "line 3, column 'metric': 'm' already has a value for this",
        ),
        (LONG + b"item 0,alpha-net,,1,\n", "line 2, column 'metric'"),
        (b"item,system,metric\nitem 0,alpha-net,m\n", "there is a column for 'metric' but none for 'value'"),
        (b"item,system\nitem 0,alpha-net\n", "no remaining column can be a metric"),
        (
            b"item,system,profile,signature,m\nsource 0,alpha-net,reader 3,v1,1\n",
            "for the profile 'reader 3' has no output",
        ),
        (b"item,system,signature,m\nitem 0,alpha-net,v1,good\n", "line 2, column 'm'"),
    ],
)
def test_what_does_not_fit_says_where(known: StudyRecords, data: bytes, sentence: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(data, name="s.csv", known=known)
    assert sentence in str(caught.value)


def test_scores_need_the_study_that_they_belong_to() -> None:
    with pytest.raises(InvalidInput, match="scores belong to an existing study"):
        read(LONG + b"i,s,m,1,\n", name="s.csv")


def test_scores_that_come_again_take_the_place_of_the_earlier(db: store.Database) -> None:
    known = store.study_records(db, "small")
    for value in (b"1", b"2"):
        data = LONG + b"item 0,alpha-net,m," + value + b",\n"
        store.save_records(db, read(data, name="s.csv", known=known), new_study=False)
    scores = store.metric_scores(db, "small")
    assert scores["value"].tolist() == [2.0]
