"""The rater's way before and after the comparisons: consent, forms, instructions, practice, the end, and leaving."""

from typing import Any

import streamlit as st

from study import store
from study.design import Design, Question
from study.design.parts import NOT_ACCEPTED, SUBMIT_TO, mturk_submit_address
from study.phases import WITHHELD, Phase, has_instructions_phase
from study.records import Rater, Study
from study.store import Outcome
from study.ui import components, judging, state, telling
from study.ui.pausing import rater_action

TITLES = {
    "screening": "A few questions first",
    "demographics": "About you",
    "closing": "Before you go",
}


def consent_screen(study: Study) -> None:
    """Ask for consent; agreeing enrols the rater and puts the personal link into the address."""
    design = store.design(state.database(), study.study_id)
    with st.container(width=720):
        st.header("Welcome")
        consent_text(design, store.has_practice(state.database(), study.study_id))
        if study.state != "live":
            st.warning("This study is not open now.")
            return
        if design.crowd.platform == "mturk" and state.parameter("assignmentId") == NOT_ACCEPTED:
            st.info(
                "This is a preview. Accept the task on the platform to start."
            )  # it comes without a workerId
            return
        id_param, _ = design.crowd.parameters()
        if id_param and not state.parameter(id_param):
            st.warning(f"Please open this study from its platform: the address lacks {id_param}.")
            return
        st.button("I agree – start", type="primary", on_click=_enrol, args=(study.study_id, design))


def welcome_back(is_over: bool) -> None:
    """Tell a rater who opens the study's link again, here or on another device, that it does not start anew."""
    with st.container(width=720):
        if is_over:
            st.info("You have taken part already. A study can be taken once, and it is over for you.")
        else:
            st.info(judging.WELCOME_BACK)


def invited_screen(rater: Rater, design: Design) -> None:
    """Ask a rater who came by a personal link for consent."""
    with st.container(width=720):
        st.header("Welcome")
        consent_text(design, store.has_practice(state.database(), rater.study_id))
        st.button("I agree – start", type="primary", on_click=_go_on, args=(rater, "consent"))


def form_screen(rater: Rater, design: Design, form: Phase) -> None:
    """Show a form; its answers are stored when it is sent."""
    with st.container(width=720):
        st.header(TITLES[form])
        if form == "demographics":
            st.write("You may leave out any answer.")
        with st.form(key=f"form_{form}", border=False, enter_to_submit=False):
            for number, question in enumerate(design.form(form)):
                question_widget(question, f"{form}_{number}", withheld=form == "demographics")
            st.form_submit_button("Go on", type="primary", on_click=_send, args=(rater, design, form))
        leave_button(rater)


def instructions_screen(rater: Rater, design: Design) -> None:
    """Show the instructions of the rater's arm."""
    with st.container(width=720):
        st.header("What to do")
        st.text(design.instructions_under(rater.arm), width="stretch")
        how_to_answer(design)
        st.button("Go on", type="primary", on_click=_go_on, args=(rater, "instructions"))
        leave_button(rater)


def practice_screen(rater: Rater, design: Design) -> None:
    """Let the rater practise: the next pair with word on the last one, or how the attempt went."""
    db = state.database()
    task = store.practice_task(db, rater)
    results = store.practice_results(db, rater)
    if task is not None:
        if results:
            _feedback(design, rater, results[-1])
        judging.around(rater)
        judging.comparison_screen(rater, task, heading=f"Practice {len(results) + 1}")
        return
    right = sum(one.passed for one in results)
    with st.container(width=720):
        st.header("Practice")
        st.write(f"{right} of {len(results)} as expected.")
        for result in results:
            _feedback(design, rater, result)
        if right >= design.practice.pass_mark:
            st.write("Well done. What follows has no expected answers: your own judgment counts.")
        st.button("Go on", type="primary", on_click=_end_practice, args=(rater,))
        leave_button(rater)


def finish_screen(rater: Rater, outcome: Outcome) -> None:
    """Thank the rater; give the code of this outcome and the way back to the platform."""
    db = state.database()
    design = store.design(db, rater.study_id)
    if outcome == "success":
        telling.tell_rater(store.finish_phase, db, rater, "finish")
    with st.container(width=720):
        st.header("Thank you!")
        if outcome == "success":
            _finished(rater)
        elif outcome == "screen_out":
            st.write("This study needs other raters, so it ends here for you. What you did so far is saved.")
        elif outcome == "failure":
            st.write(
                "Several checks were not answered as asked, so the study ends here for you. All is saved."
            )
        else:
            st.write("There is nothing left to judge in this study just now. Thank you for coming.")
        if outcome != "none":
            code_and_link(design, outcome)
            _mturk_form(rater, design, outcome)
        if design.contact:
            st.text(f"Questions? Write to {design.contact}")
        last = store.last_judgment(db, rater) if outcome == "success" else None
        if last is not None:
            st.button("Change my last answer", on_click=judging.reopen, args=(rater, last))
        leave_button(rater)


