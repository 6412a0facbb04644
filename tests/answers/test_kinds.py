"""Laws that hold for every kind of answer, and what each kind takes and refuses."""

from itertools import permutations

import numpy as np
import pytest

from study.answers import (
    ANSWERS,
    AnswerSpec,
    Cell,
    Feelings,
    Shape,
    cells_of,
    checked,
    moved,
    places_of,
    simulated,
)
from study.blinding import slot_of
from study.errors import InvalidInput

SUBJECTS = ("plot", "tone")
YES_NO = {"yes": "Yes", "no": "No", "unsure": "Not sure"}
SPECS = {
    "preference": AnswerSpec(steps=5),
    "scale": AnswerSpec(kind="scale", steps=7, labels=("Bad", "Good"), about="each_output_and_subject"),
    "number": AnswerSpec(kind="number", least=-1, most=1, step=0.5, about="each_output"),
    "choice": AnswerSpec(kind="choice", of="outputs"),
    "choice of options": AnswerSpec(kind="choice", options=YES_NO, about="each_subject"),  # type: ignore[arg-type]
    "several": AnswerSpec(kind="several", of="outputs", least=1, most=2),
    "several options": AnswerSpec(kind="several", options=YES_NO, about="each_output"),  # type: ignore[arg-type]
    "order": AnswerSpec(kind="order"),
    "order of two": AnswerSpec(kind="order", most=2, ties=False),
    "text": AnswerSpec(kind="text", min_chars=5, about="each_output"),
    "points": AnswerSpec(kind="points", of="outputs", total=10),
    "points of options": AnswerSpec(kind="points", options=YES_NO, total=9),  # type: ignore[arg-type]
}


def shape_of(spec: AnswerSpec) -> Shape:
    return Shape(2 if spec.kind == "preference" else 3, SUBJECTS)


def responses(spec: AnswerSpec, n: int = 12) -> list[str]:
    rng = np.random.default_rng(7)
    feelings = [
        Feelings(tuple(rng.normal(size=shape_of(spec).n_outputs)), -1, 1, tie_width=0.4, lapse=0.1)
        for _ in range(n)
    ]
    return [simulated(spec, one, shape_of(spec), rng) for one in feelings]


def by_slot(spec: AnswerSpec, response: str, arrangement: str) -> list[tuple[str, Cell]]:
    """Return the cells with slots instead of positions, without the options that name a side of the screen."""
    found = []
    for cell in cells_of(spec, response, shape_of(spec)):
        text = None if spec.kind == "preference" else cell.text
        found.append((str(slot_of(arrangement, cell.position)), Cell(None, cell.subject, cell.number, text)))
    return sorted(found, key=str)


def test_every_kind_is_in_the_laws() -> None:
    assert {spec.kind for spec in SPECS.values()} == set(ANSWERS)


@pytest.mark.parametrize("name", SPECS)
def test_what_is_said_of_outputs_does_not_depend_on_where_they_stand(name: str) -> None:
    spec = SPECS[name]
    shape = shape_of(spec)
    usual = "".join(str(slot) for slot in range(shape.n_outputs))
    for response in responses(spec):
        for to in permutations(range(shape.n_outputs)):
            elsewhere = [""] * shape.n_outputs
            for position, place in enumerate(to):
                elsewhere[place] = usual[position]
            again = checked(spec, moved(spec, response, shape, to), shape)
            assert by_slot(spec, again, "".join(elsewhere)) == by_slot(spec, response, usual)


@pytest.mark.parametrize("name", SPECS)
def test_a_simulated_answer_is_valid_and_about_all_that_is_asked(name: str) -> None:
    spec = SPECS[name]
    assert ANSWERS[spec.kind].problems(spec) == []
    for response in responses(spec):
        assert checked(spec, response, shape_of(spec)) == response
        cells = cells_of(spec, response, shape_of(spec))
        asked = {subject for _, subject in places_of(spec, shape_of(spec))}
        assert {cell.subject for cell in cells} <= asked
        assert ANSWERS[spec.kind].words(spec)


@pytest.mark.parametrize(
    ("name", "response", "sentence"),
    [
        ("preference", "left_3", "unknown response 'left_3'; allowed: left_2, left_1"),
        (
            "scale",
            '[{"plot":8,"tone":1},{"plot":1,"tone":1},{"plot":1,"tone":1}]',
            "8 is no step of the scale; allowed: 1 to 7",
        ),
        ("scale", '[{"plot":1,"tone":1}]', "has not one value for each of 3 outputs"),
        ("scale", '[{"plot":1},{"plot":1},{"plot":1}]', "has not one value for each subject"),
        ("scale", "4", "has not one value for each of 3 outputs"),
        ("scale", "four", "is not JSON"),
        ("number", "[0.25,0,0]", "0.25 is between the steps of 0.5 from -1"),
        ("number", "[2,0,0]", "2 is no number from -1 to 1"),
        ("number", "[true,0,0]", "True is no number"),
        ("number", "[null,0,0]", "something is not answered yet"),
        ("choice", "3", "3 is no output's position; allowed: 0 to 2"),
        ("choice", "true", "True is no output's position"),
        (
            "choice of options",
            '{"plot":"perhaps","tone":"yes"}',
            "'perhaps' is no option; allowed: yes, no, unsure",
        ),
        ("several", "[]", "0 choices; allowed: 1 to 2"),
        ("several", "[0,0]", "names something twice"),
        ("order", "[[0],[1]]", "2 of 3 outputs are ranked"),
        ("order", "[[0],[1],[1,2]]", "each once"),
        ("order of two", "[[0,1]]", "has ties, which this question does not allow"),
        ("text", '["  no  ","enough","enough"]', "give a text of 5 to 20,000 characters"),
        ("points", "[5,5,1]", "add up to 10"),
        ("points", "[11,-1,0]", "whole numbers from 0 up"),
        ("points of options", '{"yes":9}', "has not one number for each of yes, no, unsure"),
    ],
)
def test_a_wrong_answer_is_named_with_what_is_allowed(name: str, response: str, sentence: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        checked(SPECS[name], response, shape_of(SPECS[name]))
    assert sentence in str(caught.value)


def test_an_optional_answer_may_be_left_out() -> None:
    spec = AnswerSpec(kind="scale", about="each_output", required=False)
    assert checked(spec, "[4,null]", Shape(2)) == "[4,null]"
    assert [cell.position for cell in cells_of(spec, "[4,null]", Shape(2))] == [0]


def test_tied_places_share_their_mean() -> None:
    cells = cells_of(AnswerSpec(kind="order"), "[[2],[0,1]]", Shape(3))
    assert {cell.position: cell.number for cell in cells} == {2: 1.0, 0: 2.5, 1: 2.5}


def test_what_was_offered_and_not_chosen_is_a_zero() -> None:
    best = cells_of(AnswerSpec(kind="choice", of="outputs"), "1", Shape(3))
    assert [cell.number for cell in best] == [0, 1, 0]
    spec = SPECS["several options"]
    assert [(cell.text, cell.number) for cell in cells_of(spec, '[["no"],[],[]]', Shape(3))][:3] == [
        ("yes", 0),
        ("no", 1),
        ("unsure", 0),
    ]
