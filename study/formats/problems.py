"""The problems of a file: collected while reading, reported in one message."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import NoReturn

from study.errors import InvalidInput
from study.wording import listed

__all__ = ["SHOWN", "Problems", "listed", "meant", "refuse", "shortened"]

SHOWN = 5


class Unclear(InvalidInput):
    """An ambiguous file: ``question``, and the possible formats with the meaning of each."""

    def __init__(self, question: str, answers: Mapping[str, str]) -> None:
        ways = " or ".join(f"--format {format} ({meaning})" for format, meaning in answers.items())
        super().__init__(f"{question} Say which: {ways}" if answers else question)
        self.question, self.answers = question, dict(answers)


@dataclass(slots=True)
class Problems:
    """The first few problems of a file, and their total; ``unit`` names what rows are counted in."""

    file: str
    unit: str = "line"
    sentences: list[str] = field(default_factory=list)
    count: int = 0

    def add(self, line: int | None, column: str | None, sentence: str) -> None:
        """Note one problem at a line (as counted in the file) and a column (as named in the file)."""
        self.count += 1
        if self.count <= SHOWN:
            where = [f"{self.unit} {line}"] if line is not None else []
            where += [f"column {column!r}"] if column is not None else []
            self.sentences.append(f"{', '.join(where)}: {sentence}" if where else sentence)

    def stop(self) -> None:
        """Raise InvalidInput with the problems, if there are any."""
        if self.count == 1:
            raise InvalidInput(f"{self.file}, {self.sentences[0]}")
        if self.count:
            lines = [f"{self.file} has {self.count} problems:", *(f"- {text}" for text in self.sentences)]
            rest = self.count - len(self.sentences)
            raise InvalidInput("\n".join([*lines, f"- and {rest} more"] if rest else lines))


def refuse(file: str, sentence: str, line: int | None = None, unit: str = "line") -> NoReturn:
    """Raise InvalidInput for a file that cannot be read further."""
    where = f", {unit} {line}" if line is not None else ""
    raise InvalidInput(f"{file}{where}: {sentence}")


def shortened(value: object, width: int = 60) -> str:
    """Return the quoted value, cut to a width that fits in a message.

    >>> shortened("a" * 100, 8)
    "'aaaaaaa..."
    """
    text = repr(value[: width + 1] if isinstance(value, str) else value)
    return text if len(text) <= width + 2 else text[:width] + "..."


def meant(name: str, names: list[str]) -> str:
    """Return a "did you mean" hint with the closest name, or an empty text.

    >>> meant("promt", ["prompt", "output"])
    " (did you mean 'prompt'?)"
    """
    close = get_close_matches(name, names, n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
