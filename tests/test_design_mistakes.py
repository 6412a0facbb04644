"""Every mistake in a design gives a sentence that names the field, what it holds and what is allowed."""

from collections.abc import Iterator
from typing import get_args

import pytest
from pydantic import BaseModel

from study.errors import InvalidInput
from study.protocol.design import Design, parse_design


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
            "question key 'fit' is used twice",
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
        ({"quota": 3, "own_quota": 2}, "quota: leave it out if you give own_quota"),
        ({"completion_code": "CODE", "failure_code": "CODE"}, "needs a different value"),
        ({"screening": [{"key": "a", "question": "?", "kind": "choice"}]}, "'screening.0': options of 'a'"),
        (
            {
                "screening": [
                    {"key": "a", "question": "?", "kind": "choice", "options": ["x", "y"], "accept": ["z"]}
                ]
            },
            "accept of 'a' contains 'z', which is not an option; allowed: 'x', 'y'",
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
        (
            {
                "screening": [
                    {"key": "a", "question": "?", "kind": "number", "accept_from": 9, "accept_to": 3}
                ]
            },
            "accept_from of 'a' is 9 and accept_to 3, so no number is accepted",
        ),
        ({"screening": [{"key": "a", "question": "?", "accept_from": 9}]}, "only the kind number has bounds"),
        ({"crowd": {"id_param": "w"}}, "only the platform 'generic' has its own parameters"),
        (
            {"crowd": {"platform": "generic", "id_param": "w", "capture": ["key"]}},
            "study, rater, key, of and left are the app's own parameters",
        ),
        (
            {
                "factors": [
                    {
                        "key": "x",
                        "assigned": "within",
                        "levels": [{"key": "a", "instructions": "?"}, {"key": "b"}],
                    }
                ]
            },
            "instructions can differ only between raters",
        ),
        ({"criteria": [{"question": "?"}]}, "'criteria.0.key': this field is required"),
        ({"practice": {"attempts": 0}}, "practice.attempts"),
        ({"elicitation": {"examples": 0, "pairs": 0}}, "'elicitation': examples and pairs are both 0"),
        ({"elicitation": {"examples": 21}}, r"'elicitation.examples': .*less than or equal to 20 \(got 21\)"),
        ({"elicitation": {"comments": "often"}}, "'elicitation.comments': .*'off', 'optional' or 'required'"),
        ({"elicitation": {"query": ""}}, "'elicitation.query': .*at least 1 character"),
        ({"elicitation": {"pear": 1}}, "'elicitation.pear': there is no such field; allowed: query, need, "),
        (
            {"elicitation": {}, "own_quota": 3},
            "own_quota and others_quota count profiles that the study brings",
        ),
        ({"elicitation": {"proxies": 9}, "quota": 8}, "elicitation.proxies is 9 and quota 8"),
        ([1, 2], "design field 'design'"),
        ("{", "design"),
    ],
)
def test_a_wrong_field_is_named_with_what_it_holds(data: object, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        parse_design(data)


def fields_of(part: type[BaseModel], path: str = "") -> Iterator[str]:
    """Yield every field of a design and of its parts, such as ``checks.gold``."""
    for name, field in part.model_fields.items():
        yield path + name
        inner = part_in(field.annotation)
        if inner:
            yield from fields_of(inner, f"{path}{name}.")


def part_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for one in get_args(annotation) if (found := part_in(one))), None)


