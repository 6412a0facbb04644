"""Statistics of ratings: means and differences of systems, distributions, ordinal models, equivalence, effect sizes."""
