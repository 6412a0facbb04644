"""Tests of two metrics hold their level where what raters say of one person's items belongs together."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from study import analysis
from study.analysis.correlation import LEVELS, fitting_tests
from study.errors import InvalidInput
from study.stats.correlation.metric_permutation import metric_difference
from tests.examples import studies as drawn
from tests.long_tables import long_table, score_matrix

N_PROFILES, N_ITEMS, N_RATERS, SHARE = 20, 12, 3, 0.3
ONE = {"criterion": "fit", "seed": 3}


def design() -> pd.DataFrame:
    """Return 20 profiles of 12 items, each judged by the same 3 raters."""
    table = long_table(
        (f"r{rater}", f"i{item:03}", "A", "B", "left", "left")
        for item in range(N_PROFILES * N_ITEMS)
        for rater in range(N_RATERS)
    )
    person = [f"p{int(item[1:]) // N_ITEMS:02}" for item in table["item_id"]]
    return table.assign(profile_id=person, profile_name=person)


DESIGN = design()


def studies(n: int) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """Yield judgments and the scores of two metrics that are right equally often in the long run.

    Of the latent variance of a judgment, 30% belongs to the profile and 30% to the item. One metric always prefers A, the other
    one either output with the same chance, so that they differ on half of the items.
    """
    rng = np.random.default_rng(20)
    n_items = N_PROFILES * N_ITEMS
    for _ in range(n):
        of_profile = rng.normal(0, SHARE**0.5, N_PROFILES).repeat(N_ITEMS * N_RATERS)
        of_item = rng.normal(0, 0.3**0.5, n_items).repeat(N_RATERS)
        for_a = of_profile + of_item + rng.normal(0, 0.4**0.5, n_items * N_RATERS) > 0
        way = rng.choice([-1.0, 1.0], n_items)
        first: dict[str, float | None] = {}
        second: dict[str, float | None] = {}
        for item in range(n_items):
            first |= {f"i{item:03}:A": 1.0, f"i{item:03}:B": 0.0}
            second |= {f"i{item:03}:A": float(way[item]), f"i{item:03}:B": 0.0}
        yield (
            DESIGN.assign(preference=pd.Series(np.where(for_a, "a", "b"), dtype="str")),
            score_matrix(first=first, second=second)[0],
        )


@pytest.mark.thorough
def test_tests_of_two_metrics_reject_a_true_null_no_more_often_than_promised() -> None:
    n, rejected = drawn(200), dict.fromkeys(fitting_tests("comparison", "pairwise_accuracy"), 0)
    for judgments, scores in studies(n):
        for test in rejected:
            found = analysis.metric_tests(
                judgments, scores, level="comparison", statistic="pairwise_accuracy", test=test, **ONE
            )
            rejected[test] += bool((found["p_value"] < 0.05).any())
    assert all(0.01 < hits / n < 0.10 for hits in rejected.values()), rejected


def test_a_difference_says_its_interval_its_units_and_to_whom_it_generalises() -> None:
    [(judgments, scores)] = studies(1)
    compared = {"first": "first", "second": "second", "level": "comparison", **ONE}
    found = analysis.metric_differences(judgments, scores, statistic="pairwise_accuracy", **compared)
    rows = found.set_index("test")
    people = "for these 3 raters; generalises to people like these 20 profiles"
    assert rows["units"].to_dict() == {"Sign flips": "20 profiles", "Clustered t": "20 profiles"}
    assert set(rows["estimand"]) == {people}
    assert ((found["low"] < found["difference"]) & (found["difference"] < found["high"])).all()
    items = analysis.metric_differences(
        judgments, scores, statistic="pairwise_accuracy", cluster="items", **compared
    )
    assert set(items["units"]) == {"240 items"}
    assert set(items["estimand"]) == {
        "for these 3 raters and 20 profiles; generalises to items like these 240 items"
    }
    swapped = analysis.metric_differences(
        judgments, scores, statistic="kendall_b", first="first", second="second", level="by_item", **ONE
    ).set_index("test")
    assert swapped.at["PERM-INPUTS", "units"] == "20 profiles"
    assert swapped.at["PERM-BOTH", "units"] == "20 profiles x 2 systems"
    assert swapped.at["PERM-SYSTEMS", "units"] == "2 systems"


def test_tests_are_over_items_or_profiles_only() -> None:
    [(judgments, scores)] = studies(1)
    with pytest.raises(
        InvalidInput, match=r"unknown cluster of tests of two metrics 'rater'.*items, profiles"
    ):
        analysis.metric_tests(
            judgments,
            scores,
            level="comparison",
            statistic="pairwise_accuracy",
            test="clustered",
            cluster="rater",
            **ONE,
        )


def test_a_recipe_that_names_mcnemar_is_still_computed_and_says_what_it_takes_for_granted() -> None:
    [(judgments, scores)] = studies(1)
    found = analysis.metric_tests(
        judgments, scores, level="comparison", statistic="pairwise_accuracy", test="mcnemar", **ONE
    )
    tested = found[found["p_value"].notna()]
    assert tested["units"].tolist() == ["720 judgments"]
    assert tested["estimand"].tolist() == ["for these judgments only, as if all were independent"]


def test_the_tables_of_metrics_say_to_whom_their_intervals_generalise() -> None:
    [(judgments, scores)] = studies(1)
    about = score_matrix()[1]
    people = "for these 3 raters; generalises to people like these 20 profiles"
    for level, cluster, units, estimand in (
        ("comparison", None, "20 profiles", people),
        (
            "comparison",
            "raters",
            "3 raters",
            "for these 20 profiles; generalises to raters like these 3 raters",
        ),
        ("by_item", "systems_and_profiles", "20 profiles x 2 systems", people),
    ):
        statistic = next(iter(LEVELS[level].statistics))
        found = analysis.correlation_table(
            *(judgments, scores, about), level=level, statistics=(statistic,), cluster=cluster, **ONE
        )
        assert set(found["units"]) == {units}
        assert all(one.startswith(estimand.split(" like")[0]) for one in found["estimand"])
    points = analysis.metric_points(judgments, scores, metric="first", criterion="fit")
    assert set(points["units"]) == {"20 profiles"}
    assert set(points["estimand"]) == {people}
    assert points["n_items"].tolist() == [240, 240]


def test_swaps_turn_all_items_of_a_unit_together() -> None:
    rng = np.random.default_rng(4)
    human, first, second = rng.normal(size=(3, 4, 6))
    unit = [0, 0, 0, 1, 1, 1]
    settings = {"coefficient": "pearson", "level": "by_item", "method": "perm_inputs", "n_resamples": 400}
    together = metric_difference(human, first, second, inputs=unit, rng=rng, **settings)
    alone = metric_difference(human, first, second, rng=rng, **settings)
    # Two units give four swaps, half of which only turn the sign of the difference.
    assert together.p_value > 0.45
    assert together.difference == alone.difference
    with pytest.raises(InvalidInput, match="lengths differ: inputs 2, items 6"):
        metric_difference(human, first, second, inputs=[0, 1], rng=rng, **settings)
