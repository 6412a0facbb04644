from collections.abc import Sequence
from datetime import datetime
from itertools import combinations

import pytest

from study.blinding import shown_in, unblind
from study.errors import InvalidInput
from study.formats import new_study
from study.formats.readers import pairing
from study.formats.reading import read, understand
from study.protocol.design import Design, Question
from study.records import Output, StudyRecords
from tests.formats.longtables import merged

DESIGN = Design(criteria=tuple(Question(key=key, question="?") for key in ("fit", "quality")))
PAIRS = b"""pair_id,item_id,prompt,system_a,output_a,system_b,output_b
7,i,one,x,X,y,Y
8,i,one,y,Y,z,Z
9,j,two,x,X,y,Y
"""
HEADER = b"pair_id,rater,left_system,right_system,answer\n"


@pytest.fixture
def known() -> StudyRecords:
    return read(PAIRS, name="p.csv", study=new_study("votes", design=DESIGN))


def vote(known: StudyRecords, *rows: bytes, header: bytes = HEADER) -> StudyRecords:
    return read(header + b"\n".join(rows), name="v.csv", known=known)


def preferred(known: StudyRecords, votes: StudyRecords) -> Sequence[str | None]:
    comparisons = {one.task.task_id: one for one in known.comparisons()}
    systems = {one.output_id: one.system for one in known.outputs}
    found = []
    for assignment, judgment in zip(votes.assignments, votes.judgments, strict=True):
        comparison = comparisons[assignment.task_id]
        preference = unblind(judgment.response, assignment.arrangement).preference
        ids = {"a": comparison.output_a_id, "b": comparison.output_b_id}
        found.append(systems[ids[preference]] if preference in ids else preference)
    return found


def test_a_vote_prefers_the_system_on_its_side_whatever_the_order_of_the_outputs(known: StudyRecords) -> None:
    rows = (
        b"7,r,x,y,left",
        b"7,s,y,x,left",
        b"8,r,z,y,right",
        b"9,r,y,x,RIGHT",
        b"9,s,x,y,tie",
        b"8,s,y,z,Tie (bothbad)",
    )
    found = vote(known, *rows)
    assert preferred(known, found) == ["x", "y", "y", "x", "tie", "both_bad"]
    assert [rater.external_id for rater in found.raters] == ["r", "s"]
    assert {rater.source for rater in found.raters} == {"imported"}
    assert len({rater.token for rater in found.raters}) == 2
    assert [assignment.position for assignment in found.assignments] == [0, 0, 1, 2, 1, 2]


def test_a_vote_may_name_the_item_and_the_systems(known: StudyRecords) -> None:
    found = vote(known, b"i,r,x,y,left_2", b"i,r,y,z,skip", header=HEADER.replace(b"pair_id", b"item"))
    assert preferred(known, found) == ["x", None]
    assert [judgment.response for judgment in found.judgments] == ["left_2", "skip"]


def test_answers_to_several_criteria_share_one_assignment(known: StudyRecords) -> None:
    header = b"criterion,seconds,confidence,rationale,judged_at," + HEADER
    found = vote(
        known,
        b"fit,1.5,3,=why,2026-01-31T10:00:00+02:00,7,r,x,y,left",
        b"quality,,,,,7,r,x,y,right",
        b",,,,,8,r,y,z,right",
        header=header,
    )
    assert len(found.assignments) == 2
    assert [judgment.question for judgment in found.judgments] == ["fit", "quality", "fit"]
    first = found.judgments[0]
    assert (first.seconds, first.confidence, first.rationale) == (1.5, 3, "=why")
    assert first.judged_at == datetime(2026, 1, 31, 8)
    preview = understand(header + b",,,,,7,r,x,y,left", name="v.csv", known=known)
    assert preview.notes == ("1 judgment without judged_at: the time of the import is used",)


def test_positions_are_kept_and_the_rest_follows(known: StudyRecords) -> None:
    header = b"position," + HEADER
    found = vote(known, b"5,7,r,x,y,left", b",8,r,y,z,left", b"0,9,r,x,y,left", header=header)
    assert [assignment.position for assignment in found.assignments] == [5, 6, 0]


