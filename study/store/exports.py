"""What leaving data needs of the store: the study's secret key, and the audit log's line."""

from secrets import token_hex

from study.store.database import Database, log_event
from study.store.studies import study


def hash_key(db: Database, study_id: str) -> bytes:
    """Return the secret key under which ids of a study are hashed in its exports; made when it is first asked for."""
    study(db, study_id)
    with db.lock, db.reading() as cursor:
        query = "select hash_key from study_secret where study_id = ?"
        found = cursor.execute(query, [study_id]).fetchall()
        if not found:
            with db.writing() as writer:
                writer.execute("insert into study_secret values (?, ?)", [study_id, token_hex(32)])
                log_event(writer, "hash_key_made", study_id=study_id)
            found = cursor.execute(query, [study_id]).fetchall()
    return bytes.fromhex(found[0][0])
