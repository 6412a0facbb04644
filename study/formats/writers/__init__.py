"""Records and tables to files: one file per format."""
