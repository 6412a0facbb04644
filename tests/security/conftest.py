"""What every attack got is written down as it happens, for the table of `python -m tests.security`."""

from collections.abc import Iterator

import pytest

from tests.security import observed
from tests.streamlit_scan import scan_once

scan_once()


@pytest.fixture(autouse=True)
def observations(request: pytest.FixtureRequest) -> Iterator[None]:
    """Hand what was seen in a test to its report."""
    observed.SEEN.clear()
    with observed.refusals():
        yield
    request.node.user_properties.append(("got", list(dict.fromkeys(observed.SEEN))))
