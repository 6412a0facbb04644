"""Export tiers: what happens to each field for one's own use, for collaborators, and for everyone.

A tier is applied to the long table before an exporter sees it, so that no exporter can bypass it. A column missing from
:data:`TREATMENTS` cannot be exported at all.
"""

import hmac
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

import pandas as pd

from study.formats.export import Exported, Exporter, cells_of
from study.privacy.screening import masked, masked_content
from study.tables import lookup

Tier = Literal["internal", "shared", "public"]
Treatment = Literal["kept", "hashed", "screened", "withheld", "shifted"]

TIERS: dict[str, str] = {
    "internal": "Internal: everything except access tokens, for people who may see the study itself",
    "shared": "Shared with collaborators: ids of people hashed, texts screened",
    "public": "Public: all ids hashed, profiles, references and reasons withheld, other texts screened, times shifted",
}
DEFAULT_TIER: Tier = "public"
TREATMENT_WORDS: dict[str, str] = {
    "kept": "as it is",
    "hashed": "HMAC-SHA256 under the study's secret key, 16 hexadecimal digits",
    "screened": "with a mask in place of e-mail addresses, phone numbers, ids, handles and the like",
    "withheld": "empty, or `[withheld]` where a text must be",
    "shifted": "counted from the first answer of the study, which is put at 2000-01-01 00:00:00",
}
WITHHELD = "[withheld]"
FIRST = pd.Timestamp(2000, 1, 1)
# The kind of each id: equal kinds give equal pseudonyms in every column and file.
KIND_OF_ID = {"output_a_id": "output_id", "output_b_id": "output_id", "preferred_output_id": "output_id"}

_KEPT: tuple[Treatment, Treatment, Treatment] = ("kept", "kept", "kept")
_OF_PEOPLE: tuple[Treatment, Treatment, Treatment] = ("kept", "hashed", "hashed")
_OF_MATERIAL: tuple[Treatment, Treatment, Treatment] = ("kept", "kept", "hashed")
_TEXT: tuple[Treatment, Treatment, Treatment] = ("kept", "screened", "screened")
_OWN_TEXT: tuple[Treatment, Treatment, Treatment] = ("kept", "screened", "withheld")
_TIME: tuple[Treatment, Treatment, Treatment] = ("kept", "kept", "shifted")

# Every column of the long table with texts, and its treatment per tier, in the order of TIERS.
TREATMENTS: dict[str, tuple[Treatment, Treatment, Treatment]] = {
    "judgment_id": _OF_PEOPLE,
    "study_id": _KEPT,
    "comparison_id": _OF_MATERIAL,
    "comparison_name": _OF_MATERIAL,
    "comparison_purpose": _KEPT,
    "comparison_withdrawn": _KEPT,
    "item_id": _OF_MATERIAL,
    "item_name": _OF_MATERIAL,
    "source_id": _OF_MATERIAL,
    "profile_id": _OF_MATERIAL,
    "profile_name": _OF_MATERIAL,
    "tags": _TEXT,
    "rater_id": _OF_PEOPLE,
    "rater_source": _KEPT,
    "simulated": _KEPT,
    "rater_status": _KEPT,
    "rater_role": _KEPT,
    "rater_arm": _KEPT,
    "rater_external_id": _OF_PEOPLE,
    "assignment_id": _OF_PEOPLE,
    "position": _KEPT,
    "purpose": _KEPT,
    "context_condition": _KEPT,
    "criterion": _KEPT,
    "system_a": _KEPT,
    "system_b": _KEPT,
    "output_a_id": _OF_MATERIAL,
    "output_b_id": _OF_MATERIAL,
    "condition_a": _KEPT,
    "condition_b": _KEPT,
    "side_of_a": _KEPT,
    "left_system": _KEPT,
    "right_system": _KEPT,
    "response": _KEPT,
    "preference": _KEPT,
    "strength": _KEPT,
    "preferred_system": _KEPT,
    "preferred_output_id": _OF_MATERIAL,
    "confidence": _KEPT,
    "rationale": _OWN_TEXT,
    "seconds": _KEPT,
    "shown_at": _TIME,
    "judged_at": _TIME,
    "revision": _KEPT,
    "design_version": _KEPT,
    "skip_reason": _KEPT,
    "active_seconds": _KEPT,
    "profile_seconds": _KEPT,
    "profile_open_seconds": _KEPT,
    "profile_scrolls": _KEPT,
    "changes_of_mind": _KEPT,
    "behaviour_source": _KEPT,
    "task_id": _OF_MATERIAL,
    "template": _KEPT,
    "task_purpose": _KEPT,
    "task_withdrawn": _KEPT,
    "output_id": _OF_MATERIAL,
    "system": _KEPT,
    "output_condition": _KEPT,
    "subject": _KEPT,
    "question": _KEPT,
    "arrangement": _KEPT,
    "kind": _KEPT,
    "number": _KEPT,
    "option": _KEPT,
    "words": _OWN_TEXT,
    "slot": _KEPT,
    "n_outputs": _KEPT,
    "screen_position": _KEPT,
    "condition": _KEPT,
    "profile": _OWN_TEXT,
    "prompt": _TEXT,
    "output_a": _TEXT,
    "output_b": _TEXT,
}
# The columns dropped by the option to leave out all texts.
TEXTS = ("rationale", "words", "profile", "prompt", "output_a", "output_b")
# Columns made by exporters, with the long-table columns they derive from.
MADE_OF: dict[str, tuple[str, ...]] = {
    "left_condition": ("condition_a", "condition_b"),
    "right_condition": ("condition_a", "condition_b"),
    "question_id": ("item_name",),
    "model_a": ("system_a", "condition_a"),
    "model_b": ("system_b", "condition_b"),
    "winner": ("preference",),
    "judge": ("rater_id",),
    "conversation_a": ("prompt", "output_a"),
    "conversation_b": ("prompt", "output_b"),
    "turn": (),
    "anony": (),
    "language": (),
    "tstamp": ("judged_at",),
    "chosen": ("output_a", "output_b"),
    "rejected": ("output_a", "output_b"),
    "pair_id": ("comparison_id",),
    "margin": ("strength",),
}


