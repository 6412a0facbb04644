"""A stranger who knows a study's link and somebody's platform id, or the address of who was invited, at a running server."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from study import store
from study.protocol.design import Crowd, Design
from study.records import Rater
from tests.browser.conftest import App, start_app
from tests.conftest import CRITERIA, small_study
from tests.security.observed import got
from tests.security.wire import Client, connected

LINK = "link-small"
SECRET = "65aa11bb22cc33dd44ee55ff"
MAIL = "ada@example.org"
PIDS = {
    name: f"5f00{number}aa11bb22cc33dd44ee55" for number, name in enumerate(("stays", "erase", "resumes"))
}
AGREE, WITHDRAW = "I agree and want to start", "Withdraw and erase my answers"
ERASE = "Erase everything and leave"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    path = tmp_path_factory.mktemp("identity") / "study.duckdb"
    db = store.open_database(path)
    design = Design(
        criteria=CRITERIA[:1], overlap=8, quota=6, min_view_seconds=0, crowd=Crowd(platform="prolific")
    )
    store.save_records(db, small_study(design=design))
    raters = {}
    for name, pid in PIDS.items():
        given = {"PROLIFIC_PID": pid, "SESSION_ID": SECRET}
        raters[name] = store.enrol(
            db, "small", external_id=pid, device=f"browser-of-{name}", attributes={"parameters": given}
        )
        for _ in range(2):
            task = store.current_task(db, raters[name])
            assert task is not None
            store.record_judgment(db, raters[name], task.assignment_id, "fit", 0, "left")
    (raters["invited"],) = store.invite(db, "small", {MAIL: None})
    store.finish_phase(db, raters["invited"], "consent")
    db.close()
    app = start_app(path)
    app.raters = raters  # type: ignore[attr-defined]
    yield app
    app.process.terminate()
    app.process.wait(timeout=20)


def rater(app: App, name: str) -> Rater:
    found: Rater = app.raters[name]  # type: ignore[attr-defined]
    return found


def query(pid: str, secret: str = "") -> str:
    return f"study={LINK}&PROLIFIC_PID={pid}" + (f"&SESSION_ID={secret}" if secret else "")


def address_of(client: Client) -> str:
    """Return what the app has put into the address last."""
    found = [
        one.page_info_changed.query_string for one in client.messages if one.HasField("page_info_changed")
    ]
    got(f"address: {found[-1:]}")
    return found[-1]


@pytest.mark.parametrize("cookie", ["a-stranger", None])
@pytest.mark.parametrize("name", ["stays", "invited"])
def test_a_known_id_opens_the_consent_page_and_nothing_of_its_rater(
    app: App, name: str, cookie: str | None
) -> None:
    victim = rater(app, name)
    stranger = connected(app.url, cookie=cookie)
    came = stranger.open("judge", query(victim.external_id or "", "guessed-session"))
    assert AGREE in stranger.buttons()
    assert WITHDRAW not in stranger.buttons()
    assert not [text for text in (victim.token, victim.rater_id, "Welcome back", "of 6") if text in came]
    stranger.close()


def test_who_agrees_with_a_known_id_and_withdraws_erases_nothing_of_before(app: App) -> None:
    """The whole of the attack: everything of the rater was gone, and there was no way back."""
    victim = rater(app, "erase")
    stranger = connected(app.url, cookie="a-stranger-who-erases")
    stranger.open("judge", query(PIDS["erase"]))
    came = stranger.open("judge", query(PIDS["erase"]), button=stranger.buttons()[AGREE])
    assert victim.token not in came
    assert "1 of 6" in came
    where = address_of(stranger)
    stranger.open("judge", where, button=stranger.buttons()[WITHDRAW])
    came = stranger.open("judge", where, button=stranger.buttons()[ERASE])
    assert "Your data were erased" in came
    stranger.close()
    owner = connected(app.url, cookie="browser-of-erase")
    assert "3 of 6" in owner.open("judge", query(PIDS["erase"]))
    owner.close()


def test_the_browser_and_the_session_of_the_platform_go_on(app: App) -> None:
    for cookie, secret in (("browser-of-resumes", ""), ("another-browser", SECRET), (None, SECRET)):
        owner = connected(app.url, cookie=cookie)
        came = owner.open("judge", query(PIDS["resumes"], secret))
        assert "Welcome back" in came
        assert "3 of 6" in came
        owner.close()


def test_withdrawing_in_another_browser_asks_for_the_personal_link(app: App) -> None:
    victim = rater(app, "resumes")
    other = connected(app.url, cookie="another-browser")
    other.open("judge", query(PIDS["resumes"], SECRET))
    where = address_of(other)
    came = other.open("judge", where, button=other.buttons()[WITHDRAW])
    assert "Your personal link" in came
    assert victim.token not in came
    came = other.open("judge", where, button=other.buttons()[ERASE])
    assert "That is not your personal link, so nothing was erased." in came
    assert "Your data were erased" not in came
    other.close()


def test_the_address_keeps_no_token_link_or_id_and_works_in_one_browser_alone(app: App) -> None:
    victim = rater(app, "stays")
    owner = connected(app.url, cookie="browser-of-stays")
    for came_by in (query(PIDS["stays"], SECRET), f"rater={victim.token}"):
        owner.open("judge", came_by)
        where = address_of(owner)
        assert re.fullmatch(r"go-on=[0-9a-f]{16}-[0-9a-f]{32}", where)
        assert "3 of 6" in owner.open("judge", where)
    owner.close()
    for cookie in ("a-thief", None):
        thief = connected(app.url, cookie=cookie)
        came = thief.open("judge", where)
        assert "works only in that browser" in came
        assert "Headline" not in came
        thief.close()


def test_without_cookies_the_address_goes_on_and_does_not_withdraw(app: App) -> None:
    first = connected(app.url)
    first.open("judge", query("a-newcomer-without-cookies"))
    first.open("judge", query("a-newcomer-without-cookies"), button=first.buttons()[AGREE])
    where = address_of(first)
    came = first.open("judge", where, button=first.buttons()[WITHDRAW])
    assert "/judge?rater=" in came, "who has just agreed is shown the personal link"
    first.close()
    again = connected(app.url)
    assert "1 of 6" in again.open("judge", where)
    came = again.open("judge", where, button=again.buttons()[WITHDRAW])
    assert "/judge?rater=" not in came
    assert "Your personal link" in came
    again.close()


@pytest.mark.parametrize("pid", ["{{%PROLIFIC_PID%}}", "${PID}", "null", "undefined", "", "x" * 65, "{PID}"])
def test_a_parameter_that_is_no_id_lets_nobody_in(app: App, pid: str) -> None:
    client = connected(app.url, cookie="a-misled-browser")
    came = client.open("judge", query(pid.replace("%", "%25").replace("{", "%7B").replace("}", "%7D")))
    assert AGREE not in client.buttons()
    assert "Please open this study from its platform" in came
    assert "PROLIFIC" in came
    client.close()


def test_a_session_that_the_platform_did_not_fill_in_lets_nobody_in(app: App) -> None:
    client = connected(app.url, cookie="a-misled-browser")
    came = client.open("judge", query("5f00aa11bb22cc33dd44ee99", "%7B%7B%25SESSION_ID%25%7D%7D"))
    assert AGREE not in client.buttons()
    assert "placeholder" in came
    client.close()


def test_what_is_stored_of_the_first_raters_is_what_they_did(app: App) -> None:
    """Last: after all of the above."""
    app.process.terminate()
    app.process.wait(timeout=20)
    db = store.open_database(Path(app.database))
    counts = store.judgments(db, "small")["rater_id"].value_counts().to_dict()
    names = {name: counts.get(rater(app, name).rater_id) for name in PIDS}
    got(names)
    assert names == dict.fromkeys(PIDS, 2)
    first = next(one for one in store.raters(db, "small") if one.rater_id == rater(app, "stays").rater_id)
    assert first.attributes["parameters"]["SESSION_ID"] == SECRET, "a stranger's parameters are not kept"
    db.close()
