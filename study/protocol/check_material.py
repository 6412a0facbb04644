"""Check comparisons made from a study's own material: attention checks and wrong-profile checks."""

from collections.abc import Iterator
from itertools import chain

import numpy as np

from study.errors import InvalidInput
from study.records import (
    CHECK_SYSTEM,
    Comparison,
    Item,
    Output,
    Purpose,
    StudyRecords,
    Task,
    stable_id,
    text_content,
)

ATTENTION_TEXT = "This is a check that you are reading. Please choose this answer."


def made_checks(
    records: StudyRecords, *, attention: int = 0, wrong_profile: int = 0, seed: int = 0
) -> StudyRecords:
    """Return new outputs and comparisons for checks, to be added to the study; its own stay unchanged.

    An attention check pairs an output with a text that asks to be chosen. A wrong-profile check pairs an output with the
    same system's output for another profile on the same source: raters who heed the item's profile prefer the first.

    Parameters
    ----------
    records : StudyRecords
    attention, wrong_profile : int
        How many to make in all; the design determines how many of them each rater gets.
    seed : int

    Raises
    ------
    InvalidInput
        If the study has too few outputs, or too few sources that several profiles share.
    """
    rng = np.random.default_rng(seed)
    known = {one.task_id for one in records.tasks}
    made = StudyRecords(records.study)
    for wanted, what, found in (
        (attention, "attention checks, one per text", _attention(records)),
        (wrong_profile, "wrong-profile checks, one per system and two profiles of a source", _wrong(records)),
    ):
        pairs = [pair for pair in found if pair[1].task.task_id not in known]
        if wanted > len(pairs):
            raise InvalidInput(f"{wanted} {what}: only {len(pairs)} more can be made from this study")
        for place in rng.permutation(len(pairs))[:wanted]:
            output, comparison = pairs[place]
            made.outputs.append(output)
            made.add_comparisons([comparison])
    return made


def _attention(records: StudyRecords) -> Iterator[tuple[Output, Comparison]]:
    items = {item.item_id: item for item in records.items}
    for output in records.outputs:
        if output.system != CHECK_SYSTEM and output.content.get("kind") in ("text", "markdown"):
            yield _check(items[output.item_id], output, "attention", None)


def _wrong(records: StudyRecords) -> Iterator[tuple[Output, Comparison]]:
    items = {item.item_id: item for item in records.items}
    outputs: dict[tuple[str, str, str], list[Output]] = {}
    for output in records.outputs:
        item = items[output.item_id]
        if item.profile_id and output.system != CHECK_SYSTEM:
            outputs.setdefault((item.source_id, output.system, output.condition), []).append(output)
    for right, wrong in chain.from_iterable(_pairs_of_profiles(group, items) for group in outputs.values()):
        if right.content != wrong.content:
            yield _check(items[right.item_id], right, "wrong_profile", wrong)


def _pairs_of_profiles(group: list[Output], items: dict[str, Item]) -> Iterator[tuple[Output, Output]]:
    profiles = [items[output.item_id].profile_id for output in group]
    for place, right in enumerate(group):
        others = [one for one, profile in zip(group, profiles, strict=True) if profile != profiles[place]]
        if others:
            yield right, others[place % len(others)]


def _check(item: Item, known: Output, purpose: Purpose, other: Output | None) -> tuple[Output, Comparison]:
    """Return a new output and its comparison with a known one.

    The known output is the right answer if the new one is another profile's, and the new one if it asks to be chosen.
    """
    content = other.content if other else text_content(ATTENTION_TEXT, known.content["kind"])
    output_id = stable_id(known.study_id, purpose, known.output_id)
    new = Output(
        output_id, known.study_id, known.item_id, CHECK_SYSTEM, f"{purpose} {known.output_id}", content
    )
    first, second = sorted((known.output_id, output_id))
    expected = known.output_id if other else output_id
    task = Task(
        stable_id(known.study_id, purpose, "comparison", known.output_id),
        known.study_id,
        item.source_id,
        item.item_id,
        purpose,
        "a" if expected == first else "b",
    )
    return new, Comparison(task, item.item_id, first, second)
