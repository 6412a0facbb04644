"""Ratings that tests share: the wine data of R's ordinal, and two small tables."""

import numpy as np

from study.stats.ratings.cells import Rated, rated
from study.stats.units import units_of

JUDGES = [
    "23344455",
    "12132354",
    "23325544",
    "32323253",
    "23433333",
    "32322454",
    "11222323",
    "22233334",
    "12323244",
]
"""Bitterness of 8 bottles by 9 judges (Randall 1989; data set ``wine`` of R's ordinal)."""
BITTERNESS = np.array([[int(level) for level in judge] for judge in JUDGES], dtype=float)
WARM = np.arange(8) >= 4
CONTACT = np.isin(np.arange(8), [2, 3, 6, 7])
JUDGE, BOTTLE = (place.ravel() for place in np.indices((9, 8)))
SCALE = np.arange(1.0, 6.0)

TOY_A = np.array([[4, 5, 3], [5, 5, 4], [3, 4, 4], [4, 4, 2]], dtype=float)
TOY_B = np.array([[3, 4, 3], [4, 5, 2], [3, 3, 3], [2, 4, 1]], dtype=float)


def wine(*, over: tuple[str, ...] = ("rater",), systems: str = "temperature") -> Rated:
    """Return the wine data with cold and warm as systems, or the four kinds of bottles."""
    code = WARM.astype(int) if systems == "temperature" else 2 * WARM + CONTACT
    names = ("cold", "warm") if systems == "temperature" else ("cold", "cold contact", "warm", "warm contact")
    named = {kind: code for kind, code in (("rater", JUDGE), ("item", BOTTLE)) if kind in over}
    units = units_of(named, asked=True)
    return rated(BITTERNESS.ravel(), code[BOTTLE], JUDGE, BOTTLE, systems=names, units=units)


def toy(*, over: tuple[str, ...] = ("rater", "item")) -> Rated:
    """Return toy T: two systems, four raters, three items."""
    value = np.stack([TOY_A, TOY_B])
    system, rater, item = (place.ravel() for place in np.indices(value.shape))
    named = {kind: code for kind, code in (("rater", rater), ("item", item)) if kind in over}
    units = units_of(named, asked=True)
    return rated(value.ravel(), system, rater, item, systems=("A", "B"), units=units)
