"""A PostgreSQL server of its own for tests, on loopback, in a temporary folder."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import psycopg
import pytest

from study import store
from study.store.postgres.mirror import schema_tables

USER = "postgres"


def programs() -> Path:
    """Return the folder of the newest PostgreSQL that is installed."""
    on_path = shutil.which("initdb")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda one: int(one.parts[-3]))
    if not on_path and not found:
        missing = "PostgreSQL is not installed (apt-get install postgresql)"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return Path(on_path).parent if on_path else found[-1].parent


class Cluster:
    """A server with its data in a folder; ``durable`` as in production, else quick."""

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        self.data = folder / "data"
        self.log = folder / "log"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        # PostgreSQL refuses to run as root.
        self._as_user = (
            ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"] if os.geteuid() == 0 else []
        )
        if self._as_user:
            shutil.chown(folder, USER, USER)
        self._run(
            "initdb", "-D", self.data, "-U", USER, "-A", "trust", "-N", "-E", "UTF8", "--locale=C.UTF-8"
        )
        quick = ["fsync=off", "full_page_writes=off"] if not durable else []
        settings = ["listen_addresses=127.0.0.1", f"port={self.port}", "unix_socket_directories=", *quick]
        with (self.data / "postgresql.conf").open("a") as config:
            config.writelines(f"{name} = '{value}'\n" for name, value in (one.split("=") for one in settings))
        self.start()
        self._n_schemas = 0

    def start(self) -> None:
        self._run("pg_ctl", "-D", self.data, "-l", self.log, "-w", "start")

    def stop(self, how: str = "immediate") -> None:
        """Stop the server; "immediate" is a crash."""
        self._run("pg_ctl", "-D", self.data, "-m", how, "-w", "stop")

    def kill(self) -> None:
        """Kill the server as a power cut would: its first process, and with it all others."""
        os.kill(int((self.data / "postmaster.pid").read_text().splitlines()[0]), signal.SIGKILL)

    @property
    def url(self) -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{USER}"

    def new_schema(self) -> str:
        """Make an empty schema, and return the address under which it looks like a database of its own."""
        self._n_schemas += 1
        name = f"test_{self._n_schemas}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"create schema {name}")
        return f"{self.url}?options={quote(f'-csearch_path={name}')}"

    def drop(self, address: str) -> None:
        """Drop a schema that :meth:`new_schema` made, so that the folder does not grow."""
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("select set_config('client_min_messages', 'warning', false)")
            found = connection.execute("select current_schema()").fetchall()
            connection.execute(f"drop schema {found[0][0]} cascade")

    def _run(self, program: str, *arguments: object) -> None:
        subprocess.run(
            [*self._as_user, programs() / program, *map(str, arguments)],
            check=True,
            capture_output=True,
            cwd=self.data.parent,
        )


@contextmanager
def temporary_cluster(*, durable: bool) -> Iterator[Cluster]:
    """Start a server for a block; not in pytest's own folder, which is closed to the user that PostgreSQL runs as."""
    with TemporaryDirectory(prefix="blindpair-postgres-") as folder:
        server = Cluster(Path(folder), durable=durable)
        try:
            yield server
        finally:
            server.stop()


Rows = dict[str, list[tuple[object, ...]]]


def rows_of(db: store.Database) -> Rows:
    """Return all rows of all tables, sorted."""
    with db.reading() as cursor:
        tables = [name for (name,) in cursor.execute("select table_name from duckdb_tables()").fetchall()]
        return {
            table: sorted(cursor.execute(f"select * from {table}").fetchall(), key=repr)
            for table in sorted(tables)
        }


def rows_on_server(address: str) -> Rows:
    """Return all rows as PostgreSQL has them, sorted."""
    with psycopg.connect(address) as connection:
        return {
            name: sorted(
                connection.execute(f"select {', '.join(table.columns)} from {name}").fetchall(), key=repr
            )
            for name, table in sorted(schema_tables().items())
        }
