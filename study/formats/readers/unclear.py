"""Ambiguous files: their columns fit a format but may mean something else, so the user is asked."""

import re
from collections.abc import Mapping

from study.formats.problems import Unclear, listed, shortened
from study.formats.readers.columns import Rows
from study.formats.readers.options import ImportOptions

PEOPLE, JUDGE = "people judged", "an automatic judge did"
SAYS_VERDICT = {"preferred", "preferred_system", "verdict"}  # only tables of verdicts have these columns
_AUTOMATIC = re.compile(r"gpt|claude|gemini|llama|mistral|mixtral|qwen|deepseek|prometheus|llm|reward", re.I)


def refuse_unclear(rows: Rows, format: str, columns: Mapping[str, str], options: ImportOptions) -> None:
    """Raise Unclear if the columns do not determine a file's meaning; ``format`` is the one they fit.

    Metric scores need a column ``metric`` or ``signature``, or the user's confirmation; verdicts need a column that no
    table of people's answers has, or the user's confirmation.
    """
    name = rows.table.name
    if format == "scores" and not rows.columns.keys() & {"metric", "signature"} and rows.ignored:
        raise Unclear(
            (f"{name}: the meaning of {_quoted(rows.ignored)} is not clear. They may be metrics or people."),
            {"scores": "the values of automatic metrics", "ratings": "ratings by people, a column for each"},
        )
    judges = list(dict.fromkeys(str(cell) for cell in rows.cells("judge") if cell is not None))
    if format in ("battles", "battle_votes") and (
        models := [one for one in judges if _AUTOMATIC.search(one)]
    ):
        raise Unclear(
            f"{name}: the judge {shortened(models[0])} may be a person or a model.",
            {format: PEOPLE, "verdicts": JUDGE},
        )
    if format == "verdicts" and not _says_verdicts(rows, columns, options):
        raise Unclear(
            f"{name}: it is not clear who gave the answers in {rows.column('preferred')!r}. Answers by "
            "people need a column for the rater and the two systems (see votes).",
            {"verdicts": JUDGE},
        )


def _says_verdicts(rows: Rows, columns: Mapping[str, str], options: ImportOptions) -> bool:
    own = rows.column("preferred").strip().lower() in SAYS_VERDICT or "preferred" in columns
    return own or options.judge is not None or bool(rows.columns.keys() & {"signature", "first_system"})


def _quoted(names: tuple[str, ...]) -> str:
    return listed((repr(name) for name in names), 5)
