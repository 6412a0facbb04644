"""The input of an audit: every text that a rater may see, and its origin."""

import json
from dataclasses import dataclass

import pandas as pd

from study.content_kinds import plain_text


@dataclass(frozen=True, slots=True)
class Text:
    """A text that raters see: an output of a system, a profile or a request.

    ``place`` is "output", "profile" or "request"; ``name`` that of the item or profile. Only an output has a system and a
    condition.
    """

    place: str
    name: str
    text: str
    system: str = ""
    condition: str = ""


@dataclass(frozen=True, slots=True)
class AuditedTexts:
    """The texts of a study."""

    outputs: tuple[Text, ...]
    shown: tuple[Text, ...]

    @property
    def systems(self) -> tuple[str, ...]:
        """The systems, in alphabetical order."""
        return tuple(sorted({one.system for one in self.outputs}))


def audited_texts(outputs: pd.DataFrame, shown: pd.DataFrame) -> AuditedTexts:
    """Return the texts to audit.

    Parameters
    ----------
    outputs : DataFrame
        From ``store.audited_outputs``: item_name, system, condition, content (JSON text).
    shown : DataFrame
        From ``store.shown_texts``: place, name, content (JSON text).
    """
    columns = (outputs[name].astype("str") for name in ("item_name", "content", "system", "condition"))
    others = (shown[name].astype("str") for name in ("place", "name", "content"))
    return AuditedTexts(
        tuple(
            Text("output", name, plain_text(json.loads(content)), system, condition)
            for name, content, system, condition in zip(*columns, strict=True)
        ),
        tuple(
            Text(place, name, plain_text(json.loads(content)))
            for place, name, content in zip(*others, strict=True)
        ),
    )
