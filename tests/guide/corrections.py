"""The page of the guide on corrected methods, from the list that `reproduce` reads."""

from itertools import groupby

from study.workflows.corrections import CORRECTIONS

HEAD = """# Corrected methods

A newer version may compute a figure in a better way. Below is every method whose figures differ from those of an older version.
`python -m study reproduce` knows this list: where a manifest of an older version gives other figures for one of these reasons, it says
so and ends with exit code 3.
"""


def corrections_page() -> str:
    """Return the page, the newest version first."""
    found = sorted(CORRECTIONS, key=lambda one: one.since, reverse=True)
    parts = [HEAD]
    for version, group in groupby(found, key=lambda one: one.since):
        parts.append(f"\n## Since {version}\n\n")
        parts += [f"- {_named(one.of)}: {one.sentence}\n" for one in group]
    return "".join(parts)


def _named(of: tuple[str, ...]) -> str:
    """Return the commands of a correction, and the tables that no command of the list stands for."""
    names = dict.fromkeys(name.rpartition(":")[2] for name in of)
    return ", ".join(f"`{name}`" for name in names)
