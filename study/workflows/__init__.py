"""Workflows that pages and commands share: score, run judges, export, reproduce, simulate, open the demo."""
