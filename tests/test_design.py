"""The design as data: what is wrong is named, what is right comes back the same."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from study.answers import ANSWERS
from study.errors import InvalidInput
from study.formats.readers.settings import read_design, write_design
from study.protocol.design import (
    Checks,
    Design,
    Elicitation,
    FormQuestion,
    Question,
    design_schema,
    parse_design,
)
from study.responses import RESPONSE_FORMATS

texts = st.characters(exclude_categories=["Cs", "Cc"])
criteria = st.builds(
    Question,
    key=st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True),
    question=st.text(texts, min_size=1, max_size=30),
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
    consent=st.text(texts, max_size=50),
    elicitation=st.one_of(
        st.none(),
        st.builds(
            Elicitation,
            examples=st.integers(1, 20),
            pairs=st.integers(0, 20),
            query=st.text(texts, min_size=1),
        ),
    ),
    checks=st.builds(Checks, gold=st.integers(0, 5), repeats=st.integers(0, 5), warn_after=st.none()),
    disclosure=st.sampled_from(["hidden", "summary", "full"]),
    screening=st.lists(
        st.builds(
            FormQuestion,
            key=st.just("age"),
            question=st.text(texts, min_size=1, max_size=9),
            kind=st.just("number"),
            accept_from=st.one_of(st.none(), st.floats(0, 99)),
        ),
        max_size=1,
    ).map(tuple),
    completion_code=st.one_of(st.none(), st.text(texts, min_size=4, max_size=9)),
)


@given(designs)
def test_a_design_comes_back_from_its_json_with_the_same_hash(design: Design) -> None:
    again = parse_design(design.to_json())
    assert again == design
    assert again.hash() == design.hash()


@given(designs)
def test_the_json_of_a_design_is_canonical(design: Design) -> None:
    assert json.dumps(json.loads(design.to_json()), sort_keys=True, ensure_ascii=False) == design.to_json()


@given(designs)
@example(Design(consent="null", contact="~", instructions="off: [yes]", analysis_plan="a\n\n  b"))
def test_a_design_comes_back_from_its_yaml(design: Design) -> None:
    assert read_design(write_design(design), "design.yaml") == design


def test_the_json_schema_names_every_field_and_what_is_allowed() -> None:
    schema = design_schema()
    assert set(schema["properties"]) == set(Design.model_fields)
    assert schema["additionalProperties"] is False
    assert schema["$defs"]["Question"]["properties"]["kind"]["enum"] == list(ANSWERS)


def test_a_design_of_version_1_is_read_as_it_was_meant() -> None:
    assert parse_design({"show_profile": False}).disclosure == "hidden"
    assert parse_design({"show_profile": "true"}) == Design()


def test_the_order_of_conditions_changes_no_hash_of_a_design_without_it() -> None:
    assert "condition_order" not in json.loads(Design().to_json())
    ordered = parse_design({"condition_order": ["zero", "history"]})
    assert json.loads(ordered.to_json())["condition_order"] == ["zero", "history"]
    assert ordered.hash() != Design().hash()


def test_a_redirect_follows_from_the_code_on_prolific_and_else_from_the_address() -> None:
    design = parse_design({"completion_code": "DONE", "crowd": {"platform": "prolific"}})
    assert design.redirect("success") == "https://app.prolific.com/submissions/complete?cc=DONE"
    assert design.redirect("failure") is None
    assert Design(completion_code="DONE").redirect("success") is None


def test_what_a_rater_sees_follows_from_arm_and_condition() -> None:
    tone = {"key": "tone", "levels": [{"key": "plain"}, {"key": "warm", "instructions": "Dear you,"}]}
    shown = {
        "key": "shown",
        "assigned": "within",
        "levels": [{"key": "no", "disclosure": "hidden"}, {"key": "yes"}],
    }
    design = parse_design({"factors": [tone, shown]})
    assert design.cells("within") == ["shown=no", "shown=yes"]
    assert design.disclosure_under("tone=warm", "shown=no") == "hidden"
    assert design.disclosure_under("tone=warm", "shown=yes") == "full"
    assert design.instructions_under("tone=warm") == "Dear you,"
    assert design.instructions_under("tone=plain") == design.instructions


def test_designs_that_differ_have_other_hashes() -> None:
    assert Design().hash() != Design(overlap=4).hash()


def test_an_unknown_criterion_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidInput, match="unknown criterion 'fit'; allowed: overall"):
        Design().criterion("fit")


@given(criteria)
def test_a_criterion_offers_ties_and_both_bad_only_where_allowed(criterion: Question) -> None:
    codes = [option.code for option in criterion.preference_options()]
    assert ("tie" in codes) == criterion.ties
    assert ("both_bad" in codes) == criterion.both_bad
    assert {"left", "right"} <= {code.split("_")[0] for code in codes}
