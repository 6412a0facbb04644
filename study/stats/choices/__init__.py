"""Statistics of choices and of yes or no: shares, odds, tests with clusters, accuracy, disparity between groups."""
