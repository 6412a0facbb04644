"""Who is at work."""

from datetime import datetime

from study.store.database import Database


def active_raters(db: Database, since: datetime) -> int:
    """Return how many raters have judged since a time, in UTC."""
    with db.reading() as cursor:
        found = cursor.execute(
            """
            select count(distinct a.rater_id) from judgment j join assignment a on a.assignment_id = j.assignment_id
            where j.judged_at >= ?
            """,
            [since],
        ).fetchall()
    return int(found[0][0])
