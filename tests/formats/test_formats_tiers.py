"""What leaves at each tier: the table of data/README.md, held against files that the exporters wrote."""

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from study.errors import InvalidInput
from study.formats import EXPORTERS
from study.formats.reading import read
from study.formats.tiers import TIERS, Release, released, tiers_markdown, write_released
from study.formats.writers.long import EXTERNAL_ID
from tests.formats.longtables import long_table, merged

ROOT = Path(__file__).parents[2]
DATA_README = (ROOT / "data" / "README.md").read_text("utf-8")
KEY = bytes(range(32))
MAIL = "ann.secret@example.org"
PAIRS = (
    "pair_id,item_id,prompt,source_id,profile_id,profile,system_a,output_a,system_b,output_b,tag_n\n"
    f"7,i-{MAIL},Prompt of {MAIL},src-{MAIL},{MAIL},Profile of {MAIL},x,X by {MAIL},y,Y by {MAIL},{MAIL}\n"
)
VOTES = (
    "pair_id,rater,left_system,right_system,answer,rationale,seconds,confidence,shown_at,judged_at\n"
    f"7,{MAIL},x,y,left,Reason of {MAIL},1.5,3,2026-01-31T10:00:00,2026-01-31T10:00:07\n"
    "7,other,y,x,left,None of yours,2.5,4,2026-01-31T11:00:00,2026-01-31T11:00:07\n"
)


@pytest.fixture(scope="module")
def judgments() -> pd.DataFrame:
    known = read(PAIRS.encode(), name="p.csv")
    frame = long_table(merged(known, read(VOTES.encode(), name="v.csv", known=known)))
    ids = ("judgment_id", "comparison_id", "item_id", "profile_id", "rater_id", "assignment_id")
    outputs = ("output_a_id", "output_b_id", "preferred_output_id")
    return frame.assign(
        comparison_name="pair-" + MAIL,
        rater_arm="tone=warm",
        context_condition="c=1",
        condition_a="bare",
        condition_b="rich",
        design_version=2,
        **{name: name + MAIL + frame.index.astype(str) for name in ids},
        **{name: frame[name] + MAIL for name in outputs},
    )


def rows_of(data: bytes, name: str) -> list[dict[str, Any]]:
    if name.endswith("parquet"):
        return pq.read_table(io.BytesIO(data)).to_pylist()
    if name.endswith("jsonl"):
        return [json.loads(line) for line in data.splitlines()]
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def treatments() -> dict[str, dict[str, str]]:
    """Return the table of data/README.md: column, tier, what becomes of it."""
    head = "| column | internal | shared | public |\n|---|---|---|---|\n"
    table = DATA_README[DATA_README.index(head) + len(head) :].split("\n\n")[0]
    cells = [re.split(r"\s*\|\s*", line.strip("| ")) for line in table.splitlines()]
    return {column: dict(zip(TIERS, rest, strict=True)) for column, *rest in cells}


def written(judgments: pd.DataFrame, name: str, tier: str, **more: Any) -> list[dict[str, Any]]:
    exported = write_released(
        EXPORTERS[name],
        judgments,
        Release(tier, KEY, **more),
        include_external_ids=True,  # type: ignore[arg-type]
    )
    return rows_of(exported.data, name)


def test_the_data_readme_has_a_line_for_every_exported_column_and_no_other() -> None:
    columns = dict.fromkeys(column for one in EXPORTERS.values() for column in (*one.columns, EXTERNAL_ID))
    assert tiers_markdown(columns) in DATA_README
    assert list(treatments()) == list(columns)


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("name", EXPORTERS)
def test_every_column_leaves_as_the_data_readme_says(judgments: pd.DataFrame, name: str, tier: str) -> None:
    internal, here = written(judgments, name, "internal"), written(judgments, name, tier)
    assert len(here) == len(internal) > 0
    said = treatments()
    for before, after in zip(internal, here, strict=True):
        for column in before:
            check(said[column][tier], str(before[column]), str(after[column]), column)


def check(treatment: str, before: str, after: str, column: str) -> None:
    match treatment:
        case "kept":
            assert after == before, column
        case "hashed":
            assert re.fullmatch("[0-9a-f]{16}", after), column
        case "screened":
            assert after == before.replace(MAIL, "[e-mail]"), column
        case "withheld":
            assert after in ("", "None"), column
        case "shifted":
            assert after.startswith(("2000-01-01", "1999-12-31")) or after.startswith("9466"), column
        case _:
            pytest.fail(f"{column}: there is no treatment {treatment}")


@pytest.mark.parametrize("tier", ["shared", "public"])
@pytest.mark.parametrize("name", EXPORTERS)
def test_what_leaves_the_house_holds_no_address_of_a_person(
    judgments: pd.DataFrame, name: str, tier: str
) -> None:
    ids_of_material = {"item_name", "source_id", "profile_name", "comparison_name", "question_id"}
    for row in written(judgments, name, tier):
        for column, cell in row.items():
            named = tier == "shared" and (column in ids_of_material or column.endswith("_id"))
            assert named or MAIL not in str(cell), column


def test_one_id_is_one_pseudonym_in_every_file_and_another_key_gives_another(judgments: pd.DataFrame) -> None:
    long, battles, pairs = (
        written(judgments, name, "public") for name in ("long_csv", "battles_csv", "preferences_jsonl")
    )
    assert [row["rater_id"] for row in long] == [row["judge"] for row in battles]
    assert [row["rater_id"] for row in long] == [row["rater_id"] for row in pairs]
    assert [row["comparison_id"] for row in long] == [row["pair_id"] for row in pairs]
    assert {row["preferred_output_id"] for row in long} <= {row["output_a_id"] for row in long} | {
        row["output_b_id"] for row in long
    }
    other = released(judgments, Release("public", b"another"))
    assert not set(other["rater_id"]) & {row["rater_id"] for row in long}


def test_times_keep_their_order_and_distance_and_lose_the_day(judgments: pd.DataFrame) -> None:
    public = released(judgments, Release("public", KEY))
    assert public["judged_at"].min() == pd.Timestamp(2000, 1, 1)
    assert public["judged_at"].diff().iloc[1] == judgments["judged_at"].diff().iloc[1]
    assert (public["judged_at"] - public["shown_at"]).eq(pd.Timedelta(seconds=7)).all()


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("name", EXPORTERS)
def test_texts_stay_where_that_is_asked_for(judgments: pd.DataFrame, name: str, tier: str) -> None:
    held = json.dumps(written(judgments, name, tier, texts=False), default=str)
    assert not any(text in held for text in ("Prompt of", "X by", "Profile of", "Reason of"))


def test_a_column_without_a_tier_cannot_be_exported(judgments: pd.DataFrame) -> None:
    more = judgments.assign(shoe_size=43)
    for tier in TIERS:
        with pytest.raises(InvalidInput, match="unknown column of an export 'shoe_size'"):
            released(more, Release(tier, KEY))  # type: ignore[arg-type]


def test_an_unknown_tier_is_refused(judgments: pd.DataFrame) -> None:
    with pytest.raises(InvalidInput, match="unknown export tier 'pubic' \\(did you mean 'public'\\?\\)"):
        released(judgments, replace(Release("public", KEY), tier="pubic"))  # type: ignore[arg-type]


def test_no_way_out_goes_past_the_tiers() -> None:
    sources = [*ROOT.glob("study/cli/*.py"), *ROOT.glob("study/ui/**/*.py"), *ROOT.glob("pages/**/*.py")]
    assert [path.name for path in sources if ".write(judgments" in path.read_text("utf-8")] == []
