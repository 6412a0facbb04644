"""The rater's screens: consent, one comparison at a time, the end."""

from collections.abc import Callable
from datetime import datetime
from hashlib import blake2b

import streamlit as st

from study import store
from study.design import Criterion, Design
from study.records import SIDES, Rater, Study, utc_now
from study.responses import Option
from study.ui import components, contents, state, style

CONFIDENCE = {1: "Guessing", 2: "Fairly sure", 3: "Certain"}

NEXT_QUESTION_GUARD = 0.4
UNDO_GUARD = 0.4


def consent_screen(study: Study) -> None:
    """Ask for consent; agreeing enrols the rater and puts the personal link into the address."""
    design = store.design(state.database(), study.study_id)
    with st.container(width=720):
        st.header("Welcome")
        st.text(design.consent, width="stretch")
        st.subheader("What to do")
        st.text(design.instructions, width="stretch")
        st.write(f"Keys: {_key_help(design)}. You can stop at any time and come back by the same link.")
        if study.state != "live":
            st.warning("This study is not open now.")
            return
        st.button("I agree – start", type="primary", on_click=_enrol, args=(study.study_id,))


def comparison_screen(rater: Rater, task: store.Task) -> None:
    """Show one comparison and take the answer to its next criterion."""
    design = store.design(state.database(), rater.study_id)
    material = store.material(state.database(), task.comparison_id)
    criterion = next(c for c in design.criteria if c.key not in task.answers)
    question = _opaque(task.assignment_id, criterion.key, task.revisions[criterion.key])
    style.judge_style()
    with st.container(key="judge"):
        _top_line(design, task)
        outputs = zip("AB", (material.side(side, task.side_of_a) for side in SIDES), strict=True)
        components.panels(
            context=_context(design, material),
            outputs=[(letter, contents.blocks(output.content)) for letter, output in outputs],
        )
        with st.container(key="vote"):
            _vote(rater, task, design, criterion, question)


def end_screen(rater: Rater) -> None:
    """Thank the rater and give the completion code."""
    db = state.database()
    design = store.design(db, rater.study_id)
    progress = store.progress(db, rater)
    with st.container(width=720):
        st.header("Thank you!")
        if progress.done:
            st.write(
                f"You have judged {progress.done} {'pair' if progress.done == 1 else 'pairs'}. All is saved."
            )
            if design.completion_code:
                st.write("Your completion code:")
                st.code(design.completion_code, language=None)
        else:
            st.write("There is nothing left to judge in this study just now. Thank you for coming.")
        last = store.last_judgment(db, rater)
        if last is not None:
            st.button("Change my last answer", on_click=_reopen, args=(rater, last))


def no_link_screen() -> None:
    """Say that a link is needed."""
    st.header("A link is needed")
    st.write("Please open the link that you were given for the study, copied whole.")


def _vote(rater: Rater, task: store.Task, design: Design, criterion: Criterion, question: str) -> None:
    first = not task.answers
    guard = design.min_view_seconds if first else min(NEXT_QUESTION_GUARD, design.min_view_seconds)
    _question_line(design, criterion)
    if design.confidence:
        _confidence(question)
    shown = state.first_shown(question)
    names: dict[str, str] = {}
    with st.container(horizontal=True, key="choices", gap="small"):
        for number, option in enumerate(criterion.options()):
            name = f"answer_{question}_{number}"
            names |= dict.fromkeys(option.keys, name)
            st.button(
                _label(option.label, option.keys[0]),
                key=name,
                width="stretch",
                on_click=_answer,
                args=(rater, task, criterion.key, option, question, shown, guard),
            )
    names |= {"u": f"undo_{question}", "s": f"skip_{question}"}
    last = store.last_judgment(state.database(), rater)
    with st.container(horizontal=True, key="aside", gap="small", vertical_alignment="center"):
        _aside("Undo", names["u"], _undo, (rater, task, last, shown), disabled=last is None)
        _aside("Skip", names["s"], _skip, (rater, task, shown, guard))
        if design.rationale != "off":
            _rationale(question)
    guards = dict.fromkeys(names.values(), guard) | {names["u"]: UNDO_GUARD}
    components.keys(
        key="keys",
        data={
            "question": question,
            "comparison": _opaque(task.assignment_id),
            "keys": names,
            "guards": {name: round(1000 * seconds) for name, seconds in guards.items()},
        },
        on_early_change=lambda: _note_early_click(rater, task),
    )


