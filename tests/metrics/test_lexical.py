"""Lexical metrics against figures by hand and from their sources."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from study.metrics import METRICS, Batch, pair_scores, score
from study.metrics.lexical import LEXICAL
from study.metrics.lexical.overlap import rouge_su4

AVAILABLE = [metric for metric in LEXICAL if metric.unavailable is None or metric.unavailable() is None]


def compared(key: str, output: str, reference: str) -> float:
    ((value, reason),) = pair_scores(METRICS[key], [(output, reference)])
    assert value is not None, reason
    return value


def of_text(key: str, output: str) -> float:
    ((value, reason),) = score(METRICS[key], Batch({"output": [output]}))
    assert value is not None, reason
    return value


@pytest.mark.parametrize(
    ("key", "output", "reference", "value"),
    [
        # Levenshtein's own example in most textbooks.
        ("edit_distance", "kitten", "sitting", 3),
        ("edit_distance_normalised", "kitten", "sitting", 3 / 7),
        # Lin 2004, section 3.1 and section 5: S1 and S2, and S1 and S3 ("the gunman kill police").
        ("rouge_l", "police kill the gunman", "police killed the gunman", 3 / 4),
        ("rouge_l", "the gunman kill police", "police killed the gunman", 2 / 4),
        ("rouge_1", "police kill the gunman", "police killed the gunman", 3 / 4),
        ("rouge_2", "police kill the gunman", "police killed the gunman", 1 / 3),
        ("rouge_su4", "police kill the gunman", "police killed the gunman", (3 + 3) / (4 + 6)),
        ("rouge_su4", "the gunman kill police", "police killed the gunman", (3 + 1) / (4 + 6)),
        # A sentence a line: the union of what each line shares (Lin 2004, section 3.2) counts w1 to w4 of five words.
        ("rouge_lsum", "w1 w2 w6 w7 w8\nw1 w3 w8 w9 w5", "w1 w2 w3 w4 w5", 2 * (4 / 10) * (4 / 5) / (4 / 10 + 4 / 5)),
        ("rouge_l", "a b\nc d", "c d\na b", 1 / 2),
        ("rouge_lsum", "a b\nc d", "c d\na b", 1),
        # Three of four words match in two chunks, a quarter is precision and recall lost: F = 3/4, penalty .5 (2/3)^3.
        ("meteor_exact_stem", "police kill the gunman", "police saw the gunman", 3 / 4 * (1 - 0.5 * (2 / 3) ** 3)),
        # A Porter stem counts as a match, and the four words stand in one chunk.
        ("meteor_exact_stem", "police killed the gunmen", "police kills the gunmen", 1 - 0.5 * (1 / 4) ** 3),
        ("jsd", "a b", "a c", 1 / 2),
        ("jsd", "a", "a b", 0.31127812445913283),  # 1/2 log2(4/3) + 1/4 log2(2/3) + 1/4 log2(2)
        ("bleu", "yes", "yes", 100),
        ("bleu", "the cat is on the mat", "the cat is on the mat", 100),
        ("bleu", "the the the the the the the", "the cat is on the mat", 7.809849842300641),
    ],
)  # fmt: skip
def test_figures_by_hand(key: str, output: str, reference: str, value: float) -> None:
    assert compared(key, output, reference) == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize(
    ("key", "output", "value"),
    [
        ("length", "Où ?", 4),
        ("words", "It's 7:30.", 3),
        ("distinct_1", "a rose is a rose", 3 / 5),
        ("distinct_2", "a rose is a rose", 3 / 4),
        ("ari", "The cat sat. It ran!", 4.71 * 14 / 5 + 0.5 * 5 / 2 - 21.43),
        ("coleman_liau", "The cat sat. It ran!", 0.0588 * 280 - 0.296 * 40 - 15.8),
        ("lix", "A readable sentence.", 3 + 100 * 2 / 3),
    ],
)
def test_figures_of_a_single_text(key: str, output: str, value: float) -> None:
    assert of_text(key, output) == pytest.approx(value)


def test_skip_bigrams_span_at_most_four_words() -> None:
    # With a gap of 4 the pair a-b is shared, with a gap of 5 only the two words are.
    assert rouge_su4("a b", "a 1 2 3 4 b") > 2 * 2 / (3 + 6 + 15)
    apart = rouge_su4("a b", "a 1 2 3 4 5 b")
    assert apart == pytest.approx(2 * 2 / (3 + 7 + 20))  # 7 words give 6 + 5 + 4 + 3 + 2 pairs


@pytest.mark.parametrize(
    ("key", "output", "reference", "reason"),
    [
        ("rouge_l", "a", None, "no reference"),
        ("rouge_l", "", "a", "the output is empty"),
        ("bleu", " \n", "a", "the output is empty"),
        ("chrf", "a", "", "the reference is empty"),
        ("rouge_l", "доброе утро", "good morning", "the output has no word of a-z or 0-9"),
        ("rouge_su4", "good morning", "おはよう", "the reference has no word of a-z or 0-9"),
        ("bleu", "?!", "what", "the output has no word"),
        ("rouge_l", "a " * 2000, "b " * 2000, "too long: 2000 x 2000 words"),
        ("ari", "おはよう", None, "the output has no word of an alphabet that it reads"),
        ("distinct_2", "one", None, "the output has fewer than 2 words"),
    ],
)
def test_what_cannot_be_scored_has_a_reason(
    key: str, output: str, reference: str | None, reason: str
) -> None:
    ((value, found),) = score(METRICS[key], Batch({"output": [output], "reference": [reference]}))
    assert value is None
    assert found is not None
    assert reason in found


@pytest.mark.parametrize(
    "text", ["доброе утро, мир", "おはようございます", "صباح الخير", "안녕하세요 여러분"]
)
def test_no_text_of_another_script_is_zero_against_itself(text: str) -> None:
    for metric in AVAILABLE:
        if metric.compares:
            ((value, reason),) = pair_scores(metric, [(text, text)])
            assert reason if value is None else value >= 0.9 * (metric.best or 0), metric.key


@given(st.text(max_size=60), st.text(max_size=60))
def test_every_text_gets_a_number_or_a_reason(output: str, reference: str) -> None:
    for metric in AVAILABLE:
        batch = Batch({"output": [output], "reference": [reference]})
        ((value, reason),) = score(metric, batch)
        assert (value is None) == (reason is not None)
        assert value is None or value >= 0 or metric.key in {"ari", "coleman_liau"}
