"""Metrics by neural models. This is the only package that loads torch; only the worker process and tests import it."""