FORMS = ("screening", "demographics", "closing")
WRONG_QUESTION = {
    "key": ("Age", "give 1 to 40 lower-case letters"),
    "question": ("", "at least 1 character"),
    "kind": ("date", "'choice', 'several', 'text' or 'number'"),
    "options": ("yes", "give a list"),
    "required": ("perhaps", "allowed: true, false"),
    "accept": (["yes"], "not an option; allowed: none, as there are no options"),
    "accept_from": ("young", "give a number"),
    "accept_to": (["old"], "give a number"),
}
WRONG: dict[str, tuple[object, str]] = {
    "questions": ("fit", "give a list"),
    "questions.key": ("1st", "give 1 to 40 lower-case letters"),
    "questions.question": (7, "give a text"),
    "questions.help": (["x"], "give a text"),
    "questions.kind": ("stars", "allowed: preference, scale, number, choice, several, order, text, points"),
    "questions.about": ("all", "'task', 'each_output', 'each_subject' or 'each_output_and_subject'"),
    "questions.required": ("perhaps", "allowed: true, false"),
    "questions.steps": ("five", "give a whole number"),
    "questions.labels": ("good", "give a list"),
    "questions.ties": ("maybe", "allowed: true, false"),
    "questions.both_bad": (3, "allowed: true, false"),
    "questions.options": ("yes", "give a list"),
    "questions.options.key": ("not a key", "should match pattern"),
    "questions.options.label": ("", "at least 1 character"),
    "questions.of": ("systems", "'options' or 'outputs'"),
    "questions.least": ("few", "give a number"),
    "questions.most": (["all"], "give a number"),
    "questions.step": (0, "greater than 0"),
    "questions.unit": ("x" * 41, "at most 40 characters"),
    "questions.total": (0, "greater than or equal to 1"),
    "questions.min_chars": (-1, "greater than or equal to 0"),
    "questions.sees": (["output"], "'profile', 'request' or 'reference'"),
    "questions.shown_if": ("always", "give a mapping; its fields: question, answers"),
    "questions.shown_if.question": ("1st", "give 1 to 40 lower-case letters"),
    "questions.shown_if.answers": ([], "give at least 1"),
    "questions.with_previous": ("perhaps", "allowed: true, false"),
    "templates": ("pairs", "give a list"),
    "templates.key": ("1st", "give 1 to 40 lower-case letters"),
    "templates.outputs": ("three", "'pairs', 'each' or 'all'"),
    "templates.questions": ("fit", "give a list"),
    "templates.share": (0, "greater than 0"),
    "templates.overlap": (0, "greater than or equal to 1"),
    "overlap": (1.5, "give a whole number"),
    "quota": (0, "greater than or equal to 1"),
    "own_quota": (-1, "greater than or equal to 0"),
    "others_quota": ("many", "give a whole number"),
    "order": ("alphabetical", "'least_judged', 'random' or 'priority'"),
    "priority": ("", "at least 1 character"),
    "blocks": ("on", "'off', 'together' or 'apart'"),
    "allow_disconnected": ("perhaps", "allowed: true, false"),
    "lease_hours": (float("inf"), "give a finite number"),
    "min_view_seconds": (61, "less than or equal to 60"),
    "rationale": ("must", "'off', 'optional' or 'required'"),
    "rationale_min_chars": (0, "greater than or equal to 1"),
    "confidence": ("perhaps", "allowed: true, false"),
    "disclosure": ("some", "'hidden', 'summary' or 'full'"),
    "factors": ([{"key": name, "levels": [{"key": "a"}, {"key": "b"}]} for name in "abcde"], "at most 4"),
    "factors.key": ("Tone", "give 1 to 40 lower-case letters"),
    "factors.assigned": ("across", "'between' or 'within'"),
    "factors.levels": ([{"key": "a"}], "give at least 2"),
    "factors.levels.key": ("", "give 1 to 40 lower-case letters"),
    "factors.levels.disclosure": ("some", "'hidden', 'summary' or 'full'"),
    "factors.levels.instructions": (5, "give a text"),
    "checks": (5, "give a mapping; its fields: attention, gold"),
    "checks.attention": (51, "less than or equal to 50"),
    "checks.gold": (-1, "greater than or equal to 0"),
    "checks.wrong_profile": ("all", "give a whole number"),
    "checks.every": (0, "greater than or equal to 1"),
    "checks.repeats": (51, "less than or equal to 50"),
    "checks.lag": (0, "greater than or equal to 1"),
    "checks.counted": (["silver"], "'attention', 'gold' or 'wrong_profile'"),
    "checks.warn_after": (0, "greater than or equal to 1"),
    "checks.stop_after": (0, "greater than or equal to 1"),
    "retention_until": ("soon", "date"),
    "retention_keeps": ("everything", "'answers' or 'nothing'"),
    "elicitation": ("yes", "give a mapping; its fields: query, need"),
    "elicitation.query": ("", "at least 1 character"),
    "elicitation.need": ("", "at least 1 character"),
    "elicitation.examples": (21, "less than or equal to 20"),
    "elicitation.comments": ("often", "'off', 'optional' or 'required'"),
    "elicitation.pairs": (-1, "greater than or equal to 0"),
    "elicitation.pair_question": ("", "at least 1 character"),
    "elicitation.proxies": (-1, "greater than or equal to 0"),
    "practice": ("yes", "give a mapping; its fields: pass_mark, attempts"),
    "practice.pass_mark": (101, "less than or equal to 100"),
    "practice.attempts": (0, "greater than or equal to 1"),
    "practice.explanations": (["because"], "give a mapping"),
    **{f"{form}.{name}": wrong for form in FORMS for name, wrong in WRONG_QUESTION.items()},
    **dict.fromkeys(FORMS, ("your age?", "give a list")),
    **dict.fromkeys(("profile_title", "request_title", "consent", "instructions"), (5, "give a text")),
    "completion_code": ("abc", "at least 4 characters"),
    "screen_out_code": ("x" * 101, "at most 100 characters"),
    "full_code": ("x", "at least 4 characters"),
    "places_per_address": (0, "greater than or equal to 1"),
    "failure_code": (1234, "give a text"),
    "crowd": ("prolific", "give a mapping; its fields: platform"),
    "crowd.platform": ("mturkk", "'prolific', 'mturk' or 'generic'"),
    "crowd.id_param": ("a b", "give at most 64 letters, digits and _"),
    "crowd.capture": (["a-b"], "give at most 64 letters, digits and _"),
    **dict.fromkeys(
        ("crowd.success_url", "crowd.screen_out_url", "crowd.failure_url", "crowd.full_url"),
        ("http://x.org", "begins with https://"),
    ),
    "contact": (["me"], "give a text"),
    "condition_order": (["zero", "zero"], "'zero' appears twice"),
    "analysis_plan": (1, "give a text"),
}
# What stands around a field of a list: the rest of a question, a template, a factor, a level, an option.
AROUND: dict[str, dict[str, object]] = {
    "questions": {"key": "fit", "question": "?"},
    "templates": {"key": "pairs"},
    "options": {"key": "yes", "label": "Yes"},
    "shown_if": {"question": "fit", "answers": ["a"]},
    "factors": {"key": "tone", "levels": [{"key": "a"}, {"key": "b"}]},
    "levels": {"key": "a"},
    **{form: {"key": "age", "question": "?"} for form in FORMS},
}


