"""Krippendorff's alpha for unitizing: agreement of two raters on where marks begin and end."""

from dataclasses import dataclass

import numpy as np

from study.errors import InvalidInput
from study.stats.arrays import FloatArray, IntArray, check_equal_lengths
from study.stats.marks.spans import Spans

NO_MARKS = "neither rater marks anything, or each marks the whole text"


@dataclass(frozen=True, slots=True)
class UnitizingAlpha:
    """Agreement of two raters on the marks of a text.

    Attributes
    ----------
    value : float
        At most 1, which is perfect agreement; 0 is chance; nan where undefined.
    observed, expected : float
        Disagreement, summed over labels.
    reason : str or None
    """

    value: float
    observed: float
    expected: float
    reason: str | None = None


def unitizing_alpha(first: Spans, second: Spans, *, continuous: bool = False) -> UnitizingAlpha:
    """Return alpha_U of the marks of two raters in one text, in the form of 2004.

    Of each label, a rater's text is sections: marks and the gaps between them. Overlapping marks differ by the
    squares of the differences of their ends, a mark within the other rater's gap by its squared length. The value
    depends on the unit of length: characters give another one than tokens. For more than two raters its authors
    withdrew it (Krippendorff et al. 2016).

    Parameters
    ----------
    first, second : Spans
        Of the same single text; marks of a label do not overlap.
    continuous : bool
        Whether length is continuous, so that chance cannot place a mark on whole tokens only.

    Raises
    ------
    InvalidInput
        If there is not exactly one text, of one length, or two marks of a rater with one label overlap.

    References
    ----------
    Krippendorff 2004, section 4; Krippendorff 1995 (continuous).

    Examples
    --------
    >>> from study.stats.marks.spans import spans
    >>> one, other = spans([0, 0], [2, 14], [10, 20], [24]), spans([0, 0], [4, 15], [8, 17], [24])
    >>> round(unitizing_alpha(one, other).value, 5), round(unitizing_alpha(one, other, continuous=True).value, 5)
    (0.51529, 0.55295)
    """
    check_equal_lengths(first=len(first.n_tokens), second=len(second.n_tokens))
    if len(first.n_tokens) != 1 or first.n_tokens[0] != second.n_tokens[0]:
        lengths = [*first.n_tokens.tolist(), *second.n_tokens.tolist()]
        raise InvalidInput(f"texts of {lengths} tokens; allowed: one text of one length, read by both")
    length = float(first.n_tokens[0])
    observed = expected = 0.0
    for label in np.unique(np.concatenate([first.label, second.label])):
        one, other = _sections(first, int(label)), _sections(second, int(label))
        observed += _observed(one, other, length)
        expected += _expected([one, other], length, continuous=continuous)
    if not expected > 0:
        return UnitizingAlpha(np.nan, observed, expected, NO_MARKS)
    return UnitizingAlpha(1 - observed / expected, observed, expected)


Sections = tuple[FloatArray, FloatArray]
"""The ends of marks and the ends of gaps, shape (n, 2) each."""


def _sections(marked: Spans, label: int) -> Sections:
    rows = np.flatnonzero(marked.label == label)
    rows = rows[np.argsort(marked.begin[rows], kind="stable")]
    begin, end = marked.begin[rows], marked.end[rows]
    if (crossed := np.flatnonzero(begin[1:] < end[:-1])).size:
        at = crossed[0]
        shown = f"[{begin[at]}, {end[at]}) and [{begin[at + 1]}, {end[at + 1]})"
        raise InvalidInput(f"marks {shown} of label {label} overlap; allowed: marks side by side")
    gaps = _ends(np.concatenate([[0], end]), np.concatenate([begin, marked.n_tokens]))
    return _ends(begin, end), gaps[gaps[:, 1] > gaps[:, 0]]


def _ends(begin: IntArray, end: IntArray) -> FloatArray:
    return np.column_stack([begin, end]).astype(np.float64)


def _observed(first: Sections, second: Sections, length: float) -> float:
    """Return the disagreement of two raters' sections, relative to the squared length."""
    marks, others = first[0][:, None], second[0][None, :]
    overlap = np.minimum(marks[..., 1], others[..., 1]) > np.maximum(marks[..., 0], others[..., 0])
    squares = float((((marks - others) ** 2).sum(axis=2) * overlap).sum())
    for own, gaps in ((first[0], second[1]), (second[0], first[1])):
        inside = (own[:, None, 0] >= gaps[None, :, 0]) & (own[:, None, 1] <= gaps[None, :, 1])
        squares += float(((own[:, 1] - own[:, 0]) ** 2 * inside.any(axis=1)).sum())
    return squares / length**2


def _expected(sections: list[Sections], length: float, *, continuous: bool) -> float:
    """Return the disagreement if marks and gaps were placed at random, as in Krippendorff 2004, eq. 6."""
    marks, gaps = (np.concatenate([one[kind][:, 1] - one[kind][:, 0] for one in sections]) for kind in (0, 1))
    step = 0.0 if continuous else 1.0
    overlapping = (len(marks) - 1) * (2 * marks**3 - step * (3 * marks**2 - marks)) / 3
    room = np.where(gaps[None, :] >= marks[:, None], gaps[None, :] - marks[:, None] + step, 0.0)
    inside = marks**2 * room.sum(axis=1)
    all_read = len(sections) * length
    pairs = all_read * (all_read - step) - (marks * (marks - step)).sum()
    return float(2 / length * (overlapping + inside).sum() / pairs) if pairs > 0 else 0.0
