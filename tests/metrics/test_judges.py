import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from study.errors import InvalidInput, NotFound
from study.metrics.judges import (
    PERSONAS,
    TEMPLATES,
    Answer,
    Judge,
    QuestionRefused,
    ServerError,
    Unreadable,
    persona_text,
    questions_of,
    read_reply,
    server_chat,
    template,
)
from study.metrics.judges.replies import BANDS
from study.workers.chat_worker import local_chat
from tests.conftest import CRITERIA, small_study
from tests.metrics.chat_servers import REPLY, save_chat_model, scripted, what_is_wrong

PROFILE = {
    "kind": "facets",
    "facets": {"Age": "34", "Likes": ["bread", "$bikes"], "Style": "short", "Recently read": ["One", "Two"]},
}


# Replies


@pytest.mark.parametrize(
    ("reply", "options", "answer"),
    [
        ("Choice: [[A]]\nCertainty: 80", {"pairwise": True}, Answer("first", None, 80)),
        ("Let me see [[A]] ... no.\nChoice: [[b]]\n**Certainty:** 7", {"pairwise": True}, Answer("second", None, 7)),
        ("Choice: [[C]]\nCertainty = 100", {"pairwise": True, "ties": True}, Answer("tie", None, 100)),
        ("Points: [[10]]\nCertainty: 55.", {"pairwise": False}, Answer(None, 10, 55)),
    ],
)  # fmt: skip
def test_a_reply_is_read(reply: str, options: dict, answer: Answer) -> None:
    assert read_reply(reply, **options) == answer


