"""The design as data: what is wrong is named, what is right comes back the same."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from study.design import Checks, Criterion, Design, Elicitation, Question, design_schema, parse_design
from study.errors import InvalidInput
from study.formats.settings import read_design, write_design
from study.responses import RESPONSE_FORMATS

texts = st.characters(exclude_categories=["Cs", "Cc"])
criteria = st.builds(
    Criterion,
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
            Question,
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
    formats = schema["$defs"]["Criterion"]["properties"]["response_format"]["enum"]
    assert formats == list(RESPONSE_FORMATS)


def test_a_design_of_version_1_is_read_as_it_was_meant() -> None:
    assert parse_design({"show_profile": False}).disclosure == "hidden"
    assert parse_design({"show_profile": "true"}) == Design()


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
        ({"show_profile": "perhaps"}, "show_profile is 'perhaps'; allowed: true, false"),
        ({"checks": {"warn_after": 2, "stop_after": 2}}, "field 'checks': warn_after is 2 and stop_after 2"),
        ({"checks": {"golden": 2}}, "'checks.golden': there is no such field; allowed: attention, gold, "),
        ({"crowd": {"platform": "generic"}}, "'crowd': id_param: name the address parameter"),
        ({"crowd": {"success_url": "http://x.org"}}, "'crowd.success_url': .*https://.*'http://x.org'"),
        ({"crowd": {"platform": "mturkk"}}, "'crowd.platform': .*'prolific', 'mturk' or 'generic'"),
        ({"quota": 3, "own_quota": 2}, "quota: leave it out where own_quota"),
        ({"completion_code": "CODE", "failure_code": "CODE"}, "needs a value of its own"),
        ({"screening": [{"key": "a", "question": "?", "kind": "choice"}]}, "'screening.0': options of 'a'"),
        (
            {
                "screening": [
                    {"key": "a", "question": "?", "kind": "choice", "options": ["x", "y"], "accept": ["z"]}
                ]
            },
            "accept of 'a' holds 'z', which is no option; allowed: 'x', 'y'",
        ),
        ({"closing": [{"key": "a", "question": "?", "options": ["x", "y"]}]}, "only the kinds choice"),
        (
            {"demographics": [{"key": "a", "question": "?", "kind": "number", "accept_from": 18}]},
            "demographics: only screening questions",
        ),
        ({"closing": [{"key": "a", "question": "?"}] * 2}, "closing key 'a' is used twice"),
        ({"factors": [{"key": "x", "levels": [{"key": "a"}]}]}, "factors.0.levels.*at least 2"),
        ({"factors": [{"key": "x", "levels": [{"key": "a"}] * 2}]}, "levels of factor 'x'"),
        ({"rationale": "must"}, "'off', 'optional' or 'required'"),
        ({"practice": {"attempts": 0}}, "practice.attempts"),
        ({"elicitation": {"examples": 0, "pairs": 0}}, "'elicitation': examples and pairs are both 0"),
        ({"elicitation": {"examples": 21}}, r"'elicitation.examples': .*less than or equal to 20 \(got 21\)"),
        ({"elicitation": {"comments": "often"}}, "'elicitation.comments': .*'off', 'optional' or 'required'"),
        ({"elicitation": {"query": ""}}, "'elicitation.query': .*at least 1 character"),
        ({"elicitation": {"pear": 1}}, "'elicitation.pear': there is no such field; allowed: query, need, "),
        (
            {"elicitation": {}, "own_quota": 3},
            "own_quota and others_quota count profiles that stand in the study",
        ),
        ({"elicitation": {"proxies": 9}, "quota": 8}, "elicitation.proxies is 9 and quota 8"),
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
