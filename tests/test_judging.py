"""Judges on a study in the store: asked once, asked again where unreadable, stopped and gone on with."""

from pathlib import Path

import pandas as pd
import pytest

from study import store
from study.errors import NotAllowed
from study.metrics.judges import Judge, QuestionRefused, ServerError, server_chat, template
from study.workflows.judge_runs import JudgeProgress, judge_study, score_names
from tests.metrics.chat_servers import scripted

PAIR = Judge("pair", "tiny", template("pairwise"), n_retries=2)
N_QUESTIONS = 4 * 3 * 2 * 2  # items, pairs of systems, criteria, orders


def longer(prompt: str, temperature: float) -> str:
    """Prefer the answer with more "indeed", certain by how many."""
    first, second = (part.count(" indeed") for part in prompt.split("Answer B:"))
    return f"Choice: [[{'A' if first > second else 'B'}]]\nCertainty: {80 + first + second}"


def told(db: store.Database) -> pd.DataFrame:
    return store.verdicts(db, "small")


def test_a_judge_is_asked_once_about_everything(db: store.Database) -> None:
    asked: list[str] = []
    steps: list[JudgeProgress] = []

    def chat(prompt: str, temperature: float) -> str:
        asked.append(prompt)
        return longer(prompt, temperature)

    found = judge_study(db, "small", PAIR, chat, progress=steps.append)
    assert (found.asked, found.known, found.retries, found.failures) == (N_QUESTIONS, 0, 0, {})
    assert [step.done for step in steps] == list(range(N_QUESTIONS + 1))
    assert steps[-1].part == 1
    verdicts = told(db)
    assert len(verdicts) == N_QUESTIONS
    assert verdicts.groupby(["comparison_id", "criterion"], observed=True)["preference"].nunique().eq(1).all()
    assert verdicts["certainty"].between(0.8, 0.9).all()
    again = judge_study(db, "small", PAIR, chat)
    assert (again.asked, again.known, len(asked)) == (0, N_QUESTIONS, N_QUESTIONS)


def test_a_stopped_run_goes_on_where_it_was(db: store.Database) -> None:
    asked: list[str] = []

    def chat(prompt: str, temperature: float) -> str:
        asked.append(prompt)
        return longer(prompt, temperature)

    first = judge_study(db, "small", PAIR, chat, n_threads=2, stopped=lambda: len(asked) >= 10)
    assert first.stopped
    assert first.asked == len(asked) == len(told(db)) == 10
    second = judge_study(db, "small", PAIR, chat)
    assert (second.asked, second.known, second.stopped) == (N_QUESTIONS - 10, 10, False)
    assert len(asked) == len(set(asked)) == N_QUESTIONS


def test_unreadable_replies_are_asked_again_then_stored_as_failures(db: store.Database) -> None:
    heats: list[float] = []

    def chat(prompt: str, temperature: float) -> str:
        heats.append(temperature)
        return "I would rather not say." if "suits" in prompt or temperature < 0.15 else "[[A]] certainty: 50"

    found = judge_study(db, "small", PAIR, chat)
    assert set(heats) == {0, 0.1, 0.2}
    [(reason, count)] = found.failures.items()
    assert reason == "the reply has no choice [[A]] or [[B]] (asked 3 times)"
    assert count == N_QUESTIONS / 2
    assert found.retries == 2 * N_QUESTIONS
    verdicts = told(db)
    failed = verdicts[verdicts["preference"].isna()]
    assert set(failed["criterion"]) == {"fit"}
    assert set(failed["reason"]) == {reason}
    assert judge_study(db, "small", PAIR, chat).asked == 0
    again = judge_study(db, "small", PAIR, longer, failures_again=True)
    assert again.asked == N_QUESTIONS / 2
    assert told(db)["preference"].notna().all()


