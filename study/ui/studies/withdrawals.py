"""The section of the progress page on skips, and on withdrawing material for everyone."""

import json

import pandas as pd
import streamlit as st

from study import store
from study.analysis.skips import comparison_label, skip_table
from study.formats.export import table_csv
from study.records import FrameRow, Study
from study.responses import SKIP_REASONS
from study.ui import state
from study.ui.shared import error_messages
from study.wording import counted, form, unique_labels

WHOLE = "all its comparisons"


def skips_section(study: Study, *, simulated: bool) -> None:
    """Show what was skipped and why, and what is withdrawn; offer to withdraw and to reinstate."""
    st.subheader("Skipped and flagged")
    found = store.skips(state.database(), study.study_id, simulated=simulated)
    known = store.study_comparisons(state.database(), study.study_id)
    gone = known[known["withdrawn"].notna()]
    flagged = int(found["reason"].notna().sum())
    st.caption(
        f"{counted(len(found), 'skip')} ({counted(found['comparison_id'].nunique(), 'comparison')}), "
        f"{flagged:,} with a reason · {len(gone):,} of {counted(len(known), 'comparison')} "
        f"{form(len(gone), 'is', 'are')} withdrawn"
    )
    if len(found):
        table = skip_table(found)
        labels = {reason: entry.label for reason, entry in SKIP_REASONS.items()}
        headings = {name: labels.get(name, name.capitalize()) for name in table.columns}
        st.dataframe(table.rename(columns=headings), hide_index=True, width="stretch", placeholder="")
        st.download_button(
            "Skips (CSV)", table_csv(found), f"skips_{study.study_id}.csv", "text/csv", on_click="ignore"
        )
    if state.may_change():
        _withdraw(study, found, known)
    _what_was_done(study)


def _withdraw(study: Study, found: pd.DataFrame, known: pd.DataFrame) -> None:
    """Let the researcher withdraw or reinstate an item, or one of its comparisons."""
    st.markdown("**Withdraw for everyone**")
    st.caption(
        "No rater gets the item any more, and a rater who has it open gets another one. Its judgments stay "
        "stored, but analyses and exports leave them out unless you include them."
    )
    items = list(dict.fromkeys([*found["item_name"], *known["item_name"]]))
    item = st.selectbox("Item", items, index=None, placeholder="skipped items come first")
    of = known[known["item_name"] == item]
    names = unique_labels({one["comparison_id"]: _label(one) for one in of.to_dict("records")})
    with st.form("withdrawal", clear_on_submit=True, enter_to_submit=False):
        what = st.selectbox("Which comparisons", [WHOLE, *names], format_func=lambda one: names.get(one, one))
        reason = st.text_input("Reason for the withdrawal", max_chars=500)
        with st.container(horizontal=True):
            out = st.form_submit_button("Withdraw for everyone")
            back = st.form_submit_button("Put back")
        if not (out or back):
            return
        if item is None:
            st.error("Choose the item first.")
        elif error_messages.tell_failure(_act, study.study_id, item, what, reason, restore=back):
            st.rerun()


def _act(study_id: str, item: str, what: str, reason: str, *, restore: bool) -> bool:
    db = state.database()
    if what == WHOLE:
        (store.restore_item if restore else store.withdraw_item)(db, study_id, item, reason)
    else:
        (store.restore_comparison if restore else store.withdraw_comparison)(db, study_id, what, reason)
    return True


def _label(row: FrameRow) -> str:
    why = row["withdrawn"]
    return comparison_label(row) + (f" (withdrawn: {why})" if isinstance(why, str) else "")


def _what_was_done(study: Study) -> None:
    events = store.withdrawal_events(state.database(), study.study_id)
    if not events:
        return
    st.caption("Withdrawn and put back so far")
    rows = [
        (
            one.logged_at,
            one.kind.replace("_", " "),
            one.details.get("item", one.details.get("comparison")),
            len(one.details["comparison_ids"]),
            one.details["reason"],
            json.dumps(one.details["comparison_ids"]),
        )
        for one in events
    ]
    columns = ["Time (UTC)", "What", "Name", "Comparisons", "Reason", "Ids"]
    st.dataframe(pd.DataFrame(rows, columns=columns), hide_index=True, width="stretch", placeholder="")
