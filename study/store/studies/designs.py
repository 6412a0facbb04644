"""A study's design over time: a draft's is replaced, a launched one is frozen, and changes make a new version."""

from dataclasses import replace

import duckdb

from study import logs
from study.assignment.graph import components
from study.errors import NotAllowed, NotFound
from study.protocol.design import Design
from study.records import DesignVersion, State
from study.store.engine import rows
from study.store.engine.acting_person import researchers_only
from study.store.engine.database import Database, log_event
from study.store.studies.divergences import EDIT, divergence_measures, priorities
from study.store.studies.studies import comparison_count, design, frozen, pool_of, study
from study.store.studies.tasks import fit_tasks
from study.wording import counted, listed

MOST_GROUPS, MOST_SYSTEMS = 5, 5  # in one error message
WORDS = {"question", "help", "labels", "sees"}
"""What a new version of a design may change in a question."""


@researchers_only
def set_state(db: Database, study_id: str, state: State) -> None:
    """Launch (live), close, or reopen a study; the first launch freezes its design, with the time.

    Raises
    ------
    NotAllowed
        If the study has nothing to judge, or lacks something that its design needs; if a draft would be closed, or a
        launched study would become a draft again.
    """
    with db.lock:
        current = study(db, study_id)
        if state == "draft":
            raise NotAllowed(
                f"study {study_id!r} cannot become a draft again, because its design is frozen; allowed: "
                "live, closed"
            )
        if (current.state, state) == ("draft", "closed"):
            raise NotAllowed(
                f"study {study_id!r} is a draft: raters cannot take part yet, so there is nothing to close"
            )
        if state == "live":
            check_launch(db, study_id)
        with db.writing(forget=True) as cursor:
            cursor.execute("update study set state = ? where study_id = ?", [state, study_id])
            if current.state == "draft":
                rows.insert(cursor, frozen(current, 1))
            log_event(cursor, f"state_{state}", study_id=study_id, details={"hash": current.design_hash})
    event = "study_launched" if state == "live" else "study_closed"
    logs.tell(event, "Study %s is %s", study_id, state, study=study_id, design=current.design_hash[:12])


def check_launch(db: Database, study_id: str) -> None:
    """Raise NotAllowed if a study cannot be launched, with a sentence for each thing that is missing."""
    if not comparison_count(db, study_id):
        raise NotAllowed(
            f"study {study_id!r} has no comparisons yet: import outputs of at least two systems first"
        )
    if study(db, study_id).state != "draft":
        return
    rules = design(db, study_id)
    lacking = _lacking_checks(db, study_id, rules)
    parts = components(_system_pairs(db, study_id))
    if len(parts) > 1 and not rules.allow_disconnected:
        groups = listed((listed(part, MOST_SYSTEMS) for part in parts), MOST_GROUPS, " | ")
        lacking.append(
            f"some systems are never compared, not even through others: {groups}; compare them, or set "
            "allow_disconnected"
        )
    if lacking:
        raise NotAllowed(f"study {study_id!r} cannot be launched: {'; '.join(lacking)}")


@researchers_only
def set_design(db: Database, study_id: str, new_design: Design) -> None:
    """Replace the design of a draft; a launched study is frozen."""
    with db.lock:  # no launch between the check and the change
        current = study(db, study_id)
        if current.state != "draft":
            raise NotAllowed(
                f"study {study_id!r} is {current.state}: its design is frozen; make a new version of it instead"
            )
        with db.writing(forget=True) as cursor:
            _write(cursor, study_id, new_design)
            fit_tasks(cursor, study_id, new_design)
            log_event(cursor, "design_changed", study_id=study_id, details={"hash": new_design.hash()})


@researchers_only
def new_version(db: Database, study_id: str, new_design: Design) -> int:
    """Add a new version of a launched study's design; earlier versions stay, and each judgment records its version.

    Raises
    ------
    NotAllowed
        If the study is a draft, or the meaning of the answers to a criterion would change.
    """
    with db.lock:
        current = study(db, study_id)
        if current.state == "draft":
            raise NotAllowed(f"study {study_id!r} is a draft: change its design directly")
        before, after = (_meanings(one) for one in (design(db, study_id), new_design))
        if before != after:
            raise NotAllowed(
                "design fields 'questions' and 'templates': a new version must keep what is asked (key, kind, options, steps), "
                "because raters have answered it; make a new study to ask something else"
            )
        version = current_version(db, study_id) + 1
        changed = replace(current, design=new_design.to_json(), design_hash=new_design.hash())
        with db.writing(forget=True) as cursor:
            _write(cursor, study_id, new_design)
            rows.insert(cursor, frozen(changed, version))
            details = {"version": version, "hash": new_design.hash()}
            log_event(cursor, "design_version", study_id=study_id, details=details)
    return version


