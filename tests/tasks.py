"""A study whose raters meet pairs, single outputs and all outputs of an item, and answer every kind of question."""

from study import store
from study.protocol.design import Design, parse_design
from study.records import StudyRecords
from tests.conftest import small_study

SYSTEMS = ("alpha-net", "beta-net", "gamma-net")
QUESTIONS = [
    {"key": "fit", "question": "Which one fits better?"},
    {
        "key": "likert",
        "question": "How well does it fit?",
        "kind": "scale",
        "labels": ["No", "Hardly", "So so", "Well", "Yes"],
    },
    {"key": "fluency", "question": "How fluent is it?", "kind": "scale", "steps": 7, "about": "each_output"},
    {
        "key": "true",
        "question": "Is it true?",
        "kind": "choice",
        "options": {"yes": "Yes", "no": "No"},
        "about": "each_output",
    },
    {
        **{"key": "why", "question": "What is wrong?", "kind": "text", "min_chars": 3, "with_previous": True},
        "shown_if": {"question": "true", "answers": ["no"]},
    },
    {"key": "rank", "question": "Put them in order", "kind": "order"},
    {
        "key": "coins",
        "question": "Divide 10 coins",
        "kind": "points",
        "of": "outputs",
        "total": 10,
        "with_previous": True,
    },
]
TEMPLATES = [
    {"key": "side", "outputs": "pairs", "questions": ["fit"]},
    {"key": "one", "outputs": "each", "questions": ["likert"]},
    {
        "key": "all",
        "outputs": "all",
        "questions": ["fluency", "true", "why", "rank", "coins"],
        "share": 2,
        "overlap": 3,
    },
]


def design_of_all(**more: object) -> Design:
    """Return the design, with other fields if given."""
    return parse_design(
        {"questions": QUESTIONS, "templates": TEMPLATES, "min_view_seconds": 0, "overlap": 2} | more
    )


def study_of_all(n_items: int = 4, study_id: str = "kinds", **more: object) -> StudyRecords:
    """Return the records of the study; the store makes its tasks."""
    return small_study(study_id, n_items=n_items, systems=SYSTEMS, design=design_of_all(**more))


def save_study_of_all(db: store.Database, n_items: int = 4, **more: object) -> None:
    """Save the study."""
    store.save_records(db, study_of_all(n_items, **more))
