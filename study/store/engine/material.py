"""The material on a rater's screen."""

from dataclasses import dataclass

from study.records import Item, Output, Profile, Side


@dataclass(frozen=True, slots=True)
class Material:
    """The material on the screen for one comparison; immutable once imported."""

    item: Item
    profile: Profile | None
    output_a: Output
    output_b: Output

    def side(self, side: Side, side_of_a: Side) -> Output:
        """Return the output on a side."""
        return self.output_a if side == side_of_a else self.output_b
