"""Copies of the database: backups, archives, and erasure in all of them."""
