"""The export page: for whom it is, and one export after the other with its dictionary."""

from collections.abc import Callable
from typing import get_args

import pandas as pd
import streamlit as st

from study import store
from study.formats import Exporter
from study.formats.dictionary import dictionary_markdown
from study.formats.tiers import (
    DEFAULT_TIER,
    TIERS,
    TREATMENT_WORDS,
    Release,
    Tier,
    tiers_markdown,
    write_released,
)
from study.records import Study
from study.ui import state


def chosen_release(study: Study) -> Release:
    """Let the researcher choose for whom the export is, and whether texts leave."""
    tier = st.segmented_control(
        "For whom",
        get_args(Tier),
        default=DEFAULT_TIER,
        required=True,
        format_func=str.capitalize,
        help="What becomes of each column stands below, under what the columns mean.",
    )
    tier = tier or DEFAULT_TIER
    st.caption(TIERS[tier] + ". No tier holds tokens, cookies or session ids.")
    texts = not st.checkbox(
        "Leave out every text",
        help="Prompts, outputs, profiles and reasons stay here; answers, systems, times and scores leave.",
    )
    if tier == "public" and texts:
        st.warning(
            "The screen finds addresses, numbers and ids by their form. It finds no names: read the outputs and prompts "
            "of real people before you publish them, or leave out every text.",
            icon=":material/visibility:",
        )
    return Release(tier, store.hash_key(state.database(), study.study_id), texts)


def offer(
    study: Study,
    key: str,
    exporter: Exporter,
    judgments: pd.DataFrame,
    release: Release,
    *,
    include_external_ids: bool,
) -> None:
    """Draw one export; the file is made when its button is pressed."""

    def data() -> bytes:
        details = {"tier": release.tier, "external_ids": include_external_ids}
        store.log_export(state.database(), study.study_id, key, details)
        return write_released(exporter, judgments, release, include_external_ids=include_external_ids).data

    row(study, key, exporter.label, f"{release.tier}-{exporter.file_name}", exporter.mime, data)
    with st.expander("What the columns mean"):
        st.markdown(dictionary_markdown(exporter.columns))
        st.markdown(tiers_markdown(exporter.columns))
        st.markdown("\n".join(f"- {name}: {words}" for name, words in TREATMENT_WORDS.items()))


def row(study: Study, key: str, label: str, file_name: str, mime: str, data: Callable[[], bytes]) -> None:
    """Draw the name of an export and its button."""
    left, right = st.columns([3, 1], vertical_alignment="center")
    left.markdown(f"**{label}**")
    right.download_button(
        "Download",
        data=data,
        file_name=f"{study.study_id}-{file_name}",
        mime=mime,
        key=f"export {key}",
        on_click="ignore",
        width="stretch",
    )
