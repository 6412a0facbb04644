"""The web process: start and stop, sign-in, health, limits, the worker that it asks."""
