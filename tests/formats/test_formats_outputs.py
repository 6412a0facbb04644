import json
from collections import Counter
from itertools import combinations

import pytest

from study.errors import InvalidInput
from study.formats import ImportOptions, new_study
from study.formats.readers.comparisons import Parts, drawn_comparisons
from study.formats.readers.outputs import read_outputs
from study.formats.readers.tabular import read_table
from study.formats.reading import read, understand
from study.records import Item, Output, StudyRecords, stable_id, text_content

GOOD = b"""item,system,output,prompt,profile_id,profile,reference,source_id,tags,tag_tier
1,x,X one,Say one,p,likes tea,ref,s,domain=news; length=short,gold
1,y,Y one,,,,,,,
1,z,,,,,,,,
2,x,X two,Say two,q,likes rain,,s,,silver
2,y,Y two,Say two,,,,,,
"""


def outputs(data: bytes, **options: object) -> StudyRecords:
    return read(data, name="t.csv", format="outputs", **options)  # type: ignore[arg-type]


def test_a_table_of_outputs_becomes_a_study() -> None:
    found = outputs(GOOD)
    first, second = found.items
    assert (first.name, first.source_id, first.reference) == ("1", "s", "ref")
    assert first.content == text_content("Say one")
    assert first.tags == {"domain": "news", "length": "short", "tier": "gold"}
    assert second.tags == {"tier": "silver"}
    assert {profile.name: profile.content["text"] for profile in found.profiles} == {
        "p": "likes tea",
        "q": "likes rain",
    }
    assert first.profile_id == stable_id(found.study.study_id, "profile", "p")
    assert [
        (output.system, output.content["text"]) for output in found.outputs if output.item_id == first.item_id
    ] == [
        ("x", "X one"),
        ("y", "Y one"),
        ("z", ""),
    ]
    assert Counter(comparison.item_id for comparison in found.comparisons()) == {
        first.item_id: 3,
        second.item_id: 1,
    }
    assert (found.study.title, found.study.state) == ("t", "draft")


def test_comparisons_are_ordered_by_output_id_and_main() -> None:
    for comparison in outputs(GOOD).comparisons():
        assert comparison.output_a_id < comparison.output_b_id
        assert (comparison.task.purpose, comparison.task.name) == ("main", None)


def test_ids_depend_on_the_names_alone() -> None:
    header, *rows = GOOD.splitlines()
    study = new_study("any", study_id="s1")
    shuffled = b"\n".join([header, *reversed(rows)])
    one, other = (outputs(data, study=study) for data in (GOOD, shuffled))
    assert {x.output_id for x in one.outputs} == {x.output_id for x in other.outputs}
    assert {x.task_id for x in one.tasks} == {x.task_id for x in other.tasks}


def test_columns_can_be_mapped() -> None:
    data = b"id,item,text,who\n1,ignored,hello,x\n1,ignored,hi,y\n"
    found = outputs(data, columns={"item_id": "id", "output": "text", "system": "who", "tag_note": "item"})
    assert [item.name for item in found.items] == ["1"]
    assert found.items[0].tags == {"note": "ignored"}


def test_one_system_may_be_compared_under_two_conditions() -> None:
    found = outputs(b"item,system,condition,output\n1,x,bare,a\n1,x,with profile,b\n")
    assert [output.condition for output in found.outputs] == ["bare", "with profile"]
    assert len(found.tasks) == 1


def test_profiles_without_an_id_are_known_by_their_content() -> None:
    found = outputs(
        b"item,system,output,profile\n1,x,a,tea\n1,y,b,tea\n2,x,a,rain\n2,y,b,\n3,x,a,tea\n3,y,b,tea\n"
    )
    assert [profile.content["text"] for profile in found.profiles] == ["tea", "rain"]
    assert [item.profile_id for item in found.items] == [
        found.profiles[0].profile_id,
        found.profiles[1].profile_id,
        found.profiles[0].profile_id,
    ]


