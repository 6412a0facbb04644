from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from study import frames
from study.errors import InvalidInput
from tests.long_tables import long_table

PAIR = ("A", "B")


def selected(judgments: pd.DataFrame, **options: Any) -> frames.Selection:
    purpose = options.pop("purpose", "main")
    return frames.select(judgments, criterion="fit", subset=frames.Subset(**options), purpose=purpose)


def test_human_and_simulated_judgments_never_mix_unasked() -> None:
    human = long_table([("r1", "i1", *PAIR, "left", "left")])
    simulated = long_table([("s1", "i1", *PAIR, "left", "right")] * 2, simulated=True)
    both = pd.concat([human, simulated], ignore_index=True)
    counts = {name: len(selected(both, population=name).judgments) for name in frames.POPULATIONS}
    assert counts == {"human": 1, "simulated": 2, "both": 3}
    assert frames.populations(both) == ("human", "simulated", "both")
    assert [frames.default_population(table) for table in (human, simulated, both)] == [
        *("human", "simulated", "human")
    ]
    with pytest.raises(InvalidInput, match="population 'people'"):
        selected(both, population="people")


def test_a_skip_by_a_person_does_not_hide_the_simulated_judgments() -> None:
    skip = long_table([("r1", "i1", *PAIR, "left", "skip")])
    simulated = long_table([("s1", "i1", *PAIR, "left", "right")], simulated=True)
    assert frames.default_population(pd.concat([skip, simulated])) == "simulated"


def test_skips_and_inactive_raters_are_left_out_and_counted() -> None:
    judgments = pd.concat(
        [
            long_table([("r1", "i1", *PAIR, "left", "left"), ("r2", "i1", *PAIR, "left", "skip")]),
            long_table([("r3", "i1", *PAIR, "left", "left")], rater_status="withdrawn"),
            long_table([("r4", "i1", *PAIR, "left", "left")], rater_status="excluded"),
            long_table([("r5", "i1", *PAIR, "left", "left")], criterion="quality"),
            long_table([("r6", "i1", *PAIR, "left", "left")], purpose="repeat"),
            long_table([("r7", "i1", *PAIR, "left", "left")], comparison_purpose="gold"),
        ]
    )
    selection = selected(judgments)
    assert (selection.judgments["rater_id"].tolist(), selection.n_skips, selection.n_inactive) == (
        ["r1"],
        1,
        2,
    )
    assert selected(judgments, purpose="repeat").judgments["rater_id"].tolist() == ["r6"]


def test_withdrawn_comparisons_are_left_out_and_counted_unless_asked() -> None:
    judgments = pd.concat(
        [
            long_table([("r1", "i1", *PAIR, "left", "left")]),
            long_table(
                [("r1", "i2", *PAIR, "left", "left"), ("r2", "i2", *PAIR, "left", "skip")],
                comparison_withdrawn=True,
            ),
            long_table(
                [("r3", "i2", *PAIR, "left", "left")], comparison_withdrawn=True, rater_status="excluded"
            ),
        ]
    )
    selection = selected(judgments)
    assert selection.judgments["item_id"].tolist() == ["i1"]
    assert (selection.n_withdrawn, selection.n_skips, selection.n_inactive) == (2, 0, 1)
    asked = selected(judgments, withdrawn=True)
    assert asked.judgments["item_id"].tolist() == ["i1", "i2"]
    assert (asked.n_withdrawn, asked.n_skips) == (0, 1)


def test_categories_are_outputs_whatever_the_side() -> None:
    judgments = long_table(
        [
            ("r1", "i1", *PAIR, "left", "left"),
            ("r2", "i1", *PAIR, "right", "right"),
            ("r3", "i1", *PAIR, "right", "left_2"),
        ]
    )
    assert frames.value_counts(selected(judgments)).counts.tolist() == [[2, 0, 1, 0]]


@pytest.mark.parametrize(
    ("coding", "expected"),
    [("separate", [[1, 1, 1, 1]]), ("merged", [[1, 2, 1]]), ("ordinal", [[1, 2, 1]])],
)
def test_both_bad_is_its_own_category_or_a_tie(coding: str, expected: list[list[int]]) -> None:
    answers = [
        (f"r{n}", "i1", *PAIR, "left", code) for n, code in enumerate(("left", "tie", "right", "both_bad"))
    ]
    assert frames.value_counts(selected(long_table(answers)), coding).counts.tolist() == expected


def test_the_ordinal_scale_runs_from_b_to_a() -> None:
    answers = [("r1", "i1", *PAIR, "left", "right"), ("r2", "i1", *PAIR, "left", "right")]
    assert frames.value_counts(selected(long_table(answers)), "ordinal").counts.tolist() == [[2, 0, 0]]


def test_a_comparison_judged_once_is_counted_apart() -> None:
    answers = [
        ("r1", "i1", *PAIR, "left", "left"),
        ("r2", "i1", *PAIR, "left", "left"),
        ("r1", "i2", *PAIR, "left", "tie"),
    ]
    selection = selected(long_table(answers))
    counts = frames.value_counts(selection)
    assert (counts.n_units, counts.n_unpaired, len(frames.paired(selection))) == (1, 1, 2)


def test_a_system_under_several_conditions_competes_as_several() -> None:
    judgments = long_table([("r1", "i1", "A", "A", "left", "left"), ("r1", "i2", "A", "B", "left", "left")])
    judgments.loc[0, "condition_b"] = "no-profile"
    assert selected(judgments).systems == ("A", "A (no-profile)", "B")


def test_a_condition_that_all_outputs_share_is_not_named() -> None:
    judgments = long_table([("r1", "i1", *PAIR, "left", "left")], condition_a="warm", condition_b="warm")
    assert selected(judgments).systems == PAIR


def test_human_scores_are_per_output() -> None:
    judgments = long_table(
        [
            ("r1", "i1", *PAIR, "left", "left"),
            ("r2", "i1", *PAIR, "right", "both_bad"),
            ("r1", "i2", *PAIR, "left", "right"),
        ]
    )
    selection = selected(judgments)
    outputs = frames.judged_outputs(selection).set_index("output_id")
    assert outputs["human_score"].to_dict() == {"i1:A": 0.75, "i1:B": 0.25, "i2:A": 0.0, "i2:B": 1.0}
    assert outputs["n_judgments"].to_dict() == {"i1:A": 2, "i1:B": 2, "i2:A": 1, "i2:B": 1}


def test_an_unknown_preference_is_refused() -> None:
    judgments = long_table([("r1", "i1", *PAIR, "left", "left")], preference="A")
    with pytest.raises(InvalidInput, match="unknown preference 'A'"):
        frames.value_counts(selected(judgments))


@given(
    st.lists(
        st.tuples(st.sampled_from(["left", "right"]), st.sampled_from(["left", "right", "tie", "both_bad"]))
    )
)
def test_mirrored_screens_give_the_same_arrays(shown: list[tuple[str, str]]) -> None:
    other = {"left": "right", "right": "left"}
    answers = [(f"r{n}", f"i{n % 3}", *PAIR, side, code) for n, (side, code) in enumerate(shown)]
    mirrored = [(*one[:4], other[one[4]], other.get(one[5], one[5])) for one in answers]
    as_seen, as_mirrored = selected(long_table(answers)), selected(long_table(mirrored))
    np.testing.assert_array_equal(
        frames.system_preferences(as_seen).preference, frames.system_preferences(as_mirrored).preference
    )
