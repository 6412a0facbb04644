"""What studies hold, and how analyses read it."""
