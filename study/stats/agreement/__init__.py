"""Agreement of raters: coefficients, by pair of raters, on repeats, within and between profiles."""
