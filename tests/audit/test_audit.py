"""The blinding audit: the demo study is clean, and each of ten leaks planted into it is found."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from study import audit, store
from study.audit.material import AuditedTexts, Text
from study.content_kinds import plain_text
from study.workflows.demo import demo_records

Doctor = Callable[[Text, int], str]


@pytest.fixture(scope="module")
def clean() -> AuditedTexts:
    records = demo_records()
    names = {item.item_id: item.name for item in records.items}
    outputs = tuple(
        Text("output", names[one.item_id], plain_text(one.content), one.system, one.condition)
        for one in records.outputs
    )
    shown = tuple(Text("profile", one.name, plain_text(one.content)) for one in records.profiles) + tuple(
        Text("request", one.name, plain_text(one.content)) for one in records.items
    )
    return AuditedTexts(outputs, shown)


def doctored(clean: AuditedTexts, change: Doctor, system: str, *, only_first: bool) -> AuditedTexts:
    """Return the material with the texts of a system changed, all of them or the first."""
    outputs, count = [], 0
    for one in clean.outputs:
        hit = one.system == system and not (only_first and count)
        outputs.append(replace(one, text=change(one, count)) if hit else one)
        count += one.system == system
    return replace(clean, outputs=tuple(outputs))


# Leak -> how it is planted into outputs of history_aware, and whether one text is enough.
PLANTED: dict[str, tuple[Doctor, bool]] = {
    "self_identification": (lambda one, n: f"As an AI language model, I suggest: {one.text}", True),
    "system_name": (lambda one, n: f"{one.text} (by History-Aware)", True),
    "condition_name": (lambda one, n: f"{one.text}, long history", True),
    "file_name": (lambda one, n: f"{one.text} run3_outputs.jsonl", True),
    "address": (lambda one, n: f"{one.text} www.example.org/headlines", True),
    "template_rest": (lambda one, n: f"{one.text}<|im_end|>", True),
    "invisible_signs": (lambda one, n: one.text.replace(" ", " \u200b", 1), True),
    "same_output": (lambda one, n: one.text, True),
    "tell_tale_ends": (lambda one, n: f"Headline idea: {one.text}", False),
    "tell_tale_format": (lambda one, n: f"- {one.text}\n- more inside", False),
}

ALONG = {"tell_tale_format": ["tell_tale_ends"]}


def test_every_kind_of_leak_is_planted() -> None:
    assert set(PLANTED) == set(audit.LEAKS)
    assert len(PLANTED) == 10


def test_the_clean_demo_study_has_no_leak(clean: AuditedTexts) -> None:
    assert audit.find_leaks(clean).empty


@pytest.mark.parametrize("leak", PLANTED)
def test_a_planted_leak_is_found_and_no_other(clean: AuditedTexts, leak: str) -> None:
    change, only_first = PLANTED[leak]
    if leak == "condition_name":
        clean = replace(clean, outputs=tuple(replace(one, condition="long_history") for one in clean.outputs))
    planted = doctored(clean, change, "history_aware", only_first=only_first)
    if leak == "same_output":
        text = next(one.text for one in clean.outputs if one.system == "history_aware")
        item = next(one.name for one in clean.outputs if one.system == "history_aware")
        planted = replace(
            clean,
            outputs=tuple(
                replace(one, text=text) if one.name == item and one.system == "generic" else one
                for one in clean.outputs
            ),
        )
    found = audit.find_leaks(planted)
    # A list begins with its sign, too.
    assert leak in set(found["leak"]) <= {leak, *ALONG.get(leak, ())}
    assert "history_aware" in found["system"].iloc[0]


@pytest.mark.parametrize(
    "text",
    [
        "As a model by OpenAI, I cannot say",
        "I am Claude",
        "I'm ChatGPT and",
        "This assistant, developed by Anthropic",
        "my knowledge cutoff",
        "As a large language model",
    ],
)
def test_self_identification_is_recognised(text: str) -> None:
    found = audit.find_leaks(AuditedTexts((Text("output", "i", text, "s"),), ()))
    assert found["leak"].tolist() == ["self_identification"]


@pytest.mark.parametrize(
    "text",
    [
        "As a model railway builder, you will like this",
        "Claude Monet painted lilies",
        "An AI teacher visits the school",
        "Bread made by hand",
        "She was trained by her uncle",
        "file this under: news. Then rest",
    ],
)
def test_ordinary_sentences_are_no_leaks(text: str) -> None:
    assert audit.find_leaks(AuditedTexts((Text("output", "i", text, "s"),), ())).empty


def test_a_name_in_a_profile_or_request_is_found(clean: AuditedTexts) -> None:
    leaked = replace(clean, shown=(*clean.shown, Text("profile", "r99", "prefers keyword stuffing")))
    found = audit.find_leaks(leaked)
    assert found[["place", "name", "system"]].values.tolist() == [["profile", "r99", "keyword_stuffing"]]


def test_the_surface_tells_apart_what_differs_and_nothing_else() -> None:
    rng = np.random.default_rng(0)

    def words(count: int) -> str:
        return " ".join(rng.choice(["sun", "rain", "wind", "snow"], count))

    alike = AuditedTexts(tuple(Text("output", f"i{n}", words(8), s) for n in range(60) for s in "AB"), ())
    named, chance = audit.prediction(alike)
    assert named.low < 0.5 < named.high
    assert chance == 0.5
    longer = AuditedTexts(
        tuple(Text("output", f"i{n}", words(30 if s == "B" else 8), s) for n in range(60) for s in "AB"), ()
    )
    named, _ = audit.prediction(longer)
    assert named.value == 1
    assert named.reason == "the items do not vary, so that they say nothing on the width of the interval"
    top = audit.feature_table(longer).iloc[0]
    assert top["auc"] in (0, 1)


def test_too_little_to_learn_from_is_said() -> None:
    few = AuditedTexts((Text("output", "i", "a", "A"), Text("output", "i", "b", "B")), ())
    named, _ = audit.prediction(few)
    assert np.isnan(named.value)
    assert named.reason == "2 systems and 1 item; at least 2 and 10 are needed"
    alone = audit.feature_table(AuditedTexts((Text("output", "i", "a", "A"),), ()))
    assert alone.empty


def test_the_store_gives_every_text_that_raters_see(db: store.Database) -> None:
    texts = audit.audited_texts(store.audited_outputs(db, "small"), store.shown_texts(db, "small"))
    records = store.study_records(db, "small")
    assert len(texts.outputs) == len(records.outputs)
    assert len(texts.shown) == len(records.profiles) + len(records.items)
    assert texts.systems == ("alpha-net", "beta-net", "gamma-net")


def test_personal_data_is_found_where_it_stands_and_shown_masked() -> None:
    outputs = (
        Text(
            "output", "i1", "Call Ann on +44 20 7946 0958 or mail ann@example.org and bob@example.org.", "x"
        ),
        Text("output", "i2", "In 1998 they won 3-2.", "y"),
    )
    shown = (Text("profile", "p1", "Follows @ann_writes"),)
    found = audit.find_personal(
        AuditedTexts(outputs, shown), [Text("reason", "i2", "Ask me at 203.0.113.42")]
    )
    assert found[["kind", "place", "name", "count"]].values.tolist() == [
        ["phone", "output", "i1", 1],
        ["email", "output", "i1", 2],
        ["handle", "profile", "p1", 1],
        ["ip", "reason", "i2", 1],
    ]
    assert found["excerpt"][1] == "… Ann on [phone] or mail [e-mail] and [e-mail]."
    held = found.to_csv()
    assert not any(text in held for text in ("0958", "ann@", "bob@", "@ann", "203.0"))
    assert audit.find_personal(AuditedTexts((), ())).empty
