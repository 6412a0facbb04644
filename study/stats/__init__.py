"""Statistics on plain arrays: numpy and scipy only, no tables, no files, no global random state.

Every estimator here depends on the data through small additive cells. They are built once and resampled
(:mod:`study.stats.resampling`), so that an interval costs as much as there are distinct cells.
"""
