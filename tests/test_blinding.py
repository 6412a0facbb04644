"""Between screen and outputs: one rule, the same in Python and in SQL, and blind to the arrangement."""

import re
from collections import Counter

import pandas as pd
import pytest

from study import store
from study.blinding import (
    A_LEFT,
    A_RIGHT,
    ARRANGEMENT_OF,
    ARRANGEMENTS,
    Preference,
    blind,
    mirror,
    mirrored,
    preference_codes,
    shown_in,
    side_of_a,
    unblind,
    unblinding_table,
)
from study.errors import InvalidInput
from study.records import SIDES, Assignment, Comparison, Judgment, Rater, Side
from study.responses import NO_ANSWER, OPTIONS, RESPONSE_FORMATS, UNDONE
from study.store.engine import rows
from tests.conftest import NOON

RESPONSES = [*OPTIONS, *NO_ANSWER]


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
@pytest.mark.parametrize("response", RESPONSES)
def test_exchanging_the_sides_changes_nothing_about_the_outputs(response: str, arrangement: str) -> None:
    assert unblind(mirror(response), mirrored(arrangement)) == unblind(response, arrangement)


def test_a_comparison_has_two_arrangements_each_with_output_a_on_its_side() -> None:
    assert ARRANGEMENTS == (A_LEFT, A_RIGHT) == ("01", "10")
    assert [side_of_a(one) for one in ARRANGEMENTS] == list(SIDES)
    assert [ARRANGEMENT_OF[side] for side in SIDES] == list(ARRANGEMENTS)
    for one in ARRANGEMENTS:
        assert shown_in(one, ["a", "b"])[SIDES.index(side_of_a(one))] == "a"
        assert {side_of_a(one), side_of_a(mirrored(one))} == set(SIDES)


def test_each_character_of_an_arrangement_is_the_slot_at_its_position() -> None:
    letters = "abcdefghij"
    arrangement = "9027346185"
    assert shown_in(arrangement, letters) == [letters[int(slot)] for slot in arrangement]
    assert shown_in(mirrored(arrangement), letters) == shown_in(arrangement, letters)[::-1]
    assert shown_in("0", ["alone"]) == ["alone"]


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
def test_the_preferred_side_is_the_preferred_output(side: Side) -> None:
    for code, option in OPTIONS.items():
        meaning = unblind(code, ARRANGEMENT_OF[side])
        if option.side is None:
            assert (meaning.preference, meaning.strength) == (code, 0)
        else:
            assert meaning.preference == ("a" if option.side == side else "b")
            assert meaning.strength == option.strength * (1 if option.side == side else -1)


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
@pytest.mark.parametrize("preference", ["a", "b", "tie", "both_bad"])
def test_blinding_is_undone_by_unblinding(preference: Preference, arrangement: str) -> None:
    assert unblind(blind(preference, arrangement), arrangement).preference == preference


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
@pytest.mark.parametrize("response", NO_ANSWER)
def test_no_answer_is_no_preference(response: str, arrangement: str) -> None:
    meaning = unblind(response, arrangement)
    assert (meaning.preference, meaning.strength) == (None, None)


@pytest.mark.parametrize("response", ["", "Left", "left_9", "a", "ties"])
def test_a_typo_never_becomes_an_answer(response: str) -> None:
    with pytest.raises(InvalidInput, match="unknown response"):
        unblind(response, A_LEFT)


@pytest.mark.parametrize("arrangement", ["left", "", "0", "012", "?"])
@pytest.mark.parametrize("response", ["left", "skip"])
def test_an_unknown_arrangement_is_refused(response: str, arrangement: str) -> None:
    with pytest.raises(InvalidInput, match=re.escape(f"unknown arrangement of a comparison {arrangement!r}")):
        unblind(response, arrangement)


def test_the_table_holds_every_answer_in_both_arrangements() -> None:
    table = list(unblinding_table())
    assert len(table) == 2 * len(RESPONSES)
    assert {(response, arrangement): tuple(rest) for response, arrangement, *rest in table} == {
        (response, arrangement): meaning_of(response, arrangement)
        for response in RESPONSES
        for arrangement in ARRANGEMENTS
    }


def meaning_of(response: str, arrangement: str) -> tuple[str | None, int | None]:
    meaning = unblind(response, arrangement)
    return meaning.preference, meaning.strength


def test_the_codes_hold_every_answer_once_and_prefer_a_position_or_are_neutral() -> None:
    codes = {response: tuple(rest) for response, *rest in preference_codes()}
    assert sorted(codes) == sorted(one for one, *_ in preference_codes()) == sorted(RESPONSES)
    for code, option in OPTIONS.items():
        expected = (
            (None, 0, code) if option.side is None else (SIDES.index(option.side), option.strength, None)
        )
        assert codes[code] == expected
    assert {codes[code] for code in NO_ANSWER} == {(None, None, None)}


