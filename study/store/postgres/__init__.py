"""The same database for many replicas, on a PostgreSQL server."""
