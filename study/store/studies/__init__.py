"""The content of studies, and the tables that analyses read."""
