"""Between screen and outputs: one rule, the same in Python and in SQL, and blind to the side."""

import pytest

from study import store
from study.blinding import blind, mirror, other_side, unblind, unblinding_table
from study.errors import InvalidInput
from study.records import SIDES
from study.responses import NO_ANSWER, OPTIONS, RESPONSE_FORMATS

RESPONSES = [*OPTIONS, *NO_ANSWER]


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("response", RESPONSES)
def test_exchanging_the_sides_changes_nothing_about_the_outputs(response: str, side: str) -> None:
    assert unblind(mirror(response), other_side(side)) == unblind(response, side)


@pytest.mark.parametrize("response", RESPONSES)
def test_the_mirror_of_the_mirror_is_the_answer(response: str) -> None:
    assert mirror(mirror(response)) == response


@pytest.mark.parametrize("name", RESPONSE_FORMATS)
def test_every_response_format_is_its_own_mirror_image(name: str) -> None:
    codes = [option.code for option in RESPONSE_FORMATS[name].options]
    assert {mirror(code) for code in codes} == set(codes)
    on_a_side = [code for code in codes if OPTIONS[code].side is not None or code == "tie"]
    assert [mirror(code) for code in on_a_side] == on_a_side[::-1]


@pytest.mark.parametrize("side", SIDES)
def test_the_preferred_side_is_the_preferred_output(side: str) -> None:
    for code, option in OPTIONS.items():
        meaning = unblind(code, side)
        if option.side is None:
            assert (meaning.preference, meaning.strength) == (code, 0)
        else:
            assert meaning.preference == ("a" if option.side == side else "b")
            assert meaning.strength == option.strength * (1 if option.side == side else -1)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("preference", ["a", "b", "tie", "both_bad"])
def test_blinding_is_undone_by_unblinding(preference: str, side: str) -> None:
    assert unblind(blind(preference, side), side).preference == preference


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("response", NO_ANSWER)
def test_no_answer_is_no_preference(response: str, side: str) -> None:
    meaning = unblind(response, side)
    assert (meaning.preference, meaning.strength) == (None, None)


@pytest.mark.parametrize("response", ["", "Left", "left_9", "a", "ties"])
def test_a_typo_never_becomes_an_answer(response: str) -> None:
    with pytest.raises(InvalidInput, match="unknown response"):
        unblind(response, "left")


@pytest.mark.parametrize("response", ["left", "skip"])
def test_an_unknown_side_is_refused(response: str) -> None:
    with pytest.raises(InvalidInput, match="unknown side 'top'"):
        unblind(response, "top")


def test_the_table_holds_every_answer_on_both_sides() -> None:
    table = list(unblinding_table())
    assert len(table) == 2 * len(RESPONSES)
    assert {(response, side) for response, side, _, _ in table} == {
        (response, side) for response in RESPONSES for side in SIDES
    }


def test_the_database_reads_answers_as_python_does(empty_db: store.Database) -> None:
    with empty_db.reading() as cursor:
        found = cursor.execute("select response, side_of_a, preference, strength from unblinding").fetchall()
    assert {(response, side): rest for response, side, *rest in found} == {
        (response, side): [unblind(response, side).preference, unblind(response, side).strength]
        for response in RESPONSES
        for side in SIDES
    }


def test_the_long_table_reads_answers_as_python_does(db: store.Database) -> None:
    for _ in range(4):
        rater = store.enrol(db, "small")
        while task := store.current_task(db, rater):
            for number, (criterion, revision) in enumerate(task.revisions.items()):
                response = ("left", "right", "tie", "both_bad")[(task.progress.done + number) % 4]
                assert store.record_judgment(db, rater, task.assignment_id, criterion, revision, response)
    long = store.judgments(db, "small")
    assert set(long["side_of_a"]) == set(SIDES)
    for row in long.to_dict("records"):
        meaning = unblind(row["response"], row["side_of_a"])
        assert (row["preference"], row["strength"]) == (meaning.preference, meaning.strength)
        a_side, b_side = row["side_of_a"], other_side(row["side_of_a"])
        assert row[f"{a_side}_system"] == row["system_a"]
        assert row[f"{b_side}_system"] == row["system_b"]
        if meaning.preference in ("a", "b"):
            assert row["preferred_system"] == row[f"system_{meaning.preference}"]
            assert row["preferred_output_id"] == row[f"output_{meaning.preference}_id"]
