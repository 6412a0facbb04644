"""Marks in texts, sets of options and points by aspect: overlap, agreement beyond chance, mean scores."""
