"""What a metric is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

Score = tuple[float | None, str | None]
"""A value, or None with the reason."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A function over a batch of texts with what people need to know of it.

    Attributes
    ----------
    key : str
        The id under which scores are stored and exported.
    label : str
        The name for people.
    function : callable
        From output texts and references (None where there is none) to a score each.
    needs : tuple of str
        What an output must have: "reference".
    signature : str
        Name, version and parameters; travels with every score.
    higher_is_better : bool or None
        None where more is neither better nor worse.
    """

    key: str
    label: str
    function: Callable[[Sequence[str], Sequence[str | None]], list[Score]]
    needs: tuple[str, ...]
    signature: str
    higher_is_better: bool | None
