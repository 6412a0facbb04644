"""How good is each rater, and what is the answer behind the answers: models of raters."""
