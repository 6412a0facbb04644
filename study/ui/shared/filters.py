"""Shared by analysis pages: the chosen study, population, criterion and filters, and what they leave out."""

from collections.abc import Callable

import streamlit as st

from study import frames, store
from study.protocol.design import Question
from study.records import Study
from study.ui import state
from study.ui.shared import data_version, heading, tables
from study.ui.shared.view import View
from study.wording import counted

FILTER_HELP = {
    "tags": (
        "Several values of one tag select judgments with any of them; several tags, judgments with all of them."
    )
}
NO_JUDGMENT_YET = "There are no judgments on this question yet."
NO_CRITERION = (
    "This page is about preferences between two outputs, and this study asks for none. The commands `analyze ratings`, "
    "`analyze correlation` and `export --format answers_csv` read its answers."
)
BANNERS = {
    "simulated": "These are judgments by simulated raters, not by people.",
    "both": "These are judgments by people and by simulated raters together.",
}


def judged_study(
    title: str, *, filtered: bool = True, without: Callable[[Study], None] | None = None
) -> View:
    """Show the page's title, let the researcher choose a study and which judgments count; stop if there is none.

    ``without`` draws the page of a study without judgments.
    """
    heading.page_title(title)
    study = state.chosen_study()
    st.caption(state.title_of(study))
    hashes = data_version.data_hashes(study.study_id)
    if line := data_version.as_of_line(study.study_id):
        st.sidebar.caption(line)
    judgments = tables.study_table(study.study_id, "judgments", hashes)
    facts = tables.cached_call(frames.filter_facts, judgments)
    if not facts.populations:
        st.info(
            waiting_sentence(study)
            if store.design(state.database(), study.study_id).criteria
            else NO_CRITERION
        )
        if without is not None:
            without(study)
        st.stop()
    subset = _subset(facts, filtered)
    if subset.population in BANNERS:
        st.info(BANNERS[subset.population], icon=":material/smart_toy:")
    if subset.excluded:
        st.warning(
            "Judgments by raters who were excluded or withdrew are included.", icon=":material/person_alert:"
        )
    if subset.withdrawn:
        st.warning("Judgments of withdrawn comparisons are included.", icon=":material/block:")
    design = store.design(state.database(), study.study_id)
    return View(study, design, judgments, subset, hashes)


def read_ahead(study_id: str) -> None:
    """Read the judgments of a study, here or in the worker, before a page asks for them."""
    tables.cached_call(frames.filter_facts, tables.study_table(study_id, "judgments"))


def waiting_sentence(study: Study) -> str:
    """Return why there are no judgments yet, and how to get some."""
    how = {
        "draft": "The study is a draft: launch it on the Design page to get its link for raters, or import judgments.",
        "live": "Send raters the study's link, which the Studies page shows, or import judgments.",
        "closed": "The study is closed: reopen it on the Studies page, or import judgments.",
    }
    return f"There are no judgments yet. {how[study.state]} This page fills as they come in."


def _subset(facts: frames.FilterFacts, filtered: bool) -> frames.Subset:
    """Let the researcher filter judgments, by the properties that vary in the study."""
    population = facts.default
    if len(facts.populations) > 1:
        population = st.segmented_control(
            "Judgments by",
            facts.populations,
            default=population,
            required=True,
            format_func=frames.POPULATIONS.__getitem__,
        )
    if not filtered:
        return frames.Subset(population)
    choices, inactive, gone = facts.choices, facts.inactive, facts.n_withdrawn > 0
    if not (inactive or gone) and not any(len(values) > 1 for values in choices.values()):
        return frames.Subset(population)
    with st.expander("Filter", icon=":material/filter_alt:"):
        chosen = {
            name: tuple(st.multiselect(label, choices[name], placeholder="all", help=FILTER_HELP.get(name)))
            for name, label in (("tags", "Tags"), ("profiles", "Profiles"), ("roles", "Raters who judge as"))
            if len(choices[name]) > 1
        }
        excluded = inactive and st.checkbox("Include raters who were excluded or withdrew")
        withdrawn = gone and st.checkbox("Include withdrawn comparisons")
    return frames.Subset(population, excluded, **chosen, withdrawn=withdrawn)


def chosen_criterion(view: View) -> Question:
    """Let the researcher choose a question if the study asks several."""
    criteria = {criterion.key: criterion for criterion in view.design.criteria}
    if len(criteria) == 1:
        return view.design.criteria[0]
    key = st.selectbox("Question", list(criteria), format_func=lambda key: f"{key}: {criteria[key].question}")
    return criteria[key]


def judged_criterion(view: View) -> tuple[str, frames.Counts]:
    """Let the researcher choose a question and return its key and judgments; stop if there is none."""
    key = chosen_criterion(view).key
    selection = view.counts(key)
    if not selection.n_judgments:
        why = "No judgment on this question passes the filter." if selection.n_filtered else NO_JUDGMENT_YET
        st.info(why + _left_out(selection))
        st.stop()
    return key, selection


def left_out_note(selection: frames.Counts) -> str:
    """Return how many judgments count and how many are left out, as a sentence."""
    counts = (
        f"{counted(selection.n_judgments, 'judgment')} of {counted(selection.n_comparisons, 'comparison')} by "
        f"{counted(selection.n_raters, 'rater')}."
    )
    return counts + _left_out(selection)


def _left_out(selection: frames.Counts) -> str:
    parts = []
    if selection.n_skips:
        parts.append(f"{selection.n_skips:,} skipped")
    if selection.n_inactive:
        parts.append(f"{selection.n_inactive:,} by raters who were excluded or withdrew")
    if selection.n_withdrawn:
        parts.append(f"{selection.n_withdrawn:,} of withdrawn comparisons")
    if selection.n_filtered:
        parts.append(f"{selection.n_filtered:,} by the filter")
    return f" Left out: {', '.join(parts)}." if parts else ""
