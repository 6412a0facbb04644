"""A guard for correlations over few systems: keep the number, and warn that it shows little."""

from dataclasses import replace

import numpy as np

from study.stats.resampling import Estimate
from study.wording import counted

ENOUGH_SYSTEMS = 5
"""The number of systems from which a correlation over systems is reported without a warning."""


def few_systems(value: float, n_systems: int) -> str | None:
    """Return a warning that a correlation over so few systems shows little; None from 5 on, or where undefined.

    Two unrelated orders of 4 systems are equal, or exactly reversed, in one case in 12.

    >>> few_systems(1.0, 3)
    '3 systems are too few to say: at least 5 are needed'
    """
    if np.isnan(value) or n_systems >= ENOUGH_SYSTEMS:
        return None
    return f"{counted(n_systems, 'system')} are too few to say: at least {ENOUGH_SYSTEMS} are needed"


def guarded(found: Estimate, n_systems: int) -> Estimate:
    """Return a correlation over systems, without its interval and with a reason if that would suggest false certainty.

    There is no interval over fewer than 5 systems, nor if it would be a single point.

    >>> perfect = Estimate(1.0, 1.0, 1.0, 0.95, 40, 1000, "percentile bootstrap over items")
    >>> guarded(perfect, 3).low, guarded(perfect, 8).reason
    (nan, 'no interval: nearly all resamples give the same value')
    """
    few = few_systems(found.value, n_systems)
    if few:
        return replace(found, low=np.nan, high=np.nan, reason=few)
    if found.high - found.low < 1e-12:
        why = "no interval: nearly all resamples give the same value"
        return replace(found, low=np.nan, high=np.nan, reason=why)
    return found
