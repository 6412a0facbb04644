"""The exact binomial test of wins against losses, and the interval of the shares that it does not reject."""

from math import nan

from scipy.special import bdtr, betaincinv

from study.errors import InvalidInput


def sign_test(wins: int, losses: int) -> float:
    """Return the two-sided exact P of wins against losses under even odds; ties count as neither.

    Parameters
    ----------
    wins, losses : int
        Whole numbers of independent judgments.

    Returns
    -------
    float
        From 0 to 1; 1 without any judgment.

    References
    ----------
    Clopper and Pearson 1934; Dixon and Mood 1946 (sign test).

    Examples
    --------
    >>> f"{sign_test(72, 28):.3e}"
    '1.258e-05'
    """
    for what, count in (("wins", wins), ("losses", losses)):
        if not (count >= 0 and float(count).is_integer()):
            raise InvalidInput(f"{what} {count!r}; allowed: a whole number of 0 or more, ties left out")
    return min(1.0, 2 * float(bdtr(float(min(wins, losses)), int(wins + losses), 0.5)))


def exact_interval(wins: int, n: int, confidence_level: float = 0.95) -> tuple[float, float]:
    """Return Clopper and Pearson's interval of a share: it excludes one half exactly where :func:`sign_test` rejects it.

    Parameters
    ----------
    wins, n : int
        Whole numbers of independent judgments.
    confidence_level : float

    Returns
    -------
    tuple of float
        Low and high, within 0 and 1; nan if n is 0.

    References
    ----------
    Clopper and Pearson 1934.

    Examples
    --------
    >>> [round(end, 4) for end in exact_interval(14, 19)]
    [0.488, 0.9085]
    """
    if not n:
        return nan, nan
    tail = (1 - confidence_level) / 2
    low = float(betaincinv(wins, n - wins + 1, tail)) if wins else 0.0
    high = float(betaincinv(wins + 1, n - wins, 1 - tail)) if wins < n else 1.0
    return low, high
