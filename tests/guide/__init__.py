"""Writes the parts of study/guide/ that follow from the program."""
