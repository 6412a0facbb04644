"""The pages of raters: arrival, consent, comparisons, questions, breaks, withdrawal."""
