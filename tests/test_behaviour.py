"""What a browser says of an answer is bounded by what the server knows, whatever it says."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from study import store
from study.protocol.response_evidence import (
    LONGEST_GAP,
    MOST_COUNTED,
    Behaviour,
    Evidence,
    behaviour_of,
    evidence_of,
)
from study.records import utc_now

SENT = {"question": "q", "active_ms": 4000, "profile_ms": 3000, "open_ms": 1000, "scrolls": 2, "changes": 1}
NUMBERS = st.one_of(
    st.integers(-(10**400), 10**400),
    st.floats(allow_nan=True, allow_infinity=True),
    st.booleans(),
    st.none(),
    st.text(max_size=3),
    st.lists(st.integers(), max_size=2),
)


def test_honest_evidence_is_stored_as_it_is() -> None:
    evidence = evidence_of(SENT, "q")
    assert behaviour_of(evidence, 5.0, undone=1) == Behaviour(4.0, 3.0, 1.0, 2, 2, "client")


def test_without_evidence_the_servers_time_counts_up_to_a_minute() -> None:
    assert behaviour_of(None, 12.5) == Behaviour(12.5, changes_of_mind=0, behaviour_source="server")
    assert behaviour_of(None, 600.0).active_seconds == LONGEST_GAP
    assert behaviour_of(None, None) == Behaviour()


def test_no_time_is_longer_than_the_wall_time() -> None:
    found = behaviour_of(Evidence(9e9, 8e9, 7e9, 3, 0), 2.5)
    assert (found.active_seconds, found.profile_seconds, found.profile_open_seconds) == (2.5, 2.5, 2.5)


def test_nothing_is_said_of_a_profile_that_was_not_shown() -> None:
    found = behaviour_of(evidence_of(SENT, "q"), 5.0, has_profile=False)
    assert found == Behaviour(4.0, None, None, None, 1, "client")


@pytest.mark.parametrize(
    "sent",
    [
        None,
        "q",
        [SENT],
        SENT | {"question": "another"},
        SENT | {"active_ms": -1},
        SENT | {"active_ms": math.nan},
        SENT | {"profile_ms": math.inf},
        SENT | {"open_ms": "1000"},
        SENT | {"scrolls": True},
        {name: value for name, value in SENT.items() if name != "changes"},
    ],
)
def test_evidence_of_another_shape_counts_as_none(sent: object) -> None:
    assert evidence_of(sent, "q") is None


@given(
    st.dictionaries(st.sampled_from([name for name in SENT if name != "question"]), NUMBERS),
    st.floats(-10, 1e6, allow_nan=False),
)
def test_whatever_is_sent_is_bounded(hostile: dict[str, Any], seconds: float) -> None:
    found = behaviour_of(evidence_of(SENT | hostile, "q"), seconds)
    assert found.active_seconds is not None
    assert 0 <= found.active_seconds <= max(seconds, 0) + 0.001
    for part in (found.profile_seconds, found.profile_open_seconds):
        assert part is None or 0 <= part <= found.active_seconds
    assert found.changes_of_mind is not None
    assert 0 <= found.changes_of_mind <= MOST_COUNTED
    assert found.profile_scrolls is None or 0 <= found.profile_scrolls <= MOST_COUNTED


def test_behaviour_is_stored_with_the_judgment_and_undoing_counts_as_a_change_of_mind(
    db: store.Database,
) -> None:
    rater = store.enrol(db, "small")
    task = store.current_task(db, rater)
    assert task is not None
    for revision, response in ((0, "left"), (2, "right")):
        assert store.record_judgment(
            db,
            rater,
            task.assignment_id,
            "fit",
            revision,
            response,
            shown_at=utc_now(),
            evidence=Evidence(99.0, 99.0, 0.0, 4, 2),
        )
        last = store.last_judgment(db, rater)
        assert last is not None
        if revision == 0:
            assert store.undo(db, rater, last)
    (row,) = store.judgments(db, "small").to_dict("records")
    assert row["response"] == "right"
    assert 0 <= row["active_seconds"] <= row["seconds"] < 60
    assert (row["profile_scrolls"], row["changes_of_mind"], row["behaviour_source"]) == (4, 3, "client")
    assert store.rater_progress(db, "small")["active_seconds"].tolist() == [row["active_seconds"]]


def test_too_fast_looks_at_active_time_and_at_the_whole_time_where_that_is_not_known() -> None:
    from study.analysis.flags import rater_answers
    from tests.long_tables import long_table

    answers = [("r1", f"i{k}", "x", "y", "left", "left") for k in range(2)]
    long = long_table(answers).assign(
        position=[0, 1], judged_at=[1, 2], active_seconds=[3.0, None], seconds=[50.0, 40.0]
    )
    assert rater_answers(long, {})[1].seconds.tolist() == [3.0, 40.0]
