"""Placeholder."""

from study.ui import state

state.require_researcher()
