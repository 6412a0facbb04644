"""What the program writes to stderr: lines that a program can read, on what happened, and nobody's data."""

import io
import json
import logging
import re
from pathlib import Path
from typing import Any

import pytest

from study import __version__, logs, store
from study.errors import InvalidInput
from tests.browser.conftest import KEY, start_app
from tests.conftest import SYSTEMS
from tests.security.strangers import identified_study, planted
from tests.security.wire import connected, request, signed_in_cookie

FAILING = Path(__file__).with_name("failing_streamlit.py")
WRONG_KEY = "a-wrong-key-0815"
NEW_ID = "5f00ff00ff00ff00ff00ff00"


def lines_of(path: Path) -> list[dict[str, Any]]:
    """Return every line, each of which has to be JSON."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_a_day_of_an_app_is_told_line_by_line_and_betrays_nobody(tmp_path: Path) -> None:
    path, errors = tmp_path / "study.duckdb", tmp_path / "errors.jsonl"
    db = store.open_database(path)
    raters = identified_study(db)
    db.close()
    app = start_app(path, program=FAILING, settings={"BLINDPAIR_LOG": "json"}, errors=errors)
    request(app.url, f"/?key={WRONG_KEY}", Accept="text/html")
    rater = connected(app.url)
    rater.open("judge", f"study=link-small&PROLIFIC_PID={NEW_ID}&SESSION_ID=s")
    rater.open(
        "judge",
        f"study=link-small&PROLIFIC_PID={NEW_ID}",
        button=rater.buttons()["I agree and want to start"],
    )
    where = _address(rater)
    answers = [name for label, name in rater.buttons().items() if label.startswith("A is better")]
    rater.open("judge", where, button=answers[0])
    shown = rater.open("judge", where, button=rater.buttons()["Withdraw and erase my answers"])
    token = re.search(r"judge\?rater=([\w-]+)", shown)[1]  # type: ignore[index]
    came = rater.open("judge", where, button=rater.buttons()["Erase everything and leave"])
    assert "Something went wrong on our side" in came
    assert "Your data were erased" not in came
    rater.close()
    researcher = connected(app.url, cookie=signed_in_cookie(app.url, KEY))
    researcher.open("")
    researcher.open("", button=researcher.buttons()["Back up the database"])
    researcher.open("", button=researcher.buttons()["Close"])
    failed = researcher.open("audit")
    researcher.close()
    app.process.terminate()
    app.process.wait(30)

    lines = lines_of(errors)
    found = {line["event"]: line for line in lines}
    assert found["started"]["version"] == found["stopped"]["version"] == __version__
    assert found["keys_rejected"]["count"] == 1
    assert found["study_closed"]["study"] == "small"
    assert found["backup_made"]["megabytes"] > 0
    assert {line["page"] for line in lines if line["event"] == "slow_page"} >= {"judge", "home", "audit"}
    assert found["rater_action_failed"]["error"]["kind"] == "DatabaseError"
    assert "failing_streamlit.py" in found["rater_action_failed"]["error"]["places"][-1]
    failure = found["page_failed"]["failure"]
    assert failure in failed, "the page names the id of the failure"
    assert failure in [line["error"]["id"] for line in lines if "error" in line]
    text = errors.read_text("utf-8") + app.output.read_text("utf-8")
    secrets = [*planted(raters), KEY, WRONG_KEY, NEW_ID, token, *SYSTEMS, "Headline"]
    assert [secret for secret in secrets if secret in text] == []


def _address(client: Any) -> str:
    """Return what the app has put into the address last."""
    found = [message.page_info_changed.query_string for message in client.messages]
    return next(one for one in reversed(found) if one)


def written(formatter: logging.Formatter, error: BaseException | None = None) -> str:
    """Return what a logger of its own writes of one line."""
    stream = io.StringIO()
    logger = logging.Logger("one")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logger.addHandler(handler)
    extra = {"event": "some_event", "fields": {"count": 3}}
    logger.error("3 %s", 'with "quotes"\nand lines', exc_info=error, extra=extra)
    return stream.getvalue()


def raised(text: str) -> ValueError:
    try:
        raise ValueError(text)
    except ValueError as error:
        return error


def test_a_line_of_json_is_one_line_with_its_fields() -> None:
    text = written(logs.JsonLines())
    assert text.count("\n") == 1
    line = json.loads(text)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", line.pop("time"))
    assert line == {
        "level": "error",
        "event": "some_event",
        "message": '3 with "quotes"\nand lines',
        "count": 3,
    }


@pytest.mark.parametrize("formatter", [logs.JsonLines(), logs.PlainLines()])
def test_an_error_is_told_by_its_place_and_never_by_its_words(formatter: logging.Formatter) -> None:
    error = raised("a text of a rater")
    text = written(formatter, error)
    assert "a text of a rater" not in text
    assert "ValueError" in text
    assert "operations/test_logs.py" in text
    assert logs.failure_id(error) in text


def test_the_same_error_at_the_same_place_has_the_same_id() -> None:
    assert logs.failure_id(raised("one")) == logs.failure_id(raised("two"))
    with pytest.raises(ValueError, match="elsewhere") as caught:
        raise ValueError("elsewhere")
    assert logs.failure_id(caught.value) != logs.failure_id(raised("one"))


def test_only_what_takes_long_is_told(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    with logs.timed("slow_page", page="judge"):
        pass
    assert caplog.records == []
    monkeypatch.setattr(logs, "SLOW_SECONDS", 0)
    with logs.timed("slow_page", page="judge"):
        pass
    assert caplog.records[0].fields["page"] == "judge"  # type: ignore[attr-defined]


def test_a_style_that_there_is_not_is_refused_by_name() -> None:
    assert logs.style({}) == "text"
    assert logs.style({"BLINDPAIR_LOG": "json"}) == "json"
    with pytest.raises(InvalidInput, match="BLINDPAIR_LOG is 'xml'; allowed: text, json"):
        logs.style({"BLINDPAIR_LOG": "xml"})
