"""Run small matrix operations on one thread: on shared cores, BLAS threads spend more time waiting than working."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import ParamSpec, TypeVar

import scipy.linalg  # noqa: F401  its BLAS must be loaded before it is looked for
from threadpoolctl import ThreadpoolController

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


@lru_cache(maxsize=1)
def _libraries() -> ThreadpoolController:
    return ThreadpoolController()


def on_one_thread(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Return the function limited to one BLAS thread while it runs; for factors of a few hundred columns.

    A Cholesky factor of 200 columns takes 1 ms on one thread; on two busy cores, two threads take 60 ms or more.
    """

    @wraps(function)
    def held(*args: Arguments.args, **options: Arguments.kwargs) -> Result:
        with _libraries().limit(limits=1, user_api="blas"):
            return function(*args, **options)

    return held