def test_the_database_holds_the_codes(empty_db: store.Database) -> None:
    with empty_db.reading() as cursor:
        found = cursor.execute("select response, position, strength, neutral from preference_code").fetchall()
    assert sorted(found, key=repr) == sorted(preference_codes(), key=repr)


SHOWN = [(response, arrangement) for response in RESPONSES for arrangement in ARRANGEMENTS]


@pytest.fixture
def answered(db: store.Database) -> dict[str, Comparison]:
    """Every response in both arrangements, each on a comparison of the small study; by the name of the judgment."""
    known = store.study_records(db, "small")
    compared = known.comparisons()
    found = {}
    with db.writing() as cursor:
        rows.insert(cursor, Rater("r", "small", "t", None, "link", None, {}, None, "active", None, NOON))
        for number, (response, arrangement) in enumerate(SHOWN):
            name, pair = f"{response} {arrangement}", compared[number % len(compared)]
            seat = Assignment(
                name, "small", pair.task.task_id, "r", number, arrangement, "main", None, NOON, None
            )
            rows.insert(cursor, seat)
            rows.insert(
                cursor, Judgment(name, "small", name, "fit", 0, response, None, None, None, None, NOON, None)
            )
            found[name] = pair
    return found


@pytest.mark.parametrize("view", ["judgment_current", "judgment_long"])
def test_the_database_reads_answers_as_python_does(
    db: store.Database, answered: dict[str, Comparison], view: str
) -> None:
    with db.reading() as cursor:
        found = cursor.execute(f"select judgment_id, side_of_a, preference, strength from {view}").fetchall()
    assert sorted(found, key=repr) == sorted(
        [
            (f"{response} {arrangement}", side_of_a(arrangement), *meaning_of(response, arrangement))
            for response, arrangement in SHOWN
            if response != UNDONE
        ],
        key=repr,
    )


def test_the_coded_table_reads_answers_as_python_does(
    db: store.Database, answered: dict[str, Comparison]
) -> None:
    coded = store.coded_judgments(db, "small")
    found = Counter(
        (response, side, *(None if pd.isna(one) else one for one in meaning))
        for response, side, *meaning in coded[["response", "side_of_a", "preference", "strength"]].to_numpy()
    )
    assert found == Counter(
        (response, side_of_a(arrangement), *meaning_of(response, arrangement))
        for response, arrangement in SHOWN
        if response != UNDONE
    )


def test_the_preferred_output_and_its_system_are_those_at_the_preferred_position(
    db: store.Database, answered: dict[str, Comparison]
) -> None:
    systems = {one.output_id: one.system for one in store.study_records(db, "small").outputs}
    with db.reading() as cursor:
        found = {
            name: rest
            for name, *rest in cursor.execute(
                "select judgment_id, left_system, right_system, preferred_output_id, preferred_system from judgment_long"
            ).fetchall()
        }
    for response, arrangement in SHOWN:
        name = f"{response} {arrangement}"
        if response == UNDONE:
            assert name not in found
            continue
        pair = answered[name]
        left, right = shown_in(arrangement, (pair.output_a_id, pair.output_b_id))
        side = OPTIONS[response].side if response in OPTIONS else None
        preferred = {None: None, "left": left, "right": right}[side]
        system = systems[preferred] if preferred else None
        assert found[name] == [systems[left], systems[right], preferred, system]


def test_an_answer_of_another_kind_is_no_preference(db: store.Database) -> None:
    """Where an answer to another kind of question is spelled like a preference, it is not read as one."""
    rater = store.enrol(db, "small")
    task = store.current_task(db, rater)
    assert task is not None
    assert store.record_judgment(db, rater, task.assignment_id, "fit", 0, "left")
    with db.writing() as cursor:
        cursor.execute("update judgment set kind = 'other'")
    with db.reading() as cursor:
        found = cursor.execute("select response, preference, strength from judgment_current").fetchall()
        long = cursor.execute("select * from judgment_long").fetchall()
    assert (found, long) == ([("left", None, None)], [])


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
        meaning = unblind(row["response"], ARRANGEMENT_OF[row["side_of_a"]])
        assert (row["preference"], row["strength"]) == (meaning.preference, meaning.strength)
        a_side, b_side = row["side_of_a"], "left" if row["side_of_a"] == "right" else "right"
        assert row[f"{a_side}_system"] == row["system_a"]
        assert row[f"{b_side}_system"] == row["system_b"]
        if meaning.preference in ("a", "b"):
            assert row["preferred_system"] == row[f"system_{meaning.preference}"]
            assert row["preferred_output_id"] == row[f"output_{meaning.preference}_id"]
