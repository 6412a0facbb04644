"""The steps before and after the comparisons: forms, instructions, practice, the end."""

import streamlit as st

from study import store
from study.protocol.design import Design, FormQuestion
from study.protocol.design import Outcome as Coded
from study.protocol.design_parts import SUBMIT_TO, mturk_submit_address
from study.protocol.phases import WITHHELD, Phase, has_instructions_phase
from study.records import Rater
from study.store import Outcome
from study.ui import state
from study.ui.rater import comparison, components, withdrawal
from study.ui.rater.pausing import rater_action
from study.ui.shared import error_messages

NOTHING_LEFT = "There is nothing left to judge in this study. Thank you for your interest."
TITLES = {
    "screening": "A few questions first",
    "demographics": "About you",
    "closing": "Before you go",
}


def invited_screen(rater: Rater, design: Design) -> None:
    """Ask a rater with a personal link for consent."""
    with st.container(width=720):
        st.header("Welcome")
        consent_text(design, store.has_practice(state.database(), rater.study_id))
        st.button("I agree and want to start", type="primary", on_click=_go_on, args=(rater, "consent"))


def form_screen(rater: Rater, design: Design, form: Phase) -> None:
    """Show a form; its answers are stored when it is sent."""
    with st.container(width=720):
        st.header(TITLES[form])
        if form == "demographics":
            st.write("You can leave any question blank.")
        with st.form(key=f"form_{form}", border=False, enter_to_submit=False):
            for number, question in enumerate(design.form(form)):
                question_widget(question, f"{form}_{number}", withheld=form == "demographics")
            st.form_submit_button("Continue", type="primary", on_click=_send, args=(rater, design, form))
        withdrawal.leave_button(rater)


def instructions_screen(rater: Rater, design: Design) -> None:
    """Show the instructions of the rater's arm."""
    with st.container(width=720):
        st.header("What to do")
        st.text(design.instructions_under(rater.arm), width="stretch")
        how_to_answer(design)
        st.button("Continue", type="primary", on_click=_go_on, args=(rater, "instructions"))
        withdrawal.leave_button(rater)


def practice_screen(rater: Rater, design: Design) -> None:
    """Let the rater practise: the next pair with feedback on the last one, or the result of the attempt."""
    db = state.database()
    task = store.practice_task(db, rater)
    results = store.practice_results(db, rater)
    if task is not None:
        # The feedback has its own place, so that the pair below does not move.
        with st.empty():
            if results:
                _feedback(design, rater, results[-1])
        comparison.around(rater)
        comparison.task_screen(rater, task, heading=f"Practice {len(results) + 1}")
        return
    right = sum(one.passed for one in results)
    with st.container(width=720):
        st.header("Practice")
        st.write(f"{right} of {len(results)} as expected.")
        for result in results:
            _feedback(design, rater, result)
        if right >= design.practice.pass_mark:
            st.write("Well done. From here on there are no expected answers: your own judgment counts.")
        st.button("Continue", type="primary", on_click=_end_practice, args=(rater,))
        withdrawal.leave_button(rater)


def finish_screen(rater: Rater, outcome: Outcome) -> None:
    """Thank the rater; show the code of this outcome and the link back to the platform."""
    db = state.database()
    design = store.design(db, rater.study_id)
    if outcome == "success":
        error_messages.tell_rater(store.finish_phase, db, rater, "finish")
    with st.container(width=720):
        st.header("Thank you!")
        if outcome == "success":
            _finished(rater)
        elif outcome == "screen_out":
            st.write(
                "You are not in the group that this study is looking for, so it ends here for you. Your answers "
                "so far are saved."
            )
        elif outcome == "failure":
            st.write("You missed several checks, so the study ends here for you. Your answers are saved.")
        else:
            st.write(NOTHING_LEFT)
        if outcome != "none":
            code_and_link(design, outcome)
            _mturk_form(rater, design, outcome)
        if design.contact:
            st.text(f"Questions? Write to {design.contact}")
        last = store.last_judgment(db, rater) if outcome == "success" else None
        if last is not None:
            st.button("Change my last answer", on_click=comparison.reopen, args=(rater, last))
        withdrawal.leave_button(rater)


