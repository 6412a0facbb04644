"""Which of many similar cases the suite tries, and which are left to CI's further rounds (mark ``thorough``)."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import pytest

T = TypeVar("T")


def cases(
    every: Iterable[T], in_the_suite: Callable[[T], bool] | Iterable[T], *, one_value: bool = False
) -> list[Any]:
    """Return cases for ``pytest.mark.parametrize``; those that the suite does not name are left to the further rounds.

    With ``one_value``, a case that is a tuple is the value of one parameter.

    Raises
    ------
    ValueError
        If the suite would try none of them, or names one that is not among them.
    """
    known = list(every)
    chosen = [case for case in known if in_the_suite(case)] if callable(in_the_suite) else list(in_the_suite)
    if not chosen or any(case not in known for case in chosen):
        raise ValueError(f"{chosen} are not some of {known}")
    return [
        case
        if case in chosen
        else pytest.param(
            *(case if isinstance(case, tuple) and not one_value else (case,)), marks=pytest.mark.thorough
        )
        for case in known
    ]
