"""The export page: the audience, then each export with its dictionary and manifest."""

from collections.abc import Callable
from dataclasses import replace
from typing import get_args

import streamlit as st

from study import store
from study.formats import Exporter
from study.formats.dictionary import dictionary_markdown
from study.formats.tiers import DEFAULT_TIER, TIERS, TREATMENT_WORDS, Tier, tiers_markdown
from study.records import Study
from study.ui import state
from study.ui.server import sign_in
from study.ui.shared.view import View
from study.wording import counted
from study.workflows import manifests, reproducing
from study.workflows.exporting import FORMATS, Wanted, details_of, exported_file, take, written


def chosen(view: View) -> Wanted:
    """Let the researcher choose the audience of the export, and whether texts and external ids are included."""
    tier = st.segmented_control(
        "For whom",
        get_args(Tier),
        default=DEFAULT_TIER,
        required=True,
        format_func=str.capitalize,
        help="What each column holds at this tier is listed below.",
    )
    st.caption(TIERS[tier or DEFAULT_TIER] + ". No tier contains tokens, cookies or session ids.")
    texts = not st.checkbox(
        "Leave out every text",
        help=(
            "Prompts, outputs, profiles and reasons are left out; answers, systems, times and scores are "
            "exported."
        ),
    )
    external = state.may_change() and st.checkbox(
        "Include the raters' external ids",
        help="Ids that raters have on platforms or in files, hashed except in the internal tier. Without "
        "them, an export identifies raters only by opaque ids.",
    )
    if tier == "public" and texts:
        st.warning(
            "The search finds addresses, numbers and ids by their format. It does not find names: read the "
            "outputs and prompts of real people before you publish them, or leave out every text.",
            icon=":material/visibility:",
        )
    return Wanted(
        view.study.study_id,
        "",
        tier or DEFAULT_TIER,
        view.subset.population,
        external_ids=external,
        texts=texts,
        withdrawn=_withdrawn(view),
    )


def _withdrawn(view: View) -> bool:
    """Let the researcher choose whether judgments of withdrawn comparisons are included, if there are any."""
    n_withdrawn = view.facts.n_withdrawn
    if not n_withdrawn or st.checkbox("Include withdrawn comparisons"):
        return n_withdrawn > 0
    st.caption(f"Left out: {counted(n_withdrawn, 'judgment')} of withdrawn comparisons.")
    return False


def offer(study: Study, asked: Wanted, format: str) -> None:
    """Draw one export: its name, its button, its manifest's button, and the meaning of its columns."""
    wanted, exporter = replace(asked, format=format), FORMATS[format]
    name = f"{study.study_id}-{wanted.tier}-{exporter.file_name}"
    left, middle, right = st.columns([3, 1, 1], vertical_alignment="center")
    left.markdown(f"**{exporter.label}**")
    middle.download_button(
        "Download",
        _taken(wanted),
        name,
        exporter.mime,
        key=f"export {format}",
        on_click="ignore",
        width="stretch",
    )
    right.download_button(
        "Manifest",
        _taken(wanted, with_manifest=True),
        f"{name}.manifest.json",
        "application/json",
        key=f"manifest {format}",
        on_click="ignore",
        type="tertiary",
        icon=":material/fingerprint:",
        help=(
            "Data, design, versions and options of this export; `python -m study reproduce` makes it again "
            "and compares the two"
        ),
        width="stretch",
    )
    if isinstance(exporter, Exporter):
        columns = exporter.columns
        with st.expander("What the columns mean"):
            st.markdown(dictionary_markdown(columns))
            st.markdown(tiers_markdown(columns))
            st.markdown("\n".join(f"- {name}: {words}" for name, words in TREATMENT_WORDS.items()))


def _taken(wanted: Wanted, *, with_manifest: bool = False) -> Callable[[], bytes]:
    """Return a download callback that makes the file for its user and writes to the audit log."""
    db = state.database()
    return sign_in.taken_by_who_is_there(
        wanted.study_id,
        details_of(wanted) | {"manifest": with_manifest},
        lambda: _manifest(db, wanted) if with_manifest else exported_file(db, wanted).data,
    )


def _manifest(db: store.Database, wanted: Wanted) -> bytes:
    recipe = {"kind": "command", "arguments": wanted.arguments()}
    with db.moment():
        facts = reproducing.study_facts(db, wanted.study_id)
        taken = take(db, wanted)
    data = written(taken).data
    return manifests.manifest_bytes(manifests.manifest(facts, recipe, data))
