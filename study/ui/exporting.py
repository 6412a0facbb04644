"""One export on the export page: what it is, a button, its dictionary."""

import pandas as pd
import streamlit as st

from study.formats import Exporter
from study.formats.dictionary import dictionary_markdown
from study.formats.export import standing
from study.records import Study
from study.ui import door


def chosen(judgments: pd.DataFrame) -> pd.DataFrame:
    """Let the researcher choose whether judgments of withdrawn comparisons are written, where there are any."""
    kept, n_withdrawn = standing(judgments)
    if not n_withdrawn:
        return judgments
    if st.checkbox("Include withdrawn comparisons"):
        return judgments
    st.caption(f"Left out: {n_withdrawn:,} judgments of withdrawn comparisons.")
    return kept


def offer(
    study: Study, key: str, exporter: Exporter, judgments: pd.DataFrame, *, include_external_ids: bool
) -> None:
    """Draw one export; the file is made when its button is pressed."""

    taken = door.taken_by_who_is_there(
        study.study_id,
        key,
        lambda: exporter.write(judgments, include_external_ids=include_external_ids).data,
        external_ids=include_external_ids,
    )
    left, right = st.columns([3, 1], vertical_alignment="center")
    left.markdown(f"**{exporter.label}**")
    right.download_button(
        "Download",
        data=taken,
        file_name=f"{study.study_id}-{exporter.file_name}",
        mime=exporter.mime,
        key=f"export {key}",
        on_click="ignore",
        width="stretch",
    )
    with st.expander("What the columns mean"):
        st.markdown(dictionary_markdown(exporter.columns))
