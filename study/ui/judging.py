"""One comparison at a time on the rater's screen.

Between two comparisons only a fragment of the page is run: the map of pages, the style sheets and the instructions stay
as they are, which saves a fifth of the work of a click.
"""

from collections.abc import Callable
from typing import Any

import streamlit as st

from study import store
from study.design import Criterion, Design
from study.errors import StudyError
from study.records import SIDES, Rater
from study.responses import Option
from study.ui import components, contents, pausing, skipping, state, style, telling
from study.ui.asking import Asked, label, listening, note_early_click, opaque, tell_if_withdrawn, too_early
from study.ui.pausing import rater_action

CONFIDENCE = {1: "Guessing", 2: "Fairly sure", 3: "Certain"}

WELCOME_BACK = "Welcome back: this is where you left off."
WARNING = (
    "A check was not answered as asked. Please read each pair with care; after more of this the study ends."
)

NEXT_QUESTION_GUARD = 0.4
UNDO_GUARD = 0.4


def comparisons(rater: Rater) -> None:
    """Show comparison after comparison, for as long as there is one for the rater."""
    around(rater)
    _next_comparison(rater, pausing.pause() is not None)


def around(rater: Rater) -> None:
    """Draw what stays while comparisons come and go: the styles, and the button that opens the instructions."""
    style.judge_style()
    design = store.design(state.database(), rater.study_id)
    with (
        st.container(key="top", horizontal=True, horizontal_alignment="right"),
        st.popover("Instructions", type="tertiary", key="instructions_popover"),
    ):
        st.text(design.instructions_under(rater.arm), width="stretch")
        st.write(f"Keys: {key_help(design)}")
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
        if task is None or (pausing.pause() and not waits):
            st.rerun()  # the page says what comes now, or what is in the way
        comparison_screen(rater, task)


def comparison_screen(rater: Rater, task: store.Task, heading: str | None = None) -> None:
    """Show one comparison and take the answer to its next criterion; ``heading`` stands in for the progress."""
    db = state.database()
    design = store.design(db, rater.study_id)
    material = store.shown_material(db, rater, task)
    criterion = next(c for c in design.criteria if c.key not in task.answers)
    question = opaque(task.assignment_id, criterion.key, task.revisions[criterion.key])
    has_profile = material.profile is not None and "profile" in criterion.sees
    asked = Asked(rater, task, criterion.key, question, state.first_shown(question), has_profile)
    with st.container(key="judge"):
        _top_line(task, heading)
        if state.come_back(question):
            st.info(WELCOME_BACK)
        telling.say_refusal()
        if task.warned:
            st.warning(WARNING)
        outputs = zip("AB", (material.side(side, task.side_of_a) for side in SIDES), strict=True)
        skips = state.skipping_since(question)
        components.panels(
            profile=has_profile,
            listen=skipping.keys(asked) if skips else _keys(asked, design, criterion),
            on_early=lambda: note_early_click(asked),
            context=_context(design, criterion, material),
            outputs=[(letter, contents.blocks(output.content)) for letter, output in outputs],
        )
        with st.container(key="vote"):
            if skips:
                skipping.reasons(asked)
            else:
                _vote(asked, design, criterion)


def no_link_screen() -> None:
    """Say that a link is needed."""
    if state.has_personal_link():
        st.header("This link leads nowhere")
        st.write(
            "If you have withdrawn, everything was erased, and there is nothing left to do. Otherwise please open the "
            "link that you were given for the study, copied whole."
        )
        return
    st.header("A link is needed")
    st.write("Please open the link that you were given for the study, copied whole.")


def _guard(asked: Asked, design: Design) -> float:
    """Return how many seconds a question must have stood before its answer counts."""
    first = not asked.task.answers
    return design.min_view_seconds if first else min(NEXT_QUESTION_GUARD, design.min_view_seconds)


def _keys(asked: Asked, design: Design, criterion: Criterion) -> dict[str, Any]:
    """Return what is listened to while the answers are shown."""
    names = {
        key: _name(asked, number) for number, option in enumerate(criterion.options()) for key in option.keys
    }
    names |= {"u": _name(asked, "undo"), "s": _name(asked, "skip")}
    guards = dict.fromkeys(names.values(), _guard(asked, design)) | {names["u"]: UNDO_GUARD}
    return listening(asked, asked.question, names, guards)


def _name(asked: Asked, button: int | str) -> str:
    """Return the name of a button: of the answer with a number, or another one."""
    return f"answer_{asked.question}_{button}" if isinstance(button, int) else f"{button}_{asked.question}"