@pytest.mark.parametrize(
    ("reply", "options", "said"),
    [
        ("A, certainty: 80", {"pairwise": True}, r"no choice \[\[A\]\] or \[\[B\]\]"),
        ("[[C]] certainty: 80", {"pairwise": True}, "no choice"),
        ("[[A]]", {"pairwise": True}, "no certainty"),
        ("[[A]] certainty: 0", {"pairwise": True}, "no certainty"),
        ("[[A]] certainty: 101", {"pairwise": True}, "no certainty"),
        ("[[11]] certainty: 5", {"pairwise": False}, "no points from 1 to 10"),
        ("", {"pairwise": False}, "no points"),
    ],
)
def test_an_unreadable_reply_says_what_is_missing(reply: str, options: dict, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        read_reply(reply, **options)


@given(st.text(), st.booleans(), st.booleans())
def test_any_reply_is_read_or_refused(reply: str, pairwise: bool, ties: bool) -> None:
    try:
        found = read_reply(reply, pairwise=pairwise, ties=ties)
    except Unreadable:
        return
    assert 1 <= found.certainty <= 100


def test_bands_cover_1_to_100_once() -> None:
    assert [n for low, high, _ in BANDS for n in range(low, high + 1)] == list(range(1, 101))


# Prompts


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_has_its_places_and_a_hash(name: str) -> None:
    found = template(name)
    values = {place: f"<{place}>$first" for place in ("persona", "request", "first", "second", "question")}
    text = found.filled(values)
    shown = [place for place in values if values[place] in text]
    assert shown == [place for place in values if found.pairwise or place != "second"]
    assert "$first" in text  # what is filled in is not filled again
    assert len(found.hash) == 12
    assert found.ties == (name == "pairwise_ties")


def test_a_template_file_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "own.md"
    path.write_text("$persona $first against $second: $question [[A]] [[B]] $$5")
    own = template(str(path))
    assert (own.name, own.pairwise) == ("own", True)
    for text, said in (
        ("$first", "question is missing"),
        ("$first $question $user", "user is not a placeholder"),
        ("$ 5", "is not followed by the name of a placeholder"),
    ):
        path.write_text(text)
        with pytest.raises(InvalidInput, match=said):
            template(str(path))
    with pytest.raises(NotFound, match=r"none\.md"):
        template("none.md")
    with pytest.raises(InvalidInput, match="pairwise"):
        template("pairwize")


def test_personas_say_more_or_less_of_the_person() -> None:
    texts = {name: persona_text(PROFILE, name) for name in PERSONAS}
    assert texts["none"] == ""
    assert "34" in texts["key"]
    assert "short" not in texts["key"]
    assert "One" in texts["all"]
    assert "short" in texts["all"]
    assert "short" in texts["prose"]
    assert "One" not in texts["prose"]
    assert "One" in texts["history"]
    assert "34" not in texts["history"]
    assert "short" in persona_text(PROFILE, "key", ["Style"])
    assert "34" not in persona_text(PROFILE, "key", ["Style"])
    plain = {"kind": "text", "text": "Likes bread. Dislikes noise."}
    assert "noise" in persona_text(plain, "all")
    assert "noise" not in persona_text(plain, "key")
    assert all(persona_text(None, name) == "" for name in PERSONAS)
    with pytest.raises(InvalidInput, match="persona"):
        persona_text(PROFILE, "full")


def test_a_pair_is_asked_in_both_orders_and_single_outputs_once() -> None:
    records = small_study(n_items=2)
    pairs = list(questions_of(records, Judge("j", "m", template("pairwise")), CRITERIA))
    assert len(pairs) == 2 * 3 * 2 * 2
    assert {one.arrangement for one in pairs} == {"01", "10"}
    outputs = {one.output_id: one.content["text"] for one in records.outputs}
    for one in pairs:
        comparison = next(c for c in records.comparisons() if c.task.task_id == one.task_id)
        a, b = (
            one.prompt.index(f"\n{outputs[key]}\n")
            for key in (comparison.output_a_id, comparison.output_b_id)
        )
        assert (a < b) == (one.arrangement == "01")
    single = list(questions_of(records, Judge("j", "m", template("pointwise")), CRITERIA))
    assert len(single) == 2 * 3 * 2
    assert {one.arrangement for one in single} == {"?"}
    few = questions_of(records, Judge("j", "m", template("pairwise")), CRITERIA[:1], n_comparisons=1)
    assert len(list(few)) == 2


def test_no_system_name_reaches_the_judge() -> None:
    records = small_study(n_items=1)
    for name in TEMPLATES:
        for one in questions_of(records, Judge("j", "m", template(name)), CRITERIA):
            assert not any(output.system in one.prompt for output in records.outputs)


def test_an_answer_becomes_a_verdict_on_outputs() -> None:
    judge = Judge("j", "m", template("pairwise_ties"))
    left, right = list(questions_of(small_study(n_items=1), judge, CRITERIA[:1], n_comparisons=1))
    said = [
        one.verdict("small", judge, Answer(choice, None, 80)).answer
        for one in (left, right)
        for choice in ("first", "second", "tie")
    ]
    assert said == ["a", "b", "tie", "b", "a", "tie"]
    assert left.verdict("small", judge, Answer("first", None, 80)).certainty == 0.8
    failed = left.failure("small", judge, "no choice")
    assert (failed.answer, failed.certainty, failed.reason) == (None, None, "no choice")


def test_the_signature_names_whatever_a_verdict_depends_on(tmp_path: Path) -> None:
    first = Judge("j", "m", template("pairwise"))
    others = [
        Judge("j", "n", template("pairwise")),
        Judge("j", "m", template("pairwise_ties")),
        Judge("j", "m", template("pairwise"), persona="none"),
        Judge("j", "m", template("pairwise"), persona="key", attributes=("Age",)),
        Judge("j", "m", template("pairwise"), n_retries=0),
        Judge("j", "m", template("pairwise"), max_tokens=9),
    ]
    assert len({one.signature for one in (first, *others)}) == 7
    assert Judge("another name", "m", template("pairwise")).signature == first.signature
    with pytest.raises(InvalidInput, match="judge ' '"):
        Judge(" ", "m", template("pairwise"))


# Servers


def test_a_server_is_asked_and_the_key_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUDGE_KEY", "s3cret")
    with scripted(lambda prompt, temperature: f"{prompt} at {temperature}") as server:
        chat = server_chat(server.url + "/", "tiny", key_variable="JUDGE_KEY", max_tokens=9)
        assert chat("hello", 0.1) == "hello at 0.1"
        assert server_chat(server.url, "tiny")("again", 0) == "again at 0"
        assert server.keys == ["Bearer s3cret", None]
        assert server.requests[0] == {
            "model": "tiny",
            "messages": [{"role": "user", "content": "hello"}],
            "temperature": 0.1,
            "max_tokens": 9,
        }
    with pytest.raises(ServerError, match="did not answer"):
        chat("hello", 0)


@pytest.mark.parametrize(
    ("status", "kind"), [(500, ServerError), (401, ServerError), (302, ServerError), (400, QuestionRefused)]
)
def test_an_error_of_the_server_is_one_sentence_without_the_key(
    status: int, kind: type[ServerError], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUDGE_KEY", "s3cret")
    with scripted(lambda prompt, temperature: status) as server:
        chat = server_chat(server.url, "tiny", key_variable="JUDGE_KEY")
        with pytest.raises(ServerError, match=f"answered {status}") as caught:
            chat("hello", 0)
        assert type(caught.value) is kind
        assert "s3cret" not in str(caught.value)
        assert len(server.requests) == 1  # a redirect is not followed: it would carry the key elsewhere


def test_wrong_addresses_and_missing_keys_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JUDGE_KEY", raising=False)
    for url in ("file:///etc/passwd", "127.0.0.1:8000", ""):
        with pytest.raises(InvalidInput, match="base_url"):
            server_chat(url, "m")
    with pytest.raises(InvalidInput, match="contains a user, password or query") as caught:
        server_chat("http://me:s3cret@127.0.0.1/v1", "m")
    assert "s3cret" not in str(caught.value)
    with pytest.raises(InvalidInput, match="JUDGE_KEY is not set"):
        server_chat("http://127.0.0.1/v1", "m", key_variable="JUDGE_KEY")


@pytest.fixture(scope="module")
def chat_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("chat")
    save_chat_model(folder)
    return folder


OFFLINE = {**os.environ, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error"}


@pytest.mark.thorough
def test_a_local_chat_model_is_asked_in_a_worker_process(
    chat_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with local_chat(str(chat_model)) as chat:
        assert [chat("Which one? " * 50, heat) for heat in (0, 0.1)] == [" ".join(REPLY)] * 2
    with pytest.raises(ServerError, match="gave no reply"), local_chat(str(chat_model / "none")):
        pass


def test_a_chat_server_that_keeps_to_the_protocol_is_asked_and_its_whole_reply_is_read() -> None:
    """The server refuses what `transformers serve` would, and replies with all the fields that it sends."""
    with scripted(lambda prompt, temperature: " ".join(REPLY)) as server:
        found = read_reply(server_chat(server.url, "tiny")("Which one?", 0), pairwise=True)
    assert found == Answer("first", None, 85)
    assert server.requests[0]["messages"] == [{"role": "user", "content": "Which one?"}]


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("/v1/chat", {}),
        ("/v1/chat/completions", {"messages": []}),
        ("/v1/chat/completions", {"messages": [{"role": "judge", "content": "?"}]}),
        ("/v1/chat/completions", {"temperature": -1}),
        ("/v1/chat/completions", {"max_tokens": 0}),
        ("/v1/chat/completions", {"stop_when": "you like"}),
    ],
)
def test_the_scripted_server_refuses_what_breaks_the_protocol(path: str, change: dict[str, object]) -> None:
    right = {"model": "m", "messages": [{"role": "user", "content": "?"}], "temperature": 0, "max_tokens": 9}
    assert what_is_wrong("/v1/chat/completions", "application/json", right) is None
    assert what_is_wrong(path, "application/json", right | change)
