"""The sections of the progress page: coverage, raters with flags and payment, actions on raters."""

import json
from datetime import timedelta
from math import isnan
from typing import Literal

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from study import frames, store
from study.analysis import flags, pace, progress
from study.formats.export import table_csv
from study.records import RaterStatus, Study, utc_now
from study.stats.quality.flags import FLAGS
from study.ui import state
from study.ui.server import sign_in
from study.ui.shared import data_version, error_messages, estimates, tables
from study.wording import counted

Action = RaterStatus | Literal["release"]
ACTIONS: dict[Action, str] = {
    "excluded": "Exclude (answers are kept but not counted)",
    "active": "Include again (answers count again)",
    "returned": "Returned on the platform",
    "timed_out": "Timed out on the platform",
    "release": "Release their places",
}


def coverage_section(study: Study, *, simulated: bool) -> None:
    """Show how many places are filled, and when all will be."""
    db, now = state.database(), utc_now()
    coverage = tables.study_table(study.study_id, "simulated_coverage" if simulated else "coverage")
    if line := data_version.as_of_line(study.study_id):
        st.sidebar.caption(line)
    known = tables.cached_call(pace.filled, coverage)
    filled, places = known.filled, known.places
    columns = st.columns([1, 1, 1.5, 1.2])
    columns[0].metric("Judgments collected", f"{filled:,} of {places:,}")
    columns[1].metric(
        "Complete comparisons",
        f"{known.comparisons:,}",
        help="Comparisons with as many answers as the design asks for.",
    )
    recent, first = store.judged_between(
        db, study.study_id, now - timedelta(days=1), now, simulated=simulated
    )
    finish = pace.expected_finish(places - filled, recent, first, now)
    word = "done" if filled == places else f"{finish:%d %b, %H:%M}" if finish else "no answer in 24 h"
    columns[2].metric("Finished by", word, help="Time in UTC, at the pace of the last 24 hours.")
    for criterion in store.design(db, study.study_id).criteria[:1]:
        width = tables.cached_call(
            pace.headline_width,
            tables.study_table(study.study_id, "judgments"),
            criterion=criterion.key,
            share=known.share,
            subset=frames.Subset("simulated" if simulated else "human"),
        )
        _width(columns[3], width, criterion.key)
    st.progress(filled / max(places, 1))
    by = st.segmented_control(
        "By", list(progress.BY), default="pair", required=True, format_func=progress.BY.__getitem__
    )
    estimates.estimate_table(
        tables.cached_call(progress.coverage_table, coverage, by=by),
        f"coverage_{by}",
        title="Coverage",
        columns={
            "group": progress.BY[by],
            "comparisons": "Comparisons",
            "filled": "Complete",
            "judged": "Judged",
            "places": "Places",
        },
    )


def raters_section(study: Study, *, simulated: bool) -> None:
    """Show each rater with status, pace, checks and flags, and offer actions."""
    db = state.database()
    raters = tables.cached_count(
        study.study_id,
        "raters",
        lambda: store.rater_progress(db, study.study_id, simulated=simulated),
        simulated=simulated,
    )
    if raters.empty:
        imported = sum(one.source == "imported" for one in store.raters(db, study.study_id))
        st.info(f"{progress.nobody_came(imported)} Send raters the link on the Studies page.")
        return
    checks = store.check_results(db, study.study_id)
    answers, lengths = (tables.study_table(study.study_id, name) for name in ("rater_answers", "lengths"))
    flagged = tables.cached_call(
        flags.flags_of, answers, lengths, simulated=simulated, beside={"checks": checks}
    )
    steps = store.all_steps(db, study.study_id)
    design = store.design(db, study.study_id)
    phases = store.phases(db, study.study_id, simulated=simulated)
    table = progress.payments_table(raters, design, phases, checks, flagged)
    excluded = int((table["status"] != "active").sum())
    st.caption(
        f"{counted(len(table), 'rater')} · {excluded:,} not counted · {flagged['rater_id'].nunique():,} "
        "flagged"
    )
    hidden = ["external_id"] if state.may_change() else ["external_id", "outcome", "code"]
    shown = table.drop(columns=hidden).dropna(axis="columns", how="all")
    st.dataframe(shown.rename(columns=_heading), hide_index=True, width="stretch", placeholder="")
    if state.may_change():
        with st.container(horizontal=True):
            _download("Payments (CSV)", study, "payments", table)
            approvals = progress.approval_table(table, design.crowd.platform)
            _download("Approve or reject (CSV)", study, "approvals", approvals)
            _download("Answers to forms (CSV)", study, "forms", progress.forms_table(raters, steps))
            if design.elicitation is not None:
                _download(
                    "Raters' own profiles (CSV)",
                    study,
                    "profiles",
                    store.elicited_profiles(db, study.study_id),
                )
    if len(flagged):
        estimates.estimate_table(
            flagged,
            "flags",
            title="Flags",
            columns={"rater_id": "Rater", "label": "Flag", "value": "Value", "unit": "Unit", "n": "Answers"},
        )
    st.caption(
        "A flag does not remove any answers; you decide whether to exclude a rater. "
        + " ".join(f"*{rule.label}*: {rule.sentence} ({rule.source})" for rule in FLAGS.values())
    )
    if state.may_change():
        _reminders(study, table, simulated=simulated)
        _actions(study, table)