def test_a_repeat_is_an_assignment_of_its_own(known: StudyRecords) -> None:
    found = vote(known, b"main,7,r,x,y,left", b"repeat,7,r,y,x,left", header=b"purpose," + HEADER)
    assert [assignment.purpose for assignment in found.assignments] == ["main", "repeat"]


def test_votes_added_later_meet_the_raters_and_assignments_that_are_there(known: StudyRecords) -> None:
    first = merged(known, vote(known, b"7,r,x,y,left"))
    header = b"criterion," + HEADER
    found = vote(first, b"quality,7,r,x,y,left", b"fit,8,r,y,z,left", header=header)
    assert found.raters == []
    assert [assignment.position for assignment in found.assignments] == [1]
    assert found.judgments[0].assignment_id == first.assignments[0].assignment_id
    with pytest.raises(InvalidInput, match="'r' has judged this pair on 'fit' in the study already"):
        vote(first, b"7,r,x,y,left")


def test_the_id_of_a_rater_does_not_follow_from_the_name(known: StudyRecords) -> None:
    one, other = (
        vote(known, b"7," + name + b",x,y,left") for name in (b"ann@example.org", b"bob@example.org")
    )
    assert one.raters[0].rater_id == other.raters[0].rater_id
    assert one.raters[0].external_id != other.raters[0].external_id


