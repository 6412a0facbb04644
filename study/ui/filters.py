"""What analysis pages share: the chosen study, whose judgments and which criterion, and what is left out."""

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from study import frames, store
from study.design import Criterion, Design
from study.records import Study
from study.ui import state

BANNERS = {
    "simulated": "These are judgments by simulated raters, not by people.",
    "both": "These are judgments by human and by simulated raters together.",
}


@dataclass(frozen=True, slots=True)
class View:
    """The judgments that a page is about."""

    study: Study
    design: Design
    judgments: pd.DataFrame
    population: str

    def selection(self, criterion: str) -> frames.Selection:
        """Return the judgments of a criterion that count."""
        return frames.select(self.judgments, criterion=criterion, population=self.population)


def judged_study(title: str, *, texts: bool = False) -> View:
    """Show the page's title, let the researcher choose a study and whose judgments; stop where there is none."""
    st.title(title)
    study = state.chosen_study()
    st.caption(state.escaped(study.title))
    judgments = store.judgments(state.database(), study.study_id, texts=texts)
    known = frames.populations(judgments)
    if not known:
        st.info(
            "There are no judgments yet. Share the study's rater link from the Studies page, or import judgments; "
            "this page fills as they come in."
        )
        st.stop()
    population: str = frames.default_population(judgments)
    if len(known) > 1:
        population = st.segmented_control(
            "Judgments by",
            known,
            default=population,
            required=True,
            format_func=frames.POPULATIONS.__getitem__,
        )
    if population in BANNERS:
        st.info(BANNERS[population], icon=":material/smart_toy:")
    return View(study, store.design(state.database(), study.study_id), judgments, population)


def chosen_criterion(view: View) -> Criterion:
    """Let the researcher choose a question where the study asks several."""
    criteria = {criterion.key: criterion for criterion in view.design.criteria}
    if len(criteria) == 1:
        return view.design.criteria[0]
    key = st.selectbox("Question", list(criteria), format_func=lambda key: f"{key}: {criteria[key].question}")
    return criteria[key]


def judged_criterion(view: View) -> tuple[str, frames.Selection]:
    """Let the researcher choose a question and return its key and judgments; stop where there is none."""
    key = chosen_criterion(view).key
    selection = view.selection(key)
    if selection.judgments.empty:
        st.info("There is no judgment on this question yet." + _left_out(selection))
        st.stop()
    return key, selection


def left_out_note(selection: frames.Selection) -> str:
    """Return what counts and what was left out, as a sentence."""
    judged = selection.judgments
    counted = (
        f"{len(judged):,} judgments of {judged['comparison_id'].nunique():,} comparisons by "
        f"{selection.n_raters:,} raters."
    )
    return counted + _left_out(selection)


def _left_out(selection: frames.Selection) -> str:
    parts = []
    if selection.n_skips:
        parts.append(f"{selection.n_skips:,} skipped")
    if selection.n_inactive:
        parts.append(f"{selection.n_inactive:,} by raters who were excluded or withdrew")
    return f" Left out: {', '.join(parts)}." if parts else ""
