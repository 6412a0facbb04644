"""Raters: enrol, invite, find by their secret link, update."""

import json
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from secrets import token_hex, token_urlsafe
from typing import Any

import duckdb
import numpy as np

from study.assignment import next_arm
from study.assignment.elicitation_rounds import elicited_id
from study.errors import InvalidInput, NotAllowed, NotFound
from study.records import ACTIVE, STATUSES, Rater, RaterSource, RaterStatus, Study, stable_id, utc_now
from study.store.engine import rows
from study.store.engine.acting_person import require_researcher, researchers_only
from study.store.engine.database import Database, log_event
from study.store.engine.disclosure import as_seen
from study.store.session.returning import hidden, kept_of_id, proofs_with, raters_of_id, returning
from study.store.studies.designs import current_version
from study.store.studies.studies import design, study
from study.tables import lookup

# The attribute of raters whose browser has reported a pair on its screen.
ON_SCREEN = "on_screen"


def enrol(
    db: Database,
    study_id: str,
    *,
    source: RaterSource = "link",
    external_id: str | None = None,
    device: str | None = None,
    profile_id: str | None = None,
    attributes: dict[str, Any] | None = None,
) -> Rater:
    """Add a rater to a live study, in the arm with the fewest raters.

    A person who returns with a proof gets the same rater: see :mod:`study.store.session.returning`. A known id without proof
    makes a new rater, who gets none of the comparisons of the earlier ones (the attribute ``same_id`` names these). The first
    rater whose external id owns a profile of the study judges it as its owner.

    Raises
    ------
    NotAllowed
        If the study is not live (simulated raters may also try a draft), or there are too many raters with this id.
    """
    if source != "link":
        require_researcher()
    with db.lock:
        current = study(db, study_id)
        if current.state != "live" and not (source == "simulated" and current.state == "draft"):
            raise NotAllowed("This study is not open to raters at the moment.")
        attributes = dict(attributes or {})
        by_link = source == "link" and not attributes.get("invited")
        if by_link or device:
            given = attributes.get("parameters", {})
            known = returning(db, study_id, external_id=external_id, device=device, parameters=given)
            if known:
                return known.rater
        if by_link and external_id:
            attributes |= kept_of_id(db, study_id, external_id, attributes.get("parameters", {}))
        rater = Rater(
            # A simulated rater's id follows from its name, and so do its tasks (the id seeds their order).
            rater_id=stable_id(study_id, "rater", external_id)
            if source == "simulated" and external_id
            else token_hex(8),
            study_id=study_id,
            token=token_urlsafe(24),
            external_id=external_id,
            source=source,
            arm=_arm(db, current, source),
            attributes=attributes | consent_given(db, study_id, source, attributes),
            profile_id=profile_id
            or (None if attributes.get("same_id") else owned_profile(db, study_id, external_id)),
            status=ACTIVE,
            device=hidden(device) if device else None,
            created_at=utc_now(),
        )
        with db.writing() as cursor:
            rows.insert(cursor, rater)
            log_event(cursor, "enrolled", study_id=study_id, rater_id=rater.rater_id)
        note_newcomer(db, rater)
    return rater


def note_newcomer(db: Database, rater: Rater) -> None:
    """Add a newly enrolled rater to the caches, from here or from another replica."""
    db.raters[rater.token] = rater
    board = db.boards.get(rater.study_id)
    if board is not None and rater.attributes.get("same_id"):
        board.earlier[rater.rater_id] = tuple(rater.attributes["same_id"])


def consent_given(
    db: Database, study_id: str, source: RaterSource, attributes: Mapping[str, object]
) -> dict[str, object]:
    """Return the consent given by enrolling with the study's link; invited raters agree later, simulated ones never."""
    if source != "link" or attributes.get("invited"):
        return {}
    return {"consent": consent_facts(db, study_id)}


