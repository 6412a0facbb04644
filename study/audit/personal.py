"""Personal data in the texts of a study: where, how often, and how a public export masks it."""

from collections import Counter
from collections.abc import Iterable

import pandas as pd

from study.audit.material import AuditedTexts, Text
from study.privacy.screening import KINDS, masked, personal_data_in

COLUMNS = ("kind", "label", "place", "name", "system", "count", "excerpt")
AROUND = 24


def find_personal(material: AuditedTexts, more: Iterable[Text] = ()) -> pd.DataFrame:
    """Return personal data found in outputs, profiles, requests, and further texts such as reasons.

    Returns
    -------
    DataFrame
        With the columns :data:`COLUMNS`, one row per text and kind; the excerpt shows the first finding, masked.
    """
    rows = []
    for one in (*material.outputs, *material.shown, *more):
        found = personal_data_in(one.text)
        for kind, count in Counter(each.kind for each in found).items():
            first = next(each for each in found if each.kind == kind)
            rows.append(
                (
                    kind,
                    KINDS[kind].label,
                    one.place,
                    one.name,
                    one.system or None,
                    count,
                    _excerpt(one.text, first.start, first.end, KINDS[kind].mask),
                )
            )
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.astype({"system": "str", "count": "int64"})


def _excerpt(text: str, start: int, end: int, mask: str) -> str:
    before, after = masked(text[:start])[0][-AROUND:], masked(text[end:])[0][:AROUND]
    return f"{'…' if start > AROUND else ''}{before}{mask}{after}{'…' if len(text) - end > AROUND else ''}"
