"""The commands that test metrics against each other: two of them, or each against the best."""

from typing import Annotated

import typer

from study.cli.analyses import AdjustOption, adjustment_key, joined, print_analysis, study_judgments
from study.cli.correlation import Level, MetricArgument, MetricUnits, study_scores
from study.cli.selection import SUBSET, Selection, selecting
from study.cli.shared import progress_bar

OneLevelOption = Annotated[Level, typer.Option("--level", help="Where metric and people meet.")]
OneStatisticOption = Annotated[
    str | None,
    typer.Option("--statistic", help="A statistic of the level.", show_default="the first of the level"),
]
MetricUnitsOption = Annotated[
    MetricUnits | None,
    typer.Option(
        "--cluster",
        help="The units of tests: items, or profiles with their items.",
        show_default="profiles where items belong to 5 or more, else items",
    ),
]
ResamplesOption = Annotated[int, typer.Option("--resamples", min=1, help="Number of resamples.")]


@selecting("criterion", "format", *SUBSET, cluster=MetricUnitsOption)
def metric_differences(
    selection: Selection,
    first: MetricArgument,
    second: MetricArgument,
    level: OneLevelOption = Level.comparison,
    statistic: OneStatisticOption = None,
    resamples: ResamplesOption = 1000,
) -> None:
    """Test whether two metrics agree equally well with raters, by every test that applies.

    \b
    Example:
      python -m study analyze metric-differences --study mine rouge_l length --level by_item --statistic kendall_b
    """
    from study.analysis import metric_differences as differences
    from study.analysis.correlation import LEVELS

    judgments, criteria, seed = study_judgments(selection)
    scores, _ = study_scores(selection)
    tables = {}
    with progress_bar() as progress:
        for key in criteria:
            tables[key] = differences(
                judgments,
                scores,
                criterion=key,
                first=first,
                second=second,
                level=level.value,
                statistic=statistic or next(iter(LEVELS[level.value].statistics)),
                cluster=selection.cluster,
                subset=selection.subset,
                seed=seed,
                n_resamples=resamples,
                progress=progress,
            )
    print_analysis("metric-differences", joined(tables), selection.format)


@selecting("criterion", "format", *SUBSET, cluster=MetricUnitsOption)
def metric_tests(
    selection: Selection,
    test: Annotated[
        str, typer.Option("--test", help="clustered, sign_flips, or another of the level.")
    ] = "clustered",
    level: OneLevelOption = Level.comparison,
    statistic: OneStatisticOption = None,
    adjust: AdjustOption = "holm",
    resamples: ResamplesOption = 1000,
) -> None:
    """Test which metrics differ from the best one, with P adjusted for the number of tests.

    The best metric is chosen on the same data, which favours it.

    \b
    Example:
      python -m study analyze metric-tests --study demo --population simulated --test sign_flips
    """
    from study.analysis import metric_tests as tests
    from study.analysis.correlation import LEVELS

    adjustment = adjustment_key(adjust)
    judgments, criteria, seed = study_judgments(selection)
    scores, _ = study_scores(selection)
    tables = {}
    with progress_bar() as progress:
        for key in criteria:
            tables[key] = tests(
                judgments,
                scores,
                criterion=key,
                level=level.value,
                statistic=statistic or next(iter(LEVELS[level.value].statistics)),
                test=test,
                adjustment=adjustment,
                cluster=selection.cluster,
                subset=selection.subset,
                seed=seed,
                n_resamples=resamples,
                progress=progress,
            )
    print_analysis("metric-tests", joined(tables), selection.format)
