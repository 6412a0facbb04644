"""The exact binomial test of wins against losses."""

from scipy.special import bdtr

from study.errors import InvalidInput


def sign_test(wins: int, losses: int) -> float:
    """Return the two-sided exact P of wins against losses, under even chances; ties are in neither.

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
