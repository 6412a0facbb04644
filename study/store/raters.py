"""Raters: enrol, find by their secret link or their device."""

from dataclasses import replace
from hashlib import sha256
from secrets import token_hex, token_urlsafe
from typing import Any

from study.errors import NotAllowed, NotFound
from study.records import Rater, RaterSource, stable_id, utc_now
from study.store import rows
from study.store.database import Database, log_event
from study.store.studies import study


def enrol(
    db: Database,
    study_id: str,
    *,
    source: RaterSource = "link",
    external_id: str | None = None,
    device: str | None = None,
    attributes: dict[str, Any] | None = None,
) -> Rater:
    """Add a rater to a live study; a second call from the same device returns the first rater.

    Raises
    ------
    NotAllowed
        If the study is not live (simulated raters may also try a draft).
    """
    state = study(db, study_id).state
    if state != "live" and not (source == "simulated" and state == "draft"):
        raise NotAllowed("This study is not open to raters now.")
    with db.lock:
        known = rater_of_device(db, study_id, device) if device else None
        if known:
            return known
        rater = Rater(
            # A simulated rater's id follows from its name, so that its tasks do too (the order is seeded by the id).
            rater_id=stable_id(study_id, "rater", external_id)
            if source == "simulated" and external_id
            else token_hex(8),
            study_id=study_id,
            token=token_urlsafe(24),
            external_id=external_id,
            source=source,
            arm=None,
            attributes=attributes or {},
            profile_id=None,
            status="active",
            device=_hidden(device) if device else None,
            created_at=utc_now(),
        )
        with db.writing() as cursor:
            rows.insert(cursor, rater)
            log_event(cursor, "enrolled", study_id=study_id, rater_id=rater.rater_id)
        db.raters[rater.token] = rater
    return rater


def rater_by_token(db: Database, token: str) -> Rater:
    """Return the rater that a personal link belongs to."""
    known = db.raters.get(token)
    if known is None:
        with db.lock, db.reading() as cursor:
            found = rows.select(cursor, Rater, "where token = ?", [token])
            if not found:
                raise NotFound("This personal link is not known. Please check that it was copied whole.")
            known = db.raters[token] = found[0]
    return known


def rater_of_device(db: Database, study_id: str, device: str) -> Rater | None:
    """Return the rater who enrolled in this study from this browser, if there is one."""
    with db.reading() as cursor:
        found = rows.select(cursor, Rater, "where study_id = ? and device = ?", [study_id, _hidden(device)])
    return found[0] if found else None


def raters(db: Database, study_id: str) -> list[Rater]:
    """Return all raters of a study, in the order in which they came."""
    with db.reading() as cursor:
        return rows.select(cursor, Rater, "where study_id = ? order by created_at, rater_id", [study_id])


def set_status(db: Database, rater: Rater, status: str) -> Rater:
    """Change what a rater may do (active, withdrawn, excluded); logged."""
    with db.writing(forget=True) as cursor:
        cursor.execute("update rater set status = ? where rater_id = ?", [status, rater.rater_id])
        log_event(cursor, f"rater_{status}", study_id=rater.study_id, rater_id=rater.rater_id)
    return replace(rater, status=status)


def _hidden(device: str) -> str:
    """Return what is stored of a browser's cookie: enough to know it again, not enough to be it."""
    return sha256(device.encode()).hexdigest()
