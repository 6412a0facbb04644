"""Run commands of the program in the current folder, one after the other, and print what they said as JSON.

python commands.py COMMANDS.json: a list of lists of arguments.
"""

import contextlib
import io
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path.cwd()))

from study.cli import main


def said(arguments: list[str]) -> dict[str, object]:
    """Return the exit code of a command, and its two streams."""
    out, err = io.StringIO(), io.StringIO()
    code: object = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(arguments)
        except SystemExit as ended:
            code = ended.code
    return {"arguments": arguments, "code": code, "out": out.getvalue(), "err": err.getvalue()}


if __name__ == "__main__":
    print(json.dumps([said(one) for one in json.loads(Path(sys.argv[1]).read_text("utf-8"))]))
