"""Which of many alike cases the suite tries in each run, and which CI tries in further rounds (mark ``thorough``)."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import pytest

T = TypeVar("T")


def rounds(cases: Iterable[T], in_the_suite: Callable[[T], bool] | Iterable[T]) -> list[Any]:
    """Return cases for ``pytest.mark.parametrize``; those that the suite does not name are left to the further rounds.

    Raises
    ------
    ValueError
        If the suite would try none of them, or names one that is not among them.
    """
    every = list(cases)
    chosen = [case for case in every if in_the_suite(case)] if callable(in_the_suite) else list(in_the_suite)
    if not chosen or any(case not in every for case in chosen):
        raise ValueError(f"{chosen} are not some of {every}")
    return [case if case in chosen else _further(case) for case in every]


def _further(case: object) -> Any:
    values = case if isinstance(case, tuple) else (case,)
    return pytest.param(*values, marks=pytest.mark.thorough)
