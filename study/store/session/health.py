"""The number of raters at work."""

from datetime import datetime

from study.store.engine.database import Database


def active_raters(db: Database, since: datetime) -> int:
    """Return how many people have judged since a time, in UTC; imported and simulated answers do not count."""
    with db.reading() as cursor:
        found = cursor.execute(
            """
            select count(distinct a.rater_id) from judgment j join assignment a on a.assignment_id = j.assignment_id
            join rater r on r.rater_id = a.rater_id where j.judged_at >= ? and r.source = 'link'
            """,
            [since],
        ).fetchall()
    return int(found[0][0])
