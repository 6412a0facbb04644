"""A running server against a client that sends what no browser would."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit import config
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.exceptions import InvalidStatus

from study import store
from study.ui.rater import components
from study.ui.server import web_app
from tests import programs
from tests.browser.conftest import KEY, ROOT, App, start_app
from tests.security.observed import got
from tests.security.strangers import identified_study, planted
from tests.security.wire import connected, request, signed_in_cookie

RESEARCHER_PAGES = sorted(path.stem for path in (ROOT / "pages" / "researcher").glob("*.py"))
ADDRESSES = {"home": "", "importing": "import"}
NAMES = ("alpha-net", "beta-net", "The small study")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    path = tmp_path_factory.mktemp("server") / "study.duckdb"
    db = store.open_database(path)
    raters = identified_study(db)
    fresh = store.enrol(db, "small", external_id="somebody new")
    db.close()
    app = start_app(path)
    app.raters, app.fresh = raters, fresh  # type: ignore[attr-defined]
    yield app
    app.process.terminate()
    app.process.wait(timeout=20)


@pytest.mark.parametrize("name", RESEARCHER_PAGES)
def test_a_fresh_server_shows_no_researcher_page_to_a_stranger_by_its_url(app: App, name: str) -> None:
    """The first of these is the first request of all to the server."""
    client = connected(app.url)
    came = client.open(ADDRESSES.get(name, name))
    client.close()
    assert "Researcher key" in came
    assert not [text for text in (*NAMES, *planted(app.raters)) if text in came]  # type: ignore[attr-defined]


def test_the_code_of_a_comparison_is_kept_for_good_and_another_versions_is_not_there(app: App) -> None:
    address = f"/{components.ADDRESS.format(digest=components.DIGEST)}"
    status, headers, body = request(app.url, address)
    assert (status, body.decode()) == (200, components.PAGE_CODE)
    assert headers["content-type"].startswith("text/javascript")
    assert "immutable" in headers["cache-control"]
    status, headers, _ = request(app.url, address.replace(components.DIGEST, "0" * 16))
    assert status == 404
    assert "cache-control" not in headers


def test_the_theme_is_the_same_when_it_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    sections = ("theme", "theme.dark", "theme.light.sidebar", "server")
    expected = {section: config.get_options_for_section(section) for section in sections}
    monkeypatch.setattr(config, "get_options_for_section", config.get_options_for_section)
    web_app._read_theme_once()
    for _ in range(2):
        assert {section: config.get_options_for_section(section) for section in sections} == expected
    assert config.get_options_for_section("theme") is config.get_options_for_section("theme")
    got(f"the same {len(expected)} sections, read once")


def test_pages_cannot_be_asked_for_as_files(app: App) -> None:
    for path in (
        "/pages/researcher/home.py",
        "/app/static/../app.py",
        "/static/../../app.py",
        "/data/demo/study.yaml",
    ):
        _, _, body = request(app.url, path)
        assert b"require_viewer" not in body
        assert b"import streamlit" not in body


def test_the_key_lets_a_browser_in_and_its_cookie_nobody_else(app: App) -> None:
    cookie = signed_in_cookie(app.url, KEY)
    client = connected(app.url, cookie=cookie)
    assert "The small study" in client.open("")
    stranger = connected(app.url, cookie=cookie[:-1] + ("A" if cookie[-1] != "A" else "B"))
    assert "The small study" not in stranger.open("")
    client.close()
    stranger.close()


def test_a_stolen_session_id_is_worth_nothing_without_the_cookie(app: App) -> None:
    owner = connected(app.url, cookie=signed_in_cookie(app.url, KEY))
    owner.open("")
    close = owner.buttons()["Close"]
    owner.close()
    thief = connected(app.url, session_id=owner.session_id)
    came = thief.open("", button=close)
    thief.close()
    assert "The small study" not in came
    assert "Only a researcher may do this" in came
    assert "Researcher key" in came
    look = connected(app.url, cookie=signed_in_cookie(app.url, KEY))
    look.open("")
    assert "Close" in look.buttons()
    look.close()


def test_headers_that_claim_a_user_change_nothing(app: App) -> None:
    claims = dict.fromkeys(
        ("X-Forwarded-User", "X-Auth-Request-Email", "Remote-User", "X-Goog-Authenticated-User-Email"),
        "ada@example.org",
    )
    client = connected(app.url, headers=claims)
    assert "Researcher key" in client.open("")
    client.close()


def test_a_server_that_would_believe_such_headers_does_not_start(tmp_path: Path) -> None:
    ended = programs.run(
        *("-m", "streamlit", "run", "app.py", "--server.headless", "true", "--server.port", "1"),
        *("--server.trustedUserHeaders", '{"X-User": "email"}'),
        env=os.environ | {"BLINDPAIR_DB": str(tmp_path / "x.duckdb")},
    )
    got(f"exit code {ended.returncode}: {ended.stdout}")
    assert "server.trustedUserHeaders is set" in ended.stdout
    assert ended.returncode != 0


def test_a_page_of_another_origin_gets_no_websocket(app: App) -> None:
    for origin in ("https://evil.example", "null", "http://127.0.0.1:1"):
        with pytest.raises(InvalidStatus, match="403"):
            connected(app.url, origin=origin)


def test_a_page_of_another_origin_reads_nothing(app: App) -> None:
    for path in ("/", "/_stcore/health", "/_stcore/host-config"):
        _, headers, _ = request(app.url, path, Origin="https://evil.example")
        assert headers.get("access-control-allow-origin") not in ("*", "https://evil.example")


def test_an_upload_without_the_xsrf_token_is_refused(app: App) -> None:
    status, _, _ = request(app.url, "/_stcore/upload_file/a-session/a-file", "PUT", body=b"x")
    assert status in (400, 403)


def test_clearing_the_cache_loses_nothing_and_locks_nobody_out(app: App) -> None:
    cookie = signed_in_cookie(app.url, KEY)
    researcher = connected(app.url, cookie=cookie)
    researcher.open("")
    message = BackMsg()
    message.clear_cache = True
    stranger = connected(app.url)
    stranger.socket.send(message.SerializeToString())
    stranger.open("")
    stranger.close()
    assert "The small study" in researcher.open("")
    researcher.close()


def test_debug_messages_do_not_stop_the_server(app: App) -> None:
    for name in ("debug_shutdown_runtime", "debug_disconnect_websocket", "load_git_info", "set_run_on_save"):
        message = BackMsg()
        setattr(message, name, True)
        stranger = connected(app.url)
        stranger.socket.send(message.SerializeToString())
        stranger.close()
    assert request(app.url, "/_stcore/health")[0] == 200
    assert app.process.poll() is None


@pytest.mark.parametrize(
    "path", ["/_stcore/metrics", "/_stcore/metrics/", "/_stcore/agent/interact", "/_stcore/agent/mcp"]
)
def test_counts_and_the_way_in_for_programs_are_closed(app: App, path: str) -> None:
    status, _, body = request(app.url, path)
    assert status == 404
    assert b"session" not in body


def test_a_guessed_link_opens_no_study_and_a_raters_token_is_one_raters(app: App) -> None:
    stranger = connected(app.url)
    for query in (
        "study=link-smal",
        "study=link-small2",
        "study=%25",
        "rater=x",
        "rater=",
        "study=' or 1=1 --",
    ):
        came = stranger.open("judge", query)
        assert "I agree" not in came
        assert "Headline" not in came
    stranger.close()


def test_another_browsers_cookie_is_not_guessed_from_the_database(app: App) -> None:
    """What is stored of a cookie is not the cookie."""
    db_text = Path(str(app.database)).read_bytes()
    got(f"found in {len(db_text):,} bytes: {db_text.count(b'cookie-of-a-rater')} times")
    assert b"cookie-of-a-rater" not in db_text


def test_a_rater_is_sent_nothing_of_others_and_no_system(app: App) -> None:
    client = connected(app.url)
    came = client.open("judge", f"rater={app.fresh.token}")  # type: ignore[attr-defined]
    others = [rater.token for rater in app.raters]  # type: ignore[attr-defined]
    client.close()
    assert "Headline" in came or "Welcome" in came or "nothing left" in came
    assert not [text for text in ("alpha-net", "beta-net", "gamma-net", *others) if text in came]


def test_a_raters_link_gives_no_rights_of_a_researcher(app: App) -> None:
    client = connected(app.url)
    came = client.open("", f"rater={app.fresh.token}")  # type: ignore[attr-defined]
    assert "The small study" not in came
    came = client.open("progress", f"rater={app.fresh.token}")  # type: ignore[attr-defined]
    assert "somebody new" not in came
    client.close()


def test_security_headers_come_with_everything(app: App) -> None:
    for path in ("/", "/judge", "/_stcore/health", "/no/such/page"):
        _, headers, _ = request(app.url, path, Accept="text/html")
        policy = headers["content-security-policy"]
        if path == "/judge":  # a platform shows it in a frame of its own
            assert "frame-ancestors 'self' https://www.mturk.com https://workersandbox.mturk.com" in policy
        else:
            assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


def test_key_guessing_is_slowed_down_over_http_and_over_the_websocket(app: App) -> None:
    """Last but one: from here on this address has to wait."""
    cookie = signed_in_cookie(app.url, KEY)  # a browser that was in before
    for number in range(8):
        status, _, _ = request(app.url, f"/?key=guess-{number}", Accept="text/html")
        assert status == 200
    assert request(app.url, f"/?key={KEY}", Accept="text/html")[0] == 200  # right, but too soon
    stranger = connected(app.url, cookie="a-new-browser")
    assert "Researcher key" in stranger.open("", f"key={KEY}")
    stranger.close()
    status, _headers, _ = request(app.url, f"/?key={KEY}", Accept="text/html", Cookie=cookie)
    assert status == 303, "the owner's browser is not kept out"


def test_no_secret_is_in_the_log(app: App) -> None:
    """Last: after everything above."""
    log = app.output.read_text()
    secrets = [KEY, "guess-", *planted(app.raters), app.fresh.token]  # type: ignore[attr-defined]
    found = [secret for secret in secrets if secret in log]
    got(f"{len(found)} of {len(secrets)} secrets in {len(log.splitlines())} lines")
    assert found == []
    assert re.search(r"wrong keys? since", log)
    assert "Traceback" not in log
