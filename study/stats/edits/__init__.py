"""Edited texts: how far an edit went, how long it took, and how a metric agrees with it."""
