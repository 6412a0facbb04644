"""ANALYSES: the tables that a manifest can name, each under a key that survives moves of its function.

To add one, add a line here. Never change a key or give it to another function: manifests contain it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from study.analysis.agreement.groups import agreement_by_group
from study.analysis.agreement.overview import agreement_table
from study.analysis.agreement.rater_models import model_of_raters
from study.analysis.agreement.raters import rater_pairs, rater_table, repeats_table
from study.analysis.agreement.taste import taste_table
from study.analysis.correlation.association import association_table, simpson_table
from study.analysis.correlation.one_metric import (
    calibration_table,
    detection_table,
    prediction_table,
    tie_curve_table,
)
from study.analysis.correlation.overview import answer_correlation_table, correlation_table, metric_points
from study.analysis.correlation.significance import metric_differences, metric_tests
from study.analysis.judges.certainty import certainty_table
from study.analysis.judges.crowd import judge_points, judge_table
from study.analysis.judges.people import owner_table
from study.analysis.judges.variants import variant_table
from study.analysis.personalization.duels import loss_table, win_table
from study.analysis.ranking.groups import conditional_tables, group_table
from study.analysis.ranking.models import model_table
from study.analysis.ranking.orders import elo_order_table
from study.analysis.ranking.overview import ranking_table
from study.analysis.ranking.pairs import pair_table, win_matrix_table
from study.analysis.ranking.position import effect_table, position_table, rater_position_table
from study.analysis.ranking.sequence import sequence_table
from study.analysis.ratings.distributions import acceptable_table, distribution_table
from study.analysis.ratings.means import rating_differences, rating_table
from study.analysis.sentinels import beside_sentinels
from study.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Analysis:
    """A function of a study's tables.

    Attributes
    ----------
    function : callable
        ``function(*tables, subset=..., **options)``; returns a table, or several.
    reads : tuple of str
        The tables, by their names in ``store.BIG_READS``.
    """

    function: Callable[..., object]
    reads: tuple[str, ...]


ANALYSES: dict[str, Analysis] = {
    "agreement_by_group": Analysis(agreement_by_group, ("judgments",)),
    "model_of_raters": Analysis(model_of_raters, ("judgments",)),
    "agreement_table": Analysis(agreement_table, ("judgments",)),
    "rater_pairs": Analysis(rater_pairs, ("judgments",)),
    "rater_table": Analysis(rater_table, ("judgments",)),
    "repeats_table": Analysis(repeats_table, ("judgments",)),
    "taste_table": Analysis(taste_table, ("judgments",)),
    "association_table": Analysis(
        association_table,
        (
            "judgments",
            "scores",
        ),
    ),
    "simpson_table": Analysis(
        simpson_table,
        (
            "judgments",
            "scores",
        ),
    ),
    "judge_points": Analysis(
        judge_points,
        (
            "judgments",
            "verdicts",
        ),
    ),
    "judge_table": Analysis(
        judge_table,
        (
            "judgments",
            "verdicts",
        ),
    ),
    "calibration_table": Analysis(
        calibration_table,
        (
            "judgments",
            "scores",
        ),
    ),
    "detection_table": Analysis(
        detection_table,
        (
            "judgments",
            "scores",
        ),
    ),
    "prediction_table": Analysis(
        prediction_table,
        (
            "judgments",
            "scores",
        ),
    ),
    "tie_curve_table": Analysis(
        tie_curve_table,
        (
            "judgments",
            "scores",
        ),
    ),
    "correlation_table": Analysis(
        correlation_table,
        (
            "judgments",
            "scores",
            "about",
        ),
    ),
    "metric_points": Analysis(
        metric_points,
        (
            "judgments",
            "scores",
        ),
    ),
    "metric_differences": Analysis(
        metric_differences,
        (
            "judgments",
            "scores",
        ),
    ),
    "metric_tests": Analysis(
        metric_tests,
        (
            "judgments",
            "scores",
        ),
    ),
    "certainty_table": Analysis(
        certainty_table,
        (
            "judgments",
            "verdicts",
        ),
    ),
    "owner_table": Analysis(
        owner_table,
        (
            "judgments",
            "verdicts",
        ),
    ),
    "variant_table": Analysis(
        variant_table,
        (
            "judgments",
            "verdicts",
        ),
    ),
    "loss_table": Analysis(loss_table, ("judgments",)),
    "win_table": Analysis(win_table, ("judgments",)),
    "conditional_tables": Analysis(conditional_tables, ("judgments",)),
    "group_table": Analysis(group_table, ("judgments",)),
    "model_table": Analysis(model_table, ("judgments",)),
    "elo_order_table": Analysis(elo_order_table, ("judgments",)),
    "ranking_table": Analysis(ranking_table, ("judgments",)),
    "pair_table": Analysis(pair_table, ("judgments",)),
    "win_matrix_table": Analysis(win_matrix_table, ("judgments",)),
    "effect_table": Analysis(
        effect_table,
        (
            "judgments",
            "lengths",
        ),
    ),
    "position_table": Analysis(position_table, ("judgments",)),
    "rater_position_table": Analysis(rater_position_table, ("judgments",)),
    "sequence_table": Analysis(sequence_table, ("judgments",)),
    "rating_table": Analysis(rating_table, ("answers",)),
    "rating_differences": Analysis(rating_differences, ("answers",)),
    "distribution_table": Analysis(distribution_table, ("answers",)),
    "acceptable_table": Analysis(acceptable_table, ("answers",)),
    "answer_correlation_table": Analysis(answer_correlation_table, ("answers", "scores", "about")),
    "beside_sentinels": Analysis(
        beside_sentinels,
        (
            "judgments",
            "metric_scores",
            "texts",
        ),
    ),
}

# Before there were keys a manifest named the module and the function. Frozen: never change or add a line.
OLD_NAMES: dict[str, str] = {
    "study.analysis.agreement.groups:agreement_by_group": "agreement_by_group",
    "study.analysis.agreement.models:model_of_raters": "model_of_raters",
    "study.analysis.agreement.overview:agreement_table": "agreement_table",
    "study.analysis.agreement.raters:rater_pairs": "rater_pairs",
    "study.analysis.agreement.raters:rater_table": "rater_table",
    "study.analysis.agreement.raters:repeats_table": "repeats_table",
    "study.analysis.agreement.taste:taste_table": "taste_table",
    "study.analysis.correlation.association:association_table": "association_table",
    "study.analysis.correlation.association:simpson_table": "simpson_table",
    "study.analysis.correlation.judges:judge_points": "judge_points",
    "study.analysis.correlation.judges:judge_table": "judge_table",
    "study.analysis.correlation.one_metric:calibration_table": "calibration_table",
    "study.analysis.correlation.one_metric:detection_table": "detection_table",
    "study.analysis.correlation.one_metric:prediction_table": "prediction_table",
    "study.analysis.correlation.one_metric:tie_curve_table": "tie_curve_table",
    "study.analysis.correlation.overview:correlation_table": "correlation_table",
    "study.analysis.correlation.overview:metric_points": "metric_points",
    "study.analysis.correlation.significance:metric_differences": "metric_differences",
    "study.analysis.correlation.significance:metric_tests": "metric_tests",
    "study.analysis.judges.certainty:certainty_table": "certainty_table",
    "study.analysis.judges.people:owner_table": "owner_table",
    "study.analysis.judges.people:variant_table": "variant_table",
    "study.analysis.personalization.duels:loss_table": "loss_table",
    "study.analysis.personalization.duels:win_table": "win_table",
    "study.analysis.ranking.groups:conditional_tables": "conditional_tables",
    "study.analysis.ranking.groups:group_table": "group_table",
    "study.analysis.ranking.models:model_table": "model_table",
    "study.analysis.ranking.orders:elo_order_table": "elo_order_table",
    "study.analysis.ranking.overview:ranking_table": "ranking_table",
    "study.analysis.ranking.pairs:pair_table": "pair_table",
    "study.analysis.ranking.pairs:win_matrix_table": "win_matrix_table",
    "study.analysis.ranking.position:effect_table": "effect_table",
    "study.analysis.ranking.position:position_table": "position_table",
    "study.analysis.ranking.position:rater_position_table": "rater_position_table",
    "study.analysis.ranking.sequence:sequence_table": "sequence_table",
    "study.analysis.sentinels:beside_sentinels": "beside_sentinels",
}


def key_of(function: Callable[..., object]) -> str | None:
    """Return the key of an analysis; None if the function is not one of :data:`ANALYSES`."""
    return _KEYS.get(function)


def key_named(name: object) -> str:
    """Return the key that a manifest refers to, whether written by this version or an older one.

    >>> key_named("study.analysis.ranking.pairs:pair_table")
    'pair_table'

    Raises
    ------
    InvalidInput
        If there is no such analysis.
    """
    key = OLD_NAMES.get(str(name), str(name))
    if key not in ANALYSES:
        raise InvalidInput(f"recipe: {name!r:.200} is not an analysis that this program can compute again")
    return key


_KEYS = {one.function: key for key, one in ANALYSES.items()}
