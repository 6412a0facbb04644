"""Corrections: methods whose figures are not those of an older version, so that its manifests are told from wrong ones.

To add one: an entry of :data:`CORRECTIONS`. A manifest that an older version wrote, of an analysis or a command that the entry
names, may then differ in its figures; ``reproduce`` says which method was corrected.
"""

import re
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Correction:
    """What was corrected.

    Attributes
    ----------
    since : str
        The first version of the program with the corrected method.
    of : tuple of str
        The analyses, as manifests name them: ``study.analysis.ranking.pairs:pair_table`` where a page wrote the manifest, the
        words of the command (``analyze pairs``; of an export with its format: ``export heds``) where the command line did.
    sentence : str
        What was corrected, in one sentence.
    columns : tuple of str
        The columns whose figures may differ; empty: all, also those of rows that came or went.
    """

    since: str
    of: tuple[str, ...]
    sentence: str
    columns: tuple[str, ...] = ()


CORRECTIONS: tuple[Correction, ...] = ()


def known(manifest: dict[str, Any]) -> list[Correction]:
    """Return the corrections of what a manifest is of, made since the version that wrote it."""
    written_by = version_of(str(manifest["program"].get("version")))
    if not written_by:
        return []
    name = analysis_of(manifest["recipe"])
    return [
        one
        for one in CORRECTIONS
        if written_by < version_of(one.since) and any(_is_of(name, of) for of in one.of)
    ]


def analysis_of(recipe: dict[str, Any]) -> str:
    """Return what a recipe computes, as :class:`Correction` names it.

    >>> analysis_of({"kind": "command", "arguments": ["analyze", "metric-differences", "bleu", "chrf", "--study", "s"]})
    'analyze metric-differences bleu chrf'
    >>> analysis_of({"kind": "command", "arguments": ["export", "--study", "s", "--format=heds"]})
    'export heds'
    """
    if recipe.get("kind") == "analysis":
        return str(recipe.get("function"))
    arguments = [str(one) for one in recipe.get("arguments") or []]
    first_option = next((at for at, one in enumerate(arguments) if one.startswith("-")), len(arguments))
    words = arguments[:first_option]
    if words == ["export"]:
        said = re.search(r"--format[= ](\S+)", " ".join(arguments))
        words.append(said[1] if said else "long_csv")
    return " ".join(words)


def version_of(text: str) -> tuple[int, ...]:
    """Return a version as numbers that can be compared; none where it is no version.

    >>> version_of("0.10.1") > version_of("0.9"), version_of("none")
    (True, ())
    """
    return tuple(map(int, text.split("."))) if re.fullmatch(r"\d{1,6}(\.\d{1,6})*", text) else ()


def _is_of(name: str, of: str) -> bool:
    return name == of or name.startswith(f"{of} ")
