"""The steps of the import page."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256

import streamlit as st

from study import store
from study.errors import InvalidInput
from study.formats import IMPORTERS, ImportOptions, id_from_name, new_study
from study.formats.problems import Unclear
from study.formats.readers.settings import read_design
from study.formats.readers.tabular import read_table
from study.formats.reading import Preview, taken, understand
from study.records import Study, StudyRecords
from study.ui import state
from study.wording import unique_labels

DETECT = "Detect automatically"
NEW = "A new study"
FORMAT_KEY = "import_format"
DRAFT, COLUMNS, PREVIEW = "import_draft", "import_columns", "preview"


@dataclass(frozen=True, slots=True)
class Choices:
    """The researcher's choices for an uploaded file."""

    source: bytes
    name: str
    format: str | None
    columns: dict[str, str]
    draft: Study | None
    known: StudyRecords | None
    options: ImportOptions


def choose_import(source: bytes, name: str) -> Choices:
    """Draw the choices for a file and return them."""
    db = state.database()
    stem = id_from_name(name)
    is_zip = name.lower().endswith(".zip")
    left, right = st.columns(2)
    formats = {DETECT: DETECT} | {
        key: importer.label for key, importer in IMPORTERS.items() if key != "bundle"
    }
    format = (
        None
        if is_zip
        else left.selectbox("File type", list(formats), key=FORMAT_KEY, format_func=formats.__getitem__)
    )
    titles = unique_labels({NEW: NEW} | {study.study_id: study.title for study in store.all_studies(db)})
    target = right.selectbox("Import into", list(titles), format_func=titles.__getitem__)
    known = store.study_records(db, target, answers=True) if target != NEW else None
    draft = None
    if known is None and not is_zip:
        title = left.text_input("Title", stem)
        study_id = right.text_input(
            "Study id", stem, help="Short name for links and files: letters, digits, - and _"
        )
        rules = st.file_uploader(
            "Questions and rules (YAML, optional; see data/README.md)", type=["yaml", "yml"]
        )
        design = read_design(rules.getvalue(), rules.name) if rules else None
        named = (title or stem, study_id or stem)
        # Made once, as its completion code is drawn at random.
        draft = state.once(
            DRAFT,
            (*named, design, sha256(source).hexdigest()),
            lambda: new_study(named[0], study_id=named[1], design=design),
        )
    kind = st.segmented_control("Show texts as", ["text", "markdown"], default="text") or "text"
    chosen = None if format in (None, DETECT) else format
    columns = {} if is_zip else _map_columns(source, name, chosen)
    pairs = None
    if known is None and chosen in (None, "outputs"):
        pairs = st.number_input(
            "Pairs to compare per item",
            1,
            None,
            None,
            placeholder="all",
            help="With many systems, choose fewer; they are drawn at random",
        )
    judge = None
    if chosen == "verdicts" and "judge" not in columns:
        judge = st.text_input("Judge", placeholder=stem, help="The judge's name, if no column contains it")
    match_ids = known is not None and st.checkbox(
        "Match ids that a spreadsheet changed",
        help="1 and 1.0 are read as 001 if no other id could be meant",
    )
    options = ImportOptions(kind, pairs, judge or None, match_ids=match_ids)
    return Choices(source, name, chosen, columns, draft, known, options)


def ask(unclear: Unclear) -> None:
    """Ask how to read an ambiguous file; the answer is the choice above."""
    st.warning(state.harmless(unclear.question))
    with st.container(horizontal=True):
        for format, meaning in unclear.answers.items():
            st.button(
                meaning[0].upper() + meaning[1:],
                key=f"import_means_{format}",
                on_click=st.session_state.__setitem__,
                args=(FORMAT_KEY, format),
            )


def look(choices: Choices) -> Preview:
    """Return a preview without writing anything. The same file with the same choices is read once."""
    target = choices.known.study if choices.known else choices.draft
    signature = (
        sha256(choices.source).hexdigest(),
        (choices.format, choices.columns, choices.options.content_kind),
        (choices.options.pairs_per_item, choices.options.judge, choices.options.match_ids),
        (choices.known is None, target.study_id if target else None, target.title if target else None),
        choices.draft.design_hash if choices.draft else None,
    )
    return state.once(
        PREVIEW,
        signature,
        lambda: understand(
            choices.source,
            name=choices.name,
            columns=choices.columns,
            format=choices.format,
            study=choices.draft,
            known=choices.known,
            options=choices.options,
        ),
    )


def show_preview(preview: Preview) -> None:
    """Draw the preview: counts, columns, notes and the first rows."""
    counts = " · ".join(preview.counted())
    st.markdown(f"Recognised: **{IMPORTERS[preview.format].label.lower()}**. {counts}")
    for note in preview.notes:
        st.warning(state.harmless(note))
    for table in preview.tables:
        st.caption(f"{table.file}: the first rows")
        st.dataframe(table.head, hide_index=True, width="stretch", placeholder="")
        renamed = [f"{field} ← {column}" for field, column in table.columns.items() if field != column]
        if renamed:
            st.caption("Columns: " + ", ".join(renamed))
        if table.ignored:
            st.caption("Not used: " + ", ".join(table.ignored))


def can_import(choices: Choices, preview: Preview) -> bool:
    """Return whether the file fits its target; if not, show why."""
    adds = IMPORTERS[preview.format].adds
    if adds and choices.known is None:
        st.info("These rows belong to an existing study: choose it above.")
    elif choices.known is not None and not adds:
        st.info("This file holds a whole study: choose “A new study” above.")
    return adds == (choices.known is not None)


def import_file(choices: Choices, preview: Preview, *, progress: Callable[[float, str], object]) -> str:
    """Import the file and return the id of its study; a new study stays a draft until it is launched."""
    records = taken(
        preview.file,
        columns=choices.columns,
        known=choices.known,
        options=choices.options,
        progress=lambda fraction, text: (progress(min(0.9 * fraction, 0.9), text), None)[1],
    )
    adds = IMPORTERS[preview.format].adds
    if not adds:
        records.study = replace(records.study, state="draft")
    progress(0.95, "writing")
    store.save_records(state.database(), records, new_study=not adds)
    let_go()
    return records.study.study_id


def let_go() -> None:
    """Forget the file that was looked at last."""
    for name in (DRAFT, COLUMNS, PREVIEW):
        state.forget(name)


def _map_columns(source: bytes, name: str, format: str | None) -> dict[str, str]:
    if format is None:
        with st.expander("Match your columns"):
            st.write("Choose the file type above first; then match your columns here.")
        return {}
    try:
        columns = state.once(COLUMNS, (sha256(source).hexdigest(), name), lambda: _columns_of(source, name))
    except InvalidInput:
        return {}
    mapping = {}
    with st.expander("Match your columns"):
        for place, (field, meaning) in enumerate(IMPORTERS[format].fields[format].items()):
            if place % 3 == 0:
                row = st.columns(3)
            label = f"{field} *" if meaning.required else field
            chosen = row[place % 3].selectbox(
                label,
                [None, *columns],
                key=f"map {format} {field}",
                help=meaning.help,
                format_func=lambda column: column or "(same name)",
            )
            if chosen:
                mapping[field] = chosen
    return mapping


def _columns_of(source: bytes, name: str) -> list[str]:
    return [str(column) for column in read_table(source, name).frame.columns]
