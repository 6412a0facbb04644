"""The command on ratings of systems: means, differences, distributions."""

from enum import StrEnum
from typing import Annotated, Any

import pandas as pd
import typer

from study import store
from study.cli.analyses import AdjustOption, adjustment_key, print_analysis
from study.cli.selection import SUBSET, Selection, selecting
from study.cli.shared import opened
from study.errors import NotFound

RATED = ("scale", "number", "points")


class RatingSubject(StrEnum):
    """What is printed about ratings."""

    means = "means"
    differences = "differences"
    distribution = "distribution"
    acceptable = "acceptable"


QuestionOption = Annotated[
    str | None,
    typer.Option(
        "--criterion", "--question", help="The key of a question.", show_default="all, one after the other"
    ),
]


@selecting("cluster", "format", *SUBSET, criterion=QuestionOption)
def ratings(
    selection: Selection,
    subject: Annotated[
        RatingSubject, typer.Option("--show", help="means, differences, distribution or acceptable.")
    ] = RatingSubject.means,
    threshold: Annotated[
        float, typer.Option("--threshold", help="The lowest acceptable rating, with --show acceptable.")
    ] = 4.0,
    adjust: AdjustOption = "holm",
) -> None:
    """Print how systems were rated: mean ratings, their differences, distributions, shares of acceptable ratings.

    \b
    Examples:
      python -m study analyze ratings --study mine
      python -m study analyze ratings --study mine --show differences --cluster rater,item
    """
    from study.analysis.ratings import acceptable_table, distribution_table, rating_differences, rating_table

    answers, questions = study_answers(selection)
    options: dict[str, Any] = {"subset": selection.subset}
    over: dict[str, Any] = options | {"cluster": selection.cluster}
    tables = {}
    for key in questions:
        match subject:
            case RatingSubject.means:
                tables[key] = rating_table(answers, question=key, **over)
            case RatingSubject.differences:
                tables[key] = rating_differences(
                    answers, question=key, adjustment=adjustment_key(adjust), **over
                )
            case RatingSubject.distribution:
                tables[key] = distribution_table(answers, question=key, **options)
            case RatingSubject.acceptable:
                tables[key] = acceptable_table(answers, question=key, threshold=threshold, **over)
    print_analysis(f"rating-{subject.value}", of_questions(tables), selection.format)


def study_answers(selection: Selection) -> tuple[pd.DataFrame, list[str]]:
    """Return the long table of answers, and the keys of the questions on ratings that are asked for.

    Raises
    ------
    NotFound
        If the study asks for no ratings.
    """
    with opened(selection.db) as db:
        design = store.design(db, selection.study)
        answers = store.answers(db, selection.study)
    if selection.criterion:
        return answers, [design.question(selection.criterion).key]
    rated = [one.key for one in design.questions if one.kind in RATED]
    if not rated:
        raise NotFound(f"study {selection.study!r} asks for no ratings; its questions are of other kinds")
    return answers, rated


def of_questions(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the tables of several questions as one."""
    return pd.concat([table.assign(question=key) for key, table in tables.items()], ignore_index=True)