def test_conditions_tell_outputs_of_one_system_apart() -> None:
    known = read(b"item,system,condition,output\n1,x,bare,a\n1,x,rich,b\n", name="o.csv")
    header = b"item,rater,left_system,right_system,answer"
    found = vote(known, b"1,r,x,x,left,rich,bare", header=header + b",left_condition,right_condition\n")
    outputs = {one.output_id: one.condition for one in known.outputs}
    [shown] = known.outputs_of_tasks().values()
    left, _ = shown_in(found.assignments[0].arrangement, shown)
    assert outputs[left] == "rich"
    with pytest.raises(InvalidInput) as caught:
        vote(known, b"1,r,x,x,left", header=header + b"\n")
    assert str(caught.value) == (
        "v.csv, line 2, column 'right_system': 2 comparisons fit 'x' and 'x'; "
        "give left_condition and right_condition, or the pair_id"
    )


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (
            [b"7,r,x,y,lefft"],
            "v.csv, line 2, column 'answer': 'lefft' is not a known answer (did you mean 'left'?); allowed: left, tie, "
            "right, both_bad, left_2, left_1, right_1, right_2, left_3, right_3, skip, tie (bothbad), both bad",
        ),
        ([b"7,r,x,y,"], "v.csv, line 2, column 'answer': the cell is empty; allowed: left, tie"),
        (
            [b"77,r,x,y,tie"],
            "v.csv, line 2, column 'pair_id': the study has no pair '77' (did you mean '7'?); it has: ",
        ),
        (
            [b"7,r,x,q,tie"],
            "v.csv, line 2, column 'right_system': 'q' has no output in this pair; allowed: x, y",
        ),
        (
            [b"7,r,y,y,tie"],
            "v.csv, line 2, column 'right_system': 'y' and 'y' are not compared here under these conditions; "
            "compared are: x, y",
        ),
        ([b"7,,x,y,tie"], "v.csv, line 2, column 'rater': the cell is empty; every row needs a value here"),
        (
            [b"7,r,,y,tie"],
            "v.csv, line 2, column 'left_system': the cell is empty; every row needs a value here",
        ),
        ([b",r,x,y,tie"], "v.csv, line 2, column 'item_id': the row names no pair and no item"),
        (
            [b"7,r,x,y,left", b"8,r,y,z,left", b"7,r,x,y,right"],
            "v.csv, line 4, column 'rater': 'r' has judged this pair on 'fit' on line 2; "
            "give one judgment per rater, pair and criterion",
        ),
    ],
)
def test_a_wrong_vote_says_where_and_what_is_allowed(
    known: StudyRecords, rows: list[bytes], sentence: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        vote(known, *rows)
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize(
    ("column", "cell", "sentence"),
    [
        (
            "criterion",
            b"fitt",
            "'fitt' is not a known criterion (did you mean 'fit'?); allowed: fit, quality",
        ),
        ("seconds", b"-1", "'-1' is not valid: give a number from 0 up"),
        ("seconds", b"nan", "'nan' is not valid: give a number from 0 up"),
        ("confidence", b"1.5", "'1.5' is not valid: give a whole number"),
        ("judged_at", b"yesterday", "'yesterday' is not valid: give a time such as 2026-01-31T14:05:00"),
        ("rater_source", b"robot", "'robot' is not a known rater_source; allowed: imported, simulated, link"),
        ("purpose", b"fun", "'fun' is not a known purpose; allowed: main, repeat, check"),
    ],
)
def test_a_cell_that_does_not_fit_says_what_does(
    known: StudyRecords, column: str, cell: bytes, sentence: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        vote(known, cell + b",7,r,x,y,left", header=column.encode() + b"," + HEADER)
    assert str(caught.value).startswith(f"v.csv, line 2, column '{column}': {sentence}")


@pytest.mark.parametrize(
    ("header", "rows", "sentence"),
    [
        (
            b"criterion," + HEADER,
            (b"fit,7,r,x,y,left", b"quality,7,r,y,x,left"),
            "with the sides exchanged on line 2",
        ),
        (b"position," + HEADER, (b"1,7,r,x,y,left", b"1,8,r,y,z,left"), "has another pair at 1 on line 2"),
        (
            b"rater_source," + HEADER,
            (b"simulated,7,r,x,y,left", b",8,r,y,z,left"),
            "is both simulated and not",
        ),
    ],
)
def test_rows_of_one_rater_must_agree(
    known: StudyRecords, header: bytes, rows: tuple[bytes, ...], sentence: str
) -> None:
    with pytest.raises(InvalidInput, match=sentence) as caught:
        vote(known, *rows, header=header)
    assert str(caught.value).startswith("v.csv, line 3, column ")


def test_votes_need_the_study_they_belong_to() -> None:
    data = HEADER + b"7,r,x,y,left"
    with pytest.raises(InvalidInput, match=r"v\.csv: votes belong to an existing study; name it"):
        read(data, name="v.csv")
    preview = understand(data, name="v.csv")
    assert preview.counts == {"raters": 1, "judgments": 1}
    assert preview.notes == ("the votes are not checked yet: name the study that they belong to",)


@pytest.mark.parametrize("wrong", [False, True], ids=["fitting", "all wrong"])
def test_votes_on_many_systems_of_one_item_take_linear_time(
    monkeypatch: pytest.MonkeyPatch, wrong: bool
) -> None:
    looked_at = 0
    is_output = pairing._is

    def counting(output: Output, shown: tuple[str, str]) -> bool:
        nonlocal looked_at
        looked_at += 1
        return is_output(output, shown)

    monkeypatch.setattr(pairing, "_is", counting)
    per_vote = []
    for n_systems in (12, 24):
        systems = [f"s{number}" for number in range(n_systems)]
        known = read(
            ("item,system,output\n" + "".join(f"q,{one},text\n" for one in systems)).encode(), name="o.csv"
        )
        pairs = list(combinations(systems, 2))
        rows = "".join(f"q,r,{a},{'s' if wrong else ''}{b},left\n" for a, b in pairs)
        looked_at = 0
        data = f"item,rater,left_system,right_system,answer\n{rows}".encode()
        if wrong:
            with pytest.raises(InvalidInput, match=rf"v\.csv has {len(pairs)} problems"):
                read(data, name="v.csv", known=known)
        else:
            assert len(read(data, name="v.csv", known=known).judgments) == len(pairs)
        per_vote.append(looked_at / len(pairs))
    assert per_vote[1] <= per_vote[0] <= 4