def design_versions(db: Database, study_id: str) -> list[DesignVersion]:
    """Return the frozen designs of a study, the first one first; a draft has none."""
    with db.reading() as cursor:
        return rows.select(cursor, DesignVersion, "where study_id = ? order by version", [study_id])


def design_of_version(db: Database, study_id: str, version: int) -> DesignVersion:
    """Return one frozen design, or raise a NotFound that lists the existing versions."""
    found = {one.version: one for one in design_versions(db, study_id)}
    if version not in found:
        known = listed(found) or "none, as it is a draft"
        raise NotFound(f"study {study_id!r} has no version {version} of its design; there are: {known}")
    return found[version]


def current_version(db: Database, study_id: str) -> int:
    """Return the current version of the design; 0 for a draft."""
    known = db.versions.get(study_id)
    if known is None:
        with db.lock, db.newest() as cursor:
            found = rows.select(cursor, DesignVersion, "where study_id = ? order by version", [study_id])
            known = db.versions[study_id] = found[-1].version if found else 0
    return known


def _meanings(one: Design) -> object:
    """Return what raters' answers depend on."""
    asked = [question.model_dump(exclude=WORDS) for question in one.questions]
    shown = [template.model_dump(exclude={"share", "overlap"}) for template in one.in_use()]
    return asked, shown


def _write(cursor: duckdb.DuckDBPyConnection, study_id: str, new_design: Design) -> None:
    cursor.execute(
        "update study set design = ?, design_hash = ? where study_id = ?",
        [new_design.to_json(), new_design.hash(), study_id],
    )


def _system_pairs(db: Database, study_id: str) -> list[tuple[str, str]]:
    with db.reading() as cursor:
        return cursor.execute(
            """
            select distinct system_a, system_b from comparison_long
            where study_id = ? and comparison_purpose = 'main' and not comparison_withdrawn
            """,
            [study_id],
        ).fetchall()


def _lacking_checks(db: Database, study_id: str, rules: Design) -> list[str]:
    with db.reading() as cursor:
        found: dict[str, int] = dict(
            cursor.execute(
                "select purpose, count(*) from task where study_id = ? and withdrawn is null group by 1",
                [study_id],
            ).fetchall()
        )
    wanted: dict[str, int] = {**rules.checks.wanted(), "practice": rules.practice.pass_mark}
    lacking = [
        f"the design asks for {count} {kind} comparisons per rater, but there are {found.get(kind, 0)}"
        for kind, count in wanted.items()
        if found.get(kind, 0) < count
    ]
    most = min(found.get("main", 0), rules.quota or found.get("main", 0))
    if rules.checks.repeats and rules.checks.lag + rules.checks.repeats > most:
        lacking.append(
            f"{rules.checks.repeats} repeats at a lag of {rules.checks.lag} need "
            f"{counted(rules.checks.lag + rules.checks.repeats, 'comparison')} per rater, but there are "
            f"{most}"
        )
    return lacking + _lacking_pool(db, study_id, rules) + _lacking_priority(db, study_id, rules)


def _lacking_priority(db: Database, study_id: str, rules: Design) -> list[str]:
    if rules.order != "priority" or rules.priority == EDIT or priorities(db, study_id, rules.priority):
        return []
    known = listed(divergence_measures(db, study_id))
    return [
        f"the design orders comparisons by {rules.priority!r}, which has no values; compute or import it "
        f"(python -m study divergence --study {study_id}), or use one of: {known}"
    ]


def _lacking_pool(db: Database, study_id: str, rules: Design) -> list[str]:
    asked = rules.elicitation
    if asked is None:
        return []
    pool = pool_of(db, study_id)
    n_outputs = len({output for pair in pool for output in pair[1:]})
    lacking = [
        f"the elicitation asks for {count} {what} per rater, but its pool has {there}"
        for what, count, there in (
            ("examples", asked.examples, n_outputs),
            ("pairs", asked.pairs, len(pool)),
        )
        if there < count
    ]
    with db.reading() as cursor:
        (shown,) = cursor.execute(
            """
            select count(*) from task t join item i on i.item_id = t.item_id
            where t.study_id = ? and t.purpose = 'main' and i.profile_id is null
            """,
            [study_id],
        ).fetchall()[0]
    if not shown:
        lacking.append(
            "every item names a profile, so the profiles that raters give of themselves would never be "
            "shown; leave profile_id empty for some items"
        )
    return lacking
