"""The command on one metric: prediction, ties, detection of good outputs, and the effects of length and noise."""

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any

import pandas as pd
import typer

from study.cli.analyses import joined, print_analysis, study_judgments
from study.cli.correlation import MetricArgument, MetricUnits, study_scores
from study.cli.selection import SUBSET, Selection, selecting
from study.errors import InvalidInput


class MetricSubject(StrEnum):
    """The part of the report on a metric."""

    prediction = "prediction"
    calibration = "calibration"
    ties = "ties"
    detection = "detection"
    association = "association"
    within_between = "within-between"
    systems = "systems"


OneMetricUnitsOption = Annotated[
    MetricUnits | None,
    typer.Option(
        "--cluster",
        help="The units of intervals: items, or profiles with their items; for prediction, calibration, detection and association.",
        show_default="profiles where items belong to 5 or more, else items",
    ),
]
# What has no interval, or has its own units.
WITHOUT_UNITS = (MetricSubject.ties, MetricSubject.within_between, MetricSubject.systems)
WITHOUT_SEED = (MetricSubject.within_between, MetricSubject.systems)


@selecting("criterion", "format", *SUBSET, cluster=OneMetricUnitsOption)
def metric(
    selection: Selection,
    metric: MetricArgument,
    look: Annotated[
        MetricSubject,
        typer.Option(
            "--look",
            help="Whether the difference predicts the choice, and predicted against observed shares; accuracy by tie "
            "threshold; whether it finds good outputs; what length and noise explain; within and between items and "
            "systems; mean and win rate of each system.",
        ),
    ] = MetricSubject.prediction,
    held: Annotated[
        str | None,
        typer.Option("--held", help="A metric to hold constant, for association.", show_default="none"),
    ] = None,
) -> None:
    """Print how well one metric predicts the judgments: accuracy, log-loss, ties, good outputs, length and noise.

    Missing scores of built-in metrics are computed first.

    \b
    Examples:
      python -m study analyze metric rouge_l --study demo --population simulated
      python -m study analyze metric rouge_l --study demo --population simulated --look association --held length
    """
    if held is not None and look is not MetricSubject.association:
        raise InvalidInput(f"--held goes with --look association, not with {look.value}")
    if selection.cluster is not None and look in WITHOUT_UNITS:
        raise InvalidInput(f"--cluster does not go with --look {look.value}")
    judgments, criteria, seed = study_judgments(selection)
    scores, _ = study_scores(selection)
    options: dict[str, Any] = {"metric": metric, "subset": selection.subset}
    if look not in WITHOUT_UNITS:
        options["cluster"] = selection.cluster
    if look not in WITHOUT_SEED:
        options["seed"] = seed
    if look is MetricSubject.association:
        options["held"] = held
    table = _tables()[look]
    found = {key: table(judgments, scores, criterion=key, **options) for key in criteria}
    print_analysis(f"metric-{look.value}", joined(found), selection.format)


def _tables() -> dict[MetricSubject, Callable[..., pd.DataFrame]]:
    from study import analysis

    return {
        MetricSubject.prediction: analysis.prediction_table,
        MetricSubject.calibration: analysis.calibration_table,
        MetricSubject.ties: analysis.tie_curve_table,
        MetricSubject.detection: analysis.detection_table,
        MetricSubject.association: analysis.association_table,
        MetricSubject.within_between: analysis.simpson_table,
        MetricSubject.systems: analysis.metric_points,
    }
