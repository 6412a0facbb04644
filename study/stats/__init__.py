"""Statistics on plain arrays: numpy and scipy only, no tables, no files, no global random state.

Every estimator here depends on the data through small additive cells. They are built once and resampled
(:mod:`study.stats.resampling`), so that the cost of an interval depends on the number of distinct cells.

::

    agreement/            do raters agree
    ranking/              which system is preferred
    correlation/          does a metric agree with people
    personalization/      how well systems adapt to the reader
    quality/              how good is each rater
    planning/             how many judgments a study needs

    arrays  statistic     checks of input; entries of the tables of statistics
    units  claims         what an estimate generalises to; means, shares and contrasts with a test over the same units
    resampling  many  grouped_jackknife
                          intervals of one statistic, of many at once, and of many groups
    multiway              variances over one, two or three kinds of units
    score_tests  shares   tests and intervals of shares, and of the change of a share
    effects  group_differences
                          effect sizes, and how a group differs from all others
    multiplicity          P adjusted for many tests
    ridge                 predictions of held-out folds
    threads               small matrix operations on one thread
"""
