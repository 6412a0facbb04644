"""Cookies and sessions: signing in makes a new one, signing out ends it in every window."""

import pytest

from tests.browser.conftest import KEY, App
from tests.security.observed import got
from tests.security.wire import Client, connected, cookies_of, request, signed_in_cookie

CHOSEN = "chosen-by-the-attacker-000"
SIGNED_IN = "The small study"


def sees_studies(app: App, cookie: str) -> bool:
    client = connected(app.url, cookie=cookie)
    came = client.open("")
    client.close()
    return SIGNED_IN in came


def sent_to(client: Client) -> str:
    """Return the address to which a page has sent the browser."""
    return next(one.auth_redirect.url for one in client.messages if one.HasField("auth_redirect"))


@pytest.mark.parametrize("name", ["blindpair_device", "blindpair_session"])
def test_a_cookie_that_somebody_chose_before_is_never_the_researchers_session(app: App, name: str) -> None:
    chosen = f"{name}={CHOSEN}"
    status, headers, _ = request(app.url, f"/?key={KEY}", Accept="text/html", Cookie=chosen)
    assert status == 303
    after = cookies_of(headers["set-cookie"], chosen)
    got(f"{chosen} became {after.replace(CHOSEN, 'the same')[:60]}")
    assert sees_studies(app, after)
    assert not sees_studies(app, chosen)
    for other in ("blindpair_device", "blindpair_session"):
        assert not sees_studies(app, f"{other}={CHOSEN}")


def test_a_cookie_chosen_before_is_no_session_either_where_the_key_comes_by_the_page(app: App) -> None:
    chosen = f"blindpair_device={CHOSEN}"
    victim = connected(app.url, cookie=chosen)
    victim.open("", f"key={KEY}")
    address = sent_to(victim)
    victim.close()
    assert not sees_studies(app, chosen)
    status, headers, _ = request(app.url, f"/{address}", Accept="text/html", Cookie="blindpair_device=other")
    assert (status, "blindpair_session" in headers.get("set-cookie", "")) == (303, False), (
        "of another browser"
    )
    assert request(app.url, f"/{address}", Accept="text/html", Cookie=chosen)[1].get("set-cookie") is None, (
        "a ticket is taken once"
    )
    victim = connected(app.url, cookie=chosen)
    victim.open("", f"key={KEY}")
    status, headers, _ = request(app.url, f"/{sent_to(victim)}", Accept="text/html", Cookie=chosen)
    victim.close()
    assert (status, headers["location"]) == (303, "/")
    assert sees_studies(app, cookies_of(headers["set-cookie"], chosen))
    assert not sees_studies(app, chosen)


def test_signing_out_ends_the_session_in_every_window_and_its_cookie_is_worth_nothing(app: App) -> None:
    cookie = signed_in_cookie(app.url, KEY)
    first, second = (connected(app.url, cookie=cookie) for _ in range(2))
    assert SIGNED_IN in first.open("")
    assert SIGNED_IN in second.open("")
    first.open("", button=first.buttons()["Sign out"])
    assert SIGNED_IN not in second.open(""), "another window of the same browser"
    assert not sees_studies(app, cookie), "a window that is opened with the old cookie"
    status, headers, _ = request(app.url, f"/?key={KEY}", Accept="text/html", Cookie=cookie)
    assert status == 303
    again = cookies_of(headers["set-cookie"], cookie)
    assert again != cookie
    assert sees_studies(app, again)
    assert not sees_studies(app, cookie), "signing in again does not bring it back"
    for one in (first, second):
        one.close()


def test_signing_in_again_ends_the_session_of_before(app: App) -> None:
    before = signed_in_cookie(app.url, KEY)
    _, headers, _ = request(app.url, f"/?key={KEY}", Accept="text/html", Cookie=before)
    after = cookies_of(headers["set-cookie"], before)
    assert sees_studies(app, after)
    assert not sees_studies(app, before)


def test_the_cookie_of_a_session_lives_no_longer_than_the_session(app: App) -> None:
    _, headers, _ = request(app.url, f"/?key={KEY}", Accept="text/html")
    cookies = {one.partition("=")[0]: one for one in headers["set-cookie"].split(", ")}
    got(cookies["blindpair_session"].partition(";")[2])
    assert "Max-Age=43200" in cookies["blindpair_session"]
    assert all("HttpOnly" in one and "SameSite=Lax" in one for one in cookies.values())
