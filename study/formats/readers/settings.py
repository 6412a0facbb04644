"""The file study.yaml of a bundle: title, id, seed and design."""

import re
from collections.abc import Mapping
from typing import Any

import yaml

from study.errors import InvalidInput
from study.formats.content import cleaned
from study.formats.problems import refuse, shortened
from study.formats.readers.options import new_study
from study.formats.readers.tabular import text_of_bytes
from study.protocol.design import Design, parse_design
from study.records import Study
from study.tables import lookup

SETTINGS = {
    "title": "the title of the study",
    "study_id": "an id of letters, digits, - and _; without it the title gives one",
    "seed": "a whole number; without it 0",
    "design": "what raters are asked, and how often",
}
MOST_BYTES = 1_000_000
MOST_DEPTH = 50
OPENING = (
    yaml.FlowSequenceStartToken,
    yaml.FlowMappingStartToken,
    yaml.BlockSequenceStartToken,
    yaml.BlockMappingStartToken,
)
CLOSING = (yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken, yaml.BlockEndToken)


def read_settings(data: bytes, file: str) -> Study:
    """Return the draft described by a study.yaml.

    Raises
    ------
    InvalidInput
        If it is not YAML, lacks a title, or has an unknown setting or design field.
    """
    settings = _mapping(data, file)
    for key in settings:
        try:
            lookup(SETTINGS, key, "setting")
        except InvalidInput as error:
            refuse(file, str(error))
    title = settings.get("title")
    if not isinstance(title, str) or not title.strip():
        refuse(file, "there is no title; add a line such as 'title: My study'")
    study_id = settings.get("study_id") or None
    if study_id is not None and not (
        isinstance(study_id, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,64}", study_id)
    ):
        refuse(file, f"study_id {shortened(study_id)}: give 1 to 64 letters, digits, - and _")
    return new_study(
        title.strip(),
        study_id=study_id,
        seed=_seed(settings.get("seed"), file),
        design=_design(settings, file),
    )


class _Loader(yaml.BaseLoader):
    """A loader that keeps every value as text (no dates, no tags, `off` stays a word), except a bare ``null`` or ``~``."""

    def construct_scalar(self, node: yaml.ScalarNode) -> Any:
        value = super().construct_scalar(node)
        return None if node.style is None and value in ("null", "~") else value


def _mapping(data: bytes, file: str) -> dict[str, object]:
    if len(data) > MOST_BYTES:
        refuse(file, f"{len(data):,} bytes; at most {MOST_BYTES:,} are read")
    text = text_of_bytes(data, file)
    try:
        _refuse_hostile(text, file)
        settings = yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else None
        refuse(
            file, f"not YAML ({getattr(error, 'problem', None) or 'a character that is not allowed'})", line
        )
    except RecursionError:
        refuse(file, "it is nested too deeply")
    if not isinstance(settings, dict) or not all(isinstance(key, str) for key in settings):
        refuse(file, "it contains no settings; write lines such as 'title: My study'")
    settings, _ = cleaned(settings)
    return dict(settings)


def _refuse_hostile(text: str, file: str) -> None:
    """Refuse aliases, and nesting deeper than any design, for which the parser takes quadratic time."""
    depth = 0
    for token in yaml.scan(text):  # reads at most a thousand characters ahead
        if isinstance(token, yaml.AliasToken):
            refuse(file, "it uses an alias (*name); write the value out")
        depth += isinstance(token, OPENING) - isinstance(token, CLOSING)
        if depth > MOST_DEPTH:
            refuse(file, f"it is nested too deeply: more than {MOST_DEPTH} levels", token.start_mark.line + 1)


def _seed(value: object, file: str) -> int:
    if value is None:
        return 0
    if isinstance(value, str) and re.fullmatch(r"\d{1,18}", value):
        return int(value)
    refuse(file, f"seed {shortened(value)}: give a whole number from 0 up")


def _design(settings: Mapping[str, object], file: str) -> Design:
    design = settings.get("design")
    try:
        return parse_design(design if isinstance(design, dict) else {} if not design else [design])
    except InvalidInput as error:
        refuse(file, str(error))


def read_design(data: bytes, file: str) -> Design:
    """Return the design in a YAML file, either at its top or under ``design:`` as in study.yaml.

    Raises
    ------
    InvalidInput
        Naming the field, its value and the allowed values.
    """
    settings = _mapping(data, file)
    return _design(settings if "design" in settings else {"design": settings}, file)


def write_design(design: Design) -> bytes:
    """Return a design as YAML with every field; :func:`read_design` reads the same design back."""
    text = yaml.safe_dump(
        design.written(newest=True),
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=False,
        width=100,
    )
    return text.encode()
