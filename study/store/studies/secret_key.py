"""The secret key of a study, with which its exports hash ids."""

from secrets import token_hex

from study.store.engine.database import Database, log_event
from study.store.studies.studies import study


def hash_key(db: Database, study_id: str) -> bytes:
    """Return the secret key for hashing ids in a study's exports; it is made on the first call."""
    study(db, study_id)
    # Unlike a reader's snapshot, a writer's cursor sees a key that another writer has just made.
    with db.writing() as cursor:
        query = "select hash_key from study_secret where study_id = ?"
        found = cursor.execute(query, [study_id]).fetchall()
        if not found:
            found = [(token_hex(32),)]
            cursor.execute("insert into study_secret values (?, ?)", [study_id, found[0][0]])
            log_event(cursor, "hash_key_made", study_id=study_id)
    return bytes.fromhex(found[0][0])
