"""Blindpair: blind human studies of personalized outputs."""

__version__ = "0.2.0"
