"""The commands on raters: agreement overall, by group and by rater; consistency on repeats; taste and noise."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from study.cli.analyses import joined, print_analysis, study_judgments
from study.cli.selection import SUBSET, Selection, selecting
from study.cli.shared import keep, note, progress_bar


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


class RaterSubject(StrEnum):
    """The part of the report on raters."""

    raters = "raters"
    repeats = "repeats"
    taste = "taste"
    pairs = "pairs"


class ModelSubject(StrEnum):
    """The part of a model of raters."""

    raters = "raters"
    preferences = "preferences"


AgreementUnitsOption = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        help="The units of intervals: comparison, item, source or profile; numbers always hold for these raters.",
        show_default="by the design",
    ),
]
RaterUnitsOption = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        help="The units of intervals: comparison, item, source or profile; numbers hold for each rater, or for these raters.",
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
    """Print how well raters agree, with intervals: percent agreement and Krippendorff's alpha, or the coefficients you name.

    Value is agreement beyond coin-flips, beyond_rates agreement beyond how often each system wins: only the latter shows that raters
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
    if by is not None:
        options |= {"by": by.value, "coefficient": (coefficient or ["krippendorff_alpha_nominal"])[0]}
        tables = {key: agreement_by_group(judgments, criterion=key, **options) for key in criteria}
        print_analysis("groups", joined(tables), selection.format)
        return
    usual = list(AGREEMENT_STATISTICS)
    table = agreement_table(judgments, criteria=criteria, coefficients=coefficient or usual, **options)
    print_analysis("agreement", table, selection.format)
    for key in criteria if selection.for_people else ():
        if said := more_than_rates(table, key):
            note(f"{key}: {said}")


@selecting("criterion", "format", *SUBSET, cluster=RaterUnitsOption)
def raters(
    selection: Selection,
    look: Annotated[
        RaterSubject,
        typer.Option(
            "--look", help="Each rater; first against repeated answers; taste and noise; each pair of raters."
        ),
    ] = RaterSubject.raters,
    coding: CodingOption = Coding.separate,
) -> None:
    """Print a report on each rater, how consistent raters are with themselves, or how far taste explains disagreement.

    \b
    Example:
      python -m study analyze raters --study demo --population simulated --look taste
      python -m study analyze raters --study demo --population simulated --cluster item
    """
    from study.analysis import rater_pairs, rater_table, repeats_table, taste_table

    judgments, criteria, _ = study_judgments(selection)
    options: dict[str, Any] = {"subset": selection.subset, "cluster": selection.cluster}
    tables = {}
    for key in criteria:
        if look is RaterSubject.taste:
            tables[key] = taste_table(judgments, criterion=key, **options)
        else:
            analysis = {
                RaterSubject.raters: rater_table,
                RaterSubject.repeats: repeats_table,
                RaterSubject.pairs: rater_pairs,
            }[look]
            tables[key] = analysis(judgments, criterion=key, coding=coding.value, **options)
    table = joined(tables)
    if look is not RaterSubject.pairs:
        print_analysis(look.value, table, selection.format)
        return
    keep(table)  # people read those with something in common
    common = table[table["n_units"] > 0] if selection.for_people else table
    print_analysis("rater-pairs", common, selection.format)


@selecting("criterion", "format", *SUBSET)
def rater_models(
    selection: Selection,
    model: Annotated[
        str,
        typer.Option(
            "--model",
            help=(
                "The model of raters: majority_vote, one_coin, dawid_skene, mace or glad; see Models of raters in "
                "study/guide/statistics.md."
            ),
        ),
    ] = "dawid_skene",
    look: Annotated[
        ModelSubject,
        typer.Option("--look", help="How reliable each rater is; what is preferred in each comparison."),
    ] = ModelSubject.raters,
) -> None:
    """Print a model of raters: the competence of each, or the aggregated preferences with their probabilities.

    Probabilities and competences are the model's; they have no interval.

    \b
    Examples:
      python -m study analyze rater-models --study demo --population simulated --model one_coin
      python -m study analyze rater-models --study demo --population simulated --look preferences --format csv
    """
    from study.analysis import model_of_raters

    judgments, criteria, seed = study_judgments(selection)
    tables, cautions = {}, {}
    with progress_bar() as progress:
        for key in criteria:
            found = model_of_raters(
                judgments,
                criterion=key,
                model=model,
                subset=selection.subset,
                seed=seed,
                progress=progress,
            )
            tables[key] = found.raters if look is ModelSubject.raters else found.preferences
            cautions[key] = found.caution
    print_analysis(f"rater-models-{look.value}", joined(tables), selection.format)
    for key, caution in cautions.items():
        if caution:
            note(f"{key}: {caution}")
