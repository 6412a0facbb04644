"""The design page: the design as YAML next to a rater's preview, checks, launch, and versions."""

from collections.abc import Mapping

import streamlit as st

from study import store
from study.answers import kind_of
from study.answers.choice import LETTERS
from study.errors import InvalidInput
from study.formats.readers.settings import read_design, write_design
from study.protocol.design import Design
from study.protocol.questions import Question
from study.records import Study
from study.ui import state
from study.ui.rater import components, contents, steps
from study.ui.shared import error_messages
from study.wording import counted, form, in_a_row
from study.workflows.simulation import SimulatedRaters, simulate

PURPOSES = {
    "practice": "practice {}",
    "attention": "attention {} (with an obvious answer)",
    "gold": "gold {} (with a known answer)",
    "wrong_profile": "{} with an output made for someone else",
}
CHECKS = ("Attention checks", "Wrong-profile checks", "Requests for the elicitation")
VIEWS = ("Welcome", "Forms", "A pair", "The end")


def editor(study: Study) -> Design | None:
    """Let the researcher edit the design; return it, or None if it is invalid, with the reason shown."""
    current = write_design(store.design(state.database(), study.study_id)).decode()
    text = st.text_area(
        "Design (YAML)", current, height=460, key=f"design {study.study_id} {study.design_hash}"
    )
    try:
        design = read_design(text.encode(), "design")
    except InvalidInput as error:
        st.error(state.harmless(str(error)))
        return None
    label = "Save" if study.state == "draft" else "Save as a new version"
    if st.button(
        label, type="primary", disabled=design.hash() == study.design_hash
    ) and error_messages.tell_failure(_save, study, design):
        st.rerun()
    if study.state != "draft":
        st.caption(
            "This design is frozen. Saving a change creates a new version. Every judgment records the "
            "version it was given under."
        )
    return design


def preview(study: Study, design: Design) -> None:
    """Show a rater's view without storing anything."""
    view = st.segmented_control("Preview", VIEWS, default="Welcome", required=True)
    with st.container(border=True):
        if view == "Welcome":
            steps.consent_text(design, store.has_practice(state.database(), study.study_id))
        elif view == "Forms":
            _forms(design)
        elif view == "A pair":
            _pair(study, design)
        else:
            st.write("Thank you!")
            steps.code_and_link(design, "success")
            st.caption("Raters who are screened out, or fail the checks, see:")
            steps.code_and_link(design, "screen_out")
            steps.code_and_link(design, "failure")