def consent_facts(db: Database, study_id: str) -> dict[str, object]:
    """Return the record of the current consent text: its hash and the version of its design."""
    text = design(db, study_id).consent
    return {
        "design_version": current_version(db, study_id),
        "sha256": sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
    }


@researchers_only
def invite(db: Database, study_id: str, profiles: Mapping[str, str | None]) -> list[Rater]:
    """Enrol people by their ids, so that each has a personal link; people who are already invited stay unchanged.

    They are asked for consent when they open the link. A rater who came by the study's link with the same id stays a
    different rater, since nothing proves that it was the same person.

    Parameters
    ----------
    profiles : mapping of str to str or None
        The name of the profile that each person owns, by the person's id outside this study.

    Raises
    ------
    InvalidInput
        If a profile is not one of the study's.
    """
    with db.reading() as cursor:
        known = dict(
            cursor.execute("select name, profile_id from profile where study_id = ?", [study_id]).fetchall()
        )
    ids = {one: lookup(known, name, "profile") if name else None for one, name in profiles.items()}
    with db.lock:
        return [_invited(db, study_id, one, profile_id) for one, profile_id in ids.items()]


def _invited(db: Database, study_id: str, external_id: str, profile_id: str | None) -> Rater:
    known = [one for one in raters_of_id(db, study_id, external_id) if one.attributes.get("invited")]
    if known:
        return known[0]
    return enrol(db, study_id, external_id=external_id, profile_id=profile_id, attributes={"invited": True})


def rater_by_token(db: Database, token: str) -> Rater:
    """Return the rater of a personal link."""
    known = db.raters.get(token)
    if known is None:
        with db.lock, db.newest() as cursor:
            found = rows.select(cursor, Rater, "where token = ?", [token])
            if not found:
                raise NotFound("This personal link is unknown. Please check that you copied all of it.")
            known = db.raters[token] = found[0]
    return known


def raters(db: Database, study_id: str) -> list[Rater]:
    """Return all raters of a study, in order of arrival."""
    with db.reading() as cursor:
        found = rows.select(cursor, Rater, "where study_id = ? order by created_at, rater_id", [study_id])
    return [as_seen(one) for one in found]


def elicited_profiles_of_others(db: Database, rater: Rater) -> list[str]:
    """Return the elicited profiles of other active raters of the same kind."""
    return [
        one.profile_id
        for one in raters(db, rater.study_id)
        if one.profile_id == elicited_id(one.study_id, one.rater_id)
        and (one.status, one.source) == (ACTIVE, rater.source)
        and one.rater_id != rater.rater_id
    ]


def erase_elicited(cursor: duckdb.DuckDBPyConnection, study_id: str, rater_id: str) -> None:
    """Delete a rater's own profile, and end open assignments of others for it; within the caller's transaction."""
    profile_id = elicited_id(study_id, rater_id)
    cursor.execute("delete from profile where profile_id = ?", [profile_id])
    cursor.execute(
        """
        update assignment set expires_at = ? where profile_id = ? and rater_id <> ?
            and assignment_id not in (select assignment_id from judgment)
        """,
        [utc_now(), profile_id, rater_id],
    )


def set_parameters(db: Database, rater: Rater, parameters: Mapping[str, str]) -> Rater:
    """Store and log the platform's new parameters of a returning rater: the last assignment is the one to be paid."""
    with db.lock:
        known = rater_by_token(db, rater.token)
        proofs = proofs_with(db, known, parameters)
        said = {"parameters": dict(parameters)} | ({"sessions": proofs} if proofs else {})
        changed = replace(known, attributes=known.attributes | said)
        with db.writing() as cursor:
            write_attributes(cursor, changed)
            details = {"before": known.attributes.get("parameters", {})}
            log_event(
                cursor, "rater_came_again", study_id=rater.study_id, rater_id=rater.rater_id, details=details
            )
        note_rater(db, changed)
    return changed


