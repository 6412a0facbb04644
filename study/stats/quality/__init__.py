"""Models of raters: the quality of each rater, and the true answers behind their labels."""
