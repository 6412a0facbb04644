import pytest

from study.errors import InvalidInput
from study.formats.reading import read, understand
from study.records import StudyRecords

HEADER = b"prompt,system_a,output_a,system_b,output_b\n"


def pairs(data: bytes) -> StudyRecords:
    return read(data, name="p.csv", format="pairs")


def test_the_same_prompt_is_the_same_item_and_the_same_text_one_output() -> None:
    found = pairs(HEADER + b"one,x,X,y,Y\none,y,Y,z,Z\ntwo,1,A,2,B\n")
    assert [item.name for item in found.items] == ["1", "2"]
    assert [(output.system, output.content["text"]) for output in found.outputs[:3]] == [
        ("x", "X"),
        ("y", "Y"),
        ("1", "A"),
    ]
    assert len(found.outputs) == 5
    assert len(found.tasks) == 3


def test_the_same_prompt_for_another_profile_is_another_item() -> None:
    found = pairs(
        b"prompt,profile,source_id,system_a,output_a,system_b,output_b\n"
        b"one,tea,s,x,X,y,Y\none,rain,s,x,X2,y,Y2\none,,s,x,X3,y,Y3\n"
    )
    assert [item.source_id for item in found.items] == ["s", "s", "s"]
    assert len({item.profile_id for item in found.items}) == 3


def test_a_pair_keeps_its_own_id_as_name() -> None:
    found = pairs(b"pair_id," + HEADER + b"7,one,x,X,y,Y\n8,one,y,Y,x,X\n")
    assert [comparison.name for comparison in found.tasks] == ["7", "8"]
    assert len({comparison.task_id for comparison in found.tasks}) == 2


def test_a_row_that_repeats_a_pair_adds_nothing_and_is_noted() -> None:
    preview = understand(HEADER + b"one,x,X,y,Y\none,y,Y,x,X\n", name="p.csv")
    assert preview.counts["comparisons"] == 1
    assert "1 row repeats a pair and adds nothing" in preview.notes


def test_a_condition_tells_two_outputs_of_a_system_apart() -> None:
    found = pairs(b"condition_a,condition_b," + HEADER + b"bare,rich,one,x,X,x,Y\n")
    assert [output.condition for output in found.outputs] == ["bare", "rich"]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (
            HEADER + b"one,x,X,y,Y\none,x,other,z,Z\n",
            "p.csv, line 3, column 'output_a': system 'x' has another text for the same item on line 2; an item has "
            "one output per system and condition: give the rows an item_id or a condition",
        ),
        (
            HEADER + b"one,x,X,x,X\n",
            "p.csv, line 2, column 'system_b': 'x' is compared with itself; a pair needs two systems, or two conditions",
        ),
        (
            b"pair_id," + HEADER + b"7,one,x,X,y,Y\n7,two,x,X,y,Y\n",
            "p.csv, line 3, column 'pair_id': '7' is another pair on line 2; give each pair a different id",
        ),
        (
            HEADER + b",x,X,y,Y\n",
            "p.csv, line 2, column 'prompt': the cell is empty; every row needs a value here",
        ),
        (
            HEADER + b"one,,X,y,Y\n",
            "p.csv, line 2, column 'system_a': the cell is empty; every row needs a value here",
        ),
        (
            HEADER.removeprefix(b"prompt,") + b"x,X,y,Y\n",
            "p.csv: there is no column for 'prompt' or 'item_id'; give one of them",
        ),
    ],
)
def test_a_wrong_pair_says_where_and_what_to_do(data: bytes, sentence: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        pairs(data)
    assert str(caught.value) == sentence
