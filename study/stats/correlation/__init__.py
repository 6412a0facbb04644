"""Agreement of metrics with people: coefficients, ties, groups, tests of differences, ceilings."""