def write_attributes(cursor: duckdb.DuckDBPyConnection, rater: Rater) -> None:
    """Write a rater's attributes; within the caller's transaction."""
    cursor.execute(
        "update rater set attributes = ? where rater_id = ?",
        [json.dumps(rater.attributes, ensure_ascii=False), rater.rater_id],
    )


def note_rater(db: Database, rater: Rater) -> None:
    """Update a rater in the caches after a write, without reloading a whole board.

    The places of a rater who is no longer active go to others; if a rater becomes active again, which is rare, the board is
    reloaded.
    """
    db.raters[rater.token] = rater
    board = db.boards.get(rater.study_id)
    if board is None:
        return
    if rater.attributes.get(ON_SCREEN) and rater.rater_id not in board.people:
        board.note_person(rater.rater_id)
    if rater.status != ACTIVE:
        board.retire(rater.rater_id)
    elif rater.rater_id in board.retired:
        del db.boards[rater.study_id]


def forget_rater(db: Database, rater_id: str) -> None:
    """Remove an erased rater from the caches and boards, without reloading a board."""
    for token in [token for token, one in db.raters.items() if one.rater_id == rater_id]:
        del db.raters[token]
    db.steps.pop(rater_id, None)
    for board in db.boards.values():
        board.remove(rater_id)


def check_active(db: Database, rater: Rater) -> None:
    """Raise NotAllowed if a rater has withdrawn (in another tab, say) or no longer takes part."""
    try:
        status = rater_by_token(db, rater.token).status
    except NotFound:
        raise NotAllowed(
            "You have withdrawn from this study. Nothing about you is stored any more."
        ) from None
    if status != ACTIVE:
        raise NotAllowed("This rater no longer takes part in the study.")


@researchers_only
def set_status(db: Database, rater: Rater, status: RaterStatus, reason: str = "") -> Rater:
    """Change whether a rater judges, and whether their answers count; recorded with its reason, and reversible.

    Nothing is deleted. The places of a rater who is not active go to others.

    Raises
    ------
    InvalidInput
        If there is no such status, or an exclusion or its end has no reason.
    """
    return change_status(db, rater, status, reason)


def change_status(db: Database, rater: Rater, status: RaterStatus, reason: str) -> Rater:
    """Change a rater's status as :func:`set_status` does, as a consequence of the rater's own actions."""
    lookup(STATUSES, status, "rater status")
    with db.lock:
        known = rater_by_token(db, rater.token)
        if "excluded" in (status, known.status) and not reason.strip():
            raise InvalidInput(
                "the reason is empty; give a reason for excluding a rater, or for taking one back"
            )
        with db.writing() as cursor:
            cursor.execute("update rater set status = ? where rater_id = ?", [status, rater.rater_id])
            details = {"before": known.status, "reason": reason.strip()}
            log_event(
                cursor, f"rater_{status}", study_id=rater.study_id, rater_id=rater.rater_id, details=details
            )
        note_rater(db, replace(known, status=status))
    return replace(rater, status=status)


def _arm(db: Database, current: Study, source: RaterSource) -> str | None:
    cells = design(db, current.study_id).cells("between")
    if not cells:
        return None
    with db.reading() as cursor:
        counts = dict(
            cursor.execute(
                """
                select arm, count(*) from rater
                where study_id = ? and source = ? and status = ? and arm is not null group by arm
                """,
                [current.study_id, source, ACTIVE],
            ).fetchall()
        )
    lot = stable_id(current.seed, "arm", source, *sorted(counts.items()))
    return next_arm(cells, counts, np.random.default_rng(int(lot, 16)))


def owned_profile(db: Database, study_id: str, external_id: str | None) -> str | None:
    """Return the profile of a study whose owner has this external id."""
    if not external_id:
        return None
    with db.reading() as cursor:
        found = cursor.execute(
            "select profile_id from profile where study_id = ? and external_id = ?", [study_id, external_id]
        ).fetchall()
    return found[0][0] if found else None
