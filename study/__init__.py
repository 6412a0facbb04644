"""Blindpair: blind human studies of personalized outputs."""

__version__ = "0.1.0"
