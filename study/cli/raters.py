"""Commands on raters and their checks: progress and payment, statuses with a reason, checks of a draft."""

import csv
import json
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, get_args

import pandas as pd
import typer

from study import store
from study.cli.shared import (
    DEFAULT_URL,
    DatabaseOption,
    FormatOption,
    SimulatedOption,
    StudyOption,
    TableFormat,
    UrlOption,
    note,
    opened,
    print_table,
)
from study.errors import InvalidInput, NotFound
from study.formats.export import standing
from study.records import Event, Purpose, personal_link, utc_now
from study.store import DEFAULT_PATH
from study.tables import lookup


class Status(StrEnum):
    """The status of a rater."""

    active = "active"
    excluded = "excluded"
    withdrawn = "withdrawn"
    returned = "returned"
    timed_out = "timed_out"
    ended = "ended"
    screened_out = "screened_out"


class RaterTable(StrEnum):
    """The purpose of a table of raters."""

    payments = "payments"
    approvals = "approvals"
    reminders = "reminders"
    flags = "flags"
    forms = "forms"
    actions = "actions"


NOBODY = {
    RaterTable.payments: "There is no one to pay.",
    RaterTable.approvals: "There is no one to approve.",
    RaterTable.reminders: "Everyone who started has finished.",
    RaterTable.flags: "No rater is flagged.",
    RaterTable.forms: "No rater has answered a form.",
    RaterTable.actions: "No action was taken on any rater.",
}
PURPOSES: dict[str, Purpose] = {str(purpose): purpose for purpose in get_args(Purpose)}
CHECK_COLUMNS = ("comparison", "purpose", "answer")


def raters(
    study: StudyOption,
    simulated: SimulatedOption = False,
    show: Annotated[
        RaterTable,
        typer.Option(
            help="Everything about each rater; the platform's own columns; who did not finish; flags; answers to forms; actions on raters."
        ),
    ] = RaterTable.payments,
    format: FormatOption = TableFormat.table,
    db: DatabaseOption = DEFAULT_PATH,
) -> None:
    """Print the facts for approving or rejecting each rater: status, code, checks, active time, flags.

    \b
    Example:
      python -m study raters --study mine --format csv > payments.csv
      python -m study raters --study mine --show flags
    """
    from study.analysis.flags import flag_table
    from study.analysis.progress import (
        approval_table,
        forms_table,
        nobody_came,
        payments_table,
        reminders_table,
    )

    with opened(db) as database:
        found = store.rater_progress(database, study, simulated=simulated)
        long = standing(store.judgments(database, study))[0]
        checks = store.check_results(database, study)
        lengths = store.output_lengths(database, study)
        flags = flag_table(long[long["simulated"].eq(simulated)], checks, lengths)
        design, phases = store.design(database, study), store.phases(database, study, simulated=simulated)
        held, steps = store.held_places(database, study), store.all_steps(database, study)
        events = store.rater_events(database, study)
        imported = sum(one.source == "imported" for one in store.raters(database, study))
    if found.empty:
        note(nobody_came(0 if simulated else imported))
        return
    payments = payments_table(found, design, phases, checks, flags)
    tables = {
        RaterTable.payments: lambda: payments,
        RaterTable.approvals: lambda: approval_table(payments, design.crowd.platform),
        RaterTable.reminders: lambda: reminders_table(payments, held, utc_now()),
        RaterTable.flags: lambda: flags,
        RaterTable.forms: lambda: forms_table(found, steps),
        RaterTable.actions: lambda: event_table(events),
    }
    print_table(tables[show](), format, NOBODY[show])


def event_table(events: Sequence[Event]) -> pd.DataFrame:
    """Return events of the audit log as a table: when, by whom, about which rater, what, and its details as JSON."""
    rows = [(one.logged_at, one.actor, one.rater_id, one.kind, json.dumps(one.details)) for one in events]
    return pd.DataFrame(rows, columns=["logged_at", "actor", "rater_id", "kind", "details"])


def set_rater_status(
    rater: Annotated[str, typer.Argument(help="The id of the rater; `raters` shows them.")],
    study: StudyOption,
    status: Annotated[Status, typer.Option(help="The new status.")],
    reason: Annotated[
        str,
        typer.Option(help="The reason; recorded, and required to exclude a rater or to include one again."),
    ] = "",
    db: DatabaseOption = DEFAULT_PATH,
) -> None:
    """Exclude a rater, take one back, or record a status from the platform. It can be reversed; nothing is deleted.

    \b
    Example:
      python -m study rater 1f0c2ab94d3e5a67 --study mine --status excluded --reason "failed three checks"
    """
    with opened(db) as database:
        known = {one.rater_id: one for one in store.raters(database, study)}
        if rater not in known:
            raise NotFound(f"study {study!r} has no rater {rater!r}")
        changed = store.set_status(database, known[rater], status.value, reason)
    print(f"rater: {changed.rater_id}\nstatus: {changed.status}")


