"""The design as data: what is wrong is named, what is right comes back the same."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from study.design import Criterion, Design, parse_design
from study.errors import InvalidInput
from study.responses import RESPONSE_FORMATS

criteria = st.builds(
    Criterion,
    key=st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True),
    question=st.text(min_size=1, max_size=30),
    response_format=st.sampled_from(list(RESPONSE_FORMATS)),
    ties=st.booleans(),
    both_bad=st.booleans(),
)
designs = st.builds(
    Design,
    criteria=st.lists(criteria, min_size=1, max_size=3, unique_by=lambda one: one.key).map(tuple),
    overlap=st.integers(1, 50),
    quota=st.one_of(st.none(), st.integers(1, 50)),
    lease_hours=st.floats(1e-6, 100),
    consent=st.text(max_size=50),
)


@given(designs)
def test_a_design_comes_back_from_its_json_with_the_same_hash(design: Design) -> None:
    again = parse_design(design.to_json())
    assert again == design
    assert again.hash() == design.hash()


@given(designs)
def test_the_json_of_a_design_is_canonical(design: Design) -> None:
    assert json.dumps(json.loads(design.to_json()), sort_keys=True, ensure_ascii=False) == design.to_json()


def test_designs_that_differ_have_other_hashes() -> None:
    assert Design().hash() != Design(overlap=4).hash()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"overlap": 0}, r"design field 'overlap': .*greater than or equal to 1.*\(got 0\)"),
        ({"overlap": "many"}, "design field 'overlap'.*'many'"),
        ({"overlop": 2}, "design field 'overlop'"),
        ({"order": "alphabetical"}, "least_judged.*random"),
        ({"criteria": []}, "design field 'criteria'"),
        ({"criteria": [{"key": "Fit", "question": "?"}]}, "criteria.0.key.*'Fit'"),
        ({"criteria": [{"key": "fit", "question": ""}]}, "criteria.0.question"),
        (
            {"criteria": [{"key": "fit", "question": "?", "response_format": "stars"}]},
            "unknown response format 'stars'; allowed: preference_3, preference_5, preference_7",
        ),
        (
            {"criteria": [{"key": "fit", "question": "?"}] * 2},
            "criterion key 'fit' is used twice",
        ),
        ({"lease_hours": 0}, "lease_hours"),
        ({"min_view_seconds": 61}, "min_view_seconds"),
        ({"completion_code": "abc"}, "completion_code"),
        ([1, 2], "design field 'design'"),
        ("{", "design"),
    ],
)
def test_a_wrong_field_is_named_with_what_it_holds(data: object, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        parse_design(data)


def test_every_wrong_field_is_named() -> None:
    with pytest.raises(InvalidInput, match=r"overlap.*; .*quota"):
        parse_design({"overlap": 0, "quota": 0})


def test_an_unknown_criterion_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidInput, match="unknown criterion 'fit'; allowed: overall"):
        Design().criterion("fit")


@given(criteria)
def test_a_criterion_offers_ties_and_both_bad_only_where_allowed(criterion: Criterion) -> None:
    codes = [option.code for option in criterion.options()]
    assert ("tie" in codes) == criterion.ties
    assert ("both_bad" in codes) == criterion.both_bad
    assert {"left", "right"} <= {code.split("_")[0] for code in codes}
