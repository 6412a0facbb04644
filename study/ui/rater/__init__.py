"""What raters see: arrival, consent, comparisons, questions, breaks, withdrawal."""
