"""What every table and sentence shares: P values, shares, counts."""

import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from study.wording import p_sentence, p_text, share_text

ROOT = Path(__file__).parents[1]
SHARES = st.floats(-0.5, 1.5)


@given(st.floats(0, 1))
def test_no_p_value_reads_as_zero_and_none_loses_its_sign(p):
    shown = p_text(p)
    assert shown.strip("0.") != ""
    assert (shown == "< .001") == (p < 0.001)
    assert p_sentence(p) == ("P < .001" if p < 0.001 else f"P = {shown}")


@given(st.floats(0, 1), SHARES, SHARES)
def test_the_interval_of_a_share_stays_within_0_and_100_percent(value, low, high):
    ends = share_text(value, low, high).split("[")[1].rstrip("]").split(", ")
    assert all(0 <= float(end) <= 100 for end in ends)


def test_what_is_undefined_is_said_so():
    assert p_text(float("nan")) == share_text(float("nan"), 0.1, 0.2) == "undefined"
    assert p_sentence(float("nan")) == "P undefined"
    assert share_text(0.5, float("nan"), float("nan")) == "50%"


NOUN = "comparison|document|item|judgment|judge|metric|output|pair|place|profile|rater|reply|row|score|skip|system|verdict|vote"
UNCOUNTED = re.compile(rf"\{{[^{{}}]*(?::,|len\([^{{}}]*\)|count)\}} (?:{NOUN})s\b")


def test_numbers_and_their_nouns_are_put_together_in_one_place() -> None:
    found = [
        f"{path.name}: {match.group()}"
        for folder in ("study/ui", "study/cli", "study/formats", "study/analysis", "pages")
        for path in (ROOT / folder).rglob("*.py")
        for match in UNCOUNTED.finditer(path.read_text("utf-8"))
    ]
    assert found == []
