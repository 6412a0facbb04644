"""Files that used to be read as something that they are not."""

import csv
import io
import json
from dataclasses import replace

import pytest

from study.errors import InvalidInput
from study.formats import EXPORTERS, ImportOptions, new_study
from study.formats.problems import Unclear
from study.formats.reading import read, understand
from study.records import StudyRecords
from tests.conftest import small_study
from tests.formats.longtables import long_table, merged

PAIRS = b"""pair_id,item_id,prompt,system_a,output_a,system_b,output_b
001,q1,one,m1,first,m2,other
002,q2,two,m1,second,m2,another
"""
BATTLES = """item_id,model_a,model_b,winner,judge,turn,tstamp
q1,m1,m2,model_a,{0}0,1,1685577600
q2,m1,m2,model_b,{0}1,1,1685577660
q1,m2,m1,tie,{0}1,1,1685577720
q2,m1,m2,tie (bothbad),{0}0,1,1685577780
"""
TURNS = [{"role": "user", "content": "Hi?"}, {"role": "assistant", "content": "Hello."}]
OTHER = [{"role": "user", "content": "Hi?"}, {"role": "assistant", "content": "Hey there."}]


@pytest.fixture
def known() -> StudyRecords:
    return read(PAIRS, name="p.csv", study=new_study("known"))


