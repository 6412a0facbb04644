"""The deployment that study/guide/deployment.md describes: two replicas on PostgreSQL behind nginx, one of them killed under load."""

import asyncio
import http.client
import json
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import InvalidStatus, WebSocketException

from study import store
from study.protocol.design import Design
from tests import loops
from tests.benchmarks.websocket_rater import WebsocketRater
from tests.browser.conftest import ROOT, App
from tests.conftest import CRITERIA, small_study
from tests.operations.proxy import FOLDER, HOST, NGINX, Proxy, settings_of_unit, start_replica
from tests.postgres import temporary_cluster

N_RATERS = 12
N_ANSWERS = 8
KILLED_AFTER = 30
ESTABLISHED = "01"  # in /proc/net/tcp
USER_HEADERS = (
    *("X-Forwarded-User", "X-Forwarded-Email", "X-Auth-Request-Email", "X-Auth-Request-User", "Remote-User"),
    *("X-Remote-User", "X-Forwarded-Preferred-Username", "X-Goog-Authenticated-User-Email"),
    *("X-Ms-Client-Principal-Name", "X-Real-IP", "Forwarded", "X-Forwarded-Host"),
)

needs_nginx = pytest.mark.skipif(NGINX is None, reason="nginx is not installed: apt-get install nginx-light")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def ask(proxy: Proxy, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPSConnection(HOST, proxy.port, context=proxy.trust, timeout=30)
    with closing(connection):
        connection.request(
            "GET", path, headers={name.replace("_", "-"): text for name, text in headers.items()}
        )
        answer = connection.getresponse()
        return answer.status, {name.lower(): text for name, text in answer.getheaders()}, answer.read()


class Echo(BaseHTTPRequestHandler):
    """Answers with the headers that came."""

    def do_GET(self) -> None:
        body = json.dumps({name.lower(): text for name, text in self.headers.items()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def echo() -> Iterator[str]:
    with ThreadingHTTPServer((HOST, 0), Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"{HOST}:{server.server_address[1]}"
        server.shutdown()


@needs_nginx
def test_the_proxy_lets_no_claimed_user_or_address_pass(folder: Path, echo: str) -> None:
    proxy = Proxy(folder, [echo])
    try:
        claims = {name.replace("-", "_"): "ada@example.org" for name in USER_HEADERS}
        claims |= {"X_Forwarded_For": "6.6.6.6", "X_Forwarded_Proto": "http"}
        status, headers, body = _until_up(proxy, "/?key=a-secret-key", **claims)
        came = json.loads(body)
        assert status == 200
        assert [name for name in USER_HEADERS if name.lower() in came] == []
        assert "ada@example.org" not in body.decode()
        assert came["x-forwarded-for"] == HOST
        assert came["x-forwarded-proto"] == "https"
        assert came["host"] == f"{HOST}:{proxy.port}"
        assert headers["strict-transport-security"].startswith("max-age=")
        plain = http.client.HTTPConnection(HOST, proxy.plain_port, timeout=30)
        with closing(plain):
            plain.request("GET", "/judge?rater=x")
            answer = plain.getresponse()
            assert answer.status == 301
            assert answer.getheader("location") == f"https://{HOST}/judge?rater=x"
    finally:
        proxy.stop()
    logged = proxy.log.read_text()
    assert json.loads(logged.splitlines()[-1])["path"] == "/"
    assert "a-secret-key" not in logged + proxy.error_log.read_text()


@needs_nginx
def test_the_proxy_takes_large_things_at_one_address_only_and_sessions_at_a_human_pace(
    folder: Path, echo: str
) -> None:
    proxy = Proxy(folder, [echo])
    try:
        _until_up(proxy, "/")
        assert put(proxy, "/judge", 2_000_000) == 413
        assert put(proxy, "/_stcore/upload_file/a/b", 2_000_000) != 413
        opened = Counter(ask(proxy, "/_stcore/stream")[0] for _ in range(250))
        assert opened == {200: 250}, "a lecture hall comes back together"
        opened = Counter(ask(proxy, "/_stcore/stream")[0] for _ in range(600))
        assert opened[429] > 100, "a program that opens sessions without end"
        assert ask(proxy, "/judge")[0] == 200
    finally:
        proxy.stop()


def put(proxy: Proxy, path: str, size: int) -> int:
    connection = http.client.HTTPSConnection(HOST, proxy.port, context=proxy.trust, timeout=30)
    with closing(connection):
        connection.request("PUT", path, b"x" * size)
        return connection.getresponse().status


def _until_up(proxy: Proxy, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    while True:
        try:
            return ask(proxy, path, **headers)
        except ConnectionRefusedError:
            assert proxy.process.poll() is None, "nginx ended"


class Raters:
    """What raters know: the answers that were acknowledged to each, by their id, and how often they had to connect again."""

    def __init__(self) -> None:
        self.acknowledged: Counter[str] = Counter()
        self.sent: Counter[str] = Counter()
        self.lines_lost = 0
        self.enough = threading.Event()


async def judge(proxy: Proxy, number: int, raters: Raters) -> None:
    """Judge through the proxy, as a browser does: with a cookie of its own, and connecting again where the line breaks."""
    query, who = "study=link-small", ""
    while raters.acknowledged[who] < N_ANSWERS:
        try:
            async with WebsocketRater(
                proxy.url, "judge", query, cookie=f"browser-number-{number:020}", trust=proxy.trust
            ) as rater:
                if not who:
                    await rater.press(lambda label: "agree" in label)
                    query = rater.query
                    who = re.search(r"go-on=([\w-]+)-", query)[1]  # type: ignore[index]
                while raters.acknowledged[who] < N_ANSWERS:
                    before = list(rater.buttons)
                    raters.sent[who] += 1
                    await rater.press(lambda label: "A is better" in label)
                    raters.acknowledged[who] += list(rater.buttons) != before
                    if raters.acknowledged.total() >= KILLED_AFTER:
                        raters.enough.set()
        except (OSError, InvalidStatus, WebSocketException):
            raters.lines_lost += 1
            await asyncio.sleep(0.2)


def open_lines(replica: App) -> int:
    """Return how many connections a server holds; the proxy decides by its port, which differs from run to run."""
    port = f":{urlsplit(replica.url).port:04X}"
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()]
    return sum(parts[1].endswith(port) and parts[3] == ESTABLISHED for parts in lines)


async def judge_while_one_is_killed(proxy: Proxy, replicas: list[App], raters: Raters) -> App:
    """Kill the replica with most of the raters, and return the other one."""
    judging = asyncio.gather(*(judge(proxy, number, raters) for number in range(N_RATERS)))
    await asyncio.to_thread(raters.enough.wait, 120)
    other, victim = sorted(replicas, key=open_lines)
    victim.kill()
    await judging
    return other


@needs_nginx
def test_a_replica_killed_under_load_loses_nothing_and_raters_go_on_at_the_other(folder: Path) -> None:
    with temporary_cluster(durable=True) as cluster:
        address = cluster.new_schema()
        with closing(store.open_database(address)) as db:
            design = Design(criteria=CRITERIA[:1], min_view_seconds=0, overlap=N_RATERS)
            store.save_records(db, small_study(n_items=8, design=design))
        replicas = [start_replica(address, folder) for _ in range(2)]
        proxy = Proxy(folder, [one.url.removeprefix("http://") for one in replicas])
        raters = Raters()
        try:
            status, _, body = _until_up(proxy, "/healthz")
            assert (status, json.loads(body)["store"]) == (200, "ok")
            other = loops.run(judge_while_one_is_killed(proxy, replicas, raters))
            assert ask(proxy, "/healthz")[0] == 200, "the other one answers"
            other.process.terminate()
            assert other.process.wait(60) == 0
        finally:
            proxy.stop()
            for one in replicas:
                one.kill()
        with closing(store.open_database(address)) as db:
            judgments = store.judgments(db, "small")
            stored = [
                one.rater_id for one in store.raters(db, "small") if one.rater_id in raters.acknowledged
            ]
            places = store.coverage(db, "small")
    counts = judgments["rater_id"].value_counts().to_dict()
    assert len(stored) == N_RATERS
    assert judgments["assignment_id"].is_unique
    assert not judgments.duplicated(["rater_id", "comparison_id"]).any()
    for who in stored:
        assert raters.acknowledged[who] <= counts[who] <= raters.sent[who]
    assert raters.acknowledged.total() == N_RATERS * N_ANSWERS
    assert raters.lines_lost > 0, "some were at the replica that was killed"
    assert len(places) > 0
    lines = [json.loads(line) for line in proxy.log.read_text().splitlines()]
    at = Counter(line["replica"].split(",")[-1].strip() for line in lines if line["path"].endswith("/stream"))
    assert set(at) == {one.url.removeprefix("http://") for one in replicas}, "both served raters"
    assert not [line for line in lines if "rater=" in json.dumps(line) or "go-on=" in json.dumps(line)]


def test_the_settings_of_the_units_are_those_of_the_program() -> None:
    text = (ROOT / "study" / "guide" / "deployment.md").read_text("utf-8")
    assert [name for name in settings_of_unit() if f"`{name}`" not in text] == []


@pytest.mark.parametrize("path", sorted(FOLDER.iterdir()), ids=lambda path: path.name)
def test_each_file_of_a_deployment_is_described(path: Path) -> None:
    text = (ROOT / "study" / "guide" / "deployment.md").read_text("utf-8")
    assert f"](deployment/{path.name})" in text
