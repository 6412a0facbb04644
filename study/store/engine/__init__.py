"""One file, one writer: the database, its journal, its checkpoints and migrations."""
