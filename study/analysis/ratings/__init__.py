"""The tables of ratings: means of systems, their differences, and how the ratings are distributed."""

from study.analysis.ratings.distributions import acceptable_table, distribution_table
from study.analysis.ratings.means import rating_differences, rating_table

__all__ = ["acceptable_table", "distribution_table", "rating_differences", "rating_table"]
