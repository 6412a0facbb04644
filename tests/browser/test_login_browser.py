"""Signing in with OpenID Connect, against a provider on this machine: researcher, viewer, and who is on no list."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from study import store
from tests import programs
from tests.browser.conftest import ROOT, App, another_person, free_port, wait_until_up
from tests.browser.identity_provider import CLIENT, IdentityProvider
from tests.conftest import small_study

pytest.importorskip("authlib", reason="Authlib is not installed: pip install -r requirements.txt")

SECRETS = """[auth]
redirect_uri = "{app}/oauth2callback"
cookie_secret = "a-cookie-secret-for-tests-of-good-length"
client_id = "{client}"
client_secret = "a-client-secret"
server_metadata_url = "{provider}/.well-known/openid-configuration"
"""


@pytest.fixture
def provider() -> Iterator[IdentityProvider]:
    with IdentityProvider({"email": "ada@example.org", "email_verified": True}) as found:
        yield found


@pytest.fixture
def app(tmp_path: Path, provider: IdentityProvider) -> Iterator[App]:
    """Run the app from a folder with secrets of its own."""
    home = tmp_path / "home"
    (home / ".streamlit").mkdir(parents=True)
    shutil.copy(ROOT / ".streamlit" / "config.toml", home / ".streamlit")
    for name in ("app.py", "pages", "study"):
        (home / name).symlink_to(ROOT / name)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    secrets = SECRETS.format(app=url, client=CLIENT, provider=provider.url)
    (home / ".streamlit" / "secrets.toml").write_text(secrets)
    database = tmp_path / "login.duckdb"
    db = store.open_database(database)
    store.save_records(db, small_study())
    db.close()
    environment = os.environ | {
        "BLINDPAIR_DB": str(database),
        "BLINDPAIR_RESEARCHERS": "ada@example.org",
        "BLINDPAIR_VIEWERS": "bob@example.org",
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
    }
    environment.pop("BLINDPAIR_RESEARCHER_KEY", None)
    with (tmp_path / "app.log").open("wb") as log:
        process = programs.start(
            *("-m", "streamlit", "run", "app.py", "--server.headless", "true"),
            *("--server.port", port, "--server.address", "127.0.0.1"),
            cwd=home,
            env=environment,
            stdout=log,
            stderr=programs.STDOUT,
        )
    found = App(url, database, process, tmp_path / "app.log")
    wait_until_up(found)
    yield found
    process.terminate()
    process.wait(timeout=20)


def sign_in(page: Page, app: App) -> None:
    page.goto(app.url)
    page.get_by_role("button", name="Sign in with your account").click()


def test_people_on_the_lists_come_in_with_their_role_and_nobody_else(
    app: App, provider: IdentityProvider, new_context: Callable[..., BrowserContext]
) -> None:
    context = new_context()
    page = context.new_page()
    sign_in(page, app)
    expect(page.get_by_role("heading", name="Studies")).to_be_visible()
    expect(page.get_by_role("button", name="Close")).to_be_visible()
    expect(page.get_by_text("ada@example.org")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in with your account")).to_be_visible()
    page.goto(f"{app.url}/progress")
    expect(page.get_by_role("button", name="Sign in with your account")).to_be_visible()

    provider.claims = {"email": "bob@example.org", "email_verified": True}
    page = another_person(context)
    sign_in(page, app)
    expect(page.get_by_role("heading", name="Studies")).to_be_visible()
    expect(page.get_by_role("button", name="Results")).to_be_visible()
    assert page.get_by_role("button", name="Close").count() == 0
    assert page.get_by_text("/judge?study=").count() == 0

    for claims, why in (
        ({"email": "eve@example.org", "email_verified": True}, "is not on any list"),
        ({"email": "ada@example.org", "email_verified": False}, "is verified"),
    ):
        provider.claims = claims
        page = another_person(context)
        sign_in(page, app)
        expect(page.get_by_text(why)).to_be_visible()
        assert page.get_by_text("The small study").count() == 0
    log = app.output.read_text()
    assert "?key=" not in log
    assert "a-client-secret" not in log
    assert "Traceback" not in log
