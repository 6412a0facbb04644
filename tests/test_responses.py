"""Laws of every response format: data that the form, the keys and the codes rely on."""

from collections import Counter
from itertools import combinations

import pytest

from study.responses import BOTH_BAD, NO_ANSWER, OPTIONS, RESPONSE_FORMATS, TIE, without_clashes

OTHER_KEYS = {"s", "u"}


@pytest.mark.parametrize("name", RESPONSE_FORMATS)
def test_no_key_gives_two_answers(name: str) -> None:
    keys = [key for option in RESPONSE_FORMATS[name].options for key in option.keys]
    assert max(Counter(keys).values()) == 1
    assert not OTHER_KEYS & set(keys)
    assert all(len(key) == 1 and key == key.lower() for key in keys)


@pytest.mark.parametrize("name", RESPONSE_FORMATS)
def test_a_format_has_one_tie_and_one_both_bad(name: str) -> None:
    codes = [option.code for option in RESPONSE_FORMATS[name].options]
    assert codes.count(TIE) == codes.count(BOTH_BAD) == 1
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("name", RESPONSE_FORMATS)
def test_both_sides_have_the_same_strengths_from_one_up(name: str) -> None:
    options = RESPONSE_FORMATS[name].options
    left, right = (
        sorted(option.strength for option in options if option.side == side) for side in ("left", "right")
    )
    assert left == right == list(range(1, len(left) + 1))


@pytest.mark.parametrize("name", RESPONSE_FORMATS)
def test_the_options_of_a_scale_go_from_left_to_right(name: str) -> None:
    signs = {"left": -1, None: 0, "right": 1}
    scale = [
        signs[option.side] * option.strength
        for option in RESPONSE_FORMATS[name].options
        if option.code != BOTH_BAD
    ]
    assert scale == sorted(scale)


def test_a_code_means_the_same_in_every_format() -> None:
    for response_format in RESPONSE_FORMATS.values():
        for option in response_format.options:
            known = OPTIONS[option.code]
            assert (known.side, known.strength) == (option.side, option.strength)


def test_an_answer_that_is_none_is_no_option() -> None:
    assert not set(NO_ANSWER) & set(OPTIONS)


@pytest.mark.parametrize("names", [*combinations(RESPONSE_FORMATS, 2), tuple(RESPONSE_FORMATS)], ids=" ".join)
def test_no_key_means_one_side_here_and_the_other_there(names: tuple[str, ...]) -> None:
    questions = without_clashes([RESPONSE_FORMATS[name].options for name in names])
    meant: dict[str, set[object]] = {}
    for options in questions:
        keys = [key for option in options for key in option.keys]
        assert len(set(keys)) == len(keys)
        assert all(option.keys for option in options)
        for option in options:
            for key in option.keys:
                meant.setdefault(key, set()).add(option.side)
    assert {key: sides for key, sides in meant.items() if len(sides) > 1} == {}
    assert [[option.code for option in options] for options in questions] == [
        [option.code for option in RESPONSE_FORMATS[name].options] for name in names
    ]


def test_questions_of_one_scale_keep_their_keys() -> None:
    for entry in RESPONSE_FORMATS.values():
        assert without_clashes([entry.options, entry.options[:-1]]) == [
            list(entry.options),
            list(entry.options[:-1]),
        ]
