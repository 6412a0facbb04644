"""Labels of select boxes, which know a choice by its label alone: no two may read the same."""

from collections import Counter
from collections.abc import Mapping


def unique(labels: Mapping[str, str]) -> dict[str, str]:
    """Return labels by key, with the key behind each label that others have, too.

    >>> unique({"a1": "My study", "b2": "My study", "c3": "Another"})
    {'a1': 'My study · a1', 'b2': 'My study · b2', 'c3': 'Another'}
    """
    shown = dict(labels)
    while repeated := {label for label, count in Counter(shown.values()).items() if count > 1}:
        shown = {key: f"{label} · {key}" if label in repeated else label for key, label in shown.items()}
    return shown