def test_plain_strings_are_markdown_if_the_researcher_says_so() -> None:
    found = outputs(GOOD, options=ImportOptions(content_kind="markdown"))
    assert {output.content["kind"] for output in found.outputs} == {"markdown"}


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (
            b"item,sytem,output\n1,x,a\n",
            "t.csv has no column for 'system' (the name of the system) (did you mean 'sytem'?). "
            "It has: item, sytem, output. Name the column, or map it: system=COLUMN",
        ),
        (
            b"item,system,output\n,x,a\n1,y,b\n",
            "t.csv, line 2, column 'item': the cell is empty; every row needs a value here",
        ),
        (
            b"item,system,output\n1,x,a\n1,x,a\n1,y,b\n",
            "t.csv, line 3, column 'output': system 'x' has an output for the same item on line 2; an item has one "
            "output per system and condition: give one of them a different condition",
        ),
        (
            b"item,system,output,prompt\n1,x,a,one\n1,y,b,two\n",
            "t.csv, line 3, column 'prompt': 'two' contradicts line 2, which says 'one' of the same item",
        ),
        (
            b"item,system,output,profile_id\n1,x,a,p\n1,y,b,q\n",
            "t.csv, line 3, column 'profile_id': the same item has another profile on line 2; a request for another "
            "profile is another item: give it a separate item_id, and give both the same source_id",
        ),
        (
            b"item,system,output\n1,x,a\n2,x,b\n",
            "t.csv: no item has outputs of two systems, so there is nothing to compare",
        ),
        (
            b"item,system,output,tags\n1,x,a,news\n1,y,b,\n",
            "t.csv, line 2, column 'tags': 'news' is not valid: give tags as name=value; name=value, or as a JSON object",
        ),
    ],
)
def test_a_wrong_table_says_where_and_what_is_allowed(data: bytes, sentence: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        outputs(data)
    assert str(caught.value) == sentence


def test_five_problems_are_told_and_the_rest_is_counted() -> None:
    data = b"item,system,output\n" + b",x,a\n" * 9
    with pytest.raises(InvalidInput) as caught:
        outputs(data)
    lines = str(caught.value).splitlines()
    assert lines[0] == "t.csv has 9 problems:"
    assert lines[5].startswith("- line 6, column 'item'")
    assert lines[6:] == ["- and 4 more"]


def test_a_long_value_is_shortened_in_the_message() -> None:
    with pytest.raises(InvalidInput) as caught:
        outputs(b"item,system,output,tags\n1,x,a," + b"n" * 10_000 + b"\n1,y,b,\n")
    assert len(str(caught.value)) < 300


def test_what_is_odd_but_allowed_is_noted() -> None:
    data = b"item,system,output,prompt\n1,x,,p\n1,y,,p\n2,x,a,p\n3,v,same,\n3,w,same,\n"
    assert understand(data, name="t.csv").notes == (
        "1 item with fewer than two outputs, not compared: '2'",
        "2 outputs without text",
        "2 comparisons with the same text on both sides",
        "1 item without a prompt",
        "the systems fall into 2 groups that are never compared with each other",
    )


def made_outputs(systems_of: dict[str, str]) -> list[Output]:
    return [
        Output(stable_id(item, system), "s", item, system, "", text_content(""))
        for item, systems in systems_of.items()
        for system in systems
    ]


def made_items(found: list[Output]) -> list[Item]:
    return [
        Item(item_id, "s", item_id, item_id, None, text_content(""))
        for item_id in dict.fromkeys(one.item_id for one in found)
    ]


def connected_parts(found: list[Output], pairs_per_item: int | None, seed: int = 0) -> int:
    parts = Parts()
    system = {output.output_id: output.system for output in found}
    for one in drawn_comparisons(new_study("t", seed=seed), made_items(found), found, pairs_per_item):
        parts.join(system[one.output_a_id], system[one.output_b_id])
    return parts.count()


@pytest.mark.parametrize("seed", range(20))
def test_a_few_pairs_per_item_keep_the_systems_connected(seed: int) -> None:
    found = made_outputs({str(item): "abcdefgh" for item in range(7)})
    assert len(drawn_comparisons(new_study("t", seed=seed), made_items(found), found, 1)) == 7
    assert connected_parts(found, 1, seed) == 1
    assert connected_parts(made_outputs({"1": "abc", "2": "ab", "3": "bcd"}), 1, seed) == 1


def test_a_few_pairs_per_item_use_system_pairs_evenly_and_depend_on_the_seed() -> None:
    found = made_outputs({str(item): "abcd" for item in range(60)})
    drawn = [drawn_comparisons(new_study("t", seed=seed), made_items(found), found, 2) for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    system = {output.output_id: output.system for output in found}
    used = Counter(frozenset({system[one.output_a_id], system[one.output_b_id]}) for one in drawn[0])
    assert used == {frozenset(pair): 20 for pair in combinations("abcd", 2)}


def test_no_pairs_per_item_is_refused() -> None:
    with pytest.raises(InvalidInput, match="pairs_per_item is 0; give a whole number from 1 up"):
        outputs(GOOD, options=ImportOptions(pairs_per_item=0))


def test_the_importer_can_be_called_on_a_table() -> None:
    rows = [{"item": 1, "system": system, "output": 5, "tags": {"n": 1}} for system in ("x", "y")]
    table = read_table("\n".join(map(json.dumps, rows)).encode(), "t.jsonl")
    found = read_outputs(table, study=new_study("direct"))
    assert [output.content["text"] for output in found.outputs] == ["5", "5"]
    assert found.items[0].tags == {"n": "1"}