def _vote(asked: Asked, design: Design, criterion: Criterion) -> None:
    question, guard = asked.question, _guard(asked, design)
    _question_line(design, criterion)
    if design.confidence:
        _confidence(question)
    with st.container(horizontal=True, key="choices", gap="small"):
        for number, option in enumerate(criterion.options()):
            st.button(
                label(option.label, option.keys[0]),
                key=_name(asked, number),
                width="stretch",
                on_click=_answer,
                args=(asked, option, guard),
            )
    last = store.last_judgment(state.database(), asked.rater)
    with st.container(horizontal=True, key="aside", gap="small", vertical_alignment="center"):
        _aside("Undo", _name(asked, "undo"), _undo, (asked, last), disabled=last is None)
        _aside("Skip", _name(asked, "skip"), _open_reasons, (asked, guard))
        if design.rationale != "off":
            _rationale(question, design.rationale == "required")


def _aside(
    text: str, key: str, action: Callable[..., None], args: tuple[object, ...], *, disabled: bool = False
) -> None:
    st.button(label(text, text[0]), key=key, type="tertiary", on_click=action, args=args, disabled=disabled)


def _question_line(design: Design, criterion: Criterion) -> None:
    number = design.criteria.index(criterion) + 1
    count = (
        f":small[:gray[Question {number} of {len(design.criteria)}]]  " if len(design.criteria) > 1 else ""
    )
    st.markdown(f"{count}**{state.escaped(criterion.question)}**", help=state.escaped(criterion.help) or None)


def _confidence(question: str) -> None:
    st.segmented_control(
        "How sure are you?",
        options=list(CONFIDENCE),
        format_func=CONFIDENCE.__getitem__,
        key=f"confidence_{question}",
        label_visibility="collapsed",
    )


def _rationale(question: str, required: bool) -> None:
    word = "needed" if required else "optional"
    st.text_input(
        f"Why? ({word})",
        key=f"rationale_{question}",
        placeholder=f"Why? ({word}, before you answer)",
        label_visibility="collapsed",
        max_chars=2000,
    )


def _top_line(task: store.Task, heading: str | None) -> None:
    done, total = task.progress.done, task.progress.total
    # A check comes after the last comparison too; the bar stays full then.
    line = f'<div class="bp-count">{heading or f"{min(done + 1, total)} of {total}"}</div>'
    if heading is None:
        line += f'<div class="bp-progress"><div style="width:{100 * done / max(total, 1):.1f}%"></div></div>'
    st.html(line)


def _context(
    design: Design, criterion: Criterion, material: store.Material
) -> list[tuple[str, list[contents.Block]]]:
    parts = []
    if material.profile is not None and "profile" in criterion.sees:
        parts.append((design.profile_title, contents.blocks(material.profile.content)))
    if "request" in criterion.sees:
        parts.append((design.request_title, contents.blocks(material.item.content)))
    return parts


@rater_action
def _answer(asked: Asked, option: Option, guard: float) -> None:
    """Store an answer; runs before the page is drawn again, with the arguments of the page that was clicked."""
    if too_early(asked, asked.shown, guard):
        return
    rationale = state.note(f"rationale_{asked.question}")
    design = store.design(state.database(), asked.rater.study_id)
    if design.rationale == "required" and len(rationale or "") < design.rationale_min_chars:
        st.toast(f"Please say why first, in {design.rationale_min_chars} characters or more.")
        return
    done = telling.tell_next(
        record,
        state.database(),
        asked.rater,
        asked.task.assignment_id,
        asked.criterion,
        asked.task.revisions[asked.criterion],
        option.code,
        confidence=st.session_state.get(f"confidence_{asked.question}"),
        rationale=rationale,
        shown_at=asked.shown,
        evidence=asked.evidence(),
        has_profile=asked.has_profile,
    )
    if done is False:
        tell_if_withdrawn(asked)


def record(db: store.Database, rater: Rater, *answer: Any, **options: Any) -> bool:
    """Store an answer, and issue the next comparison with it; see :func:`study.store.record_judgment`."""
    with store.with_next(db, rater):
        return store.record_judgment(db, rater, *answer, **options)


def _open_reasons(asked: Asked, guard: float) -> None:
    if not too_early(asked, asked.shown, guard):
        state.start_skipping(asked.question)


@rater_action
def _undo(asked: Asked, judgment_id: str) -> None:
    if not too_early(asked, asked.shown, UNDO_GUARD):
        telling.tell_next(store.undo, state.database(), asked.rater, judgment_id)


@rater_action
def reopen(rater: Rater, judgment_id: str) -> None:
    """Take the last answer back."""
    telling.tell_rater(store.undo, state.database(), rater, judgment_id)


def key_help(design: Design) -> str:
    """Return which key gives which answer."""
    options = {option.label: option for criterion in design.criteria for option in criterion.options()}
    parts = [
        f"{' or '.join(key.upper() for key in option.keys)}: {label}" for label, option in options.items()
    ]
    return " · ".join([*parts, "S: skip, and say why if something is wrong", "U: undo"])
