"""The database for several replicas, on a PostgreSQL server."""
