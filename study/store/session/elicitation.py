"""The elicitation in the store: each part is saved at once, then the profile made of them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from study.assignment.elicitation_rounds import (
    ElicitationPart,
    checked_part,
    elicited_id,
    parts_of,
    profile_content,
)
from study.content_kinds import plain_text
from study.errors import InvalidInput, NotAllowed
from study.privacy.screening import masked_content
from study.protocol.design import Elicitation
from study.records import Content, Item, JsonObject, Output, Profile, Rater, Step, stable_id, utc_now
from study.store.engine import rows
from study.store.engine.acting_person import researchers_only
from study.store.engine.database import Database, log_event
from study.store.session.checks import set_expected
from study.store.session.raters import note_rater, rater_by_token
from study.store.session.steps import phase, steps
from study.store.studies.studies import design, pool_of, study

if TYPE_CHECKING:
    import pandas as pd  # not loaded at start-up

PREFIX = "elicited_"


@dataclass(frozen=True, slots=True)
class ElicitationTask:
    """A rater's current part: its place among all, the request, and the outputs in the order of the screen."""

    place: int
    n_parts: int
    part: ElicitationPart
    item: Item | None
    outputs: tuple[Output, ...]


def elicitation_task(db: Database, rater: Rater) -> ElicitationTask | None:
    """Return the rater's next part; None if all are answered and the rater should review the profile."""
    parts, answers = _parts(db, rater), _answers(db, rater)
    if len(answers) >= len(parts):
        return None
    part = parts[len(answers)]
    with db.reading() as cursor:
        outputs = rows.select(cursor, Output, "where list_contains(?, output_id)", [list(part.outputs)])
        outputs.sort(key=lambda one: part.outputs.index(one.output_id))
        items = rows.select(cursor, Item, "where item_id = ?", [outputs[0].item_id]) if outputs else []
    return ElicitationTask(len(answers), len(parts), part, items[0] if items else None, tuple(outputs))


def record_elicited(db: Database, rater: Rater, place: int, given: Mapping[str, object]) -> bool:
    """Store the answer to one part; return False, changing nothing, if this is not the current part (a second click).

    Raises
    ------
    InvalidInput
        If something is missing; the message says what the rater should do.
    """
    with db.lock:
        parts, answers = _parts(db, rater), _answers(db, rater)
        if not _is_at_it(db, rater) or place != len(answers) or place >= len(parts):
            return False
        part = parts[place]
        answer = checked_part(_rules(db, rater), part, given)
        _write(db, _step(rater, PREFIX + part.kind, {"place": place, **answer}))
    return True


def elicited_content(db: Database, rater: Rater) -> Content:
    """Return the profile made of the rater's answers as it will be shown, with recognised personal data masked.

    Raises
    ------
    NotAllowed
        If the rater has not answered everything.
    """
    shown: Content = masked_content(_content(db, rater))
    return shown


def has_masks(db: Database, rater: Rater) -> bool:
    """Return whether something in a rater's elicited profile is masked."""
    content = _content(db, rater)
    return bool(masked_content(content) != content)


def _content(db: Database, rater: Rater) -> Content:
    """Return the profile made of the rater's original answers."""
    parts, answers = _parts(db, rater), _answers(db, rater)
    if len(answers) < len(parts):
        raise NotAllowed("Some questions are not answered yet.")
    with db.reading() as cursor:
        shown = [output for part in parts for output in part.outputs]
        outputs = rows.select(cursor, Output, "where list_contains(?, output_id)", [shown])
    return profile_content(parts, answers, {one.output_id: plain_text(one.content) for one in outputs})


def finish_elicitation(db: Database, rater: Rater) -> Rater:
    """Make the rater the owner of the profile made of their answers; a second call changes nothing."""
    with db.lock:
        current = rater_by_token(db, rater.token)
        if not _is_at_it(db, current):
            return current
        profile_id = elicited_id(rater.study_id, rater.rater_id)
        profile = Profile(
            profile_id,
            rater.study_id,
            f"elicited {rater.rater_id[:8]}",
            elicited_content(db, rater),
            f"{utc_now():%Y-%m-%d}",
            rater.external_id,
        )
        with db.writing() as cursor:
            rows.insert(cursor, profile)
            cursor.execute("update rater set profile_id = ? where rater_id = ?", [profile_id, rater.rater_id])
            rows.insert(cursor, _step(rater, "elicitation", {}))
            log_event(cursor, "profile_elicited", study_id=rater.study_id, rater_id=rater.rater_id)
        owner = replace(current, profile_id=profile_id)
        note_rater(db, owner)
        db.steps.pop(rater.rater_id, None)
        return owner


