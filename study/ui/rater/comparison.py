"""One comparison at a time on the rater's screen.

Only a fragment of the page runs between two comparisons: the list of pages, the style sheets and the instructions stay
as they are, which saves a fifth of the work of a click.
"""

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Concatenate, ParamSpec

import streamlit as st

from study import store
from study.answers import Shape, kind_of, wrapped
from study.answers.choice import LETTERS
from study.content_kinds import Block
from study.errors import InvalidInput, StudyError
from study.protocol.design import Design
from study.protocol.questions import Question, next_screen
from study.records import Rater, references_of, text_content
from study.ui import state
from study.ui.rater import arrival, components, contents, pausing, skipping, style
from study.ui.rater.answer_buttons import AnswerButtons, Box, Button, PressData
from study.ui.rater.answer_form import drawn, is_one_press, responses
from study.ui.rater.pausing import rater_action
from study.ui.rater.question import ShownQuestion, note_early_click, opaque, tell_if_withdrawn, too_early
from study.ui.server import pauses
from study.ui.shared import error_messages

Rest = ParamSpec("Rest")

WELCOME_BACK = "Welcome back: this is where you left off."
WARNING = (
    "You missed a check. Please read each {word} carefully: if you miss more, the study will end for you."
)
MOVED_ON = (
    "This page has changed because you answered in another window, or because the {word} was taken out of the "
    "study. Please read it again."
)

KEYS_OF_FORMS = {
    "scale": "the digits: the steps",
    "order": "a digit: the place of a card · arrows: move it · Enter: save",
}
NEXT_QUESTION_GUARD = 0.4
UNDO_GUARD = 0.4
# Shortest time on screen of a question that appeared by itself: an earlier press was meant for the previous one.
MOVED_ON_GUARD = 1.0


def comparisons(rater: Rater) -> None:
    """Show comparisons as long as there is one for the rater."""
    around(rater)
    _next_comparison(rater, pauses.pause() is not None)


def around(rater: Rater) -> None:
    """Draw the parts that stay between comparisons: the styles, and the button that opens the instructions."""
    style.judge_style()
    design = store.design(state.database(), rater.study_id)
    with (
        st.container(key="top", horizontal=True, horizontal_alignment="right"),
        st.popover("Instructions", type="tertiary", key="instructions_popover"),
    ):
        st.text(design.instructions_under(rater.arm), width="stretch")
        for line in key_help(design):
            st.write(state.escaped(line))
        st.button(
            "Withdraw and erase my answers",
            type="tertiary",
            key="withdraw",
            on_click=state.think_of_leaving,
            args=(True,),
        )


@st.fragment
def _next_comparison(rater: Rater, waits: bool) -> None:
    with pausing.rater_run():
        try:
            task = store.current_task(state.database(), rater)
        except StudyError:
            task = None
        if task is None or (pauses.pause() and not waits):
            st.rerun()  # the page shows what comes next, or why it cannot
        task_screen(rater, task)


def task_screen(rater: Rater, task: store.CurrentTask, heading: str | None = None) -> None:
    """Show one task and take the answers to its next question or screen of questions; ``heading`` replaces the progress."""
    db = state.database()
    design = store.design(db, rater.study_id)
    material = store.shown_material(db, rater, task)
    questions = next_screen(design.questions_of(task.template), task.answers)
    keys = [one.key for one in questions]
    question = opaque(task.assignment_id, *(part for key in keys for part in (key, task.revisions[key])))
    seen = {what for one in questions for what in one.sees}
    has_profile = material.profile is not None and "profile" in seen
    shown, moved_on = state.first_shown(question), state.has_moved_on(question)
    asked = ShownQuestion(rater, task, question, design.task_word, shown, has_profile, moved_on)
    if state.skipping_since(question):
        vote = skipping.vote(asked)
    else:
        vote = _vote(asked, design, questions, material.item.subjects)
    outputs = material.shown(task.arrangement)
    letters = LETTERS if len(outputs) > 1 else [""]
    components.panels(
        top=_top_line(task, heading),
        notices=_notices(asked),
        profile=has_profile,
        context=_context(design, seen, material),
        outputs=[
            (letter, contents.blocks(output.content))
            for letter, output in zip(letters, outputs, strict=False)
        ],
        vote=vote.drawn(asked),
        on_press=partial(vote.take, asked),
        on_early=partial(note_early_click, asked),
        on_shown=None if store.is_on_screen(db, rater) else partial(_note_shown, rater),
    )


