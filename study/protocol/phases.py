"""The phases of a rater's session, from consent to the end, and which one comes next."""

from collections.abc import Iterable, Mapping
from typing import Literal

from study.errors import InvalidInput
from study.protocol.design import Design, FormQuestion
from study.records import JsonObject, Step
from study.tables import lookup

Phase = Literal[
    "consent",
    "screening",
    "demographics",
    "elicitation",
    "instructions",
    "practice",
    "main",
    "closing",
    "finish",
]
FORMS: tuple[Phase, ...] = ("screening", "demographics", "closing")
WITHHELD = "Prefer not to say"


def next_phase(
    design: Design, steps: Iterable[Step], *, invited: bool, has_practice: bool, main_done: bool
) -> Phase:
    """Return the first unfinished phase of the design.

    Raters with a personal link (``invited``) have not given consent yet; others did when they enrolled. Instructions are
    a separate phase if another phase comes between consent and comparisons, or if they differ between arms.
    """
    done = {step.phase for step in steps if step.outcome != "failed"}
    wanted: dict[Phase, bool] = {
        "consent": invited,
        "screening": bool(design.screening),
        "demographics": bool(design.demographics),
        "elicitation": design.elicitation is not None,
        "instructions": has_instructions_phase(design, has_practice),
        "practice": has_practice,
        "main": False,
        "closing": bool(design.closing),
    }
    for phase, asked in wanted.items():
        if phase == "main" and not main_done:
            return "main"
        if asked and phase not in done:
            return phase
    return "finish"


def has_instructions_phase(design: Design, has_practice: bool) -> bool:
    """Return whether the instructions are on a separate page instead of below the consent."""
    by_arm = any(level.instructions is not None for factor in design.factors for level in factor.levels)
    before = design.screening or design.demographics or design.elicitation or has_practice
    return bool(before or by_arm)


def checked_answers(design: Design, form: str, given: Mapping[str, object]) -> JsonObject:
    """Return the answers to a form, cleaned; None if withheld or left empty.

    Raises
    ------
    InvalidInput
        If a required answer is missing, or an answer is not an option of its question.
    """
    questions = {question.key: question for question in design.form(form)}
    for key in given:
        lookup(questions, key, "question")
    return {
        key: _checked(question, given.get(key), required=question.required and form != "demographics")
        for key, question in questions.items()
    }


def is_eligible(design: Design, answers: Mapping[str, object]) -> bool:
    """Return whether these screening answers let a rater continue."""
    return all(question.accepts(answers.get(question.key)) for question in design.screening)


def _checked(question: FormQuestion, answer: object, *, required: bool) -> object:
    if isinstance(answer, str):
        answer = answer.strip()[:2000]
    if isinstance(answer, float) and answer.is_integer():
        answer = int(answer)
    if answer in (None, "", WITHHELD, []):
        if required:
            raise InvalidInput(f"Please answer: {question.question}")
        return None
    for one in answer if isinstance(answer, list) else [answer]:
        if question.options and one not in question.options:
            raise InvalidInput(
                f"answer {one!r} to {question.key!r}; allowed: {', '.join(map(repr, question.options))}"
            )
    return answer
