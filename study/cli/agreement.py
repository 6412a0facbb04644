"""The commands on raters: agreement overall, by group and by rater; consistency on repeats; taste and noise."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from study.cli.analyses import CriterionOption, chosen_subset, joined, print_analysis, study_judgments
from study.cli.shared import (
    DatabaseOption,
    ExcludedOption,
    FormatOption,
    Population,
    PopulationOption,
    ProfileOption,
    RoleOption,
    StudyOption,
    TableFormat,
    TagOption,
    WithdrawnOption,
    note,
)
from study.store import DEFAULT_PATH


class Coding(StrEnum):
    """How "both bad" counts on a scale without order."""

    separate = "separate"
    merged = "merged"


class Scale(StrEnum):
    """The ordered scale that coefficients use."""

    ordinal = "ordinal"
    strength = "strength"


class Grouping(StrEnum):
    """The grouping of comparisons."""

    tag = "tag"
    profile = "profile"
    role = "role"
    systems = "systems"


class Look(StrEnum):
    """The part of the report on raters."""

    raters = "raters"
    repeats = "repeats"
    taste = "taste"


ClusterOption = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        help="What intervals are over: comparison, item, source or profile; raters are always these raters.",
        show_default="by the design",
    ),
]
RaterClusterOption = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        help="What intervals are over: comparison, item, source or profile; numbers hold for each rater, or for these raters.",
        show_default="by the design",
    ),
]
CodingOption = Annotated[Coding, typer.Option("--coding", help="Whether both bad is a category or a tie.")]


def agreement(
    study: StudyOption,
    criterion: CriterionOption = None,
    coefficient: Annotated[
        list[str] | None,
        typer.Option(
            "--coefficient", help="A coefficient's key; may be repeated.", show_default="the usual five"
        ),
    ] = None,
    coding: CodingOption = Coding.separate,
    scale: Annotated[
        Scale, typer.Option("--scale", help="Ordered scales: which output is better, or how much better.")
    ] = Scale.ordinal,
    by: Annotated[
        Grouping | None,
        typer.Option("--by", help="The first coefficient by group.", show_default="no groups"),
    ] = None,
    cluster: ClusterOption = None,
    method: Annotated[
        str, typer.Option("--method", help="jackknife, bootstrap or linearised.")
    ] = "jackknife",
    population: PopulationOption = Population.human,
    profile: ProfileOption = None,
    role: RoleOption = None,
    tag: TagOption = None,
    excluded: ExcludedOption = False,
    withdrawn: WithdrawnOption = False,
    format: FormatOption = TableFormat.table,
    db: DatabaseOption = DEFAULT_PATH,
) -> None:
    """Print how well raters agree, with intervals: percent agreement and Krippendorff's alpha, or the coefficients you name.

    Value is agreement beyond coin-flips, beyond_rates agreement beyond how often each system wins: only the latter shows that raters
    see more than which system is the better one.

    \b
    Example:
      python -m study analyze agreement --study demo --population simulated --format json
      python -m study analyze agreement --study demo --population simulated --coefficient gwet_ac1 --by tag
    """
    from study.analysis import AGREEMENT_STATISTICS, agreement_by_group, agreement_table, more_than_rates

    subset = chosen_subset(population, profile, role, tag, excluded, withdrawn)
    judgments, criteria, subset, seed = study_judgments(db, study, criterion, subset)
    options: dict[str, Any] = {"coding": coding.value, "scale": scale.value, "method": method, "seed": seed}
    options |= {"subset": subset, "cluster": cluster}
    if by is None:
        usual = list(AGREEMENT_STATISTICS)
        table = agreement_table(judgments, criteria=criteria, coefficients=coefficient or usual, **options)
        print_analysis("agreement", table, format)
        if format is TableFormat.table:
            for key in criteria:
                if said := more_than_rates(table, key):
                    note(f"{key}: {said}")
        return
    tables = {
        key: agreement_by_group(
            judgments,
            criterion=key,
            by=by.value,
            coefficient=coefficient[0] if coefficient else "krippendorff_alpha_nominal",
            **options,
        )
        for key in criteria
    }
    print_analysis("groups", joined(tables), format)


def raters(
    study: StudyOption,
    criterion: CriterionOption = None,
    look: Annotated[
        Look, typer.Option("--look", help="Each rater; first against repeated answers; taste and noise.")
    ] = Look.raters,
    coding: CodingOption = Coding.separate,
    cluster: RaterClusterOption = None,
    population: PopulationOption = Population.human,
    profile: ProfileOption = None,
    role: RoleOption = None,
    tag: TagOption = None,
    excluded: ExcludedOption = False,
    withdrawn: WithdrawnOption = False,
    format: FormatOption = TableFormat.table,
    db: DatabaseOption = DEFAULT_PATH,
) -> None:
    """Print a report on each rater, how consistent raters are with themselves, or how far taste explains disagreement.

    \b
    Example:
      python -m study analyze raters --study demo --population simulated --look taste
      python -m study analyze raters --study demo --population simulated --cluster item
    """
    from study.analysis import rater_table, repeats_table, taste_table

    subset = chosen_subset(population, profile, role, tag, excluded, withdrawn)
    judgments, criteria, subset, _ = study_judgments(db, study, criterion, subset)
    tables = {}
    for key in criteria:
        if look is Look.taste:
            tables[key] = taste_table(judgments, criterion=key, subset=subset, cluster=cluster)
        else:
            analysis = rater_table if look is Look.raters else repeats_table
            tables[key] = analysis(
                judgments, criterion=key, subset=subset, coding=coding.value, cluster=cluster
            )
    print_analysis(look.value, joined(tables), format)