@dataclass(frozen=True, slots=True)
class Release:
    """The tier of an export, and the study's secret key; with ``texts`` off, every text is withheld."""

    tier: Tier
    key: bytes
    texts: bool = True

    def treatment(self, column: str) -> Treatment:
        """Return the treatment of a long-table column."""
        if not self.texts and column in TEXTS:
            return "withheld"
        return treatment_of(column, self.tier)

    def pseudonym(self, kind: str, value: str) -> str:
        """Return an irreversible pseudonym: the same for the same kind, value and key."""
        return hmac.new(self.key, f"{kind}\x1f{value}".encode("utf-8", "surrogatepass"), sha256).hexdigest()[
            :16
        ]

    def identified(self, kind: str, cells: Iterable[object]) -> list[object]:
        """Return ids as exported: unchanged or hashed; None stays."""
        if self.treatment(kind) == "kept":
            return list(cells)
        name = KIND_OF_ID.get(kind, kind)
        return [None if cell is None else self.pseudonym(name, str(cell)) for cell in cells]

    def content(self, column: str, content: object) -> object:
        """Return a content (a dict with its kind) or a text as exported."""
        treatment = self.treatment(column)
        if content is None or treatment == "kept":
            return content
        if treatment == "screened":
            return masked_content(content)
        return {"kind": "text", "text": WITHHELD} if isinstance(content, dict) else WITHHELD


def treatment_of(column: str, tier: str) -> Treatment:
    """Return the treatment of a column of an exported file: the strictest among the columns it derives from."""
    lookup(TIERS, tier, "export tier")
    place = list(TIERS).index(tier)
    parts = MADE_OF.get(column, (column,))
    treatments = [lookup(TREATMENTS, part, "column of an export")[place] for part in parts]
    return next((one for one in treatments if one != "kept"), "kept")


def released(judgments: pd.DataFrame, release: Release, first: pd.Timestamp | None = None) -> pd.DataFrame:
    """Return the long table after a tier's treatment; internal: unchanged.

    Shifted times are counted from ``first``, by default the first answer in the table.

    Raises
    ------
    InvalidInput
        If a column has no treatment, or the tier is unknown.
    """
    if first is None:
        first = judgments["judged_at"].min() if len(judgments) else FIRST
    makers: dict[Treatment, Callable[[str], list[object]]] = {
        "hashed": lambda name: release.identified(name, cells_of(judgments, name)),
        "screened": lambda name: _screened(cells_of(judgments, name)),
        "withheld": lambda name: [None] * len(judgments),
    }
    columns = {}
    for name in map(str, judgments.columns):
        treatment = release.treatment(name)
        if treatment != "kept":
            columns[name] = (
                judgments[name] - first + FIRST
                if treatment == "shifted"
                else pd.Series(makers[treatment](name), index=judgments.index, dtype=object)
            )
    return judgments.assign(**columns)


def write_released(
    exporter: Exporter, judgments: pd.DataFrame, release: Release, *, include_external_ids: bool = False
) -> Exported:
    """Return an exporter's file at a tier; pages and the command line export the long table only through this."""
    return exporter.write(released(judgments, release), include_external_ids=include_external_ids)


def _screened(cells: Iterable[str | None]) -> list[object]:
    known: dict[str, str] = {}
    for cell in cells:
        if cell is not None and cell not in known:
            known[cell] = screened_json(cell)
    return [None if cell is None else known[cell] for cell in cells]


def screened_json(cell: str) -> str:
    """Return a text, or the JSON of a content or of tags, with personal data in its texts masked."""
    if cell.startswith("{"):
        try:
            content = json.loads(cell)
        except (ValueError, RecursionError):
            return masked(cell)[0]
        return json.dumps(masked_content(content), ensure_ascii=False)
    return masked(cell)[0]


def tiers_markdown(columns: Iterable[str]) -> str:
    """Return the treatment of columns in each tier as a Markdown table.

    >>> print(tiers_markdown(["rationale"]))
    | column | internal | shared | public |
    |---|---|---|---|
    | rationale | kept | screened | withheld |
    """
    rows = [f"| {name} | {' | '.join(treatment_of(name, tier) for tier in TIERS)} |" for name in columns]
    head = f"| column | {' | '.join(TIERS)} |"
    return "\n".join([head, "|---|---|---|---|", *rows])
