"""Export of a whole study as a native bundle, at a tier: everything needed to run the same analyses elsewhere."""

import io
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd
import yaml

from study.formats.export import Exported, cells_of, jsonl_bytes
from study.formats.readers.tabular import Columns
from study.formats.tiers import Release, released, screened_json
from study.formats.writers.answers import typed_cells
from study.formats.writers.long import long_columns
from study.protocol.design import Crowd, Design, Practice, parse_design
from study.records import CHECK_SYSTEM, Item, Output, StudyRecords
from study.responses import SKIP
from study.wording import counted, form

# A fixed time in the zip: the same study gives the same bytes.
EPOCH = (1980, 1, 1, 0, 0, 0)
VOTE_COLUMNS = {
    "rater": "rater_id",
    "item_id": "item_name",
    "left_system": "left_system",
    "right_system": "right_system",
    "left_condition": "left_condition",
    "right_condition": "right_condition",
    "criterion": "criterion",
    "answer": "response",
    "confidence": "confidence",
    "rationale": "rationale",
    "seconds": "seconds",
    "shown_at": "shown_at",
    "judged_at": "judged_at",
    "position": "position",
    "purpose": "purpose",
    "rater_source": "rater_source",
    "rater_role": "rater_role",
}
ANSWER_COLUMNS = {
    "rater": "rater_id",
    "item_id": "item_name",
    **{name: name for name in ("template", "question", "confidence", "rationale", "seconds", "shown_at")},
    **{name: name for name in ("judged_at", "position", "purpose", "rater_source", "rater_role")},
}
# Bundle fields that are not in the long table, and the long-table column whose treatment each shares.
BUNDLE_TREATED_AS: dict[str, str] = {
    "profiles.profile_id": "profile_name",
    "profiles.content": "profile",
    "profiles.version_date": "rationale",
    "profiles.external_id": "rater_external_id",
    "items.item_id": "item_name",
    "items.prompt": "prompt",
    "items.source_id": "source_id",
    "items.profile_id": "profile_name",
    "items.reference": "rationale",
    "items.tags": "tags",
    "outputs.item_id": "item_name",
    "outputs.system": "system_a",
    "outputs.condition": "condition_a",
    "outputs.output": "output_a",
    "scores.item_id": "item_name",
    "scores.system": "system_a",
    "scores.condition": "condition_a",
    "scores.metric": "criterion",
    "scores.value": "strength",
    "scores.signature": "criterion",
    "verdicts.item_id": "item_name",
    "verdicts.judge": "criterion",
    "verdicts.system_a": "system_a",
    "verdicts.system_b": "system_b",
    "verdicts.condition_a": "condition_a",
    "verdicts.condition_b": "condition_b",
    "verdicts.first_system": "system_a",
    "verdicts.criterion": "criterion",
    "verdicts.preferred": "preference",
    "verdicts.certainty": "strength",
    "verdicts.reason": "rationale",
    "verdicts.signature": "criterion",
    "items.subjects": "tags",
    **{f"judgments.{field}": column for field, column in VOTE_COLUMNS.items()},
    "answers.shown_systems": "system",
    "answers.shown_conditions": "output_condition",
    "answers.answer": "words",
    **{f"answers.{field}": column for field, column in ANSWER_COLUMNS.items()},
}


@dataclass(frozen=True, slots=True)
class StudyTables:
    """The input of a whole-study export: records of its material, and tables of the store.

    ``judgments`` and ``answers`` are the long tables with texts, restricted to the population to export.
    """

    records: StudyRecords
    judgments: pd.DataFrame
    answers: pd.DataFrame
    scores: pd.DataFrame
    verdicts: pd.DataFrame


