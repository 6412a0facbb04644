"""Returning raters: which rater a browser belongs to, and the proof of it.

The id on a platform is not secret: it names a person, but proves nothing. A proof is the cookie of the browser that enrolled,
the personal link, or a value that only the platform and that browser know (the id of the session on Prolific, of the
assignment on Mechanical Turk). A person with a known id and no proof becomes another rater with the same id, who gets other
comparisons than the first and neither sees nor changes their data; after a few of these, the id no longer works without
proof.

A *ticket* replaces the personal link in the address of a rater's page. It is bound to the cookie: in another browser it is
useless. Without a cookie it lets its holder continue, but nothing more.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from study.errors import NotAllowed, NotFound
from study.protocol.platform_ids import why_no_id
from study.records import Rater
from study.store.engine import rows
from study.store.engine.database import Database
from study.store.studies.studies import design

# Raters with one id who came by the study's link: each records the earlier ones, and gets other comparisons than these.
MOST_OF_ID = 5
MANY_OF_ID = (
    "This study has been started too often with the same id. If you started it before, please open it in the "
    "browser you used then. Otherwise, please write to the people who run the study."
)
MOST_SESSIONS = 50
DIGITS = 32


@dataclass(frozen=True, slots=True)
class Returned:
    """A returning rater; ``whole`` is True if the proof (browser or personal link) also allows withdrawing."""

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
    """Return the rater who came to this study by its link before, if the browser can prove it.

    Invited raters are not found here: they have a personal link.

    Parameters
    ----------
    external_id : str, optional
        The id on the platform, if the study has one; else only the browser identifies the rater.
    device : str, optional
        The browser's cookie.
    parameters : mapping, optional
        The other parameters in the address; one of them may be the platform's secret.
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
    """Return the raters with this external id, invited or not, in order of arrival."""
    with db.reading() as cursor:
        return rows.select(
            cursor,
            Rater,
            "where study_id = ? and external_id = ? and source = 'link' order by created_at, rater_id",
            [study_id, external_id],
        )


def kept_of_id(
    db: Database, study_id: str, external_id: str, parameters: Mapping[str, str]
) -> dict[str, list[str]]:
    """Return the attributes of a new rater with an id: the session as later proof, and the earlier raters with the id.

    Raises
    ------
    NotAllowed
        If too many raters have come with this id without proof that they are one person.
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
    """Return the stored hash of a platform's session secret; None if the address has none."""
    name = design(db, study_id).crowd.session_parameter()
    value = parameters.get(name)
    if not name or not external_id or why_no_id(name, value):
        return None
    return sha256(
        "\x1f".join((study_id, external_id, str(value).strip())).encode("utf-8", "replace")
    ).hexdigest()


def proofs_with(db: Database, rater: Rater, parameters: Mapping[str, str]) -> list[str]:
    """Return a rater's known sessions and the one in these parameters."""
    new = session_proof(db, rater.study_id, rater.external_id, parameters)
    known = [one for one in _proofs_of(db, rater) if one != new]
    return [*known, *([new] if new else [])][-MOST_SESSIONS:]


def _proofs_of(db: Database, rater: Rater) -> list[str]:
    """Return a rater's known sessions; for raters who enrolled before these had their own attribute, the last one."""
    if "sessions" in rater.attributes:
        return list(rater.attributes["sessions"])
    first = session_proof(db, rater.study_id, rater.external_id, rater.attributes.get("parameters", {}))
    return [first] if first else []


def ticket(rater: Rater, device: str | None, *, whole: bool) -> str:
    """Return a ticket that replaces the personal link in the address, for this browser only if it has a cookie."""
    return f"{rater.rater_id}-{_mark(rater, device, whole=whole and device is not None)}"


def rater_of_ticket(db: Database, text: str, device: str | None, known: Rater | None = None) -> Returned:
    """Return the rater of a ticket; if it is the rater ``known``, without reading the tables.

    Raises
    ------
    NotFound
        If it belongs to no rater, or to another browser.
    """
    rater_id, _, mark = text.rpartition("-")
    is_known = known is not None and known.rater_id == rater_id
    for rater in [known] if known is not None and is_known else _of_rater_id(db, rater_id):
        for whole in (True, False) if device is not None else (False,):
            if hmac.compare_digest(
                _mark(rater, device, whole=whole).encode(), mark.encode("utf-8", "replace")
            ):
                return Returned(rater, whole)
    raise NotFound("This address belongs to another browser. Please open the link you were given.")


def _of_rater_id(db: Database, rater_id: str) -> list[Rater]:
    where = "where rater_id = ? and source = 'link'"
    with db.reading() as cursor:
        found = rows.select(cursor, Rater, where, [rater_id])
    if found:
        return found
    with db.lock, db.newest() as cursor:  # just enrolled at another replica
        return rows.select(cursor, Rater, where, [rater_id])


def hidden(device: str) -> str:
    """Return the stored hash of a browser's cookie: enough to recognise it, not enough to forge it."""
    return sha256(device.encode("utf-8", "replace")).hexdigest()


def _mark(rater: Rater, device: str | None, *, whole: bool) -> str:
    said = "\x1f".join(("whole" if whole else "resume", device or "")).encode("utf-8", "replace")
    return hmac.new(rater.token.encode(), said, "sha256").hexdigest()[:DIGITS]
