"""Notes on imported records: things worth knowing that are not errors."""

from collections.abc import Iterable, Mapping

from study.blinding import UNKNOWN
from study.content_kinds import plain_text
from study.formats.readers.columns import Rows
from study.formats.readers.comparisons import Parts
from study.formats.readers.ids import OPTION, Ids, without_point
from study.formats.readers.options import ImportOptions
from study.records import Content, Item, StudyRecords
from study.wording import counted, form

NAMED = 3
NO_TEXT = {"none", "nan", "n/a", "na", "null", "<na>", "nat"}


def notes_on(records: StudyRecords) -> list[str]:
    """Return sentences on things that a researcher may want to fix before raters see them."""
    outputs = {output.output_id: output for output in records.outputs}
    comparisons = records.comparisons()
    compared = {comparison.item_id for comparison in comparisons}
    alone = [item for item in records.items if item.item_id not in compared]
    empty = sum(_is_empty(output.content) for output in records.outputs)
    same = sum(
        _same(outputs[one.output_a_id].content, outputs[one.output_b_id].content) for one in comparisons
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
    parts = _parts((outputs[one.output_a_id].system, outputs[one.output_b_id].system) for one in comparisons)
    if parts > 1:
        notes.append(
            f"the systems fall into {counted(parts, 'group')} that are never compared with each other"
        )
    notes += _said_nothing("output", [output.content.get("text") for output in records.outputs])
    notes += _said_nothing("prompt", [item.content.get("text") for item in records.items])
    notes += _said_nothing("profile", [profile.content.get("text") for profile in records.profiles])
    notes += _said_nothing("rationale", [judgment.rationale for judgment in records.judgments])
    floats = [
        rater.external_id
        for rater in records.raters
        if rater.external_id and without_point(rater.external_id) != rater.external_id
    ]
    if floats:
        notes.append(
            f"{counted(len(floats), 'rater')} {form(len(floats), 'has an id', 'have ids')} such as {floats[0]!r}, "
            f"as a spreadsheet writes numbers; {OPTION} reads {without_point(floats[0])!r}"
        )
    simulated = sum(rater.source == "simulated" for rater in records.raters)
    if simulated:
        notes.append(
            f"{simulated:,} of {counted(len(records.raters), 'rater')} {form(simulated, 'is', 'are')} simulated"
        )
    return notes


def matched_notes(
    tables: Mapping[str, Rows], known: StudyRecords | None, options: ImportOptions
) -> list[str]:
    """Return notes on how many ids were matched to similar ones."""
    if known is None or not options.match_ids:
        return []
    pairs = Ids(one.name for one in known.tasks if one.name is not None)
    items = Ids(item.name for item in known.items)
    notes = []
    for rows in tables.values():
        for field, ids in (("pair_id", pairs), ("item_id", items), ("question_id", items)):
            cells = [str(cell).strip() for cell in rows.cells(field) if cell is not None]
            matched = [(cell, likely) for cell in cells if (likely := ids.likely(cell)) is not None]
            if matched:
                given, likely = matched[0]
                notes.append(
                    f"{counted(len(matched), 'id')} in {rows.column(field)!r} {form(len(matched), 'was', 'were')} matched: "
                    f"{given!r} is {likely!r}"
                )
    return notes


def _said_nothing(noun: str, texts: Iterable[str | None]) -> list[str]:
    """Return a note on texts that only say "none", as written by programs."""
    found = [text.strip() for text in texts if text is not None and text.strip().lower() in NO_TEXT]
    words = ", ".join(repr(word) for word in dict.fromkeys(found))
    return [f"{counted(len(found), noun)} {form(len(found), 'says', 'say')} only {words}"] if found else []


def _same(one: Content, other: Content) -> bool:
    return plain_text(one).strip() == plain_text(other).strip()


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


def notes_on_rows(tables: Mapping[str, Rows], records: StudyRecords) -> list[str]:
    """Return notes on what the rows of a file lack or repeat."""
    notes = []
    if "pairs" in tables:
        repeats = len(tables["pairs"]) - len(records.tasks)
        notes = (
            [
                f"{counted(repeats, 'row')} {form(repeats, 'repeats a pair and adds', 'repeat a pair and add')} nothing"
            ]
            if repeats
            else []
        )
    votes = tables.get("votes") or tables.get("judgments")
    if votes is not None:
        undated = sum(cell is None for cell in votes.cells("judged_at"))
        notes += (
            [f"{counted(undated, 'judgment')} without judged_at: the time of the import is used"]
            if undated
            else []
        )
    battles = tables.get("battles") or tables.get("battle_votes")
    if battles is not None and "side_of_a" not in battles.columns:
        notes.append("the file does not say which output was on the left: model_a is taken as the left one")
    if records.verdicts:
        notes += _judge_notes(tables["verdicts"], records)
    return notes


def _judge_notes(rows: Rows, records: StudyRecords) -> list[str]:
    notes = []
    if "judge" not in rows.columns:
        notes.append(f"the judge is called {records.verdicts[0].judge!r}")
    failed = sum(one.answer is None for one in records.verdicts)
    if failed:
        notes.append(
            f"{counted(failed, 'verdict')} without a preference {form(failed, 'counts as a failure', 'count as failures')}"
        )
    unordered = sum(one.arrangement == UNKNOWN for one in records.verdicts)
    if unordered:
        notes.append(
            f"{counted(unordered, 'verdict')} {form(unordered, 'does', 'do')} not say which output the judge was shown first"
        )
    return notes
