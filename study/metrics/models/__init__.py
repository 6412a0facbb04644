"""Metrics by neural models. Only this package loads torch; only the worker process and tests import it."""
