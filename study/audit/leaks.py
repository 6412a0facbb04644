"""Leaks: signs in texts that reveal the system to a rater. To add one, write a function and a line in LEAKS."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from study.audit.material import AuditedTexts
from study.wording import counted

COLUMNS = ("leak", "label", "place", "name", "system", "excerpt", "why")
EXCERPT = 40
# A sign is telling if most outputs of one system have it and almost none of the others'.
MOST, NEXT_TO_NONE, FEWEST_OUTPUTS = 0.5, 0.05, 5

MAKERS = (
    "openai|anthropic|google|deepmind|meta|mistral|cohere|microsoft|alibaba|deepseek|xai|baidu|amazon|nvidia|apple|"
    "hugging ?face"
)
MODELS = (
    "chatgpt|gpt-?[345o][\\w.-]*|claude|gemini|gemma|bard|llama|mixtral|mistral|qwen|deepseek|grok|copilot|palm|phi-\\d|"
    "command[- ]r|vicuna|falcon|bloom|t5|bert"
)
SELF_IDENTIFICATION = re.compile(
    rf"""
    \b(?:as|i\ am|i'm|i\ was)\ (?:just\ )?(?:an?\ |the\ )?(?:large\ |small\ )?(?:ai|a\.i\.|artificial\ intelligence|language|chat)
        [ -]?(?:language\ )?(?:model|assistant|bot|system)?\b(?!\ (?:teacher|student|editor|expert))
  | \b(?:as|i\ am|i'm|my\ name\ is|call\ me)\ (?:an?\ |the\ )?(?:model\ (?:by|from|of|made\ by)\ )?(?:{MODELS}|{MAKERS})\b
  | \b(?:model|assistant|chatbot)\ (?:by|from|developed\ by|trained\ by|made\ by|created\ by)\ (?:{MAKERS})\b
  | \b(?:developed|trained|created|made|built|powered)\ by\ (?:{MAKERS}|{MODELS})\b
  | \bmy\ (?:knowledge\ cutoff|training\ data|programming)\b
  | \bi\ (?:cannot|can't|am\ unable\ to)\ (?:browse|access)\ the\ (?:internet|web)\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
FILE_NAME = re.compile(
    r"\b[\w-]+\.(?:png|jpe?g|gif|webp|txt|csv|tsv|jsonl?|md|pdf|py|ckpt|safetensors|bin|pt)\b", re.I
)
ADDRESS = re.compile(r"\b(?:https?://|www\.)\S+|\b[\w.+-]+@[\w-]+\.[\w.]+", re.I)
TEMPLATE = re.compile(
    r"<\|?/?(?:im_start|im_end|endoftext|s|assistant|user|system|eot_id)\|?>|\[/?INST\]|###\s*(?:Response|Assistant)"
)
INVISIBLE = {"Cf", "Co", "Cn"}
# These join emoji and letters of many scripts, or mark where words may break.
ALLOWED_INVISIBLE = {"\u200d", "\u200c", "\u00ad"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One leak: its location, the system it reveals if known, and an excerpt."""

    place: str
    name: str
    system: str | None
    excerpt: str
    why: str


Search = Callable[[AuditedTexts], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Leak:
    """A search for one kind of leak, with its label."""

    search: Search
    label: str


def find_leaks(material: AuditedTexts) -> pd.DataFrame:
    """Return every sign that gives a system away, one row per finding, with the columns :data:`COLUMNS`.

    Systems without findings may still be recognisable by their surface: see :mod:`study.audit.surface`.
    """
    rows = [
        (key, leak.label, one.place, one.name, one.system, one.excerpt, one.why)
        for key, leak in LEAKS.items()
        for one in leak.search(material)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"system": "str"})


def self_identification(material: AuditedTexts) -> Iterator[Finding]:
    """An output says which model it is, or who made it."""
    yield from _matches(material, SELF_IDENTIFICATION, "speaks of itself as a model", shown=False)


def system_name(material: AuditedTexts) -> Iterator[Finding]:
    """A text contains the name of a system, in any case and with any signs between its words."""
    for system, pattern in _names(material.systems):
        yield from _matches(material, pattern, f"contains the name of the system {system!r}", of=system)


def condition_name(material: AuditedTexts) -> Iterator[Finding]:
    """An output contains the name of its own prompt condition."""
    for condition, pattern in _names(tuple(sorted({one.condition for one in material.outputs} - {""}))):
        own = AuditedTexts(tuple(one for one in material.outputs if one.condition == condition), ())
        yield from _matches(own, pattern, f"contains the name of its condition {condition!r}")


def file_name(material: AuditedTexts) -> Iterator[Finding]:
    """A text contains a file name."""
    yield from _matches(material, FILE_NAME, "contains the name of a file", shown=False)


def address(material: AuditedTexts) -> Iterator[Finding]:
    """An output contains a web or e-mail address, which a rater may look up."""
    yield from _matches(material, ADDRESS, "contains an address", shown=False)


def template_rest(material: AuditedTexts) -> Iterator[Finding]:
    """An output contains a control token of a chat template."""
    yield from _matches(material, TEMPLATE, "contains a control token of a chat template", shown=False)


def invisible_signs(material: AuditedTexts) -> Iterator[Finding]:
    """An output contains invisible characters, as watermarks do."""
    for one in material.outputs:
        hidden = {sign for sign in one.text if unicodedata.category(sign) in INVISIBLE} - ALLOWED_INVISIBLE
        if hidden:
            names = ", ".join(sorted(unicodedata.name(sign, f"U+{ord(sign):04X}") for sign in hidden))
            yield Finding(
                "output", one.name, one.system, one.text[:EXCERPT], f"contains invisible characters: {names}"
            )


def same_output(material: AuditedTexts) -> Iterator[Finding]:
    """Two systems gave the same text for one item: a rater who sees it twice knows that they do not differ here."""
    writers: dict[tuple[str, str], set[str]] = {}
    for one in material.outputs:
        writers.setdefault((one.name, one.text), set()).add(one.system)
    for (name, text), systems in sorted(writers.items()):
        if len(systems) > 1:
            yield Finding(
                "item", name, ", ".join(sorted(systems)), text[:EXCERPT], "systems gave the same output"
            )


def tell_tale_ends(material: AuditedTexts) -> Iterator[Finding]:
    """Most outputs of one system begin or end alike, and almost none of the others' do."""
    for what, cut in (("begin", _first_words), ("end", _last_words)):
        signs = [cut(one.text) for one in material.outputs]
        yield from _telling(material, signs, what + " with {!r}")


def tell_tale_format(material: AuditedTexts) -> Iterator[Finding]:
    """Most outputs of one system have a list, markdown, several lines or another script, and almost none of the others' do."""
    for sign, has in FORMATS.items():
        signs = [sign if has(one.text) else "" for one in material.outputs]
        yield from _telling(material, signs, "have {}")


FORMATS: dict[str, Callable[[str], bool]] = {
    "a list": lambda text: bool(re.search(r"^\s*(?:[-*•]|\d+[.)])\s", text, re.M)),
    "markdown": lambda text: bool(re.search(r"\*\*\S|^#{1,6}\s|`", text, re.M)),
    "several lines": lambda text: "\n" in text.strip(),
    "emoji": lambda text: any(unicodedata.category(sign) == "So" for sign in text),
    "capitals only": lambda text: text.isupper(),
    "no capital": lambda text: text.islower(),
    "letters of another script": lambda text: any(
        sign.isalpha() and not unicodedata.name(sign, "").startswith("LATIN") for sign in text
    ),
}

LEAKS: dict[str, Leak] = {
    "self_identification": Leak(self_identification, "Says which model it is"),
    "system_name": Leak(system_name, "Contains the name of a system"),
    "condition_name": Leak(condition_name, "Contains the name of a condition"),
    "file_name": Leak(file_name, "Contains the name of a file"),
    "address": Leak(address, "Contains an address"),
    "template_rest": Leak(template_rest, "Contains control tokens of a chat template"),
    "invisible_signs": Leak(invisible_signs, "Contains invisible characters"),
    "same_output": Leak(same_output, "Same output by two systems"),
    "tell_tale_ends": Leak(tell_tale_ends, "Begins or ends like no other system"),
    "tell_tale_format": Leak(tell_tale_format, "Is laid out like no other system"),
}


def _names(names: tuple[str, ...]) -> Iterator[tuple[str, re.Pattern[str]]]:
    """Yield each name with a pattern that finds it with anything but letters and digits between its words."""
    for name in names:
        words = re.findall(r"[^\W_]+", name)
        if words:
            yield (
                name,
                re.compile(r"(?<![^\W_])" + r"[\W_]*".join(map(re.escape, words)) + r"(?![^\W_])", re.I),
            )


def _matches(
    material: AuditedTexts, pattern: re.Pattern[str], why: str, *, shown: bool = True, of: str = ""
) -> Iterator[Finding]:
    for one in (*material.outputs, *material.shown) if shown else material.outputs:
        if found := pattern.search(one.text):
            yield Finding(one.place, one.name, one.system or of or None, _excerpt(one.text, found), why)


def _excerpt(text: str, found: re.Match[str]) -> str:
    start = max(0, found.start() - EXCERPT // 2)
    cut = text[start : found.end() + EXCERPT // 2]
    return ("…" if start else "") + cut + ("…" if found.end() + EXCERPT // 2 < len(text) else "")


def _telling(material: AuditedTexts, signs: list[str], words: str) -> Iterator[Finding]:
    """Yield signs that most outputs of one system have and almost none of the others'."""
    systems = np.array([one.system for one in material.outputs])
    total = Counter(systems.tolist())
    for sign in sorted(set(signs) - {""}):
        has = np.array([one == sign for one in signs])
        for system in material.systems:
            own, others = int(has[systems == system].sum()), int(has[systems != system].sum())
            n_others = len(systems) - total[system]
            telling = (
                own >= FEWEST_OUTPUTS and own > MOST * total[system] and others <= NEXT_TO_NONE * n_others
            )
            if telling and n_others:
                why = f"{own} of {counted(total[system], 'output')} {words.format(sign)}, and {others} of {n_others} of other systems"
                yield Finding("system", system, system, sign, why)


def _first_words(text: str) -> str:
    return " ".join(text.split()[:2]) if len(text.split()) > 2 else ""


def _last_words(text: str) -> str:
    """Return a final punctuation mark other than a period, else the last two words."""
    words = text.split()
    if len(words) <= 2:
        return ""
    return words[-1][-1] if not words[-1][-1].isalnum() and words[-1][-1] != "." else " ".join(words[-2:])
