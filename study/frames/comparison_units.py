"""Units of comparisons and of verdicts: the units of judgments, without raters."""

import pandas as pd

from study.frames.reshaping import has_units, unit_codes
from study.frames.unit_choice import BY_NESTING, parsed_kinds
from study.stats.units import Units, units_of

RATER, ITEM = "rater", "item"


def units_without_raters(rows: pd.DataFrame, cluster: str | None = None) -> Units:
    """Return the units of rows about comparisons: profiles (with sources where profiles share them), or items.

    A verdict, or the majority of a comparison, has no rater; a judge is the only one asked, not one of many.

    Parameters
    ----------
    rows : DataFrame
        With ``item_id``, and ``source_id`` and ``profile_id`` if there are any.
    cluster : str, optional
        As in :func:`study.frames.units`; raters are left out of it, and items replace raters named alone.
    """
    asked = parsed_kinds(cluster)
    if asked:
        kinds = [kind for kind in asked if kind != RATER] or [ITEM]
    else:
        kinds = [kind for kind in BY_NESTING if kind == ITEM or (kind != RATER and has_units(rows, kind))]
    return units_of({kind: unit_codes(rows, kind) for kind in kinds}, asked=bool(asked))
