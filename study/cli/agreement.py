"""The commands on raters: agreement overall, by group and by rater; consistency on repeats; taste and noise."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from study.cli.analyses import joined, print_analysis, study_judgments
from study.cli.selection import SUBSET, Selection, selecting
from study.cli.shared import note


class Coding(StrEnum):
    """What "both bad" counts as on a scale without order."""

    separate = "separate"
    merged = "merged"


class Scale(StrEnum):
    """What coefficients of an ordered scale are of."""

    ordinal = "ordinal"
    strength = "strength"


class Grouping(StrEnum):
    """What agreement is told apart by."""

    tag = "tag"
    profile = "profile"
    role = "role"
    systems = "systems"


class Look(StrEnum):
    """What is said of raters."""

    raters = "raters"
    repeats = "repeats"
    taste = "taste"


AgreementUnitsOption = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        help="What intervals are over: comparison, item, source or profile; raters are always these raters.",
        show_default="by the design",
    ),
]
RaterUnitsOption = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        help="What intervals are over: comparison, item, source or profile; numbers hold for each rater, or for these raters.",
        show_default="by the design",
    ),
]
CodingOption = Annotated[Coding, typer.Option("--coding", help="Whether both bad is a category or a tie.")]


@selecting("criterion", "format", *SUBSET, cluster=AgreementUnitsOption)
def agreement(
    selection: Selection,
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
    method: Annotated[
        str, typer.Option("--method", help="jackknife, bootstrap or linearised.")
    ] = "jackknife",
) -> None:
    """Print how well raters agree, with intervals: percent agreement and Krippendorff's alpha, or what is asked for.

    Value is agreement beyond coin-flips, beyond_rates agreement beyond how often each system wins: only that shows that raters
    see more than which system is the better one.

    \b
    Example:
      python -m study analyze agreement --study demo --population simulated --format json
      python -m study analyze agreement --study demo --population simulated --coefficient gwet_ac1 --by tag
    """
    from study.analysis import AGREEMENT_STATISTICS, agreement_by_group, agreement_table, more_than_rates

    judgments, criteria, seed = study_judgments(selection)
    options: dict[str, Any] = {"coding": coding.value, "scale": scale.value, "method": method, "seed": seed}
    options |= {"subset": selection.subset, "cluster": selection.cluster}
    if by is None:
        usual = list(AGREEMENT_STATISTICS)
        table = agreement_table(judgments, criteria=criteria, coefficients=coefficient or usual, **options)
        print_analysis("agreement", table, selection.format)
        if selection.for_people:
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
    print_analysis("groups", joined(tables), selection.format)


@selecting("criterion", "format", *SUBSET, cluster=RaterUnitsOption)
def raters(
    selection: Selection,
    look: Annotated[
        Look, typer.Option("--look", help="Each rater; first against repeated answers; taste and noise.")
    ] = Look.raters,
    coding: CodingOption = Coding.separate,
) -> None:
    """Print what each rater's judgments look like, how raters repeat themselves, or how far taste explains disagreement.

    \b
    Example:
      python -m study analyze raters --study demo --population simulated --look taste
      python -m study analyze raters --study demo --population simulated --cluster item
    """
    from study.analysis import rater_table, repeats_table, taste_table

    judgments, criteria, _ = study_judgments(selection)
    options: dict[str, Any] = {"subset": selection.subset, "cluster": selection.cluster}
    tables = {}
    for key in criteria:
        if look is Look.taste:
            tables[key] = taste_table(judgments, criterion=key, **options)
        else:
            analysis = rater_table if look is Look.raters else repeats_table
            tables[key] = analysis(judgments, criterion=key, coding=coding.value, **options)
    print_analysis(look.value, joined(tables), selection.format)