def withdraw_screen(rater: Rater) -> None:
    """Ask whether everything is to be erased."""
    with st.container(width=720):
        st.header("Withdraw")
        st.write(
            "You may take your consent back. All your answers and everything else that is stored of you will be erased; "
            "this cannot be undone."
        )
        st.button("Erase everything and leave", type="primary", on_click=_withdraw, args=(rater,))
        st.button("Go back", on_click=state.think_of_leaving, args=(False,))


def left_screen() -> None:
    """Say goodbye to a rater of whom nothing is stored any more."""
    with st.container(width=720):
        st.header("Everything was erased")
        st.write("You have withdrawn from the study. Nothing that you answered is stored any more.")


def leave_button(rater: Rater) -> None:
    """Offer to withdraw."""
    st.button("Withdraw and erase my answers", type="tertiary", on_click=state.think_of_leaving, args=(True,))


def consent_text(design: Design, has_practice: bool) -> None:
    """Show what raters agree to, and what they are to do where no page of its own says it."""
    st.text(design.consent, width="stretch")
    if design.contact:
        st.text(f"Contact: {design.contact}", width="stretch")
    if not has_instructions_phase(design, has_practice):
        st.subheader("What to do")
        st.text(design.instructions, width="stretch")
    how_to_answer(design)


def how_to_answer(design: Design) -> None:
    """Say which keys answer, where there is a keyboard, and that one may stop."""
    with st.container(key="key_help"):
        for line in judging.key_help(design):
            st.write(state.escaped(f"{line}."))
    st.write("You can stop at any time and come back by the same link.")


def _finished(rater: Rater) -> None:
    done = store.progress(state.database(), rater).done
    if done:
        st.write(f"You have judged {done} {'pair' if done == 1 else 'pairs'}. All is saved.")
    else:
        st.write("There is nothing left to judge in this study just now. Thank you for coming.")


def code_and_link(design: Design, outcome: Any) -> None:
    """Show the code of an outcome, which can be copied, and the way back to the platform."""
    code, url = design.code(outcome), design.redirect(outcome)
    if code:
        st.write("Your completion code:" if outcome == "success" else "Your code:")
        st.code(code, language=None)
    if url:
        st.link_button("Back to the platform", url, type="primary")


def _mturk_form(rater: Rater, design: Design, outcome: Any) -> None:
    """Offer the form that tells MTurk of the end; only where the address came from one of MTurk's own hosts."""
    if design.crowd.platform != "mturk":
        return
    parameters = rater.attributes.get("parameters", {})
    address, assignment = mturk_submit_address(parameters.get(SUBMIT_TO)), parameters.get("assignmentId")
    if address is None or not assignment:
        st.caption("Please give the code on the platform's own page.")
        return
    fields = {"assignmentId": assignment, "outcome": outcome, "completion_code": design.code(outcome) or ""}
    components.submit_form(address, fields, "Submit to Mechanical Turk")


def _feedback(design: Design, rater: Rater, result: store.CheckResult) -> None:
    name = store.comparison_name(state.database(), result.comparison_id)
    explanation = design.practice.explanations.get(name or "", "")
    word = "As expected." if result.passed else "We expected another answer."
    (st.success if result.passed else st.warning)(state.escaped(f"{word} {explanation}".strip()))


def question_widget(question: Question, key: str, *, withheld: bool) -> None:
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
    telling.tell_form(store.finish_phase, state.database(), rater, form, answers)


@rater_action
def _go_on(rater: Rater, phase: Phase) -> None:
    telling.tell_rater(store.finish_phase, state.database(), rater, phase)


@rater_action
def _end_practice(rater: Rater) -> None:
    if telling.tell_rater(store.finish_practice, state.database(), rater) is False:
        st.toast("Please try the practice once more.")


@rater_action
def _withdraw(rater: Rater) -> None:
    def erased() -> bool:
        store.withdraw(state.database(), rater)
        return True

    if telling.tell_rater(erased):
        state.leave()


@rater_action
def _enrol(study_id: str, design: Design) -> None:
    known = telling.tell_rater(state.rater)
    if known is not None:  # a second click, or a second tab
        state.become(known)
        return
    id_param, _ = design.crowd.parameters()
    parameters = _parameters(design)
    rater = telling.tell_rater(
        store.enrol,
        state.database(),
        study_id,
        device=state.device(),
        external_id=parameters.get(id_param),
        attributes={"parameters": parameters} if parameters else None,
    )
    if rater is not None:
        state.become(rater)


def note_return(rater: Rater, design: Design) -> Rater:
    """Keep what the platform says now of a rater who comes again by its link, such as another assignment of the same worker."""
    found = _parameters(design)
    named = design.crowd.parameters()[0] in found and found.get("assignmentId") != NOT_ACCEPTED
    if not named or found == rater.attributes.get("parameters"):
        return rater
    return telling.tell_rater(store.set_parameters, state.database(), rater, found) or rater


def _parameters(design: Design) -> dict[str, str]:
    """Return the parameters of the address that the design keeps; an address to submit to only where it is MTurk's own."""
    id_param, capture = design.crowd.parameters()
    found = {name: value for name in (id_param, *capture) if name and (value := state.parameter(name))}
    if mturk_submit_address(found.get(SUBMIT_TO)) is None:
        found.pop(SUBMIT_TO, None)
    return found
