"""The first fifth of the queue against a random fifth: the published arithmetic, planted ties, and what is not known."""

import numpy as np
import pandas as pd
import pytest

from study import store
from study.analysis.priority import tie_rate_table
from study.errors import InvalidInput
from study.frames import Subset
from study.protocol.design import Design, Question
from study.stats.claims import TOO_FEW
from study.stats.shares import claimed_change
from study.stats.units import Units, units_of
from study.workflows.simulation import SimulatedRaters, simulate
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


def each(n: int) -> Units:
    """Return units of which each judgment is one."""
    return units_of({"item": np.arange(n)})


def test_the_published_reduction_of_ties_comes_out() -> None:
    """Tie rate .23 in the prioritised 20% against .50 at random: -54% (Boubdir et al. 2023)."""
    parts, zeros = np.repeat([1, 0], [23, 77]), np.zeros(100)
    before = np.repeat([1, 0], [50, 50])
    first = np.repeat([1, 0], 100)
    found = claimed_change(np.r_[parts, zeros], first, np.r_[zeros, before], 1 - first, each(200))
    many = found.estimate
    assert many.value == pytest.approx(-0.54)
    # delta method: var of the ratio of independent shares
    se = 0.46 * np.sqrt(0.77 / (0.23 * 100) + 0.50 / (0.50 * 100))
    assert (many.high - many.low) / 2 == pytest.approx(1.972 * se, rel=0.03)
    assert many.n_units == 200
    assert found.p_value < 0.001


def test_the_interval_of_the_change_covers() -> None:
    """Of 400 studies with rates of .3 in the first fifth and .5 elsewhere; five judgments of each comparison agree."""
    rng, covered = np.random.default_rng(5), 0
    comparison = np.repeat(np.arange(300), 5)
    first = comparison < 60
    rate = 0.9 * 0.3 + 0.1 * 0.7
    true = rate / (0.2 * rate + 0.8 * 0.5) - 1
    for _ in range(400):
        tied = rng.random(300) < np.where(np.arange(300) < 60, 0.3, 0.5)
        tie = np.where(rng.random(1500) < 0.9, tied[comparison], ~tied[comparison])
        units = units_of({"comparison": comparison})
        found = claimed_change(tie & first, first, tie, np.ones(1500), units).estimate
        covered += found.low <= true <= found.high
    assert 0.92 <= covered / 400 <= 0.98


def test_an_undefined_change_says_why() -> None:
    def reason(*columns: list[int]) -> str | None:
        return claimed_change(*columns, each(len(columns[0]))).estimate.reason

    assert reason([1, 0], [2, 0], [0, 0], [0, 2]) == "the second share is 0"
    assert reason([0], [0], [1], [2]) == "no judgment of one of the two"
    assert reason([1], [2], [1], [2]) == TOO_FEW


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
    assert table.loc["first", "reason"] == TOO_FEW
    assert table.loc["random", ["judged", "value", "reason"]].tolist() == [
        2,
        0.25,
        f"8 of these are not judged yet; {TOO_FEW}",
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
    design = Design(criteria=(Question(key="fit", question="?"),), overlap=4)
    records = small_study(n_items=20, design=design)
    store.save_records(empty_db, records)
    strengths = dict(zip(("alpha-net", "beta-net", "gamma-net"), (0.0, 0.0, 4.0), strict=True))
    simulate(empty_db, "small", SimulatedRaters(4, strengths=strengths, tie_width=1.0, noise=0.4, seed=1))
    system = {output.output_id: output.system for output in records.outputs}
    priority = {
        one.task.task_id: abs(strengths[system[one.output_a_id]] - strengths[system[one.output_b_id]])
        for one in records.comparisons()
    }
    judgments = store.coded_judgments(empty_db, "small")
    table = tie_rate_table(judgments, priority, criterion="fit", subset=SIMULATED, seed=2).set_index("group")
    assert table.loc["first", "value"] == 0
    assert table.loc["random", "value"] > 0.15
    assert table.loc["change", "value"] == -1