def release(
    study: StudyOption,
    minutes: Annotated[
        float, typer.Option(help="Release places of raters inactive for this many minutes.")
    ] = 30,
    db: DatabaseOption = DEFAULT_PATH,
) -> None:
    """Release the places of absent raters to others before their leases end; the audit log records it.

    \b
    Example:
      python -m study release --study mine --minutes 30
    """
    with opened(db) as database:
        store.study(database, study)
        count = store.release_absent(database, study, minutes)
    print(f"places: {count}")


def invite(
    file: Annotated[
        Path, typer.Argument(help="A CSV file with the column rater, and profile if they own one.")
    ],
    study: StudyOption,
    url: UrlOption = DEFAULT_URL,
    format: FormatOption = TableFormat.csv,
    db: DatabaseOption = DEFAULT_PATH,
) -> None:
    """Print a personal link for each rater of a file; a second call prints the same links.

    \b
    Example:
      python -m study invite people.csv --study mine --url https://study.example.org > links.csv
    """
    people = _people_of(file)
    with opened(db) as database:
        found = store.invite(database, study, people)
    links = [(rater.external_id, personal_link(rater, url)) for rater in found]
    print_table(pd.DataFrame(links, columns=["rater", "link"]), format)


def elicited(
    study: StudyOption,
    format: FormatOption = TableFormat.csv,
    db: DatabaseOption = DEFAULT_PATH,
) -> None:
    """Print the profiles that raters gave of themselves, in the columns of a bundle's profiles, with the rater of each.

    \b
    Example:
      python -m study elicited --study mine > profiles.csv
    """
    with opened(db) as database:
        store.study(database, study)
        found = store.elicited_profiles(database, study)
    if found.empty:
        note("No rater has described themselves yet.")
        return
    print_table(found, format)


def checks(
    study: StudyOption,
    file: Annotated[
        Path | None, typer.Argument(help="A CSV file with the columns comparison, purpose, answer.")
    ] = None,
    attention: Annotated[int, typer.Option(min=0, help="How many attention checks to make.")] = 0,
    wrong_profile: Annotated[int, typer.Option(min=0, help="How many wrong-profile checks to make.")] = 0,
    elicitation: Annotated[
        int,
        typer.Option(
            min=0, help="How many requests to reserve, with their comparisons, for the elicitation."
        ),
    ] = 0,
    take_away: Annotated[
        bool, typer.Option("--take-away", help="Remove this many instead of making them.")
    ] = False,
    db: DatabaseOption = DEFAULT_PATH,
) -> None:
    """Add checks to a draft, made from its material or from a file of known answers; or reserve requests for its elicitation.

    \b
    Examples:
      python -m study checks --study mine --attention 6 --wrong-profile 12
      python -m study checks answers.csv --study mine
      python -m study checks --study mine --elicitation 6
      python -m study checks --study mine --attention 2 --take-away
    """
    with opened(db) as database:
        if file is not None:
            for purpose, answers in _answers_of(file).items():
                store.set_expected(database, study, purpose, answers)
        if attention or wrong_profile:
            change = store.remove_checks if take_away else store.add_checks
            change(database, study, attention=attention, wrong_profile=wrong_profile)
        if elicitation and take_away:
            store.shrink_pool(database, study, max(store.pool_size(database, study) - elicitation, 0))
        elif elicitation:
            store.draw_pool(database, study, elicitation)
        for kind, count in store.purposes(database, study).items():
            print(f"{kind}: {count}")


def _people_of(file: Path) -> dict[str, str | None]:
    """Return the profile of each person in a file; None if they own none."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        columns = set(reader.fieldnames or ())
        if "rater" not in columns or columns - {"rater", "profile"}:
            raise InvalidInput(
                f"{file.name}: the columns are {', '.join(sorted(columns)) or 'none'}; needed: rater, and profile if any"
            )
        return {row["rater"].strip(): row.get("profile") or None for row in reader if row["rater"].strip()}


def _answers_of(file: Path) -> dict[Purpose, dict[str, str]]:
    """Return the answers in a file by purpose and comparison."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        columns = tuple(reader.fieldnames or ())
        if set(columns) != set(CHECK_COLUMNS):
            raise InvalidInput(
                f"{file.name}: the columns are {', '.join(columns) or 'none'}; needed: {', '.join(CHECK_COLUMNS)}"
            )
        found: dict[Purpose, dict[str, str]] = {}
        for row in reader:
            purpose: Purpose = lookup(PURPOSES, row["purpose"] or "", "purpose")
            found.setdefault(purpose, {})[row["comparison"] or ""] = row["answer"] or ""
    return found
