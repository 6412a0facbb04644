"""The long table of some records, built in plain Python, as the store's view gives it."""

import json
from typing import Any

import pandas as pd

from study.blinding import shown_in, side_of_a, unblind
from study.records import StudyRecords


def merged(records: StudyRecords, votes: StudyRecords) -> StudyRecords:
    return StudyRecords(
        records.study,
        records.profiles,
        records.items,
        records.outputs,
        records.tasks,
        records.task_outputs,
        records.raters + votes.raters,
        records.assignments + votes.assignments,
        records.judgments + votes.judgments,
    )


def long_table(records: StudyRecords) -> pd.DataFrame:
    items = {one.item_id: one for one in records.items}
    profiles = {one.profile_id: one for one in records.profiles}
    outputs = {one.output_id: one for one in records.outputs}
    comparisons = {one.task.task_id: one for one in records.comparisons()}
    raters = {one.rater_id: one for one in records.raters}
    assignments = {one.assignment_id: one for one in records.assignments}
    rows: list[dict[str, Any]] = []
    for judgment in records.judgments:
        assignment = assignments[judgment.assignment_id]
        comparison = comparisons[assignment.task_id]
        item, rater = items[comparison.item_id], raters[assignment.rater_id]
        a, b = outputs[comparison.output_a_id], outputs[comparison.output_b_id]
        left, right = shown_in(assignment.arrangement, (a, b))
        meaning = unblind(judgment.response, assignment.arrangement)
        preferred = {"a": a, "b": b}.get(meaning.preference or "")
        profile = profiles.get(item.profile_id or "")
        rows.append(
            {
                "judgment_id": judgment.judgment_id,
                "study_id": judgment.study_id,
                "comparison_id": comparison.task.task_id,
                "comparison_name": comparison.task.name,
                "comparison_purpose": comparison.task.purpose,
                "comparison_withdrawn": comparison.task.withdrawn is not None,
                "item_id": item.item_id,
                "item_name": item.name,
                "source_id": item.source_id,
                "profile_id": item.profile_id,
                "profile_name": profile.name if profile else None,
                "tags": json.dumps(item.tags, sort_keys=True),
                "rater_id": rater.rater_id,
                "rater_source": rater.source,
                "simulated": rater.source == "simulated",
                "rater_status": rater.status,
                "rater_role": "proxy",
                "rater_arm": rater.arm,
                "assignment_id": assignment.assignment_id,
                "position": assignment.position,
                "purpose": assignment.purpose,
                "context_condition": assignment.condition,
                "criterion": judgment.question,
                "system_a": a.system,
                "system_b": b.system,
                "output_a_id": a.output_id,
                "output_b_id": b.output_id,
                "condition_a": a.condition,
                "condition_b": b.condition,
                "side_of_a": side_of_a(assignment.arrangement),
                "left_system": left.system,
                "right_system": right.system,
                "response": judgment.response,
                "preference": meaning.preference,
                "strength": meaning.strength,
                "preferred_system": preferred.system if preferred else None,
                "preferred_output_id": preferred.output_id if preferred else None,
                "confidence": judgment.confidence,
                "rationale": judgment.rationale,
                "seconds": judgment.seconds,
                "shown_at": judgment.shown_at,
                "judged_at": judgment.judged_at,
                "revision": judgment.revision,
                "design_version": judgment.design_version,
                "skip_reason": judgment.skip_reason,
                "active_seconds": judgment.active_seconds,
                "profile_seconds": judgment.profile_seconds,
                "profile_open_seconds": judgment.profile_open_seconds,
                "profile_scrolls": judgment.profile_scrolls,
                "changes_of_mind": judgment.changes_of_mind,
                "behaviour_source": judgment.behaviour_source,
                "profile": json.dumps(profiles[item.profile_id].content) if item.profile_id else None,
                "prompt": json.dumps(item.content),
                "output_a": json.dumps(a.content),
                "output_b": json.dumps(b.content),
                "rater_external_id": rater.external_id,
            }
        )
    return pd.DataFrame(rows)
