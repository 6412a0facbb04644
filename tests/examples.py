"""How many examples a property is tried on: at most twenty in the suite, as many as it names under the profile ``full``.

``HYPOTHESIS_PROFILE=full python -m pytest`` tries them all, and a hundred where a property names no number.
"""

import os

from hypothesis import settings

PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "suite")
IN_THE_SUITE = 20


def load_profile() -> None:
    """Make the two profiles known and load the one that is asked for.

    How long an example takes says nothing on this code, but on the machine: there is no deadline.
    """
    settings.register_profile("suite", deadline=None, max_examples=IN_THE_SUITE)
    settings.register_profile("full", deadline=None, max_examples=100)
    settings.load_profile(PROFILE)


def examples(number: int) -> settings:
    """Return the settings of a property that is worth so many examples."""
    return settings(deadline=None, max_examples=number if PROFILE == "full" else min(number, IN_THE_SUITE))


def studies(number: int) -> int:
    """Return how many studies a simulation draws that is worth so many: a third of them in the suite."""
    return number if PROFILE == "full" else number // 3


def rounds(number: int) -> int:
    """Return how often something is killed, damaged or tried in any order: a third of the times in the suite.

    ``python -m tests.benchmarks faults`` and ``fuzz`` do so hundreds of times, by the same code.
    """
    return number if PROFILE == "full" else -(-number // 3)
