"""What is worth knowing of imported records, though nothing is wrong."""

from collections.abc import Iterable

from study.formats.comparisons import Parts
from study.records import Content, Item, StudyRecords
from study.wording import counted, form

NAMED = 3


def notes_on(records: StudyRecords) -> list[str]:
    """Return sentences on what a researcher may want to put right before raters see it."""
    outputs = {output.output_id: output for output in records.outputs}
    compared = {comparison.item_id for comparison in records.comparisons}
    alone = [item for item in records.items if item.item_id not in compared]
    empty = sum(_is_empty(output.content) for output in records.outputs)
    same = sum(
        outputs[one.output_a_id].content == outputs[one.output_b_id].content for one in records.comparisons
    )
    no_profile = sum(_is_empty(profile.content) for profile in records.profiles)
    no_prompt = sum(_is_empty(item.content) for item in records.items)
    found = [
        (len(alone), "item", f"with fewer than two outputs, not compared: {_named(alone)}"),
        (empty, "output", "without text"),
        (same, "comparison", "with the same text on both sides"),
        (no_profile, "profile", "without content"),
        (no_prompt, "item", "without a prompt"),
    ]
    notes = [f"{counted(count, noun)} {what}" for count, noun, what in found if count]
    parts = _parts(
        (outputs[one.output_a_id].system, outputs[one.output_b_id].system) for one in records.comparisons
    )
    if parts > 1:
        notes.append(
            f"the systems fall into {counted(parts, 'group')} that are never compared with each other"
        )
    simulated = sum(rater.source == "simulated" for rater in records.raters)
    if simulated:
        notes.append(
            f"{simulated:,} of {counted(len(records.raters), 'rater')} {form(simulated, 'is', 'are')} simulated"
        )
    return notes


def _is_empty(content: Content) -> bool:
    return isinstance(content.get("text"), str) and not content["text"].strip()


def _named(items: list[Item]) -> str:
    names = ", ".join(repr(item.name) for item in items[:NAMED])
    return names + (", ..." if len(items) > NAMED else "")


def _parts(pairs: Iterable[tuple[str, str]]) -> int:
    parts = Parts()
    for one, other in pairs:
        parts.join(one, other)
    return parts.count()
