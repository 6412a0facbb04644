"""Roles in the store: viewers and strangers change nothing, viewers read no ids; actions are kept with who did them."""

import ast
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pandas as pd
import pytest

from study import store
from study.access import Person
from study.errors import NotAllowed
from study.formats import EXPORTERS
from study.protocol.design import Design
from study.records import MetricScore, Rater, Verdict
from study.store.engine import acting_person
from study.workflows.simulation import SimulatedRaters, simulate
from tests.cases import cases
from tests.conftest import CRITERIA, small_study
from tests.security.observed import got
from tests.security.strangers import RESEARCHER, ROLES, VIEWER, identified_study, planted

CHANGES: dict[str, Callable[[store.Database, Rater], object]] = {
    "save_records": lambda db, rater: store.save_records(db, small_study("another")),
    "set_state": lambda db, rater: store.set_state(db, "small", "closed"),
    "set_design": lambda db, rater: store.set_design(db, "small", Design(criteria=CRITERIA)),
    "new_version": lambda db, rater: store.new_version(db, "small", Design(criteria=CRITERIA[:1])),
    "add_checks": lambda db, rater: store.add_checks(db, "small", attention=1),
    "remove_checks": lambda db, rater: store.remove_checks(db, "small", attention=1),
    "shrink_pool": lambda db, rater: store.shrink_pool(db, "small", 0),
    "set_expected": lambda db, rater: store.set_expected(db, "small", "gold", {"a": "tie"}),
    "invite": lambda db, rater: store.invite(db, "small", {"eve": None}),
    "set_status": lambda db, rater: store.set_status(db, rater, "excluded", "why"),
    "release": lambda db, rater: store.release(db, rater),
    "release_absent": lambda db, rater: store.release_absent(db, "small", 30),
    "withdraw_item": lambda db, rater: store.withdraw_item(db, "small", "item 0", "why"),
    "withdraw_comparison": lambda db, rater: store.withdraw_comparison(db, "small", "c", "why"),
    "restore_item": lambda db, rater: store.restore_item(db, "small", "item 0", "why"),
    "restore_comparison": lambda db, rater: store.restore_comparison(db, "small", "c", "why"),
    "save_divergences": lambda db, rater: store.save_divergences(db, "small", "m", {"c": (0.5, None)}, "s"),
    "draw_pool": lambda db, rater: store.draw_pool(db, "small", 1),
    "save_scores": lambda db, rater: store.save_scores(
        db, [MetricScore("small", "o", "length", 1.0, None, "s")]
    ),
    "delete_scores": lambda db, rater: store.delete_scores(db, "small", "length"),
    "cache_scores": lambda db, rater: store.cache_scores(db, "s", {"h": (1.0, None)}),
    "save_verdicts": lambda db, rater: store.save_verdicts(
        db, [Verdict("small", "c", "j", "fit", "left", "a", None, None, "s")]
    ),
    "erase_profile": lambda db, rater: store.erase_profile(db, "small", "p"),
    "erase_due": lambda db, rater: store.erase_due(db, "small"),
    "backup": lambda db, rater: store.backup(db),
    "begin_maintenance": lambda db, rater: store.begin_maintenance(db, "why"),
    "end_maintenance": lambda db, rater: store.end_maintenance(db),
    "enrol imported": lambda db, rater: store.enrol(db, "small", source="imported", external_id="eve"),
    "simulate": lambda db, rater: simulate(db, "small", SimulatedRaters(2)),
}
RATERS_OWN = {
    *("current_task", "enrol", "finish_phase", "finish_practice", "log_early_click"),
    *("record_answers", "record_judgment"),
    *(
        "finish_elicitation",
        "note_on_screen",
        "record_elicited",
        "set_parameters",
        "skip",
        "undo",
        "withdraw",
    ),
}
# Whoever may write the files that these work on holds them anyway; no page calls one with what somebody typed.
OF_FILES = {"erase_in_copies", "open_database", "rebuild", "restore"}
# A key to hash ids with is made by the first export, which may be a viewer's; it never leaves.
OF_ANYBODY = {"erased_marks", "hash_key", "log_action"}


@pytest.fixture
def raters(empty_db: store.Database) -> list[Rater]:
    return identified_study(empty_db)


def contents(db: store.Database) -> dict[str, list[Any]]:
    """Return every row of every table but the audit log."""
    with db.reading() as cursor:
        tables = [name for (name,) in cursor.execute("select table_name from duckdb_tables()").fetchall()]
        return {
            name: sorted(map(repr, cursor.execute(f"select * from {name}").fetchall()))
            for name in tables
            if name != "event"
        }


@pytest.mark.parametrize("role", cases(ROLES, ["viewer"]))
@pytest.mark.parametrize("change", CHANGES)
def test_nobody_but_a_researcher_changes_anything(
    empty_db: store.Database, raters: list[Rater], change: str, role: str
) -> None:
    before = contents(empty_db)
    with store.acting(ROLES[role]), pytest.raises(NotAllowed):
        CHANGES[change](empty_db, raters[0])
    assert contents(empty_db) == before
    assert not (empty_db.path.parent / "backups").exists()


def is_guarded(function: Any) -> bool:
    return hasattr(function, "__wrapped__")