def write_bundle(study: StudyTables, release: Release) -> Exported:
    """Return a zip of the study, readable by :func:`study.formats.readers.bundle.read_bundle`.

    Tasks are left out, as an import makes them from the outputs; so are checks, practice and answers of inactive raters.
    """
    names = {item.item_id: item.name for item in study.records.items}
    outputs = {one.output_id: one for one in study.records.outputs if one.system != CHECK_SYSTEM}
    judged, notes = _own(study.judgments, "comparison_purpose", "judgment")
    answered, more = _own(study.answers.drop_duplicates("judgment_id"), "task_purpose", "answer")
    times = [*judged["judged_at"], *answered["judged_at"]]
    first = min(times) if times else None
    answers, withheld = _answers(answered, study.records, release, first)
    notes = (*notes, *more, *withheld)
    verdicts, n_verdicts = _verdicts(study.verdicts, outputs, release)
    if n_verdicts:
        notes = (
            *notes,
            f"{counted(n_verdicts, 'verdict')} on two outputs of one system {form(n_verdicts, 'is', 'are')} left out",
        )
    files = {
        "study.yaml": study_settings(study.records, release),
        "profiles.jsonl": jsonl_bytes(_profiles(study.records, release)),
        "items.jsonl": jsonl_bytes(_items(study.records, release)),
        "outputs.jsonl": jsonl_bytes(_outputs(outputs.values(), names, release)),
        "scores.jsonl": jsonl_bytes(_scores(study.scores, outputs, names, release)),
        "verdicts.jsonl": jsonl_bytes(verdicts),
        "judgments.jsonl": jsonl_bytes(_judgments(judged, release, first)),
        "answers.jsonl": jsonl_bytes(answers),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            if data:
                entry = zipfile.ZipInfo(name, EPOCH)
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, data, zipfile.ZIP_DEFLATED)
    return Exported(buffer.getvalue(), notes)


def study_settings(records: StudyRecords, release: Release) -> bytes:
    """Return the study.yaml; codes, addresses and the contact are in the internal tier only."""
    design = parse_design(records.study.design)
    text = yaml.safe_dump(
        {
            "title": records.study.title,
            "study_id": records.study.study_id,
            "seed": records.study.seed,
            "design": (design if release.tier == "internal" else without_codes(design)).written(),
        },
        sort_keys=False,
        allow_unicode=True,
        width=100,
    )
    return text.encode()


def without_codes(design: Design) -> Design:
    """Return a design without anything that pays raters or reaches a person: codes, addresses, the contact, explanations."""
    return design.model_copy(
        update={
            "completion_code": None,
            "screen_out_code": None,
            "full_code": None,
            "failure_code": None,
            "contact": "",
            "crowd": Crowd(),
            "practice": Practice(pass_mark=design.practice.pass_mark, attempts=design.practice.attempts),
        }
    )


def _treated(release: Release, field: str, cells: Iterable[object]) -> list[object]:
    """Return the cells of a bundle field after its treatment."""
    column = BUNDLE_TREATED_AS[field]
    match release.treatment(column):
        case "kept":
            return list(cells)
        case "hashed":
            return release.identified(column, cells)
    return [release.content(column, cell) for cell in cells]


def _profiles(records: StudyRecords, release: Release) -> Columns:
    found = records.profiles
    dates = [one.version_date for one in found]
    return {
        "profile_id": _treated(release, "profiles.profile_id", (one.name for one in found)),
        "content": _treated(release, "profiles.content", (one.content for one in found)),
        "version_date": dates if release.tier != "public" else [None] * len(found),
        "external_id": _treated(release, "profiles.external_id", (one.external_id for one in found)),
    }


def _items(records: StudyRecords, release: Release) -> Columns:
    found: list[Item] = records.items
    names = {one.profile_id: one.name for one in records.profiles}
    columns: Columns = {
        "item_id": [one.name for one in found],
        "prompt": [one.content for one in found],
        "source_id": [one.source_id for one in found],
        "profile_id": [names.get(one.profile_id or "") for one in found],
        "reference": [one.reference for one in found],
        "tags": [one.tags for one in found],
        **({"subjects": [one.subjects for one in found]} if any(one.subjects for one in found) else {}),
    }
    treated = {name: _treated(release, f"items.{name}", cells) for name, cells in columns.items()}
    if release.treatment("rationale") == "withheld":
        treated["reference"] = [None] * len(found)
    return treated


def _outputs(outputs: Iterable[Output], names: dict[str, str], release: Release) -> Columns:
    found = list(outputs)
    return {
        "item_id": _treated(release, "outputs.item_id", (names[one.item_id] for one in found)),
        "system": [one.system for one in found],
        "condition": [one.condition for one in found],
        "output": _treated(release, "outputs.output", (one.content for one in found)),
    }


