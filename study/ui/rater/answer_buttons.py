"""The buttons under the outputs: how they are described to the browser, and what a press does.

The browser draws the buttons, listens to their keys, and sends a press with its data in one message. None of this is
trusted: a press counts only for the question drawn last, and for a button that it has.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from study.protocol.response_evidence import Evidence, evidence_of
from study.records import JsonObject
from study.ui import state
from study.ui.rater import components
from study.ui.rater.question import ShownQuestion, opaque

CONFIDENCE = {1: "Guessing", 2: "Fairly sure", 3: "Certain"}
MOST_WORDS = 2000
MOST_ANSWERS = 256_000  # characters of a form as JSON


@dataclass(frozen=True, slots=True)
class PressData:
    """The data of a press: the rater's confidence and their words, each only if it was asked for; what a form holds.

    ``answers`` has, per question of the form, a value for each row; none of it is checked yet.
    """

    evidence: Evidence | None = None
    confidence: int | None = None
    words: str | None = None
    answers: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Button:
    """A button, its keys, and the seconds before it may be pressed."""

    name: str
    label: str
    keys: tuple[str, ...]
    guard: float
    press: Callable[[PressData], None]
    is_open: bool = True


@dataclass(frozen=True, slots=True)
class Box:
    """A text field; ``leads`` puts it before the buttons next to it."""

    label: str
    placeholder: str
    leads: bool = False


@dataclass(frozen=True, slots=True)
class AnswerButtons:
    """A question with its answers, and the buttons beside them.

    ``view`` is an opaque digest of the drawing: guards begin when it changes.
    """

    view: str
    title: str
    answers: tuple[Button, ...]
    aside: tuple[Button, ...]
    count: str = ""
    help: str = ""
    confidence: bool = False
    box: Box | None = None
    form: tuple[JsonObject, ...] = ()
    steps: int = 0

    def drawn(self, asked: ShownQuestion) -> JsonObject:
        """Return the data that the browser draws, for JSON."""
        return {
            "view": self.view,
            "measured": asked.question,
            "comparison": opaque(asked.task.assignment_id),
            "title": self.title,
            "count": self.count,
            "help": self.help,
            "answers": [_drawn(button) for button in self.answers],
            "aside": [_drawn(button) for button in self.aside],
            "confidence": list(CONFIDENCE.items()) if self.confidence else [],
            "form": list(self.form) or None,
            "steps": self.steps,
            "box": [self.box.label, self.box.placeholder, MOST_WORDS, self.box.leads] if self.box else None,
        }

    def take(self, asked: ShownQuestion) -> None:
        """Run the action of the button that was pressed."""
        sent = state.sent_by(components.PAGE, "press")
        if not isinstance(sent, Mapping) or sent.get("view") != self.view:
            return
        for button in (*self.answers, *self.aside):
            if button.name == sent.get("button") and button.is_open:
                state.note_press(asked.question)
                button.press(self._given(sent, asked))

    def _given(self, sent: Mapping[str, object], asked: ShownQuestion) -> PressData:
        confidence, words = sent.get("confidence"), sent.get("words")
        return PressData(
            evidence_of(sent.get("evidence"), asked.question),
            confidence if self.confidence and type(confidence) is int and confidence in CONFIDENCE else None,
            words.strip()[:MOST_WORDS] or None if self.box and isinstance(words, str) else None,
            self._answers(sent.get("answers")),
        )

    def _answers(self, sent: object) -> Mapping[str, object]:
        """Return the answers of the form, if they are as long as answers can be."""
        known = isinstance(sent, Mapping) and {str(one["name"]) for one in self.form} >= set(sent)
        return sent if known and len(json.dumps(sent)) <= MOST_ANSWERS else {}  # type: ignore[return-value]


def _drawn(button: Button) -> JsonObject:
    return {
        "name": button.name,
        "label": button.label,
        "keys": button.keys,
        "guard": round(1000 * button.guard),
        "open": button.is_open,
    }