def design_with(path: str, value: object) -> dict[str, object]:
    """Return a design whose only mistake is the value of one field."""
    first, _, rest = path.partition(".")
    if not rest:
        return {first: value}
    inner = AROUND.get(first, {}) | design_with(rest, value)
    if first == "shown_if":
        return {first: inner}
    if first == "levels":
        return {first: [inner, {"key": "b"}]}
    return {first: [inner] if first in AROUND else inner}


@pytest.mark.parametrize("field", list(fields_of(Design)))
def test_each_field_of_a_design_has_a_wrong_value_that_is_named_with_what_is_allowed(field: str) -> None:
    value, allowed = WRONG[field]
    named = field
    for part in ("questions", "templates", "options", "factors", "levels"):
        named = named.replace(f"{part}.", f"{part}.0.")
    for form in FORMS:
        named = named.replace(f"{form}.", f"{form}.0.")
    with pytest.raises(InvalidInput) as caught:
        parse_design(design_with(field, value))
    sentence = str(caught.value)
    where = named.removesuffix(".accept") if field.endswith(".accept") else named
    assert f"design field '{where}" in sentence
    assert field.rpartition(".")[2] in sentence
    assert allowed in sentence
    assert sentence.count("design field") == 1


def test_every_wrong_field_is_named() -> None:
    with pytest.raises(InvalidInput, match=r"overlap.*; .*quota"):
        parse_design({"overlap": 0, "quota": 0})
