"""The sections of the progress page: coverage, raters with their flags, what each is owed, and what is done about it."""

import json
from typing import Any

import pandas as pd
import streamlit as st

from study import store
from study.analysis import flags, progress
from study.formats.export import table_csv
from study.records import Study, utc_now
from study.stats.quality.flags import FLAGS
from study.ui import door, estimates, state

ACTIONS = {
    "excluded": "Exclude (answers stay, and do not count)",
    "active": "Take back (answers count)",
    "returned": "Returned on the platform",
    "timed_out": "Timed out on the platform",
    "release": "End their leases",
}


def coverage_section(study: Study, *, simulated: bool) -> None:
    """Show how many places are filled, and when all will be."""
    frame = store.coverage(state.database(), study.study_id, simulated=simulated)
    filled = int(frame[["judged", "places"]].min(axis=1).sum())
    places = int(frame["places"].sum())
    columns = st.columns(3)
    columns[0].metric("Places filled", f"{filled:,} of {places:,}")
    columns[1].metric("Comparisons at their overlap", f"{int((frame['judged'] >= frame['places']).sum()):,}")
    times = store.judged_times(state.database(), study.study_id, simulated=simulated)
    finish = progress.expected_finish(frame, times, utc_now())
    word = "done" if filled == places else f"{finish:%d %b, %H:%M} UTC" if finish else "no answer in 24 h"
    columns[2].metric("All filled, at the pace of the last 24 h", word)
    st.progress(filled / max(places, 1))
    by = st.segmented_control(
        "By", list(progress.BY), default="pair", required=True, format_func=progress.BY.__getitem__
    )
    estimates.estimate_table(
        progress.coverage_table(frame, by),
        f"coverage_{by}",
        title="Coverage",
        columns={
            "group": progress.BY[by],
            "comparisons": "Comparisons",
            "filled": "At their overlap",
            "judged": "Judged",
            "places": "Places",
        },
    )


def raters_section(study: Study, *, simulated: bool) -> None:
    """Show each rater with status, pace, checks and flags, and offer what can be done."""
    db = state.database()
    raters = store.rater_progress(db, study.study_id, simulated=simulated)
    if raters.empty:
        st.info("No rater has come yet. Send the link of the Studies page.")
        return
    long = store.judgments(db, study.study_id)
    checks = store.check_results(db, study.study_id)
    flagged = flags.flag_table(long[long["simulated"].eq(simulated)], checks)
    steps = store.all_steps(db, study.study_id)
    design = store.design(db, study.study_id)
    table = progress.payments_table(raters, design, steps, checks, flagged)
    excluded = int((table["status"] != "active").sum())
    st.caption(
        f"{len(table):,} raters, {excluded:,} of them do not count · {flagged['rater_id'].nunique():,} flagged"
    )
    hidden = ["external_id"] if state.may_change() else ["external_id", "outcome", "code"]
    shown = table.drop(columns=hidden).dropna(axis="columns", how="all")
    st.dataframe(shown.rename(columns=_heading), hide_index=True, width="stretch")
    if state.may_change():
        with st.container(horizontal=True):
            _download("Payments (CSV)", study, "payments", table)
            _download("Answers to forms (CSV)", study, "forms", progress.forms_table(raters, steps))
    if len(flagged):
        estimates.estimate_table(
            flagged,
            "flags",
            title="Flags",
            columns={"rater_id": "Rater", "label": "Flag", "value": "Value", "n": "n"},
        )
    st.caption(
        "Flags never drop an answer; excluding a rater is your choice. "
        + " ".join(f"*{rule.label}*: {rule.sentence} ({rule.source})" for rule in FLAGS.values())
    )
    if state.may_change():
        _actions(study, table)


def _actions(study: Study, table: pd.DataFrame) -> None:
    st.subheader("Do something about a rater")
    with st.form("rater_action", clear_on_submit=True):
        rater_id = st.selectbox("Rater", table["rater_id"].tolist(), index=None)
        action = st.selectbox("What", list(ACTIONS), format_func=ACTIONS.__getitem__)
        reason = st.text_input("Reason", max_chars=500)
        if (
            st.form_submit_button("Do it")
            and rater_id
            and state.tell_failure(_act, study.study_id, rater_id, action, reason)
        ):
            st.rerun()
    events = store.rater_events(state.database(), study.study_id)
    if events:
        st.caption("What was done")
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
        )


def _heading(column: object) -> str:
    return str(column).replace("_id", "").replace("_", " ").capitalize()


def _act(study_id: str, rater_id: str, action: Any, reason: str) -> bool:
    db = state.database()
    rater = next(one for one in store.raters(db, study_id) if one.rater_id == rater_id)
    if action == "release":
        store.release(db, rater)
    else:
        store.set_status(db, rater, action, reason)
    return True


def _download(label: str, study: Study, what: str, table: pd.DataFrame) -> None:
    """Offer a table with what people wrote, or ids of their platform; taking it is noted."""
    taken = door.taken_by_who_is_there(study.study_id, what, lambda: table_csv(table), external_ids=True)
    name = f"{what}_{study.study_id}.csv"
    st.download_button(label, taken, file_name=name, mime="text/csv", on_click="ignore")