def _width(place: DeltaGenerator, width: pace.Width, criterion: str) -> None:
    """Show the width of the headline interval, without its system or win rate."""
    word = "undefined" if isnan(width.now) else f"± {100 * width.now:.1f} points"
    estimand = width.estimand.replace("; generalises", "; it generalises")
    help = (
        f"Half the widest 95% interval of a system's win rate on {criterion}, as Ranking shows it (before "
        f"win rates are adjusted for sides), over {width.units}; it holds {estimand}. The system and its "
        "win rate are not shown, so that looking here cannot influence any decision."
    )
    place.metric("Widest interval of a win rate", word, help=state.escaped(help))
    if width.reason:
        place.caption(state.escaped(width.reason))
    elif width.when_filled < width.now:
        place.caption(f"about ± {100 * width.when_filled:.1f} when all places are filled")


def _reminders(study: Study, table: pd.DataFrame, *, simulated: bool) -> None:
    """Show unfinished raters with their ids for a message, and offer to release the places that they hold."""
    held = tables.cached_count(
        study.study_id, "held", lambda: store.held_places(state.database(), study.study_id)
    )
    reminders = progress.reminders_table(table, held, utc_now())
    st.subheader("Started, not finished")
    if reminders.empty:
        st.caption("Everyone who started has finished.")
        return
    estimates.estimate_table(
        reminders.assign(phase=reminders["phase"].astype("str")),
        f"reminders_{study.study_id}",
        title=f"{len(reminders):,} to remind",
        columns={
            "rater_id": "Rater",
            "phase": "Step",
            "judged": "Judged",
            "held": "Places held",
            "away_minutes": "Minutes inactive",
        },
    )
    ids = list(dict.fromkeys(one for one in reminders["external_id"] if isinstance(one, str)))
    if ids:
        with st.expander(f"Platform ids, for sending messages there ({len(ids):,})"):
            st.code("\n".join(ids), language=None)
    with (
        st.form("release_absent", border=False, enter_to_submit=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        minutes = st.number_input("Minutes inactive", 1, 10_000, 30)
        if st.form_submit_button("Release their places"):
            count = error_messages.tell_failure(
                store.release_absent, state.database(), study.study_id, minutes, simulated=simulated
            )
            if count is not None:
                tables.forget_results()
                st.toast(f"{counted(count, 'place was', 'places were')} released.")


def _actions(study: Study, table: pd.DataFrame) -> None:
    st.subheader("Manage a rater")
    with st.form("rater_action", clear_on_submit=True, enter_to_submit=False):
        rater_id = st.selectbox("Rater", table["rater_id"].tolist(), index=None)
        action = st.selectbox("Action", list(ACTIONS), format_func=ACTIONS.__getitem__)
        reason = st.text_input("Reason", max_chars=500)
        if (
            st.form_submit_button("Apply")
            and rater_id
            and error_messages.tell_failure(_act, study.study_id, rater_id, action, reason)
        ):
            st.rerun()
    events = store.rater_events(state.database(), study.study_id)
    if events:
        st.caption("Actions so far")
        st.dataframe(
            pd.DataFrame(
                [
                    (one.logged_at, one.actor, one.rater_id, one.kind, json.dumps(one.details))
                    for one in events
                ],
                columns=["time (UTC)", "by", "rater", "what", "details"],
            ),
            hide_index=True,
            width="stretch",
            placeholder="",
        )


def _heading(column: object) -> str:
    return str(column).replace("_id", "").replace("_", " ").capitalize()


def _act(study_id: str, rater_id: str, action: Action, reason: str) -> bool:
    db = state.database()
    rater = next(one for one in store.raters(db, study_id) if one.rater_id == rater_id)
    if action == "release":
        store.release(db, rater)
        tables.forget_results()
    else:
        store.set_status(db, rater, action, reason)
    return True


def _download(label: str, study: Study, what: str, table: pd.DataFrame) -> None:
    """Offer a table with people's texts or platform ids; downloads are written to the audit log."""
    taken = sign_in.taken_by_who_is_there(
        study.study_id, {"what": what, "external_ids": True}, lambda: table_csv(table)
    )
    name = f"{what}_{study.study_id}.csv"
    st.download_button(label, taken, file_name=name, mime="text/csv", on_click="ignore")
