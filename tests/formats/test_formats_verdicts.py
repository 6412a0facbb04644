from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

from study.errors import InvalidInput
from study.formats import ImportOptions, new_study
from study.formats.reading import read, understand
from study.protocol.design import Design, Question
from study.records import StudyRecords, Verdict

DESIGN = Design(criteria=tuple(Question(key=key, question="?") for key in ("fit", "quality")))
PAIRS = b"""pair_id,item_id,prompt,system_a,output_a,system_b,output_b
7,i,one,x,X,y,Y
8,i,one,y,Y,z,Z
9,j,two,x,X,y,Y
"""
SHOWN = b"pair_id,judge,left_system,right_system,preferred\n"


@pytest.fixture(scope="module")
def known() -> StudyRecords:
    return read(PAIRS, name="p.csv", study=new_study("verdicts", design=DESIGN))


def given(
    known: StudyRecords, *rows: bytes, header: bytes = SHOWN, judge: str | None = None
) -> list[Verdict]:
    options = ImportOptions(judge=judge)
    return read(
        header + b"\n".join(rows), name="v.csv", known=known, format="verdicts", options=options
    ).verdicts


def told(known: StudyRecords, verdicts: Sequence[Verdict]) -> list[tuple[str | None, str]]:
    """Return which system each verdict prefers, and which the judge was shown first."""
    comparisons = {one.task.task_id: one for one in known.comparisons()}
    systems = {one.output_id: one.system for one in known.outputs}
    found = []
    for one in verdicts:
        comparison = comparisons[one.task_id]
        a, b = systems[comparison.output_a_id], systems[comparison.output_b_id]
        first = {"01": a, "10": b, "?": "?"}[one.arrangement]
        found.append(({"a": a, "b": b}.get(one.answer or "", one.answer), first))
    return found


def test_a_verdict_prefers_the_system_on_its_side_whatever_the_order_of_the_outputs(
    known: StudyRecords,
) -> None:
    rows = (
        b"7,j,x,y,left",
        b"7,j,y,x,left",
        b"8,j,z,y,b",
        b"9,j,y,x,RIGHT",
        b"8,j,y,z,tie",
        b"9,j,x,y,both bad",
    )
    expected = [("x", "x"), ("y", "y"), ("y", "z"), ("x", "y"), ("tie", "y"), ("both_bad", "x")]
    assert told(known, given(known, *rows)) == expected


def test_a_verdict_may_name_the_system_it_prefers_and_the_pair_alone(known: StudyRecords) -> None:
    header = b"pair_id,preferred\n"
    verdicts = given(known, b"7,y", b"8,y", b"9,tie", header=header, judge="GPT-4")
    assert told(known, verdicts) == [("y", "?"), ("y", "?"), ("tie", "?")]
    assert {(one.judge, one.signature, one.question) for one in verdicts} == {
        ("GPT-4", "GPT-4|imported", "fit")
    }
    assert {one.judge for one in given(known, b"7,y", header=header)} == {"v"}
    with pytest.raises(InvalidInput, match="'left' is neither a system of this pair nor a code; allowed: "):
        given(known, b"7,left", header=header)


def test_an_order_is_known_where_the_file_says_it(known: StudyRecords) -> None:
    header = b"item_id,system_a,system_b,first_system,preferred\n"
    rows = b"i,x,y,,a", b"i,x,y,y,a", b"i,y,x,x,x", b"i,z,y,y,b"
    expected = [("x", "?"), ("x", "y"), ("x", "x"), ("y", "y")]
    assert told(known, given(known, *rows, header=header)) == expected


