"""Settings, logins, sessions and the slowing of guesses, without a web and without a clock."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from study.access import AccessSettings, Person, Refusals, Sessions, Throttle, person_of_login, read_access
from study.access.throttle import FREE, FREE_TOGETHER, LONGEST, LONGEST_TOGETHER, MOST_PLACES
from study.errors import InvalidInput, NotAllowed

ADA = Person("ada@example.org", "researcher")
SETTINGS = AccessSettings(frozenset({"ada@example.org"}), frozenset({"bob@example.org"}))
RIGHT = "the right key"


def look_up(key: str) -> Person | None:
    return ADA if key == RIGHT else None


def guess(
    throttle: Throttle, key: str, now: float, address: str = "192.0.2.1", known: str | None = None
) -> float:
    """Try a wrong key and return the wait."""
    found, wait = throttle.attempt(key, look_up, address=address, known=known, now=now)
    assert found is None
    return wait


# Settings


def test_lists_and_times_come_from_the_environment() -> None:
    found = read_access(
        {
            "BLINDPAIR_RESEARCHERS": "Ada@Example.org, eve@example.org",
            "BLINDPAIR_VIEWERS": "bob@example.org",
            "BLINDPAIR_IDLE_MINUTES": "30",
            "BLINDPAIR_SESSION_HOURS": "8",
        }
    )
    assert found.researchers == {"ada@example.org", "eve@example.org"}
    assert found.viewers == {"bob@example.org"}
    assert (found.idle, found.longest) == (timedelta(minutes=30), timedelta(hours=8))
    assert not found.unverified_email


def test_they_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "access.toml"
    file.write_text('researchers = ["ada@example.org"]\nidle_minutes = 5\nunverified_email = "allow"\n')
    found = read_access({"BLINDPAIR_ACCESS": str(file)})
    assert found.researchers == {"ada@example.org"}
    assert found.idle == timedelta(minutes=5)
    assert found.unverified_email


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"BLINDPAIR_RESEARCHERS": "ada"}, "BLINDPAIR_RESEARCHERS: 'ada' is not an e-mail address"),
        ({"BLINDPAIR_IDLE_MINUTES": "soon"}, "BLINDPAIR_IDLE_MINUTES: 'soon'; give a number above 0"),
        ({"BLINDPAIR_IDLE_MINUTES": "nan"}, "BLINDPAIR_IDLE_MINUTES: 'nan'"),
        ({"BLINDPAIR_SESSION_HOURS": "-1"}, "BLINDPAIR_SESSION_HOURS: '-1'"),
        ({"BLINDPAIR_SESSION_HOURS": "9999"}, "at most 720"),
        ({"BLINDPAIR_UNVERIFIED_EMAIL": "yes"}, "give allow or refuse"),
        ({"BLINDPAIR_RESEARCHERS": "a@b.c", "BLINDPAIR_VIEWERS": "A@b.c"}, "as a researcher and as a viewer"),
        ({"BLINDPAIR_ACCESS": "/no/such/file"}, "cannot be read"),
    ],
)
def test_a_wrong_setting_is_named(environment: dict[str, str], sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence.replace("(", r"\(")):
        read_access(environment)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("researchers = [", "is not TOML"),
        ("reseachers = []", "reseachers"),
        ("researchers = 3", "give a list of e-mail addresses"),
        ("researchers = [3]", "give a list of e-mail addresses"),
        ("idle_minutes = true\nsession_hours = []", "session_hours|BLINDPAIR_SESSION_HOURS"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "access.toml"
    file.write_text(text)
    with pytest.raises(InvalidInput, match=sentence):
        read_access({"BLINDPAIR_ACCESS": str(file)})


def test_a_setting_stands_in_one_place(tmp_path: Path) -> None:
    file = tmp_path / "access.toml"
    file.write_text("idle_minutes = 5")
    with pytest.raises(InvalidInput, match="set twice"):
        read_access({"BLINDPAIR_ACCESS": str(file), "BLINDPAIR_IDLE_MINUTES": "6"})


# Logins


def test_who_is_on_a_list_comes_in_with_its_role() -> None:
    assert person_of_login({"email": "Ada@Example.org", "email_verified": True}, SETTINGS) == ADA
    bob = person_of_login({"email": "bob@example.org", "email_verified": True}, SETTINGS)
    assert bob == Person("bob@example.org", "viewer")


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"email": None, "email_verified": True},
        {"email": "eve@example.org", "email_verified": True},
        {"email": "ada@example.org"},
        {"email": "ada@example.org", "email_verified": False},
        {"email": "ada@example.org", "email_verified": "true"},
        {"email": ["ada@example.org"], "email_verified": True},
        {"name": "ada@example.org", "email_verified": True},
    ],
)
def test_nobody_else_comes_in(claims: dict[str, object]) -> None:
    with pytest.raises(NotAllowed):
        person_of_login(claims, SETTINGS)


# Sessions


def test_a_session_ends_after_a_time_without_use() -> None:
    sessions = Sessions(timedelta(minutes=10), timedelta(hours=10))
    sessions.start("cookie", ADA, 0)
    assert sessions.find("cookie", 599) is not None
    assert sessions.find("cookie", 1100, use=False) is not None
    assert sessions.find("cookie", 1199) is None
    assert sessions.find("cookie", 0) is None


def test_a_session_ends_however_much_it_is_used() -> None:
    sessions = Sessions(timedelta(minutes=10), timedelta(minutes=30))
    sessions.start("cookie", ADA, 0)
    assert all(sessions.find("cookie", minute * 60) for minute in range(30))
    assert sessions.find("cookie", 1800) is None


def test_a_session_belongs_to_one_browser_and_ends_when_it_is_signed_out() -> None:
    sessions = Sessions(timedelta(minutes=10), timedelta(hours=1))
    sessions.start("cookie", ADA, 0, login="login 1")
    assert sessions.find("another", 1) is None
    assert sessions.find(None, 1) is None
    sessions.end("cookie", 2)
    assert sessions.find("cookie", 3) is None


def test_a_login_whose_session_ended_begins_no_other_one() -> None:
    sessions = Sessions(timedelta(minutes=10), timedelta(hours=1))
    sessions.start("cookie", ADA, 0, login="login 1")
    assert not sessions.is_spent("login 1", 0, 5)
    assert sessions.find("cookie", 700) is None
    assert sessions.is_spent("login 1", 0, 700)
    assert not sessions.is_spent("login 2", 690, 700)
    assert sessions.is_spent("login 3", 0, 3600)


def test_a_login_from_the_future_lasts_no_longer() -> None:
    sessions = Sessions(timedelta(hours=1), timedelta(hours=1))
    assert sessions.start("cookie", ADA, 100, login="x", started=10**9).started == 100


# Guesses


def test_a_few_wrong_keys_cost_nothing_and_then_each_costs_twice_as_much() -> None:
    throttle, now = Throttle(), 0.0
    assert [guess(throttle, f"wrong {number}", now) for number in range(FREE)] == [0.0] * FREE
    for pause in (1, 2, 4, 8, 16):
        assert guess(throttle, "again", now) == pytest.approx(pause)
        now += pause
        assert guess(throttle, f"wrong after {pause}", now) == 0.0
    assert guess(throttle, "x", now) == 32


def test_what_comes_too_soon_is_not_looked_at_even_if_it_is_right() -> None:
    throttle = Throttle()
    for number in range(FREE):
        guess(throttle, f"wrong {number}", 0)
    assert throttle.attempt(RIGHT, look_up, address="192.0.2.1", known=None, now=0.5) == (None, 0.5)
    assert throttle.attempt(RIGHT, look_up, address="192.0.2.1", known=None, now=1.0) == (ADA, 0.0)


def test_guessing_on_makes_nobody_wait_longer_and_every_wait_ends() -> None:
    throttle, now = Throttle(), 0.0
    for number in range(60):
        now += guess(throttle, f"wrong {number}", now)
        guess(throttle, f"wrong {number} then", now)
    wait = guess(throttle, "x", now)
    assert 0 < wait <= LONGEST
    for _ in range(1000):
        assert guess(throttle, "hammering", now + wait - 0.01) <= wait
    assert throttle.attempt(RIGHT, look_up, address="192.0.2.1", known=None, now=now + wait)[0] == ADA


def test_many_addresses_together_wait_too_but_not_for_long() -> None:
    throttle = Throttle()
    for number in range(FREE_TOGETHER + 20):
        guess(
            throttle,
            f"wrong {number}",
            0.0 if number < FREE_TOGETHER else number * 60.0,
            f"198.51.100.{number}",
        )
    last = (FREE_TOGETHER + 19) * 60.0
    assert guess(throttle, "x", last, "203.0.113.9") == LONGEST_TOGETHER
    assert guess(throttle, "x", last + LONGEST_TOGETHER, "203.0.113.9") == 0.0


def test_a_browser_that_was_in_before_is_kept_out_by_no_stranger() -> None:
    throttle = Throttle()
    for number in range(200):
        throttle.attempt(f"wrong {number}", look_up, address="192.0.2.1", known=None, now=float(number))
    assert guess(throttle, "x", 200.0) > 0
    found, wait = throttle.attempt(RIGHT, look_up, address="192.0.2.1", known="browser", now=200.0)
    assert (found, wait) == (ADA, 0.0)
    for number in range(FREE):
        guess(throttle, f"typo {number}", 201.0, known="browser")
    assert guess(throttle, "x", 201.0, known="browser") == 1.0


def test_the_key_of_an_old_link_counts_once() -> None:
    throttle = Throttle()
    assert [guess(throttle, "yesterday's key", now) for now in range(50)] == [0.0] * 50


def test_the_neighbours_of_an_ipv6_address_wait_with_it() -> None:
    throttle = Throttle()
    for number in range(FREE):
        guess(throttle, f"wrong {number}", 0, f"2001:db8::{number}")
    assert guess(throttle, "x", 0, "2001:db8::ffff") == 1.0
    assert guess(throttle, "x", 0, "2001:db8:0:1::1") == 0.0


def test_a_day_of_guesses_from_everywhere_is_few_guesses_and_little_memory() -> None:
    throttle, looked_at = Throttle(), 0
    for second in range(0, 24 * 3600, 2):
        for each in range(2):
            address = f"2001:db8:{second:x}:{each}::1"
            looked_at += guess(throttle, f"{second} {each}", float(second), address) == 0.0
    assert looked_at <= FREE_TOGETHER + 24 * 3600 / LONGEST_TOGETHER + 60
    assert len(throttle._places) <= MOST_PLACES


@given(st.lists(st.tuples(st.sampled_from(["a", "b"]), st.floats(0, 900)), max_size=60))
def test_no_wait_is_longer_than_it_may_be(steps: list[tuple[str, float]]) -> None:
    throttle, now = Throttle(), 0.0
    for number, (address, pause) in enumerate(steps):
        now += pause
        assert 0 <= guess(throttle, str(number), now, address) <= LONGEST


def test_refusals_are_noted_once_a_minute() -> None:
    refusals = Refusals()
    assert [refusals.count(now) for now in (0, 1, 2, 59, 61)] == [1, 0, 0, 0, 4]
