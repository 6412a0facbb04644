"""What the worker is asked to do in its tests: functions at the top of a module, as it calls them."""

import os
import sys
import time
import warnings
from collections.abc import Callable
from types import ModuleType

import pandas as pd

from study.errors import InvalidInput, NotFound

SECRETS = (
    "BLINDPAIR_RESEARCHER_KEY",
    "BLINDPAIR_DB",
    "OPENAI_API_KEY",
    "PGPASSWORD",
    "STREAMLIT_SERVER_COOKIE_SECRET",
)


def rows_and_process(judgments: pd.DataFrame, *, times: int = 1) -> tuple[int, int]:
    """Return the number of rows, times a number, and the process that counted them."""
    return len(judgments) * times, os.getpid()


def refused() -> None:
    raise InvalidInput("'3' is no criterion; allowed: fit")


def lost() -> None:
    raise NotFound("there is no such thing")


def broken() -> None:
    raise ZeroDivisionError("one by none")


class Odd(Exception):
    """An error that cannot be made again from what it says."""

    def __init__(self, one: int, other: int) -> None:
        super().__init__(f"{one} and {other}")


def oddly_broken() -> None:
    raise Odd(1, 2)


class OddWarning(UserWarning):
    """A warning that cannot be made again from what it says."""

    def __init__(self, one: int, other: int) -> None:
        super().__init__(f"{one} and {other}")


def oddly_warned() -> str:
    warnings.warn(OddWarning(1, 2), stacklevel=1)
    return "done"


def locally_warned() -> str:
    class Local(UserWarning):
        pass

    warnings.warn(Local("of here alone"), stacklevel=1)
    return "done"


def unsendable() -> Callable[[], None]:
    return lambda: None


def known_there_only() -> object:
    """Return what the process that asked has not got."""
    module = ModuleType("only_there")
    sys.modules[module.__name__] = module
    module.Known = type("Known", (), {"__module__": module.__name__})  # type: ignore[attr-defined]
    return module.Known()


def warned() -> str:
    warnings.warn("few raters", RuntimeWarning, stacklevel=1)
    return "done"


def printed() -> str:
    print("what a library prints")
    return "printed"


def told(*, steps: int, progress: Callable[[float, str], None]) -> int:
    for step in range(steps):
        progress(step / steps, f"step {step}")
    return steps


def endless(progress: Callable[[float, str], None]) -> None:
    while True:
        progress(0.5, "on and on")
        time.sleep(0.05)


def sleeping() -> None:
    time.sleep(600)


def settings() -> list[str]:
    """Return which of the secrets of the app are known."""
    return sorted(set(SECRETS) & set(os.environ))


def niceness() -> int:
    return os.nice(0)


def killed(path: str) -> str:
    """Die the first time, by a mark in a file; answer the second time."""
    if not os.path.exists(path):  # noqa: PTH110
        with open(path, "w"):  # noqa: PTH123
            os._exit(9)
    return "the second time"
