"""The time that an edit took, from the times of its keystrokes."""

import numpy as np
from numpy.typing import ArrayLike

from study.errors import InvalidInput
from study.stats.arrays import FloatArray, check_equal_lengths, codes, numbers

LONGEST_PAUSE = 5.0
"""Seconds of a gap between keystrokes that count as work."""


def active_seconds(
    at: ArrayLike, edit: ArrayLike, n_edits: int, *, longest_pause: float = LONGEST_PAUSE
) -> FloatArray:
    """Return the active time of each edit: the sum of the gaps between keystrokes, each cut at the longest pause.

    Parameters
    ----------
    at : array_like of shape (n_keystrokes,)
        Seconds, in any order.
    edit : array_like of int, shape (n_keystrokes,)
        The edit of each keystroke; codes 0 to ``n_edits - 1``.
    n_edits : int
    longest_pause : float
        In seconds.

    Returns
    -------
    ndarray of shape (n_edits,)
        In seconds; 0 for a single keystroke, nan without any.

    References
    ----------
    Krings 2001 (pauses in post-editing); cut at five seconds by choice.

    Examples
    --------
    >>> active_seconds([0, 0.2, 0.4, 0.7, 5.7, 5.9, 6.3, 36.3, 36.5], np.zeros(9, dtype=int), 1).round(6)
    array([11.5])
    """
    if not longest_pause > 0:
        raise InvalidInput(f"longest_pause {longest_pause}; allowed: above 0 seconds")
    times, of_edit = numbers(at, "at"), codes(edit, n_edits, "edit")
    check_equal_lengths(at=len(times), edit=len(of_edit))
    if np.isnan(times).any():
        raise InvalidInput("at holds a missing time; allowed: the time of every keystroke")
    order = np.lexsort((times, of_edit))
    times, of_edit = times[order], of_edit[order]
    within = of_edit[1:] == of_edit[:-1]
    gaps = np.minimum(np.diff(times), longest_pause)[within]
    total = np.bincount(of_edit[1:][within], gaps, n_edits)
    return np.where(np.bincount(of_edit, minlength=n_edits) > 0, total, np.nan)