def table(rows: list[dict[str, object]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


# Ratings by people


@pytest.mark.parametrize("header", [b"item,system,rating\n", b"item_id,system,quality,helpful\n"])
def test_a_column_that_may_hold_ratings_is_no_metric_without_a_question(
    known: StudyRecords, header: bytes
) -> None:
    data = header + b"q1,m1,4" + b",5" * (header.count(b",") - 2) + b"\n"
    with pytest.raises(
        Unclear, match=r"the meaning of '(rating|quality)'.* is not clear.* --format scores"
    ) as caught:
        understand(data, name="r.csv", known=known)
    assert list(caught.value.answers) == ["scores", "ratings"]
    assert read(data, name="r.csv", known=known, format="scores").scores[0].value == 4


def test_a_file_that_says_that_it_holds_metrics_is_read(known: StudyRecords) -> None:
    long = b"item,system,metric,value\nq1,m1,comet,0.4\n"
    wide = b"item,system,comet,signature\nq1,m1,0.4,v1\n"
    for data in (long, wide):
        assert understand(data, name="s.csv", known=known).format == "scores"


# Battles


def test_battles_judged_by_people_are_votes(known: StudyRecords) -> None:
    preview = understand(BATTLES.format("arena_user_").encode(), name="b.csv", known=known)
    assert (preview.format, preview.counts["raters"], preview.counts["verdicts"]) == ("battle_votes", 2, 0)
    assert any("model_a is taken as the left one" in note for note in preview.notes)
    found = read(BATTLES.format("arena_user_").encode(), name="b.csv", known=known)
    answers = long_table(merged(known, found))
    assert sorted(answers["preferred_system"].dropna()) == ["m1", "m2"]
    assert sorted(answers["response"]) == ["both_bad", "left", "right", "tie"]
    assert str(answers["judged_at"].min()) == "2023-06-01 00:00:00"
    assert set(answers["rater_source"]) == {"imported"}


def test_a_judge_that_may_be_a_model_is_asked_about(known: StudyRecords) -> None:
    data = BATTLES.format("gpt-4-").encode()
    with pytest.raises(Unclear, match="'gpt-4-0' may be a person or a model") as caught:
        read(data, name="b.csv", known=known)
    assert list(caught.value.answers) == ["battle_votes", "verdicts"]
    assert len(read(data, name="b.csv", known=known, format="verdicts").verdicts) == 4
    assert len(read(data, name="b.csv", known=known, format="battle_votes").judgments) == 4


def test_answers_of_nobody_are_no_verdicts_without_a_question(known: StudyRecords) -> None:
    data = b"pair_id,winner\n001,m1\n"
    with pytest.raises(Unclear, match=r"not clear who gave the answers in 'winner'.*--format verdicts"):
        read(data, name="w.csv", known=known)
    assert len(read(data, name="w.csv", known=known, options=ImportOptions(judge="J")).verdicts) == 1
    assert len(read(data.replace(b"winner", b"preferred"), name="w.csv", known=known).verdicts) == 1


def test_a_battle_that_cannot_be_read_says_where(known: StudyRecords) -> None:
    data = BATTLES.format("r").encode()
    for wrong, sentence in (
        (
            data.replace(b"tie (bothbad)", b"nobody"),
            "line 5, column 'winner': 'nobody' is not a known winner",
        ),
        (data.replace(b"1685577660", b"1e99"), "line 3, column 'tstamp': '1e99' is not valid"),
    ):
        with pytest.raises(InvalidInput) as caught:
            read(wrong, name="b.csv", known=known)
        assert sentence in str(caught.value)


def exported(records: StudyRecords) -> list[dict[str, str]]:
    data = EXPORTERS["battles_csv"].write(long_table(records)).data
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


@pytest.mark.parametrize("dialogues", [False, True], ids=["texts", "dialogues"])
def test_our_own_battles_come_back_as_they_went_out(dialogues: bool) -> None:
    rows = [
        {"question_id": f"q{n}", "model_a": "m1", "model_b": "m2", "winner": winner, "judge": f"r{n % 2}"}
        | {"conversation_a": json.dumps(TURNS), "conversation_b": json.dumps(OTHER)}
        | {"tstamp": 1685577600.25 + n, "criterion": ["fit", "quality"][n % 2], "side_of_a": side}
        | {"simulated": "false"}
        for n, (winner, side) in enumerate(
            [("model_a", "left"), ("model_b", "right"), ("tie", "left"), ("tie (bothbad)", "right")]
        )
    ]
    made = read(table(rows), name="b.csv", study=new_study("battles", study_id="same"))
    if not dialogues:  # as our own studies of texts hold the same answers
        made.outputs = [
            replace(one, content={"kind": "text", "text": one.content["turns"][0]["text"]})
            for one in made.outputs
        ]
    first = exported(made)
    name_of = {rater.rater_id: str(rater.external_id) for rater in made.raters}
    again = read(table(first), name="battles.csv", study=new_study("battles", study_id="same"))
    id_of = {rater.rater_id: str(rater.external_id) for rater in again.raters}
    second = [{**row, "judge": id_of[row["judge"]]} for row in exported(again)]

    def ordered(found: list[dict[str, str]]) -> list[dict[str, str]]:
        return sorted(found, key=lambda row: row["question_id"])

    assert ordered(second) == ordered(first)
    assert [neutral({**row, "judge": name_of[row["judge"]]}) for row in ordered(first)] == [
        neutral({name: str(cell) for name, cell in row.items()}) for row in rows
    ]


def neutral(row: dict[str, str]) -> dict[str, object]:
    """Return a battle without saying which of the models is a: that has no meaning."""
    models = {"model_a": row["model_a"], "model_b": row["model_b"]}
    return {
        "winner": models.get(row["winner"], row["winner"]),
        "left": row["model_a"] if row["side_of_a"] == "left" else row["model_b"],
        "said": {row[f"model_{x}"]: row[f"conversation_{x}"] for x in "ab"},
        "rest": [row[name] for name in ("question_id", "judge", "tstamp", "criterion", "simulated")],
    }


def test_our_own_battles_are_votes_of_the_study_that_they_are_of() -> None:
    study = small_study()
    data = (
        b"question_id,model_a,model_b,winner,judge,conversation_a,conversation_b,criterion,side_of_a\n"
        b"item 0,beta-net,alpha-net,model_a,r1,[],[],quality,right\n"
    )
    found = read(data, name="battles.csv", known=study)
    [answer] = long_table(merged(study, found)).to_dict("records")
    assert (answer["preferred_system"], answer["right_system"], answer["criterion"]) == (
        *("beta-net", "beta-net"),
        "quality",
    )


# Conversations


@pytest.mark.parametrize("spelled", [json.dumps(TURNS), repr(TURNS)], ids=["JSON", "Python"])
def test_a_conversation_in_a_cell_is_a_dialogue(spelled: str) -> None:
    records = read(
        table([{"item": 1, "system": "x", "output": spelled}, {"item": 1, "system": "y", "output": "Hi"}]),
        name="o.csv",
    )
    dialogue = {"kind": "dialogue", "turns": [{"role": t["role"], "text": t["content"]} for t in TURNS]}
    assert [one.content for one in records.outputs] == [dialogue, {"kind": "text", "text": "Hi"}]


def test_a_conversation_in_json_is_a_dialogue_in_every_place_for_content() -> None:
    row = {"item": 1, "prompt": TURNS, "profile": OTHER, "system": "x", "output": TURNS}
    data = "\n".join(json.dumps({**row, "system": system}) for system in "xy").encode()
    records = read(data, name="o.jsonl")
    found = [*records.items, *records.profiles, *records.outputs]
    assert {one.content["kind"] for one in found} == {"dialogue"}


def test_a_conversation_that_cannot_be_read_never_reaches_a_screen() -> None:
    for broken in ('[{"role": "user", "content": "Hi?"', '[{"role": "user", "content": {"image": 1}}]'):
        with pytest.raises(InvalidInput, match="a conversation is a list of"):
            read(table([{"item": 1, "system": "x", "output": broken}]), name="o.csv")


def test_battles_with_their_conversations_are_a_study_with_its_judgments() -> None:
    for name, data in (
        (
            "c.jsonl",
            json.dumps(
                {"question_id": 81, "model_a": "m1", "model_b": "m2", "winner": "model_a"}
                | {"judge": "expert_0", "turn": 1, "conversation_a": TURNS, "conversation_b": OTHER}
            ).encode(),
        ),
        (
            "c.csv",
            table(
                [
                    {"question_id": 81, "model_a": "m1", "model_b": "m2", "winner": "model_a"}
                    | {
                        "judge": "expert_0",
                        "conversation_a": json.dumps(TURNS),
                        "conversation_b": json.dumps(OTHER),
                    }
                ]
            ),
        ),
    ):
        records = read(data, name=name)
        assert [one.content for one in records.items] == [{"kind": "text", "text": "Hi?"}]
        assert {one.content["turns"][0]["text"] for one in records.outputs} == {"Hello.", "Hey there."}
        [answer] = long_table(records).to_dict("records")
        assert (answer["preferred_system"], answer["rater_source"]) == ("m1", "imported")


def test_turns_of_one_request_are_items_of_their_own() -> None:
    row = {"question_id": 81, "model_a": "m1", "model_b": "m2", "winner": "tie", "judge": "e"}
    row |= {"conversation_a": json.dumps(TURNS), "conversation_b": json.dumps(OTHER)}
    records = read(table([{**row, "turn": turn} for turn in (1, 2)]), name="b.csv")
    assert [item.name for item in records.items] == ["81", "81 (turn 2)"]


# Cells of programs, lost zeros, equal texts


def test_a_cell_that_says_only_that_it_is_empty_is_told() -> None:
    data = (
        b"item,prompt,system,output\n1,p,x,None\n1,p,y,good\n2,NaN,x,nan\n2,NaN,y,N/A\n3,p,x,None of them\n"
    )
    notes = understand(data, name="o.csv").notes
    assert "3 outputs say only 'None', 'nan', 'N/A'" in notes
    assert "1 prompt says only 'NaN'" in notes


@pytest.mark.parametrize(("given", "looks_like"), [("1", "001"), ("2.0", "002")])
def test_an_id_without_its_zeros_is_named_and_matched_on_request(
    known: StudyRecords, given: str, looks_like: str
) -> None:
    data = f"pair_id,rater,left_system,right_system,answer\n{given},101.0,m1,m2,left\n".encode()
    with pytest.raises(InvalidInput) as caught:
        read(data, name="v.csv", known=known)
    assert f"the study has no pair {given!r}; {given!r} looks like {looks_like!r}, and --match-ids" in str(
        caught.value
    )
    options = ImportOptions(match_ids=True)
    found = read(data, name="v.csv", known=known, options=options)
    named = {one.task_id: one.name for one in known.tasks}
    assert [named[one.task_id] for one in found.assignments] == [looks_like]
    assert [one.external_id for one in found.raters] == ["101"]
    notes = understand(data, name="v.csv", known=known, options=options).notes
    assert f"1 id in 'pair_id' was matched: {given!r} is {looks_like!r}" in notes


def test_an_id_that_looks_like_two_is_not_matched(known: StudyRecords) -> None:
    known.tasks[1] = replace(known.tasks[1], name="01")
    data = b"pair_id,rater,left_system,right_system,answer\n1,r,m1,m2,left\n"
    with pytest.raises(InvalidInput) as caught:
        read(data, name="v.csv", known=known, options=ImportOptions(match_ids=True))
    assert "looks like" not in str(caught.value)


def test_items_of_scores_and_verdicts_are_matched_too() -> None:
    known = read(b"item,system,output\n007,x,a\n007,y,b\n", name="o.csv")
    options = ImportOptions(match_ids=True)
    scores = b"item,system,metric,value\n7,x,m,1\n"
    verdicts = b"item,system_a,system_b,preferred\n7,x,y,x\n"
    for data in (scores, verdicts):
        with pytest.raises(InvalidInput, match="'7' looks like '007'"):
            read(data, name="f.csv", known=known)
        found = read(data, name="f.csv", known=known, options=options)
        assert len(found.scores) + len(found.verdicts) == 1


def test_two_outputs_of_one_text_are_no_preference() -> None:
    pairs = b"pair_id,prompt,system_a,output_a,system_b,output_b\n1,p,x,Hi,y,Hi \n2,q,x,Bye,y,See you\n"
    votes = b"pair_id,rater,left_system,right_system,answer\n1,r,x,y,left\n2,r,x,y,left\n"
    known = read(pairs, name="p.csv")
    assert "1 comparison with the same text on both sides" in understand(pairs, name="p.csv").notes
    made = EXPORTERS["preferences_jsonl"].write(
        long_table(merged(known, read(votes, name="v.csv", known=known)))
    )
    assert [json.loads(line)["chosen"] for line in made.data.splitlines()] == ["Bye"]
    assert "1 judgment of two outputs with the same text is left out" in made.notes


def test_escapes_in_a_conversation_are_cleaned_like_any_text() -> None:
    broken = '[{"role": "user", "content": "a\\u0000b\\ud800"}]'
    records = read(table([{"item": 1, "system": one, "output": broken} for one in "xy"]), name="o.csv")
    assert records.outputs[0].content["turns"][0]["text"] == "a\ufffdb\ufffd"
