"""Repeated answers: their matching first answers, and their units."""

import numpy as np

from study import frames
from study.analysis.agreement.units import Belonging
from study.stats.arrays import IntArray
from study.stats.units import Units, units_of


def repeated(first: frames.Rated, again: frames.Rated) -> IntArray:
    """Return first category, repeated category, rater and position in ``again`` of each repeat, shape (n_repeats, 4)."""
    names = {name: code for code, name in enumerate(first.raters)}
    units = {name: code for code, name in enumerate(first.comparisons)}
    answers = dict(
        zip(zip(first.rater.tolist(), first.unit.tolist(), strict=True), first.category.tolist(), strict=True)
    )
    found = []
    for row, (unit, rater, category) in enumerate(zip(again.unit, again.rater, again.category, strict=True)):
        place = names.get(again.raters[rater], -1)
        key = (place, units.get(again.comparisons[unit], -1))
        if key in answers:
            found.append((answers[key], int(category), place, row))
    return np.array(found, dtype=np.int64).reshape(-1, 4)


def units_of_repeats(there: Belonging, again: frames.Rated, row: IntArray) -> Units:
    """Return the units of some repeats, by their rows in ``again``: those of their comparisons, for their raters."""
    unit, rater = again.unit[row], again.rater[row]
    over = there.over(np.unique(unit), len(np.unique(rater)))
    codes = np.arange(len(there.codes)) if over.groups is None else over.groups
    held = {kind: there.kinds[kind][unit] for kind, _ in over.units.fixed if kind in there.kinds}
    held["rater"] = rater
    return units_of({over.cluster: codes[unit], **held}, asked=True, held=tuple(held))