def test_a_verdict_may_say_how_sure_the_judge_was_and_why_it_failed(known: StudyRecords) -> None:
    header = b"criterion,certainty,reason,signature," + SHOWN
    verdicts = given(
        known,
        b"quality,0.75,clearer,gpt|v:1,7,j,x,y,left",
        b",,,,8,j,y,z,",
        b",,the answer held no letter,,9,j,x,y,",
        header=header,
    )
    assert [(one.question, one.certainty, one.reason, one.signature) for one in verdicts] == [
        ("quality", 0.75, "clearer", "gpt|v:1"),
        ("fit", None, "the file gives no preference", "j|imported"),
        ("fit", None, "the answer held no letter", "j|imported"),
    ]
    assert [one.answer is None for one in verdicts] == [False, True, True]
    preview = understand(header + b",,,,8,j,y,z,", name="v.csv", known=known)
    assert preview.format == "verdicts"
    assert preview.counts["verdicts"] == preview.counts["judges"] == 1
    assert preview.notes == ("1 verdict without a preference counts as a failure",)


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_verdicts_are_read_from_every_kind_of_table(known: StudyRecords, tmp_path: Path, ending: str) -> None:
    frame = pd.DataFrame(
        {"pair_id": ["7", "8"], "judge": "j", "preferred": ["x", None], "certainty": [0.5, 1]}
    )
    path = tmp_path / f"v.{ending}"
    if ending == "csv":
        frame.to_csv(path, index=False)
    elif ending == "jsonl":
        frame.to_json(path, orient="records", lines=True)
    else:
        frame.to_parquet(path)
    verdicts = read(path, known=known).verdicts
    assert told(known, verdicts) == [("x", "?"), (None, "?")]
    assert [one.certainty for one in verdicts] == [0.5, 1]


@pytest.mark.parametrize(
    ("header", "row", "sentence"),
    [
        (
            SHOWN,
            b"7,j,x,y,z",
            "column 'preferred': 'z' is neither a system of this pair nor a code; allowed: x, y, ",
        ),
        (SHOWN, b"77,j,x,y,x", "column 'pair_id': the study has no pair '77'"),
        (SHOWN, b"7,j,x,q,x", "column 'right_system': 'q' has no output in this pair; allowed: x, y"),
        (
            b"certainty," + SHOWN,
            b"1.5,7,j,x,y,x",
            "column 'certainty': '1.5' is not valid: give a number from 0 to 1",
        ),
        (b"criterion," + SHOWN, b"fitt,7,j,x,y,x", "column 'criterion': 'fitt' is not a known criterion"),
        (
            b"first_system," + SHOWN,
            b"z,7,j,x,y,x",
            "column 'first_system': 'z' does not say which output came first; ",
        ),
        (
            b"judge,preferred\n",
            b"j,x",
            "column 'pair_id': the row names no pair; give a pair_id, or an item_id",
        ),
    ],
)
def test_a_wrong_verdict_says_where_and_what_is_allowed(
    known: StudyRecords, header: bytes, row: bytes, sentence: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        given(known, row, header=header)
    assert str(caught.value).startswith(f"v.csv, line 2, {sentence}")


def test_a_judge_gives_one_verdict_per_order(known: StudyRecords) -> None:
    assert len(given(known, b"7,j,x,y,x", b"7,j,y,x,x", b"7,k,x,y,x")) == 3
    with pytest.raises(InvalidInput, match="'j' has judged this pair on 'fit' in this order on line 2"):
        given(known, b"7,j,x,y,x", b"7,j,x,y,y")


def test_outputs_of_one_system_are_told_apart_by_their_conditions() -> None:
    known = read(b"item,system,condition,output\n1,x,bare,a\n1,x,rich,b\n", name="o.csv")
    header = b"item,left_system,right_system,left_condition,right_condition,preferred\n"
    [verdict] = given(known, b"1,x,x,rich,bare,left", header=header)
    outputs = {one.output_id: one.condition for one in known.outputs}
    ids = {"a": known.comparisons()[0].output_a_id, "b": known.comparisons()[0].output_b_id}
    assert outputs[ids[verdict.answer or ""]] == "rich"
    header = b"item,system_a,system_b,condition_a,condition_b,first_system,preferred\n"
    with pytest.raises(InvalidInput, match="both outputs are of one system; give left_system"):
        given(known, b"1,x,x,rich,bare,x,a", header=header)


def test_verdicts_need_the_study_they_belong_to() -> None:
    data = SHOWN + b"7,j,x,y,left\n8,k,y,z,tie"
    with pytest.raises(InvalidInput, match=r"v\.csv: verdicts belong to an existing study; name it"):
        read(data, name="v.csv")
    preview = understand(data, name="v.csv")
    assert preview.counts == {"judges": 2, "verdicts": 2}
    assert preview.notes == ("the verdicts are not checked yet: name the study that they belong to",)