def test_a_server_that_is_gone_ends_the_run_and_no_failure_is_stored(
    db: store.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("study.workflows.judge_runs.PAUSE_SECONDS", 0)
    n_asked = 0

    def chat(prompt: str, temperature: float) -> str:
        nonlocal n_asked
        n_asked += 1
        if n_asked > 6:
            raise ServerError("gone")
        return longer(prompt, temperature)

    with pytest.raises(ServerError, match="gone"):
        judge_study(db, "small", PAIR, chat, n_threads=1)
    assert len(told(db)) == 6
    assert told(db)["preference"].notna().all()
    assert judge_study(db, "small", PAIR, longer).known == 6


def test_refused_questions_are_failures_until_all_are_refused(db: store.Database) -> None:
    def picky(prompt: str, temperature: float) -> str:
        if "written" in prompt:
            raise QuestionRefused("too long")
        return longer(prompt, temperature)

    found = judge_study(db, "small", PAIR, picky, n_threads=1)
    assert found.failures == {"too long": N_QUESTIONS // 2}

    def never(prompt: str, temperature: float) -> str:
        raise QuestionRefused("no such model")

    other = Judge("other", "none", template("pairwise"))
    with pytest.raises(ServerError, match=r"refused \d+ questions in a row: no such model"):
        judge_study(db, "small", other, never)


def test_one_name_has_one_signature(db: store.Database) -> None:
    judge_study(db, "small", PAIR, longer, n_comparisons=1)
    with pytest.raises(NotAllowed, match=r"'pair' with another signature \(judge\|model:tiny"):
        judge_study(db, "small", Judge("pair", "tiny", template("pairwise"), persona="none"), longer)


def test_single_outputs_get_points_and_pairs_follow(db: store.Database) -> None:
    judge = Judge("points", "tiny", template("pointwise"), n_retries=0)
    n_outputs = 4 * 3

    def chat(prompt: str, temperature: float) -> str:
        n = prompt.count(" indeed")
        return "no" if "item 0" in prompt else f"[[{1 + 3 * n}]] certainty: {50 + n}"

    first = judge_study(db, "small", judge, chat, criteria=["fit"], stopped=_after(5))
    assert first.stopped
    found = judge_study(db, "small", judge, chat, criteria=["fit"])
    assert (found.asked + first.asked, found.known) == (n_outputs, first.asked)
    scores = store.metric_scores(db, "small")
    points, certainty = score_names(judge, "fit")
    assert set(scores["metric"]) == {points, certainty}
    assert set(scores["signature"]) == {judge.signature}
    assert sorted(scores.loc[scores["metric"] == points, "value"]) == [1.0] * 4 + [4.0] * 4 + [7.0] * 4
    verdicts = told(db)
    assert len(verdicts) == n_outputs
    assert set(verdicts["side_of_a"]) == {"unknown"}
    assert set(verdicts["preference"]) == {"a", "b"}
    assert sorted(set(verdicts["certainty"])) == [0.505, 0.51, 0.515]
    assert judge_study(db, "small", judge, chat, criteria=["fit"]).asked == 0


def _after(n: int):  # type: ignore[no-untyped-def]
    calls = iter([False] * (n // 4) + [True] * 100)
    return lambda: next(calls)


def test_a_judge_on_a_server(db: store.Database) -> None:
    with scripted(longer) as server:
        found = judge_study(db, "small", PAIR, server_chat(server.url, "tiny"))
        assert len(server.requests) == found.asked == N_QUESTIONS


def test_nothing_of_the_key_is_stored(
    db: store.Database, database_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUDGE_KEY", "s3cret-of-the-server")
    with scripted(longer) as server:
        judge_study(db, "small", PAIR, server_chat(server.url, "tiny", key_variable="JUDGE_KEY"))
        assert server.keys[0] == "Bearer s3cret-of-the-server"
    db.connection.execute("checkpoint")
    for path in database_path.parent.iterdir():
        assert b"s3cret-of-the-server" not in path.read_bytes()
