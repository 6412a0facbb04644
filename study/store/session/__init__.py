"""The actions of raters: enrol, hold places, answer, skip, undo, withdraw."""
