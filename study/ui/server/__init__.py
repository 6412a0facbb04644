"""The web process: start and stop, sign-in, health, limits, worker processes."""
