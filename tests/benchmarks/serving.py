"""A real chat server is asked: `transformers serve` with a tiny model, as judges are.

`python -m tests.benchmarks.serving`, after `pip install "transformers[serving]"`. In the suite a scripted server keeps to the same
protocol (:mod:`tests.metrics.chat_servers`); this says whether it still is the one that real servers speak.
"""

import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from study.metrics.judges.clients import server_chat
from study.metrics.judges.replies import Answer, read_reply
from tests.browser.conftest import free_port
from tests.metrics.chat_servers import save_chat_model

PATIENCE = 120


def main() -> None:
    """Start the server, ask it, and print its reply; the exit code is 1 where that is another one."""
    port = free_port()
    program = Path(sys.executable).with_name("transformers")
    with tempfile.TemporaryDirectory() as folder:
        save_chat_model(Path(folder))
        server = subprocess.Popen(
            [program, "serve", "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"],
            env=os.environ | {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error"},
        )
        try:
            _wait_for(f"http://127.0.0.1:{port}/health", server)
            said = server_chat(f"http://127.0.0.1:{port}/v1", folder)("Which one?", 0)
        finally:
            server.terminate()
            server.wait(30)
    print(said)
    if read_reply(said, pairwise=True) != Answer("first", None, 85):
        sys.exit("that is not what the model says")


def _wait_for(url: str, server: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    sys.exit(f"transformers serve is not there after {PATIENCE} s (exit code {server.poll()})")


if __name__ == "__main__":
    main()