def writes(function: Any, seen: frozenset[Any] = frozenset()) -> bool:
    """Say whether a function of the store writes, itself or by others of the store that are open to everybody."""
    own = inspect.unwrap(function)
    source = inspect.getsource(own)
    if ".writing(" in source:
        return True
    called = {
        node.func.id
        for node in ast.walk(ast.parse(textwrap.dedent(source)))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    others = {one for name in called if inspect.isfunction(one := own.__globals__.get(name))}
    return any(
        writes(one, seen | {own})
        for one in others - seen - {own}
        if one.__module__.startswith("study.store") and not is_guarded(one)
    )


def test_every_function_of_the_store_that_writes_is_a_raters_own_or_guarded() -> None:
    """A new way to write must say whose it is."""
    functions = {name: getattr(store, name) for name in store.__all__}
    writing = {name for name, one in functions.items() if inspect.isfunction(one) and writes(one)}
    guarded = {name for name in writing if is_guarded(functions[name])}
    unguarded = writing - guarded
    got(f"{len(guarded)} guarded; open to raters: {len(unguarded)}")
    assert unguarded <= RATERS_OWN | OF_FILES | OF_ANYBODY
    assert guarded <= set(CHANGES)


def test_a_researcher_does_it_and_the_audit_log_keeps_who(
    empty_db: store.Database, raters: list[Rater]
) -> None:
    with store.acting(RESEARCHER):
        store.set_state(empty_db, "small", "closed")
        store.backup(empty_db)
        store.log_action(empty_db, "exported", "small", {"what": "long_csv"})
    kinds = [(event.kind, event.actor) for event in store.actions(empty_db)]
    got(f"logged: {kinds[0]}")
    assert ("state_closed", "ada@example.org") in kinds
    assert ("rater_excluded", "ada@example.org") in kinds
    assert ("backup_begun", "ada@example.org") in kinds
    assert ("exported", "ada@example.org") in kinds
    assert not [event for event in store.events(empty_db, "small", "enrolled") if event.actor]


def test_only_who_is_signed_in_leaves_a_line_in_the_audit_log(
    empty_db: store.Database, raters: list[Rater]
) -> None:
    with store.acting(ROLES["nobody"]), pytest.raises(NotAllowed):
        store.log_action(empty_db, "exported", "small")
    assert not store.events(empty_db, "small", "exported")


def test_a_raters_own_way_changes_their_status_without_a_researcher(empty_db: store.Database) -> None:
    """Screening, failed checks and withdrawal follow from what the rater does."""
    raters = identified_study(empty_db)
    with store.acting(ROLES["nobody"]):
        store.withdraw(empty_db, raters[0])
    left = {one.rater_id for one in store.raters(empty_db, "small")}
    got(f"{len(raters)} raters became {len(left)}")
    assert raters[0].rater_id not in left


def reads(db: store.Database) -> str:
    """Return everything that the store's functions tell of a study, as one text."""
    frames = [
        store.judgments(db, "small"),
        store.judgments(db, "small", texts=True),
        store.coded_judgments(db, "small"),
        store.coverage(db, "small"),
        store.rater_progress(db, "small"),
        store.overview(db),
        store.verdicts(db, "small"),
    ]
    records = store.study_records(db, "small", answers=True)
    parts = [frame.to_csv() for frame in frames]
    parts += [str(asdict(record)) for _, found in records.tables() for record in found]
    parts += [str(asdict(one)) for one in (records.study, store.study(db, "small"), *store.all_studies(db))]
    parts += [str(asdict(one)) for one in (*store.raters(db, "small"), *store.all_steps(db, "small"))]
    parts += [
        str(asdict(one))
        for one in (
            *store.rater_events(db, "small"),
            *store.actions(db),
            *store.events(db, "small", "rater_excluded"),
        )
    ]
    design = store.design(db, "small")  # its codes are shown by the Design page, which is for researchers
    return "\n".join(parts).replace(design.to_json(), "").replace(str({"design": design.to_json()})[1:-1], "")


def test_a_researcher_reads_what_is_kept_and_a_viewer_reads_no_identity(
    empty_db: store.Database, raters: list[Rater]
) -> None:
    codes = {"SECRET-CODE-7788"}
    with store.acting(RESEARCHER):
        seen = reads(empty_db)
    assert [text for text in planted(raters) if text not in seen and text not in codes] == []
    with store.acting(VIEWER):
        seen = reads(empty_db)
    found = [text for text in planted(raters) if text in seen and text not in codes]
    got(f"{len(found)} of {len(planted(raters))} planted texts in {len(seen):,} characters read")
    assert found == []


def test_a_viewers_table_has_the_same_rows_and_columns(empty_db: store.Database, raters: list[Rater]) -> None:
    whole = store.judgments(empty_db, "small", texts=True)
    with store.acting(VIEWER):
        seen = store.judgments(empty_db, "small", texts=True)
    got(f"rationales: {seen['rationale'].notna().sum()} of {len(seen)}")
    assert list(seen.columns) == list(whole.columns)
    hidden = ["profile_name", "rationale", "rater_external_id"]
    pd.testing.assert_frame_equal(seen.drop(columns=hidden), whole.drop(columns=hidden))
    assert seen["rationale"].isna().all()
    assert seen["rater_external_id"].isna().all()
    assert seen["profile_name"].nunique() == whole["profile_name"].nunique()


@pytest.mark.parametrize("format", EXPORTERS)
def test_no_export_of_a_viewer_holds_an_identity(
    empty_db: store.Database, raters: list[Rater], format: str
) -> None:
    with store.acting(VIEWER):
        judgments = store.judgments(empty_db, "small", texts=True)
    data = EXPORTERS[format].write(judgments, include_external_ids=True).data
    assert len(data) > 100
    found = [text for text in planted(raters) if text.encode() in data]
    got(f"{len(found)} planted texts in {len(data):,} bytes of {format}")
    assert found == []


def test_what_is_acted_in_a_block_ends_with_it() -> None:
    with store.acting(VIEWER):
        assert store.acting_person() == VIEWER
        assert not store.sees_identities()
        got(f"acts as {store.acting_person().role}")
    assert store.acting_person() == acting_person.PROGRAM
    assert Person("", "researcher") == acting_person.PROGRAM
