"""Statistics on plain arrays: numpy and scipy only, no tables, no files, no global random state.

Edit distances of texts come from rapidfuzz and sacrebleu.

Every estimator here depends on the data through small additive cells. They are built once and resampled
(:mod:`study.stats.resampling`), so that the cost of an interval depends on the number of distinct cells.

::

    agreement/            do raters agree
    ranking/              which system is preferred
    orders/               rankings of several outputs: strengths, agreement, derived pairs
    marks/                marks in texts, sets of options, points by aspect
    edits/                edited texts: distances and times
    correlation/          does a metric agree with people
    personalization/      how well systems adapt to the reader
    quality/              how good is each rater
    planning/             how many judgments a study needs
    ratings/              how systems are rated on a scale
    choices/              which options are chosen, and which answers are right

    arrays  statistic     checks of input; entries of the tables of statistics
    units  claims         what an estimate generalises to; means, shares and contrasts with a test over the same units
    resampling  many  grouped_jackknife
                          intervals of one statistic, of many at once, and of many groups
    multiway  unit_products
                          variances over one, two or three kinds of units, also of many contrasts of a few columns
    score_tests  shares   tests and intervals of shares, and of the change of a share
    effects  effect_intervals  group_differences
                          effect sizes with intervals, and how a group differs from all others
    equivalence           whether a difference is within a margin
    multiplicity          P adjusted for many tests
    ridge                 predictions of held-out folds
    threads               small matrix operations on one thread
"""
