"""One comparison at a time on the rater's screen."""

from collections.abc import Callable
from datetime import datetime
from hashlib import blake2b

import streamlit as st

from study import store
from study.design import Criterion, Design
from study.records import SIDES, Rater, utc_now
from study.responses import Option
from study.ui import components, contents, state, style

CONFIDENCE = {1: "Guessing", 2: "Fairly sure", 3: "Certain"}

WARNING = (
    "A check was not answered as asked. Please read each pair with care; after more of this the study ends."
)

NEXT_QUESTION_GUARD = 0.4
UNDO_GUARD = 0.4


def comparison_screen(rater: Rater, task: store.Task, heading: str | None = None) -> None:
    """Show one comparison and take the answer to its next criterion; ``heading`` stands in for the progress."""
    design = store.design(state.database(), rater.study_id)
    material = store.shown_material(state.database(), rater, task)
    criterion = next(c for c in design.criteria if c.key not in task.answers)
    question = _opaque(task.assignment_id, criterion.key, task.revisions[criterion.key])
    style.judge_style()
    with st.container(key="judge"):
        _top_line(rater, design, task, heading)
        if task.warned:
            st.warning(WARNING)
        outputs = zip("AB", (material.side(side, task.side_of_a) for side in SIDES), strict=True)
        components.panels(
            context=_context(design, criterion, material),
            outputs=[(letter, contents.blocks(output.content)) for letter, output in outputs],
        )
        with st.container(key="vote"):
            _vote(rater, task, design, criterion, question)


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
            _rationale(question, design.rationale == "required")
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


def _rationale(question: str, required: bool) -> None:
    word = "needed" if required else "optional"
    st.text_input(
        f"Why? ({word})",
        key=f"rationale_{question}",
        placeholder=f"Why? ({word}, before you answer)",
        label_visibility="collapsed",
        max_chars=2000,
    )


def _top_line(rater: Rater, design: Design, task: store.Task, heading: str | None) -> None:
    done, total = task.progress.done, task.progress.total
    # A check comes after the last comparison too; the bar stays full then.
    with st.container(horizontal=True, vertical_alignment="center", key="top"):
        st.markdown(f"**{heading or f'{min(done + 1, total)} of {total}'}**", width="stretch")
        with st.popover("Instructions", type="tertiary", key="instructions_popover"):
            st.text(design.instructions_under(rater.arm), width="stretch")
            st.write(f"Keys: {key_help(design)}")
            st.button(
                "Withdraw and erase my answers",
                type="tertiary",
                key="withdraw",
                on_click=state.think_of_leaving,
                args=(True,),
            )
    if heading is None:
        st.html(f'<div class="bp-progress"><div style="width:{100 * done / max(total, 1):.1f}%"></div></div>')


def _context(
    design: Design, criterion: Criterion, material: store.Material
) -> list[tuple[str, list[contents.Block]]]:
    parts = []
    if material.profile is not None and "profile" in criterion.sees:
        parts.append((design.profile_title, contents.blocks(material.profile.content)))
    if "request" in criterion.sees:
        parts.append((design.request_title, contents.blocks(material.item.content)))
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
    rationale = state.note(f"rationale_{question}")
    design = store.design(state.database(), rater.study_id)
    if design.rationale == "required" and len(rationale or "") < design.rationale_min_chars:
        st.toast(f"Please say why first, in {design.rationale_min_chars} characters or more.")
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
        rationale=rationale,
        shown_at=shown,
    )


def _skip(rater: Rater, task: store.Task, shown: datetime, guard: float) -> None:
    if not _too_early(rater, task, shown, guard):
        state.tell_rater(store.skip, state.database(), rater, task.assignment_id, task.revisions, shown)


def _undo(rater: Rater, task: store.Task, judgment_id: str, shown: datetime) -> None:
    if not _too_early(rater, task, shown, UNDO_GUARD):
        state.tell_rater(store.undo, state.database(), rater, judgment_id)


def reopen(rater: Rater, judgment_id: str) -> None:
    """Take the last answer back."""
    state.tell_rater(store.undo, state.database(), rater, judgment_id)


def _too_early(rater: Rater, task: store.Task, shown: datetime, guard: float) -> bool:
    """Say whether a click came too soon after the question appeared to be meant for it; log it if so."""
    early = (utc_now() - shown).total_seconds() < guard
    if early:
        _note_early_click(rater, task)
    return early


def _note_early_click(rater: Rater, task: store.Task) -> None:
    state.tell_rater(store.log_early_click, state.database(), rater, task.assignment_id)
    st.toast("That was too quick to be counted: please look at the pair first.")


def _label(text: str, key: str) -> str:
    return f"{text} :gray-badge[{key.upper()}]"


def key_help(design: Design) -> str:
    """Return which key gives which answer."""
    options = {option.label: option for criterion in design.criteria for option in criterion.options()}
    parts = [
        f"{' or '.join(key.upper() for key in option.keys)}: {label}" for label, option in options.items()
    ]
    return " · ".join([*parts, "S: skip", "U: undo"])


def _opaque(*parts: object) -> str:
    """Return a widget key's digest: the same question has the same key, and nothing can be read from it."""
    return blake2b("|".join(map(str, parts)).encode(), digest_size=8).hexdigest()
