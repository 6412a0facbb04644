"""The first fifth of the queue against a random fifth: the published arithmetic, planted ties, and what is not known."""

import numpy as np
import pandas as pd
import pytest

from study import store
from study.analysis.priority import tie_rate_table
from study.design import Criterion, Design
from study.errors import InvalidInput
from study.frames import Subset
from study.simulation import SimulatedRaters, simulate
from study.stats.shares import relative_change
from tests.conftest import small_study
from tests.long_tables import long_table

SIMULATED = Subset("simulated")


def judged(ties: dict[str, list[bool]]) -> pd.DataFrame:
    """Return a long table in which each comparison has so many judgments, ties or not."""
    answers = [
        (f"r{number}", comparison, "x", "y", "left", "tie" if tie else "left")
        for comparison, found in ties.items()
        for number, tie in enumerate(found)
    ]
    table = long_table(answers)
    return table.assign(comparison_id=table["item_id"])


def test_the_published_reduction_of_ties_comes_out() -> None:
    """Tie rate .23 in the prioritised 20% against .50 at random: -54% (Boubdir et al. 2023)."""
    change = relative_change([23], [100], [50], [100])
    assert change.value == pytest.approx(-0.54)
    parts = np.repeat([1, 0], [23, 77]), np.ones(100)
    zeros = np.zeros(100)
    before = np.repeat([1, 0], [50, 50]), np.ones(100)
    many = relative_change(
        np.r_[parts[0], zeros], np.r_[parts[1], zeros], np.r_[zeros, before[0]], np.r_[zeros, before[1]]
    )
    assert many.value == pytest.approx(-0.54)
    # delta method: var of the ratio of independent shares
    se = 0.46 * np.sqrt(0.77 / (0.23 * 100) + 0.50 / (0.50 * 100))
    assert (many.high - many.low) / 2 == pytest.approx(1.972 * se, rel=0.03)
    assert many.n_units == 200


def test_the_interval_of_the_change_covers() -> None:
    """Of 400 studies with true rates .3 and .5, in which a fifth of the comparisons is in both parts."""
    rng, covered = np.random.default_rng(5), 0
    for _ in range(400):
        rates = np.r_[np.full(60, 0.3), np.full(240, 0.5)]
        ties = rng.binomial(5, rates).astype(float)
        first = np.arange(300) < 60
        random = rng.permutation(300) < 60
        true = 0.3 / rates[random].mean() - 1
        n = np.full(300, 5.0)
        found = relative_change(ties * first, n * first, ties * random, n * random)
        covered += found.low <= true <= found.high
    assert 0.92 <= covered / 400 <= 0.98


def test_an_undefined_change_says_why() -> None:
    assert relative_change([1, 0], [2, 0], [0, 0], [0, 2]).reason == "the second share is 0"
    assert relative_change([0], [0], [1], [2]).reason == "no judgment of one of the two"
    assert np.isnan(relative_change([1], [2], [1], [2]).low)


def test_the_table_counts_what_stands_in_each_part() -> None:
    """Ten comparisons, the two that differ most without ties, the rest with one tie of two judgments each."""
    ids = [f"c{number}" for number in range(10)]
    priority = {one: float(number) for number, one in enumerate(ids)}
    judgments = judged({one: [number < 8, False] for number, one in enumerate(ids)})
    table = tie_rate_table(judgments, priority, criterion="fit", seed=3).set_index("group")
    assert table.loc["first", ["comparisons", "judged", "ties", "n", "value"]].tolist() == [2, 2, 0, 4, 0]
    assert table.loc["random", ["comparisons", "judged", "n", "ties"]].tolist() == [10, 10, 20, 8]
    assert table.loc["random", "value"] == 0.4
    drawn = [np.mean(np.random.default_rng(seed).permutation(10)[:2] < 8) / 2 for seed in range(2000)]
    assert np.mean(drawn) == pytest.approx(table.loc["random", "value"], abs=0.01)


def test_no_luck_of_a_draw_is_in_the_numbers() -> None:
    priority = {f"c{number}": float(number) for number in range(10)}
    judgments = judged({one: [number < 4, False] for number, one in enumerate(priority)})
    tables = [tie_rate_table(judgments, priority, criterion="fit", seed=seed) for seed in range(5)]
    for other in tables[1:]:
        pd.testing.assert_frame_equal(tables[0], other)


def test_what_is_not_judged_yet_is_said() -> None:
    priority = {f"c{number}": float(number) for number in range(10)}
    known = judged({"c9": [False, True], "c8": [False, False]})
    table = tie_rate_table(known, priority, criterion="fit", share=0.1).set_index("group")
    assert table.loc["first", ["comparisons", "judged", "value"]].tolist() == [1, 1, 0.5]
    assert table.loc["first", "reason"] == "1 comparison: an interval needs at least 2"
    assert table.loc["random", ["judged", "value", "reason"]].tolist() == [
        2,
        0.25,
        "8 of these are not judged yet",
    ]
    unjudged = tie_rate_table(judged({"c1": [True, False]}), priority, criterion="fit").set_index("group")
    assert unjudged.loc["first", "reason"] == "no judgment of these yet"
    assert unjudged.loc["change", "reason"] == "no judgment of one of the two"
    nothing = tie_rate_table(judged({"c9": [True]}), {}, criterion="fit")
    assert nothing["value"].isna().all()
    assert nothing["reason"].notna().all()


def test_a_share_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidInput, match="share is 0; give a number above 0, at most 1"):
        tie_rate_table(judged({"c": [True]}), {"c": 1.0}, criterion="fit", share=0)


def test_ties_planted_where_outputs_hardly_differ_are_found(empty_db: store.Database) -> None:
    """Strengths 0, 0 and 4 and a wide tie: pairs of equal systems tie, and they are given the smallest divergence."""
    design = Design(criteria=(Criterion(key="fit", question="?"),), overlap=4)
    records = small_study(n_items=20, design=design)
    store.save_records(empty_db, records)
    strengths = dict(zip(("alpha-net", "beta-net", "gamma-net"), (0.0, 0.0, 4.0), strict=True))
    simulate(empty_db, "small", SimulatedRaters(4, strengths=strengths, tie_width=1.0, noise=0.4, seed=1))
    system = {output.output_id: output.system for output in records.outputs}
    priority = {
        one.comparison_id: abs(strengths[system[one.output_a_id]] - strengths[system[one.output_b_id]])
        for one in records.comparisons
    }
    judgments = store.coded_judgments(empty_db, "small")
    table = tie_rate_table(judgments, priority, criterion="fit", subset=SIMULATED, seed=2).set_index("group")
    assert table.loc["first", "value"] == 0
    assert table.loc["random", "value"] > 0.15
    assert table.loc["change", "value"] == -1
