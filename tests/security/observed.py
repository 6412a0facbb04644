"""What an attack got: answers of the server, pages that came, sentences of the store, and what a test itself looked at."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from study.errors import StudyError

SEEN: list[str] = []
WIDTH = 90


def got(text: object) -> None:
    """Write down what an attack got, in a few words."""
    words = " ".join(str(text).split())
    SEEN.append(words if len(words) <= WIDTH else words[: WIDTH - 1] + "…")


def got_page(messages: Iterable[ForwardMsg]) -> None:
    """Write down which page came: its first words."""
    for message in messages:
        element: Any = message.delta.new_element
        if not message.HasField("delta"):
            continue
        for kind in ("heading", "alert", "markdown", "text"):
            if element.HasField(kind) and (words := getattr(element, kind).body.strip()) and words[0] != "<":
                got(f"page: {words}")
                return


@contextmanager
def refusals() -> Iterator[None]:
    """Write down every sentence by which the program refuses something."""
    plain = StudyError.__init__

    def init(self: StudyError, *arguments: object) -> None:
        plain(self, *arguments)
        got(f"refused: {arguments[0] if arguments else type(self).__name__}")

    StudyError.__init__ = init  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        del StudyError.__init__