def no_link_screen() -> None:
    """Explain that a link is needed."""
    if arrival.has_personal_link():
        st.header("This link does not work")
        st.write(
            "If you have withdrawn, your data were erased and there is nothing more to do. Otherwise, please "
            "open the link you were given for the study and check that it is complete."
        )
        if arrival.has_ticket():
            st.write("An address copied from another browser works only in that browser.")
        return
    st.header("You need a link")
    st.write("Please open the link you were given for the study and check that it is complete.")


def _guard(asked: ShownQuestion, design: Design) -> float:
    """Return how many seconds a question must be on screen before its answer counts."""
    first = not asked.task.answers
    guard = design.min_view_seconds if first else min(NEXT_QUESTION_GUARD, design.min_view_seconds)
    return _at_least(asked, guard)


def _at_least(asked: ShownQuestion, guard: float) -> float:
    return max(guard, MOVED_ON_GUARD) if asked.moved_on else guard


def _vote(
    asked: ShownQuestion, design: Design, questions: list[Question], subjects: Mapping[str, str]
) -> AnswerButtons:
    """Return the buttons of the one question on screen, or a form with "Save"."""
    guard, undo = _guard(asked, design), _at_least(asked, UNDO_GUARD)
    shape = Shape(len(asked.task.arrangement), tuple(subjects))
    last = store.last_judgment(state.database(), asked.rater)
    aside = (
        Button("undo", "Undo", ("u",), undo, partial(_undo, asked, last), is_open=last is not None),
        Button("skip", "Skip", ("s",), guard, partial(_open_reasons, asked, guard)),
    )
    count = _count(design, asked, questions)
    options = {"count": count, "confidence": design.confidence, "box": _rationale_box(design)}
    if not is_one_press(questions, shape):
        save = Button("save", "Save", ("enter",), guard, partial(_save, asked, design, questions, shape))
        form = drawn(questions, shape, subjects)
        return AnswerButtons(asked.question, "", (save,), aside, form=form, **options)  # type: ignore[arg-type]
    (question,) = questions
    answers = [
        Button(f"answer_{place}", label, keys, guard, partial(_answer, asked, design, question.key, response))
        for place, (label, keys, response) in enumerate(_presses(design, question, shape))
    ]
    return AnswerButtons(
        asked.question,
        question.question,
        tuple(answers),
        aside,
        help=question.help,
        steps=len(answers) if question.kind == "scale" else 0,
        **options,  # type: ignore[arg-type]
    )


def _presses(design: Design, question: Question, shape: Shape) -> list[tuple[str, tuple[str, ...], str]]:
    """Return label, keys and response of each answer to a question that one press answers."""
    if question.is_preference:
        return [(option.label, option.keys, option.code) for option in design.options()[question.key]]
    offers = kind_of(question).offers(question, shape.n_outputs)
    found = [(one.label or one.keys[0], one.keys, wrapped(question, [one.value], shape)) for one in offers]
    return found + ([] if question.required else [("No answer", ("x",), wrapped(question, [None], shape))])


def _count(design: Design, asked: ShownQuestion, questions: list[Question]) -> str:
    """Return which of the questions about the task are on screen."""
    every = design.questions_of(asked.task.template)
    number = every.index(questions[0]) + 1
    if len(every) == 1 or len(questions) == len(every):
        return ""
    last = number + len(questions) - 1
    which = f"Question {number}" if last == number else f"Questions {number} to {last}"
    return f"{which} of {len(every)}"


def _rationale_box(design: Design) -> Box | None:
    if design.rationale == "off":
        return None
    word = "needed" if design.rationale == "required" else "optional"
    return Box(f"Why? ({word})", f"Why? ({word}, before you answer)")


def _notices(asked: ShownQuestion) -> list[tuple[str, str]]:
    """Return the messages above the task: kinds and sentences."""
    said = [("info", WELCOME_BACK)] if state.come_back(asked.question) else []
    said += [("info", MOVED_ON.format(word=asked.word))] if asked.moved_on else []
    said += error_messages.refusal()
    return [*said, ("warning", WARNING.format(word=asked.word))] if asked.task.warned else said


def _top_line(task: store.CurrentTask, heading: str | None) -> tuple[str, float | None]:
    """Return the heading and the progress in percent."""
    if heading is not None:
        return heading, None
    done, total = task.progress.done, task.progress.total
    # A check may come after the last comparison; the bar stays full then.
    return f"{min(done + 1, total)} of {total}", round(100 * done / max(total, 1), 1)


