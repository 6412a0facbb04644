"""Background processes and threads of the web process."""
