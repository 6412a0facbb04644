"""A database's records of erasures, so that no erased data comes back from a journal or a copy."""

import hmac
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

import duckdb

from study.records import Assignment

PROFILE_ERASED = "profile_erased"


@dataclass(frozen=True, slots=True)
class Erased:
    """The erased raters and profiles in a database's records.

    Attributes
    ----------
    raters : frozenset of str
        Their ids.
    profiles : dict
        By study, the last erasure of each profile by its hash, and the key of the hashes.
    """

    raters: frozenset[str] = frozenset()
    profiles: dict[str, tuple[dict[str, datetime], bytes]] = field(default_factory=dict)

    def holds(self, assignment: Assignment) -> bool:
        """Return whether an assignment was erased with its rater, or with the profile that it was judged for.

        A rater who answers the elicitation again after an erasure gets a profile with the same id; later assignments stay.
        """
        times, key = self.profiles.get(assignment.study_id, ({}, b""))
        if assignment.rater_id in self.raters:
            return True
        if not times or assignment.profile_id is None:
            return False
        erased_at = times.get(mark_of(key, assignment.profile_id))
        return erased_at is not None and assignment.issued_at <= erased_at


def erased_in(connection: duckdb.DuckDBPyConnection) -> Erased:
    """Return a database's records of erasures, without changing anything in it."""
    raters = connection.execute("select rater_id from event where kind = 'withdrawn'").fetchall()
    marks = connection.execute(
        """
        select e.study_id, s.hash_key, e.details->>'profile', max(e.logged_at)
        from event e join study_secret s on s.study_id = e.study_id where e.kind = ? group by all
        """,
        [PROFILE_ERASED],
    ).fetchall()
    profiles: dict[str, tuple[dict[str, datetime], bytes]] = {}
    for study_id, key, mark, erased_at in marks:
        profiles.setdefault(study_id, ({}, bytes.fromhex(key)))[0][mark] = erased_at
    return Erased(frozenset(rater_id for (rater_id,) in raters), profiles)


def mark_of(key: bytes, erased_id: str) -> str:
    """Return the name of an erased profile in events: its hash with the key of its study."""
    return hmac.new(key, f"erased profile\x1f{erased_id}".encode(), sha256).hexdigest()
