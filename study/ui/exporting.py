"""The export page: for whom it is, and one export after the other with its dictionary."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import get_args

import pandas as pd
import streamlit as st

from study import manifests, reproducing, store
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


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a study is to leave: whose judgments, for whom, and whether with the raters' external ids."""

    study: Study
    release: Release
    population: str
    external_ids: bool

    def manifest(self, key: str, data: bytes) -> bytes:
        """Return the manifest of an export, as the command line writes it."""
        arguments = ["export", "--study", self.study.study_id, "--format", key, "--tier", self.release.tier]
        arguments += ["--population", self.population]
        arguments += ["--include-external-ids"] if self.external_ids else []
        arguments += [] if self.release.texts else ["--withhold-texts"]
        facts = reproducing.study_facts(state.database(), self.study.study_id)
        recipe = {"kind": "command", "arguments": arguments}
        return manifests.manifest_bytes(manifests.manifest(facts, recipe, data))


def offer(wanted: Wanted, key: str, exporter: Exporter, judgments: pd.DataFrame) -> None:
    """Draw one export; the file is made when its button is pressed."""

    def made() -> bytes:
        return write_released(
            exporter, judgments, wanted.release, include_external_ids=wanted.external_ids
        ).data

    row(wanted, key, exporter.label, exporter.file_name, exporter.mime, made)
    with st.expander("What the columns mean"):
        st.markdown(dictionary_markdown(exporter.columns))
        st.markdown(tiers_markdown(exporter.columns))
        st.markdown("\n".join(f"- {name}: {words}" for name, words in TREATMENT_WORDS.items()))


def row(wanted: Wanted, key: str, label: str, file_name: str, mime: str, made: Callable[[], bytes]) -> None:
    """Draw the name of an export, its button, and that of its manifest; a download is noted in the audit log."""

    def logged() -> bytes:
        details = {"tier": wanted.release.tier, "external_ids": wanted.external_ids}
        store.log_export(state.database(), wanted.study.study_id, key, details)
        return made()

    name = f"{wanted.study.study_id}-{wanted.release.tier}-{file_name}"
    left, middle, right = st.columns([3, 1, 1], vertical_alignment="center")
    left.markdown(f"**{label}**")
    middle.download_button(
        "Download", logged, name, mime, key=f"export {key}", on_click="ignore", width="stretch"
    )
    right.download_button(
        "Manifest",
        lambda: wanted.manifest(key, made()),
        f"{name}.manifest.json",
        "application/json",
        key=f"manifest {key}",
        on_click="ignore",
        type="tertiary",
        icon=":material/fingerprint:",
        help="Data, design, versions and options of this export; `python -m study reproduce` makes it again and compares",
        width="stretch",
    )
