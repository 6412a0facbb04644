"""Does a metric say what people say: coefficients, ties, groups, tests of differences, ceilings."""
