"""Processes and threads beside the web process."""