def _aside(
    label: str, key: str, action: Callable[..., None], args: tuple[object, ...], *, disabled: bool = False
) -> None:
    st.button(
        _label(label, label[0]), key=key, type="tertiary", on_click=action, args=args, disabled=disabled
    )


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


def _rationale(question: str) -> None:
    st.text_input(
        "Why? (optional)",
        key=f"rationale_{question}",
        placeholder="Why? (optional, before you answer)",
        label_visibility="collapsed",
        max_chars=2000,
    )


def _top_line(design: Design, task: store.Task) -> None:
    done, total = task.progress.done, task.progress.total
    with st.container(horizontal=True, vertical_alignment="center", key="top"):
        st.markdown(f"**{done + 1} of {total}**", width="stretch")
        with st.popover("Instructions", type="tertiary", key="instructions_popover"):
            st.text(design.instructions, width="stretch")
            st.write(f"Keys: {_key_help(design)}")
    st.html(f'<div class="bp-progress"><div style="width:{100 * done / max(total, 1):.1f}%"></div></div>')


def _context(design: Design, material: store.Material) -> list[tuple[str, list[contents.Block]]]:
    parts = [(design.request_title, contents.blocks(material.item.content))]
    if material.profile is not None and design.disclosure != "hidden":
        parts.insert(0, (design.profile_title, contents.blocks(material.profile.content)))
    return parts


def _answer(
    rater: Rater,
    task: store.Task,
    criterion: str,
    option: Option,
    question: str,
    shown: datetime,
    guard: float,
) -> None:
    """Store an answer; runs before the page is drawn again, with the arguments of the page that was clicked."""
    if _too_early(rater, task, shown, guard):
        return
    state.tell_rater(
        store.record_judgment,
        state.database(),
        rater,
        task.assignment_id,
        criterion,
        task.revisions[criterion],
        option.code,
        confidence=st.session_state.get(f"confidence_{question}"),
        rationale=state.note(f"rationale_{question}"),
        shown_at=shown,
    )


def _skip(rater: Rater, task: store.Task, shown: datetime, guard: float) -> None:
    if not _too_early(rater, task, shown, guard):
        state.tell_rater(store.skip, state.database(), rater, task.assignment_id, task.revisions, shown)


def _undo(rater: Rater, task: store.Task, judgment_id: str, shown: datetime) -> None:
    if not _too_early(rater, task, shown, UNDO_GUARD):
        state.tell_rater(store.undo, state.database(), rater, judgment_id)


def _reopen(rater: Rater, judgment_id: str) -> None:
    state.tell_rater(store.undo, state.database(), rater, judgment_id)


def _too_early(rater: Rater, task: store.Task, shown: datetime, guard: float) -> bool:
    """Say whether a click came too soon after the question appeared to be meant for it; log it if so."""
    early = (utc_now() - shown).total_seconds() < guard
    if early:
        _note_early_click(rater, task)
    return early


def _enrol(study_id: str) -> None:
    rater = state.tell_rater(store.enrol, state.database(), study_id, device=state.device())
    if rater is not None:
        state.become(rater)


def _note_early_click(rater: Rater, task: store.Task) -> None:
    state.tell_rater(store.log_early_click, state.database(), rater, task.assignment_id)
    st.toast("That was too quick to be counted: please look at the pair first.")


def _label(text: str, key: str) -> str:
    return f"{text} :gray-badge[{key.upper()}]"


def _key_help(design: Design) -> str:
    options = {option.label: option for criterion in design.criteria for option in criterion.options()}
    parts = [
        f"{' or '.join(key.upper() for key in option.keys)}: {label}" for label, option in options.items()
    ]
    return " · ".join([*parts, "S: skip", "U: undo"])


def _opaque(*parts: object) -> str:
    """Return a widget key's digest: the same question has the same key, and nothing can be read from it."""
    return blake2b("|".join(map(str, parts)).encode(), digest_size=8).hexdigest()
