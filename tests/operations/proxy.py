"""What a deployment is made of, on loopback: nginx with the site of study/guide/deployment, replicas as the unit starts them."""

import configparser
import os
import shlex
import shutil
import ssl
import subprocess
from pathlib import Path

from tests import programs
from tests.browser.conftest import KEY, ROOT, App, free_port, wait_until_up

FOLDER = ROOT / "study" / "guide" / "deployment"
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
HOST = "127.0.0.1"


def settings_of_unit() -> dict[str, str]:
    """Return the environment that the replicas share, as the file for the units has it."""
    lines = (FOLDER / "blindpair.env").read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def start_replica(database: str, folder: Path, **settings: str) -> App:
    """Start what the unit starts, with its settings, on a free port."""
    unit = configparser.RawConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read(FOLDER / "blindpair@.service")
    port = free_port()
    program, *arguments = shlex.split(unit["Service"]["ExecStart"].replace("%i", str(port)))
    assert Path(program).name == "streamlit"
    environment = settings_of_unit() | {
        "BLINDPAIR_DB": database,
        "BLINDPAIR_BACKUP_FOLDER": str(folder),
        "BLINDPAIR_RESEARCHER_KEY": KEY,
        "STREAMLIT_SERVER_COOKIE_SECRET": "one secret for all replicas",
    }
    output = folder / f"replica-{port}.log"
    with output.open("wb") as log:
        process = programs.start(
            *("-m", "streamlit", *arguments),
            env=os.environ | environment | settings | {"PYTHONPATH": str(ROOT)},
            stdout=log,
            stderr=programs.STDOUT,
        )
    app = App(f"http://{HOST}:{port}", folder / "none", process, output)
    wait_until_up(app)
    return app


class Proxy:
    """A running nginx before some replicas; ``url`` is where browsers reach it, ``trust`` what they know of its certificate."""

    def __init__(self, folder: Path, replicas: list[str]) -> None:
        self.folder = folder
        certificate, key = folder / "certificate.pem", folder / "key.pem"
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
                *("-subj", f"/CN={HOST}", "-addext", f"subjectAltName=IP:{HOST}"),
                *("-out", str(certificate), "-keyout", str(key)),
            ],
            check=True,
            capture_output=True,
        )
        self.trust = ssl.create_default_context(cafile=str(certificate))
        self.port, self.plain_port = free_port(), free_port()
        values = {
            "HOST": HOST,
            "CERTIFICATE": str(certificate),
            "CERTIFICATE_KEY": str(key),
            "HTTP_PORT": str(self.plain_port),
            "HTTPS_PORT": str(self.port),
            "REPLICA_1": replicas[0],
            "REPLICA_2": replicas[-1],
        }
        site = (FOLDER / "nginx.conf.template").read_text("utf-8")
        for name, value in values.items():
            site = site.replace(f"${{{name}}}", value)
        self.log, self.error_log = folder / "access.log", folder / "error.log"
        site = site.replace("/var/log/nginx/blindpair.log", str(self.log))
        site = site.replace("/var/log/nginx/blindpair.error.log", str(self.error_log))
        temporary = "\n".join(
            f"{name}_temp_path {folder}/{name};"
            for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        config = folder / "nginx.conf"
        config.write_text(
            f"pid {folder}/nginx.pid;\nerror_log {folder}/start.log;\nuser root;\nworker_processes 1;\n"
            f"events {{ worker_connections 1024; }}\nhttp {{\n{temporary}\n{site}\n}}\n"
        )
        self._command = [str(NGINX), "-p", str(folder), "-c", str(config), "-e", str(folder / "start.log")]
        subprocess.run([*self._command, "-t"], check=True, capture_output=True)
        self.process = subprocess.Popen([*self._command, "-g", "daemon off;"])

    @property
    def url(self) -> str:
        return f"https://{HOST}:{self.port}"

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)
