"""Streamlit reads what every installed package says of itself at each start and for each page under test; here once per process."""

from functools import cache

from streamlit.components.v2 import manifest_scanner


def scan_once() -> None:
    """Have Streamlit look once for packages that bring components: none comes while the tests run."""
    manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)
