"""Do raters agree: coefficients, by pair of raters, on repeats, within and between profiles."""