def checks_section(study: Study) -> None:
    """Offer to make checks from a draft's material, and to remove them."""
    st.subheader("Checks")
    counts = store.purposes(state.database(), study.study_id)
    st.write(purposes_sentence(counts))
    if study.state != "draft":
        return
    has = (counts.get("attention", 0), counts.get("wrong_profile", 0))
    pool = store.pool_size(state.database(), study.study_id)
    with (
        st.form("checks", border=False, enter_to_submit=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        attention, wrong_profile, requests = (
            int(st.number_input(label, 0, max(100, count), count, key=f"{label} {study.study_id} {count}"))
            for label, count in zip(CHECKS, (*has, pool), strict=True)
        )
        if st.form_submit_button("Set the numbers") and error_messages.tell_failure(
            _set_checks, study, (attention - has[0], wrong_profile - has[1]), (pool, requests)
        ):
            st.rerun()
    st.caption(
        "Before the comparisons, an elicitation shows outputs and pairs from separate requests. This "
        "many requests, drawn at random, are reserved for it and no longer compared."
    )
    st.caption("To add gold or practice comparisons, run `python -m study checks answers.csv --study ...`.")


def purposes_sentence(counts: Mapping[str, int]) -> str:
    """Return the number of comparisons of each purpose, as a sentence.

    >>> purposes_sentence({"main": 228, "gold": 1})
    '228 comparisons to be judged, plus 1 gold comparison (with a known answer).'
    """
    main = f"{counted(counts.get('main', 0), 'comparison')} to be judged"
    beside = [
        f"{count:,} {PURPOSES.get(purpose, purpose).format(form(count, 'comparison', 'comparisons'))}"
        for purpose, count in counts.items()
        if purpose != "main" and count
    ]
    return f"{main}, plus {in_a_row(beside)}." if beside else f"{main}; no checks and no practice."


def dry_run_section(study: Study, design: Design | None) -> None:
    """Offer a trial of a draft by simulated raters, before anyone is paid."""
    if study.state != "draft":
        return
    st.subheader("Dry run")
    st.write(
        "Try the draft with simulated raters, who follow its rules: 10% leave early, 10% answer "
        "carelessly, 5% always choose one side. Their answers are stored as simulated, do not take "
        "anyone's place, and appear on the Progress page."
    )
    with (
        st.form("dry_run", border=False, enter_to_submit=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        n_raters = st.number_input("Simulated raters", 1, 500, 20)
        pressed = st.form_submit_button("Simulate")
    if pressed and _has_unsaved(study, design):
        st.error(
            "Not simulated: you have unsaved changes, and raters follow the saved design. Save your "
            "changes first."
        )
    elif pressed and error_messages.tell_failure(_simulate, study, int(n_raters)):
        st.switch_page("pages/researcher/progress.py")


def launch_section(study: Study, design: Design | None) -> None:
    """Launch a draft with the design on screen, or list the versions of a launched study."""
    if study.state == "draft":
        st.subheader("Launch")
        st.write(
            "Launching opens the study to raters. It freezes the saved design with its hash, the time and "
            "the analysis plan, so that you can show later what you planned."
        )
        for sentence in store.never_given(state.database(), study.study_id):
            st.warning(f"{sentence}.")
        unsaved = _has_unsaved(study, design)
        if unsaved:
            st.warning("You have unsaved changes. Save them first: launching freezes the saved design.")
        # The key holds the design's hash, so that a click meant for another design hits a button that no longer exists.
        pressed = st.button("Launch", key=f"launch {study.study_id} {study.design_hash}")
        if pressed and unsaved:
            st.error("Not launched: you have unsaved changes. Save them, then launch.")
        elif pressed and error_messages.tell_failure(_launch, study):
            st.rerun()
        return
    st.subheader("Versions")
    for version in reversed(store.design_versions(state.database(), study.study_id)):
        st.markdown(
            f"**{version.version}** · {version.frozen_at:%Y-%m-%d %H:%M} UTC · `{version.design_hash[:16]}`"
        )


def _has_unsaved(study: Study, design: Design | None) -> bool:
    return design is None or design.hash() != study.design_hash


def _save(study: Study, design: Design) -> bool:
    if study.state == "draft":
        store.set_design(state.database(), study.study_id, design)
    else:
        store.new_version(state.database(), study.study_id, design)
    return True


def _set_checks(study: Study, more: tuple[int, int], pool: tuple[int, int]) -> bool:
    """Add this many checks, or remove them if negative; enlarge or shrink the elicitation pool."""
    db, (before, after) = state.database(), pool
    if after > before:
        store.draw_pool(db, study.study_id, after - before)
    elif after < before:
        store.shrink_pool(db, study.study_id, after)
    attention, wrong_profile = (max(one, 0) for one in more)
    if attention or wrong_profile:
        store.add_checks(db, study.study_id, attention=attention, wrong_profile=wrong_profile)
    attention, wrong_profile = (max(-one, 0) for one in more)
    if attention or wrong_profile:
        store.remove_checks(db, study.study_id, attention=attention, wrong_profile=wrong_profile)
    return True


def _simulate(study: Study, n_raters: int) -> bool:
    population = SimulatedRaters(n_raters, drop_out=0.1, careless=0.1, one_sided=0.05, seed=study.seed)
    with st.spinner("Simulated raters are judging ..."):
        simulate(state.database(), study.study_id, population)
    return True


def _launch(study: Study) -> bool:
    store.set_state(state.database(), study.study_id, "live")
    return True


def _forms(design: Design) -> None:
    for name, title in steps.TITLES.items():
        questions = design.form(name)
        if questions:
            st.markdown(f"**{title}**")
            for number, question in enumerate(questions):
                steps.question_widget(question, f"preview_{name}_{number}", withheld=name == "demographics")
    if design.elicitation is not None:
        st.markdown("**What raters say about themselves**")
        for asked in (design.elicitation.query, design.elicitation.need):
            st.text_area(state.escaped(asked), disabled=True)
        st.caption(
            f"Then {design.elicitation.examples} examples and {design.elicitation.pairs} pairs from the "
            f"pool. {state.escaped(design.elicitation.pair_question)}"
        )
    elif not (design.screening or design.demographics or design.closing):
        st.caption("There are no forms. Add questions under `screening`, `demographics` or `closing`.")


ABOUT = {
    "task": "",
    "each_output": ", for each output",
    "each_subject": ", for each subject",
    "each_output_and_subject": ", for each output and subject",
}


def _pair(study: Study, design: Design) -> None:
    found = store.preview_material(state.database(), study.study_id, design)
    if found is None:
        st.caption("There are no comparisons yet.")
        return
    seen = design.questions[0].sees
    context = []
    if found.profile is not None and "profile" in seen:
        context.append((design.profile_title, contents.blocks(found.profile.content)))
    if "request" in seen:
        context.append((design.request_title, contents.blocks(found.item.content)))
    letters = LETTERS if len(found.outputs) > 1 else [""]
    outputs = zip(letters, found.outputs, strict=False)
    components.panels(
        context=context, outputs=[(one, contents.blocks(output.content)) for one, output in outputs]
    )
    for question in design.questions:
        _question(question, len(found.outputs))


def _question(question: Question, n_outputs: int) -> None:
    """Draw a question with what it offers, or how it is answered."""
    kind = kind_of(question)
    st.markdown(f"**{state.escaped(question.question)}**")
    st.caption(f"{kind.label}: {state.escaped(kind.words(question))}{ABOUT[question.about]}")
    with st.container(horizontal=True):
        for place, offer in enumerate(kind.offers(question, n_outputs)):
            label = offer.label or str(offer.value)
            st.button(label, key=f"preview_{question.key}_{place}", disabled=True)
