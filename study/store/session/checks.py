"""Checks of a study, made of its material or of its comparisons with a known answer, and the raters' results on them."""

from collections.abc import Mapping

from study.assignment import CHECK, Board, CheckResult, Seat
from study.blinding import EXPECTED
from study.errors import InvalidInput, NotAllowed
from study.protocol.check_material import made_checks
from study.records import CHECK_SYSTEM, SIDES, Purpose, Rater
from study.store.engine.acting_person import researchers_only
from study.store.engine.database import Database, log_event
from study.store.session.rater_batches import in_parts, seated
from study.store.session.raters import change_status
from study.store.studies.studies import design, save_records, study, study_records
from study.tables import lookup
from study.wording import counted

PURPOSES: tuple[Purpose, ...] = ("main", "practice", "attention", "gold", "wrong_profile", "elicitation")
TAKEN_AWAY = "the check was taken away again"
WITHOUT_ANSWER = ("main", "elicitation")


@researchers_only
def add_checks(db: Database, study_id: str, *, attention: int = 0, wrong_profile: int = 0) -> None:
    """Add checks made of a draft's material: texts that ask to be chosen, and outputs made for another profile."""
    with db.lock:
        _require_draft(db, study_id)
        records = study_records(db, study_id)
        made = made_checks(records, attention=attention, wrong_profile=wrong_profile, seed=records.study.seed)
        save_records(db, made, new_study=False)


@researchers_only
def remove_checks(db: Database, study_id: str, *, attention: int = 0, wrong_profile: int = 0) -> None:
    """Remove checks that :func:`add_checks` made from a draft.

    Checks that simulated raters have been given are withdrawn, since their answers stay; the others are deleted.

    Raises
    ------
    InvalidInput
        If fewer were made.
    """
    with db.lock:  # no launch between the check and the change
        _require_draft(db, study_id)
        for purpose, count in (("attention", attention), ("wrong_profile", wrong_profile)):
            if count:
                _remove(db, study_id, purpose, count)


def _remove(db: Database, study_id: str, purpose: str, count: int) -> None:
    with db.reading() as cursor:
        made: list[tuple[str, str, bool]] = cursor.execute(
            """
            select t.task_id, o.output_id,
                t.task_id in (select task_id from assignment where study_id = $study) as met
            from task t join task_output s on s.task_id = t.task_id join output o on o.output_id = s.output_id
            where t.study_id = $study and t.purpose = $purpose and t.withdrawn is null and o.system = $check
            order by met, t.task_id
            """,
            {"study": study_id, "purpose": purpose, "check": CHECK_SYSTEM},
        ).fetchall()
    if count > len(made):
        raise InvalidInput(
            f"{count} {purpose} checks cannot be removed, because {len(made)} were made for this study. To "
            "turn its own comparisons back into main ones, use `checks answers.csv`"
        )
    with db.writing(forget=True) as cursor:
        for task_id, output_id, met in made[:count]:
            if met:
                cursor.execute("update task set withdrawn = ? where task_id = ?", [TAKEN_AWAY, task_id])
                continue
            for table in ("divergence", "task_output", "task"):
                cursor.execute(f"delete from {table} where task_id = ?", [task_id])
            cursor.execute("delete from metric_score where output_id = ?", [output_id])
            cursor.execute("delete from output where output_id = ?", [output_id])
        details = {"purpose": purpose, "count": count}
        log_event(cursor, "checks_removed", study_id=study_id, details=details)


@researchers_only
def set_expected(db: Database, study_id: str, purpose: Purpose, answers: Mapping[str, str]) -> None:
    """Turn comparisons of a draft into checks or practice with a known answer, the elicitation's pool, or main ones again.

    Parameters
    ----------
    answers : mapping of str to str
        The expected answer (a system, left, right, tie, both_bad) by comparison, given by its name or id; the purposes
        main and elicitation ignore it.

    Raises
    ------
    InvalidInput
        Naming a comparison or an answer that does not exist.
    """
    lookup(dict.fromkeys(PURPOSES), purpose, "purpose")
    with db.lock:  # no launch between the check and the change
        _require_draft(db, study_id)
        _set_expected(db, study_id, purpose, answers)