def _context(
    design: Design, seen: Collection[str], material: store.Material
) -> list[tuple[str, list[Block]]]:
    parts = []
    if material.profile is not None and "profile" in seen:
        parts.append((design.profile_title, contents.blocks(material.profile.content)))
    if "request" in seen:
        parts.append((design.request_title, contents.blocks(material.item.content)))
    if "reference" in seen and material.item.reference:
        texts = references_of(material.item.reference)
        parts += [("Reference", contents.blocks(text_content(text))) for text in texts]
    return parts


@rater_action
def _note_shown(rater: Rater) -> None:
    error_messages.tell_rater(store.note_on_screen, state.database(), rater)


@rater_action
def _answer(asked: ShownQuestion, design: Design, key: str, response: str, given: PressData) -> None:
    """Store an answer; runs before the page is redrawn, with the arguments of the clicked page."""
    if not too_early(asked, asked.shown, _guard(asked, design)):
        _record(asked, design, {key: response}, given)


@rater_action
def _save(
    asked: ShownQuestion, design: Design, questions: list[Question], shape: Shape, given: PressData
) -> None:
    """Store the answers of a form."""
    if too_early(asked, asked.shown, _guard(asked, design)):
        return
    try:
        _record(asked, design, responses(questions, shape, given.answers, asked.task.answers), given)
    except InvalidInput as error:
        st.toast(f"This was not saved: {error}.")


def _record(asked: ShownQuestion, design: Design, answers: Mapping[str, str], given: PressData) -> None:
    if design.rationale == "required" and len(given.words or "") < design.rationale_min_chars:
        st.toast(f"Please say why first, in at least {design.rationale_min_chars} characters.")
        return
    done = error_messages.tell_next(
        record,
        state.database(),
        asked.rater,
        asked.task.assignment_id,
        {key: (asked.task.revisions[key], response) for key, response in answers.items()},
        confidence=given.confidence,
        rationale=given.words,
        shown_at=asked.shown.at(),
        evidence=given.evidence,
        has_profile=asked.has_profile,
    )
    if done is False:
        tell_if_withdrawn(asked)


def _with_next(
    action: Callable[Concatenate[store.Database, Rater, Rest], bool],
) -> Callable[Concatenate[store.Database, Rater, Rest], bool]:
    """Return an action that issues the rater's next comparison with what it stores."""

    def both(db: store.Database, rater: Rater, /, *rest: Rest.args, **options: Rest.kwargs) -> bool:
        with store.with_next(db, rater):
            return action(db, rater, *rest, **options)

    return both


record = _with_next(store.record_answers)
"""Store answers and issue the next task with them."""


def _open_reasons(asked: ShownQuestion, guard: float, _given: PressData) -> None:
    if not too_early(asked, asked.shown, guard):
        state.start_skipping(asked.question)


@rater_action
def _undo(asked: ShownQuestion, judgment_id: str | None, _given: PressData) -> None:
    if judgment_id is not None and not too_early(asked, asked.shown, _at_least(asked, UNDO_GUARD)):
        error_messages.tell_next(store.undo, state.database(), asked.rater, judgment_id)


@rater_action
def reopen(rater: Rater, judgment_id: str) -> None:
    """Take back the last answer."""
    error_messages.tell_rater(store.undo, state.database(), rater, judgment_id)


def key_help(design: Design) -> list[str]:
    """Return the keys of answers: one line, or one per question if they differ."""
    keyed = {one.key: _key_line(design, one) for one in design.questions}
    always = "S: skip (you can tell us why) · U: undo"
    if len(set(keyed.values())) == 1:
        return [f"Keys: {next(iter(keyed.values()))} · {always}"]
    lines = [f"Keys for “{one.question}”: {keyed[one.key]}" for one in design.questions]
    return [*lines, f"Always: {always}"]


def _key_line(design: Design, question: Question) -> str:
    """Return the keys of a question in a line."""
    if question.is_preference:
        offered = [(one.keys, one.label) for one in design.options()[question.key]]
    else:
        found = kind_of(question).offers(question, len(LETTERS) if question.of == "outputs" else 1)
        offered = [(one.keys, one.label) for one in found if one.label]
    parts = [f"{' or '.join(key.upper() for key in keys)}: {label}" for keys, label in offered]
    return " · ".join(parts) or KEYS_OF_FORMS.get(question.kind, "Enter: save")
