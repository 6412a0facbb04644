"""The Judges page."""
