"""The progress of a study: how often each comparison has been judged, and how far each rater is."""

from datetime import datetime
from typing import TYPE_CHECKING

from study.protocol.design import Design
from study.protocol.response_evidence import LONGEST_GAP
from study.records import ACTIVE, Event
from study.store.engine import rows
from study.store.engine.database import Database
from study.store.engine.disclosure import as_seen, profile_name, viewer_column
from study.store.studies.coding import Rows, plain_frame
from study.store.studies.studies import design

if TYPE_CHECKING:
    import pandas as pd  # not loaded at start-up


def coverage(db: Database, study_id: str, *, simulated: bool = False) -> "pd.DataFrame":
    """Return one row per main comparison: names, systems, profile, tags, and the number of raters who completed it.

    Only raters whose answers count are included, excluding those of imported answers. Withdrawn comparisons are left
    out.
    """
    return plain_frame(coverage_rows(db, study_id, simulated=simulated)[""])


def coverage_rows(db: Database, study_id: str, *, simulated: bool) -> Rows:
    """Return the rows for the table of :func:`coverage`."""
    rules = design(db, study_id)
    query = f"""
        with asked as (
            select unnest($templates) as template, unnest($questions) as n, unnest($overlaps) as places
        ), judged as (
            select j.task_id, j.assignment_id, j.arrangement
            from judgment_current j join rater r on r.rater_id = j.rater_id
            join task t on t.task_id = j.task_id join asked on asked.template = t.template
            where j.study_id = $study and j.purpose = 'main' and j.response <> 'skip'
                and r.status = $active and (r.source = 'simulated') = $simulated and r.source <> 'imported'
            group by j.task_id, j.assignment_id, j.arrangement, asked.n having count(*) >= asked.n
        ), shown as (
            select s.task_id, string_agg(distinct o.system, ', ' order by o.system) as systems
            from task_output s join output o on o.output_id = s.output_id where s.study_id = $study group by 1
        )
        select t.task_id as comparison_id, t.name as comparison_name, i.name as item_name,
            coalesce(c.system_a, shown.systems) as system_a, coalesce(c.system_b, '') as system_b,
            {profile_name("p")} as profile_name, i.tags,
            count(j.assignment_id) as judged, count(j.assignment_id) filter (j.arrangement = '01') as a_left,
            asked.places
        from task t join asked on asked.template = t.template join shown on shown.task_id = t.task_id
        join item i on i.item_id = t.item_id
        left join (select *, name as profile_name from profile) p on p.profile_id = i.profile_id
        left join comparison_long c on c.comparison_id = t.task_id
        left join judged j on j.task_id = t.task_id
        where t.study_id = $study and t.purpose = 'main' and t.withdrawn is null
        group by all order by judged, i.name, t.task_id
        """
    parameters = {
        "study": study_id,
        "active": ACTIVE,
        "simulated": simulated,
        **_asked(rules),
    }
    with db.reading() as cursor:
        return {"": cursor.sql(query, params=parameters).to_arrow_table()}


def _asked(rules: Design) -> dict[str, list[object]]:
    """Return the templates, how many questions each asks in any case, and how many raters its tasks want."""
    templates = rules.in_use()
    return {
        "templates": [one.key for one in templates],
        "questions": [
            sum(asked.shown_if is None for asked in rules.questions_of(one.key)) for one in templates
        ],
        "overlaps": [one.overlap or rules.overlap for one in templates],
    }


def rater_progress(db: Database, study_id: str, *, simulated: bool = False) -> "pd.DataFrame":
    """Return one row per rater: ids, status, arm, comparisons judged, checks, active seconds, first and last answer.

    Active seconds are summed over all answers; an answer without them counts with its time, up to a minute.
    """
    asked = _asked(design(db, study_id))
    with db.reading() as cursor:
        return cursor.execute(
            f"""
            with answered as (
                select j.rater_id, j.assignment_id, j.purpose, count(*) >= any_value(asked.n) as is_done,
                    sum(coalesce(j.active_seconds, least(j.seconds, $gap))) as active_seconds, min(j.judged_at) as first_at, max(j.judged_at) as last_at
                from judgment_current j join task t on t.task_id = j.task_id
                join (select unnest($templates) as template, unnest($questions) as n) asked on asked.template = t.template
                where j.study_id = $study and j.response <> 'skip' group by j.rater_id, j.assignment_id, j.purpose
            )
            select r.rater_id, {viewer_column("r.external_id")} as external_id, r.status, r.arm,
                coalesce({viewer_column("r.attributes")}, '{{}}') as attributes, r.created_at,
                count(*) filter (a.purpose = 'main' and a.is_done) as judged,
                count(*) filter (a.purpose = 'check') as checks,
                count(*) filter (a.purpose = 'repeat') as repeats,
                coalesce(sum(a.active_seconds), 0) as active_seconds,
                min(a.first_at) as first_at, max(a.last_at) as last_at
            from rater r left join answered a on a.rater_id = r.rater_id
            where r.study_id = $study and r.source <> 'imported' and (r.source = 'simulated') = $simulated
            group by all order by r.created_at, r.rater_id
            """,
            {
                "study": study_id,
                "gap": LONGEST_GAP,
                "templates": asked["templates"],
                "questions": asked["questions"],
                "simulated": simulated,
            },
        ).df()


def judged_between(
    db: Database, study_id: str, start: datetime, end: datetime, *, simulated: bool = False
) -> tuple[int, datetime | None]:
    """Return how many main comparisons counting raters judged after one time and until another, and when the first was.

    Times are in UTC; a comparison is judged at the time of its last answer.
    """
    with db.reading() as cursor:
        found = cursor.execute(
            """
            select count(*), min(last_at) from (
                select max(j.judged_at) as last_at
                from judgment_current j join rater r on r.rater_id = j.rater_id
                where j.study_id = $study and j.purpose = 'main' and j.response <> 'skip' and r.status = $active
                    and r.source <> 'imported' and (r.source = 'simulated') = $simulated group by j.assignment_id
            ) where last_at > $start and last_at <= $end
            """,
            {"study": study_id, "active": ACTIVE, "simulated": simulated, "start": start, "end": end},
        ).fetchall()
    return found[0]


def rater_events(db: Database, study_id: str) -> list[Event]:
    """Return the actions on raters, the newest first: statuses with their reasons, leases ended, withdrawals."""
    with db.reading() as cursor:
        found = rows.select(
            cursor,
            Event,
            """where study_id = ? and (starts_with(kind, 'rater_') or kind in ('lease_ended', 'withdrawn'))
            order by logged_at desc, event_id""",
            [study_id],
        )
    return [as_seen(one) for one in found]
