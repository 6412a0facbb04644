"""A mutation: one way to break the product, and the test that must see it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutation:
    """One way to break the product.

    Attributes
    ----------
    name : str
        What is wrong then.
    file : str
        The source, from the root of the project.
    old, new : str
        What is replaced, which stands in the source exactly once, and by what.
    caught_by : str
        The test that must fail, as pytest names it.
    """

    name: str
    file: str
    old: str
    new: str
    caught_by: str

    def applied_to(self, text: str) -> str:
        """Return the broken source.

        Raises
        ------
        ValueError
            If what is to be replaced does not stand there exactly once.
        """
        times = text.count(self.old)
        if times != 1 or self.old == self.new:
            raise ValueError(f"{self.name}: {self.old!r} stands {times} times in {self.file}, not once")
        return text.replace(self.old, self.new)
