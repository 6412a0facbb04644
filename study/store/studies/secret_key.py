"""What leaving data needs of the store: the study's secret key, and the audit log's line."""

from secrets import token_hex

from study.store.engine.database import Database, log_event
from study.store.studies.studies import study


def hash_key(db: Database, study_id: str) -> bytes:
    """Return the secret key under which ids of a study are hashed in its exports; made when it is first asked for."""
    study(db, study_id)
    with db.writing() as cursor:  # which sees the key that somebody else makes in a reader's moment
        query = "select hash_key from study_secret where study_id = ?"
        found = cursor.execute(query, [study_id]).fetchall()
        if not found:
            found = [(token_hex(32),)]
            cursor.execute("insert into study_secret values (?, ?)", [study_id, found[0][0]])
            log_event(cursor, "hash_key_made", study_id=study_id)
    return bytes.fromhex(found[0][0])
