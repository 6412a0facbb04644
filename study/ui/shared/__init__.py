"""Shared by several pages: estimates, charts, filters, cached results."""