def _scores(
    scores: pd.DataFrame, outputs: dict[str, Output], names: dict[str, str], release: Release
) -> Columns:
    own = scores[scores["output_id"].isin(list(outputs))]
    found = [outputs[one] for one in own["output_id"]]
    return {
        "item_id": _treated(release, "scores.item_id", (names[one.item_id] for one in found)),
        "system": [one.system for one in found],
        "condition": [one.condition for one in found],
        "metric": cells_of(own, "metric"),
        "value": cells_of(own, "value"),
        "signature": cells_of(own, "signature"),
    }


def _verdicts(verdicts: pd.DataFrame, outputs: dict[str, Output], release: Release) -> tuple[Columns, int]:
    """Return the verdicts on comparisons of the study's own outputs, and the number left out.

    Dropped: verdicts on two outputs of the same system, because names cannot show their order.
    """
    main = verdicts[verdicts["comparison_purpose"] == "main"]
    own = main[main["system_a"].astype("str") != main["system_b"].astype("str")]
    pairs = [(outputs[a], outputs[b]) for a, b in zip(own["output_a_id"], own["output_b_id"], strict=True)]
    systems = [(a.system, b.system) for a, b in pairs]
    preferred = [
        {"a": a, "b": b}.get(str(code), code)
        for code, (a, b) in zip(cells_of(own, "preference"), systems, strict=True)
    ]
    first = [
        {"left": a, "right": b}.get(str(side)) for side, (a, b) in zip(own["side_of_a"], systems, strict=True)
    ]
    columns = {
        "item_id": _treated(release, "verdicts.item_id", cells_of(own, "item_name")),
        "judge": cells_of(own, "judge"),
        "system_a": [a for a, _ in systems],
        "system_b": [b for _, b in systems],
        "condition_a": [a.condition or None for a, _ in pairs],
        "condition_b": [b.condition or None for _, b in pairs],
        "first_system": first,
        "preferred": preferred,
        "criterion": cells_of(own, "criterion"),
        "certainty": cells_of(own, "certainty"),
        "reason": _treated(release, "verdicts.reason", cells_of(own, "reason")),
        "signature": cells_of(own, "signature"),
    }
    return columns, len(main) - len(own)


def _judgments(own: pd.DataFrame, release: Release, first: pd.Timestamp | None) -> Columns:
    columns = long_columns(released(own, release, first))
    return {field: _iso(columns[column]) for field, column in VOTE_COLUMNS.items()}


def _answers(
    own: pd.DataFrame, records: StudyRecords, release: Release, first: pd.Timestamp | None
) -> tuple[Columns, tuple[str, ...]]:
    """Return the answers of the other kinds as given on screen, one row each."""
    notes: tuple[str, ...] = ()
    in_words = own["kind"].eq("text") & own["response"].ne(SKIP)
    words = release.treatment("words")
    if words == "withheld" and in_words.any():
        count = int(in_words.sum())
        notes = (f"{counted(count, 'answer')} in words {form(count, 'is', 'are')} withheld",)
        own, in_words = own[~in_words], in_words[~in_words]
    written = [
        screened_json(response) if words == "screened" and is_text else response
        for response, is_text in zip(cells_of(own, "response"), in_words, strict=True)
    ]
    outputs = {one.output_id: one for one in records.outputs}
    of_task = records.outputs_of_tasks()
    shown = [
        [outputs[of_task[task][int(slot)]] for slot in arrangement]
        for task, arrangement in zip(cells_of(own, "task_id"), cells_of(own, "arrangement"), strict=True)
    ]
    columns = released(own, release, first)
    return {
        **{field: _iso(typed_cells(columns, column)) for field, column in ANSWER_COLUMNS.items()},
        "shown_systems": [[one.system for one in each] for each in shown],
        "shown_conditions": [[one.condition for one in each] for each in shown],
        "answer": written,
    }, notes


def _own(answers: pd.DataFrame, purpose: str, noun: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return what active raters answered about the study's own tasks, and notes on what is left out."""
    own = answers[purpose].eq("main") & answers["purpose"].isin(["main", "repeat"])
    active = answers["rater_status"].eq("active")
    notes = tuple(
        f"{counted(count, noun)} {what} {form(count, 'is', 'are')} left out"
        for count, what in (
            (int((~own).sum()), "of checks and practice"),
            (int((own & ~active).sum()), "by raters who were excluded or withdrew"),
        )
        if count
    )
    return answers[own & active], notes


def _iso(cells: list[object]) -> list[object]:
    return [cell.isoformat() if hasattr(cell, "isoformat") else cell for cell in cells]