def elicited_profiles(db: Database, study_id: str) -> "pd.DataFrame":
    """Return the elicited profiles in the columns of a bundle's profiles, with the rater: one row per profile.

    profile_id (its name), content (JSON text), version_date, external_id, rater_id, status.
    """
    with db.reading() as cursor:
        found = cursor.execute(
            """
            select p.profile_id as key, p.name as profile_id, p.content, p.version_date, p.external_id, r.rater_id, r.status
            from profile p join rater r on r.profile_id = p.profile_id where p.study_id = ? order by r.created_at, 1
            """,
            [study_id],
        ).df()
    own = [
        key == elicited_id(study_id, rater_id)
        for key, rater_id in zip(found.pop("key"), found["rater_id"], strict=True)
    ]
    return found[own].reset_index(drop=True)


@researchers_only
def draw_pool(db: Database, study_id: str, n_items: int) -> int:
    """Move all comparisons of some items of a draft to the pool of its elicitation; return the number of comparisons.

    Items are moved whole, so that no rater sees an output of the pool again in a main comparison. The seed selects them.

    Raises
    ------
    NotAllowed
        If the study is not a draft, or a comparison was given to a (simulated) rater.
    InvalidInput
        If there are not enough items besides those that the main comparisons need.
    """
    with db.reading() as cursor:
        found = cursor.execute(
            "select item_id, task_id from task where study_id = ? and purpose = 'main'",
            [study_id],
        ).fetchall()
    seed = study(db, study_id).seed
    items = sorted({item for item, _ in found}, key=lambda one: stable_id(seed, "pool", one))
    if not 1 <= n_items < len(items):
        raise InvalidInput(
            f"{n_items} requests for the elicitation; allowed: 1 to {len(items) - 1}, because at least "
            "one must be left to judge"
        )
    drawn = {comparison: "" for item, comparison in found if item in items[:n_items]}
    set_expected(db, study_id, "elicitation", drawn)
    return len(drawn)


@researchers_only
def shrink_pool(db: Database, study_id: str, n_items: int) -> None:
    """Return items of a draft's pool to the main comparisons until ``n_items`` are left; the last drawn go first.

    Raises
    ------
    NotAllowed
        If the study is not a draft, or a comparison was given to a (simulated) rater.
    """
    with db.reading() as cursor:
        found = cursor.execute(
            "select item_id, task_id from task where study_id = ? and purpose = 'elicitation'",
            [study_id],
        ).fetchall()
    seed = study(db, study_id).seed
    items = sorted({item for item, _ in found}, key=lambda one: stable_id(seed, "pool", one))
    given_back = {comparison: "" for item, comparison in found if item in items[n_items:]}
    set_expected(db, study_id, "main", given_back)


def pool_size(db: Database, study_id: str) -> int:
    """Return the number of items in the pool of a study's elicitation."""
    with db.reading() as cursor:
        ((n_items,),) = cursor.execute(
            "select count(distinct item_id) from task where study_id = ? and purpose = 'elicitation'",
            [study_id],
        ).fetchall()
    return int(n_items)


def _is_at_it(db: Database, rater: Rater) -> bool:
    """Return whether the rater is in this phase; simulated raters skip the forms that precede it."""
    if rater.source == "simulated":
        current = rater_by_token(db, rater.token)
        return current.profile_id != elicited_id(rater.study_id, rater.rater_id)
    return phase(db, rater) == "elicitation"


def _rules(db: Database, rater: Rater) -> Elicitation:
    rules = design(db, rater.study_id).elicitation
    if rules is None:
        raise NotAllowed("This study asks nothing before its comparisons.")
    return rules


def _parts(db: Database, rater: Rater) -> list[ElicitationPart]:
    seed = study(db, rater.study_id).seed
    return parts_of(_rules(db, rater), pool_of(db, rater.study_id), seed, rater.rater_id)


def _answers(db: Database, rater: Rater) -> list[dict[str, Any]]:
    found = [step.answers for step in steps(db, rater) if step.phase.startswith(PREFIX)]
    return sorted(found, key=lambda answer: answer["place"])


def _step(rater: Rater, done: str, answers: JsonObject) -> Step:
    return Step(token_hex(8), rater.study_id, rater.rater_id, done, "done", answers, utc_now())


def _write(db: Database, step: Step) -> None:
    with db.writing() as cursor:
        rows.insert(cursor, step)
    db.steps.pop(step.rater_id, None)