def consent_text(design: Design, has_practice: bool) -> None:
    """Show what raters agree to, and the instructions unless they have a separate page."""
    st.text(design.consent, width="stretch")
    if design.contact:
        st.text(f"Contact: {design.contact}", width="stretch")
    if not has_instructions_phase(design, has_practice):
        st.subheader("What to do")
        st.text(design.instructions, width="stretch")
    how_to_answer(design)


def how_to_answer(design: Design) -> None:
    """Show the answer keys, if there is a keyboard, and that raters may stop at any time."""
    with st.container(key="key_help"):
        for line in comparison.key_help(design):
            st.write(state.escaped(f"{line}."))
    st.write("You can stop at any time and come back with the same link.")


def _finished(rater: Rater) -> None:
    db = state.database()
    done, word = store.progress(db, rater).done, store.design(db, rater.study_id).task_word
    st.write(f"You have judged {done} {word}{'' if done == 1 else 's'}. Your answers are saved.")


def code_and_link(design: Design, outcome: Coded) -> None:
    """Show the code of an outcome, with a copy button, and the link back to the platform."""
    code, url = design.code(outcome), design.redirect(outcome)
    if code:
        st.write("Your completion code:" if outcome == "success" else "Your code:")
        st.code(code, language=None)
    if url:
        st.link_button("Back to the platform", url, type="primary")


def _mturk_form(rater: Rater, design: Design, outcome: Coded) -> None:
    """Offer the form that reports the end to MTurk, only if the address came from one of MTurk's own hosts."""
    if design.crowd.platform != "mturk":
        return
    parameters = rater.attributes.get("parameters", {})
    address, assignment = mturk_submit_address(parameters.get(SUBMIT_TO)), parameters.get("assignmentId")
    if address is None or not assignment:
        st.caption("Please enter the code on the platform's page.")
        return
    fields = {"assignmentId": assignment, "outcome": outcome, "completion_code": design.code(outcome) or ""}
    components.submit_form(address, fields, "Submit to Mechanical Turk")


def _feedback(design: Design, rater: Rater, result: store.CheckResult) -> None:
    name = store.task_name(state.database(), result.task_id)
    explanation = design.practice.explanations.get(name or "", "")
    word = "As expected." if result.passed else "We expected another answer."
    (st.success if result.passed else st.warning)(state.escaped(f"{word} {explanation}".strip()))


def question_widget(question: FormQuestion, key: str, *, withheld: bool) -> None:
    """Draw the widget of a question."""
    label = state.escaped(question.question) + ("" if withheld or not question.required else " \\*")
    if question.kind == "choice":
        options = [*question.options, *([WITHHELD] if withheld else [])]
        st.radio(label, options, index=None, key=key, format_func=state.escaped)
    elif question.kind == "several":
        st.multiselect(label, question.options, key=key)
    elif question.kind == "number":
        st.number_input(label, value=None, step=1.0, format="%g", key=key)
    else:
        st.text_area(label, key=key, max_chars=2000, height="content")


@rater_action
def _send(rater: Rater, design: Design, form: Phase) -> None:
    answers = {
        question.key: st.session_state.get(f"{form}_{number}")
        for number, question in enumerate(design.form(form))
    }
    error_messages.tell_form(store.finish_phase, state.database(), rater, form, answers)


@rater_action
def _go_on(rater: Rater, phase: Phase) -> None:
    error_messages.tell_rater(store.finish_phase, state.database(), rater, phase)


@rater_action
def _end_practice(rater: Rater) -> None:
    if error_messages.tell_rater(store.finish_practice, state.database(), rater) is False:
        st.toast("Please try the practice once more.")
