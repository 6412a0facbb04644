"""Who is a researcher: the key, and the browsers that have shown it to this process."""

import hmac
import os
from secrets import token_urlsafe

KEY = os.environ.get("BLINDPAIR_RESEARCHER_KEY") or token_urlsafe(18)
DEVICE_COOKIE = "blindpair_device"

_researcher_devices: set[str] = set()


def is_key(candidate: str) -> bool:
    """Say whether this is the researcher key, in constant time."""
    return hmac.compare_digest(candidate.encode("utf-8", "replace"), KEY.encode())


def remember(device: str) -> None:
    """Let a browser be the researcher's until this process ends."""
    _researcher_devices.add(device)


def forget(device: str) -> None:
    """Sign a browser out."""
    _researcher_devices.discard(device)


def knows(device: str | None) -> bool:
    """Say whether a browser has shown the key."""
    return device in _researcher_devices
