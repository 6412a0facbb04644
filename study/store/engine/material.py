"""The material on a rater's screen."""

from dataclasses import dataclass

from study.blinding import shown_in
from study.records import Item, Output, Profile


@dataclass(frozen=True, slots=True)
class Material:
    """The material on the screen for one task, outputs by slot; immutable once imported."""

    item: Item
    profile: Profile | None
    outputs: tuple[Output, ...]

    def shown(self, arrangement: str) -> list[Output]:
        """Return the outputs in the order of the screen."""
        return shown_in(arrangement, self.outputs)
