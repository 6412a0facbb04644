import json

import pytest

from study.content_kinds import CONTENT_KINDS, example_of, plain_text
from study.errors import InvalidInput
from study.formats.content import content_fault, plain_content
from study.formats.reading import read

GOOD = {kind: example_of(kind) for kind in CONTENT_KINDS}


@pytest.mark.parametrize("kind", GOOD)
def test_a_content_of_each_kind_is_accepted_and_has_a_text(kind: str) -> None:
    assert content_fault(GOOD[kind]) is None
    assert plain_text(GOOD[kind])


@pytest.mark.parametrize(
    "content",
    [
        {"kind": "text"},
        {"kind": "text", "text": 1},
        {"kind": "text", "text": "a", "more": 1},
        {"kind": "dialogue", "turns": []},
        {"kind": "dialogue", "turns": [{"role": "user"}]},
        {"kind": "ranked_list", "entries": "abc"},
        {"kind": "ranked_list", "entries": [1]},
        {"kind": "facets", "facets": {"Style": 1}},
        {"kind": "facets", "facets": ["Style"]},
        {"kind": "video"},
        {"kind": ["text"]},
        {},
    ],
)
def test_a_content_that_is_not_its_kind_has_a_fault(content: dict[str, object]) -> None:
    assert content_fault(content)


@pytest.mark.parametrize("kind", GOOD)
@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_typed_content_comes_through_every_file(kind: str, ending: str) -> None:
    quoted = json.dumps(GOOD[kind]).replace('"', '""')
    files = {
        "csv": f'item,system,output\n1,x,"{quoted}"\n1,y,plain\n',
        "jsonl": "\n".join(
            json.dumps({"item": 1, "system": system, "output": output})
            for system, output in (("x", GOOD[kind]), ("y", "plain"))
        ),
    }
    found = read(files[ending].encode(), name=f"t.{ending}").outputs
    assert [output.content for output in found] == [GOOD[kind], {"kind": "text", "text": "plain"}]


def test_json_without_a_known_kind_is_text() -> None:
    text = '{"kind": "answer", "value": 3}'
    rows = "\n".join(json.dumps({"item": 1, "system": system, "output": text}) for system in "xy")
    assert read(rows.encode(), name="t.jsonl").outputs[0].content == {"kind": "text", "text": text}


def test_an_object_of_an_unknown_kind_is_named() -> None:
    rows = "\n".join(json.dumps({"item": 1, "system": s, "output": {"kind": "video"}}) for s in "xy")
    with pytest.raises(InvalidInput) as caught:
        read(rows.encode(), name="t.jsonl")
    assert (
        "line 1, column 'output': {'kind': 'video'} is not valid: an object here needs a 'kind', one of: "
        "text, markdown, dialogue, ranked_list, facets" in str(caught.value)
    )


def test_an_unknown_kind_of_plain_text_is_refused() -> None:
    with pytest.raises(InvalidInput, match="unknown kind of plain text 'html'; allowed: text, markdown"):
        plain_content("a", "html")
