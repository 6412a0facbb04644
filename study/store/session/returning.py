"""Who comes again: which rater a browser is, and what proves it.

An id of a platform is no secret: it names a person, and proves nothing. What proves is the cookie of the browser that enrolled,
the personal link, or what only the platform and that browser know (the id of the session on Prolific, of the assignment on
Mechanical Turk). Who comes with a known id and no proof is another rater of the same id, who gets other comparisons than the
first, and sees and changes nothing of theirs; after a few of them, nobody without proof comes in by this id any more.

A *ticket* is what stands in the address of a rater's page in the place of the personal link. It is bound to the cookie: in
another browser it is worth nothing. Without a cookie it lets whoever holds it go on, and no more.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from study.errors import NotAllowed, NotFound
from study.protocol.platform_ids import why_no_id
from study.records import Rater
from study.store.engine import rows
from study.store.engine.database import Database
from study.store.studies.studies import design

# Raters of one id who came by the study's link: each one keeps who came before, and gets other comparisons than all of these.
MOST_OF_ID = 5
MANY_OF_ID = (
    "This study was started too often with the same id. If you have begun it, please open it in the browser that you used then. "
    "If not, please write to the people who run the study."
)
MOST_SESSIONS = 50
DIGITS = 32


@dataclass(frozen=True, slots=True)
class Returned:
    """A rater who comes again; ``whole`` where the proof also allows to withdraw: the browser, or the personal link."""

    rater: Rater
    whole: bool


def returning(
    db: Database,
    study_id: str,
    *,
    external_id: str | None = None,
    device: str | None = None,
    parameters: Mapping[str, str] | None = None,
) -> Returned | None:
    """Return the rater who came to this study by its link before, if what the browser brings proves who it is.

    Who was invited is not found here: they have a personal link.

    Parameters
    ----------
    external_id : str, optional
        The id of the platform, where the study has one; else the browser alone says who it is.
    device : str, optional
        The browser's cookie.
    parameters : mapping, optional
        What the address says besides; one of it may be the platform's secret.
    """
    with db.reading() as cursor:
        if external_id:
            where, name = "external_id = ?", external_id
        elif device:
            where, name = "device = ?", hidden(device)
        else:
            return None
        found = rows.select(
            cursor,
            Rater,
            f"where study_id = ? and source = 'link' and {where} order by created_at, rater_id",
            [study_id, name],
        )
    known = [one for one in found if not one.attributes.get("invited")]
    for one in known:
        if is_device_of(one, device):
            return Returned(one, whole=True)
    proof = session_proof(db, study_id, external_id, parameters or {})
    for one in known:
        if proof and any(hmac.compare_digest(proof, each) for each in _proofs_of(db, one)):
            return Returned(one, whole=False)
    return None


def raters_of_id(db: Database, study_id: str, external_id: str) -> list[Rater]:
    """Return the raters of this id outside the study, invited or not, in the order in which they came."""
    with db.reading() as cursor:
        return rows.select(
            cursor,
            Rater,
            "where study_id = ? and external_id = ? and source = 'link' order by created_at, rater_id",
            [study_id, external_id],
        )


def kept_of_id(
    db: Database, study_id: str, external_id: str, parameters: Mapping[str, str]
) -> dict[str, Any]:
    """Return what is kept of a newcomer who brings an id: the session that proves it next time, and who had the id before.

    Raises
    ------
    NotAllowed
        If as many as may have come with this id without proof that they are one person.
    """
    proof = session_proof(db, study_id, external_id, parameters)
    known = raters_of_id(db, study_id, external_id)
    if sum(not one.attributes.get("invited") for one in known) >= MOST_OF_ID:
        raise NotAllowed(MANY_OF_ID)
    before = [one.rater_id for one in known]
    return ({"sessions": [proof]} if proof else {}) | ({"same_id": before} if before else {})


def is_device_of(rater: Rater, device: str | None) -> bool:
    """Return whether this is the browser in which a rater enrolled."""
    return bool(device and rater.device) and hmac.compare_digest(hidden(device or ""), rater.device or "")


def session_proof(
    db: Database, study_id: str, external_id: str | None, parameters: Mapping[str, str]
) -> str | None:
    """Return what is stored of the secret of a platform's session; None where the address holds none."""
    name = design(db, study_id).crowd.session_parameter()
    value = parameters.get(name)
    if not name or not external_id or why_no_id(name, value):
        return None
    return sha256(
        "\x1f".join((study_id, external_id, str(value).strip())).encode("utf-8", "replace")
    ).hexdigest()


def proofs_with(db: Database, rater: Rater, parameters: Mapping[str, str]) -> list[str]:
    """Return the sessions by which a rater is known, and that of these parameters."""
    new = session_proof(db, rater.study_id, rater.external_id, parameters)
    known = [one for one in _proofs_of(db, rater) if one != new]
    return [*known, *([new] if new else [])][-MOST_SESSIONS:]


def _proofs_of(db: Database, rater: Rater) -> list[str]:
    """Return the sessions by which a rater is known; of who enrolled before these were kept apart, the last one."""
    if "sessions" in rater.attributes:
        return list(rater.attributes["sessions"])
    first = session_proof(db, rater.study_id, rater.external_id, rater.attributes.get("parameters", {}))
    return [first] if first else []


def ticket(rater: Rater, device: str | None, *, whole: bool) -> str:
    """Return what stands in the address in the place of the personal link: for this browser alone, where it has a cookie."""
    return f"{rater.rater_id}-{_mark(rater, device, whole=whole and device is not None)}"


def rater_of_ticket(db: Database, text: str, device: str | None, known: Rater | None = None) -> Returned:
    """Return the rater whose ticket this is; where it is that of the rater ``known``, without asking the tables.

    Raises
    ------
    NotFound
        If it is nobody's, or another browser's.
    """
    rater_id, _, mark = text.rpartition("-")
    is_known = known is not None and known.rater_id == rater_id
    for rater in [known] if known is not None and is_known else _of_rater_id(db, rater_id):
        for whole in (True, False) if device is not None else (False,):
            if hmac.compare_digest(
                _mark(rater, device, whole=whole).encode(), mark.encode("utf-8", "replace")
            ):
                return Returned(rater, whole)
    raise NotFound("This address belongs to another browser. Please open the link that you were given.")


def _of_rater_id(db: Database, rater_id: str) -> list[Rater]:
    where = "where rater_id = ? and source = 'link'"
    with db.reading() as cursor:
        found = rows.select(cursor, Rater, where, [rater_id])
    if found:
        return found
    with db.lock, db.newest() as cursor:  # enrolled a moment ago, at another replica
        return rows.select(cursor, Rater, where, [rater_id])


def hidden(device: str) -> str:
    """Return what is stored of a browser's cookie: enough to know it again, not enough to be it."""
    return sha256(device.encode("utf-8", "replace")).hexdigest()


def _mark(rater: Rater, device: str | None, *, whole: bool) -> str:
    said = "\x1f".join(("whole" if whole else "resume", device or "")).encode("utf-8", "replace")
    return hmac.new(rater.token.encode(), said, "sha256").hexdigest()[:DIGITS]
