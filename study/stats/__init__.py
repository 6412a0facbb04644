"""Statistics on plain arrays: numpy and scipy only, no tables, no files, no global random state.

Every estimator here depends on the data through small additive cells. They are built once and resampled
(:mod:`study.stats.resampling`), so that the cost of an interval depends on the number of distinct cells.

::

    arrays  statistic  resampling     shared by all: checks, lines of tables, estimates with intervals
    agreement/                        do raters agree
    ranking/                          which system is preferred
    correlation/                      does a metric agree with people
    quality/                          how good is each rater
    planning/                         how many judgments a study needs
    effects  multiplicity             sizes of effects; many tests at once
"""
