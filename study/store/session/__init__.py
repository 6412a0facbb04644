"""What raters do: enrol, hold places, answer, skip, undo, withdraw."""