def _set_expected(db: Database, study_id: str, purpose: Purpose, answers: Mapping[str, str]) -> None:
    with db.reading() as cursor:
        found = cursor.execute(
            """
            select comparison_id, comparison_name, system_a, system_b from comparison_long where study_id = ?
            """,
            [study_id],
        ).fetchall()
        judged = cursor.execute(
            "select distinct task_id from assignment where study_id = ?", [study_id]
        ).fetchall()
    known = {name: row for row in found for name in row[:2] if name}
    with db.writing(forget=True) as cursor:
        for name, answer in answers.items():
            task_id, _, *systems = lookup(known, name, "comparison")
            if (task_id,) in judged:
                raise NotAllowed(
                    f"comparison {name!r} was already given to a rater (a simulated one, as this is a draft)"
                )
            expected = None if purpose in WITHOUT_ANSWER else _expected(name, answer, systems)
            cursor.execute(
                "update task set purpose = ?, expected = ? where task_id = ?",
                [purpose, expected, task_id],
            )
        details = {"purpose": purpose, "count": len(answers)}
        log_event(cursor, "purpose_changed", study_id=study_id, details=details)


def purposes(db: Database, study_id: str) -> dict[str, int]:
    """Return the number of a study's comparisons by purpose, excluding withdrawn ones."""
    with db.reading() as cursor:
        return dict(
            cursor.execute(
                """
                select purpose, count(*) from task where study_id = ? and withdrawn is null
                group by 1 order by 2 desc, 1
                """,
                [study_id],
            ).fetchall()
        )


def never_given(db: Database, study_id: str) -> list[str]:
    """Return a sentence for each kind of comparison in a study that its design never shows to raters."""
    rules = design(db, study_id)
    found = purposes(db, study_id)
    sentences = [
        f"{counted(found[kind], f'{word} check')} will never be given: `checks.{kind}` of the design is 0"
        for kind, word in (("attention", "attention"), ("gold", "gold"), ("wrong_profile", "wrong-profile"))
        if found.get(kind) and not rules.checks.wanted()[kind]
    ]
    if found.get("elicitation") and rules.elicitation is None:
        n = found["elicitation"]
        sentences.append(
            f"{counted(n, 'comparison')} of the elicitation's pool will never be given: the design has no `elicitation`"
        )
    return sentences


def check_results(db: Database, study_id: str, purpose: str = "check") -> dict[str, list[CheckResult]]:
    """Return each rater's results on checks (or practice), by rater id."""
    board, raters = seated(db, study_id)
    if not any(one.expected for one in board.facts):
        return {rater_id: [] for rater_id in raters}
    return {rater_id: board.results(rater_id, purpose) for board, rater_id in in_parts(db, study_id, raters)}


def note_check(db: Database, board: Board, seat: Seat, rater: Rater) -> None:
    """Log the result of a check; end the rater's session if too many were failed."""
    results = {one.assignment_id: one for one in board.results(rater.rater_id, CHECK)}
    result = results.get(seat.assignment_id)
    if result is None or any(revision for revision, _, _ in seat.answers.values()):
        return  # no known answer, or a changed one: the first answer counts
    with db.writing() as cursor:
        details = {"assignment_id": seat.assignment_id, "kind": result.kind}
        kind = "check_passed" if result.passed else "check_failed"
        log_event(cursor, kind, study_id=rater.study_id, rater_id=rater.rater_id, details=details)
    stop_after = board.design.checks.stop_after
    if stop_after and _failed(board, rater.rater_id) >= stop_after:
        change_status(db, rater, "ended", f"{counted(_failed(board, rater.rater_id), 'check')} failed")


def _failed(board: Board, rater_id: str) -> int:
    """Return how many checks the rater has failed, of the kinds that count."""
    counted = board.design.checks.counted
    return sum(one.kind in counted and not one.passed for one in board.results(rater_id, CHECK))


def is_warned(board: Board, seat: Seat) -> bool:
    """Return whether the comparison before this one was a failed check, and enough checks were failed for a warning."""
    warn_after = board.design.checks.warn_after
    if not warn_after or _failed(board, seat.rater_id) < warn_after:
        return False
    failed = {
        one.assignment_id
        for one in board.results(seat.rater_id, CHECK)
        if one.kind in board.design.checks.counted and not one.passed
    }
    before = [one for one in board.seats_of[seat.rater_id] if one.position < seat.position]
    return bool(before) and before[-1].assignment_id in failed


def _expected(name: str, answer: str, systems: list[str]) -> str:
    outputs = {system: side for side, system in zip("ab", systems, strict=True) if systems.count(system) == 1}
    plain = {one: one for one in (*EXPECTED[2:], *SIDES)}
    try:
        return lookup(outputs | plain, answer, "answer")
    except InvalidInput as error:
        raise InvalidInput(f"comparison {name!r}: {error}") from None


def _require_draft(db: Database, study_id: str) -> None:
    state = study(db, study_id).state
    if state != "draft":
        raise NotAllowed(f"study {study_id!r} is {state}: what is judged is frozen")
